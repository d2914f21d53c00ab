// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Puts rules into the clauses that call them.
#pragma once

#include <cairn/query/plan/goal_terms.hpp>
#include <cairn/query/plan/rule_graph.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

/// Makes goals of clauses. Rules that don't call themselves are put in; those that do are left as calls, as are all
/// others once much has been put in.
class GoalBuilder : public GoalTerms {
 public:
  constexpr GoalBuilder(Written const& query, Written const* rules) : GoalTerms{query, rules} {
    if (rules != nullptr) graph_ = RuleGraph{*rules->tree};
  }

  /// The clauses of the query.
  constexpr std::uint32_t query_scope() {
    Pool<Item> items;
    for (std::uint32_t const clause : query_->tree->children_of(query_->tree->where)) items.push_back({clause, {}});
    return scope_of(items, {});
  }

  /// What has to be reached for the rows of a rule by each of its branches, and its head's variables by their columns.
  /// Branches that call rules of the same component within an or are multiplied out, so that these calls stand among
  /// the scope's own goals.
  struct Body {
    std::uint32_t scope = 0;
    Slice head{};  ///< of the goals' `variables`
  };
  [[nodiscard]] constexpr Elements<Body> bodies_of(std::uint32_t rule) const {
    for (RuleBodies const& known : rule_bodies_) {
      if (known.rule == rule) return Elements<Body>{bodies_}.of(known.bodies);
    }
    return {};
  }
  /// Whether a rule that is called is a closure.
  [[nodiscard]] constexpr ClosureRule closure_of(std::uint32_t rule) const {
    for (RuleBodies const& known : rule_bodies_) {
      if (known.rule == rule) return known.closure;
    }
    return {};
  }
  /// Makes the bodies of all rules that are called, after which nothing of all this changes any more.
  constexpr void complete() {
    for (std::size_t i = 0; i != goals_.goals.size() && !failed(); ++i) {
      if (goals_.goals[i].kind != Goal::Kind::call) continue;
      std::uint32_t const rule = goals_.goals[i].rule;
      bool known = false;
      for (RuleBodies const& one : rule_bodies_) known = known || one.rule == rule;
      if (known) continue;
      RuleBodies made{rule, {}, closure_rule(*rules_, rule)};
      if (!made.closure.found) made.bodies = build_bodies(rule);
      rule_bodies_.push_back(made);
    }
  }

  [[nodiscard]] constexpr RuleGraph const& graph() const { return graph_; }

 private:
  /// A clause where it stands; or, with `joins`, that these are bound.
  struct Item {
    std::uint32_t clause = 0;
    Environment environment{};
    bool require = false;
  };
  struct RuleBodies {
    std::uint32_t rule = 0;
    Slice bodies{};
    ClosureRule closure{};
  };

  constexpr std::uint32_t add(Goal const& goal) {
    if (goals_.goals.size() >= Bounds::goals) fail({Failure::Kind::too_large, goal.form, {}});
    goals_.goals.push_back(goal);
    return static_cast<std::uint32_t>(goals_.goals.size() - 1);
  }

  constexpr std::uint32_t scope_of(Elements<Item> items, Elements<std::uint32_t> more) {
    Pool<std::uint32_t> numbers;
    for (Item const& item : items) build(item, numbers);
    numbers.insert(numbers.end(), more.begin(), more.end());
    Scope const made{
        {static_cast<std::uint32_t>(goals_.goal_numbers.size()), static_cast<std::uint32_t>(numbers.size())}};
    goals_.goal_numbers.insert(goals_.goal_numbers.end(), numbers.begin(), numbers.end());
    goals_.scopes.push_back(made);
    return static_cast<std::uint32_t>(goals_.scopes.size() - 1);
  }

  constexpr void set_scopes(Goal& goal, Elements<std::uint32_t> scopes) {
    goal.scopes = {static_cast<std::uint32_t>(goals_.scope_numbers.size()), static_cast<std::uint32_t>(scopes.size())};
    goals_.scope_numbers.insert(goals_.scope_numbers.end(), scopes.begin(), scopes.end());
  }

