// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rules from their form to their tree, and the calls of queries to them.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/syntax/bound_check.hpp>
#include <cairn/query/syntax/clause_parser.hpp>
#include <cairn/query/syntax/names.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::query::syntax {

/// Rules are looked up one by one.
inline constexpr std::size_t most_rules = 4096;

/// The rule of that name.
[[nodiscard]] constexpr std::optional<std::uint32_t> find_rule(Tree const& rules, notation::Form any_of_rules,
                                                               notation::Form name) noexcept {
  for (std::size_t i = 0; i != rules.rules.size(); ++i) {
    notation::Form const known = any_of_rules.at(rules.rules[i].name);
    if (known.node().hash == name.node().hash && known.raw() == name.raw()) return static_cast<std::uint32_t>(i);
  }
  return std::nullopt;
}

namespace detail {

/// The rule, or the word of a clause, that was probably meant.
constexpr std::string_view nearest_rule(Tree const& rules, notation::Form any_of_rules, std::string_view name) {
  std::vector<std::string_view> known(clause_words.begin(), clause_words.end());
  for (std::size_t i = 0; i != rules.rules.size(); ++i) known.push_back(any_of_rules.at(rules.rules[i].name).raw());
  return config::nearest(name, known);
}

/// Finds the rule that a clause of `tree` calls; gives a problem where there is none or the call is wrong.
constexpr Problem link_call(Tree& tree, std::size_t number, notation::Form any, Tree const& rules,
                            notation::Form any_of_rules, bool in_rules) {
  Clause& call = tree.clauses[number];
  notation::Form const name = any.at(call.name);
  notation::Form const at = any.at(call.node);
  auto const rule = find_rule(rules, any_of_rules, name);
  if (!rule) {
    bool const called = find_function(name.raw()) != nullptr;
    return {Fault::unknown_rule,
            Errc::query_where,
            name.offset(),
            name.raw().size(),
            called ? calls_function : std::string_view{"there is no rule of this name"},
            called ? std::string_view{} : nearest_rule(rules, any_of_rules, name.raw()),
            in_rules};
  }
  std::size_t const arity = rules.rules[*rule].arity;
  if (arity != call.terms.count)
    return {Fault::wrong_arguments,
            Errc::query_where,
            at.offset(),
            at.raw().size(),
            "this rule",
            {},
            in_rules,
            {"argument", call.terms.count, arity, arity}};
  call.rule = *rule;
  return {};
}

/// Links the calls of a query to its rules, and checks that the sources which the rules name are inputs of the query. `apart`: the
/// rules have a text of their own.
constexpr Problem link(notation::Form any, Tree& query, notation::Form any_of_rules, Tree const& rules, bool apart) {
  for (std::size_t i = 0; i != query.clauses.size(); ++i) {
    if (query.clauses[i].kind != Clause::Kind::rule_call) continue;
    if (auto const problem = link_call(query, i, any, rules, any_of_rules, false)) return problem;
  }
  for (std::uint32_t const node : rules.sources) {
    notation::Form const name = any_of_rules.at(node);
    bool const known = std::any_of(query.sources.begin(), query.sources.end(), [&](std::uint32_t source) {
      return (source == 0 ? std::string_view{"$"} : any.at(source).raw()) == name.raw();
    });
    if (!known)
      return {Fault::unknown_source,
              Errc::parser_query,
              name.offset(),
              name.raw().size(),
              "there is no such source in the query's :in; name it there",
              {},
              apart};
  }
  return {};
}

class RulesParser {
 public:
  using Form = notation::Form;

  /// `apart`: they have a text of their own. `depth`: how deep in queries they are.
  constexpr RulesParser(Form rules, Tree& tree, Names const& names, QueryCheck check_query, bool apart, std::size_t depth = 0)
      : rules_{unquoted(rules)}, tree_{tree}, parser_{rules, tree, names, check_query, true, depth}, apart_{apart} {}

  [[nodiscard]] constexpr Problem const& problem() const noexcept { return parser_.problem(); }

  constexpr bool run() {
    if (!rules_.is_sequence()) return bad(rules_, "rules are a vector of rules: [[(rule ?x) clause ...] ...]");
    return heads() && bodies() && calls();
  }

 private:
  constexpr bool bad(Form at, std::string_view reason) {
    return parser_.fail(Fault::bad_rule, Errc::parser_where, at, reason);
  }

