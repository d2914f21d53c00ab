// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query says about rows that were found: :order-by, :having, :limit, :offset.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/syntax/clause_parser.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/query_parts.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::query::syntax {

/// Parses the parts that look at what `:find` names, which is in the tree already. As in `ClauseParser`, false means
/// that there is a problem.
class ResultParser {
 public:
  using Form = notation::Form;

  /// `query`: the form that `:find` is in.
  constexpr ResultParser(Form query, Tree& tree, ClauseParser& parser, QueryParts const& parts)
      : query_{query}, tree_{tree}, parser_{parser}, parts_{parts} {}

  constexpr bool run() {
    return order() && having() && bound(PartName::limit, tree_.limit) && bound(PartName::offset, tree_.offset);
  }

  /// `?a :desc ?b`, as forms of any text or in one vector.
  constexpr bool order_by(Form first, std::uint32_t end, std::size_t count) {
    if (count == 1 && first.is(notation::Kind::vector)) {
      end = first.node().next;
      first = first.at(first.index() + 1);
    }
    bool can_turn = false;
    auto const read = [&](Form form) {
      bool const down = form.is_keyword("desc");
      if (down || form.is_keyword("asc")) {
        if (!can_turn)
          return fail(Fault::bad_query, Errc::parser_query, form,
                      "a direction stands behind what it is for: :order-by [?a :desc ?b]");
        tree_.order.back().descending = down;
        can_turn = false;
        return true;
      }
      can_turn = true;
      std::optional<std::uint16_t> found;
      if (form.is(notation::Kind::integer)) {
        std::int64_t const number = form.integer();
        if (number >= 0 && number < static_cast<std::int64_t>(tree_.find.size()))
          found = static_cast<std::uint16_t>(number);
      } else {
        found = column(form);
      }
      if (!found)
        return fail(
            Fault::bad_query, Errc::parser_query, form,
            "order by what is found: a variable or an aggregate as :find has it, or the number of a column from 0");
      if (tree_.order.size() == 256)
        return fail(Fault::too_big, Errc::parser_query, form, "more than 256 orders are too many");
      tree_.order.push_back({*found, false});
      return true;
    };
    for (Form form = first; form.index() != end; form = form.next()) {
      if (!read(form)) return false;
    }
    return true;
  }

 private:
  constexpr bool fail(Fault fault, Errc code, Form at, std::string_view reason) {
    return parser_.fail(fault, code, at, reason);
  }
  /// Calls `each(Form)` for the forms of a part until one gives false.
  template <class Each>
  constexpr bool all_of(Part const& part, Each const& each) {
    for (Form form = query_.at(part.first); form.index() != part.end; form = form.next()) {
      if (!each(form)) return false;
    }
    return true;
  }

  /// The column that a form stands for: a variable that is found, or an aggregate or pull as it is written in `:find`.
  constexpr std::optional<std::uint16_t> column(Form form) const {
    for (std::size_t i = 0; i != tree_.find.size(); ++i) {
      if (same(query_.at(tree_.find[i].node), form)) return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
  }
  /// The column of an input that is one value.
  constexpr std::optional<std::uint16_t> input(Form form) const {
    if (!detail::is_variable(form)) return std::nullopt;
    auto const* const number = parser_.scope().find(form);
    for (std::size_t i = 0; number != nullptr && i != tree_.inputs.size(); ++i) {
      if (tree_.inputs[i].kind != Input::Kind::binding) continue;
      Binding const& binding = tree_.bindings[tree_.inputs[i].binding];
      bool const is_it = binding.kind == Binding::Kind::scalar && binding.variable == *number;
      if (is_it) return static_cast<std::uint16_t>(tree_.find.size() + i);
    }
    return std::nullopt;
  }
  static constexpr bool same(Form left, Form right) {
    if (left.node().hash != right.node().hash || left.kind() != right.kind() || left.size() != right.size())
      return false;
    if (left.size() == 0) return left.raw() == right.raw();
    auto other = right.begin();
    for (Form const one : left) {
      if (!same(one, *other)) return false;
      ++other;
    }
    return true;
  }

  constexpr bool order() {
    Part const& part = parts_[PartName::order_by];
    return !part.present || order_by(query_.at(part.first), part.end, part.count);
  }

  /// Every item is a predicate in as many brackets as one likes to write around it.
  constexpr bool having() {
    Part const& part = parts_[PartName::having];
    if (!part.present) return true;
    return all_of(part, [this](Form form) {
      if (form.is(notation::Kind::list)) return having_predicate(form);
      if (!form.is(notation::Kind::vector) || form.size() == 0) return bad_having(form);
      for (Form const one : form) {
        if (one.is(notation::Kind::list) ? !having_predicate(one) : !bad_having(one)) return false;
      }
      return true;
    });
  }
  constexpr bool bad_having(Form form) {
    return fail(Fault::bad_query, Errc::parser_query, form,
                ":having has predicates on what is found: :having [(> (count ?e) 2)]");
  }
  constexpr bool having_predicate(Form form) {
    if (form.size() == 0) return bad_having(form);
    Having made;
    made.node = form.index();
    Form const name = form[0];
    if (!parser_.callee(name, made.callee)) return false;
    if (!made.callee.custom) {
      FunctionInfo const& known = info_of(made.callee.builtin);
      if (known.own_step)
        return fail(Fault::bad_query, Errc::parser_query, name, ":having looks at what is found and reads no source");
      if (!takes(known, form.size() - 1))
        return parser_.fail_count(Errc::query_where, name, "this function", {"argument", form.size() - 1, known.least, known.most});
    }
    std::size_t const begin = tree_.terms.size();
    for (Form next = name.next(); next.index() != form.node().next; next = next.next()) {
      Term term;
      if (auto const found = column(next)) {
        term = {Term::Kind::column, *found, next.index()};
      } else if (auto const given = input(next)) {
        term = {Term::Kind::column, *given, next.index()};
      } else if (detail::is_variable(next) || detail::is_call_form(next)) {
        return fail(Fault::bad_query, Errc::parser_query, next,
                    "this is not found: :having sees variables and aggregates as :find has them, and inputs that are one value");
      } else if (!parser_.argument(next, term)) {
        return false;
      }
      if (term.kind == Term::Kind::source) return bad_having(next);
      tree_.terms.push_back(term);
    }
    made.terms = ClauseParser::slice(begin, tree_.terms.size());
    tree_.having.push_back(made);
    return true;
  }

  constexpr bool bound(PartName name, std::int64_t& number) {
    Part const& part = parts_[name];
    if (!part.present) return true;
    Form const form = query_.at(part.first);
    bool const is_none = form.is(notation::Kind::nil) || (form.is(notation::Kind::integer) && form.integer() == -1);
    if (part.count == 1 && is_none) return true;
    if (part.count == 1 && form.is(notation::Kind::integer) && form.integer() >= 0) {
      number = form.integer();
      return true;
    }
    return fail(Fault::bad_query, Errc::parser_query, part.count == 0 ? query_.at(part.keyword) : form,
                ":limit and :offset are a number of rows");
  }

  Form query_;
  Tree& tree_;
  ClauseParser& parser_;
  QueryParts const& parts_;
};

}  // namespace cairn::query::syntax
