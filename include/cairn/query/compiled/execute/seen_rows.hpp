// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows that were there before.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/cell_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::query::compiled {

/// A set of rows of words, whose kinds are the same in all rows. Open addressing with linear probing (D. Knuth, The Art of Computer
/// Programming 3, 6.4). Values are borrowed.
class SeenRows {
 public:
  /// Whether the row was not there yet. All rows have as many words. O(1) on average.
  template <meta::Lazy = {}>
  bool insert(std::uint64_t const* words, ValueKind const* kinds, std::size_t width);

 private:
  [[nodiscard]] static std::size_t hash(std::uint64_t const* words, ValueKind const* kinds, std::size_t width) noexcept {
    std::uint64_t hash = query::detail::hash_seed;
    for (std::size_t i = 0; i != width; ++i) hash = query::detail::mixed(hash, query::detail::hash_code(kinds[i], words[i]));
    return static_cast<std::size_t>(hash);
  }
  [[nodiscard]] bool is_row(std::size_t row, std::uint64_t const* words, ValueKind const* kinds, std::size_t width) const noexcept {
    auto const* mine = words_.data() + row * width;
    for (std::size_t i = 0; i != width; ++i) {
      if (mine[i] != words[i] && !query::detail::same({kinds[i], mine[i]}, {kinds[i], words[i]})) return false;
    }
    return true;
  }
  template <meta::Lazy = {}>
  void grow(ValueKind const* kinds, std::size_t width) {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    auto const mask = slots_.size() - 1;
    for (std::size_t row = 0; row != count_; ++row) {
      auto at = hash(words_.data() + row * width, kinds, width) & mask;
      while (slots_[at] != 0) at = (at + 1) & mask;
      slots_[at] = static_cast<std::uint32_t>(row + 1);
    }
  }

  std::size_t count_ = 0;
  std::vector<std::uint32_t> slots_{};  // 0: none; else the number of a row, plus one
  std::vector<std::uint64_t> words_{};
};

// Not inline: a unit that links cairn::engine does not compile it, nor what it alone needs.
template <meta::Lazy>
bool SeenRows::insert(std::uint64_t const* words, ValueKind const* kinds, std::size_t width) {
  if ((count_ + 1) * 2 > slots_.size()) grow(kinds, width);
  auto const mask = slots_.size() - 1;
  for (auto at = hash(words, kinds, width) & mask;; at = (at + 1) & mask) {
    if (slots_[at] == 0) {
      words_.insert(words_.end(), words, words + width);
      slots_[at] = static_cast<std::uint32_t>(++count_);
      return true;
    }
    if (is_row(slots_[at] - 1, words, kinds, width)) return false;
  }
}

}  // namespace cairn::query::compiled
