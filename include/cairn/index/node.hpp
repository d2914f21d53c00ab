// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The nodes of a tree in memory, and who keeps them alive.
#pragma once

#include <cairn/datom/reference_count.hpp>
#include <cairn/index/leaf.hpp>
#include <cairn/index/lineage.hpp>
#include <cairn/index/node_cache.hpp>
#include <cairn/index/node_pool.hpp>
#include <cairn/index/separators.hpp>
#include <cairn/index/stored_child.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace cairn::detail {

/// Room for addresses. Most inner nodes that are made have none, and nothing clears what is not used.
template <std::size_t Capacity>
struct AddressList {
  AddressList() noexcept {}  // NOLINT(modernize-use-equals-default)
  [[nodiscard]] NodeAddress const& operator[](std::size_t at) const noexcept { return list[at]; }
  void set(std::size_t at, NodeAddress const& where) noexcept { list[at] = where; }
  void copy(std::size_t at, AddressList const& from, std::size_t from_at) noexcept { list[at] = from.list[from_at]; }
  union {
    NodeAddress list[Capacity];
  };
};

/// `count` children and, between each two, a separator: not below anything left of it, not above anything right of it, as
/// `left < separator <= right`.
///
/// A child that is not in memory is a null pointer and an address. Whoever loads it first publishes it (release); readers of
/// an immutable version load the pointer (acquire) and need no lock. A pointer to an inner node, once there, is never taken
/// away while the node is shared; one to a leaf may be, where the tree has a cache, by that: see there, and `Reading`.
///
/// A copy borrows the children: see `Lineage`. What moves them settles the node; what changes separators requires that they
/// are the node's own.
template <class Shape>
struct Inner : NodeHeader,
               Lineage<Inner<Shape>>,
               CacheMember,
               LiveNodes<Shape>,
               InnerOrigin<Shape::buffered>,
               Pooled<Inner<Shape>> {
  Inner(std::uint8_t node_level, std::uint64_t token) : NodeHeader{node_level, token} {
    this->stripe = static_cast<std::uint8_t>((reinterpret_cast<std::uintptr_t>(this) >> 6U) % LineageLock::number);
  }
  /// A copy that `token` owns.
  Inner(Inner& source, std::uint64_t token) noexcept;
  Inner(Inner const&) = delete;
  Inner& operator=(Inner const&) = delete;
  ~Inner();

  static constexpr std::size_t capacity = Shape::inner_capacity;
  // Whose address is here: all children's of a node that is enrolled, or they could not be unloaded. Nobody but the owner of
  // a node and a flush looks at this; a reader who meets a null pointer knows.
  std::uint32_t addressed = 0;
  // Below whose address datoms are missing that were inserted: it could not be read then (`TreeEditor::leave_gap`), so that it must
  // not be read by this version later. Such a child is never in memory. Written by the owner of a node alone.
  std::uint32_t gaps = 0;
  Separators<capacity - 1> separators;
  std::atomic<NodeHeader*> mutable children[capacity]{};
  static_assert(capacity <= 32);
  std::uint64_t sizes[capacity];  // datoms below each child
  std::conditional_t<Shape::buffered, StoredChildren<capacity>, AddressList<capacity>> addresses;

  /// A child that is known to be in memory.
  [[nodiscard]] NodeHeader* child(std::size_t at) const noexcept { return children[at].load(std::memory_order_acquire); }
  void set_child(std::size_t at, NodeHeader* node) noexcept {
    children[at].store(node, std::memory_order_release);
    addressed &= ~bit(at);
    gaps &= ~bit(at);
  }
  [[nodiscard]] bool has_gap(std::size_t at) const noexcept { return (gaps & bit(at)) != 0; }
  [[nodiscard]] static std::uint32_t bit(std::size_t at) noexcept { return std::uint32_t{1} << at; }
  [[nodiscard]] static std::uint32_t lowest_bits(std::size_t number) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{1} << number) - 1);
  }
  void set_address(std::size_t at, auto const& where) noexcept(!Shape::buffered) {
    addresses.set(at, where);
    addressed |= bit(at);
  }
  void copy_address(std::size_t at, Inner const& from, std::size_t from_at) noexcept {
    addresses.copy(at, from.addresses, from_at);
    addressed |= bit(at);
  }
  void put_child(std::size_t at, NodeHeader* node, std::uint64_t size) noexcept {
    set_child(at, node);
    sizes[at] = size;
  }
  [[nodiscard]] std::uint64_t size() const noexcept {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i != count; ++i) total += sizes[i];
    return total;
  }

  /// Requires nothing of the node's content: it may be on its way from memory.
  void prefetch_for_search() const noexcept {
    prefetch_header();
    prefetch(&separators, sizeof separators);
    prefetch(children, sizeof children);
  }
  /// Asks for what is read of a node at its end: it is one of an old version, mostly, that nobody has looked at for long.
  void prefetch_for_end() const noexcept {
    prefetch(&this->origin, sizeof(Lineage<Inner>) + sizeof(CacheMember) + sizeof(std::uint64_t));
    prefetch(children, sizeof children);
  }
  void own_separators() {
    if (count > 1) separators.own(count - 1U);
    if constexpr (Shape::buffered) {  // its children are about to be others
      this->base = nullptr;
      this->overdue = 0;
    }
  }

  /// A new last child.
  void append_child(NodeHeader* node, std::uint64_t size, std::uint64_t separator_head, RawDatom separator) noexcept {
    if (count != 0) separators.put(count - 1U, separator_head, std::move(separator));
    put_child(count, node, size);
    ++count;
  }
  /// A new child right of the one at `at`. Requires room.
  void insert_right_of(std::size_t at, NodeHeader* node, std::uint64_t size, std::uint64_t separator_head,
                       RawDatom separator) noexcept {
    separators.insert(count - 1U, at, separator_head, std::move(separator));
    move_children(*this, at + 1, count - at - 1, *this, at + 2);
    put_child(at + 1, node, size);
    ++count;
  }
  /// Forgets the child right of the one at `at`, and the separator between them, which is destroyed or moved out.
  void remove_right_of(std::size_t at, bool separator_moved_out) noexcept {
    if (!separator_moved_out) static_cast<void>(separators.take(at));
    separators.relocate(separators, at + 1, count - at - 2U, separators, at);
    move_children(*this, at + 2, count - at - 2U, *this, at + 1);
    --count;
  }
  /// Moves children without their separators; the counts of neither node change.
  static void move_children(Inner& from, std::size_t first, std::size_t number, Inner& to, std::size_t at) noexcept {
    Lineages<Inner>::settle(from);
    Lineages<Inner>::settle(to);
    auto const move_one = [&](std::size_t i) {
      to.children[at + i].store(from.children[first + i].load(std::memory_order_relaxed), std::memory_order_relaxed);
      to.sizes[at + i] = from.sizes[first + i];
      if ((from.addressed | to.addressed) == 0) return;
      to.addressed &= ~bit(at + i);
      if ((from.addressed & bit(first + i)) != 0) to.copy_address(at + i, from, first + i);
      auto const gap = from.has_gap(first + i) ? bit(at + i) : 0;  // where it is, there is an address
      to.gaps = (to.gaps & ~bit(at + i)) | gap;
    };
    if (&from == &to && at > first) {
      for (std::size_t i = number; i-- != 0;) move_one(i);
    } else {
      for (std::size_t i = 0; i != number; ++i) move_one(i);
    }
  }
};

