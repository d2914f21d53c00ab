// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query has borrowed values from.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/index/node_cache.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::query {

/// Whether a database's leaves may be gone while it is there.
template <class IndexTag>
[[nodiscard]] bool may_forget_leaves(Db<IndexTag> const& db) {
  auto const& index = db.snapshot().current.eavt;
  if constexpr (requires { index.source(); }) return index.source() != nullptr;
  return true;
}

/// Keeps leaves in memory from which counted values were borrowed, where a cache may unload them: where there is none, the
/// database keeps them, and nothing is done. Thread safety: that of a container.
template <class IndexTag>
class LeafPins {
  template <Order Sorted>
  using Cursor = typename IndexOf<IndexTag, Sorted>::Cursor;

 public:
  LeafPins() = default;
  LeafPins(LeafPins&&) noexcept = default;
  LeafPins& operator=(LeafPins&&) noexcept = default;

  /// The block at which the cursor is. Requires that it is valid.
  template <Order Sorted>
  void add(Cursor<Sorted> const& cursor) {
    if constexpr (requires { cursor.pin(); }) {
      auto const& share = cursor.pin();
      auto const* leaf = share.get();
      if (leaf == nullptr || leaf == last_) return;
      last_ = leaf;
      if (2 * (shares_.size() + 1) > places_.size()) grow();
      auto& place = place_of(leaf);
      if (place != nullptr) return;
      shares_.push_back(share);
      place = leaf;
      bytes_ += leaf->weight;
    } else {
      std::get<static_cast<std::size_t>(Sorted)>(cursors_).push_back(cursor);
      bytes_ += sizeof(cursor);
    }
  }

  /// Room for the leaves of so many neighbouring datoms, or for so many leaves of these: until they are added nothing is allocated. Of more
  /// than a quarter million leaves not all are foreseen.
  void reserve(std::uint64_t datoms, std::uint64_t most = (std::numeric_limits<std::uint64_t>::max)()) {
    if constexpr (requires { IndexOf<IndexTag, Order::eavt>::leaf_minimum; }) {
      constexpr std::uint64_t at_edges = 4;  // of the present and the past
      constexpr std::uint64_t foreseen = std::uint64_t{1} << 18U;
      auto const leaves = datoms / IndexOf<IndexTag, Order::eavt>::leaf_minimum + at_edges;
      auto const all = shares_.size() + static_cast<std::size_t>((std::min)({leaves, most, foreseen}));
      if (2 * all > places_.size()) make_places(std::bit_ceil(2 * all));
    }
  }

  /// Bytes of what is kept only for its sake, at most.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  void clear() noexcept {
    last_ = nullptr;
    shares_.clear();
    places_.clear();
    cursors_ = {};
    bytes_ = 0;
  }

 private:
  template <class AnyCursor>
  struct ShareOf {
    using type = char;
  };
  template <class AnyCursor>
  requires requires(AnyCursor const& cursor) { cursor.pin(); }
  struct ShareOf<AnyCursor> {
    using type = std::remove_cvref_t<decltype(std::declval<AnyCursor const&>().pin())>;
  };

  using Share = typename ShareOf<Cursor<Order::eavt>>::type;

  /// Where the leaf is, or would be.
  [[nodiscard]] void const*& place_of(void const* leaf) noexcept {
    // Fibonacci hashing (D. Knuth, The Art of Computer Programming 3, 6.4).
    auto const hash = std::bit_cast<std::uintptr_t>(leaf) * std::uint64_t{0x9E3779B97F4A7C15};
    auto const mask = places_.size() - 1;
    auto at = static_cast<std::size_t>(hash >> 32U) & mask;
    while (places_[at] != nullptr && places_[at] != leaf) at = (at + 1) & mask;
    return places_[at];
  }
  /// Few times, for those of a look in each leaf.
  void grow() { make_places(places_.empty() ? 64 : 4 * places_.size()); }
  void make_places(std::size_t size) {
    auto const before = std::exchange(places_, std::vector<void const*>(size));
    shares_.reserve(places_.size() / 2);
    for (auto const* leaf : before) {
      if (leaf != nullptr) place_of(leaf) = leaf;
    }
  }

  void const* last_ = nullptr;
  std::size_t bytes_ = 0;
  std::vector<Share> shares_{};
  std::vector<void const*> places_{};  // which leaves these are of: an open-addressing hash, at most half full
  // Of an index that does not share leaves: one place for each order.
  std::tuple<std::vector<Cursor<Order::eavt>>, std::vector<Cursor<Order::aevt>>, std::vector<Cursor<Order::avet>>> cursors_{};
};

}  // namespace cairn::query
