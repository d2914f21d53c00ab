// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The text of a query to its syntax tree.
#pragma once

#include <cairn/edn/node.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/query/syntax/query_parser.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace cairn::query::syntax {

/// How query texts are read: `'form` is a quoted form, as in Clojure's source.
inline constexpr notation::ReaderOptions query_reader{.shell_forms = true};

struct QuerySyntax {
  std::string_view text{};  ///< what was parsed; not owned
  std::vector<notation::Node> nodes{};
  Tree tree{};
  Problem problem{};

  [[nodiscard]] constexpr bool ok() const noexcept { return !problem; }
};

namespace detail {

/// Reads the one form that is the whole of the text; `form` is it where there is no problem.
constexpr Problem read_whole(std::string_view text, std::vector<notation::Node>& nodes, notation::Form& form) {
  nodes.reserve(text.size() / 4 + 8);
  auto const read = notation::read_one(text, nodes, query_reader);
  form = {text, nodes.data(), read.root};
  if (read.status == notation::ReadStatus::form) return {};
  std::size_t const length = read.offset < text.size() ? 1 : 0;
  return {Fault::not_edn, read.code, read.offset, length, read.message};
}

}  // namespace detail

namespace detail {

/// Room for most queries: a compiler takes long over vectors that grow.
constexpr void reserve(Tree& tree, std::size_t nodes) {
  tree.terms.reserve(nodes / 2);
  tree.names.reserve(8);
  tree.clauses.reserve(8);
  tree.clause_numbers.reserve(8);
  tree.find.reserve(4);
  tree.inputs.reserve(2);
}

}  // namespace detail

/// Parses a query: a vector, a map, or either of them quoted. Where there is a problem, the tree is of no use. Linear
/// in the text. In the compiler and at run time alike. Throws nothing but what vectors throw.
constexpr QuerySyntax parse_query(std::string_view text, Names const& names = {}) {
  QuerySyntax syntax;
  syntax.text = text;
  notation::Form form;
  syntax.problem = detail::read_whole(text, syntax.nodes, form);
  if (syntax.problem) return syntax;
  detail::reserve(syntax.tree, syntax.nodes.size());
  QueryParser parser{form, syntax.tree, names};
  if (!parser.run()) syntax.problem = parser.problem();
  return syntax;
}

/// Replaces the order of a parsed query by one that is given apart from it, as text: `[?a :desc (count ?b)]` or `?a`.
/// Requires: `query` has no problem. A problem's place is in `order_text`.
constexpr Problem parse_order(QuerySyntax& query, std::string_view order_text) {
  std::vector<notation::Node> nodes;
  notation::Form order;
  if (auto const problem = detail::read_whole(order_text, nodes, order)) return problem;
  query.tree.order.clear();
  Names const none;
  ClauseParser errors{order, query.tree, none, check_nested_query, false};
  QueryParts const parts;
  ResultParser parser{{query.text, query.nodes.data(), 0}, query.tree, errors, parts};
  return parser.order_by(order, order.node().next, 1) ? Problem{} : errors.problem();
}

}  // namespace cairn::query::syntax
