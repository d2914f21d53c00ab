// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The grammar of clauses.
#include "forms.hpp"

#include "functions.hpp"
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/write.hpp>

namespace cairn::oracle {

void refuse(Errc code, std::string const& reason, Value const& form) {
  raise(code, reason + " In: " + notation::write(form), "{}");
}

std::optional<Values> elements_of(Value const& collection) {
  if (collection.is_nil()) return Values{};
  if (collection.is_string()) {
    Values characters;
    for (char32_t const point : code_points(collection.as_string())) characters.push_back(Value::character(point));
    return characters;
  }
  if (collection.is_map()) {
    Values entries;
    for (std::size_t i = 0; i != collection.size(); ++i) {
      entries.push_back(Value::vector({collection.key(i), collection.value(i)}));
    }
    return entries;
  }
  if (collection.is_sequence() || collection.is_set())
    return Values{collection.items().begin(), collection.items().end()};
  return std::nullopt;
}

namespace {

void add(Variables& variables, Variables const& more) {
  for (auto const& variable : more) {
    if (std::ranges::find(variables, variable) == variables.end()) variables.push_back(variable);
  }
}

/// The clause after a source that stands before it.
std::span<Value const> after_source(Value const& clause) {
  auto const items = clause.items();
  return !items.empty() && is_source(items[0]) ? items.subspan(1) : items;
}

}  // namespace

Variables variables_of(Value const& form) {
  if (is_variable(form)) return {form.as_symbol()};
  Variables variables;
  if (form.is_sequence()) {
    for (auto const& item : form.items()) add(variables, variables_of(item));
  }
  return variables;
}

Variables clause_variables(Value const& clause) {
  Variables variables;
  if (is_call(clause)) {
    // Arguments one by one: a query among them has variables of its own.
    for (auto const& argument : clause[0].items().subspan(1)) {
      if (is_variable(argument)) add(variables, variables_of(argument));
    }
    if (clause.size() > 1) add(variables, variables_of(clause[1]));
    return variables;
  }
  auto const items = after_source(clause);
  if (clause.is_list() && !items.empty() && items[0].is_symbol()) {
    auto const& head = items[0].as_symbol();
    if (head == "not" || head == "or" || head == "and") return clause_variables(items.subspan(1));
    if (head == "not-join" || head == "or-join") return variables_of(items[1]);
  }
  for (auto const& item : items) {
    if (is_variable(item)) add(variables, variables_of(item));
  }
  return variables;
}

Variables clause_variables(std::span<Value const> clauses) {
  Variables variables;
  for (auto const& clause : clauses) add(variables, clause_variables(clause));
  return variables;
}

std::vector<Assignment> destructure(Value const& form, Value const& value) {
  if (is_placeholder(form)) return {{}};
  if (is_variable(form)) return {{{form.as_symbol(), value}}};
  auto const elements = value.is_string() ? std::nullopt : elements_of(value);
  if (!elements)
    refuse(Errc::query_where, "A binding of many takes a collection, found " + notation::write(value) + ".", form);
  std::vector<Assignment> result;
  bool const relation = form.size() == 1 && form[0].is_sequence();
  if (relation || (form.size() == 2 && form[1].is_symbol("..."))) {
    for (auto const& element : *elements) {
      for (auto& one : destructure(form[0], element)) result.push_back(std::move(one));
    }
    return result;
  }
  if (elements->size() < form.size())
    refuse(Errc::query_where, "Not enough elements in " + notation::write(value) + ".", form);
  result.emplace_back();
  for (std::size_t i = 0; i != form.size(); ++i) {
    std::vector<Assignment> combined;
    for (auto const& left : result) {
      for (auto const& right : destructure(form[i], (*elements)[i])) {
        Assignment both = left;
        bool agree = true;
        for (auto const& [variable, one] : right) agree = both.emplace(variable, one).first->second == one && agree;
        if (agree) combined.push_back(std::move(both));
      }
    }
    result = std::move(combined);
  }
  return result;
}

void check_binding(Value const& form, Errc code) {
  if (is_variable(form) || is_placeholder(form)) return;
  if (!form.is_sequence() || form.empty())
    refuse(code, "Not a binding: write ?x, [?x ?y], [?x ...], [[?x ?y]] or _.", form);
  auto items = form.items();
  if (items.size() == 2 && items[1].is_symbol("...")) items = items.subspan(0, 1);
  for (auto const& item : items) check_binding(item, code);
}

namespace {

struct Checker {
  std::set<std::string> const& sources;
  bool has_rules;

