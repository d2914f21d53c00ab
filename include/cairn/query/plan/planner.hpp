// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Goals in their order to the steps, blocks and tables of a plan.
#pragma once

#include <cairn/meta/watch.hpp>
#include <cairn/query/plan/distinct_marks.hpp>
#include <cairn/query/plan/frame.hpp>
#include <cairn/query/plan/longest_path.hpp>
#include <cairn/query/plan/order.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

template <PatternStatistics Statistics>
class Planner {
 public:
  /// Makes `plan`, which is empty.
  constexpr Planner(Written const& query, Written const* rules, Statistics const& statistics, meta::Watch const& watch, Plan& plan)
      : query_{query}, builder_{query, rules}, order_{builder_, statistics, watch}, plan_{plan} {}

  constexpr void run() {
    std::uint32_t const scope = builder_.query_scope();
    builder_.complete();
    if (builder_.failed()) return;
    make_room();
    BlockRequest request;
    request.scope = scope;
    Frame frame{query_, plan_};
    frame.make_inputs(request.known.bound);
    request.known.names = request.known.bound;
    frame.make_find(request.wanted);
    if (builder_.failed()) return;
    plan_.main = make_block(request);
    for (std::size_t i = 0; i != plan_.tables.size() && !builder_.failed(); ++i) make_table(i);
    plan_.names = builder_.goals().names;
    std::size_t columns = plan_.names.size();  // and the row numbers of each negation
    for (auto const& step : plan_.steps) columns += step.kind == Step::Kind::without ? 1U : 0U;
    bool const too_large = columns > Bounds::numbers || plan_.constants.size() > Bounds::numbers ||
                           plan_.blocks.size() > Bounds::numbers || plan_.closures.size() > Bounds::numbers;
    if (too_large) builder_.fail({Failure::Kind::too_large, {}, {}});
    if (builder_.failed()) return;
    LongestPath path{plan_};
    plan_.depth = path.steps();
    if (plan_.depth > Bounds::steps) builder_.fail({Failure::Kind::too_large, path.place(), {}});
  }

  [[nodiscard]] constexpr Failure const& failure() const { return builder_.failure(); }

 private:
  /// The variables that have a value, and which of these may be names of entities: patterns alone find none.
  struct Known {
    VariableSet bound{};
    VariableSet names{};
  };
  /// What a block is made for.
  struct BlockRequest {
    std::uint32_t scope = 0;
    Known known{};         ///< what the rows that come in have
    VariableSet wanted{};  ///< what is looked at after the block
    bool nested = false;   ///< in a block: rows come in
    bool unique = true;    ///< the rows that come out are to be distinct in `wanted`
    bool of_seeds = false;    ///< begins with the new seeds of a table:
    std::uint16_t table = 0;
    Elements<std::uint32_t> seeds{};  ///< the variables that they bind
  };
  struct TableKey {
    std::uint16_t rule = 0;
    std::uint16_t source = 0;
    std::uint64_t mask = 0;   ///< the columns that are asked for
    std::uint64_t names = 0;  ///< those of them that may be names of entities
    friend constexpr bool operator==(TableKey const&, TableKey const&) = default;
  };

  [[nodiscard]] constexpr Goals const& goals() const { return builder_.goals(); }

  /// For most plans: a compiler takes long over vectors that grow.
  constexpr void make_room() {
    std::size_t const steps = goals().goals.size() + 2;
    plan_.steps.reserve(steps);
    plan_.variables.reserve(steps * 4);
    plan_.operands.reserve(goals().terms.size() + 4);
    plan_.constants.reserve(goals().terms.size());
    plan_.blocks.reserve(goals().scopes.size());
  }

  // Blocks

  constexpr Slice variables(VariableSet const& set) {
    Slice made{static_cast<std::uint32_t>(plan_.variables.size()), 0};
    set.each([&](std::uint32_t variable) {
      plan_.variables.push_back(static_cast<std::uint16_t>(variable));
      ++made.count;
    });
    return made;
  }

  /// Calls `visit` with the variables that a step looks at or binds.
  template <class Visit>
  constexpr void each_used(Placed const& placed, Visit const& visit) const {
    for (std::uint32_t const number : {placed.goal, placed.low, placed.high}) {
      if (number != no_number) each_inside(goals(), goals().goals[number], visit);
    }
  }
  /// Calls `visit` with the variables that have a value after a step.
  template <class Visit>
  constexpr void each_bound(Placed const& placed, Visit const& visit) const {
    Goal const& goal = goals().goals[placed.goal];
    if (binds(goal)) each_joined(goals(), goal, visit);
  }

