// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Any bytes are a query or a coded refusal with a place in the text, and so are rules.
#include <cairn/edn/edn.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace cairn::query::syntax;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_problem(std::string_view text, Problem const& problem) {
  require(!problem.reason.empty() && problem.offset <= text.size() && problem.length <= text.size() - problem.offset);
  cairn::Error const error = error_of(text, problem);
  require(cairn::edn::parse(error.data()).at(":offset").as_integer() == static_cast<std::int64_t>(problem.offset));
}

/// Every number in the tree names something that is there.
void check_tree(Tree const& tree, std::size_t nodes) {
  auto const within = [](auto const& pool, cairn::query::Slice slice) {
    require(slice.first + std::size_t{slice.count} <= pool.size());
  };
  for (Term const& term : tree.terms) {
    require(term.node < nodes);
    if (term.kind == Term::Kind::column) require(term.index < tree.find.size());
    if (term.kind == Term::Kind::source) require(term.index < tree.sources.size());
  }
  for (auto const& binding : tree.bindings) within(tree.bindings, binding.parts);
  for (std::uint32_t const number : tree.clause_numbers) require(number < tree.clauses.size());
  for (Clause const& clause : tree.clauses) {
    within(tree.terms, clause.terms);
    within(tree.clause_numbers, clause.children);
    within(tree.variables, clause.joins);
    within(tree.variables, clause.required);
    require(clause.node < nodes && clause.name < nodes);
    require(clause.source == callers_source || clause.source < tree.sources.size() || clause.terms.count == 0 ||
            clause.kind == Clause::Kind::predicate || clause.kind == Clause::Kind::function);
    if (clause.kind == Clause::Kind::function) require(clause.binding < tree.bindings.size());
  }
  within(tree.clause_numbers, tree.where);
  within(tree.variables, tree.with);
  for (auto const& rule : tree.rules) {
    within(tree.branches, rule.branches);
    within(tree.variables, rule.required);
    require(rule.branches.count != 0 && rule.arity != 0);
  }
  for (auto const& branch : tree.branches) {
    within(tree.names, branch.names);
    within(tree.clause_numbers, branch.clauses);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const all{reinterpret_cast<char const*>(data), size};
  // A query, or what stands before the first NUL, and rules behind it.
  auto const middle = all.find('\0');
  auto const text = all.substr(0, middle);
  auto const rules_text = middle == std::string_view::npos ? all : all.substr(middle + 1);
  auto query = parse_query(text, {.any = size % 2 == 0});
  auto const rules = parse_rules(rules_text);
  if (query.problem) {
    check_problem(text, query.problem);
  } else {
    check_tree(query.tree, query.nodes.size());
  }
  if (rules.problem) {
    check_problem(rules_text, rules.problem);
  } else {
    check_tree(rules.tree, rules.nodes.size());
  }
  if (query.ok() && rules.ok()) {
    if (auto const problem = link(query, rules)) {
      check_problem(problem.in_rules ? rules_text : text, problem);
    }
  }
  return 0;
}
