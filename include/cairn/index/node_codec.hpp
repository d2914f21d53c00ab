// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of nodes.
#pragma once

#include <cairn/datom/checksum.hpp>
#include <cairn/index/address_column.hpp>
#include <cairn/index/node.hpp>
#include <cairn/index/node_loader.hpp>
#include <cairn/index/pending_codec.hpp>
#include <cairn/index/row_codec.hpp>
#include <cairn/index/row_columns.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cairn::detail {

/// What nodes are written in. Those of format 1, whose rows are written one by one, can be read for ever. Format 3 has, behind
/// what format 2 has, what is still to be done to the children of an inner node.
inline constexpr std::uint8_t node_format = 2;
inline constexpr std::uint8_t node_format_buffered = 3;
inline constexpr std::uint8_t node_format_of_rows = 1;

/// Reads a sorted run in either format. Requires that there is room for `count`.
template <Order Sorted>
void read_run(ByteReader& in, std::uint8_t format, std::span<RawDatom> rows) {
  if (format == node_format_of_rows) {
    RawDatom const none;
    for (std::size_t i = 0; i != rows.size(); ++i) rows[i] = read_row(in, i == 0 ? none : rows[i - 1]);
  } else {
    read_rows(in, rows);
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (compare<Sorted>(rows[i - 1], rows[i]) >= 0) ByteReader::corrupt("the datoms of a node are not in order");
  }
}

/// The bytes of a node (docs/format.md, "Index nodes"). `address_of(child index)` gives the children's addresses.
template <Order Sorted, class Shape>
std::vector<std::byte> encode_node(NodeHeader const& node, std::uint8_t address_size, auto const& address_of) {
  ByteWriter out;
  bool const buffered = Shape::buffered && node.level != 0;
  out.u8(buffered ? node_format_buffered : node_format);
  out.u8(static_cast<std::uint8_t>(Sorted));
  out.u8(node.level);
  out.varint(node.count);
  if (node.level == 0) {
    auto const& leaf = static_cast<Leaf<Shape> const&>(node);
    write_rows(out, node.count, [&](std::size_t at, DatomSlot& slot) { leaf.template look<Sorted>(at, slot); });
  } else {
    auto const& inner = static_cast<Inner<Shape> const&>(node);
    out.u8(address_size);
    std::array<std::int64_t, Shape::inner_capacity> sizes;
    for (std::size_t i = 0; i != node.count; ++i) sizes[i] = static_cast<std::int64_t>(inner.sizes[i]);
    write_integers(out, std::span{sizes}.first(node.count));
    write_addresses(out, node.count, address_size, address_of);
    write_rows(out, node.count - 1U,
               [&](std::size_t at, DatomSlot& slot) { inner.separators.template look<Sorted>(at, slot); });
    if constexpr (Shape::buffered) {
      write_pending<Sorted>(out, node.count, [&](std::size_t at) { return inner.addresses.child(at).run.get(); });
    }
  }
  seal(out);
  return std::move(out).take();
}

/// `pending` is still to be done to it; `expected` is of what this makes.
template <Order Sorted, class Shape>
NodeReference<Shape> decode_leaf(ByteReader& in, std::uint8_t format, NodeExpectation const& expected,
                                 [[maybe_unused]] PendingRun const& pending) {
  auto const count = in.varint();
  if (count == 0 || count > Shape::leaf_capacity) ByteReader::corrupt("a leaf has no datoms, or too many");
  auto const demand_size = [&](std::uint64_t size) {
    if (size != expected.size) ByteReader::corrupt("a leaf has another number of datoms than its parent says");
  };
  std::array<RawDatom, Shape::leaf_capacity> room;
  auto const rows = std::span{room}.first(static_cast<std::size_t>(count));
  if constexpr (Shape::buffered) {
    if (!is_empty(pending)) {
      read_run<Sorted>(in, format, rows);
      RowOrder<Shape::leaf_capacity> order;
      for (auto const& row : rows) order.add(row, head_of<Sorted>(row));
      apply_pending<Sorted>(order, pending.get());
      demand_size(order.count);
      FrameFinder<Sorted> finder;
      for (std::size_t i = 0; i != order.count; ++i) finder.add(*order.rows[i], order.heads[i]);
      auto leaf = make_leaf<Sorted, Shape>(0, finder.find());
      for (std::size_t i = 0; i != order.count; ++i) {
        auto const* const row = order.rows[i];
        bool const is_read = !std::less<>{}(row, room.data()) && std::less<>{}(row, room.data() + room.size());  // and not the run's
        leaf->template append<Sorted>(order.heads[i], is_read ? std::move(room[static_cast<std::size_t>(row - room.data())]) : RawDatom{*row});
      }
      return NodeReference<Shape>{leaf.release()};
    }
  }
  demand_size(count);
  read_run<Sorted>(in, format, rows);
  std::array<std::uint64_t, Shape::leaf_capacity> heads;
  FrameFinder<Sorted> finder;
  for (std::size_t i = 0; i != rows.size(); ++i) finder.add(rows[i], heads[i] = head_of<Sorted>(rows[i]));
  auto leaf = make_leaf<Sorted, Shape>(0, finder.find());
  for (std::size_t i = 0; i != rows.size(); ++i) leaf->template append<Sorted>(heads[i], std::move(rows[i]));
  return NodeReference<Shape>{leaf.release()};
}