  constexpr std::uint16_t make_block(BlockRequest& request) {
    Block block;
    Pool<Step> steps;
    steps.reserve(goals().goals_of(goals().scopes[request.scope]).size() + 1);
    Pool<double> estimates;
    VariableSet bound = request.known.bound;
    begin_block(request, bound, steps);
    std::size_t const begun = steps.size();
    if (Statistics::knows) estimates.resize(begun, -1);
    VariableSet const at_begin = bound;

    order_.set_callers_source(callers_source_);
    Pool<Placed> const placed = order_.of(request.scope, bound, request.nested || begun != 0);
    if (builder_.failed()) return 0;
    check_wanted(request.wanted, bound);
    if (builder_.failed()) return 0;

    // By how many steps each variable has a value.
    Pool<std::uint32_t> since(goals().names.size(), no_number);
    at_begin.each([&](std::uint32_t variable) { since[variable] = 0; });
    for (std::size_t i = 0; i != placed.size(); ++i) {
      each_bound(placed[i], [&](std::uint32_t variable) {
        if (since[variable] == no_number) since[variable] = static_cast<std::uint32_t>(i) + 1;
      });
    }
    // Backwards: what is looked at after each step.
    Pool<Slice> lives(placed.size(), Slice{});
    VariableSet live = request.wanted;
    for (std::size_t i = placed.size(); i-- != 0;) {
      lives[i] = variables(live);
      VariableSet needed;
      auto const need = [&](std::uint32_t variable) {
        if (since[variable] <= i) needed.insert(variable);
      };
      live.each(need);
      each_used(placed[i], need);
      live = needed;
    }
    if (begun != 0) steps[begun - 1].live = variables(live);
    VariableSet incoming;
    live.each([&](std::uint32_t variable) {
      if (request.known.bound.contains(variable)) incoming.insert(variable);
    });
    // The rows of inputs are distinct in all that inputs bind, looked at or not.
    bool const of_inputs = !request.nested && begun == 0;
    block.needs = variables(of_inputs ? request.known.bound : incoming);
    VariableSet given;
    request.wanted.each([&](std::uint32_t variable) {
      if (!request.known.bound.contains(variable)) given.insert(variable);
    });
    block.gives = variables(given);

    Known before{at_begin, request.known.names};
    for (std::size_t i = 0; i != placed.size(); ++i) {
      VariableSet after;
      for (std::uint16_t const variable : span_of(lives[i])) after.insert(variable);
      Step step = make_step(placed[i], before, after);
      if (builder_.failed()) return 0;
      step.live = lives[i];
      steps.push_back(step);
      if (Statistics::knows) estimates.push_back(placed[i].rows);
      Goal const& goal = goals().goals[placed[i].goal];
      each_bound(placed[i], [&](std::uint32_t variable) {
        if (!before.bound.contains(variable) && order_.may_name(goal, variable)) before.names.insert(variable);
        before.bound.insert(variable);
      });
    }
    DistinctMarks{plan_}.mark(steps, begun, request.known.bound, request.unique);
    block.steps = {static_cast<std::uint32_t>(plan_.steps.size()), static_cast<std::uint32_t>(steps.size())};
    for (Step const& step : steps) plan_.steps.push_back(step);
    for (double const rows : estimates) plan_.estimates.push_back(rows);
    if (plan_.blocks.size() >= Bounds::numbers) builder_.fail({Failure::Kind::too_large, {}, {}});
    plan_.blocks.push_back(block);
    return static_cast<std::uint16_t>(plan_.blocks.size() - 1);
  }

  [[nodiscard]] constexpr Elements<std::uint16_t> span_of(Slice slice) const {
    return Elements<std::uint16_t>{plan_.variables}.of(slice);
  }

  /// The first step of a table's block.
  constexpr void begin_block(BlockRequest const& request, VariableSet& bound, Pool<Step>& steps) {
    if (!request.of_seeds) return;
    Step step;
    step.kind = Step::Kind::seeds;
    step.table = request.table;
    step.form = plan_.tables[request.table].form;
    step.operands = {static_cast<std::uint32_t>(plan_.operands.size()),
                     static_cast<std::uint32_t>(request.seeds.size())};
    for (std::uint32_t const seed : request.seeds) {
      Operand const operand = operand_of(seed, bound);
      plan_.operands.push_back(operand);
    }
    steps.push_back(step);
  }

  constexpr void check_wanted(VariableSet const& wanted, VariableSet const& bound) {
    wanted.each([&](std::uint32_t variable) {
      if (!bound.contains(variable))
        builder_.fail({Failure::Kind::unbound_find, goals().names[variable], goals().names[variable]});
    });
  }