  /// The names of the rules and how many branches each has.
  constexpr bool heads() {
    for (Form const rule : rules_) {
      bool const sound = rule.is_sequence() && rule.size() >= 2 && rule[0].is(notation::Kind::list) &&
                         rule[0].size() >= 2 && rule[0][0].is(notation::Kind::symbol);
      if (!sound) return bad(rule, "a rule is [(name ?a ?b) clause ...]");
      Form const name = rule[0][0];
      std::string_view const word = name.raw();
      bool const reserved = word == "not" || word == "not-join" || word == "or" || word == "or-join" || word == "and" ||
                            word[0] == '?' || word[0] == '$' || word == "_" || word == "%";
      if (reserved) return bad(name, "a rule can't have this name");
      auto const known = find_rule(tree_, rules_, name);
      if (!known && tree_.rules.size() == most_rules)
        return parser_.fail(Fault::too_big, Errc::parser_where, name, "more than 4096 rules are too many");
      std::uint32_t const number = known ? *known : static_cast<std::uint32_t>(tree_.rules.size());
      if (!known) tree_.rules.push_back({name.index(), 0, {}, {}});
      ++tree_.rules[number].branches.count;
      rule_of_.push_back(number);
    }
    std::uint32_t first = 0;
    for (Rule& rule : tree_.rules) {
      rule.branches.first = first;
      first += rule.branches.count;
      rule.branches.count = 0;
    }
    tree_.branches.resize(first, Branch{});
    return true;
  }

  constexpr bool bodies() {
    std::size_t next = 0;
    Pool<std::uint16_t> required(tree_.rules.size(), std::uint16_t{0});
    for (Form const form : rules_) {
      std::uint32_t const number = rule_of_[next++];
      Rule& rule = tree_.rules[number];
      std::size_t arity = 0;
      std::size_t wanted = 0;
      parser_.restart_variables();
      if (!head(form[0], arity, wanted)) return false;
      if (rule.branches.count != 0 && rule.arity != arity) return bad(form[0], "the heads of a rule are of one length");
      rule.arity = static_cast<std::uint16_t>(arity);
      required[number] = std::max(required[number], static_cast<std::uint16_t>(wanted));
      Branch branch;
      branch.node = form.index();
      Form const first = form[0].next();
      if (!parser_.clauses(first, form.node().next, callers_source, parser_.depth(), branch.clauses)) return false;
      branch.names = parser_.names_since_restart();
      if (!check_bound(branch, arity)) return false;
      tree_.branches[rule.branches.first + rule.branches.count++] = branch;
    }
    for (std::size_t i = 0; i != tree_.rules.size(); ++i) {
      Pool<std::uint16_t> columns;
      for (std::uint16_t column = 0; column != required[i]; ++column) columns.push_back(column);
      tree_.rules[i].required = parser_.append(tree_.variables, columns);
    }
    return true;
  }

  /// `(name ?a ?b)` or `(name [?a] ?b)`, whose ?a must be bound.
  constexpr bool head(Form form, std::size_t& arity, std::size_t& wanted) {
    for (Form item = form[0].next(); item.index() != form.node().next; item = item.next()) {
      if (item.is(notation::Kind::vector) && arity == 0) {
        for (Form const name : item) {
          if (!head_variable(name, arity)) return false;
        }
        wanted = arity;
      } else if (!head_variable(item, arity)) {
        return false;
      }
    }
    return arity != 0 || bad(form, "a rule has arguments: (rule ?x)");
  }
  constexpr bool head_variable(Form name, std::size_t& arity) {
    if (!is_variable(name)) return bad(name, "a rule's head has variables");
    if (parser_.scope().find(name) != nullptr)
      return parser_.fail(Fault::repeated_name, Errc::parser_where, name,
                          "this variable is in the rule's head already");
    std::uint16_t number = 0;
    ++arity;
    return parser_.variable(name, number);
  }

  /// Whoever calls a rule may bind any variable of its head.
  constexpr bool check_bound(Branch const& branch, std::size_t arity) {
    BoundCheck check{tree_, branch.names.count};
    for (std::size_t i = 0; i != arity; ++i) check.bind(static_cast<std::uint16_t>(i));
    auto const waiting = check.run(tree_.children_of(branch.clauses));
    if (!waiting) return true;
    return parser_.fail(Fault::unbound_argument, Errc::query_where, rules_.at(waiting->node), reason_of(waiting->kind));
  }

  constexpr bool calls() {
    for (std::size_t i = 0; i != tree_.clauses.size(); ++i) {
      if (tree_.clauses[i].kind != Clause::Kind::rule_call) continue;
      if (auto const problem = link_call(tree_, i, rules_, tree_, rules_, apart_)) {
        parser_.take(problem);
        return false;
      }
    }
    return true;
  }

  Form rules_;
  Tree& tree_;
  ClauseParser parser_;
  bool apart_;
  Pool<std::uint32_t> rule_of_{};
};

}  // namespace detail

}  // namespace cairn::query::syntax
