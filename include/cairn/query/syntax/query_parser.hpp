// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query from its parts to its tree.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/syntax/bound_check.hpp>
#include <cairn/query/syntax/clause_parser.hpp>
#include <cairn/query/syntax/find_parser.hpp>
#include <cairn/query/syntax/names.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/query_parts.hpp>
#include <cairn/query/syntax/result_parser.hpp>
#include <cairn/query/syntax/rules_parser.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::syntax {

constexpr Problem check_nested_query(notation::Form query, Elements<Term> inputs, Names const& names, std::size_t depth);

/// Parses one query into an empty tree. As in `ClauseParser`, false means that there is a problem.
class QueryParser {
 public:
  using Form = notation::Form;

  constexpr QueryParser(Form query, Tree& tree, Names const& names, std::size_t depth = 0)
      : query_{detail::unquoted(query)}, tree_{tree}, parser_{query, tree, names, check_nested_query, false, depth} {}

  [[nodiscard]] constexpr Problem const& problem() const noexcept { return parser_.problem(); }

  constexpr bool run() {
    return parts_.read(query_, parser_) && inputs() && where() && FindParser{query_, tree_, parser_, parts_}.run() && keys() &&
           with() && check_bound() && ResultParser{query_, tree_, parser_, parts_}.run() && ask_for_source();
  }

 private:
  constexpr bool fail(Fault fault, Errc code, Form at, std::string_view reason, std::string_view hint = {}) {
    return parser_.fail(fault, code, at, reason, hint);
  }
  /// Calls `each(Form)` for the forms of a part until one gives false.
  template <class Each>
  constexpr bool all_of(Part const& part, Each const& each) {
    for (Form form = query_.at(part.first); form.index() != part.end; form = form.next()) {
      if (!each(form)) return false;
    }
    return true;
  }

  // ---- :in and :where

  constexpr bool inputs() {
    Part const& in = parts_[PartName::in];
    if (!in.present) {
      tree_.sources.push_back(0);
      tree_.inputs.push_back({Input::Kind::source, 0, 0, 0});
      return true;
    }
    return all_of(in, [this](Form form) { return input(form); });
  }
  constexpr bool input(Form form) {
    Input made;
    made.node = form.index();
    if (detail::is_source(form)) {
      made.kind = Input::Kind::source;
      if (parser_.find_source(form)) return repeated(form);
      if (!parser_.add_source(form, made.source)) return false;
    } else if (form.is_symbol("%")) {
      made.kind = Input::Kind::rules;
      if (tree_.takes_rules) return repeated(form);
      tree_.takes_rules = true;
    } else if (form.is(notation::Kind::symbol) && !detail::is_variable(form) && !detail::is_blank(form)) {
      if (form.raw() == "..." || form.raw() == ".")
        return fail(Fault::bad_input, Errc::parser_query, form,
                    "this is not a binding: write ?x, [?x ?y], [?x ...], [[?x ?y]] or _");
      // A plain name, which (pull ?e name) can mean.
      if (parser_.scope().find(form) != nullptr) return repeated(form);
      made.binding = static_cast<std::uint32_t>(tree_.bindings.size());
      Binding named;
      named.kind = Binding::Kind::scalar;
      named.node = form.index();
      if (!parser_.variable(form, named.variable)) return false;
      tree_.bindings.push_back(named);
    } else if (!parser_.binding(form, Errc::parser_query, true, made.binding)) {
      return false;
    }
    tree_.inputs.push_back(made);
    return true;
  }
  constexpr bool repeated(Form form) {
    return fail(Fault::repeated_name, Errc::parser_query, form,
                "this name is in :in already; each has one place there");
  }

  constexpr bool where() {
    Part const& part = parts_[PartName::where];
    if (!part.present) return true;
    return parser_.clauses(query_.at(part.first), part.end, parser_.default_source(), parser_.depth(), tree_.where);
  }

  /// Without `:in` a query is given a database if it reads one, and else may be.
  constexpr bool ask_for_source() {
    if (parts_[PartName::in].present) return true;
    bool reads = false;
    for (Clause const& clause : tree_.clauses) reads = reads || clause.kind == Clause::Kind::pattern;
    for (Term const& term : tree_.terms) reads = reads || term.kind == Term::Kind::source;
    for (FindElement const& element : tree_.find) reads = reads || element.kind == FindElement::Kind::pull;
    tree_.inputs[0].optional = !reads;
    return true;
  }

  // ---- what makes of rows other rows