  void source(Value const& form) const {
    if (!sources.contains(form.as_symbol())) refuse(Errc::parser_query, "A source that :in does not name.", form);
  }

  void join_variables(Value const& form, std::span<Value const> clauses, Value const& whole) const {
    auto const inside = clause_variables(clauses);
    for (auto const& variable : variables_of(form)) {
      if (std::ranges::find(inside, variable) == inside.end())
        refuse(Errc::parser_where, "A join variable that no clause has.", whole);
    }
  }

  void call(Value const& clause) const {
    auto const& form = clause[0];
    if (clause.size() > 2 || form.empty() || !form[0].is_symbol())
      refuse(Errc::parser_where, "Write [(f arguments)] or [(f arguments) binding].", clause);
    for (auto const& argument : form.items().subspan(1)) {
      if (is_source(argument)) source(argument);
      bool const nested =
          argument.is_list() && !argument.empty() && argument[0].is_symbol() && !is_form(argument, "quote");
      if (nested)
        refuse(Errc::parser_where, "A call cannot be an argument; bind its result with a clause of its own.", clause);
    }
    if (!is_variable(form[0]) && !is_function(form[0].as_symbol()))
      refuse(Errc::query_where, "Unknown function.", clause);
    if (clause.size() == 2) check_binding(clause[1], Errc::parser_where);
  }

  void pattern(std::span<Value const> items, Value const& clause) const {
    if (items.empty()) refuse(Errc::parser_where, "An empty pattern.", clause);
    for (auto const& item : items) {
      if (item.is_symbol() && !is_variable(item) && !is_placeholder(item))
        refuse(Errc::parser_where, "A pattern has variables, constants and _.", clause);
    }
  }

  void clause(Value const& whole) const {
    if (is_call(whole)) return call(whole);
    if (!whole.is_sequence() || whole.empty()) refuse(Errc::parser_where, "Not a clause.", whole);
    auto const items = after_source(whole);
    if (items.size() != whole.size()) source(whole[0]);
    if (whole.is_vector()) return pattern(items, whole);
    if (items.empty() || !items[0].is_symbol()) refuse(Errc::parser_where, "Not a clause.", whole);
    auto const& head = items[0].as_symbol();
    bool const joins = head == "not-join" || head == "or-join";
    bool const inner = joins || head == "not" || head == "or" || head == "and";
    if (!inner) {
      if (!has_rules) refuse(Errc::parser_query, "A rule needs % in :in.", whole);
      if (items.size() < 2) refuse(Errc::parser_where, "A rule needs arguments.", whole);
      return;
    }
    if (joins && (items.size() < 2 || !items[1].is_vector() || variables_of(items[1]).empty())) {
      refuse(Errc::parser_where, "The variables to join come first, in a vector.", whole);
    }
    auto const clauses = items.subspan(joins ? 2 : 1);
    if (clauses.empty()) refuse(Errc::parser_where, "No clauses.", whole);
    all(clauses);
    if (head == "not-join") join_variables(items[1], clauses, whole);
    if (head == "or-join") {
      for (auto const& branch : clauses) join_variables(items[1], {&branch, 1}, whole);
    }
    if (head == "or") {
      auto const sorted = [](Variables variables) {
        std::ranges::sort(variables);
        return variables;
      };
      for (auto const& branch : clauses) {
        if (sorted(clause_variables(branch)) != sorted(clause_variables(clauses[0]))) {
          refuse(Errc::parser_where, "All branches of an or have the same variables; else it is an or-join.", whole);
        }
      }
    }
  }

  void all(std::span<Value const> clauses) const {
    for (auto const& one : clauses) clause(one);
  }
};

}  // namespace

void check_clauses(std::span<Value const> clauses, std::set<std::string> const& sources, bool has_rules) {
  Checker{sources, has_rules}.all(clauses);
}

}  // namespace cairn::oracle
