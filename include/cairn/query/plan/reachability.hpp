// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether goals have all that they need.
#pragma once

#include <cairn/meta/watch.hpp>
#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

[[nodiscard]] constexpr bool is_bound(Term const& term, VariableSet const& bound) {
  return term.kind != Term::Kind::variable || bound.contains(term.index);
}
[[nodiscard]] constexpr bool all_bound(Elements<std::uint32_t> variables, VariableSet const& bound) {
  for (std::uint32_t const variable : variables) {
    if (!bound.contains(variable)) return false;
  }
  return true;
}

/// What can be reached where some variables have values: with more of them, more can.
class Reachability {
 public:
  /// Requires: the builder is complete.
  constexpr explicit Reachability(GoalBuilder& builder, meta::Watch const& watch = {})
      : builder_{&builder}, goals_{&builder.goals()}, watch_{watch} {}

  /// Whether a goal has all that it needs; a negation, where nothing else will be bound.
  constexpr bool reachable(Goal const& goal, VariableSet const& bound) {
    if (!count_check()) return false;
    switch (goal.kind) {
      case Goal::Kind::pattern:
        return true;
      case Goal::Kind::predicate:
      case Goal::Kind::function:
        for (Term const& term : goals_->terms_of(goal)) {
          if (!is_bound(term, bound)) return false;
        }
        return true;
      case Goal::Kind::require:
        return all_bound(goals_->joins_of(goal), bound);
      case Goal::Kind::alternatives:
        if (!all_bound(goals_->required_of(goal), bound)) return false;
        for (std::uint32_t const scope : goals_->scopes_of(goal)) {
          VariableSet inside = bound;
          if (!solvable(scope, inside) || !all_bound(goals_->joins_of(goal), inside)) return false;
        }
        return true;
      case Goal::Kind::negation: {
        bool joins = goal.has_constant;
        for (std::uint32_t const variable : goals_->joins_of(goal)) {
          bool const has = bound.contains(variable);
          if (goal.join && !has) return false;
          joins = joins || has;
        }
        VariableSet inside = bound;
        return joins && solvable(goals_->scopes_of(goal)[0], inside);
      }
      case Goal::Kind::call:
        return callable(goal.rule, bound_columns(goal, bound));
    }
    return false;
  }

  /// Whether all goals of a scope can be reached where `bound` has values; `bound` gets what they bind.
  constexpr bool solvable(std::uint32_t scope, VariableSet& bound) {
    auto const numbers = goals_->goals_of(goals_->scopes[scope]);
    Pool<std::uint32_t> waiting{numbers.begin(), numbers.end()};
    // What can be reached with some bindings can be with more, so that any order finds out.
    while (!waiting.empty()) {
      Pool<std::uint32_t> still;
      for (std::uint32_t const number : waiting) {
        if (reachable(goals_->goals[number], bound)) {
          bind(goals_->goals[number], bound);
        } else {
          still.push_back(number);
        }
      }
      if (still.size() == waiting.size() || builder_->failed()) return false;
      waiting = still;
    }
    return true;
  }

  /// Adds what a goal that is reached has bound.
  constexpr void bind(Goal const& goal, VariableSet& bound) const {
    if (binds(goal)) each_joined(*goals_, goal, [&](std::uint32_t variable) { bound.insert(variable); });
  }

  /// The columns of a call that are bound, as bits.
  [[nodiscard]] constexpr std::uint64_t bound_columns(Goal const& goal, VariableSet const& bound) const {
    std::uint64_t mask = 0;
    std::size_t column = 0;
    for (Term const& term : goals_->terms_of(goal)) {
      bool const has =
          term.kind == Term::Kind::constant || (term.kind == Term::Kind::variable && bound.contains(term.index));
      if (has && column < 64) mask |= std::uint64_t{1} << column;
      ++column;
    }
    return mask;
  }

  /// False, and a failure of the builder, once there were too many looks at clauses. Errors: those of the watch, which is asked now
  /// and then.
  constexpr bool count_check() {
    if (++checks_ % checks_a_poll == 0) static_cast<void>(watch_.poll());
    if (checks_ > Bounds::checks) builder_->fail({Failure::Kind::too_large, {}, {}});
    return !builder_->failed();
  }

 private:
  static constexpr std::uint64_t checks_a_poll = 256;

  struct Callable {
    std::uint16_t rule = 0;
    std::uint64_t mask = 0;
    bool yes = true;
  };

  /// Whether a rule has an answer where those of its columns are bound. Rules in a circle can if nothing says that one
  /// can't.
  constexpr bool callable(std::uint16_t rule, std::uint64_t mask) {
    for (Callable const& known : callable_) {
      if (known.rule == rule && known.mask == mask) return known.yes;
    }
    syntax::Rule const& written = builder_->rules()->tree->rules[rule];
    bool yes = true;
    for (std::uint16_t const column : builder_->rules()->tree->variables_of(written.required))
      yes = yes && (mask >> column & 1U) != 0;
    std::size_t const first = callable_.size();
    callable_.push_back({rule, mask, yes});
    if (!yes || builder_->closure_of(rule).found) return yes;
    if (callable_depth_ != 0 || callable_.size() > Bounds::tables) {
      if (callable_.size() > Bounds::tables) builder_->fail({Failure::Kind::too_large, {written.name, true}, {}});
      return yes;  // looked at by whoever asked first
    }
    ++callable_depth_;
    // Each can but for what is found out below, so that what was thought of others may have to be thought of again.
    for (bool changed = true; changed && !builder_->failed();) {
      changed = false;
      for (std::size_t i = first; i != callable_.size(); ++i) {
        if (callable_[i].yes && !bodies_solvable(callable_[i].rule, callable_[i].mask)) {
          callable_[i].yes = false;
          changed = true;
        }
      }
    }
    --callable_depth_;
    for (Callable const& known : callable_) {
      if (known.rule == rule && known.mask == mask) return known.yes;
    }
    return false;
  }

  constexpr bool bodies_solvable(std::uint16_t rule, std::uint64_t mask) {
    if (builder_->closure_of(rule).found) return true;
    for (GoalBuilder::Body const& body : builder_->bodies_of(rule)) {
      VariableSet bound;
      auto const head = Goals::of(goals_->variables, body.head);
      for (std::size_t column = 0; column != head.size(); ++column) {
        if ((mask >> column & 1U) != 0) bound.insert(head[column]);
      }
      if (!solvable(body.scope, bound) || !all_bound(head, bound)) return false;
    }
    return !builder_->failed();
  }

  GoalBuilder* builder_;
  Goals const* goals_;
  meta::Watch watch_;
  Pool<Callable> callable_{};
  std::uint32_t callable_depth_ = 0;
  std::uint64_t checks_ = 0;
};

}  // namespace cairn::query::planning