  // Steps

  constexpr Slice operands_of(Goal const& goal, Known const& before) {
    Slice const made{static_cast<std::uint32_t>(plan_.operands.size()), goal.terms.count};
    for (std::uint32_t i = 0; i != goal.terms.count; ++i) {
      Term const& term = goals().terms[goal.terms.first + i];
      Operand operand;
      if (term.kind == Term::Kind::constant) {
        operand = constant_of(plan_, term.form);
      } else if (term.kind == Term::Kind::source) {
        operand = {Operand::Kind::source, static_cast<std::uint16_t>(term.index)};
      } else if (term.kind == Term::Kind::variable) {
        bool const has = before.bound.contains(term.index);
        operand = {has ? Operand::Kind::bound : Operand::Kind::free, static_cast<std::uint16_t>(term.index),
                   has && !before.names.contains(term.index)};
        for (std::uint32_t j = 0; !has && j != i; ++j) {
          Term const& earlier = goals().terms[goal.terms.first + j];
          if (earlier.kind == Term::Kind::variable && earlier.index == term.index) {
            operand = {Operand::Kind::same, static_cast<std::uint16_t>(j)};
            break;
          }
        }
      }
      plan_.operands.push_back(operand);
    }
    return made;
  }

  constexpr void make_binding(std::uint32_t place, std::uint32_t number, VariableSet& bound) {
    Unpacking const& unpacking = goals().unpackings[number];
    Binding made{unpacking.kind, {}, {}};
    if (unpacking.kind == Binding::Kind::scalar) made.variable = operand_of(unpacking.variable, bound);
    made.parts = {static_cast<std::uint32_t>(plan_.bindings.size()), unpacking.parts.count};
    plan_.bindings.resize(plan_.bindings.size() + unpacking.parts.count, Binding{});
    plan_.bindings[place] = made;
    for (std::uint32_t i = 0; i != unpacking.parts.count; ++i)
      make_binding(made.parts.first + i, unpacking.parts.first + i, bound);
  }

  constexpr Limit make_limit(std::uint32_t predicate, std::uint32_t value, VariableSet const& before, bool low) {
    Limit limit;
    if (predicate == no_number) return limit;
    Goal const& goal = goals().goals[predicate];
    auto const terms = goals().terms_of(goal);
    bool const first = terms[0].kind == Term::Kind::variable && terms[0].index == value;
    bool const inclusive = goal.callee.builtin == FunctionId::at_least || goal.callee.builtin == FunctionId::at_most;
    limit.kind = low ? (inclusive ? Limit::Kind::at_least : Limit::Kind::above)
                     : (inclusive ? Limit::Kind::at_most : Limit::Kind::below);
    Term const other = terms[first ? 1 : 0];
    VariableSet bound = before;
    limit.operand = other.kind == Term::Kind::constant ? constant_of(plan_, other.form) : operand_of(other.index, bound);
    return limit;
  }

  [[nodiscard]] constexpr std::uint16_t source_of(std::uint16_t source) const {
    return source == syntax::callers_source ? callers_source_ : source;
  }

  constexpr Step make_step(Placed const& placed, Known const& before, VariableSet const& after) {
    Goal const& goal = goals().goals[placed.goal];
    Step step;
    step.form = goal.form;
    step.callee = goal.callee;
    step.source = source_of(goal.source);
    switch (goal.kind) {
      case Goal::Kind::pattern: {
        step.kind = Step::Kind::pattern;
        step.operands = operands_of(goal, before);
        auto const terms = goals().terms_of(goal);
        std::uint32_t const value = terms.size() > 2 ? terms[2].index : no_number;
        step.low = make_limit(placed.low, value, before.bound, true);
        step.high = make_limit(placed.high, value, before.bound, false);
        break;
      }
      case Goal::Kind::predicate:
      case Goal::Kind::function:
        make_function(goal, before, step);
        break;
      case Goal::Kind::alternatives:
        make_either(goal, before, after, step);
        break;
      case Goal::Kind::negation: {
        step.kind = Step::Kind::without;
        BlockRequest request;
        request.scope = goals().scopes_of(goal)[0];
        request.known = before;
        request.nested = true;
        request.unique = false;
        std::uint16_t const block = make_block(request);
        step.blocks = {static_cast<std::uint32_t>(plan_.block_numbers.size()), 1};
        plan_.block_numbers.push_back(block);
        break;
      }
      case Goal::Kind::call:
        make_call(goal, before, step);
        break;
      case Goal::Kind::require:
        break;
    }
    return step;
  }

