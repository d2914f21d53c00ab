// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From a parent to its child, which may have to be read from the store first.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/leaf_count.hpp>
#include <cairn/index/node.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace cairn::detail {

template <meta::Lazy = {}>
std::string hexadecimal(NodeAddress const& address) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (auto const byte : address.view()) {
    text += digits[std::to_integer<unsigned>(byte) >> 4U];
    text += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

/// What a parent, or a root record, says of a node before it is read.
struct NodeExpectation {
  std::uint64_t size;                 // datoms below it
  std::optional<std::uint8_t> level;  // none: a root
  std::uint8_t address_size;
};

// Where a node is on the store: an address, or, in a tree with buffers, a block and what is still to be done to it.
template <class Shape>
using NodePlace = std::conditional_t<Shape::buffered, StoredChild, NodeAddress>;
[[nodiscard]] inline NodeAddress const& address_of(NodeAddress const& place) noexcept { return place; }
[[nodiscard]] inline NodeAddress const& address_of(StoredChild const& place) noexcept { return place.block->address; }
template <class Shape>
[[nodiscard]] NodePlace<Shape> place_at(NodeAddress const& address) {
  if constexpr (Shape::buffered) {
    return {std::make_shared<StoredBlock>(address), {}};
  } else {
    return address;
  }
}

/// Of a tree with buffers.
template <class Shape>
[[nodiscard]] StoredChild& described_by(NodeHeader* node) noexcept {
  return node->level == 0 ? as_leaf<Shape>(node)->described_by : as_inner<Shape>(node)->described_by;
}

/// Says what a node of a tree with buffers is described by, and that a block by which it was is of no use any more.
template <class Shape>
void describe(NodeHeader* node, StoredChild place) noexcept {
  OriginLock const lock{node};
  auto& before = described_by<Shape>(node);
  if (before.block != nullptr && before.block != place.block) before.block->gone.store(true, std::memory_order_release);
  before.swap(place);
}

/// The leaf is to be written whole: not all that was done to it since a block is known.
template <class Shape>
void forget_origin([[maybe_unused]] Leaf<Shape>& leaf) noexcept {
  if constexpr (Shape::buffered) leaf.described_by = {};
}

/// The node that was read from a place, all of which has to be between `low` and `high`, where there are such; an error says which node.
template <Order Sorted, class Shape>
NodeReference<Shape> node_of_bytes(Bytes const& bytes, NodePlace<Shape> const& place, NodeExpectation expected,
                                   RawDatom const* low = nullptr, RawDatom const* high = nullptr);

/// Whether an error says that what was stored is damaged or gone, so that asking again would be of no use.
[[nodiscard]] inline bool is_damage(Error const& error) noexcept { return error.code() == Errc::store_corrupt || is_absent_blob(error); }

template <meta::Lazy = {}>
[[noreturn]] void raise_gap(NodeAddress const& address) {
  auto const place = hexadecimal(address);
  raise(Errc::store_corrupt,
        "The block at address " + place + " could not be read when datoms were added that belong below it, and they are missing there, though it can be read by now. "
        "None is lost: connect to the database again.",
        "{:address \"" + place + "\"}");
}
/// What an index with a gap says: the first node at which there is one, and what is wrong with it.
template <meta::Lazy = {}>
std::shared_ptr<Error const> error_of_gap(Error const& cause, NodeAddress const& address) {
  auto const place = hexadecimal(address);
  return std::make_shared<Error const>(
      Errc::store_corrupt,
      "Datoms that were added belong below the block at address " + place + ", which cannot be read: " + cause.message() +
          " None is lost, but they are in no index, so that nothing of it can be written. Restore that block from a backup and connect to the database again.",
      "{:address \"" + place + "\"}");
}
/// Who needs the child needs what is missing below it, too.
template <class Shape>
void require_no_gap(Inner<Shape> const& parent, std::size_t at, NodePlace<Shape> const& place) {
  if (parent.has_gap(at)) [[unlikely]] raise_gap(address_of(place));
}

template <Order Sorted, class Shape>
NodeReference<Shape> child_of_bytes(Inner<Shape> const& parent, std::size_t at, NodePlace<Shape> const& place, Bytes const& bytes,
                                    NodeSource const* source) {
  NodeExpectation const expected{parent.sizes[at], static_cast<std::uint8_t>(parent.level - 1), source->address_size};
  return node_of_bytes<Sorted, Shape>(bytes, place, expected, at == 0 ? nullptr : &parent.separators[at - 1],
                                      at + 1 == parent.count ? nullptr : &parent.separators[at]);
}

/// Reads a child that is not in memory, without publishing it. `as_stored`: though datoms may be missing below it, of whoever only asks
/// where nodes are.
template <Order Sorted, class Shape>
NodeReference<Shape> read_child(Inner<Shape> const& parent, std::size_t at, NodeSource const* source, bool as_stored = false) {
  auto const read = [&](NodePlace<Shape> const& place) {
    if constexpr (Shape::buffered) {
      if (parent.level == 1) prefetch_operations(place.run.get());  // they come while the block is read
    }
    auto const bytes = source->read(source->context, address_of(place));
    if (!as_stored) require_no_gap(parent, at, place);  // behind what the store says of it
    return child_of_bytes<Sorted, Shape>(parent, at, place, bytes, source);
  };
  if constexpr (Shape::buffered) {
    StoredChild place;
    {
      OriginLock const lock{&parent};
      // A flush may have loaded the child meanwhile and written it where nothing can be read yet; then it stays in memory.
      auto* there = parent.enrolled.load(std::memory_order_acquire) ? nullptr : parent.child(at);
      if (there != nullptr) {
        retain(there);
        return NodeReference<Shape>{there};
      }
      place = parent.addresses.child(at);
    }
    return read(place);
  } else {
    return read(parent.addresses[at]);
  }
}

/// A node that was read, in its place. Safe on any number of threads.
template <Order Sorted, class Shape>
NodeHeader* publish_child(Inner<Shape> const& parent, std::size_t at, NodeReference<Shape> node, NodeCache* cache) {
  bool const counts = cache != nullptr && parent.level == 1;
  if constexpr (Shape::buffered) {
    if (auto* there = parent.child(at); there == node.get()) return there;  // it was there already
  }
  if (counts) count_leaf<Sorted, Shape>(*as_leaf<Shape>(node.get()), *cache);
  NodeHeader* there = nullptr;
  if (!parent.children[at].compare_exchange_strong(there, node.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
    return there;  // another reader was faster
  }
  auto* published = node.take();
  if (counts) {
    cache->loaded();
    // What is only promised must not be unloaded: there may be nothing to read.
    if (parent.stored.load(std::memory_order_acquire) == Stored::durable) {
      enroll<Sorted, Shape>(const_cast<Inner<Shape>&>(parent), *cache);
    }
  }
  return published;
}

template <Order Sorted, class Shape>
CAIRN_NOINLINE NodeHeader* load_child(Inner<Shape> const& parent, std::size_t at, NodeSource const* source) {
  return publish_child<Sorted>(parent, at, read_child<Sorted, Shape>(parent, at, source), cache_of(source));
}

/// Where a node belongs that is not in memory.
template <class Shape>
struct AbsentChild {
  Inner<Shape> const* parent;
  std::size_t at;

  /// Where on the store it is, now.
  [[nodiscard]] NodePlace<Shape> place() const {
    [[maybe_unused]] auto const lock = lock_of_addresses(*parent);
    if constexpr (Shape::buffered) {
      return parent->addresses.child(at);
    } else {
      return parent->addresses[at];
    }
  }
  [[nodiscard]] NodeAddress address() const { return address_of(place()); }
  /// What was read at that place, as its node. What is wrong with it is found again, and reported, when the node is
  /// needed.
  template <Order Sorted>
  void publish(NodePlace<Shape> const& where, Bytes const& bytes, NodeSource const* source) const {
    try {
      require_no_gap(*parent, at, where);
      publish_child<Sorted>(*parent, at, child_of_bytes<Sorted, Shape>(*parent, at, where, bytes, source),
                            cache_of(source));
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }
};

template <class Shape>
[[nodiscard]] std::vector<NodePlace<Shape>> places_of(std::span<AbsentChild<Shape> const> absent) {
  std::vector<NodePlace<Shape>> places;
  places.reserve(absent.size());
  for (auto const& each : absent) places.push_back(each.place());
  return places;
}
template <class Place>
[[nodiscard]] std::vector<NodeAddress> addresses_of(std::vector<Place> const& places) {
  std::vector<NodeAddress> addresses;
  addresses.reserve(places.size());
  for (auto const& place : places) addresses.push_back(address_of(place));
  return addresses;
}

/// Reads nodes in one turn. Requires: `source->read_many`. What goes wrong with one goes wrong again, and is reported,
/// when that one is needed.
template <Order Sorted, class Shape>
void load_together(std::span<AbsentChild<Shape> const> absent, NodeSource const* source) {
  auto const places = places_of(absent);
  auto const addresses = addresses_of(places);
  struct Context {
    std::span<AbsentChild<Shape> const> absent;
    std::vector<NodePlace<Shape>> const& places;
    NodeSource const* source;
  } context{absent, places, source};
  auto const put = [](void* to, std::size_t index, Bytes bytes) {
    auto const& [wanted, where, from] = *static_cast<Context*>(to);
    if (index < wanted.size()) wanted[index].template publish<Sorted>(where[index], bytes, from);
  };
  try {
    source->read_many(source->context, std::span{addresses}, {&context, put});
  } catch (Error const&) {  // NOLINT(bugprone-empty-catch): see above
  }
}

/// The child at `at`, which the parent keeps alive. May read: throws what the store throws. Safe on any number of threads;
/// for a leaf, where there is a cache, only as long as a `Reading` lives.
template <Order Sorted, class Shape>
[[nodiscard]] NodeHeader* child_of(Inner<Shape> const& parent, std::size_t at, NodeSource const* source) {
  if (auto* node = parent.child(at)) [[likely]] return node;
  return load_child<Sorted>(parent, at, source);
}

}  // namespace cairn::detail

#ifndef CAIRN_ENGINE
#include <cairn/index/node_reader.hpp>
#endif
