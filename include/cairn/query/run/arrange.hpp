// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is done with the rows that a query found: `:having`, `:order-by`, `:limit` and `:offset`.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/callable.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query::detail {

/// Keeps of the rows those numbers, in that order.
inline void pick(QueryContext& context, Found& found, std::span<std::uint32_t const> rows) {
  for (auto& column : found.rows.columns()) {
    static_cast<void>(context.poll());
    column = column.picked(rows);
  }
  found.rows.set_size(rows.size());
  for (auto& pulled : found.pulled) {
    std::vector<notation::Value> values;
    values.reserve(rows.size());
    for (auto const row : rows) values.push_back(std::move(pulled.values[row]));
    pulled.values = std::move(values);
  }
}

/// `:having`. `inputs`: by their numbers, those that are one value.
template <meta::Lazy = {}>
inline void keep_having(QueryContext& context, Found& found, std::span<Cell const> inputs = {}) {
  auto const& plan = context.plan();
  std::vector<std::uint32_t> kept(found.rows.size());
  std::iota(kept.begin(), kept.end(), 0U);
  for (auto const& having : plan.having) {
    Callable holds{context, having.callee, plan.operands_of(having.operands)};
    std::vector<std::uint32_t> still;
    Batch row{found.columns() + inputs.size()};
    row.set_rows(1);
    for (std::size_t i = 0; i != inputs.size(); ++i) row[found.columns() + i] = {&inputs[i].word, nullptr, inputs[i].kind};
    std::uint32_t seen = 0;
    for (auto const number : kept) {
      if (++seen % batch_rows == 0) static_cast<void>(context.poll());
      for (std::size_t i = 0; i != found.columns(); ++i) row[i] = found.rows.columns()[i].from(number);
      if (is_truthy(holds(row, 0))) still.push_back(number);
    }
    kept = std::move(still);
  }
  if (kept.size() != found.rows.size()) pick(context, found, kept);
}

template <meta::Lazy = {}>
inline void sort_rows(QueryContext& context, Found& found, std::span<OrderKey const> keys) {
  std::vector<std::uint32_t> rows(found.rows.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::uint32_t compared = 0;
  std::ranges::sort(rows, [&](std::uint32_t left, std::uint32_t right) {
    if (compared++ % (4 * batch_rows) == 0) static_cast<void>(context.poll());
    for (auto const key : keys) {
      BorrowedValue const a{found.rows.at(left, key.column)};
      BorrowedValue const b{found.rows.at(right, key.column)};
      auto const order = order_of(*a, *b);
      if (order != 0) return key.descending ? order > 0 : order < 0;
    }
    return left < right;
  });
  pick(context, found, rows);
}

/// How many rows a shape shows at most; -1: all.
[[nodiscard]] constexpr std::int64_t shown_rows(FindShape shape, std::int64_t limit) noexcept {
  bool const one = shape == FindShape::scalar || shape == FindShape::tuple;
  return one && limit != 0 ? 1 : limit;
}

/// How many of the rows that are found count, at most.
[[nodiscard]] constexpr std::size_t most_rows(PlanView const& plan, std::int64_t offset, std::int64_t limit) noexcept {
  auto const shown = shown_rows(plan.shape, limit);
  if (!plan.order.empty() || !plan.having.empty() || shown < 0) return (std::numeric_limits<std::size_t>::max)();
  return static_cast<std::size_t>(shown) + static_cast<std::size_t>((std::max)(offset, std::int64_t{0}));
}

/// The rows from `offset` on, `limit` of them; -1: all.
inline void page(QueryContext& context, Found& found, std::int64_t offset, std::int64_t limit) {
  auto const size = found.rows.size();
  auto const first = (std::min)(size, static_cast<std::size_t>((std::max)(offset, std::int64_t{0})));
  auto const count = limit < 0 ? size - first : (std::min)(size - first, static_cast<std::size_t>(limit));
  if (first == 0 && count == size) return;
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
  pick(context, found, rows);
}

}  // namespace cairn::query::detail
