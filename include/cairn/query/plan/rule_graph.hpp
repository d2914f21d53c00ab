// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which rules call each other in circles.
#pragma once

#include <cairn/query/plan/goal.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

/// The rules that call each other, by their strongly connected components (Tarjan: Depth-first search and linear graph
/// algorithms, 1972). Linear in the size of the rules; recurses as deep as clauses are nested.
class RuleGraph {
 public:
  constexpr RuleGraph() = default;
  constexpr explicit RuleGraph(syntax::Tree const& rules) {
    for (syntax::Rule const& rule : rules.rules) {
      first_.push_back(static_cast<std::uint32_t>(calls_.size()));
      for (syntax::Branch const& branch : syntax::Tree::of(rules.branches, rule.branches)) {
        for (std::uint32_t const clause : rules.children_of(branch.clauses)) add_calls(rules, clause);
      }
    }
    first_.push_back(static_cast<std::uint32_t>(calls_.size()));
    find_components();
  }

  /// Rules that can call each other have the same number, others have others.
  [[nodiscard]] constexpr std::uint32_t component(std::uint32_t rule) const { return component_[rule]; }
  /// Whether a rule can come to call itself.
  [[nodiscard]] constexpr bool is_recursive(std::uint32_t rule) const {
    if (size_[component_[rule]] > 1) return true;
    for (std::uint32_t const called : calls_of(rule)) {
      if (called == rule) return true;
    }
    return false;
  }

  /// Whether a clause, or one within, calls a rule of that component.
  [[nodiscard]] constexpr bool calls_component(syntax::Tree const& rules, std::uint32_t clause,
                                               std::uint32_t component) const {
    syntax::Clause const& one = rules.clauses[clause];
    if (one.kind == syntax::Clause::Kind::rule_call)
      return one.rule < component_.size() && component_[one.rule] == component;
    for (std::uint32_t const child : rules.children_of(one.children)) {
      if (calls_component(rules, child, component)) return true;
    }
    return false;
  }

 private:
  static constexpr std::uint32_t unseen = 0xFFFFFFFF;

  constexpr void add_calls(syntax::Tree const& rules, std::uint32_t clause) {
    syntax::Clause const& one = rules.clauses[clause];
    if (one.kind == syntax::Clause::Kind::rule_call && one.rule < rules.rules.size()) calls_.push_back(one.rule);
    for (std::uint32_t const child : rules.children_of(one.children)) add_calls(rules, child);
  }

  [[nodiscard]] constexpr Elements<std::uint32_t> calls_of(std::uint32_t rule) const {
    return Elements<std::uint32_t>{calls_}.of({first_[rule], first_[rule + 1] - first_[rule]});
  }

  constexpr void find_components() {
    struct Visit {
      std::uint32_t rule;
      std::uint32_t next;  ///< the call to follow next
    };
    auto const count = static_cast<std::uint32_t>(first_.size() - 1);
    component_.assign(count, unseen);
    Pool<std::uint32_t> order(count, unseen);
    Pool<std::uint32_t> low(count, 0);
    Pool<std::uint32_t> open;
    Pool<Visit> visits;
    std::uint32_t seen = 0;
    auto const enter = [&](std::uint32_t rule) {
      order[rule] = low[rule] = seen++;
      open.push_back(rule);
      visits.push_back({rule, first_[rule]});
    };
    for (std::uint32_t root = 0; root != count; ++root) {
      if (order[root] != unseen) continue;
      enter(root);
      while (!visits.empty()) {
        std::uint32_t const rule = visits.back().rule;
        if (visits.back().next != first_[rule + 1]) {
          std::uint32_t const called = calls_[visits.back().next++];
          if (order[called] == unseen) {
            enter(called);
          } else if (component_[called] == unseen && order[called] < low[rule]) {
            low[rule] = order[called];
          }
          continue;
        }
        visits.pop_back();
        if (!visits.empty() && low[rule] < low[visits.back().rule]) low[visits.back().rule] = low[rule];
        if (low[rule] != order[rule]) continue;
        std::uint32_t members = 0;
        while (true) {
          std::uint32_t const member = open.back();
          open.pop_back();
          component_[member] = static_cast<std::uint32_t>(size_.size());
          ++members;
          if (member == rule) break;
        }
        size_.push_back(members);
      }
    }
  }

