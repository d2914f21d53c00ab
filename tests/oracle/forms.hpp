// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the forms of a query are: variables, sources, and the variables of clauses.
#pragma once

#include "bindings.hpp"
#include <cairn/error/error.hpp>

#include <span>
#include <string_view>

namespace cairn::oracle {

[[nodiscard]] inline bool starts_with(Value const& form, char first) {
  return form.is_symbol() && form.as_symbol().starts_with(first);
}
[[nodiscard]] inline bool is_variable(Value const& form) { return starts_with(form, '?'); }
[[nodiscard]] inline bool is_source(Value const& form) { return starts_with(form, '$'); }
[[nodiscard]] inline bool is_placeholder(Value const& form) { return form.is_symbol("_"); }
/// A list that begins with that symbol.
[[nodiscard]] inline bool is_form(Value const& form, std::string_view name) {
  return form.is_list() && !form.empty() && form[0].is_symbol(name);
}
/// `[(f ?x)]`, `[(f ?x) ?y]`.
[[nodiscard]] inline bool is_call(Value const& clause) {
  return clause.is_vector() && !clause.empty() && clause[0].is_list();
}
[[nodiscard]] inline bool is_negation(Value const& clause) {
  auto const skip = clause.is_list() && !clause.empty() && is_source(clause[0]) ? std::size_t{1} : 0;
  return clause.is_list() && clause.size() > skip &&
         (clause[skip].is_symbol("not") || clause[skip].is_symbol("not-join"));
}

/// The elements that a collection has for Clojure's `seq`: a map's are its entries, nil has none, a string's are its
/// characters. Nothing where it has no elements at all.
[[nodiscard]] std::optional<Values> elements_of(Value const& collection);

/// The variables of a binding form, or of any nested vectors, each once.
[[nodiscard]] Variables variables_of(Value const& form);
/// The variables that a clause joins with the clauses around it.
[[nodiscard]] Variables clause_variables(Value const& clause);
[[nodiscard]] Variables clause_variables(std::span<Value const> clauses);

/// The assignments that a binding form (`?x`, `_`, `[?x _]`, `[?x ...]`, `[[?x ?y]]`) makes of a value.
/// Errors: `query/where` where the value has another shape.
[[nodiscard]] std::vector<Assignment> destructure(Value const& form, Value const& value);

/// Errors: `parser/where` for what is not a clause, `query/where` for a function that nobody knows, `parser/query` for
/// a source or rules that `:in` does not name.
void check_clauses(std::span<Value const> clauses, std::set<std::string> const& sources, bool has_rules);
/// `parser/where` for what is no binding form.
void check_binding(Value const& form, Errc code);

[[noreturn]] void refuse(Errc code, std::string const& reason, Value const& form);

}  // namespace cairn::oracle
