// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Ways from a root to a leaf.
#pragma once

#include <cairn/index/node_loader.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace cairn::detail {

/// An inner node and which of its children the way goes through.
template <class Shape>
struct Step {
  Inner<Shape>* node = nullptr;
  std::size_t index = 0;
};

/// The way to a leaf: the step at each level, from 1 to the root's. There is none at level 0.
template <class Shape>
using Steps = std::array<Step<Shape>, Shape::max_level + 1>;

/// About where in the leaf at `at` a head is: as far between the separators as the heads of its datoms are spread evenly.
template <class Shape>
[[nodiscard]] std::size_t likely_row(Inner<Shape> const& parent, std::size_t at, std::uint64_t head) noexcept {
  auto const rows = static_cast<std::size_t>(parent.sizes[at]);
  if (at == 0 || at + 1 == parent.count) return rows / 2;
  auto const low = parent.separators.head(at - 1);
  auto const high = parent.separators.head(at);
  if (head <= low || head >= high) return head <= low ? 0 : rows;
  auto const real = [](std::uint64_t number) { return static_cast<double>(static_cast<std::int64_t>(number >> 1U)); };
  return static_cast<std::size_t>(static_cast<double>(rows) * (real(head - low) / (real(high - low) + 1)));
}

/// Requires a `Reading`. Calls `visit(inner, index)` on the way from `root` to the leaf where `key` belongs; the leaf.
template <Order Sorted, class Shape, class Key>
[[nodiscard]] Leaf<Shape>* descend(NodeHeader* root, NodeSource const* source, Key const& key, HeadBounds bounds,
                                   auto const& visit) {
  auto* node = root;
  // Counted rather than asked of each node: the leaf's columns are fetched together with its head.
  for (auto level = root->level; level != 0; --level) {
    auto* inner = as_inner<Shape>(node);
    auto const at = child_index<Sorted>(*inner, key, bounds);
    visit(inner, at);
    node = child_of<Sorted>(*inner, at, source);
    if (level != 1) {
      as_inner<Shape>(node)->prefetch_for_search();
    } else {
      // All that is likely to be read, at once, by what the parent says: neither the head nor the place is waited for.
      as_leaf<Shape>(node)->prefetch_heads();
      as_leaf<Shape>(node)->template prefetch_row<Sorted>(likely_row(*inner, at, bounds.low));
    }
  }
  auto* leaf = as_leaf<Shape>(node);
  mark_used(*leaf, cache_of(source));
  return leaf;
}

/// How many datoms are before `key`.
template <Order Sorted, class Shape, class Key>
[[nodiscard]] std::uint64_t rank_of(NodeHeader* root, NodeSource const* source, Key const& key) {
  if (root == nullptr) return 0;
  auto const bounds = bounds_of<Sorted>(key);
  std::uint64_t rank = 0;
  Reading const reading{cache_of(source)};
  auto const* leaf = descend<Sorted, Shape>(root, source, key, bounds, [&](Inner<Shape> const* inner, std::size_t at) {
    for (std::size_t i = 0; i != at; ++i) rank += inner->sizes[i];
  });
  return rank + leaf->template find<Sorted>(key, bounds).index;
}

template <Order Sorted, class Shape>
[[nodiscard]] bool contains(NodeHeader* root, NodeSource const* source, RawDatom const& datom) {
  if (root == nullptr) return false;
  auto const bounds = bounds_of<Sorted>(datom);
  Reading const reading{cache_of(source)};
  auto const* leaf = descend<Sorted, Shape>(root, source, datom, bounds, [](auto const*, std::size_t) {});
  return leaf->template find<Sorted>(datom, bounds).equal;
}

template <Order Sorted, class Shape>
[[nodiscard]] std::uint64_t count_between(NodeHeader* root, NodeSource const* source, Position const& from, Position const& to) {
  auto const before = rank_of<Sorted, Shape>(root, source, from);
  auto const up_to = rank_of<Sorted, Shape>(root, source, to);
  return up_to > before ? up_to - before : 0;
}

}  // namespace cairn::detail
