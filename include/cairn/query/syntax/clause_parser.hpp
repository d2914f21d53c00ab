// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Clauses: what queries and rules have in common.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/syntax/names.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/term_parser.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cairn::query::syntax {

/// Checks a query that stands as an argument, which has variables of its own; `inputs` is how many arguments follow it. Whole
/// queries are read above this header, so who makes a parser of clauses hands it in.
using QueryCheck = Problem (*)(notation::Form query, std::size_t inputs, Names const& names, std::size_t depth);

/// Parses clauses into the pools of a tree. Every function that returns a bool has recorded a problem where it is
/// false.
class ClauseParser : public TermParser {
 public:
  constexpr ClauseParser(Form root, Tree& tree, Names const& names, QueryCheck check_query, bool in_rules, std::size_t depth = 0)
      : TermParser{root, tree, names, in_rules, depth}, check_query_{check_query} {}

  /// Clauses until `end`, which see the same names; their numbers go to `found`.
  constexpr bool clauses(Form first, std::uint32_t end, std::optional<std::uint16_t> from, std::size_t depth,
                         Slice& found) {
    std::vector<std::uint32_t> numbers;
    for (Form form = first; form.index() != end; form = form.next()) {
      std::uint32_t number = 0;
      if (!clause(form, from, depth, number)) return false;
      numbers.push_back(number);
    }
    found = append(tree().clause_numbers, numbers);
    return true;
  }

  /// The distinct variables of some clauses, as others around them see them.
  constexpr void variables_of(std::span<std::uint32_t const> clauses, std::vector<std::uint16_t>& found) {
    begin_set();
    for (std::uint32_t const one : clauses) collect(one, found);
  }

 private:
  // ---- clauses

  constexpr bool clause(Form form, std::optional<std::uint16_t> from, std::size_t depth, std::uint32_t& number) {
    if (depth >= most_depth) return fail(Fault::too_big, Errc::parser_where, form, "clauses are nested too deep");
    Clause made;
    made.node = form.index();
    bool parsed = false;
    if (!form.is_sequence() || form.size() == 0) {
      return bad_clause(
          form, "this is not a clause: write [?e :attribute ?v], [(f ?x) ?y], (not ...), (or ...) or (rule ?x)");
    }
    if (form.is(notation::Kind::vector) && form[0].is(notation::Kind::list)) {
      parsed = call(form, depth, made);
    } else {
      Form first = form[0];
      std::uint32_t const end = form.node().next;
      if (detail::is_source(first)) {
        std::uint16_t named = 0;
        if (!source(first, named)) return false;
        from = named;
        first = first.next();
      }
      if (first.index() == end) return bad_clause(form, "there is nothing behind the source");
      parsed =
          form.is(notation::Kind::vector) ? pattern(form, first, from, made) : list(form, first, from, depth, made);
    }
    if (!parsed) return false;
    number = static_cast<std::uint32_t>(tree().clauses.size());
    tree().clauses.push_back(made);
    return true;
  }

  constexpr bool set_source(Form at, std::optional<std::uint16_t> from, Clause& made) {
    if (!from)
      return fail(Fault::unknown_source, Errc::query_where, at,
                  "this clause reads $, which :in does not name; add it there");
    made.source = *from;
    return true;
  }

  constexpr bool pattern(Form form, Form first, std::optional<std::uint16_t> from, Clause& made) {
    made.kind = Clause::Kind::pattern;
    if (!set_source(form, from, made)) return false;
    std::size_t const begin = tree().terms.size();
    for (Form place = first; place.index() != form.node().next; place = place.next()) {
      if (!count_term(place)) return false;
      Term term;
      term.node = place.index();
      if (detail::is_variable(place)) {
        term.kind = Term::Kind::variable;
        if (!variable(place, term.index)) return false;
      } else if (!detail::is_blank(place)) {
        if (place.is(notation::Kind::symbol))
          return bad_clause(place, "a pattern has variables, constants and _; a symbol among them is quoted: 'name");
        if (detail::is_call_form(place))
          return bad_clause(place, "a pattern can't call; bind the result with a clause of its own: [(f ?x) ?y]");
        if (!plain_reference(place)) return false;
        term = constant(place);
      }
      tree().terms.push_back(term);
    }
    made.terms = slice(begin, tree().terms.size());
    if (made.terms.count > 5)
      return bad_clause(form, "a pattern has five places at most: entity, attribute, value, transaction, added");
    return true;
  }
  /// A constant in a pattern has no variables in it, or they would be taken for symbols.
  constexpr bool plain_reference(Form constant) {
    if (!constant.is(notation::Kind::vector)) return true;
    for (Form const part : constant) {
      if (detail::is_variable(part))
        return bad_clause(
            part, "a lookup ref or tuple in a pattern has no variables; pass it by :in or make it by a function");
    }
    return true;
  }

