// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a tree begins: at a node in memory, or at an address until somebody looks.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/node_loader.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace cairn::detail {

/// The root of a version. One that was opened by its address is read by whoever needs it first: to open a database costs no read of
/// indexes that nobody asks.
///
/// Thread safety: as an `int`, though `get` writes down what it has read; a reader who comes second uses that.
template <Order Sorted, class Shape>
class TreeRoot {
 public:
  TreeRoot() noexcept = default;
  explicit TreeRoot(NodeReference<Shape> node) noexcept : node_{node.take()} {}
  explicit TreeRoot(NodeAddress const& address) noexcept : address_{address} {}
  TreeRoot(TreeRoot const& other) noexcept : node_{other.retained()}, address_{other.address_} {}
  TreeRoot(TreeRoot&& other) noexcept
      : node_{other.node_.exchange(nullptr, std::memory_order_relaxed)}, address_{std::exchange(other.address_, {})} {}
  TreeRoot& operator=(TreeRoot other) noexcept {
    auto* const mine = node_.load(std::memory_order_relaxed);
    node_.store(other.node_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    other.node_.store(mine, std::memory_order_relaxed);
    address_ = other.address_;
    return *this;
  }
  ~TreeRoot() {
    if (auto* const node = node_.load(std::memory_order_acquire)) release<Shape>(node);
  }

  /// The root, null for an empty tree, kept alive by this. May read: throws what the store throws, and `Errc::store_corrupt`.
  [[nodiscard]] NodeHeader* get(std::uint64_t size, NodeSource const* source) const {
    auto* const node = node_.load(std::memory_order_acquire);
    if (node != nullptr || address_.size == 0) [[likely]] return node;
    return read(size, source);
  }
  /// The same, as one that lives by itself.
  [[nodiscard]] NodeReference<Shape> reference(std::uint64_t size, NodeSource const* source) const {
    auto* const node = get(size, source);
    if (node != nullptr) retain(node);
    return NodeReference<Shape>{node};
  }
  /// Where it is stored, without reading it; nothing where it is not. Requires: not empty.
  [[nodiscard]] std::optional<NodeAddress> address() const noexcept {
    auto* const node = node_.load(std::memory_order_acquire);
    if (node == nullptr) return address_;
    if (!is_stored(node) || !is_whole(node)) return std::nullopt;
    return node->address;
  }
  /// Whether both surely are the same tree. Requires: of one store, where they have one.
  [[nodiscard]] bool is(TreeRoot const& other) const noexcept {
    auto* const node = node_.load(std::memory_order_acquire);
    auto* const theirs = other.node_.load(std::memory_order_acquire);
    if (node == theirs && node != nullptr) return true;
    // An address stays where its node was read: one of two copies may have been.
    return address_ == other.address_ && (address_.size != 0 || node == theirs);
  }

 private:
  /// Whether its block is all of it: a node that was a child once may have something to be done to it.
  [[nodiscard]] static bool is_whole([[maybe_unused]] NodeHeader* node) noexcept {
    if constexpr (Shape::buffered) {
      return is_empty(described_by<Shape>(node).run);
    } else {
      return true;
    }
  }
  [[nodiscard]] NodeHeader* retained() const noexcept {
    auto* const node = node_.load(std::memory_order_acquire);
    if (node != nullptr) retain(node);
    return node;
  }
  CAIRN_NOINLINE NodeHeader* read(std::uint64_t size, NodeSource const* source) const {
    NodeExpectation const expected{size, std::nullopt, source->address_size};
    auto made = node_of_bytes<Sorted, Shape>(source->read(source->context, address_), place_at<Shape>(address_), expected);
    NodeHeader* there = nullptr;
    if (!node_.compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) return there;
    return made.take();
  }

  mutable std::atomic<NodeHeader*> node_{nullptr};
  NodeAddress address_{};  ///< of a root that was opened, which may not be in memory yet
};

}  // namespace cairn::detail
