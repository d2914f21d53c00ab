// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How many rows goals are expected to make of one.
#pragma once

#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/reachability.hpp>
#include <cairn/query/plan/statistics.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

template <PatternStatistics Statistics>
class Expectation {
 public:
  /// Requires: the builder is complete.
  constexpr Expectation(GoalBuilder const& builder, Reachability& reachability, Statistics const& statistics)
      : builder_{&builder}, goals_{&builder.goals()}, reachability_{&reachability}, statistics_{&statistics} {}

  /// The source of clauses that name none, in rules.
  constexpr void set_callers_source(std::uint16_t source) { callers_source_ = source; }

  constexpr double of_pattern(PatternQuestion const& question) const { return statistics_->rows(question); }

  constexpr double of_function(Goal const& goal) const {
    Unpacking const& unpacking = goals_->unpackings[goal.unpacking];
    bool const many =
        unpacking.kind == query::Binding::Kind::collection || unpacking.kind == query::Binding::Kind::relation;
    if (!many) return 0.9;
    auto const terms = goals_->terms_of(goal);
    if (terms.size() == 1 && terms[0].kind == Term::Kind::constant) {
      Written const& written = terms[0].form.in_rules ? *builder_->rules() : builder_->query();
      return static_cast<double>(written.nodes[terms[0].form.node].children);
    }
    return 10;
  }

  /// The sum over the branches, each of which is as good as its best pattern.
  constexpr double of_alternatives(Goal const& goal, VariableSet const& bound) const {
    double sum = 0;
    for (std::uint32_t const scope : goals_->scopes_of(goal)) {
      double fewest = -1;
      for (std::uint32_t const number : goals_->goals_of(goals_->scopes[scope])) {
        Goal const& inner = goals_->goals[number];
        double rows = -1;
        if (!reachability_->count_check()) return sum;
        if (inner.kind == Goal::Kind::pattern) rows = of_pattern(question_of(inner, no_number, no_number, bound));
        if (inner.kind == Goal::Kind::alternatives) rows = of_alternatives(inner, bound);
        if (inner.kind == Goal::Kind::call) rows = reachability_->bound_columns(inner, bound) != 0 ? 60 : 2e5;
        if (inner.kind == Goal::Kind::function) rows = of_function(inner);
        if (inner.kind == Goal::Kind::predicate) rows = 0.5;
        if (rows >= 0 && (fewest < 0 || rows < fewest)) fewest = rows;
      }
      sum += fewest < 0 ? 1 : fewest;
    }
    return sum;
  }

  [[nodiscard]] static constexpr PatternQuestion::Place place_of(Term const& term, VariableSet const& bound) {
    if (term.kind == Term::Kind::constant) return PatternQuestion::Place::constant;
    return term.kind == Term::Kind::variable && bound.contains(term.index) ? PatternQuestion::Place::bound
                                                                             : PatternQuestion::Place::open;
  }

  [[nodiscard]] constexpr PatternQuestion question_of(Goal const& goal, std::uint32_t low, std::uint32_t high,
                                                      VariableSet const& bound) const {
    PatternQuestion question;
    question.source = goal.source == syntax::callers_source ? callers_source_ : goal.source;
    auto const terms = goals_->terms_of(goal);
    PatternQuestion::Place* const places[] = {&question.entity, &question.attribute, &question.value,
                                              &question.transaction, &question.added};
    FormAt* const forms[] = {&question.entity_form, &question.attribute_form, &question.value_form};
    for (std::size_t i = 0; i != terms.size() && i != 5; ++i) {
      *places[i] = place_of(terms[i], bound);
      if (i < 3) *forms[i] = terms[i].form;
    }
    auto const set = [&](std::uint32_t limit, PatternQuestion::Place& place, FormAt& form) {
      if (limit == no_number) return;
      auto const arguments = goals_->terms_of(goals_->goals[limit]);
      bool const first = arguments[0].kind == Term::Kind::variable && arguments[0].index == terms[2].index;
      Term const& other = arguments[first ? 1 : 0];
      place = place_of(other, bound);
      form = other.form;
    };
    set(low, question.low, question.low_form);
    set(high, question.high, question.high_form);
    return question;
  }

 private:
  GoalBuilder const* builder_;
  Goals const* goals_;
  Reachability* reachability_;
  Statistics const* statistics_;
  std::uint16_t callers_source_ = 0;
};

}  // namespace cairn::query::planning
