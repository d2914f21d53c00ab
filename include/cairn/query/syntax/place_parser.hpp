// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What clauses have inside: places of patterns and of calls of rules, variables to join.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/syntax/term_parser.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::syntax {

/// Why something is no variable, constant or `_`.
struct PlaceReasons {
  std::string_view source{};
  std::string_view symbol{};
  std::string_view call{};
};

/// Parses lists of places into the pools of a tree, and finds which variables clauses have. Every function that returns a bool has
/// recorded a problem where it is false.
class PlaceParser : public TermParser {
 public:
  using TermParser::TermParser;

  /// The distinct variables of some clauses, as others around them see them.
  constexpr void variables_of(Elements<std::uint32_t> clauses, Pool<std::uint16_t>& found) {
    begin_set();
    for (std::uint32_t const one : clauses) collect(one, found);
  }

 protected:
  /// Variables, constants and `_` until `end`.
  constexpr bool places(Form first, std::uint32_t end, PlaceReasons const& reasons, Slice& terms) {
    std::size_t const begin = tree().terms.size();
    for (Form place = first; place.index() != end; place = place.next()) {
      if (!count_term(place)) return false;
      Term term;
      term.node = place.index();
      if (detail::is_variable(place)) {
        term.kind = Term::Kind::variable;
        if (!variable(place, term.index)) return false;
      } else if (!detail::is_blank(place)) {
        if (detail::is_source(place)) return bad_clause(place, reasons.source);
        if (place.is(notation::Kind::symbol)) return bad_clause(place, reasons.symbol);
        if (detail::is_call_form(place)) return bad_clause(place, reasons.call);
        if (!plain_reference(place)) return false;
        term = constant(place);
      }
      tree().terms.push_back(term);
    }
    terms = slice(begin, tree().terms.size());
    return true;
  }

  /// `[?x ?y]`, and of an or-join `[[?required] ?free]`.
  constexpr bool join_variables(Form form, bool may_require, Clause& made) {
    Pool<std::uint16_t> joins;
    begin_set();
    std::size_t required = 0;
    for (Form const part : form) {
      if (may_require && joins.empty() && part.is(notation::Kind::vector)) {
        for (Form const name : part) {
          if (!join_variable(name, joins)) return false;
        }
        required = joins.size();
      } else if (!join_variable(part, joins)) {
        return false;
      }
    }
    if (joins.empty()) return bad_clause(form, "at least one variable is joined: (or-join [?x] ...)");
    made.joins = append(tree().variables, joins);
    made.required = {made.joins.first, static_cast<std::uint32_t>(required)};
    return true;
  }
  constexpr bool join_variable(Form name, Pool<std::uint16_t>& joins) {
    if (!detail::is_variable(name)) return bad_clause(name, "only variables are joined");
    std::uint16_t number = 0;
    if (!count_term(name) || !variable(name, number)) return false;
    if (insert(number)) joins.push_back(number);
    return true;
  }

 private:
  /// A constant has no variables in it, however deep, or they would be taken for symbols.
  constexpr bool plain_reference(Form constant) {
    if (!constant.is(notation::Kind::vector)) return true;
    for (Form const part : constant) {
      if (detail::is_variable(part))
        return bad_clause(
            part, "a lookup ref or tuple in a clause has no variables; pass it by :in or make it by a function");
      if (!plain_reference(part)) return false;
    }
    return true;
  }

  constexpr void collect(std::uint32_t number, Pool<std::uint16_t>& found) {
    Clause const& one = tree().clauses[number];
    for (Term const& term : tree().terms_of(one.terms)) {
      if (term.kind == Term::Kind::variable && insert(term.index)) found.push_back(term.index);
    }
    if (one.kind == Clause::Kind::function) collect_binding(one.binding, found);
    if (one.kind == Clause::Kind::conjunction) {
      for (std::uint32_t const child : tree().children_of(one.children)) collect(child, found);
      return;
    }
    for (std::uint16_t const joined : tree().variables_of(one.joins)) {
      if (insert(joined)) found.push_back(joined);
    }
  }
  constexpr void collect_binding(std::uint32_t number, Pool<std::uint16_t>& found) {
    Binding const& one = tree().bindings[number];
    if (one.kind == Binding::Kind::scalar && insert(one.variable)) found.push_back(one.variable);
    for (std::uint32_t i = 0; i != one.parts.count; ++i) collect_binding(one.parts.first + i, found);
  }
};

}  // namespace cairn::query::syntax