/// Keeps a flush from changing a node's addresses, where it does that while others read them.
template <class Shape>
[[nodiscard]] auto lock_of_addresses(Inner<Shape> const& inner) noexcept {
  if constexpr (Shape::buffered) {
    return OriginLock{&inner};
  } else {
    return 0;
  }
}

template <class Shape>
[[nodiscard]] Inner<Shape>* as_inner(NodeHeader* node) noexcept {
  return static_cast<Inner<Shape>*>(node);
}

/// The child of `inner` that holds `key`, or what comes right before or after it.
template <Order Sorted, class Shape, class Key>
[[nodiscard]] std::size_t child_index(Inner<Shape> const& inner, Key const& key, HeadBounds bounds) noexcept {
  auto const found = inner.separators.template find<Sorted>(inner.count - 1U, key, bounds);
  return found.index + (found.equal ? 1 : 0);  // a separator equals the first datom right of it
}

inline void retain(NodeHeader* node) noexcept { count_up(node->references); }

/// Gives up one reference; the last one destroys the node, unless heirs need it, and gives up its children, as deep as the
/// tree is high.
template <class Shape>
void release(NodeHeader* node) noexcept {
  if (count_down(node->references) != 0) return;
  if (node->level == 0) {
    destroy_leaf(as_leaf<Shape>(node));
  } else {
    Lineages<Inner<Shape>>::end(*as_inner<Shape>(node));
  }
}

