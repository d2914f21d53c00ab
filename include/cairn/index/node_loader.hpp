// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From a parent to its child, which may have to be read from the store first.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/node_codec.hpp>

#include <cstddef>
#include <string>

namespace cairn::detail {

inline std::string hexadecimal(NodeAddress const& address) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (auto const byte : address.view()) {
    text += digits[std::to_integer<unsigned>(byte) >> 4U];
    text += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

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

/// Reads one node, all of which has to be between `low` and `high`, where there are such; an error says which node.
template <Order Sorted, class Shape>
NodeReference<Shape> read_node(NodeSource const& source, NodeAddress const& address, NodeExpectation const& expected,
                               RawDatom const* low = nullptr, RawDatom const* high = nullptr) {
  auto const bytes = source.read(source.context, address);
  try {
    auto node = decode_node<Sorted, Shape>(bytes.view(), expected);
    check_between<Sorted, Shape>(node.get(), low, high);
    node.get()->address = address;
    node.get()->stored.store(true, std::memory_order_release);
    return node;
  } catch (Error const& error) {
    raise(error.code(), error.message() + " It is the block at address " + hexadecimal(address) + ".",
          "{:address \"" + hexadecimal(address) + "\"}");
  }
}

/// Reads a child that is not in memory, without publishing it.
template <Order Sorted, class Shape>
NodeReference<Shape> read_child(Inner<Shape> const& parent, std::size_t at, NodeSource const* source) {
  NodeExpectation const expected{parent.sizes[at], static_cast<std::uint8_t>(parent.level - 1), source->address_size};
  return read_node<Sorted, Shape>(*source, parent.addresses[at], expected, at == 0 ? nullptr : &parent.separators[at - 1],
                                  at + 1 == parent.count ? nullptr : &parent.separators[at]);
}

template <Order Sorted, class Shape>
CAIRN_NOINLINE NodeHeader* load_child(Inner<Shape> const& parent, std::size_t at, NodeSource const* source) {
  auto node = read_child<Sorted, Shape>(parent, at, source);
  NodeHeader* there = nullptr;
  if (parent.children[at].compare_exchange_strong(there, node.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
    return node.take();
  }
  return there;  // another reader was faster
}

/// The child at `at`, which the parent keeps alive. May read: throws what the store throws. Safe on any number of threads.
template <Order Sorted, class Shape>
[[nodiscard]] NodeHeader* child_of(Inner<Shape> const& parent, std::size_t at, NodeSource const* source) {
  if (auto* node = parent.child(at)) [[likely]] return node;
  return load_child<Sorted>(parent, at, source);
}

}  // namespace cairn::detail
