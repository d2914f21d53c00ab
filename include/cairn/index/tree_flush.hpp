// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tree on its way to the store.
#pragma once

#include <cairn/index/buffered_store.hpp>
#include <cairn/index/flush_receipt.hpp>
#include <cairn/index/node_codec.hpp>
#include <cairn/index/tree_walk.hpp>

#include <cstddef>

namespace cairn::detail {

/// Writes what is not stored, children first; the node's address. Below a stored node all are stored.
template <Order Sorted, class Shape>
  requires(!Shape::buffered)
NodeAddress flush_node(NodeHeader* node, NodeSink const& sink, FlushReceipt* receipt, NodeCache* cache = nullptr) {
  if (is_stored(node)) return node->address;
  void (*enroll_it)(NodeHeader*, NodeCache&) = nullptr;
  if (node->level != 0) {
    auto& inner = *as_inner<Shape>(node);
    for (std::size_t i = 0; i != inner.count; ++i) {
      auto* child = inner.child(i);
      if (child == nullptr) continue;
      auto const address = flush_node<Sorted, Shape>(child, sink, receipt, cache);
      // One that was read for this place is where its address says; others may read that at this moment.
      if ((inner.addressed & Inner<Shape>::bit(i)) == 0 || !(inner.addresses[i] == address)) inner.set_address(i, address);
    }
    if (inner.level == 1) {
      enroll_it = [](NodeHeader* parent, NodeCache& to) { enroll<Sorted, Shape>(*as_inner<Shape>(parent), to); };
    }
  }
  auto const bytes = encode_node<Sorted, Shape>(*node, sink.address_size,
                                                [&](std::size_t at) { return as_inner<Shape>(node)->addresses[at]; });
  if (receipt != nullptr) receipt->add(node, enroll_it, cache);
  node->address = sink.write(sink.context, bytes);
  node->stored.store(Stored::promised, std::memory_order_release);
  return node->address;
}

/// Makes the store hold the tree below a root; the root's address.
template <Order Sorted, class Shape>
NodeAddress flush_root(NodeHeader* root, NodeSink const& sink, FlushReceipt* receipt, NodeSource const* source) {
  if constexpr (Shape::buffered) {
    return BufferedFlush<Sorted, Shape>{sink, source, receipt}.root(root);
  } else {
    return flush_node<Sorted, Shape>(root, sink, receipt, cache_of(source));
  }
}

}  // namespace cairn::detail