  constexpr void make_function(Goal const& goal, Known const& before, Step& step) {
    auto const terms = goals().terms_of(goal);
    if (!terms.empty() && terms[0].kind == Term::Kind::source) step.source = static_cast<std::uint16_t>(terms[0].index);
    bool const missing = !goal.callee.custom && goal.callee.builtin == FunctionId::missing;
    step.operands = operands_of(goal, before);
    if (goal.kind == Goal::Kind::predicate) {
      step.kind = missing ? Step::Kind::missing : Step::Kind::filter;
      if (missing && step.operands.count == 3) step.operands = {step.operands.first + 1, 2};
      return;
    }
    step.kind = Step::Kind::compute;
    step.binding = static_cast<std::uint32_t>(plan_.bindings.size());
    plan_.bindings.push_back({});
    VariableSet bound = before.bound;
    make_binding(step.binding, goal.unpacking, bound);
  }

  constexpr void make_either(Goal const& goal, Known const& before, VariableSet const& after, Step& step) {
    step.kind = Step::Kind::either;
    VariableSet wanted;
    for (std::uint32_t const variable : goals().joins_of(goal)) {
      if (!before.bound.contains(variable) && after.contains(variable)) wanted.insert(variable);
    }
    Pool<std::uint16_t> blocks;
    for (std::uint32_t i = 0; i != goal.scopes.count; ++i) {
      BlockRequest request;
      request.scope = goals().scope_numbers[goal.scopes.first + i];
      request.known = before;
      request.wanted = wanted;
      request.nested = true;
      request.unique = false;
      blocks.push_back(make_block(request));
      if (builder_.failed()) return;
    }
    step.blocks = {static_cast<std::uint32_t>(plan_.block_numbers.size()), static_cast<std::uint32_t>(blocks.size())};
    plan_.block_numbers.insert(plan_.block_numbers.end(), blocks.begin(), blocks.end());
  }

  constexpr void make_call(Goal const& goal, Known const& before, Step& step) {
    step.operands = operands_of(goal, before);
    ClosureRule const closure = builder_.closure_of(goal.rule);
    if (closure.found) {
      step.kind = Step::Kind::closure;
      std::uint16_t const source =
          closure.source == syntax::callers_source ? step.source : builder_.source_of_rules(closure.source);
      step.source = source;
      step.table = number_of_closure(closure, source);
      return;
    }
    step.kind = Step::Kind::call;
    step.table = number_of_table({goal.rule, step.source, order_.bound_columns(goal, before.bound), columns_of_names(goal, before)});
  }
  /// The columns of a call that may be asked for by names of entities, as bits.
  [[nodiscard]] constexpr std::uint64_t columns_of_names(Goal const& goal, Known const& before) const {
    std::uint64_t names = 0;
    std::size_t column = 0;
    for (Term const& term : goals().terms_of(goal)) {
      bool const may_name = term.kind == Term::Kind::variable ? before.names.contains(term.index) : is_name(term);
      if (may_name && column < 64) names |= std::uint64_t{1} << column;
      ++column;
    }
    return names;
  }
  /// Whether what is written may name an entity, as keywords and vectors do.
  [[nodiscard]] constexpr bool is_name(Term const& term) const {
    if (term.kind != Term::Kind::constant) return false;
    Written const& written = term.form.in_rules ? *builder_.rules() : query_;
    notation::Kind const kind = written.nodes[term.form.node].kind;
    return kind != notation::Kind::integer && kind != notation::Kind::string;
  }

  constexpr std::uint16_t number_of_closure(ClosureRule const& closure, std::uint16_t source) {
    for (std::size_t i = 0; i != plan_.closures.size(); ++i) {
      Closure const& known = plan_.closures[i];
      if (known.source == source && plan_.constants[known.attribute.index] == closure.attribute &&
          known.backwards == closure.backwards) {
        return static_cast<std::uint16_t>(i);
      }
    }
    Closure made;
    made.source = source;
    made.attribute = constant_of(plan_, closure.attribute);
    made.backwards = closure.backwards;
    made.from = static_cast<std::uint16_t>(builder_.add_name(closure.attribute));
    made.to = static_cast<std::uint16_t>(builder_.add_name(closure.attribute));
    Pool<std::uint16_t> blocks;
    for (Closure::Ends const ends : Closure::edges) blocks.push_back(make_edges(made, ends, closure.attribute));
    made.blocks = {static_cast<std::uint32_t>(plan_.block_numbers.size()), static_cast<std::uint32_t>(blocks.size())};
    for (std::uint16_t const block : blocks) plan_.block_numbers.push_back(block);
    plan_.closures.push_back(made);
    return static_cast<std::uint16_t>(plan_.closures.size() - 1);
  }

