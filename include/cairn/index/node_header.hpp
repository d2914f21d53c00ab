// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the nodes of a tree have in common.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/node_address.hpp>
#include <cairn/index/node_shape.hpp>

#include <atomic>
#include <cstdint>

namespace cairn::detail {

enum class Stored : std::uint8_t {
  no,
  promised,  ///< written, by a commit that may still fail
  durable,   ///< can be read again, and so can all below it
};

/// What all nodes have. A node is immutable but for its owner, the transaction whose token it carries; others share it and
/// count it. Whether it is stored, and where, is no part of its value.
struct NodeHeader {
  NodeHeader(std::uint8_t node_level, std::uint64_t token) noexcept : level{node_level}, owner{token} {}

  // What a search asks for comes after the address, beside what it reads next, and in one word; the rest of a leaf begins in the
  // padding at the end.
  NodeAddress address;
  std::uint8_t const level;  // 0: a leaf
  std::uint16_t count = 0;   // rows of a leaf, children of an inner node
  std::atomic<std::uint32_t> references{1};
  std::uint64_t owner;
  NodeCache* cache = nullptr;              // who counts a leaf, and may unload those of an inner node
  std::atomic<std::uint32_t> weight{0};    // of a leaf: what its cache counts it for, relaxed
  std::atomic<Stored> stored{Stored::no};  // release: `address` is set
  std::atomic<bool> used{false};           // of a leaf: since its cache looked last

  /// Asks for what a search reads of it, and for its count. Requires nothing of the node's content.
  void prefetch_header() const noexcept { prefetch(&references, sizeof references); }
};

[[nodiscard]] inline bool is_stored(NodeHeader const* node) noexcept {
  return node->stored.load(std::memory_order_acquire) != Stored::no;
}

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

}  // namespace cairn::detail
