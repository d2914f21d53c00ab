// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From a node's bytes to the node, as it may stand in the tree.
#pragma once

#include <cairn/index/node.hpp>
#include <cairn/index/node_codec.hpp>
#include <cairn/index/node_loader.hpp>

#include <atomic>

namespace cairn::detail {

/// The whole of a node lies between two separators of its parent.
template <Order Sorted, class Shape>
void check_between(NodeHeader* node, RawDatom const* low, RawDatom const* high) {
  auto const check = [&](RawDatom const& first, RawDatom const& last) {
    if ((low != nullptr && compare<Sorted>(first, *low) < 0) || (high != nullptr && compare<Sorted>(last, *high) >= 0)) {
      ByteReader::corrupt("a node holds datoms that do not belong below its parent");
    }
  };
  if (node->level == 0) {
    auto const* leaf = as_leaf<Shape>(node);
    check(leaf->template view<Sorted>(0), leaf->template view<Sorted>(node->count - 1U));
  } else {
    auto const& separators = as_inner<Shape>(node)->separators;
    check(separators[0], separators[node->count - 2U]);
  }
}

template <Order Sorted, class Shape>
NodeReference<Shape> node_of_bytes(Bytes const& bytes, NodePlace<Shape> const& place, NodeExpectation expected,
                                   RawDatom const* low, RawDatom const* high) {
  auto const& address = address_of(place);
  try {
    auto node = [&] {
      if constexpr (Shape::buffered) {
        return decode_node<Sorted, Shape>(bytes.view(), expected, place.run);
      } else {
        return decode_node<Sorted, Shape>(bytes.view(), expected);
      }
    }();
    check_between<Sorted, Shape>(node.get(), low, high);
    if constexpr (Shape::buffered) described_by<Shape>(node.get()) = place;  // nobody else knows the node yet
    node.get()->address = address;
    node.get()->stored.store(Stored::durable, std::memory_order_release);
    return node;
  } catch (Error const& error) {
    raise(error.code(), error.message() + " It is the block at address " + hexadecimal(address) + ".",
          "{:address \"" + hexadecimal(address) + "\"}");
  }
}

}  // namespace cairn::detail
