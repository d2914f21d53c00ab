// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A short sorted run of datoms with a column of their heads: what a leaf is, and the separators of an inner node.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/head.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace cairn::detail {

/// Where a key belongs: how many rows are before it, and whether the row there is the key itself.
struct Found {
  std::size_t index;
  bool equal;
};

/// The number of sorted `heads` that are below `bound`. The trip count depends on `count` alone, so nothing is mispredicted.
inline std::size_t count_below(std::uint64_t const* heads, std::size_t count, std::uint64_t bound) noexcept {
  if (count == 0) return 0;
  std::uint64_t const* base = heads;
  while (count > 1) {
    std::size_t const half = count / 2;
    base += base[half - 1] < bound ? half : 0;
    count -= half;
  }
  return static_cast<std::size_t>(base - heads) + (*base < bound ? 1 : 0);
}

/// Rows are kept in raw storage and moved by copying their bytes: a datom owns what it refers to, and nothing refers to a
/// datom, so that its old place can simply be forgotten. How many there are is known to the node.
template <std::size_t Capacity>
class Rows {
 public:
  Rows() noexcept {}  // NOLINT(modernize-use-equals-default): "= default" would have `new Leaf{}` clear all of it

  [[nodiscard]] RawDatom const* data() const noexcept { return std::launder(reinterpret_cast<RawDatom const*>(storage_)); }
  [[nodiscard]] RawDatom* data() noexcept { return std::launder(reinterpret_cast<RawDatom*>(storage_)); }
  [[nodiscard]] RawDatom const& operator[](std::size_t at) const noexcept { return data()[at]; }
  [[nodiscard]] std::uint64_t head(std::size_t at) const noexcept { return heads_[at]; }

  /// Of the first `count` rows, those before `key` (a datom or a position).
  template <Order Sorted, class Key>
  [[nodiscard]] Found find(std::size_t count, Key const& key, HeadBounds bounds) const noexcept {
    std::size_t low = count_below(heads_, count, bounds.low);
    if (low == count || heads_[low] > bounds.high) return {low, false};
    // Mostly one row ties, and it is the one that is looked for.
    auto first = compare<Sorted>(data()[low], key);
    if (first >= 0) return {low, first == 0};
    std::size_t high = ++low;
    if (low != count && heads_[low] <= bounds.high) {
      high = bounds.high == UINT64_MAX ? count : low + count_below(heads_ + low, count - low, bounds.high + 1);
    }
    while (low != high) {
      std::size_t const middle = low + (high - low) / 2;
      auto const order = compare<Sorted>(data()[middle], key);
      if (order == 0) return {middle, true};
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return {low, false};
  }

  void prefetch_heads(std::size_t count) const noexcept { prefetch(heads_, count * sizeof(std::uint64_t)); }

  /// Makes a row at `at` out of nothing.
  void put(std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    heads_[at] = head;
    ::new (static_cast<void*>(place(at))) RawDatom{std::move(datom)};
  }
  /// Makes room for one among the first `count`, and puts it there.
  void insert(std::size_t count, std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    relocate(*this, at, count - at, *this, at + 1);
    put(at, head, std::move(datom));
  }
  void erase(std::size_t count, std::size_t at) noexcept {
    std::destroy_at(data() + at);
    relocate(*this, at + 1, count - at - 1, *this, at);
  }
  void destroy(std::size_t count) noexcept { std::destroy_n(data(), count); }
  void copy_from(Rows const& other, std::size_t count) noexcept {
    std::memcpy(heads_, other.heads_, count * sizeof(std::uint64_t));
    std::uninitialized_copy_n(other.data(), count, reinterpret_cast<RawDatom*>(storage_));
  }
  /// Moves rows, within one run or to another; where they were there are none afterwards.
  static void relocate(Rows& from, std::size_t first, std::size_t count, Rows& to, std::size_t at) noexcept {
    if (count - 1 >= Capacity) return;  // none; said so that the compiler knows the most there can be
    std::memmove(to.heads_ + at, from.heads_ + first, count * sizeof(std::uint64_t));
    std::memmove(to.place(at), from.place(first), count * sizeof(RawDatom));
  }

 private:
  [[nodiscard]] std::byte* place(std::size_t at) noexcept { return storage_ + at * sizeof(RawDatom); }

  std::uint64_t heads_[Capacity];
  alignas(RawDatom) std::byte storage_[Capacity * sizeof(RawDatom)];
};

}  // namespace cairn::detail