  constexpr bool call(Form form, std::size_t depth, Clause& made) {
    Form const called = form[0];
    if (form.size() > 2) return bad_clause(form[2], "a call has one binding behind it: [(f arguments) binding]");
    if (called.size() == 0) return bad_clause(called, "a call begins with the name of a function: [(f ?x) ?y]");
    Form const name = called[0];
    std::size_t const begin = tree().terms.size();
    if (!callee(name, made.callee)) return false;
    for (Form next = name.next(); next.index() != called.node().next; next = next.next()) {
      Term term;
      if (!argument(next, term)) return false;
      if (next.is_symbol("%") && (made.callee.custom || made.callee.builtin != FunctionId::query))
        return bad_clause(next, "only an inner query can be given the rules: [(q [:find ...] $ %) ?x]");
      bool const is_first = tree().terms.size() == begin;
      if (term.kind == Term::Kind::source && !reads_source(made.callee, is_first))
        return bad_clause(next, "this function reads no source; one comes first in get-else, get-some, missing? and q");
      tree().terms.push_back(term);
    }
    made.terms = slice(begin, tree().terms.size());
    made.kind = form.size() == 2 ? Clause::Kind::function : Clause::Kind::predicate;
    if (!made.callee.custom && !check_arguments(made, name, depth)) return false;
    return form.size() == 1 || binding(form[1], Errc::parser_where, false, made.binding);
  }

  /// Whether a source may stand there.
  [[nodiscard]] static constexpr bool reads_source(Callee const& callee, bool is_first) noexcept {
    if (callee.custom) return false;
    return callee.builtin == FunctionId::query || (is_first && info_of(callee.builtin).takes_source);
  }

  /// That a built-in gets as many arguments as it takes, and a database first where it reads one.
  constexpr bool check_arguments(Clause const& made, Form name, std::size_t depth) {
    std::size_t const given = made.terms.count;
    auto const terms = tree().terms_of(made.terms);
    FunctionInfo const& known = info_of(made.callee.builtin);
    if (!takes(known, given))
      return fail(Fault::wrong_arguments, Errc::query_where, name, "this function takes another number of arguments");
    if (known.takes_source && terms[0].kind != Term::Kind::source)
      return fail(Fault::wrong_arguments, Errc::query_where, name,
                  "this function reads a database, which comes first: (f $ ?e ...)");
    if (known.id != FunctionId::query) return true;
    if (terms[0].kind == Term::Kind::variable) return true;
    if (terms[0].kind != Term::Kind::constant)
      return bad_clause(name, "an inner query is written in place: [(q [:find ...] $) ?x]");
    if (form_at(terms[0].node).is(notation::Kind::string)) return true;
    auto const nested = check_query_(form_at(terms[0].node), given - 1, names(), depth + 1);
    if (!nested) return true;
    take(nested);
    return false;
  }

  // ---- what is written as a list

  constexpr bool list(Form form, Form head, std::optional<std::uint16_t> from, std::size_t depth, Clause& made) {
    if (!head.is(notation::Kind::symbol))
      return bad_clause(form, "a clause in round brackets begins with not, or, and or the name of a rule");
    auto const word = head.raw();
    bool const joins = word == "not-join" || word == "or-join";
    if (!joins && word != "not" && word != "or" && word != "and") return rule_call(form, head, from, made);
    std::uint32_t const end = form.node().next;
    Form first = head.next();
    made.join = joins;
    if (joins) {
      if (first.index() == end || !first.is(notation::Kind::vector))
        return bad_clause(form, "the variables to join come first, in a vector: (or-join [?x] ...)");
      if (!join_variables(first, word == "or-join", made)) return false;
      first = first.next();
    }
    if (first.index() == end) return bad_clause(form, "there are no clauses in it");
    if (word == "and") {
      made.kind = Clause::Kind::conjunction;
      return clauses(first, end, from, depth + 1, made.children);
    }
    if (word == "or") return disjunction(form, first, from, depth, made);
    if (word == "not") {
      made.kind = Clause::Kind::negation;
      if (!clauses(first, end, from, depth + 1, made.children)) return false;
      std::vector<std::uint16_t> inside;
      variables_of(tree().children_of(made.children), inside);
      made.joins = append(tree().variables, inside);
      return true;
    }
    if (word == "not-join") {
      made.kind = Clause::Kind::negation;
      std::size_t const outer = enter(made);
      bool const parsed = clauses(first, end, from, depth + 1, made.children) && has_joins(form, made.children, made);
      scope().close(outer);
      return parsed;
    }
    made.kind = Clause::Kind::disjunction;
    std::vector<std::uint32_t> branches;
    for (Form branch = first; branch.index() != end; branch = branch.next()) {
      std::uint32_t number = 0;
      std::size_t const outer = enter(made);
      bool parsed = clause(branch, from, depth + 1, number);
      scope().close(outer);
      if (!parsed) return false;
      std::uint32_t const one[] = {number};
      if (!has_joins_in(branch, one, made)) return false;
      branches.push_back(number);
    }
    made.children = append(tree().clause_numbers, branches);
    return true;
  }

