// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the compiler makes of a plan before it makes loops of it.
#pragma once

#include <cairn/edn/node.hpp>
#include <cairn/query/compiled/plan_form.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/plan/distinct.hpp>
#include <cairn/query/plan/plan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace cairn::query::compiled {

/// What a step is as a part of a loop. Those after `follow` keep a row or don't, and give it at most one value for each variable.
enum class Move : std::uint8_t {
  none,       ///< the run-time engine's
  scan,       ///< a loop over datoms of an attribute
  either,     ///< the same over those of each of its blocks, one after the other
  follow,     ///< the same over those that the row's entity has
  look,       ///< what the row's entity has, at most one datom
  otherwise,  ///< the same, or another value where it has none
  compare,
  without,
};

/// Which duplicates there may be is known only where the schema is, so that the plan is looked at under three views of it.
enum class Assumption : std::uint8_t {
  all_one,  ///< entities have at most one value of each attribute, facts are there once
  once,     ///< facts are there once
  nothing,
};
inline constexpr std::size_t assumptions = 3;

/// Plans of more steps are the run-time engine's.
inline constexpr std::size_t most_steps = 24;

/// A plan as loops. `moves` and `distinct` are those of `PlanView::steps`.
struct Program {
  bool is_compiled = false;  ///< false: the rest says nothing
  bool shows_rows = false;   ///< what is found are the variables of rows, in the order of `:find`
  bool takes_rows = false;   ///< inputs give rows, where others give one
  std::size_t first = 0;     ///< step of the main block
  std::size_t end = 0;
  std::size_t steps = 0;  ///< of all blocks
  // Arrays that are no std::array, whose elements a compiler asks functions for.
  Move moves[most_steps]{};
  std::uint8_t numbers[most_steps]{};  ///< of a step among the loops, looks or comparisons
  std::uint8_t sets[most_steps]{};     ///< of a step among those that may have to remove duplicates
  std::size_t loop_count = 0;
  std::size_t look_count = 0;
  std::size_t compare_count = 0;
  std::size_t set_count = 0;
  bool distinct[assumptions][most_steps]{};  ///< duplicates are removed after the step
  bool distinct_rows[assumptions]{};         ///< and at the end
  /// Of a step that finds datoms: their values are looked at when it has gone on to others, as rows or where duplicates
  /// are removed.
  bool keeps_values[most_steps]{};
  bool shows_live = false;  ///< rows differ in what is looked at after the last step
  /// Rows of the first loop that are the same follow each other, where it runs along that index.
  bool sorted_by_entity = false;
  bool sorted_by_value = false;

  [[nodiscard]] constexpr bool is_loop(std::size_t step) const noexcept {
    return step >= first && step < end && moves[step] >= Move::scan && moves[step] <= Move::follow;
  }
  [[nodiscard]] constexpr bool may_be_distinct(std::size_t step) const noexcept {
    for (std::size_t i = 0; i != assumptions; ++i) {
      if (distinct[i][step]) return true;
    }
    return false;
  }
  /// Counts what `numbers` and `sets` are.
  constexpr void number_steps() noexcept {
    loop_count = look_count = compare_count = set_count = 0;
    for (std::size_t i = 0; i != steps; ++i) {
      auto const move = moves[i];
      bool const looks = move == Move::look || move == Move::otherwise;
      auto& count = is_loop(i) ? loop_count : looks ? look_count : compare_count;
      if (is_loop(i) || looks || move == Move::compare) numbers[i] = static_cast<std::uint8_t>(count++);
      if (may_be_distinct(i)) sets[i] = static_cast<std::uint8_t>(set_count++);
    }
  }
  /// The same where entities may have many values: what they have is a loop of its own.
  [[nodiscard]] constexpr Program following() const noexcept {
    auto program = *this;
    for (auto i = first; i != end; ++i) {
      if (moves[i] == Move::look) program.moves[i] = Move::follow;
    }
    if (program.step_of(0) != step_of(0)) program.sorted_by_entity = program.sorted_by_value = false;
    program.number_steps();
    return program;
  }
  /// The step of a loop; behind the last: the end.
  [[nodiscard]] constexpr std::size_t step_of(std::size_t loop) const noexcept {
    for (std::size_t i = first; i != end; ++i) {
      if (is_loop(i) && loop-- == 0) return i;
    }
    return end;
  }
};

