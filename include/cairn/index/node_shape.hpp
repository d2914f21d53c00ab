// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How many entries the nodes of a tree hold.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn {

/// The sizes of a tree's nodes. Node occupancy: a node keeps at least a third of its capacity, but for those along the
/// right edge of the tree, where appending leaves full nodes behind instead of half-full ones. `Counted` keeps the number of
/// live nodes, for tests.
template <std::size_t LeafCapacity, std::size_t InnerCapacity, bool Counted = false>
struct NodeShape {
  static_assert(LeafCapacity >= 4 && LeafCapacity <= 128, "cairn: a leaf holds 4 to 128 datoms (docs/format.md, Index nodes)");
  static_assert(InnerCapacity >= 4 && InnerCapacity <= 32, "cairn: an inner node has 4 to 32 children (docs/format.md)");

  static constexpr std::size_t leaf_capacity = LeafCapacity;
  static constexpr std::size_t leaf_minimum = LeafCapacity / 3;
  static constexpr std::size_t inner_capacity = InnerCapacity;
  static constexpr std::size_t inner_minimum = InnerCapacity / 3 < 2 ? 2 : InnerCapacity / 3;
  static constexpr bool counted = Counted;

  /// No tree of 2^48 datoms is higher; a stored node that claims to be is not believed.
  static constexpr std::size_t max_level = [] {
    std::size_t level = 0;
    for (std::uint64_t leaves = 1; leaves < (std::uint64_t{1} << 48U) / leaf_minimum; leaves *= inner_minimum) ++level;
    return level;
  }();
};

/// Measured: 64 to 256 datoms a leaf differ by less than the noise; 32 children keep a path copy cheap.
using DefaultNodeShape = NodeShape<128, 32>;

}  // namespace cairn