  /// `[?x ?y]`, and of an or-join `[[?required] ?free]`.
  constexpr bool join_variables(Form form, bool may_require, Clause& made) {
    std::vector<std::uint16_t> joins;
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
  constexpr bool join_variable(Form name, std::vector<std::uint16_t>& joins) {
    if (!detail::is_variable(name)) return bad_clause(name, "only variables are joined");
    std::uint16_t number = 0;
    if (!count_term(name) || !variable(name, number)) return false;
    if (insert(number)) joins.push_back(number);
    return true;
  }

  /// Opens the scope of a clause that sees what it joins and nothing else.
  constexpr std::size_t enter(Clause const& made) {
    std::size_t const outer = scope().open();
    for (std::uint32_t i = 0; i != made.joins.count; ++i) {
      std::uint16_t const number = tree().variables[made.joins.first + i];
      scope().add(form_at(name_of(number)), number);
    }
    return outer;
  }

  constexpr bool has_joins(Form at, Slice children, Clause const& made) {
    return has_joins_in(at, tree().children_of(children), made);
  }
  constexpr bool has_joins_in(Form at, std::span<std::uint32_t const> children, Clause const& made) {
    std::vector<std::uint16_t> inside;
    variables_of(children, inside);
    for (std::uint16_t const number : tree().variables_of(made.joins)) {
      if (insert(number)) return bad_clause(at, "a variable that is joined is in none of the clauses here");
    }
    return true;
  }

  constexpr bool disjunction(Form form, Form first, std::optional<std::uint16_t> from, std::size_t depth,
                             Clause& made) {
    made.kind = Clause::Kind::disjunction;
    if (!clauses(first, form.node().next, from, depth + 1, made.children)) return false;
    std::vector<std::uint16_t> joins;
    Form branch = first;
    for (std::uint32_t i = 0; i != made.children.count; ++i, branch = branch.next()) {
      std::uint32_t const one[] = {tree().clause_numbers[made.children.first + i]};
      std::vector<std::uint16_t> inside;
      variables_of(one, inside);
      if (i == 0) {
        joins = inside;
        continue;
      }
      bool same = inside.size() == joins.size();
      for (std::uint16_t const number : joins) same = !insert(number) && same;
      if (!same)
        return bad_clause(
            branch,
            "all branches of an or have the same variables; name those to join where they differ: (or-join [?x] ...)");
    }
    made.joins = append(tree().variables, joins);
    return true;
  }

  constexpr bool rule_call(Form form, Form head, std::optional<std::uint16_t> from, Clause& made) {
    made.kind = Clause::Kind::rule_call;
    made.name = head.index();
    bool const is_name = !detail::is_variable(head) && !detail::is_blank(head) && !detail::is_source(head);
    if (!is_name) return bad_clause(head, "a clause in round brackets begins with not, or, and or the name of a rule");
    if (!in_rules() && !tree().takes_rules) {
      bool const called = find_function(head.raw()) != nullptr || (!names().any && names().has_function(head.raw()));
      return fail(Fault::unknown_rule, Errc::parser_query, form,
                  called ? std::string_view{"a function is called in square brackets: [(f ?x)]"}
                         : std::string_view{"this is a call of a rule, and no rules come in; add % to :in"});
    }
    // A rule may read no source at all; then it does not matter that there is none.
    made.source = from.value_or(callers_source);
    std::size_t const begin = tree().terms.size();
    for (Form place = head.next(); place.index() != form.node().next; place = place.next()) {
      if (!count_term(place)) return false;
      Term term;
      term.node = place.index();
      if (detail::is_variable(place)) {
        term.kind = Term::Kind::variable;
        if (!variable(place, term.index)) return false;
      } else if (!detail::is_blank(place)) {
        if (detail::is_source(place)) return bad_clause(place, "a rule's source stands before its name: ($ rule ?x)");
        if (place.is(notation::Kind::symbol) || detail::is_call_form(place))
          return bad_clause(place, "a rule's arguments are variables, constants and _");
        term = constant(place);
      }
      tree().terms.push_back(term);
    }
    made.terms = slice(begin, tree().terms.size());
    if (made.terms.count == 0) return bad_clause(form, "a rule has arguments: (rule ?x)");
    return true;
  }

  constexpr void collect(std::uint32_t number, std::vector<std::uint16_t>& found) {
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
  constexpr void collect_binding(std::uint32_t number, std::vector<std::uint16_t>& found) {
    Binding const& one = tree().bindings[number];
    if (one.kind == Binding::Kind::scalar && insert(one.variable)) found.push_back(one.variable);
    for (std::uint32_t i = 0; i != one.parts.count; ++i) collect_binding(one.parts.first + i, found);
  }

  QueryCheck check_query_;
};

}  // namespace cairn::query::syntax