namespace programs {

[[nodiscard]] constexpr bool is_scalar(Binding const& binding) noexcept {
  return binding.kind == Binding::Kind::scalar && binding.variable.kind == Operand::Kind::free;
}

/// A binding whose values are rows of single values: `[?x ...]`, `[?x ?y]`, `[[?x _ ?y]]`.
[[nodiscard]] constexpr bool gives_rows(PlanView const& plan, Binding const& binding) noexcept {
  if (binding.kind == Binding::Kind::blank || binding.kind == Binding::Kind::scalar) return false;
  for (auto const& part : plan.bindings_of(binding.parts)) {
    if (part.kind != Binding::Kind::blank && !is_scalar(part)) return false;
  }
  return true;
}

/// Nothing but one database, values and rows of values.
[[nodiscard]] constexpr bool suits_inputs(PlanView const& plan, bool& takes_rows) noexcept {
  if (plan.sources.size() != 1) return false;
  for (auto const& input : plan.inputs) {
    if (input.kind != Input::Kind::binding) continue;
    auto const& binding = plan.bindings[input.binding];
    bool const are_rows = gives_rows(plan, binding);
    if (!are_rows && binding.kind != Binding::Kind::blank && !is_scalar(binding)) return false;
    takes_rows = takes_rows || are_rows;
  }
  return true;
}

/// Nothing but variables and aggregates of Cairn's own.
[[nodiscard]] constexpr bool suits_result(PlanView const& plan) noexcept {
  for (auto const& find : plan.find) {
    if (find.kind != Find::Kind::variable && find.kind != Find::Kind::aggregate) return false;
  }
  for (auto const& having : plan.having) {
    if (having.callee.custom) return false;
    for (auto const operand : plan.operands_of(having.operands)) {
      bool const is_input = operand.kind == Operand::Kind::bound && operand.index >= plan.find.size();
      if (is_input) return false;
    }
  }
  return plan.tables.empty() && plan.closures.empty();
}

/// Whether something is done with the whole result.
[[nodiscard]] constexpr bool needs_whole_result(PlanView const& plan) noexcept {
  return !plan.order.empty() || !plan.having.empty() || plan.limit >= 0 || plan.offset > 0;
}

[[nodiscard]] constexpr bool is_limited(Step const& step) noexcept {
  return step.low.kind != Limit::Kind::none || step.high.kind != Limit::Kind::none;
}

[[nodiscard]] constexpr Move move_of_pattern(PlanView const& plan, Step const& step) noexcept {
  using Kind = Operand::Kind;
  auto const places = plan.operands_of(step.operands);
  if (places.size() < 2 || places.size() > 5 || places[1].kind != Kind::constant) return Move::none;
  if (!constant_of(plan, places[1]).is(notation::Kind::keyword)) return Move::none;
  for (auto const place : places) {
    if (place.kind == Kind::same || place.kind == Kind::source) return Move::none;
  }
  auto const value = places.size() > 2 ? places[2].kind : Kind::blank;
  if (is_limited(step) && value != Kind::free) return Move::none;
  if (places[0].kind == Kind::bound) return Move::look;
  return places[0].kind == Kind::constant && value == Kind::bound ? Move::none : Move::scan;
}

[[nodiscard]] constexpr Move move_of_filter(PlanView const& plan, Step const& step) noexcept {
  if (step.callee.custom || !is_comparison(step.callee.builtin) || step.operands.count != 2) return Move::none;
  for (auto const operand : plan.operands_of(step.operands)) {
    if (operand.kind != Operand::Kind::constant && operand.kind != Operand::Kind::bound) return Move::none;
  }
  return Move::compare;
}

/// The entity, the attribute and the value for those that have none of a `get-else`, behind its source.
[[nodiscard]] constexpr std::size_t first_argument(Elements<Operand> operands) noexcept {
  return operands[0].kind == Operand::Kind::source ? 1 : 0;
}
[[nodiscard]] constexpr Move move_of_function(PlanView const& plan, Step const& step) noexcept {
  if (step.callee.custom || step.callee.builtin != FunctionId::get_else || !is_scalar(plan.bindings[step.binding])) return Move::none;
  auto const operands = plan.operands_of(step.operands);
  auto const arguments = operands.behind(first_argument(operands));
  if (arguments.size() != 3 || arguments[0].kind != Operand::Kind::bound || arguments[1].kind != Operand::Kind::constant) return Move::none;
  return constant_of(plan, arguments[1]).is(notation::Kind::keyword) ? Move::otherwise : Move::none;
}

constexpr Move move_of(PlanView const& plan, Step const& step, Program& program);

/// Whether the variables that are looked at after a pattern are the first parts, and each of them a variable of the pattern, of its
/// datoms in AVET (`by_value`) or AEVT, where one row comes in.
[[nodiscard]] constexpr bool lives_on_prefix(PlanView const& plan, Step const& step, bool by_value) noexcept {
  using Kind = Operand::Kind;
  auto const places = plan.operands_of(step.operands);
  std::array<Operand, 3> order{places[0], places.size() > 2 ? places[2] : Operand{}, places.size() > 3 ? places[3] : Operand{}};
  if (by_value) std::swap(order[0], order[1]);
  auto const live = plan.variables_of(step.live);
  std::size_t found = 0;
  for (auto const place : order) {
    // What is the same in all datoms sorts none of them.
    if (place.kind == Kind::constant || place.kind == Kind::bound) continue;
    if (found == live.size()) break;
    if (place.kind != Kind::free || !live.contains(place.index)) return false;
    ++found;
  }
  if (found != live.size() || live.empty()) return false;
  return true;
}

/// Steps that keep rows or don't, all of them.
constexpr bool are_tests(PlanView const& plan, Block const& block, Program& program) {
  for (auto const& step : plan.steps_of(block)) {
    auto const move = move_of(plan, step, program);
    if (move != Move::look && move != Move::compare && move != Move::without) return false;
  }
  return true;
}

/// `(or [?e :name "Ivan"] [?e :name "Petr"])`: other entities of the same kind, by value.
[[nodiscard]] constexpr bool are_alternatives(PlanView const& plan, Step const& step) noexcept {
  using Kind = Operand::Kind;
  Operand entity{};
  for (auto const number : plan.blocks_of(step.blocks)) {
    auto const steps = plan.steps_of(plan.blocks[number]);
    if (steps.size() != 1 || steps[0].kind != Step::Kind::pattern || is_limited(steps[0])) return false;
    if (move_of_pattern(plan, steps[0]) != Move::scan) return false;
    auto const places = plan.operands_of(steps[0].operands);
    if (places.size() != 3 || places[0].kind != Kind::free || places[2].kind != Kind::constant) return false;
    if (entity.kind == Kind::free && !(entity == places[0])) return false;
    entity = places[0];
  }
  return step.blocks.count != 0;
}

constexpr Move move_of(PlanView const& plan, Step const& step, Program& program) {
  auto move = Move::none;
  switch (step.kind) {
    case Step::Kind::pattern: move = move_of_pattern(plan, step); break;
    case Step::Kind::filter: move = move_of_filter(plan, step); break;
    case Step::Kind::compute: move = move_of_function(plan, step); break;
    case Step::Kind::without:
      if (are_tests(plan, plan.blocks[plan.blocks_of(step.blocks)[0]], program)) move = Move::without;
      break;
    case Step::Kind::either:
      if (are_alternatives(plan, step)) move = Move::either;
      break;
    default: break;
  }
  program.moves[static_cast<std::size_t>(&step - plan.steps.data())] = move;
  return move;
}

/// The variables of which rows differ: those of `:find` and `:with`, each once.
[[nodiscard]] constexpr Pool<std::uint16_t> row_variables(PlanView const& plan) {
  Pool<std::uint16_t> variables;
  variables.reserve(plan.find.size() + plan.with.count);
  auto const add = [&](std::uint16_t variable) {
    if (!Elements{variables}.contains(variable)) variables.push_back(variable);
  };
  for (auto const& find : plan.find) {
    add(find.variable);
    for (auto const operand : plan.operands_of(find.arguments)) {
      if (operand.kind == Operand::Kind::bound) add(operand.index);
    }
  }
  for (auto const variable : plan.variables_of(plan.with)) add(variable);
  return variables;
}

constexpr void note_distinct(PlanView const& plan, Program& program) {
  auto const& block = plan.blocks[plan.main];
  auto const variables = row_variables(plan);
  bool const one = plan.shape == FindShape::scalar || plan.shape == FindShape::tuple;
  program.shows_rows = !needs_whole_result(plan) && !one && variables.size() == plan.find.size();
  for (std::size_t i = 0; i != plan.find.size(); ++i) {
    program.shows_rows = program.shows_rows && plan.find[i].kind == Find::Kind::variable && plan.find[i].variable == variables[i];
  }
  auto const live = plan.variables_of(plan.steps_of(block).back().live);
  bool same = live.size() == variables.size();
  for (auto const variable : live) same = same && Elements{variables}.contains(variable);
  program.shows_live = same;
  for (std::size_t i = 0; i != assumptions; ++i) {
    PatternFacts facts;
    facts.facts_are_once = i != static_cast<std::size_t>(Assumption::nothing);
    facts.one = i == static_cast<std::size_t>(Assumption::all_one);
    auto const needed = needed_distinct(plan, block, [&](Step const&) { return facts; }, !program.takes_rows);
    for (std::size_t at = 0; at + 1 < needed.size(); ++at) program.distinct[i][block.steps.first + at] = needed[at] != 0;
    program.distinct_rows[i] = !same || needed.back() != 0;
  }
}

/// What is bound to the value of a datom.
[[nodiscard]] constexpr Operand value_of_step(PlanView const& plan, Step const& step) noexcept {
  if (step.kind == Step::Kind::compute) return plan.bindings[step.binding].variable;
  auto const places = plan.operands_of(step.operands);
  return step.kind == Step::Kind::pattern && places.size() > 2 ? places[2] : Operand{};
}

/// Fills `keeps_values`. To be called when all else but numbers is known.
constexpr void note_kept(PlanView const& plan, Program& program) {
  bool remembers[most_steps]{};
  for (auto i = program.first; i != program.end; ++i) {
    bool const has_neighbours = i == program.step_of(0) && (program.sorted_by_entity || program.sorted_by_value);
    remembers[i] = has_neighbours || program.may_be_distinct(i);
  }
  auto looked_at = row_variables(plan);
  for (auto at = program.first; at != program.end; ++at) {
    if (!remembers[at]) continue;
    for (auto const variable : plan.variables_of(plan.steps[at].live)) looked_at.push_back(variable);
  }
  auto const is_looked_at = [&](std::uint16_t variable) { return Elements{looked_at}.contains(variable); };
  for (auto i = plan.steps.size(); i-- != 0;) {
    auto const found = value_of_step(plan, plan.steps[i]);
    if (found.kind != Operand::Kind::free || !is_looked_at(found.index)) continue;
    program.keeps_values[i] = true;
    // What stands for a value that is not there is looked at in its place.
    auto const otherwise = plan.operands_of(plan.steps[i].operands).back();
    if (program.moves[i] == Move::otherwise && otherwise.kind == Operand::Kind::bound) looked_at.push_back(otherwise.index);
  }
}

}  // namespace programs

