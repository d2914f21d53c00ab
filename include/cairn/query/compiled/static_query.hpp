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
#include <cstddef>
#include <string_view>
#include <utility>

namespace cairn::query::compiled {

/// The names of C++ functions, all of which may be functions and aggregates.
template <class... Functions>
inline constexpr std::array<std::string_view, sizeof...(Functions)> function_names{Functions::name...};

template <class... Functions>
inline constexpr syntax::Names names_of{function_names<Functions...>, function_names<Functions...>};

/// What is made of a query while it is a constant: what owns memory does not outlive that.
struct Draft {
  syntax::QuerySyntax query{};
  syntax::RulesSyntax rules{};
  PlanResult planned{};

  [[nodiscard]] constexpr syntax::Problem const& problem() const noexcept {
    return query.problem ? query.problem : rules.problem ? rules.problem : planned.problem;
  }
  [[nodiscard]] constexpr PlanView view(std::string_view text, std::string_view rules_text) const {
    return view_of(planned.plan, text, query.nodes, rules_text, rules.nodes);
  }
};

constexpr Draft draft_of(std::string_view text, std::string_view rules, syntax::Names const& names) {
  Draft draft;
  draft.query = syntax::parse_query(text, names);
  if (draft.query.problem) return draft;
  bool const has_rules = !rules.empty();
  if (has_rules) {
    draft.rules = syntax::parse_rules(rules, names);
    if (draft.rules.problem) return draft;
    draft.query.problem = syntax::link(draft.query, draft.rules);
    if (draft.query.problem) return draft;
  }
  planning::Written const query{text, draft.query.nodes, &draft.query.tree};
  planning::Written const written_rules{rules, draft.rules.nodes, &draft.rules.tree};
  draft.planned = make_plan(query, has_rules ? &written_rules : nullptr);
  return draft;
}

/// Room for most queries: with it one evaluation is enough, where exact sizes would take another one before.
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

/// What is left of a draft: how large it is, what is wrong with it, and its plan, where it has the usual size.
struct Outline {
  PlanSizes sizes{};
  syntax::Problem problem{};
  bool is_usual = false;
  FrozenPlan<usual_sizes> plan{};
};

constexpr Outline outline_of(std::string_view text, std::string_view rules, syntax::Names const& names) {
  Draft const draft = draft_of(text, rules, names);
  Outline outline;
  outline.problem = draft.problem();
  if (outline.problem) return outline;
  auto const view = draft.view(text, rules);
  outline.sizes = sizes_of(view);
  outline.is_usual = fits(outline.sizes, usual_sizes);
  if (outline.is_usual) outline.plan = FrozenPlan<usual_sizes>{view};
  return outline;
}

/// A query with its rules and functions as a constant.
template <meta::fixed_string Text, class Rules, class... Functions>
struct StaticQuery {
  static constexpr std::string_view text = Text.view();
  static constexpr std::string_view rules_text = Rules::text;

 private:
  static constexpr Outline outline = outline_of(text, rules_text, names_of<Functions...>);

 public:
  static constexpr bool is_valid = outline.problem.fault == syntax::Fault::none;

  /// What is wrong with it does not compile, where this is instantiated.
  static void check() {
    if constexpr (!is_valid) refuse<Report>();
  }

  static constexpr PlanSizes sizes = outline.sizes;
  static constexpr FrozenPlan<sizes> frozen = [] {
    if constexpr (outline.is_usual) {
      return FrozenPlan<sizes>{cut(outline.plan.view(), sizes)};
    } else {
      Draft const draft = draft_of(text, rules_text, names_of<Functions...>);
      return FrozenPlan<sizes>{draft.view(text, rules_text)};
    }
  }();

  [[nodiscard]] static constexpr PlanView plan() noexcept { return frozen.view(); }

 private:
  struct Report {
    static constexpr std::string_view text() { return outline.problem.in_rules ? rules_text : StaticQuery::text; }
    static constexpr syntax::Problem problem() { return outline.problem; }
  };
};

}  // namespace cairn::query::compiled
