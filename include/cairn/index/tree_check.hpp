// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a tree is one.
#pragma once

#include <cairn/index/node_reader.hpp>
#include <cairn/index/tree_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace cairn::detail {

/// What is pending in a node's description is all on datoms between two separators of its parent, where others would look for them.
template <Order Sorted, class Shape>
void check_pending_between(NodeHeader* node, RawDatom const* low, RawDatom const* high) {
  if (node->level != 0 && !is_stored(node)) return;  // a flush will describe it anew
  StoredChild place;
  {
    OriginLock const lock{node};
    place = described_by<Shape>(node);
  }
  if (is_usable(place.block) && !is_between<Sorted>(place.run.get(), low, high)) {
    ByteReader::corrupt("an operation is pending on a datom that does not belong below its node's parent");
  }
}

/// Checks a node and all below it against what is around it: levels, sizes, occupancy, order, heads, and the separators of
/// all ancestors (a read checks those of the parent alone), which are around what is pending in it, too. `right_edge`: nothing is right of it, so it may be small.
template <Order Sorted, class Shape>
void check_node(NodeHeader* node, NodeSource const* source, std::uint64_t size, RawDatom const* low, RawDatom const* high,
                bool root, bool right_edge) {
  auto const demand = [](bool holds, char const* why) {
    if (!holds) ByteReader::corrupt(why);
  };
  auto const check_rows = [&](auto const& rows, std::size_t count) {
    RawDatom before;
    for (std::size_t i = 0; i != count; ++i) {
      RawDatom datom = rows.template view<Sorted>(i);
      demand(rows.has_head(i, head_of<Sorted>(datom)), "a head is not that of its datom");
      demand(i == 0 || compare<Sorted>(before, datom) < 0, "the datoms of a node are not in order");
      before = std::move(datom);
    }
  };
  bool const leaf = node->level == 0;
  demand(root || right_edge || node->count >= (leaf ? Shape::leaf_minimum : Shape::inner_minimum), "a node is too small");
  check_between<Sorted, Shape>(node, low, high);
  if constexpr (Shape::buffered) check_pending_between<Sorted, Shape>(node, low, high);
  if (leaf) {
    demand(node->count != 0 && node->count == size, "a leaf has another number of datoms than its parent says");
    as_leaf<Shape>(node)->template with_rows<Sorted>([&](auto const& rows) { check_rows(rows, node->count); });
    return;
  }
  auto const& inner = *as_inner<Shape>(node);
  demand(inner.count >= 2, "an inner node has a single child");
  demand(inner.size() == size, "the sizes in a node do not add up");
  check_rows(inner.separators, inner.count - 1U);
  for (std::size_t i = 0; i != inner.count; ++i) {
    bool const last = i + 1 == inner.count;
    NodeReference<Shape> held;
    {
      Reading const reading{cache_of(source)};
      if (auto* there = inner.child(i)) {
        retain(there);
        held = NodeReference<Shape>{there};
      }
    }
    if (!held) held = read_child<Sorted, Shape>(inner, i, source);
    auto* child = held.get();
    demand(child->level + 1 == inner.level, "a node is not at the level that it belongs to");
    check_node<Sorted, Shape>(child, source, inner.sizes[i], i == 0 ? low : &inner.separators[i - 1],
                              last ? high : &inner.separators[i], false, right_edge && last);
  }
}

template <Order Sorted, class Shape>
void check_tree(NodeHeader* root, NodeSource const* source, std::uint64_t size) {
  check_node<Sorted, Shape>(root, source, size, nullptr, nullptr, true, true);
}

}  // namespace cairn::detail
