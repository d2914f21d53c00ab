// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Clauses: what queries and rules have in common.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/syntax/names.hpp>
#include <cairn/query/syntax/place_parser.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::query::syntax {

/// Checks a query that stands as an argument, which has variables of its own; `inputs` are the arguments that follow it. Whole
/// queries are read above this header, so who makes a parser of clauses hands it in.
using QueryCheck = Problem (*)(notation::Form query, Elements<Term> inputs, Names const& names, std::size_t depth);

/// With which clauses in round brackets begin.
inline constexpr std::array clause_words{std::string_view{"not"}, std::string_view{"not-join"}, std::string_view{"or"},
                                         std::string_view{"or-join"}, std::string_view{"and"}};

inline constexpr std::string_view calls_function = "a function is called in square brackets: [(f ?x)]";

/// Parses clauses into the pools of a tree. Every function that returns a bool has recorded a problem where it is
/// false.
class ClauseParser : public PlaceParser {
 public:
  constexpr ClauseParser(Form root, Tree& tree, Names const& names, QueryCheck check_query, bool in_rules, std::size_t depth = 0)
      : PlaceParser{root, tree, names, in_rules, depth}, check_query_{check_query} {}

  /// Clauses until `end`, which see the same names; their numbers go to `found`.
  constexpr bool clauses(Form first, std::uint32_t end, std::optional<std::uint16_t> from, std::size_t depth,
                         Slice& found) {
    Pool<std::uint32_t> numbers;
    for (Form form = first; form.index() != end; form = form.next()) {
      std::uint32_t number = 0;
      if (!clause(form, from, depth, number)) return false;
      numbers.push_back(number);
    }
    found = append(tree().clause_numbers, numbers);
    return true;
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
    if (first.is(notation::Kind::symbol) && !detail::is_variable(first) && !detail::is_blank(first)) {
      if (std::find(clause_words.begin(), clause_words.end(), first.raw()) != clause_words.end())
        return bad_clause(first, "a clause that begins with this word has round brackets: (not ...)");
      if (is_function(first)) return bad_clause(first, "a function is called in brackets of its own: [(f ?x) ?y]");
    }
    constexpr PlaceReasons reasons{
        .source = "a pattern has variables, constants and _; a symbol among them is quoted: 'name",
        .symbol = "a pattern has variables, constants and _; a symbol among them is quoted: 'name",
        .call = "a pattern can't call; bind the result with a clause of its own: [(f ?x) ?y]"};
    if (!places(first, form.node().next, reasons, made.terms)) return false;
    if (made.terms.count > 5)
      return bad_clause(form, "a pattern has five places at most: entity, attribute, value, transaction, added");
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
      if (next.is_symbol("%") && !in_rules() && !tree().takes_rules)
        return fail(Fault::unknown_rule, Errc::parser_query, next, "no rules come in that an inner query could be given; add % to :in");
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
      return fail_count(Errc::query_where, name, "this function", {"argument", given, known.least, known.most});
    if (known.takes_source && terms[0].kind != Term::Kind::source)
      return fail(Fault::wrong_arguments, Errc::query_where, name,
                  "this function reads a database, which comes first: (f $ ?e ...)");
    bool const needs_default = known.id == FunctionId::get_else && terms[3].kind == Term::Kind::constant;
    if (needs_default && form_at(terms[3].node).is(notation::Kind::nil))
      return fail(Fault::wrong_arguments, Errc::query_where, form_at(terms[3].node),
                  "get-else needs a value for those that have none, and nil is no value; use missing?");
    if (known.id != FunctionId::query) return true;
    if (terms[0].kind == Term::Kind::variable) return true;
    if (terms[0].kind != Term::Kind::constant)
      return bad_clause(name, "an inner query is written in place: [(q [:find ...] $) ?x]");
    if (form_at(terms[0].node).is(notation::Kind::string)) return true;
    auto const nested = check_query_(form_at(terms[0].node), tree().terms_of({made.terms.first + 1, made.terms.count - 1}), names(), depth + 1);
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
    made.source = from.value_or(callers_source);  // of a rule's clauses inside, too
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
      Pool<std::uint16_t> inside;
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
    Pool<std::uint32_t> branches;
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
  constexpr bool has_joins_in(Form at, Elements<std::uint32_t> children, Clause const& made) {
    Pool<std::uint16_t> inside;
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
    Pool<std::uint16_t> joins;
    Form branch = first;
    for (std::uint32_t i = 0; i != made.children.count; ++i, branch = branch.next()) {
      std::uint32_t const one[] = {tree().clause_numbers[made.children.first + i]};
      Pool<std::uint16_t> inside;
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
      if (is_function(head)) return fail(Fault::unknown_rule, Errc::parser_query, form, calls_function);
      std::string_view const near = nearest_word(head);
      return fail(Fault::unknown_rule, Errc::parser_query, form,
                  near.empty() ? std::string_view{"this is a call of a rule, and no rules come in; add % to :in"}
                               : std::string_view{"no clause begins with this word, and no rules come in; for rules add % to :in"},
                  near);
    }
    // A rule may read no source at all; then it does not matter that there is none.
    made.source = from.value_or(callers_source);
    constexpr PlaceReasons reasons{.source = "a rule's source stands before its name: ($ rule ?x)",
                                   .symbol = "a rule's arguments are variables, constants and _",
                                   .call = "a rule's arguments are variables, constants and _"};
    if (!places(head.next(), form.node().next, reasons, made.terms)) {
      std::string_view const near = nearest_word(head);
      return near.empty() ? false
                          : fail(Fault::unknown_rule, Errc::query_where, head,
                                 "a rule's arguments are variables, constants and _, and no other clause begins with this word", near);
    }
    if (made.terms.count == 0) return bad_clause(form, "a rule has arguments: (rule ?x)");
    return true;
  }

  /// With what a clause probably begins. Names of rules may be short, which are near many.
  [[nodiscard]] static constexpr std::string_view nearest_word(Form name) {
    return name.raw().size() < 3 ? std::string_view{} : config::nearest(name.raw(), clause_words);
  }
  [[nodiscard]] constexpr bool is_function(Form name) const noexcept {
    return find_function(name.raw()) != nullptr || (!names().any && names().has_function(name.raw()));
  }

  QueryCheck check_query_;
};

}  // namespace cairn::query::syntax