  /// The block of one pattern that gives edges, where either end may come in.
  constexpr std::uint16_t make_edges(Closure const& closure, Closure::Ends known, FormAt form) {
    Step step;
    step.kind = Step::Kind::pattern;
    step.source = closure.source;
    step.form = form;
    auto const operand = [](Closure::End end, std::uint16_t variable) -> Operand {
      if (end == Closure::End::open) return {Operand::Kind::free, variable};
      return {Operand::Kind::bound, variable, end == Closure::End::found};
    };
    Operand const ends[2] = {operand(known.from, closure.from), operand(known.to, closure.to)};
    step.operands = {static_cast<std::uint32_t>(plan_.operands.size()), 3};
    plan_.operands.push_back(ends[closure.backwards ? 1 : 0]);
    plan_.operands.push_back(closure.attribute);
    plan_.operands.push_back(ends[closure.backwards ? 0 : 1]);
    VariableSet all;
    all.insert(closure.from);
    all.insert(closure.to);
    step.live = variables(all);
    VariableSet needs;
    VariableSet gives;
    (known.from != Closure::End::open ? needs : gives).insert(closure.from);
    (known.to != Closure::End::open ? needs : gives).insert(closure.to);
    Block block;
    block.needs = variables(needs);
    block.gives = variables(gives);
    block.steps = {static_cast<std::uint32_t>(plan_.steps.size()), 1};
    plan_.steps.push_back(step);
    if (Statistics::knows) plan_.estimates.push_back(-1);
    plan_.blocks.push_back(block);
    return static_cast<std::uint16_t>(plan_.blocks.size() - 1);
  }

  // Tables

  constexpr std::uint16_t number_of_table(TableKey const& key) {
    for (std::size_t i = 0; i != keys_.size(); ++i) {
      if (keys_[i] == key) return static_cast<std::uint16_t>(i);
    }
    syntax::Rule const& rule = builder_.rules()->tree->rules[key.rule];
    if (keys_.size() >= Bounds::tables) builder_.fail({Failure::Kind::too_large, {rule.name, true}, {}});
    keys_.push_back(key);
    Table table;
    table.columns = rule.arity;
    table.group = builder_.graph().component(key.rule);
    table.form = {rule.name, true};
    table.seeds.first = static_cast<std::uint32_t>(plan_.variables.size());
    for (std::uint16_t column = 0; column != rule.arity; ++column) {
      if ((key.mask >> column & 1U) == 0) continue;
      plan_.variables.push_back(column);
      ++table.seeds.count;
    }
    plan_.tables.push_back(table);
    return static_cast<std::uint16_t>(keys_.size() - 1);
  }

  constexpr void make_table(std::size_t number) {
    TableKey const key = keys_[number];
    Pool<std::uint16_t> blocks;
    Pool<Slice> heads;
    callers_source_ = key.source;
    for (GoalBuilder::Body const& body : builder_.bodies_of(key.rule)) {
      auto const head = Goals::of(goals().variables, body.head);
      Pool<std::uint32_t> seeds;
      BlockRequest request;
      for (std::size_t column = 0; column != head.size(); ++column) {
        if ((key.mask >> column & 1U) != 0) seeds.push_back(head[column]);
        if ((key.names >> column & 1U) != 0) request.known.names.insert(head[column]);
      }
      request.scope = body.scope;
      for (std::uint32_t const variable : head) request.wanted.insert(variable);
      request.unique = false;
      request.of_seeds = true;
      request.table = static_cast<std::uint16_t>(number);
      request.seeds = seeds;
      blocks.push_back(make_block(request));
      if (builder_.failed()) return;
      heads.push_back({static_cast<std::uint32_t>(plan_.operands.size()), static_cast<std::uint32_t>(head.size())});
      for (std::uint32_t const variable : head)
        plan_.operands.push_back({Operand::Kind::bound, static_cast<std::uint16_t>(variable)});
    }
    Table& table = plan_.tables[number];
    table.blocks = {static_cast<std::uint32_t>(plan_.block_numbers.size()), static_cast<std::uint32_t>(blocks.size())};
    plan_.block_numbers.insert(plan_.block_numbers.end(), blocks.begin(), blocks.end());
    table.heads = {static_cast<std::uint32_t>(plan_.heads.size()), static_cast<std::uint32_t>(heads.size())};
    plan_.heads.insert(plan_.heads.end(), heads.begin(), heads.end());
  }

  Written query_;
  GoalBuilder builder_;
  Order<Statistics> order_;
  Plan& plan_;
  Pool<TableKey> keys_{};
  std::uint16_t callers_source_ = 0;
};

}  // namespace cairn::query::planning
