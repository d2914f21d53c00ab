// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A look at all nodes of a tree on the store.
#pragma once

#include <cairn/index/tree_walk.hpp>

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace cairn::detail {

/// A visit that returns false keeps out of what is below the node.
template <class Visit>
[[nodiscard]] bool visit_address(NodeAddress const& address, Visit& visit) {
  if constexpr (std::same_as<decltype(visit(address)), bool>) {
    return visit(address);
  } else {
    visit(address);
    return true;
  }
}

/// The block by which a flush would describe a node that is not stored: all below it are then described by what is below the
/// block. Null: it would be written.
template <class Shape>
[[nodiscard]] BlockReference block_to_stand_on(NodeHeader* node) {
  auto const& block = described_by<Shape>(node).block;
  if (node->level == 0 || is_stored(node)) return is_usable(block) ? block : nullptr;
  auto const& inner = *as_inner<Shape>(node);
  if (inner.base == nullptr || inner.base->size() != inner.count || !is_usable(block)) return nullptr;
  for (std::size_t i = 0; i != inner.count; ++i) {
    auto* const child = inner.child(i);
    auto const of_child = child != nullptr ? block_to_stand_on<Shape>(child) : inner.addresses.child(i).block;
    if (of_child != (*inner.base)[i].block) return nullptr;
  }
  return block;
}

template <Order Sorted, class Shape, class Visit>
void visit_children(Inner<Shape> const& inner, NodeSource const* source, Visit& visit) {
  for (std::size_t i = 0; i != inner.count; ++i) {
    NodeHeader* child = nullptr;
    bool stored = true;
    NodeAddress address;
    {
      Reading const reading{cache_of(source)};
      child = inner.child(i);
      // A child with buffers may be described anew for another version than this one, which is stored as it is.
      bool const settled = Shape::buffered && (is_stored(&inner) || inner.enrolled.load(std::memory_order_acquire));
      bool const by_parent = settled || child == nullptr;
      stored = by_parent || is_stored(child);
      if (stored) address = by_parent ? inner.addresses[i] : child->address;
      if constexpr (Shape::buffered) {
        if (auto const block = stored ? nullptr : block_to_stand_on<Shape>(child)) {
          stored = true;
          address = block->address;
        }
      }
    }
    if (stored && !visit_address(address, visit)) continue;
    if (inner.level == 1) continue;  // a leaf may be gone by now
    if (child != nullptr) {
      visit_children<Sorted, Shape>(*as_inner<Shape>(child), source, visit);
    } else {
      // Read for this visit alone: a look at a whole store must not fill the memory with it.
      auto const read = read_child<Sorted, Shape>(inner, i, source, true);
      visit_children<Sorted, Shape>(*as_inner<Shape>(read.get()), source, visit);
    }
  }
}

template <Order Sorted, class Shape, class Visit>
void visit_below(NodeHeader* root, NodeSource const* source, Visit& visit) {
  if (root->level != 0) visit_children<Sorted, Shape>(*as_inner<Shape>(root), source, visit);
}

/// The way to a node: which child, from the root on.
using NodePath = std::vector<std::size_t>;

/// Reads all nodes below one of a tree that was just opened, each by itself; see `PersistentSet::read_all`.
template <Order Sorted, class Shape, class Enter, class Fault>
void read_below(Inner<Shape> const& inner, NodeSource const* source, NodePath& path, Enter& enter, Fault& fault) {
  for (std::size_t i = 0; i != inner.count; ++i) {
    auto const address = inner.addresses[i];
    if (!enter(path.size() + 1, address)) continue;
    path.push_back(i);
    NodeReference<Shape> child;
    try {
      child = read_child<Sorted, Shape>(inner, i, source);
    } catch (Error const& error) {
      fault(std::as_const(path), address, error);
    }
    if (child && inner.level != 1) read_below<Sorted, Shape>(*as_inner<Shape>(child.get()), source, path, enter, fault);
    path.pop_back();
  }
}

}  // namespace cairn::detail