  constexpr void build(Item const& item, Pool<std::uint32_t>& out) {
    if (failed()) return;
    Environment const& environment = item.environment;
    syntax::Tree const& tree = *written(environment).tree;
    syntax::Clause const& clause = tree.clauses[item.clause];
    Goal goal;
    goal.form = {clause.node, environment.in_rules};
    goal.source = source_of(clause.source, environment);
    if (environment.depth > Bounds::depth) return fail({Failure::Kind::too_large, goal.form, {}});
    bool constant = false;
    if (item.require) {
      goal.kind = Goal::Kind::require;
      goal.joins = variables_of(clause.joins, environment, constant);
      out.push_back(add(goal));
      return;
    }
    switch (clause.kind) {
      case syntax::Clause::Kind::pattern:
        goal.terms = terms_of(clause, environment);
        break;
      case syntax::Clause::Kind::predicate:
      case syntax::Clause::Kind::function:
        return build_function(goal, clause, environment, out);
      case syntax::Clause::Kind::conjunction:
        for (std::uint32_t const child : tree.children_of(clause.children)) {
          build({child, nested(environment, goal.source)}, out);
        }
        return;
      case syntax::Clause::Kind::disjunction: {
        goal.kind = Goal::Kind::alternatives;
        goal.joins = variables_of(clause.joins, environment, constant);
        goal.required = variables_of(clause.required, environment, constant);
        Pool<std::uint32_t> scopes;
        for (std::uint32_t const child : tree.children_of(clause.children)) {
          Item const branch{child, nested(environment, goal.source)};
          scopes.push_back(scope_of({&branch, 1}, {}));
        }
        set_scopes(goal, scopes);
        break;
      }
      case syntax::Clause::Kind::negation: {
        goal.kind = Goal::Kind::negation;
        goal.join = clause.join;
        goal.joins = variables_of(clause.joins, environment, constant);
        goal.has_constant = constant;
        Pool<Item> items;
        for (std::uint32_t const child : tree.children_of(clause.children)) {
          items.push_back({child, nested(environment, goal.source)});
          items.back().environment.denied = true;
        }
        std::uint32_t const scope = scope_of(items, {});
        set_scopes(goal, {&scope, 1});
        break;
      }
      case syntax::Clause::Kind::rule_call:
        return build_call(goal, clause, environment, out);
    }
    out.push_back(add(goal));
  }

  [[nodiscard]] static constexpr Environment nested(Environment environment, std::uint16_t source) {
    ++environment.depth;
    environment.source = source;
    return environment;
  }

  constexpr void build_function(Goal goal, syntax::Clause const& clause, Environment const& environment,
                                Pool<std::uint32_t>& out) {
    goal.terms = terms_of(clause, environment);
    goal.callee = clause.callee;
    goal.callee.form.in_rules = environment.in_rules;
    goal.kind = Goal::Kind::predicate;
    if (clause.kind == syntax::Clause::Kind::predicate && finds_values(goal.callee)) return build_question(goal, out);
    Pool<std::uint32_t> grounded;
    if (clause.kind == syntax::Clause::Kind::function) {
      goal.kind = Goal::Kind::function;
      goal.unpacking = static_cast<std::uint32_t>(goals_.unpackings.size());
      goals_.unpackings.push_back({});
      unpacking_of(goal.unpacking, clause.binding, environment, grounded);
    }
    out.push_back(add(goal));
    for (std::size_t i = 0; i + 1 < grounded.size(); i += 2) {
      out.push_back(add(ground(environment_[grounded[i]], grounded[i + 1], goal.form)));
    }
  }

  /// Whether a function looks at a source or asks a query for what it gives, and so is no filter of rows.
  [[nodiscard]] static constexpr bool finds_values(Callee const& callee) {
    if (callee.custom) return false;
    auto const& known = info_of(callee.builtin);
    return known.own_step && !known.predicate;
  }
  /// `[(get-else $ ?e :a 1)]`: a variable for what is found, and that it is neither nil nor false.
  constexpr void build_question(Goal goal, Pool<std::uint32_t>& out) {
    std::uint32_t const found = fresh(goal.form);
    Goal holds;
    holds.kind = Goal::Kind::predicate;
    holds.callee.builtin = FunctionId::identity;
    holds.callee.form = goal.callee.form;
    holds.form = goal.form;
    goal.kind = Goal::Kind::function;
    goal.unpacking = static_cast<std::uint32_t>(goals_.unpackings.size());
    goals_.unpackings.push_back({query::Binding::Kind::scalar, found, {}});
    out.push_back(add(goal));
    holds.terms = {static_cast<std::uint32_t>(goals_.terms.size()), 1};
    goals_.terms.push_back({Term::Kind::variable, found, {}});
    out.push_back(add(holds));
  }

