// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query finds: `:find`.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/function/nearest.hpp>
#include <cairn/query/syntax/clause_parser.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/query_parts.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::syntax {

/// The number of a name that a clause or an input has.
constexpr bool find_known_variable(ClauseParser& parser, notation::Form name, std::uint16_t& number) {
  if (auto const* const found = parser.scope().find(name); found != nullptr) {
    number = *found;
    return true;
  }
  return parser.fail(Fault::unbound_variable, Errc::parser_query, name,
                     "nothing binds this variable: no clause of :where and nothing of :in has it");
}

/// Parses `:find` into a tree that has the query's inputs and clauses. As in `ClauseParser`, false means that there is a problem.
class FindParser {
 public:
  using Form = notation::Form;

  /// `query`: the form that `:find` is in.
  constexpr FindParser(Form query, Tree& tree, ClauseParser& parser, QueryParts const& parts)
      : query_{query}, tree_{tree}, parser_{parser}, parts_{parts} {}

  constexpr bool run() {
    Part const& part = parts_[PartName::find];
    if (!part.present)
      return bad_find(query_, "a query has :find, which says what its rows are: [:find ?e :where ...]");
    std::size_t count = part.count;
    std::uint32_t first = part.first;
    std::uint32_t end = part.end;
    Form const form = query_.at(first);
    if (count == 1 && form.is(notation::Kind::vector)) {
      tree_.shape = FindShape::tuple;
      count = form.size();
      first = form.index() + 1;
      end = form.node().next;
      if (count == 2 && form[1].is_symbol("...")) {
        tree_.shape = FindShape::collection;
        end = form[1].index();
        count = 1;
      }
    } else if (count == 2 && form.next().is_symbol(".")) {
      tree_.shape = FindShape::scalar;
      end = form.next().index();
      count = 1;
    }
    if (count == 0) return bad_find(query_.at(part.keyword), "nothing is found: write [:find ?e :where ...]");
    // Orders, keys and `:having` look what is found up one by one.
    if (count > 256)
      return parser_.fail(Fault::too_big, Errc::parser_find, query_.at(part.keyword), "more than 256 columns are too many");
    for (Form element = query_.at(first); element.index() != end; element = element.next()) {
      if (!find_element(element)) return false;
    }
    return names_of_inputs();
  }

 private:
  constexpr bool bad_find(Form at, std::string_view reason) {
    return parser_.fail(Fault::bad_find, Errc::parser_find, at, reason);
  }

  constexpr bool find_element(Form form) {
    FindElement made;
    made.node = form.index();
    if (detail::is_variable(form)) {
      if (!find_known_variable(parser_, form, made.variable)) return false;
    } else if (!form.is(notation::Kind::list) || form.size() < 2 || !form[0].is(notation::Kind::symbol)) {
      return bad_find(form, "what is found is ?x, (aggregate ?x) or (pull ?x [...])");
    } else {
      made.name = form[0].index();
      bool const read = form[0].is_symbol("pull") ? pull(form, made) : aggregate(form, made);
      if (!read) return false;
    }
    tree_.find.push_back(made);
    return true;
  }

  constexpr bool pull(Form form, FindElement& made) {
    made.kind = FindElement::Kind::pull;
    Form next = form[1];
    std::size_t left = form.size() - 1;
    if (detail::is_source(next)) {
      if (!parser_.source(next, made.source)) return false;
      next = next.next();
      --left;
    } else if (auto const source = parser_.default_source()) {
      made.source = *source;
    } else {
      return parser_.fail(Fault::unknown_source, Errc::parser_query, form,
                  "this pull reads $, which :in does not name; add it there");
    }
    if (left != 2 || !detail::is_variable(next))
      return bad_find(form, "a pull is (pull ?x [...]) or (pull $source ?x [...])");
    if (!find_known_variable(parser_, next, made.variable)) return false;
    Form const pattern = next.next();
    made.pattern.node = pattern.index();
    if (!pattern.is(notation::Kind::symbol)) {
      made.pattern = ClauseParser::constant(pattern);
      return true;
    }
    made.pattern.kind = Term::Kind::variable;
    if (!find_known_variable(parser_, pattern, made.pattern.index)) return false;
    for (Input const& one : tree_.inputs) {
      if (is_value(one) && tree_.bindings[one.binding].variable == made.pattern.index) return true;
    }
    return parser_.fail(Fault::bad_find, Errc::query_where, pattern,
                        "the pattern of a pull is written here, or is a ?variable under :in, which has one value");
  }

  [[nodiscard]] constexpr bool is_value(Input const& one) const noexcept {
    return one.kind == Input::Kind::binding && tree_.bindings[one.binding].kind == Binding::Kind::scalar;
  }

  /// A name without ? among the inputs is a pattern's, which another query may pull. Beside the variable it is a mistake.
  constexpr bool names_of_inputs() {
    for (Input const& one : tree_.inputs) {
      Form const name = query_.at(one.node);
      if (!is_value(one) || detail::is_variable(name)) continue;
      for (std::uint32_t const other : tree_.names) {
        Form const variable = query_.at(other);
        if (detail::is_variable(variable) && variable.raw().substr(1) == name.raw())
          return parser_.fail(Fault::bad_input, Errc::parser_query, name,
                              "a variable begins with ?, so that this is another one than the query has", variable.raw());
      }
    }
    return true;
  }

  constexpr bool aggregate(Form form, FindElement& made) {
    Form const name = form[0];
    if (name.is_symbol("aggregate"))
      return parser_.fail(Fault::unknown_aggregate, Errc::parser_find, name,
                  "an aggregate can't come from :in; give it a name that the query calls");
    std::size_t const before = form.size() - 2;
    if (auto const* const known = find_aggregate(name.raw()); known != nullptr) {
      made.kind = FindElement::Kind::aggregate;
      made.aggregate = known->id;
      if (!takes(*known, before))
        return parser_.fail_count(Errc::parser_find, form, "this aggregate",
                                  {"argument", before + 1, known->least + std::size_t{1}, known->most + std::size_t{1}});
    } else if (parser_.names().has_aggregate(name.raw())) {
      made.kind = FindElement::Kind::custom_aggregate;
    } else {
      std::array const near{nearest_aggregate(name.raw(), parser_.names().aggregates), std::string_view{"pull"}};
      return parser_.fail(Fault::unknown_aggregate, Errc::parser_find, name, "there is no aggregate of this name",
                          config::nearest(name.raw(), near));
    }
    std::size_t const begin = tree_.terms.size();
    Form next = name.next();
    for (std::size_t i = 0; i != before; ++i, next = next.next()) {
      Term term;
      bool const is_name = detail::is_variable(next);
      if (is_name ? !find_known_variable(parser_, next, term.index) : !parser_.argument(next, term)) return false;
      if (is_name) term = {Term::Kind::variable, term.index, next.index()};
      if (term.kind == Term::Kind::source) return bad_find(next, "an aggregate reads no source");
      tree_.terms.push_back(term);
    }
    made.arguments = ClauseParser::slice(begin, tree_.terms.size());
    if (!detail::is_variable(next)) return bad_find(next, "an aggregate's last argument is a variable");
    return find_known_variable(parser_, next, made.variable);
  }

  Form query_;
  Tree& tree_;
  ClauseParser& parser_;
  QueryParts const& parts_;
};

}  // namespace cairn::query::syntax