  constexpr bool keys() {
    struct Choice {
      PartName part;
      RowKeys keys;
    };
    for (auto const [name, kind] : {Choice{PartName::keys, RowKeys::keywords}, Choice{PartName::strs, RowKeys::strings},
                                    Choice{PartName::syms, RowKeys::symbols}}) {
      Part const& part = parts_[name];
      if (!part.present) continue;
      Form const keyword = query_.at(part.keyword);
      if (tree_.row_keys != RowKeys::none)
        return fail(Fault::bad_query, Errc::parser_query, keyword, "only one of :keys, :strs and :syms");
      if (part.count != tree_.find.size())
        return fail(Fault::bad_query, Errc::parser_query, keyword, "there are as many keys as the query finds values");
      if (tree_.shape == FindShape::scalar || tree_.shape == FindShape::collection)
        return fail(Fault::bad_query, Errc::parser_query, keyword,
                    "maps are made of rows, [:find ?x ?y], and of one row, [:find [?x ?y]]");
      tree_.row_keys = kind;
      bool const read = all_of(part, [this](Form key) {
        if (!key.is(notation::Kind::symbol) && !key.is(notation::Kind::keyword))
          return fail(Fault::bad_query, Errc::parser_query, key, "keys are symbols or keywords: :keys name age");
        for (std::uint32_t const other : tree_.keys) {
          if (query_.at(other).name() == key.name())
            return fail(Fault::repeated_name, Errc::parser_query, key, "each key names one value, so that no two are the same");
        }
        tree_.keys.push_back(key.index());
        return true;
      });
      if (!read) return false;
    }
    return true;
  }

  constexpr bool with() {
    Pool<std::uint16_t> found;
    Pool<std::uint8_t> taken(tree_.names.size(), 0);
    for (FindElement const& element : tree_.find) taken[element.variable] = 1;
    Part const& part = parts_[PartName::with];
    if (!part.present) return true;
    bool const read = all_of(part, [&](Form form) {
      if (!detail::is_variable(form)) return fail(Fault::bad_query, Errc::parser_query, form, ":with has variables");
      std::uint16_t number = 0;
      if (!find_known_variable(parser_, form, number)) return false;
      if (taken[number] != 0)
        return fail(Fault::repeated_name, Errc::parser_query, form,
                    "this variable is in :find or :with already; :with names what is not found");
      taken[number] = 1;
      found.push_back(number);
      return true;
    });
    if (!read) return false;
    tree_.with = parser_.append(tree_.variables, found);
    return true;
  }

  // ---- what can be bound

  constexpr bool check_bound() {
    BoundCheck check{tree_, tree_.names.size()};
    for (Input const& one : tree_.inputs) {
      if (one.kind == Input::Kind::binding) check.bind_binding(one.binding);
    }
    if (auto const waiting = check.run(tree_.children_of(tree_.where))) {
      return fail(Fault::unbound_argument, Errc::query_where, query_.at(waiting->node), reason_of(waiting->kind));
    }
    auto const bound_variable = [&](std::uint16_t number, std::uint32_t node) {
      if (check.is_bound(number)) return true;
      return fail(Fault::unbound_variable, Errc::query_where, query_.at(node),
                  "insufficient bindings: nothing binds this variable, for what a not or a predicate has must be bound "
                  "elsewhere");
    };
    for (FindElement const& element : tree_.find) {
      if (!bound_variable(element.variable, element.node)) return false;
      for (Term const& term : tree_.terms_of(element.arguments)) {
        if (term.kind == Term::Kind::variable && !bound_variable(term.index, term.node)) return false;
      }
    }
    for (std::uint16_t const number : tree_.variables_of(tree_.with)) {
      if (!bound_variable(number, parts_[PartName::with].keyword)) return false;
    }
    return true;
  }

  Form query_;
  Tree& tree_;
  ClauseParser parser_;
  QueryParts parts_{};
};

namespace detail {

/// Checks rules that are written among the arguments of a query inside of another one.
constexpr Problem check_written_rules(notation::Form form, Tree& query, Names const& names, std::size_t depth) {
  Tree tree;
  RulesParser parser{form, tree, names, check_nested_query, false, depth};
  return parser.run() ? link(form, query, form, tree, false) : parser.problem();
}

}  // namespace detail

constexpr Problem check_nested_query(notation::Form query, Elements<Term> inputs, Names const& names, std::size_t depth) {
  Tree tree;
  QueryParser parser{query, tree, names, depth};
  if (!parser.run()) return parser.problem();
  if (!takes_inputs(tree.inputs, inputs.size())) {
    Problem wrong{Fault::wrong_arguments, Errc::parser_query, query.offset(), query.raw().size(), "the inner query"};
    wrong.count = {"input", inputs.size(), tree.inputs.size(), tree.inputs.size()};
    return wrong;
  }
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    if (tree.inputs[i].kind != Input::Kind::rules || inputs[i].kind != Term::Kind::constant) continue;
    auto const rules = query.at(inputs[i].node);
    if (rules.is_symbol("%") || rules.is(notation::Kind::string)) continue;
    if (auto const problem = detail::check_written_rules(rules, tree, names, depth)) return problem;
  }
  return {};
}

}  // namespace cairn::query::syntax
