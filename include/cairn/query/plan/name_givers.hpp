// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which goals may give a variable a name of an entity.
#pragma once

#include <cairn/query/plan/goal_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::planning {

/// A function may give an ident or a lookup ref where a pattern finds the entity itself. A pattern that is told the
/// name understands it; a function is only compared with what a pattern has found. So patterns, and all that is made of
/// them, wait for functions that may give names to their variables: then what a query means does not depend on the
/// order of its clauses, except where a function needs what such a pattern finds.
class NameGivers {
 public:
  constexpr NameGivers() = default;
  /// Requires: the builder is complete, and lives longer. Complexity: linear in the goals where no function gives names.
  constexpr explicit NameGivers(GoalBuilder const& builder) : builder_{&builder} {
    for (Goal const& goal : builder.goals().goals)
      any_ = any_ || (goal.kind == Goal::Kind::function && may_name(goal));
    if (any_) find_columns();
  }

  [[nodiscard]] constexpr bool is_ready() const { return builder_ != nullptr; }
  /// Whether there are such functions at all.
  [[nodiscard]] constexpr bool any() const { return any_; }

  /// Whether a goal may give a variable a name that no pattern found.
  [[nodiscard]] constexpr bool gives(Goal const& goal, std::uint32_t variable) const {
    Goals const& goals = builder_->goals();
    bool found = false;
    switch (goal.kind) {
      case Goal::Kind::function:
        if (may_name(goal)) {
          each_unpacked(goals, goal.unpacking, [&](std::uint32_t unpacked) { found = found || unpacked == variable; });
        }
        return found;
      case Goal::Kind::alternatives:
        for (std::uint32_t const scope : goals.scopes_of(goal)) found = found || scope_gives(scope, variable);
        return found;
      case Goal::Kind::call: {
        std::uint64_t const columns = goal.rule < columns_.size() ? columns_[goal.rule] : 0;
        std::size_t column = 0;
        for (Term const& term : goals.terms_of(goal)) {
          bool const is_it = term.kind == Term::Kind::variable && term.index == variable;
          found = found || (is_it && column < 64 && (columns >> column & 1U) != 0);
          ++column;
        }
        return found;
      }
      case Goal::Kind::pattern:
      case Goal::Kind::predicate:
      case Goal::Kind::negation:
      case Goal::Kind::require:
        break;
    }
    return false;
  }

 private:
  [[nodiscard]] constexpr bool scope_gives(std::uint32_t scope, std::uint32_t variable) const {
    Goals const& goals = builder_->goals();
    for (std::uint32_t const number : goals.goals_of(goals.scopes[scope])) {
      if (gives(goals.goals[number], variable)) return true;
    }
    return false;
  }

  /// The columns of rules, until nothing changes.
  constexpr void find_columns() {
    if (builder_->rules() == nullptr) return;
    columns_.assign(builder_->rules()->tree->rules.size(), 0);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t rule = 0; rule != columns_.size(); ++rule) {
        for (GoalBuilder::Body const& body : builder_->bodies_of(rule)) {
          for (std::uint32_t column = 0; column != body.head.count && column < 64; ++column) {
            std::uint64_t const bit = std::uint64_t{1} << column;
            std::uint32_t const variable = builder_->goals().variables[body.head.first + column];
            if ((columns_[rule] & bit) != 0 || !scope_gives(body.scope, variable)) continue;
            columns_[rule] |= bit;
            changed = true;
          }
        }
      }
    }
  }

  /// Whether a function may give a keyword or a vector.
  [[nodiscard]] constexpr bool may_name(Goal const& goal) const {
    if (goal.callee.custom) return true;
    switch (goal.callee.builtin) {
      case FunctionId::ground:
        return ground_may_name(goal);
      case FunctionId::identity:
      case FunctionId::conjunction:
      case FunctionId::disjunction:
      case FunctionId::maximum:
      case FunctionId::minimum:
      case FunctionId::tuple:
      case FunctionId::untuple:
      case FunctionId::set:
      case FunctionId::map:
      case FunctionId::not_empty:
      case FunctionId::type:
      case FunctionId::get_else:
      case FunctionId::get_some:
      case FunctionId::query:
        return true;
      default:
        return false;
    }
  }
  /// Both kinds of names have a keyword in them.
  [[nodiscard]] constexpr bool ground_may_name(Goal const& goal) const {
    for (Term const& term : builder_->goals().terms_of(goal)) {
      if (term.kind != Term::Kind::constant) return true;
      Written const& written = term.form.in_rules ? *builder_->rules() : builder_->query();
      notation::Node const& node = written.nodes[term.form.node];
      if (written.text.substr(node.begin, node.end - node.begin).find(':') != std::string_view::npos) return true;
    }
    return false;
  }

  GoalBuilder const* builder_ = nullptr;
  bool any_ = false;
  Pool<std::uint64_t> columns_{};  ///< of every rule those that may have names, as bits
};

}  // namespace cairn::query::planning
