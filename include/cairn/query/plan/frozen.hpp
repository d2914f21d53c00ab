// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A plan that a compiler keeps, and views of plans.
#pragma once

#include <cairn/query/plan/plan.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace cairn::query {

/// A view of a plan. The plan, the texts and their nodes must outlive it.
constexpr PlanView view_of(Plan const& plan, std::string_view text, Elements<notation::Node> nodes,
                           std::string_view rules_text = {}, Elements<notation::Node> rules_nodes = {}) {
  PlanView view;
  view.text = text;
  view.nodes = nodes;
  view.rules_text = rules_text;
  view.rules_nodes = rules_nodes;
  view.steps = plan.steps;
  view.blocks = plan.blocks;
  view.block_numbers = plan.block_numbers;
  view.operands = plan.operands;
  view.variables = plan.variables;
  view.bindings = plan.bindings;
  view.constants = plan.constants;
  view.names = plan.names;
  view.sources = plan.sources;
  view.tables = plan.tables;
  view.heads = plan.heads;
  view.closures = plan.closures;
  view.inputs = plan.inputs;
  view.find = plan.find;
  view.keys = plan.keys;
  view.order = plan.order;
  view.having = plan.having;
  view.main = plan.main;
  view.with = plan.with;
  view.shape = plan.shape;
  view.row_keys = plan.row_keys;
  view.limit = plan.limit;
  view.offset = plan.offset;
  return view;
}

/// How many elements the pools of a plan have.
struct PlanSizes {
  std::size_t nodes = 0;
  std::size_t rules_nodes = 0;
  std::size_t steps = 0;
  std::size_t blocks = 0;
  std::size_t block_numbers = 0;
  std::size_t operands = 0;
  std::size_t variables = 0;
  std::size_t bindings = 0;
  std::size_t constants = 0;
  std::size_t names = 0;
  std::size_t sources = 0;
  std::size_t tables = 0;
  std::size_t heads = 0;
  std::size_t closures = 0;
  std::size_t inputs = 0;
  std::size_t find = 0;
  std::size_t keys = 0;
  std::size_t order = 0;
  std::size_t having = 0;
  friend constexpr bool operator==(PlanSizes const&, PlanSizes const&) = default;
};

constexpr PlanSizes sizes_of(PlanView const& view) {
  return {view.nodes.size(),         view.rules_nodes.size(), view.steps.size(),     view.blocks.size(),
          view.block_numbers.size(), view.operands.size(),    view.variables.size(), view.bindings.size(),
          view.constants.size(),     view.names.size(),       view.sources.size(),   view.tables.size(),
          view.heads.size(),         view.closures.size(),    view.inputs.size(),    view.find.size(),
          view.keys.size(),          view.order.size(),       view.having.size()};
}

/// A plan in arrays, of its size or larger: what is left of a constant evaluation, whose vectors can't outlive it. Where its size is
/// not known, it is made in two passes, the first for the sizes:
///
///     constexpr PlanSizes sizes = sizes_of(make());           // make() returns something that has `view()`
///     static constexpr FrozenPlan<sizes> plan{make().view()}; // text and rules_text have to be of static storage
///
/// `view()` refers to it, so that it must be of static storage itself where the view is a constant.
template <PlanSizes Sizes>
struct FrozenPlan {
  std::string_view text{};
  std::string_view rules_text{};
  std::array<notation::Node, Sizes.nodes> nodes{};
  std::array<notation::Node, Sizes.rules_nodes> rules_nodes{};
  std::array<Step, Sizes.steps> steps{};
  std::array<Block, Sizes.blocks> blocks{};
  std::array<std::uint16_t, Sizes.block_numbers> block_numbers{};
  std::array<Operand, Sizes.operands> operands{};
  std::array<std::uint16_t, Sizes.variables> variables{};
  std::array<Binding, Sizes.bindings> bindings{};
  std::array<FormAt, Sizes.constants> constants{};
  std::array<FormAt, Sizes.names> names{};
  std::array<FormAt, Sizes.sources> sources{};
  std::array<Table, Sizes.tables> tables{};
  std::array<Slice, Sizes.heads> heads{};
  std::array<Closure, Sizes.closures> closures{};
  std::array<Input, Sizes.inputs> inputs{};
  std::array<Find, Sizes.find> find{};
  std::array<FormAt, Sizes.keys> keys{};
  std::array<OrderKey, Sizes.order> order{};
  std::array<Having, Sizes.having> having{};
  std::uint16_t main = 0;
  Slice with{};
  FindShape shape = FindShape::relation;
  RowKeys row_keys = RowKeys::none;
  std::int64_t limit = -1;
  std::int64_t offset = 0;

  constexpr FrozenPlan() = default;
  /// Requires: no pool of the view has more elements than `Sizes` says.
  constexpr explicit FrozenPlan(PlanView const& view)
      : text{view.text},
        rules_text{view.rules_text},
        main{view.main},
        with{view.with},
        shape{view.shape},
        row_keys{view.row_keys},
        limit{view.limit},
        offset{view.offset} {
    copy(view.nodes, nodes);
    copy(view.rules_nodes, rules_nodes);
    copy(view.steps, steps);
    copy(view.blocks, blocks);
    copy(view.block_numbers, block_numbers);
    copy(view.operands, operands);
    copy(view.variables, variables);
    copy(view.bindings, bindings);
    copy(view.constants, constants);
    copy(view.names, names);
    copy(view.sources, sources);
    copy(view.tables, tables);
    copy(view.heads, heads);
    copy(view.closures, closures);
    copy(view.inputs, inputs);
    copy(view.find, find);
    copy(view.keys, keys);
    copy(view.order, order);
    copy(view.having, having);
  }

  [[nodiscard]] constexpr PlanView view() const {
    PlanView all;
    all.text = text;
    all.nodes = nodes;
    all.rules_text = rules_text;
    all.rules_nodes = rules_nodes;
    all.steps = steps;
    all.blocks = blocks;
    all.block_numbers = block_numbers;
    all.operands = operands;
    all.variables = variables;
    all.bindings = bindings;
    all.constants = constants;
    all.names = names;
    all.sources = sources;
    all.tables = tables;
    all.heads = heads;
    all.closures = closures;
    all.inputs = inputs;
    all.find = find;
    all.keys = keys;
    all.order = order;
    all.having = having;
    all.main = main;
    all.with = with;
    all.shape = shape;
    all.row_keys = row_keys;
    all.limit = limit;
    all.offset = offset;
    return all;
  }

 private:
  template <class Element, std::size_t Size>
  static constexpr void copy(Elements<Element> from, std::array<Element, Size>& to) {
    auto const* const first = from.data();
    auto* const place = to.data();
    for (std::size_t i = 0, size = from.size(); i != size; ++i) place[i] = first[i];
  }
};

}  // namespace cairn::query
