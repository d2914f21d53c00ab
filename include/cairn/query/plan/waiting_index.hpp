// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the goals that wait have to do with each variable.
#pragma once

#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/name_givers.hpp>
#include <cairn/query/plan/reachability.hpp>
#include <cairn/query/plan/variable_set.hpp>
#include <cairn/query/plan/waiting_goals.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

/// By variable, so that a goal that is judged does not look at all others: an order is quadratic in the goals, not cubic. Made at most
/// once for each goal that is taken.
class WaitingIndex {
 public:
  /// All must live longer, and stay where they are. Requires: the builder is complete.
  constexpr WaitingIndex(GoalBuilder const& builder, Reachability& reachability, WaitingGoals const& waiting)
      : builder_{&builder}, goals_{&builder.goals()}, reachability_{&reachability}, waiting_{&waiting} {}

  /// Other goals wait now.
  constexpr void forget() { known_ = false; }

  /// Whether some goal other than a negation may still bind a variable.
  [[nodiscard]] constexpr bool may_bind(std::uint32_t variable) {
    know();
    return entry(variable).bindable;
  }

  /// Whether there are functions that may give names.
  [[nodiscard]] constexpr bool any_gives() { return givers().any(); }
  /// Whether another goal than the one at `at` may give a variable by name.
  [[nodiscard]] constexpr bool is_given_elsewhere(std::size_t at, std::uint32_t variable) {
    know();
    Entry const found = entry(variable);
    return found.given && (found.given_by_several || found.giver != at);
  }
  [[nodiscard]] constexpr NameGivers const& givers() {
    if (!givers_.is_ready()) givers_ = NameGivers{*builder_};
    return givers_;
  }

  /// Predicates that compare what the pattern binds as its value with something known.
  [[nodiscard]] constexpr WaitingGoals::Limits limits_of(Goal const& goal, VariableSet const& bound) {
    WaitingGoals::Limits found;
    auto const terms = goals_->terms_of(goal);
    if (terms.size() < 3 || terms[2].kind != Term::Kind::variable || bound.contains(terms[2].index)) return found;
    for (std::size_t i = 0; i != terms.size(); ++i) {
      if (i != 2 && terms[i].kind == Term::Kind::variable && terms[i].index == terms[2].index) return found;
    }
    know();
    std::uint32_t next = entry(terms[2].index).comparisons.first;
    while (next != no_number && (found.low == no_number || found.high == no_number) && reachability_->count_check()) {
      Comparison const& one = comparisons_[next];
      next = one.next;
      Goal const& predicate = goals_->goals[one.goal];
      Term const& other = goals_->terms_of(predicate)[one.is_first ? 1 : 0];
      if (other.kind == Term::Kind::constant ? !is_scalar(other.form)
                                             : !is_bound(other, bound) || other.kind != Term::Kind::variable)
        continue;
      std::uint32_t& limit = is_greater(predicate) == one.is_first ? found.low : found.high;
      if (limit == no_number) limit = one.goal;
    }
    return found;
  }

 private:
  /// A predicate that compares a variable with something else.
  struct Comparison {
    std::uint32_t goal = no_number;
    bool is_first = false;  ///< the variable is the first argument
    std::uint32_t next = no_number;
  };
  struct Entry {
    struct {
      std::uint32_t first = no_number;
      std::uint32_t last = no_number;
    } comparisons{};  ///< in the order in which they wait
    std::size_t giver = 0;  ///< its place among those that wait
    bool given = false;
    bool given_by_several = false;
    bool bindable = false;
    bool noted = false;
  };

  [[nodiscard]] constexpr Entry entry(std::uint32_t variable) const {
    return variable < entries_.size() ? entries_[variable] : Entry{};
  }
  constexpr Entry& noted(std::uint32_t variable) {
    Entry& one = entries_[variable];
    if (!one.noted) noted_.push_back(variable);
    one.noted = true;
    return one;
  }

  constexpr void know() {
    if (known_) return;
    known_ = true;
    for (std::uint32_t const variable : noted_) entries_[variable] = {};
    noted_.clear();
    comparisons_.clear();
    entries_.resize(goals_->names.size());
    bool const named = any_gives();
    for (std::size_t at = 0; at != waiting_->all.size() && reachability_->count_check(); ++at) {
      std::uint32_t const number = waiting_->all[at].goal;
      Goal const& goal = goals_->goals[number];
      if (goal.kind == Goal::Kind::negation) continue;
      if (goal.kind == Goal::Kind::predicate) {
        note_comparison(number, goal);
        continue;
      }
      each_joined(*goals_, goal, [&](std::uint32_t variable) {
        Entry& one = noted(variable);
        one.bindable = true;
        if (!named || !reachability_->count_check() || !givers_.gives(goal, variable)) return;
        one.given_by_several = one.given_by_several || (one.given && one.giver != at);
        one.given = true;
        one.giver = at;
      });
    }
    for (std::uint32_t const whole : waiting_->spliced) {
      for (std::uint32_t const joined : goals_->joins_of(goals_->goals[whole])) noted(joined).bindable = true;
    }
  }

  constexpr void note_comparison(std::uint32_t number, Goal const& predicate) {
    if (predicate.callee.custom || predicate.terms.count != 2) return;
    FunctionId const compares = predicate.callee.builtin;
    if (!is_greater(predicate) && compares != FunctionId::less && compares != FunctionId::at_most) return;
    auto const arguments = goals_->terms_of(predicate);
    bool const both = arguments[0].kind == Term::Kind::variable && arguments[1].kind == Term::Kind::variable;
    if (both && arguments[0].index == arguments[1].index) return;
    for (std::size_t i = 0; i != 2; ++i) {
      if (arguments[i].kind != Term::Kind::variable) continue;
      auto& chain = noted(arguments[i].index).comparisons;
      auto const made = static_cast<std::uint32_t>(comparisons_.size());
      (chain.last == no_number ? chain.first : comparisons_[chain.last].next) = made;
      chain.last = made;
      comparisons_.push_back({number, i == 0, no_number});
    }
  }
  [[nodiscard]] static constexpr bool is_greater(Goal const& predicate) {
    return predicate.callee.builtin == FunctionId::greater || predicate.callee.builtin == FunctionId::at_least;
  }

  /// Whether a constant is a number, a text or a point in time: what indexes have in the order of the predicates.
  [[nodiscard]] constexpr bool is_scalar(FormAt form) const {
    Written const& written = form.in_rules ? *builder_->rules() : builder_->query();
    notation::Kind const kind = written.nodes[form.node].kind;
    return kind == notation::Kind::integer || kind == notation::Kind::real || kind == notation::Kind::string ||
           kind == notation::Kind::bigint || kind == notation::Kind::decimal || kind == notation::Kind::tagged;
  }

  GoalBuilder const* builder_;
  Goals const* goals_;
  Reachability* reachability_;
  WaitingGoals const* waiting_;
  NameGivers givers_{};  ///< made when it is asked for the first time
  Pool<Entry> entries_{};
  Pool<std::uint32_t> noted_{};
  Pool<Comparison> comparisons_{};
  bool known_ = false;
};

}  // namespace cairn::query::planning
