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
  static constexpr bool buffered = false;
  /// How many datoms, or children, the `number`th leaf or inner node of its level gets before the next is begun, where a tree is built
  /// from what comes in order.
  [[nodiscard]] static constexpr std::size_t built_leaf(std::uint64_t /*number*/) noexcept { return LeafCapacity; }
  [[nodiscard]] static constexpr std::size_t built_inner(std::uint64_t /*number*/) noexcept { return InnerCapacity; }

  /// No tree of 2^48 datoms is higher; a stored node that claims to be is not believed.
  static constexpr std::size_t max_level = [] {
    std::size_t level = 0;
    for (std::uint64_t leaves = 1; leaves < (std::uint64_t{1} << 48U) / leaf_minimum; leaves *= inner_minimum) ++level;
    return level;
  }();
};

/// The same for a tree whose inner nodes are stored with buffers: what is still to be done to each child. `LeafOperations`: how
/// many wait for a leaf at the most; `LowBytes`: how much is kept in a node right above the leaves before the child with the longest
/// run is written, and six times as much in one a level up, but no more than `MostBytes`: so what a node is written for is much of
/// what it has room for, on each level.
template <class Shape, std::size_t LeafOperations, std::size_t LowBytes, std::size_t MostBytes>
struct BufferedShape : Shape {
  static constexpr bool buffered = true;
  static constexpr std::size_t leaf_operations = LeafOperations;
  [[nodiscard]] static constexpr std::size_t buffer_bytes(std::size_t level) noexcept {
    std::size_t bytes = LowBytes;
    for (; level > 1 && bytes < MostBytes; --level) bytes *= 6;
    return bytes < MostBytes ? bytes : MostBytes;
  }
  /// A node that is split is written, and so are those above it, with their buffers. Full nodes would all be split soon, and at once. So the leaf
  /// that is built as the `number`th is left as full as one of a tree that insertions all over it have made, which go on splitting as
  /// many at any time: no more than x of its capacity in the share 2 - 1/x of all, for x from a half to 1; ln 2 in the mean. Inner nodes, of whose
  /// splits little comes, are filled evenly from three quarters on. Neighbours are unlike each other.
  [[nodiscard]] static constexpr std::size_t built_leaf(std::uint64_t number) noexcept {
    return static_cast<std::size_t>(Shape::leaf_capacity * whole / (2 * whole - part(number)));
  }
  [[nodiscard]] static constexpr std::size_t built_inner(std::uint64_t number) noexcept {
    constexpr std::size_t capacity = Shape::inner_capacity;
    constexpr std::size_t least = capacity - capacity / 4;
    return static_cast<std::size_t>(least + (part(number) * (capacity - least + 1) >> part_bits));
  }
  /// When a leaf is split, so are up to this many of its siblings that have so many datoms. Measured: fewer cost more writes, more split too early.
  static constexpr std::size_t splits_along = 4;
  static constexpr std::size_t soon_full = Shape::leaf_capacity - Shape::leaf_capacity * 3 / 16;

 private:
  static constexpr unsigned part_bits = 32;
  static constexpr std::uint64_t whole = std::uint64_t{1} << part_bits;
  /// Less than `whole`, and, of any numbers that follow each other, spread evenly: multiples of the golden ratio.
  [[nodiscard]] static constexpr std::uint64_t part(std::uint64_t number) noexcept {
    return number * 0x9E3779B97F4A7C15U >> (64U - part_bits);
  }
};

/// Measured: 64 to 256 datoms a leaf differ by less than the noise; 32 children keep a path copy cheap.
using DefaultNodeShape = NodeShape<128, 32>;

}  // namespace cairn
