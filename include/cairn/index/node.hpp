// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The nodes of a tree in memory, and who keeps them alive.
#pragma once

#include <cairn/index/node_address.hpp>
#include <cairn/index/node_shape.hpp>
#include <cairn/index/rows.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace cairn::detail {

/// What all nodes have. A node is immutable but for its owner, the transaction whose token it carries; others share it and
/// count it. Whether it is stored, and where, is no part of its value.
struct NodeHeader {
  NodeHeader(std::uint8_t node_level, std::uint64_t token) noexcept : level{node_level}, owner{token} {}

  std::atomic<std::uint32_t> references{1};
  std::uint16_t count = 0;   // rows of a leaf, children of an inner node
  std::uint8_t const level;  // 0: a leaf
  std::uint64_t owner;
  std::atomic<bool> stored{false};  // release: `address` is set
  NodeAddress address;
};

/// Tokens of transactions; never given twice. Zero owns nothing.
[[nodiscard]] inline std::uint64_t new_owner() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

template <class Shape>
struct LiveNodes {
  static inline std::atomic<std::int64_t> number{0};
  LiveNodes() noexcept {
    if constexpr (Shape::counted) number.fetch_add(1, std::memory_order_relaxed);
  }
  ~LiveNodes() {
    if constexpr (Shape::counted) number.fetch_sub(1, std::memory_order_relaxed);
  }
  LiveNodes(LiveNodes const&) = delete;
  LiveNodes& operator=(LiveNodes const&) = delete;
};

template <class Shape>
struct Leaf : NodeHeader, LiveNodes<Shape> {
  explicit Leaf(std::uint64_t token) noexcept : NodeHeader{0, token} {}
  Leaf(Leaf const&) = delete;
  Leaf& operator=(Leaf const&) = delete;
  ~Leaf() { rows.destroy(count); }

  static constexpr std::size_t capacity = Shape::leaf_capacity;
  Rows<capacity> rows;
};

/// `count` children and, between each two, a separator: not below anything left of it, not above anything right of it, as
/// `left < separator <= right`.
///
/// A child that is not in memory is a null pointer and an address. Whoever loads it first publishes it (release); readers of
/// an immutable version load the pointer (acquire) and need no lock. A pointer, once there, is never taken away while the
/// node is shared.
template <class Shape>
struct Inner : NodeHeader, LiveNodes<Shape> {
  Inner(std::uint8_t node_level, std::uint64_t token) noexcept : NodeHeader{node_level, token} {}
  Inner(Inner const&) = delete;
  Inner& operator=(Inner const&) = delete;
  ~Inner();

  static constexpr std::size_t capacity = Shape::inner_capacity;
  bool has_addresses = false;  // whether some child may have to be loaded
  Rows<capacity - 1> separators;
  std::atomic<NodeHeader*> mutable children[capacity]{};
  std::uint64_t sizes[capacity];  // datoms below each child
  NodeAddress addresses[capacity];

  /// A child that is known to be in memory.
  [[nodiscard]] NodeHeader* child(std::size_t at) const noexcept { return children[at].load(std::memory_order_acquire); }
  void set_child(std::size_t at, NodeHeader* node) noexcept { children[at].store(node, std::memory_order_release); }
  void put_child(std::size_t at, NodeHeader* node, std::uint64_t size) noexcept {
    set_child(at, node);
    sizes[at] = size;
  }
  [[nodiscard]] std::uint64_t size() const noexcept {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i != count; ++i) total += sizes[i];
    return total;
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
    if (!separator_moved_out) std::destroy_at(separators.data() + at);
    separators.relocate(separators, at + 1, count - at - 2U, separators, at);
    move_children(*this, at + 2, count - at - 2U, *this, at + 1);
    --count;
  }
  /// Moves children without their separators; the counts of neither node change.
  static void move_children(Inner& from, std::size_t first, std::size_t number, Inner& to, std::size_t at) noexcept {
    auto const move_one = [&](std::size_t i) {
      to.children[at + i].store(from.children[first + i].load(std::memory_order_relaxed), std::memory_order_relaxed);
      to.sizes[at + i] = from.sizes[first + i];
      if (from.has_addresses) to.addresses[at + i] = from.addresses[first + i];
    };
    to.has_addresses = to.has_addresses || from.has_addresses;
    if (&from == &to && at > first) {
      for (std::size_t i = number; i-- != 0;) move_one(i);
    } else {
      for (std::size_t i = 0; i != number; ++i) move_one(i);
    }
  }
};

template <class Shape>
[[nodiscard]] Leaf<Shape>* as_leaf(NodeHeader* node) noexcept {
  return static_cast<Leaf<Shape>*>(node);
}
template <class Shape>
[[nodiscard]] Inner<Shape>* as_inner(NodeHeader* node) noexcept {
  return static_cast<Inner<Shape>*>(node);
}

inline void retain(NodeHeader* node) noexcept { node->references.fetch_add(1, std::memory_order_relaxed); }

/// Gives up one reference; the last one destroys the node and gives up its children, as deep as the tree is high.
template <class Shape>
void release(NodeHeader* node) noexcept {
  if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (node->level == 0) {
    delete as_leaf<Shape>(node);
  } else {
    delete as_inner<Shape>(node);
  }
}

template <class Shape>
Inner<Shape>::~Inner() {
  for (std::size_t i = 0; i != count; ++i) {
    if (auto* node = child(i)) release<Shape>(node);
  }
  if (count > 1) separators.destroy(count - 1U);
}

/// A copy that `token` owns; it shares the children.
template <class Shape>
[[nodiscard]] NodeHeader* clone(NodeHeader const* node, std::uint64_t token) {
  if (node->level == 0) {
    auto const& source = static_cast<Leaf<Shape> const&>(*node);
    auto* copy = new Leaf<Shape>{token};
    copy->rows.copy_from(source.rows, source.count);
    copy->count = source.count;
    return copy;
  }
  auto const& source = static_cast<Inner<Shape> const&>(*node);
  auto* copy = new Inner<Shape>{source.level, token};
  copy->separators.copy_from(source.separators, source.count - 1U);
  std::copy_n(source.sizes, source.count, copy->sizes);
  copy->has_addresses = source.has_addresses;
  if (source.has_addresses) std::copy_n(source.addresses, source.count, copy->addresses);
  for (std::size_t i = 0; i != source.count; ++i) {
    auto* shared = source.child(i);
    if (shared != nullptr) retain(shared);
    copy->set_child(i, shared);
  }
  copy->count = source.count;
  return copy;
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
