// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tree on its way to the store, and a look at all of its nodes there.
#pragma once

#include <cairn/index/flush_receipt.hpp>
#include <cairn/index/tree_walk.hpp>

#include <concepts>
#include <cstddef>

namespace cairn::detail {

[[nodiscard]] inline bool is_stored(NodeHeader const* node) noexcept { return node->stored.load(std::memory_order_acquire); }

/// Writes what is not stored, children first; the node's address. Below a stored node all are stored.
template <Order Sorted, class Shape>
NodeAddress flush_node(NodeHeader* node, NodeSink const& sink, FlushReceipt* receipt) {
  if (is_stored(node)) return node->address;
  auto const address_of = [&](std::size_t at) {
    auto const& inner = *as_inner<Shape>(node);
    auto const* child = inner.child(at);
    return child == nullptr ? inner.addresses[at] : child->address;
  };
  if (node->level != 0) {
    for (std::size_t i = 0; i != node->count; ++i) {
      if (auto* child = as_inner<Shape>(node)->child(i)) flush_node<Sorted, Shape>(child, sink, receipt);
    }
  }
  auto const bytes = encode_node<Sorted, Shape>(*node, sink.address_size, address_of);
  if (receipt != nullptr) receipt->add(node);
  node->address = sink.write(sink.context, bytes);
  node->stored.store(true, std::memory_order_release);
  return node->address;
}

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

template <Order Sorted, class Shape, class Visit>
void visit_children(Inner<Shape> const& inner, NodeSource const* source, Visit& visit) {
  for (std::size_t i = 0; i != inner.count; ++i) {
    auto* child = inner.child(i);
    bool const stored = child == nullptr || is_stored(child);
    if (stored && !visit_address(child == nullptr ? inner.addresses[i] : child->address, visit)) continue;
    if (inner.level == 1) continue;
    if (child != nullptr) {
      visit_children<Sorted, Shape>(*as_inner<Shape>(child), source, visit);
    } else {
      // Read for this visit alone: a look at a whole store must not fill the memory with it.
      auto const read = read_child<Sorted, Shape>(inner, i, source);
      visit_children<Sorted, Shape>(*as_inner<Shape>(read.get()), source, visit);
    }
  }
}

template <Order Sorted, class Shape, class Visit>
void visit_addresses(NodeHeader* root, NodeSource const* source, Visit& visit) {
  if (is_stored(root) && !visit_address(root->address, visit)) return;
  if (root->level != 0) visit_children<Sorted, Shape>(*as_inner<Shape>(root), source, visit);
}

}  // namespace cairn::detail
