// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The goals of a scope that have no place in the order yet.
#pragma once

#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/reachability.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstddef>
#include <cstdint>

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
  constexpr explicit WaitingGoals(GoalBuilder const& builder) : goals_{&builder.goals()} {}

  constexpr void begin(std::uint32_t scope) {
    all.clear();
    spliced.clear();
    auto const goals = goals_->goals_of(goals_->scopes[scope]);
    all.reserve(goals.size());
    for (std::uint32_t const number : goals) all.push_back({number});
  }
  /// One has its place now, and with it the predicates that limit it.
  constexpr void take(std::size_t at, Limits const& limits) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i != all.size(); ++i) {
      if (i != at && all[i].goal != limits.low && all[i].goal != limits.high) all[kept++] = all[i];
    }
    all.resize(kept);
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
      Pool<Waiting> inside;
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

  Pool<Waiting> all{};
  Pool<std::uint32_t> spliced{};  ///< alternatives that were taken apart, until all their variables are bound

 private:
  Goals const* goals_;
};

}  // namespace cairn::query::planning