/// How many values a row has.
[[nodiscard]] constexpr std::size_t row_width(PlanView const& plan) { return programs::row_variables(plan).size(); }

/// What a program can't have is asked of the run-time engine. Quadratic in the steps.
[[nodiscard]] constexpr Program program_of(PlanView const& plan) {
  Program program;
  if (plan.steps.size() > most_steps || !programs::suits_inputs(plan, program.takes_rows) || !programs::suits_result(plan)) return program;
  auto const& block = plan.blocks[plan.main];
  if (block.steps.count == 0) return program;
  program.steps = plan.steps.size();
  program.first = block.steps.first;
  program.end = block.steps.first + block.steps.count;
  for (auto const& step : plan.steps_of(block)) {
    if (programs::move_of(plan, step, program) == Move::none) return program;
  }
  programs::note_distinct(plan, program);
  auto const first = program.step_of(0);
  if (first != program.end && program.moves[first] == Move::scan && !program.takes_rows) {
    program.sorted_by_entity = programs::lives_on_prefix(plan, plan.steps[first], false);
    program.sorted_by_value = programs::lives_on_prefix(plan, plan.steps[first], true);
  }
  programs::note_kept(plan, program);
  program.number_steps();
  program.is_compiled = true;
  return program;
}

}  // namespace cairn::query::compiled
