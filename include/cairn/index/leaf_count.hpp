// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How inner nodes and their leaves take part in a cache.
#pragma once

#include <cairn/index/node.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cairn::detail {

/// Requires that no other thread counts or unloads the leaf: it is new, or the cache is locked.
template <Order Sorted, class Shape>
void count_leaf(Leaf<Shape>& leaf, NodeCache& cache) noexcept {
  auto const weight = static_cast<std::uint32_t>(std::min<std::size_t>(leaf.template footprint<Sorted>(), UINT32_MAX));
  leaf.weight.store(weight, std::memory_order_relaxed);
  leaf.cache = &cache;
  cache.counted(weight);
}

template <class Shape>
void unload_leaves(CacheMember& member, NodeCache& cache) {
  auto& inner = static_cast<Inner<Shape>&>(member);
  for (std::size_t i = 0; i != inner.count; ++i) {
    auto* leaf = inner.child(i);
    if (leaf == nullptr) continue;
    if (leaf->used.load(std::memory_order_relaxed)) {
      leaf->used.store(false, std::memory_order_relaxed);
      continue;
    }
    if (!cache.may_unlink()) return;
    // Whoever reads its address from now on has seen the null pointer, and with it the address.
    inner.children[i].store(nullptr, std::memory_order_release);
    cache.unlinked(leaf, &release<Shape>);
  }
}

/// From here on the leaves of a node right above them, which is durable, may be unloaded.
template <Order Sorted, class Shape>
void enroll(Inner<Shape>& inner, NodeCache& cache) {
  if (inner.enrolled.load(std::memory_order_acquire)) return;
  Lineages<Inner<Shape>>::set_apart(inner);  // copies must not borrow what may be unloaded
  cache.enroll(inner, &unload_leaves<Shape>, [&] {
    inner.cache = &cache;
    for (std::size_t i = 0; i != inner.count; ++i) {
      auto* leaf = inner.child(i);
      if (leaf != nullptr && leaf->cache == nullptr) count_leaf<Sorted, Shape>(*as_leaf<Shape>(leaf), cache);
    }
  });
}

/// What a leaf is marked with by whoever looks for something in it, so that it is not the next to go. Scans leave no marks:
/// one over a whole store must not push out what is looked up.
inline void mark_used(NodeHeader& leaf, NodeCache const* cache) noexcept {
  if (cache != nullptr && !leaf.used.load(std::memory_order_relaxed)) leaf.used.store(true, std::memory_order_relaxed);
}

}  // namespace cairn::detail
