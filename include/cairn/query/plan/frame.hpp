// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What stands around the clauses of a query: its inputs, and what it finds.
#pragma once

#include <cairn/query/plan/goal.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstdint>

namespace cairn::query::planning {

/// A variable: bound, or from now on.
constexpr Operand operand_of(std::uint32_t variable, VariableSet& bound) {
  bool const has = bound.contains(variable);
  bound.insert(variable);
  return {has ? Operand::Kind::bound : Operand::Kind::free, static_cast<std::uint16_t>(variable)};
}

constexpr Operand constant_of(Plan& plan, FormAt form) {
  plan.constants.push_back(form);
  return {Operand::Kind::constant, static_cast<std::uint16_t>(plan.constants.size() - 1)};
}

/// Puts inputs and `:find` in a plan.
class Frame {
 public:
  /// Both live longer.
  constexpr Frame(Written const& query, Plan& plan) : query_{&query}, plan_{plan} {}

  /// `bound` gets the variables that inputs bind.
  constexpr void make_inputs(VariableSet& bound) {
    syntax::Tree const& tree = *query_->tree;
    for (std::uint32_t const source : tree.sources) plan_.sources.push_back({source, false});
    for (syntax::Input const& input : tree.inputs) {
      Input made{static_cast<Input::Kind>(input.kind), input.source, 0, {input.node, false}, input.optional};
      if (input.kind == syntax::Input::Kind::binding) {
        made.binding = static_cast<std::uint32_t>(plan_.bindings.size());
        plan_.bindings.push_back({});
        make_input_binding(made.binding, input.binding, bound);
      }
      plan_.inputs.push_back(made);
    }
  }

  /// `wanted` gets the variables that are looked at behind the clauses.
  constexpr void make_find(VariableSet& wanted) {
    syntax::Tree const& tree = *query_->tree;
    plan_.shape = tree.shape;
    plan_.row_keys = tree.row_keys;
    plan_.limit = tree.limit;
    plan_.offset = tree.offset;
    auto const want = [&](syntax::Term const& term) -> Operand {
      if (term.kind == syntax::Term::Kind::constant) return constant_of(plan_, {term.node, false});
      if (term.kind == syntax::Term::Kind::column) return {Operand::Kind::bound, term.index};
      if (term.kind == syntax::Term::Kind::source) return {Operand::Kind::source, term.index};
      if (term.kind == syntax::Term::Kind::blank) return {};
      wanted.insert(term.index);
      return {Operand::Kind::bound, term.index};
    };
    auto const want_all = [&](Slice terms) {
      Slice const made{static_cast<std::uint32_t>(plan_.operands.size()), terms.count};
      for (syntax::Term const& term : tree.terms_of(terms)) {
        Operand const operand = want(term);
        plan_.operands.push_back(operand);
      }
      return made;
    };
    for (syntax::FindElement const& element : tree.find) {
      wanted.insert(element.variable);
      Find made;
      made.kind = static_cast<Find::Kind>(element.kind);
      made.variable = element.variable;
      made.aggregate = element.aggregate;
      made.arguments = want_all(element.arguments);
      made.source = element.source;
      if (element.kind == syntax::FindElement::Kind::pull) made.pattern = want(element.pattern);
      made.form = {element.kind == syntax::FindElement::Kind::custom_aggregate ? element.name : element.node, false};
      plan_.find.push_back(made);
    }
    plan_.with.first = static_cast<std::uint32_t>(plan_.variables.size());
    for (std::uint16_t const variable : tree.variables_of(tree.with)) {
      wanted.insert(variable);
      plan_.variables.push_back(variable);
    }
    plan_.with.count = static_cast<std::uint32_t>(plan_.variables.size()) - plan_.with.first;
    for (std::uint32_t const key : tree.keys) plan_.keys.push_back({key, false});
    for (syntax::OrderKey const& key : tree.order) plan_.order.push_back({key.column, key.descending});
    for (syntax::Having const& having : tree.having) {
      Slice const operands = want_all(having.terms);
      plan_.having.push_back({having.callee, operands});
    }
  }

 private:
  constexpr void make_input_binding(std::uint32_t place, std::uint32_t number, VariableSet& bound) {
    syntax::Binding const& binding = query_->tree->bindings[number];
    Binding made{static_cast<Binding::Kind>(binding.kind), {}, {}};
    if (binding.kind == syntax::Binding::Kind::scalar) made.variable = operand_of(binding.variable, bound);
    made.parts = {static_cast<std::uint32_t>(plan_.bindings.size()), binding.parts.count};
    plan_.bindings.resize(plan_.bindings.size() + binding.parts.count, Binding{});
    plan_.bindings[place] = made;
    for (std::uint32_t i = 0; i != binding.parts.count; ++i)
      make_input_binding(made.parts.first + i, binding.parts.first + i, bound);
  }

  Written const* query_;
  Plan& plan_;
};

}  // namespace cairn::query::planning