  Pool<std::uint32_t> calls_{};  ///< all calls, rule by rule
  Pool<std::uint32_t> first_{};  ///< of each rule, and past the last
  Pool<std::uint32_t> component_{};
  Pool<std::uint32_t> size_{};  ///< of each component, in rules
};

/// A rule that is the transitive closure of one attribute.
struct ClosureRule {
  bool found = false;
  bool backwards = false;    ///< its edges go from values to entities
  std::uint16_t source = 0;  ///< as in the tree of rules
  FormAt attribute{};
};

/// Recognises `[(r ?x ?y) [?x :a ?y]] [(r ?x ?y) [?x :a ?t] (r ?t ?y)]`: backwards too, with the call first, in any
/// order of branches and clauses, or with two calls `(r ?x ?t) (r ?t ?y)`.
constexpr ClosureRule closure_rule(Written const& rules, std::uint32_t number) {
  using Kind = syntax::Clause::Kind;
  syntax::Tree const& tree = *rules.tree;
  syntax::Rule const& rule = tree.rules[number];
  ClosureRule result;
  if (rule.arity != 2 || rule.branches.count != 2) return result;

  auto const text_of = [&](std::uint32_t node) {
    notation::Node const& one = rules.nodes[node];
    return rules.text.substr(one.begin, one.end - one.begin);
  };
  /// A pattern or a call of this rule that goes from one variable to another.
  struct Edge {
    bool found = false;
    bool call = false;
    bool backwards = false;
    std::uint16_t source = 0;
    std::uint32_t attribute = 0;
    std::uint16_t from = 0;
    std::uint16_t to = 0;
  };
  auto const edge_of = [&](std::uint32_t clause_number) {
    syntax::Clause const& clause = tree.clauses[clause_number];
    auto const terms = tree.terms_of(clause.terms);
    Edge edge;
    bool const is_call = clause.kind == Kind::rule_call && clause.rule == number;
    if (!is_call && (clause.kind != Kind::pattern || terms.size() != 3)) return edge;
    if (!is_call &&
        (terms[1].kind != syntax::Term::Kind::constant || rules.nodes[terms[1].node].kind != notation::Kind::keyword)) {
      return edge;
    }
    syntax::Term const& from = terms[0];
    syntax::Term const& to = terms[terms.size() - 1];
    if (from.kind != syntax::Term::Kind::variable || to.kind != syntax::Term::Kind::variable) return edge;
    edge = {true, is_call, false, clause.source, is_call ? 0 : terms[1].node, from.index, to.index};
    return edge;
  };

  auto const branches = syntax::Tree::of(tree.branches, rule.branches);
  std::size_t const base = branches[0].clauses.count == 1 ? 0 : 1;
  auto const base_clauses = tree.children_of(branches[base].clauses);
  auto const step_clauses = tree.children_of(branches[1 - base].clauses);
  if (base_clauses.size() != 1 || step_clauses.size() != 2) return result;
  Edge const first = edge_of(base_clauses[0]);
  if (!first.found || first.call || first.from == first.to || first.from > 1 || first.to > 1) return result;
  bool const backwards = first.from == 1;

  Edge edges[2] = {edge_of(step_clauses[0]), edge_of(step_clauses[1])};
  std::size_t calls = 0;
  for (Edge& edge : edges) {
    if (!edge.found || edge.source != first.source) return result;
    if (edge.call) {
      ++calls;
    } else {
      if (text_of(edge.attribute) != text_of(first.attribute)) return result;
      if (backwards) {
        std::uint16_t const from = edge.from;
        edge.from = edge.to;
        edge.to = from;
      }
    }
  }
  if (calls == 0) return result;
  // From 0 to a third variable, and from there to 1.
  std::size_t const start = edges[0].from == 0 ? 0 : 1;
  Edge const& one = edges[start];
  Edge const& two = edges[1 - start];
  if (one.from != 0 || two.to != 1 || one.to != two.from || one.to < 2) return result;
  result.found = true;
  result.backwards = backwards;
  result.source = first.source;
  result.attribute = {first.attribute, true};
  return result;
}

}  // namespace cairn::query::planning
