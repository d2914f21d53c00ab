// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The goals of a scope that have no place in the order yet.
#pragma once

#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/reachability.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::query::planning {

/// A value: whoever looks ahead keeps a copy.
class WaitingGoals {
 public:
  struct Waiting {
    std::uint32_t goal = no_number;
    std::uint64_t asked = 0;  ///< what was known when `rows` was found out; 0: never
    double rows = 0;
  };
  /// Predicates that limit what a pattern finds.
  struct Limits {
    std::uint32_t low = no_number;
    std::uint32_t high = no_number;
  };

  /// Requires: the builder is complete.
  constexpr explicit WaitingGoals(GoalBuilder const& builder) : builder_{&builder}, goals_{&builder.goals()} {}

  constexpr void begin(std::uint32_t scope) {
    all.clear();
    spliced.clear();
    for (std::uint32_t const number : goals_->goals_of(goals_->scopes[scope])) all.push_back({number});
  }
  /// One has its place now, and with it the predicates that limit it.
  constexpr void take(std::size_t at, Limits const& limits) {
    std::vector<Waiting> rest;
    for (std::size_t i = 0; i != all.size(); ++i) {
      if (i != at && all[i].goal != limits.low && all[i].goal != limits.high) rest.push_back(all[i]);
    }
    all = rest;
  }

  /// Alternatives without an alternative are taken apart as soon as what they require is bound.
  constexpr void splice(VariableSet const& bound) {
    for (std::size_t i = 0; i < all.size();) {
      Goal const& goal = goals_->goals[all[i].goal];
      bool const single = goal.kind == Goal::Kind::alternatives && goal.scopes.count == 1;
      if (goal.kind == Goal::Kind::require && all_bound(goals_->joins_of(goal), bound)) {
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (!single || !all_bound(goals_->required_of(goal), bound)) {
        ++i;
        continue;
      }
      std::vector<Waiting> inside;
      for (std::uint32_t const inner : goals_->goals_of(goals_->scopes[goals_->scopes_of(goal)[0]]))
        inside.push_back({inner});
      // What stays behind is that its variables are bound.
      std::uint32_t const whole = all[i].goal;
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(i), inside.begin(), inside.end());
      if (!all_bound(goals_->joins_of(goal), bound)) spliced.push_back(whole);
    }
    for (std::size_t i = 0; i < spliced.size();) {
      if (all_bound(goals_->joins_of(goals_->goals[spliced[i]]), bound)) {
        spliced.erase(spliced.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }

  /// Whether some goal other than a negation may still bind a variable.
  [[nodiscard]] constexpr bool may_bind(std::uint32_t variable) const {
    bool found = false;
    for (Waiting const& one : all) {
      Goal const& goal = goals_->goals[one.goal];
      if (goal.kind == Goal::Kind::negation || goal.kind == Goal::Kind::predicate) continue;
      each_joined(*goals_, goal, [&](std::uint32_t joined) { found = found || joined == variable; });
      if (found) return true;
    }
    for (std::uint32_t const whole : spliced) {
      for (std::uint32_t const joined : goals_->joins_of(goals_->goals[whole])) found = found || joined == variable;
    }
    return found;
  }

  /// Predicates that compare what the pattern binds as its value with something known.
  [[nodiscard]] constexpr Limits limits_of(Goal const& goal, VariableSet const& bound) const {
    Limits found;
    auto const terms = goals_->terms_of(goal);
    if (terms.size() < 3 || terms[2].kind != Term::Kind::variable || bound.contains(terms[2].index)) return found;
    for (std::size_t i = 0; i != terms.size(); ++i) {
      if (i != 2 && terms[i].kind == Term::Kind::variable && terms[i].index == terms[2].index) return found;
    }
    for (Waiting const& one : all) {
      Goal const& predicate = goals_->goals[one.goal];
      if (predicate.kind != Goal::Kind::predicate || predicate.callee.custom || predicate.terms.count != 2) continue;
      FunctionId const compares = predicate.callee.builtin;
      bool const greater = compares == FunctionId::greater || compares == FunctionId::at_least;
      if (!greater && compares != FunctionId::less && compares != FunctionId::at_most) continue;
      auto const arguments = goals_->terms_of(predicate);
      bool const first = arguments[0].kind == Term::Kind::variable && arguments[0].index == terms[2].index;
      bool const second = arguments[1].kind == Term::Kind::variable && arguments[1].index == terms[2].index;
      if (first == second) continue;
      Term const& other = arguments[first ? 1 : 0];
      if (other.kind == Term::Kind::constant ? !is_scalar(other.form)
                                             : !is_bound(other, bound) || other.kind != Term::Kind::variable)
        continue;
      std::uint32_t& limit = greater == first ? found.low : found.high;
      if (limit == no_number) limit = one.goal;
    }
    return found;
  }

  std::vector<Waiting> all{};
  std::vector<std::uint32_t> spliced{};  ///< alternatives that were taken apart, until all their variables are bound

 private:
  /// Whether a constant is a number, a text or a point in time: what indexes have in the order of the predicates.
  [[nodiscard]] constexpr bool is_scalar(FormAt form) const {
    Written const& written = form.in_rules ? *builder_->rules() : builder_->query();
    notation::Kind const kind = written.nodes[form.node].kind;
    return kind == notation::Kind::integer || kind == notation::Kind::real || kind == notation::Kind::string ||
           kind == notation::Kind::bigint || kind == notation::Kind::decimal || kind == notation::Kind::tagged;
  }

  GoalBuilder const* builder_;
  Goals const* goals_;
};

}  // namespace cairn::query::planning
