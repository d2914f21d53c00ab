// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Clauses with their rules put in: what a planner orders.
#pragma once

#include <cairn/query/plan/plan.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <cstdint>
#include <string_view>

namespace cairn::query::planning {

inline constexpr std::uint32_t no_number = 0xFFFFFFFF;

/// A query or rules, as read: what plans are made of.
struct Written {
  std::string_view text{};
  Elements<notation::Node> nodes{};
  syntax::Tree const* tree = nullptr;
};

/// A term of a clause, its variables being the plan's.
struct Term {
  enum class Kind : std::uint8_t { blank, variable, constant, source };
  Kind kind = Kind::blank;
  std::uint32_t index = 0;  ///< of a variable or a source
  FormAt form{};            ///< of a constant
};

/// The same of a binding's variables.
struct Unpacking {
  query::Binding::Kind kind = query::Binding::Kind::blank;
  std::uint32_t variable = 0;
  Slice parts{};
};

/// A clause that waits for its turn.
struct Goal {
  enum class Kind : std::uint8_t {
    pattern,
    predicate,
    function,
    alternatives,  ///< any of `scopes`: an or, or the branches of a rule that is put in; of one, its goals become its
                   ///< scope's
    negation,      ///< not all of `scopes[0]`
    call,          ///< of a rule that has rows of its own
    require,       ///< nothing but that something binds `joins`
  };
  Kind kind = Kind::pattern;
  bool join = false;          ///< of a negation: all `joins` must be bound, else those that are
  bool has_constant = false;  ///< of a negation: something joined is a constant, in a rule that is put in
  std::uint16_t source = 0;
  std::uint16_t rule = 0;  ///< of a call
  Slice terms{};           ///< of `terms`
  Callee callee{};
  std::uint32_t unpacking = 0;
  Slice scopes{};    ///< of `scope_numbers`
  Slice joins{};     ///< of `variables`
  Slice required{};  ///< of `variables`
  FormAt form{};
};

/// Goals that must all be reached.
struct Scope {
  Slice goals{};  ///< of `goal_numbers`
};

/// All goals of a query and of the rules that it uses.
struct Goals {
  Pool<Goal> goals{};
  Pool<std::uint32_t> goal_numbers{};
  Pool<Scope> scopes{};
  Pool<std::uint32_t> scope_numbers{};
  Pool<Term> terms{};
  Pool<Unpacking> unpackings{};
  Pool<std::uint32_t> variables{};  ///< lists of variables
  Pool<FormAt> names{};             ///< of every variable, the form that it is written as

  template <class T>
  [[nodiscard]] static constexpr Elements<T> of(Pool<T> const& pool, Slice slice) {
    return {pool.data() + slice.first, slice.count};
  }
  [[nodiscard]] constexpr Elements<Term> terms_of(Goal const& goal) const { return of(terms, goal.terms); }
  [[nodiscard]] constexpr Elements<std::uint32_t> joins_of(Goal const& goal) const { return of(variables, goal.joins); }
  [[nodiscard]] constexpr Elements<std::uint32_t> required_of(Goal const& goal) const {
    return of(variables, goal.required);
  }
  [[nodiscard]] constexpr Elements<std::uint32_t> scopes_of(Goal const& goal) const {
    return of(scope_numbers, goal.scopes);
  }
  [[nodiscard]] constexpr Elements<std::uint32_t> goals_of(Scope const& scope) const {
    return of(goal_numbers, scope.goals);
  }
};

/// Calls `visit` with every variable of what a function's value is taken apart by.
template <class Visit>
constexpr void each_unpacked(Goals const& goals, std::uint32_t number, Visit const& visit) {
  Unpacking const& unpacking = goals.unpackings[number];
  if (unpacking.kind == query::Binding::Kind::scalar) visit(unpacking.variable);
  for (std::uint32_t i = 0; i != unpacking.parts.count; ++i) each_unpacked(goals, unpacking.parts.first + i, visit);
}

/// Calls `visit` with every variable that a goal joins with those around it: of a negation, also those that it may keep
/// to itself.
template <class Visit>
constexpr void each_joined(Goals const& goals, Goal const& goal, Visit const& visit) {
  for (Term const& term : goals.terms_of(goal)) {
    if (term.kind == Term::Kind::variable) visit(term.index);
  }
  if (goal.kind == Goal::Kind::function) each_unpacked(goals, goal.unpacking, visit);
  for (std::uint32_t const variable : goals.joins_of(goal)) visit(variable);
}

/// Whether all variables that a goal joins have values once it is reached.
constexpr bool binds(Goal const& goal) {
  return goal.kind != Goal::Kind::negation && goal.kind != Goal::Kind::predicate && goal.kind != Goal::Kind::require;
}

/// The same with the variables of all goals inside.
template <class Visit>
constexpr void each_inside(Goals const& goals, Goal const& goal, Visit const& visit) {
  each_joined(goals, goal, visit);
  for (std::uint32_t const scope : goals.scopes_of(goal)) {
    for (std::uint32_t const inner : goals.goals_of(goals.scopes[scope])) each_inside(goals, goals.goals[inner], visit);
  }
}

}  // namespace cairn::query::planning