template <class Shape>
Inner<Shape>::~Inner() {
  if (enrolled.load(std::memory_order_acquire)) cache->dismiss(*this);
  auto const each_of_its_own = [this](auto const& visit) {
    for (auto left = ~this->borrowed & lowest_bits(count); left != 0; left &= left - 1) {
      if (auto* node = child(static_cast<std::size_t>(std::countr_zero(left)))) visit(node);
    }
  };
  each_of_its_own([](NodeHeader* node) { node->prefetch_header(); });  // its count: one after the other, each would be waited for
  each_of_its_own([](NodeHeader* node) { release<Shape>(node); });
  separators.destroy(count > 1 ? count - 1U : 0U);
}

template <class Shape>
Inner<Shape>::Inner(Inner& source, std::uint64_t token) noexcept
    : NodeHeader{source.level, token}, separators{source.separators, source.count - 1U} {
  count = source.count;
  gaps = source.gaps;
  if constexpr (Shape::buffered) copy_origin(source, *this);
  std::copy_n(source.sizes, source.count, sizes);
  auto const borrows = Lineages<Inner>::inherit(source, *this);
  if (borrows && *borrows == lowest_bits(count)) return;
  if (!borrows) {
    for (std::size_t i = 0; i != count; ++i) {
      if (auto* const there = source.child(i)) there->prefetch_header();
    }
    for (std::size_t i = 0; i != count; ++i) {
      auto* shared = source.child(i);
      if (shared != nullptr) retain(shared);
      children[i].store(shared, std::memory_order_relaxed);
    }
  }
  [[maybe_unused]] auto const lock = lock_of_addresses(source);
  for (std::size_t i = 0; i != count; ++i) {
    // A child that is there may be a newer one, whose address is its own.
    if (children[i].load(std::memory_order_relaxed) != nullptr) continue;
    if constexpr (Shape::buffered) {
      // One that a flush has loaded meanwhile may have been written where nothing can be read yet.
      if (auto* loaded = source.child(i); loaded != nullptr && !source.enrolled.load(std::memory_order_acquire)) {
        retain(loaded);
        children[i].store(loaded, std::memory_order_relaxed);
        continue;
      }
    }
    copy_address(i, source, i);
  }
}

/// A copy that `token` owns; it shares the children.
template <class Shape>
[[nodiscard]] NodeHeader* clone(NodeHeader* node, std::uint64_t token) {
  if (node->level == 0) return clone_leaf(*as_leaf<Shape>(node), token);
  return new Inner<Shape>{*as_inner<Shape>(node), token};
}

/// A counted pointer to a node.
template <class Shape>
class NodeReference {
 public:
  NodeReference() noexcept = default;
  /// Takes over one reference.
  explicit NodeReference(NodeHeader* node) noexcept : node_{node} {}
  NodeReference(NodeReference const& other) noexcept : node_{other.node_} {
    if (node_ != nullptr) retain(node_);
  }
  NodeReference(NodeReference&& other) noexcept : node_{std::exchange(other.node_, nullptr)} {}
  NodeReference& operator=(NodeReference other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodeReference() {
    if (node_ != nullptr) release<Shape>(node_);
  }

  [[nodiscard]] NodeHeader* get() const noexcept { return node_; }
  [[nodiscard]] NodeHeader* take() noexcept { return std::exchange(node_, nullptr); }
  explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  NodeHeader* node_ = nullptr;
};

}  // namespace cairn::detail
