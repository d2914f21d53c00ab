// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The terms and variables of clauses, as goals have them.
#pragma once

#include <cairn/query/plan/bounds.hpp>
#include <cairn/query/plan/goal.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::planning {

/// The goals of a query and of its rules, and what stands for the variables of both while they are made.
class GoalTerms {
 public:
  constexpr GoalTerms(Written const& query, Written const* rules) : query_{&query}, rules_{rules} {
    find_sources();
    goals_.names.reserve(query.tree->names.size());
    environment_.reserve(query.tree->names.size());
    goals_.terms.reserve(query.tree->terms.size());
    goals_.goals.reserve(query.tree->clauses.size());
    // The query's variables keep their numbers.
    for (std::uint32_t const name : query.tree->names) {
      auto const variable = static_cast<std::uint32_t>(goals_.names.size());
      goals_.names.push_back({name, false});
      environment_.push_back({Term::Kind::variable, variable, {}});
    }
  }

  [[nodiscard]] constexpr Goals const& goals() const { return goals_; }
  [[nodiscard]] constexpr Written const& query() const { return *query_; }
  [[nodiscard]] constexpr Written const* rules() const { return rules_; }
  [[nodiscard]] constexpr Failure const& failure() const { return failure_; }
  constexpr void fail(Failure const& failure) {
    if (failure_.kind == Failure::Kind::none) failure_ = failure;
  }
  [[nodiscard]] constexpr bool failed() const { return failure_.kind != Failure::Kind::none; }

  /// A variable of the plan's own.
  constexpr std::uint32_t add_name(FormAt form) { return fresh(form); }

  /// The query's number for a source of the rules' tree.
  [[nodiscard]] constexpr std::uint16_t source_of_rules(std::uint16_t source) const {
    return source < rule_sources_.size() ? rule_sources_[source] : source;
  }

 protected:
  /// What the variables of a text stand for.
  struct Environment {
    std::uint32_t first = 0;  ///< of `environment_`
    bool in_rules = false;
    std::uint16_t source = 0;             ///< for clauses that name none, in rules
    std::uint32_t component = no_number;  ///< of the recursive rule whose body this is
    bool denied = false;                  ///< inside a negation of that body
    std::uint32_t depth = 0;
  };
  [[nodiscard]] constexpr Written const& written(Environment const& environment) const {
    return environment.in_rules ? *rules_ : *query_;
  }

  [[nodiscard]] static constexpr std::string_view text_of(Written const& written, std::uint32_t node) {
    return written.text.substr(written.nodes[node].begin, written.nodes[node].end - written.nodes[node].begin);
  }
  constexpr void find_sources() {
    if (rules_ == nullptr) return;
    for (std::uint32_t const source : rules_->tree->sources) {
      std::uint16_t found = 0;
      for (std::size_t i = 0; i != query_->tree->sources.size(); ++i) {
        if (source_name(*query_, query_->tree->sources[i]) == text_of(*rules_, source))
          found = static_cast<std::uint16_t>(i);
      }
      rule_sources_.push_back(found);
    }
  }
  /// `$` where the source is not written.
  [[nodiscard]] static constexpr std::string_view source_name(Written const& written, std::uint32_t node) {
    auto const text = text_of(written, node);
    return text.starts_with('$') ? text : std::string_view{"$"};
  }

  constexpr std::uint32_t fresh(FormAt name) {
    auto const variable = static_cast<std::uint32_t>(goals_.names.size());
    if (variable >= Bounds::numbers) fail({Failure::Kind::too_large, name, {}});
    goals_.names.push_back(name);
    return variable;
  }

  constexpr Term term_of(syntax::Term const& term, Environment const& environment) const {
    switch (term.kind) {
      case syntax::Term::Kind::variable:
        return environment_[environment.first + term.index];
      case syntax::Term::Kind::constant:
        return {Term::Kind::constant, 0, {term.node, environment.in_rules}};
      case syntax::Term::Kind::source:
        return {Term::Kind::source, environment.in_rules ? source_of_rules(term.index) : term.index, {}};
      case syntax::Term::Kind::blank:
      case syntax::Term::Kind::column:
        break;
    }
    return {};
  }

