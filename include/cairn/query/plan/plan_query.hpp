// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The planner: a query's syntax tree to its plan, in the compiler or at run time.
#pragma once

#include <cairn/meta/watch.hpp>
#include <cairn/query/plan/planner.hpp>
#include <cairn/query/syntax/problem.hpp>

namespace cairn::query {

struct PlanResult {
  Plan plan{};  ///< of no use where there is a problem
  syntax::Problem problem{};

  [[nodiscard]] constexpr bool ok() const noexcept { return !problem; }
};

namespace planning {

/// Fixed texts: a constant expression can keep them.
constexpr syntax::Problem problem_of(Failure const& failure, Written const& query, Written const* rules) {
  using Kind = Failure::Kind;
  syntax::Problem problem;
  problem.code = Errc::query_where;
  FormAt at = failure.form;
  switch (failure.kind) {
    case Kind::none:
      return problem;
    case Kind::unbound:
      problem.fault = syntax::Fault::unbound_argument;
      problem.reason =
          "insufficient bindings: this clause waits for a variable that no other clause binds before it; bind the "
          "variable by a pattern, a function or :in";
      break;
    case Kind::unbound_find:
      problem.fault = syntax::Fault::unbound_variable;
      problem.reason =
          "insufficient bindings: no clause binds this variable outside of a not; bind it by a pattern, a function "
          "or :in";
      break;
    case Kind::no_join:
      problem.fault = syntax::Fault::unbound_argument;
      problem.reason =
          "insufficient bindings: this clause has no variable that is bound outside of it; join it to the others, or "
          "write a not-join";
      break;
    case Kind::denies_itself:
      problem.fault = syntax::Fault::bad_rule;
      problem.reason =
          "this rule is called by a not in its own definition, so that it has no answer; take the not out of the "
          "circle "
          "of rules";
      break;
    case Kind::no_rules:
      problem.fault = syntax::Fault::unknown_rule;
      problem.reason = "there is no rule of this name; give it in % under :in";
      break;
    case Kind::too_large:
      problem.fault = syntax::Fault::too_big;
      problem.reason = "the query is too large to be planned; take apart its rules or its clauses";
      break;
  }
  Written const& written = at.in_rules && rules != nullptr ? *rules : query;
  problem.in_rules = at.in_rules && rules != nullptr;
  if (at.node < written.nodes.size()) {
    problem.offset = written.nodes[at.node].begin;
    problem.length = written.nodes[at.node].end - written.nodes[at.node].begin;
  }
  return problem;
}

}  // namespace planning

/// Plans a query. `rules` is null where it takes none. Requires: query and rules were read without a problem, and
/// linked. Complexity: about quadratic in the clauses of each block, of which there are at most `Bounds::steps`, one behind the other;
/// rules that are put in are bounded. Errors, as problems: a clause that waits for what nothing binds, a rule that denies itself, more
/// than a plan can number. Throws what vectors throw, and what the watch throws, which is asked all along.
///
/// Clauses are taken greedily, always the one that is expected to find fewest rows for a row; where there are statistics, with a
/// look at what follows; see `planning::Order`.
template <PatternStatistics Statistics = NoStatistics>
constexpr PlanResult make_plan(planning::Written const& query, planning::Written const* rules = nullptr,
                               Statistics const& statistics = {}, meta::Watch const& watch = {}) {
  PlanResult result;
  planning::Planner<Statistics> planner{query, rules, statistics, watch, result.plan};
  planner.run();
  result.problem = planning::problem_of(planner.failure(), query, rules);
  return result;
}

}  // namespace cairn::query