  constexpr void build_call(Goal goal, syntax::Clause const& clause, Environment const& environment,
                            Pool<std::uint32_t>& out) {
    if (rules_ == nullptr || clause.rule >= rules_->tree->rules.size())
      return fail({Failure::Kind::no_rules, {clause.name, environment.in_rules}, {}});
    syntax::Rule const& rule = rules_->tree->rules[clause.rule];
    std::uint32_t const component = graph_.component(clause.rule);
    if (component == environment.component && environment.denied)
      return fail({Failure::Kind::denies_itself, goal.form, {}});
    goal.rule = static_cast<std::uint16_t>(clause.rule);
    if (clause.rule >= Bounds::numbers || rule.arity > 64) return fail({Failure::Kind::too_large, goal.form, {}});
    bool const has_rows =
        graph_.is_recursive(clause.rule) || inlined_ >= Bounds::inlined || environment.depth > Bounds::depth / 2;
    if (has_rows) {
      goal.kind = Goal::Kind::call;
      goal.terms = terms_of(clause, environment);
      out.push_back(add(goal));
      return;
    }
    ++inlined_;
    goal.kind = Goal::Kind::alternatives;
    Pool<Term> arguments;
    for (syntax::Term const& term : written(environment).tree->terms_of(clause.terms)) {
      Term argument = term_of(term, environment);
      if (argument.kind == Term::Kind::constant) argument.form.lenient = true;
      if (argument.kind == Term::Kind::blank)
        argument = {Term::Kind::variable, fresh({clause.node, environment.in_rules}), {}};
      arguments.push_back(argument);
    }
    goal.joins.first = goal.required.first = static_cast<std::uint32_t>(goals_.variables.size());
    for (Term const& argument : arguments) {
      if (argument.kind == Term::Kind::variable) add_variable(goal.joins.first, argument.index);
    }
    goal.joins.count = static_cast<std::uint32_t>(goals_.variables.size()) - goal.joins.first;
    goal.required.first = static_cast<std::uint32_t>(goals_.variables.size());
    for (std::uint16_t const column : rules_->tree->variables_of(rule.required)) {
      if (arguments[column].kind == Term::Kind::variable) add_variable(goal.required.first, arguments[column].index);
    }
    goal.required.count = static_cast<std::uint32_t>(goals_.variables.size()) - goal.required.first;
    Pool<std::uint32_t> scopes;
    for (syntax::Branch const& branch : syntax::Tree::of(rules_->tree->branches, rule.branches)) {
      Environment inner = nested(environment, goal.source);
      inner.in_rules = true;
      inner.first = enter(branch, arguments);
      Pool<Item> items;
      for (std::uint32_t const child : rules_->tree->children_of(branch.clauses)) items.push_back({child, inner});
      scopes.push_back(scope_of(items, {}));
      if (failed()) return;
    }
    set_scopes(goal, scopes);
    out.push_back(add(goal));
  }

  constexpr Slice build_bodies(std::uint32_t number) {
    syntax::Rule const& rule = rules_->tree->rules[number];
    std::uint32_t const component = graph_.component(number);
    Pool<Body> made;
    for (syntax::Branch const& branch : syntax::Tree::of(rules_->tree->branches, rule.branches)) {
      Environment environment{
          static_cast<std::uint32_t>(environment_.size()), true, syntax::callers_source, component, false, 0};
      Pool<Term> head;
      Slice head_variables{static_cast<std::uint32_t>(goals_.variables.size()), rule.arity};
      auto const names = syntax::Tree::of(rules_->tree->names, branch.names);
      for (std::size_t i = 0; i != rule.arity; ++i) {
        head.push_back({Term::Kind::variable, fresh({names[i], true}), {}});
        goals_.variables.push_back(head.back().index);
      }
      environment.first = enter(branch, head);
      Pool<Item> items;
      for (std::uint32_t const child : rules_->tree->children_of(branch.clauses)) items.push_back({child, environment});
      multiply_out(items, number, head_variables, made, 0);
      if (failed()) return {};
    }
    Slice const result{static_cast<std::uint32_t>(bodies_.size()), static_cast<std::uint32_t>(made.size())};
    bodies_.insert(bodies_.end(), made.begin(), made.end());
    return result;
  }

  constexpr void multiply_out(Pool<Item> const& items, std::uint32_t rule, Slice head, Pool<Body>& made,
                              std::uint32_t taken_apart) {
    if (failed()) return;
    std::uint32_t const component = graph_.component(rule);
    syntax::Tree const& tree = *rules_->tree;
    for (std::size_t i = 0; i != items.size(); ++i) {
      if (items[i].require) continue;
      syntax::Clause const& clause = tree.clauses[items[i].clause];
      bool const any = clause.kind == syntax::Clause::Kind::disjunction;
      if (!any && clause.kind != syntax::Clause::Kind::conjunction) continue;
      if (!graph_.calls_component(tree, items[i].clause, component)) continue;
      if (taken_apart == Bounds::taken_apart) return fail({Failure::Kind::too_large, {clause.node, true}, {}});
      auto const children = tree.children_of(clause.children);
      Environment const inner = nested(items[i].environment, source_of(clause.source, items[i].environment));
      for (std::size_t child = 0; child < (any ? children.size() : 1); ++child) {
        Pool<Item> longer{items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i)};
        if (any) {
          longer.push_back({children[child], inner});
          longer.push_back({items[i].clause, items[i].environment, true});
        } else {
          for (std::uint32_t const one : children) longer.push_back({one, inner});
        }
        longer.insert(longer.end(), items.begin() + static_cast<std::ptrdiff_t>(i) + 1, items.end());
        multiply_out(longer, rule, head, made, taken_apart + 1);
      }
      return;
    }
    if (made.size() >= Bounds::branches) return fail({Failure::Kind::too_large, {tree.rules[rule].name, true}, {}});
    std::uint32_t const scope = scope_of(items, {});
    made.push_back({scope, head});
  }

  RuleGraph graph_{};
  Pool<Body> bodies_{};
  Pool<RuleBodies> rule_bodies_{};
  std::uint32_t inlined_ = 0;
};

}  // namespace cairn::query::planning
