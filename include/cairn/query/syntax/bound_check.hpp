// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Clauses that wait for what nothing can ever bind.
#pragma once

#include <cairn/query/syntax/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::query::syntax {

/// Finds what no order of clauses can answer. It doesn't find all of it: whether clauses that wait for each other can
/// be ordered is for a planner to see.
class BoundCheck {
 public:
  /// What waits in vain.
  struct Waiting {
    enum class Kind : std::uint8_t { argument, negation, join };
    Kind kind = Kind::argument;
    std::uint32_t node = 0;
  };

  constexpr BoundCheck(Tree const& tree, std::size_t variables) : tree_{tree}, bound_(variables, 0) {}

  /// A variable has a value before the first clause.
  constexpr void bind(std::uint16_t variable) {
    if (bound_[variable] != 0) return;
    bound_[variable] = 1;
    trail_.push_back(variable);
  }
  constexpr void bind_binding(std::uint32_t number) {
    Binding const& one = tree_.bindings[number];
    if (one.kind == Binding::Kind::scalar) bind(one.variable);
    for (std::uint32_t i = 0; i != one.parts.count; ++i) bind_binding(one.parts.first + i);
  }
  /// True, after `run`, of what a clause can bind outside of `not`.
  [[nodiscard]] constexpr bool is_bound(std::uint16_t variable) const noexcept { return bound_[variable] != 0; }

  /// Looks at clauses that stand side by side. Linear.
  constexpr std::optional<Waiting> run(Elements<std::uint32_t> clauses) {
    for (std::uint32_t const one : clauses) mark(one);
    return check_all(clauses);
  }

 private:
  constexpr void mark(std::uint32_t number) {
    Clause const& one = tree_.clauses[number];
    switch (one.kind) {
      case Clause::Kind::pattern:
      case Clause::Kind::rule_call:
        for (Term const& term : tree_.terms_of(one.terms)) {
          if (term.kind == Term::Kind::variable) bind(term.index);
        }
        break;
      case Clause::Kind::function:
        bind_binding(one.binding);
        break;
      case Clause::Kind::conjunction:
      case Clause::Kind::disjunction:
        for (std::uint32_t const child : tree_.children_of(one.children)) mark(child);
        break;
      case Clause::Kind::predicate:
      case Clause::Kind::negation:
        break;
    }
  }

  constexpr std::optional<Waiting> check_all(Elements<std::uint32_t> clauses) {
    for (std::uint32_t const one : clauses) {
      if (auto const waiting = check(one)) return waiting;
    }
    return std::nullopt;
  }

  constexpr std::optional<Waiting> check(std::uint32_t number) {
    Clause const& one = tree_.clauses[number];
    switch (one.kind) {
      case Clause::Kind::pattern:
      case Clause::Kind::rule_call:
        break;
      case Clause::Kind::predicate:
      case Clause::Kind::function:
        for (Term const& term : tree_.terms_of(one.terms)) {
          if (term.kind == Term::Kind::variable && !is_bound(term.index))
            return Waiting{Waiting::Kind::argument, term.node};
        }
        break;
      case Clause::Kind::disjunction:
        for (std::uint16_t const wanted : tree_.variables_of(one.required)) {
          if (!is_bound(wanted)) return Waiting{Waiting::Kind::join, one.node};
        }
        return check_all(tree_.children_of(one.children));
      case Clause::Kind::conjunction:
        return check_all(tree_.children_of(one.children));
      case Clause::Kind::negation:
        return check_negation(one);
    }
    return std::nullopt;
  }

  constexpr std::optional<Waiting> check_negation(Clause const& one) {
    std::size_t known = 0;
    for (std::uint16_t const joined : tree_.variables_of(one.joins)) known += is_bound(joined) ? 1U : 0U;
    bool const enough = one.join ? known == one.joins.count : known != 0;
    if (!enough) return Waiting{one.join ? Waiting::Kind::join : Waiting::Kind::negation, one.node};
    // What is bound inside is not bound outside.
    std::size_t const before = trail_.size();
    auto const waiting = run(tree_.children_of(one.children));
    while (trail_.size() != before) {
      bound_[trail_.back()] = 0;
      trail_.pop_back();
    }
    return waiting;
  }

  Tree const& tree_;
  Pool<std::uint8_t> bound_;
  Pool<std::uint16_t> trail_{};
};

/// Why a clause is never answered.
constexpr std::string_view reason_of(BoundCheck::Waiting::Kind kind) noexcept {
  switch (kind) {
    case BoundCheck::Waiting::Kind::argument:
      return "insufficient bindings: no clause binds this argument; a pattern, a function or :in must";
    case BoundCheck::Waiting::Kind::negation:
      return "insufficient bindings: none of this not's variables is bound by another clause";
    case BoundCheck::Waiting::Kind::join:
      return "insufficient bindings: a variable that is joined must be bound by another clause";
  }
  return {};
}

}  // namespace cairn::query::syntax
