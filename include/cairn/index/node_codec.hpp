// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of nodes.
#pragma once

#include <cairn/datom/checksum.hpp>
#include <cairn/index/node.hpp>
#include <cairn/index/row_codec.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::detail {

inline constexpr std::uint8_t node_format = 1;

/// What a parent, or a root record, says of a node before it is read.
struct NodeExpectation {
  std::uint64_t size;                     // datoms below it
  std::optional<std::uint8_t> level;      // none: a root
  std::uint8_t address_size;
};

/// Writes the first `count` rows. `look(i, slot)` shows one.
void write_rows(ByteWriter& out, std::size_t count, auto const& look) {
  RawDatom const none;
  DatomSlot pair[2];
  for (std::size_t i = 0; i != count; ++i) {
    look(i, pair[i % 2]);
    write_row(out, i == 0 ? none : pair[(i + 1) % 2].get(), pair[i % 2].get());
  }
}

/// Reads a run as far as it is in order. `put(row)` is given them one by one.
template <Order Sorted>
void read_rows(ByteReader& in, std::size_t count, auto const& put) {
  RawDatom previous;
  for (std::size_t i = 0; i != count; ++i) {
    auto row = read_row(in, previous);
    if (i != 0 && compare<Sorted>(previous, row) >= 0) ByteReader::corrupt("the datoms of a node are not in order");
    previous = row;
    put(std::move(row));
  }
}

/// The bytes of a node (docs/format.md, "Index nodes"). `address_of(child index)` gives the children's addresses.
template <Order Sorted, class Shape>
std::vector<std::byte> encode_node(NodeHeader const& node, std::uint8_t address_size, auto const& address_of) {
  ByteWriter out;
  out.u8(node_format);
  out.u8(static_cast<std::uint8_t>(Sorted));
  out.u8(node.level);
  out.varint(node.count);
  if (node.level == 0) {
    auto const& leaf = static_cast<Leaf<Shape> const&>(node);
    write_rows(out, node.count, [&](std::size_t at, DatomSlot& slot) { leaf.template look<Sorted>(at, slot); });
  } else {
    auto const& inner = static_cast<Inner<Shape> const&>(node);
    out.u8(address_size);
    for (std::size_t i = 0; i != node.count; ++i) {
      out.varint(inner.sizes[i]);
      out.raw(address_of(i).view());
    }
    write_rows(out, node.count - 1U, [&](std::size_t at, DatomSlot& slot) { inner.separators.template look<Sorted>(at, slot); });
  }
  seal(out);
  return std::move(out).take();
}

template <Order Sorted, class Shape>
NodeReference<Shape> decode_leaf(ByteReader& in, NodeExpectation const& expected) {
  auto const count = in.varint();
  if (count == 0 || count > Shape::leaf_capacity) ByteReader::corrupt("a leaf has no datoms, or too many");
  if (count != expected.size) ByteReader::corrupt("a leaf has another number of datoms than its parent says");
  OwnLeaf<Shape> leaf;
  read_rows<Sorted>(in, static_cast<std::size_t>(count), [&](RawDatom row) { append_to<Sorted>(leaf, std::move(row)); });
  leaf->template focus<Sorted>();
  return NodeReference<Shape>{leaf.release()};
}

template <Order Sorted, class Shape>
NodeReference<Shape> decode_inner(ByteReader& in, std::uint8_t level, NodeExpectation const& expected) {
  auto const count = in.varint();
  if (count < 2 || count > Shape::inner_capacity) ByteReader::corrupt("an inner node has too few children, or too many");
  if (in.u8() != expected.address_size) ByteReader::corrupt("the addresses in a node are of another size than this store's");
  auto* inner = new Inner<Shape>{level, 0};
  NodeReference<Shape> owner{inner};
  std::uint64_t rest = expected.size;
  for (std::size_t i = 0; i != count; ++i) {
    auto const size = in.varint();
    if (size == 0 || size > rest) ByteReader::corrupt("the sizes in a node do not add up");
    rest -= size;
    inner->sizes[i] = size;
    inner->set_address(i, NodeAddress::of(in.raw(expected.address_size)));
  }
  if (rest != 0) ByteReader::corrupt("the sizes in a node do not add up");
  inner->count = 1;  // has no separators yet, and its children are all null
  read_rows<Sorted>(in, static_cast<std::size_t>(count) - 1, [inner](RawDatom row) {
    auto const head = head_of<Sorted>(row);
    inner->separators.put(inner->count - 1U, head, std::move(row));
    ++inner->count;  // for whoever destroys them if the next one is not sound
  });
  return owner;
}

/// The node that `block` holds, with all its children on the store. Whatever the bytes are, the answer is a node that is
/// sound in itself, or an `Error`, `store/corrupt` (`store/format`: written by a newer version).
template <Order Sorted, class Shape>
NodeReference<Shape> decode_node(std::span<std::byte const> block, NodeExpectation const& expected) {
  ByteReader in{unseal(block, "A node of an index")};
  if (auto const format = in.u8(); format != node_format) {
    raise(Errc::store_format, "A node of an index has format " + std::to_string(format) + ", and this version of Cairn reads " +
                                  std::to_string(node_format) + ". Open the store with the version that wrote it.");
  }
  if (in.u8() != static_cast<std::uint8_t>(Sorted)) ByteReader::corrupt("a node belongs to an index of another order");
  auto const level = in.u8();
  // Levels that fall by one from parent to child are what makes a cycle of addresses impossible.
  if (level > Shape::max_level || (expected.level && level != *expected.level)) {
    ByteReader::corrupt("a node is not at the level that it belongs to");
  }
  auto node = level == 0 ? decode_leaf<Sorted, Shape>(in, expected) : decode_inner<Sorted, Shape>(in, level, expected);
  if (!in.at_end()) ByteReader::corrupt("something follows the end of a node");
  return node;
}

}  // namespace cairn::detail
