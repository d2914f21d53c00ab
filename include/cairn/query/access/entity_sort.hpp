// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Entities in no order put in order, to be looked up in a merge.
#pragma once

#include <cairn/datom/datom.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace cairn::query {

/// Up to 1,024 entities, each once and ascending, with the rows that each came from. Complexity: linear where they are within some
/// millions of each other, else O(n log n).
class EntitySort {
 public:
  static constexpr std::uint32_t capacity = 1024;

  /// False where that does not pay: for entities so close together that they are in a leaf or two, or too far apart for a key.
  [[nodiscard]] bool sort(std::uint64_t const* entities, std::uint32_t count) noexcept {
    auto low = static_cast<EntityId>(entities[0]);
    auto high = low;
    for (std::uint32_t i = 1; i < count; ++i) {
      low = (std::min)(low, static_cast<EntityId>(entities[i]));
      high = (std::max)(high, static_cast<EntityId>(entities[i]));
    }
    auto const base = static_cast<std::uint64_t>(low);
    auto const span = static_cast<std::uint64_t>(high) - base;
    if (count < few || span < narrow || span >> (64 - row_bits) != 0) return false;
    for (std::uint32_t i = 0; i != count; ++i) keys_[i] = (entities[i] - base) << row_bits | i;
    sort_keys(count, static_cast<unsigned>(std::bit_width(span)));
    size_ = 0;
    for (std::uint32_t i = 0; i != count; ++i) {
      auto const entity = (keys_[i] >> row_bits) + base;
      rows_[i] = static_cast<std::uint32_t>(keys_[i] & (capacity - 1));
      if (size_ == 0 || entities_[size_ - 1] != entity) {
        entities_[size_] = entity;
        starts_[size_] = i;
        ++size_;
      }
    }
    starts_[size_] = count;
    return true;
  }

  [[nodiscard]] std::uint64_t const* entities() const noexcept { return entities_.data(); }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  /// Calls `visit(row)` for every row of an entity, by its number.
  template <class Visit>
  void each_row(std::uint32_t number, Visit&& visit) const {
    for (auto i = starts_[number]; i != starts_[number + 1]; ++i) visit(rows_[i]);
  }

 private:
  static constexpr unsigned row_bits = 10;
  static constexpr std::uint32_t few = 16;
  static constexpr std::uint64_t narrow = 256;
  static_assert(capacity == 1U << row_bits);

  /// By the bits above the row's, of which `bits` differ: a byte at a time from the lowest (LSD radix sort; D. Knuth, The Art of
  /// Computer Programming 3, 5.2.5), where they are few. Rows of one entity keep their order.
  void sort_keys(std::uint32_t count, unsigned bits) noexcept {
    if (bits > 24) {
      std::sort(keys_.data(), keys_.data() + count);
      return;
    }
    auto* from = keys_.data();
    auto* to = others_.data();
    for (unsigned shift = row_bits; shift < row_bits + bits; shift += 8) {
      std::array<std::uint32_t, 257> ends{};
      for (std::uint32_t i = 0; i != count; ++i) ++ends[(from[i] >> shift & 0xFFU) + 1];
      for (std::size_t i = 1; i != ends.size(); ++i) ends[i] += ends[i - 1];
      for (std::uint32_t i = 0; i != count; ++i) to[ends[from[i] >> shift & 0xFFU]++] = from[i];
      std::swap(from, to);
    }
    if (from != keys_.data()) std::copy_n(from, count, keys_.data());
  }

  std::uint32_t size_ = 0;
  std::array<std::uint64_t, capacity> keys_;  // what the entity is above the lowest, and the row
  std::array<std::uint64_t, capacity> others_;
  std::array<std::uint64_t, capacity> entities_;
  std::array<std::uint32_t, capacity + 1> starts_;
  std::array<std::uint32_t, capacity> rows_;
};

}  // namespace cairn::query