  constexpr Slice terms_of(syntax::Clause const& clause, Environment const& environment) {
    Slice const made{static_cast<std::uint32_t>(goals_.terms.size()), clause.terms.count};
    for (syntax::Term const& term : written(environment).tree->terms_of(clause.terms))
      goals_.terms.push_back(term_of(term, environment));
    return made;
  }

  /// Variables that stand for variables, each once. Whether one stands for a constant goes to `constant`.
  constexpr Slice variables_of(Slice slice, Environment const& environment, bool& constant) {
    auto const first = static_cast<std::uint32_t>(goals_.variables.size());
    for (std::uint16_t const variable : written(environment).tree->variables_of(slice)) {
      Term const& term = environment_[environment.first + variable];
      constant = constant || term.kind == Term::Kind::constant;
      if (term.kind == Term::Kind::variable) add_variable(first, term.index);
    }
    return {first, static_cast<std::uint32_t>(goals_.variables.size()) - first};
  }
  constexpr void add_variable(std::uint32_t first, std::uint32_t variable) {
    for (std::size_t i = first; i != goals_.variables.size(); ++i) {
      if (goals_.variables[i] == variable) return;
    }
    goals_.variables.push_back(variable);
  }

  /// What a function's value is taken apart by. Variables that stand for constants become others, that are to be equal
  /// to them: `grounded` gets what these are.
  constexpr void unpacking_of(std::uint32_t place, std::uint32_t number, Environment const& environment,
                              Pool<std::uint32_t>& grounded) {
    syntax::Binding const& binding = written(environment).tree->bindings[number];
    Unpacking made{static_cast<query::Binding::Kind>(binding.kind), 0, {}};
    if (binding.kind == syntax::Binding::Kind::scalar) {
      std::uint32_t const at = environment.first + binding.variable;
      if (environment_[at].kind == Term::Kind::variable) {
        made.variable = environment_[at].index;
      } else {
        made.variable = fresh({binding.node, environment.in_rules});
        grounded.push_back(at);
        grounded.push_back(made.variable);
      }
    }
    made.parts = {static_cast<std::uint32_t>(goals_.unpackings.size()), binding.parts.count};
    goals_.unpackings.resize(goals_.unpackings.size() + binding.parts.count);
    goals_.unpackings[place] = made;
    for (std::uint32_t i = 0; i != binding.parts.count; ++i)
      unpacking_of(made.parts.first + i, binding.parts.first + i, environment, grounded);
  }

  [[nodiscard]] constexpr std::uint16_t source_of(std::uint16_t source, Environment const& environment) const {
    if (!environment.in_rules) return source;
    return source == syntax::callers_source ? environment.source : source_of_rules(source);
  }

  /// That a variable is a constant.
  constexpr Goal ground(Term const& constant, std::uint32_t variable, FormAt form) {
    Goal goal;
    goal.kind = Goal::Kind::function;
    goal.callee.builtin = FunctionId::ground;
    goal.callee.form = form;
    goal.form = form;
    goal.terms = {static_cast<std::uint32_t>(goals_.terms.size()), 1};
    goals_.terms.push_back(constant);
    goal.unpacking = static_cast<std::uint32_t>(goals_.unpackings.size());
    goals_.unpackings.push_back({query::Binding::Kind::scalar, variable, {}});
    return goal;
  }

  /// The environment of a branch: its head's variables are what they are given, the others new.
  constexpr std::uint32_t enter(syntax::Branch const& branch, Elements<Term> head) {
    auto const first = static_cast<std::uint32_t>(environment_.size());
    auto const names = syntax::Tree::of(rules_->tree->names, branch.names);
    for (std::size_t i = 0; i != names.size(); ++i) {
      environment_.push_back(i < head.size() ? head[i] : Term{Term::Kind::variable, fresh({names[i], true}), {}});
    }
    return first;
  }

  Written const* query_;
  Written const* rules_;
  Goals goals_{};
  Pool<Term> environment_{};

 private:
  Pool<std::uint16_t> rule_sources_{};
  Failure failure_{};
};

}  // namespace cairn::query::planning
