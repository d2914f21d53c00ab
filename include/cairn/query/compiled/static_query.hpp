// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query that the compiler parses and plans. Needs no database.
#pragma once

#include <cairn/meta/fixed_string.hpp>
#include <cairn/query/compiled/fault_report.hpp>
#include <cairn/query/compiled/static_rules.hpp>
#include <cairn/query/plan/frozen.hpp>
#include <cairn/query/plan/plan_query.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace cairn::query::compiled {

/// The names of C++ functions, all of which may be functions and aggregates.
template <class... Functions>
inline constexpr std::array<std::string_view, sizeof...(Functions)> function_names{Functions::name...};

template <class... Functions>
inline constexpr syntax::Names names_of{function_names<Functions...>, function_names<Functions...>};

/// Has something bind the variables of every call of a rule, to whatever it likes: the clause that it is as long as nothing is
/// known of the rules.
constexpr void stand_in_for_rules(syntax::Tree& tree) {
  for (auto& clause : tree.clauses) {
    if (clause.kind != syntax::Clause::Kind::rule_call) continue;
    auto const terms = clause.terms;
    clause.binding = static_cast<std::uint32_t>(tree.bindings.size());
    syntax::Binding tuple;
    tuple.kind = syntax::Binding::Kind::tuple;
    tuple.parts = {clause.binding + 1, terms.count};
    tuple.node = clause.node;
    tree.bindings.push_back(tuple);
    for (auto const& term : tree.terms_of(terms)) {
      syntax::Binding part;
      bool const binds = term.kind == syntax::Term::Kind::variable;
      part.kind = binds ? syntax::Binding::Kind::scalar : syntax::Binding::Kind::blank;
      part.variable = term.index;
      part.node = term.node;
      tree.bindings.push_back(part);
    }
    clause.kind = syntax::Clause::Kind::function;
    clause.callee = {{}, true, {clause.name}};
    clause.terms = {};
  }
}

enum class RulesAre : std::uint8_t { known, late };

/// Reads and plans a query, and gives what `done(problem, plan)` makes of it while it is there: what owns memory does not outlive
/// the evaluation of a constant. Of a query with a problem there is no plan.
template <class Done>
constexpr auto plan_then(std::string_view text, std::string_view rules_text, syntax::Names const& names, RulesAre rules_are,
                         Done const& done) {
  auto query = syntax::parse_query(text, names);
  if (query.problem) return done(query.problem, PlanView{});
  if (rules_are == RulesAre::late) stand_in_for_rules(query.tree);
  planning::Written const written{text, query.nodes, &query.tree};
  if (rules_text.empty()) {
    auto const planned = make_plan(written);
    return done(planned.problem, view_of(planned.plan, text, query.nodes));
  }
  auto const rules = syntax::parse_rules(rules_text, names);
  if (rules.problem) return done(rules.problem, PlanView{});
  if (auto const problem = syntax::link(query, rules)) return done(problem, PlanView{});
  planning::Written const written_rules{rules_text, rules.nodes, &rules.tree};
  auto const planned = make_plan(written, &written_rules);
  return done(planned.problem, view_of(planned.plan, text, query.nodes, rules_text, rules.nodes));
}

/// Room for most queries. Plans have room of few sizes, and not exactly what they need: a compiler would make a class, 19 arrays and
/// their functions of every size. And with this much one evaluation is enough, where exact sizes would take another one before.
inline constexpr PlanSizes usual_sizes{.nodes = 160,
                                       .rules_nodes = 96,
                                       .steps = 24,
                                       .blocks = 16,
                                       .block_numbers = 16,
                                       .operands = 96,
                                       .variables = 128,
                                       .bindings = 16,
                                       .constants = 48,
                                       .names = 40,
                                       .sources = 4,
                                       .tables = 4,
                                       .heads = 8,
                                       .closures = 4,
                                       .inputs = 8,
                                       .find = 16,
                                       .keys = 16,
                                       .order = 4,
                                       .having = 4};

/// Room for those of a few clauses, so that they take no more of a program than they must.
inline constexpr PlanSizes small_sizes{.nodes = 48,
                                       .rules_nodes = 0,
                                       .steps = 6,
                                       .blocks = 3,
                                       .block_numbers = 4,
                                       .operands = 24,
                                       .variables = 32,
                                       .bindings = 6,
                                       .constants = 12,
                                       .names = 12,
                                       .sources = 2,
                                       .tables = 0,
                                       .heads = 0,
                                       .closures = 0,
                                       .inputs = 4,
                                       .find = 6,
                                       .keys = 4,
                                       .order = 2,
                                       .having = 1};

