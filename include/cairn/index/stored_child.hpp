// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a tree with buffers says what is on the store: a block, and the operations that make a node of it.
#pragma once

#include <cairn/index/lineage.hpp>
#include <cairn/index/node_address.hpp>
#include <cairn/index/pending_run.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace cairn::detail {

/// A block of the store by which nodes are described: that of a child of one version, and of those versions of it that came after.
struct StoredBlock {
  StoredBlock() noexcept = default;
  explicit StoredBlock(NodeAddress const& where) noexcept : address{where} {}
  NodeAddress address;  // set before others know the block
  /// Nothing may be described by it any more: its commit failed, or a flush has written the child anew, and what is not in the
  /// newest checkpoint may be collected as garbage.
  std::atomic<bool> gone{false};
};
using BlockReference = std::shared_ptr<StoredBlock>;

[[nodiscard]] inline bool is_usable(BlockReference const& block) noexcept {
  return block != nullptr && !block->gone.load(std::memory_order_acquire);
}

/// A node is what `run` makes of the node in `block`. Without a block it is described by nothing, and has to be written.
struct StoredChild {
  BlockReference block{};
  PendingRun run{};
  void swap(StoredChild& other) noexcept {
    block.swap(other.block);
    run.swap(other.run);
  }
};

/// What the parent of a tree with buffers knows of its children.
template <std::size_t Capacity>
class StoredChildren {
 public:
  [[nodiscard]] NodeAddress const& operator[](std::size_t at) const noexcept { return list_[at].block->address; }
  [[nodiscard]] StoredChild const& child(std::size_t at) const noexcept { return list_[at]; }
  void set(std::size_t at, NodeAddress const& where) { list_[at] = {std::make_shared<StoredBlock>(where), {}}; }
  void set(std::size_t at, StoredChild child) noexcept { list_[at] = std::move(child); }
  void copy(std::size_t at, StoredChildren const& from, std::size_t from_at) noexcept { list_[at] = from.list_[from_at]; }

 private:
  StoredChild list_[Capacity];
};

/// What a node of a tree with buffers is described by. Guarded by an `OriginLock` where others may know the node.
template <bool Buffered>
struct LeafOrigin {
  StoredChild described_by{};
};
template <bool Buffered>
struct InnerOrigin {
  StoredChild described_by{};
  /// The children as they are in the block; null where the node has others, and so is described by nothing.
  std::shared_ptr<std::vector<StoredChild> const> base{};
  /// Bit i: so much waits for child i that it is to be written, and is not yet the transaction's own that a flush may do that.
  std::uint32_t overdue = 0;
};
template <>
struct LeafOrigin<false> {};
template <>
struct InnerOrigin<false> {};

/// A flush says anew what nodes are described by, while others read and copy them.
class OriginLock {
 public:
  explicit OriginLock(void const* node) noexcept
      : lock_{static_cast<std::uint8_t>((reinterpret_cast<std::uintptr_t>(node) >> 6U) % LineageLock::number)} {}

 private:
  LineageLock lock_;
};

template <class Node>
void copy_origin(Node const& from, Node& to) {
  OriginLock const lock{&from};
  to.described_by = from.described_by;
  if constexpr (requires { to.base; }) {
    to.base = from.base;
    to.overdue = from.overdue;
  }
}

}  // namespace cairn::detail
