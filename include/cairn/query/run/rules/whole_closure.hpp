// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries that ask for a transitive closure and nothing else.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/rules/reach_pairs.hpp>
#include <cairn/query/run/rules/rule_tables.hpp>

#include <optional>

namespace cairn::query {

/// The rows of `:find` where that is the two ends of a closure, both of them open, and no other clause is there: they
/// are written as the columns of the result, without batches in between. Nothing for other plans. Requires that one
/// row comes in, and that all rows are wanted. Errors: those of the source, and of the limits of memory and time.
template <meta::Lazy = {}>
[[nodiscard]] std::optional<StoredRows> whole_closure(QueryContext& context) {
  auto const& plan = context.plan();
  auto const steps = plan.steps_of(plan.blocks[plan.main]);
  if (steps.size() != 1 || steps[0].kind != Step::Kind::closure) return std::nullopt;
  if (plan.find.size() != 2 || plan.with.count != 0) return std::nullopt;
  auto const ends = plan.operands_of(steps[0].operands);
  auto const place_of = [&](Operand end) -> std::size_t {
    for (std::size_t i = 0; i != 2; ++i) {
      auto const& find = plan.find[i];
      if (end.kind == Operand::Kind::free && find.kind == Find::Kind::variable && find.variable == end.index) return i;
    }
    return 2;
  };
  auto const from = place_of(ends[0]);
  auto const to = place_of(ends[1]);
  if (from == to || from == 2 || to == 2) return std::nullopt;
  auto& edges = RuleTables::of(context).closure(steps[0].table);
  auto& graph = edges.graph(false);
  if (!graph.is_uniform()) return std::nullopt;
  StoredRows rows{2};
  rows.set_size(ReachPairs{context, graph}.write(rows.columns()[from], rows.columns()[to]));
  if (graph.is_dense()) {
    for (auto& column : rows.columns()) column.set_range(graph.word(0), graph.size());
  }
  context.count(steps[0], rows.size());
  return rows;
}

}  // namespace cairn::query