[[nodiscard]] constexpr bool fits(PlanSizes const& sizes, PlanSizes const& room) noexcept {
  return sizes.nodes <= room.nodes && sizes.rules_nodes <= room.rules_nodes && sizes.steps <= room.steps &&
         sizes.blocks <= room.blocks && sizes.block_numbers <= room.block_numbers && sizes.operands <= room.operands &&
         sizes.variables <= room.variables && sizes.bindings <= room.bindings && sizes.constants <= room.constants &&
         sizes.names <= room.names && sizes.sources <= room.sources && sizes.tables <= room.tables &&
         sizes.heads <= room.heads && sizes.closures <= room.closures && sizes.inputs <= room.inputs &&
         sizes.find <= room.find && sizes.keys <= room.keys && sizes.order <= room.order && sizes.having <= room.having;
}

/// The first elements of each pool.
[[nodiscard]] constexpr PlanView cut(PlanView view, PlanSizes const& sizes) noexcept {
  view.nodes = view.nodes.first(sizes.nodes);
  view.rules_nodes = view.rules_nodes.first(sizes.rules_nodes);
  view.steps = view.steps.first(sizes.steps);
  view.blocks = view.blocks.first(sizes.blocks);
  view.block_numbers = view.block_numbers.first(sizes.block_numbers);
  view.operands = view.operands.first(sizes.operands);
  view.variables = view.variables.first(sizes.variables);
  view.bindings = view.bindings.first(sizes.bindings);
  view.constants = view.constants.first(sizes.constants);
  view.names = view.names.first(sizes.names);
  view.sources = view.sources.first(sizes.sources);
  view.tables = view.tables.first(sizes.tables);
  view.heads = view.heads.first(sizes.heads);
  view.closures = view.closures.first(sizes.closures);
  view.inputs = view.inputs.first(sizes.inputs);
  view.find = view.find.first(sizes.find);
  view.keys = view.keys.first(sizes.keys);
  view.order = view.order.first(sizes.order);
  view.having = view.having.first(sizes.having);
  return view;
}

/// What is left of reading and planning: how large the plan is, what is wrong, and the plan, where it has the usual size.
struct Outline {
  syntax::Problem problem{};
  PlanSizes sizes{};
  bool is_usual = false;
  FrozenPlan<usual_sizes> plan{};

  constexpr Outline(syntax::Problem const& found, PlanView const& view)
      : problem{found},
        sizes{found ? PlanSizes{} : sizes_of(view)},
        is_usual{fits(sizes, usual_sizes)},
        plan{is_usual && !found ? view : PlanView{}} {}
};

// No lambdas: `plan_then` would be another function of each query.
struct MakeOutline {
  constexpr Outline operator()(syntax::Problem const& problem, PlanView const& view) const { return {problem, view}; }
};
template <PlanSizes Sizes>
struct MakeFrozen {
  constexpr FrozenPlan<Sizes> operator()(syntax::Problem const&, PlanView const& view) const { return FrozenPlan<Sizes>{view}; }
};

/// A query with its rules and functions as a constant.
template <meta::fixed_string Text, class Rules, class... Functions>
struct StaticQuery {
  static constexpr std::string_view text = Text.view();
  static constexpr std::string_view rules_text = Rules::text;
  /// The plan is only good for what the compiler looks at: names, inputs, types.
  static constexpr bool has_late_rules = std::is_same_v<Rules, LateRules>;

 private:
  static constexpr RulesAre rules_are = has_late_rules ? RulesAre::late : RulesAre::known;
  static constexpr Outline outline =
      plan_then(text, rules_text, names_of<Functions...>, rules_are, MakeOutline{});

 public:
  static constexpr bool is_valid = outline.problem.fault == syntax::Fault::none;

  /// What is wrong with it does not compile, where this is instantiated.
  static auto check() {
    if constexpr (!is_valid) refuse<Report>();
  }

  static constexpr PlanSizes sizes = outline.sizes;

  [[nodiscard]] static constexpr PlanView const& plan() noexcept { return plan_view; }

 private:
  static constexpr PlanSizes room = fits(sizes, small_sizes) ? small_sizes : outline.is_usual ? usual_sizes : sizes;

 public:
  /// The plan itself. Each pool has its elements first, and may have room behind them.
  static constexpr FrozenPlan<room> frozen = outline.is_usual
                                                 ? FrozenPlan<room>{cut(outline.plan.view(), sizes)}
                                                 : plan_then(text, rules_text, names_of<Functions...>, rules_are, MakeFrozen<room>{});

 private:
  static constexpr PlanView plan_view = cut(frozen.view(), sizes);

  struct Report {
    static constexpr std::string_view text() { return outline.problem.in_rules ? rules_text : StaticQuery::text; }
    static constexpr syntax::Problem problem() { return outline.problem; }
  };
};

}  // namespace cairn::query::compiled
