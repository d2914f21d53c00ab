// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Searches in a dense column of heads.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <limits>

namespace cairn::detail {

/// Where a key belongs: how many rows are before it, and whether the row there is the key itself.
struct Found {
  std::size_t index;
  bool equal;
};

/// The number of sorted `heads` that are below `bound`. The trip count depends on `count` alone, so nothing is mispredicted.
template <class Head>
[[nodiscard]] std::size_t count_below(Head const* heads, std::size_t count, Head bound) noexcept {
  if (count == 0) return 0;
  Head const* base = heads;
  while (count > 1) {
    std::size_t const half = count / 2;
    base += base[half - 1] < bound ? half : 0;
    count -= half;
  }
  return static_cast<std::size_t>(base - heads) + (*base < bound ? 1 : 0);
}

/// Where a key belongs among rows of which those with heads below `low` are before it and those above `high` after it;
/// between them `order_of(row)` decides, the row against the key.
template <class Head>
[[nodiscard]] Found search(Head const* heads, std::size_t count, Head low_head, Head high_head, auto const& order_of) noexcept {
  std::size_t low = count_below(heads, count, low_head);
  if (low == count || heads[low] > high_head) return {low, false};
  // Mostly one row ties, and it is the one that is looked for.
  std::strong_ordering const first = order_of(low);
  if (first >= 0) return {low, first == 0};
  // The others are few, mostly.
  std::size_t high = ++low;
  for (std::size_t step = 1; high < count && heads[high] <= high_head; step *= 2) high += step;
  high = std::min(high, count);
  if (high_head != std::numeric_limits<Head>::max()) high = low + count_below(heads + low, high - low, static_cast<Head>(high_head + 1));
  // What is new comes behind all others of its value.
  if (low != high) {
    std::strong_ordering const last = order_of(high - 1);
    if (last <= 0) return {last == 0 ? high - 1 : high, last == 0};
    --high;
  }
  while (low != high) {
    std::size_t const middle = low + (high - low) / 2;
    std::strong_ordering const order = order_of(middle);
    if (order == 0) return {middle, true};
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {low, false};
}

/// The same for a key of one head, where the rows before `first` are known to be before it: what comes in order mostly belongs there.
template <class Head>
[[nodiscard]] Found search_from(Head const* heads, std::size_t first, std::size_t count, Head head, auto const& order_of) noexcept {
  if (first == count || heads[first] > head) return {first, false};
  auto const found = search(heads + first, count - first, head, head, [&](std::size_t at) { return order_of(first + at); });
  return {first + found.index, found.equal};
}

}  // namespace cairn::detail