/// What a node that is read says where its children are in. In a tree with buffers, their blocks are allocated together.
template <class Shape>
class ChildPlaces {
 public:
  explicit ChildPlaces([[maybe_unused]] std::size_t number) {
    if constexpr (Shape::buffered) blocks_.reset(new StoredBlock[number]);
  }
  [[nodiscard]] NodePlace<Shape> place([[maybe_unused]] std::size_t at, NodeAddress const& address) const {
    if constexpr (Shape::buffered) {
      blocks_[static_cast<std::ptrdiff_t>(at)].address = address;
      return {BlockReference{blocks_, &blocks_[static_cast<std::ptrdiff_t>(at)]}, {}};
    } else {
      return address;
    }
  }

 private:
  std::conditional_t<Shape::buffered, std::shared_ptr<StoredBlock[]>, std::monostate> blocks_{};
};

template <Order Sorted, class Shape>
NodeReference<Shape> decode_inner(ByteReader& in, std::uint8_t format, std::uint8_t level,
                                  NodeExpectation const& expected, [[maybe_unused]] PendingRun const& pending) {
  auto const count = in.varint();
  if (count < 2 || count > Shape::inner_capacity) {
    ByteReader::corrupt("an inner node has too few children, or too many");
  }
  if (in.u8() != expected.address_size) {
    ByteReader::corrupt("the addresses in a node are of another size than this store's");
  }
  auto* inner = new Inner<Shape>{level, 0};
  NodeReference<Shape> owner{inner};
  std::array<std::int64_t, Shape::inner_capacity> sizes;
  ChildPlaces<Shape> const places{static_cast<std::size_t>(count)};
  auto const put_address = [inner, &places](std::size_t at, std::span<std::byte const> address) {
    inner->set_address(at, places.place(at, NodeAddress::of(address)));
  };
  if (format == node_format_of_rows) {
    for (std::size_t i = 0; i != count; ++i) {
      sizes[i] = static_cast<std::int64_t>(in.varint());
      put_address(i, in.raw(expected.address_size));
    }
  } else {
    read_integers(in, std::span{sizes}.first(static_cast<std::size_t>(count)));
    read_addresses(in, static_cast<std::size_t>(count), expected.address_size, put_address);
  }
  // Where there are buffers, these are sizes with what is in them, and without what is pending for the node.
  std::uint64_t rest = expected.size;
  if constexpr (Shape::buffered) rest -= growth_of(pending);
  for (std::size_t i = 0; i != count; ++i) {
    auto const size = static_cast<std::uint64_t>(sizes[i]);
    if (size == 0 || size > rest) ByteReader::corrupt("the sizes in a node do not add up");
    rest -= size;
    inner->sizes[i] = size;
  }
  if (rest != 0) ByteReader::corrupt("the sizes in a node do not add up");
  std::array<RawDatom, Shape::inner_capacity> room;
  auto const rows = std::span{room}.first(static_cast<std::size_t>(count) - 1);
  read_run<Sorted>(in, format, rows);
  for (std::size_t i = 0; i != rows.size(); ++i) {
    auto const head = head_of<Sorted>(rows[i]);
    inner->separators.put(i, head, std::move(rows[i]));
  }
  inner->count = static_cast<std::uint16_t>(count);
  if constexpr (Shape::buffered) {
    auto const runs = std::make_shared<ReadRuns>();
    runs->passed_on = pending;
    runs->parts.reserve(inner->count + most_routed(*inner, pending));
    if (format == node_format_buffered) read_pending<Sorted>(in, *inner, runs);
    note_base(*inner);
    route_pending<Sorted>(*inner, runs);
  }
  return owner;
}

/// The node that `block` holds, with all its children on the store, and with what is `pending` done to it, where the shape
/// has buffers. Whatever the bytes are, the answer is a node that is sound in itself, or an `Error`, `store/corrupt`
/// (`store/format`: written by a newer version, or for another index). `expected` is of the node that this makes.
template <Order Sorted, class Shape>
NodeReference<Shape> decode_node(std::span<std::byte const> block, NodeExpectation const& expected, PendingRun const& pending = {}) {
  ByteReader in{unseal(block, "A node of an index")};
  auto const format = in.u8();
  constexpr auto newest = Shape::buffered ? node_format_buffered : node_format;
  if (format < node_format_of_rows || format > newest) {
    raise(Errc::store_format, "A node of an index has format " + std::to_string(format) +
                                  ", and this version of Cairn reads formats up to " + std::to_string(newest) +
                                  ". Open the store with the version that wrote it.");
  }
  if (in.u8() != static_cast<std::uint8_t>(Sorted)) ByteReader::corrupt("a node belongs to an index of another order");
  auto const level = in.u8();
  // Levels that fall by one from parent to child are what makes a cycle of addresses impossible.
  if (level > Shape::max_level || (expected.level && level != *expected.level)) {
    ByteReader::corrupt("a node is not at the level that it belongs to");
  }
  if (level == 0 && format == node_format_buffered) ByteReader::corrupt("a leaf claims to have buffers");
  auto node = level == 0 ? decode_leaf<Sorted, Shape>(in, format, expected, pending)
                         : decode_inner<Sorted, Shape>(in, format, level, expected, pending);
  if (!in.at_end()) ByteReader::corrupt("something follows the end of a node");
  return node;
}

}  // namespace cairn::detail
