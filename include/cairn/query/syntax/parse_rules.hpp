// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The text of rules to their syntax tree, and the calls of a query to its rules.
#pragma once

#include <cairn/edn/node.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#include <cairn/query/syntax/rules_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::query::syntax {

struct RulesSyntax {
  std::string_view text{};  ///< what was parsed; not owned
  std::vector<notation::Node> nodes{};
  Tree tree{};  ///< `rules` and `branches`
  Problem problem{};

  [[nodiscard]] constexpr bool ok() const noexcept { return !problem; }
};

/// Parses the rules that `%` stands for and links the calls among them. Where there is a problem, the tree is of no
/// use. Linear in the text times the number of rules, which is limited. In the compiler and at run time alike.
constexpr RulesSyntax parse_rules(std::string_view text, Names const& names = {}) {
  RulesSyntax syntax;
  syntax.text = text;
  notation::Form form;
  syntax.problem = detail::read_whole(text, syntax.nodes, form);
  if (syntax.problem) {
    syntax.problem.in_rules = true;
    return syntax;
  }
  detail::RulesParser parser{form, syntax.tree, names, check_nested_query, true};
  if (!parser.run()) syntax.problem = parser.problem();
  return syntax;
}

/// Links the calls of a query to its rules, and checks that the sources which the rules name are inputs of the query.
/// Requires: both are free of problems.
constexpr Problem link(QuerySyntax& query, RulesSyntax const& rules) {
  return detail::link({query.text, query.nodes.data(), 0}, query.tree, {rules.text, rules.nodes.data(), 0}, rules.tree, true);
}

}  // namespace cairn::query::syntax
