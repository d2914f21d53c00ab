// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Hashes of words and of texts.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cairn::query::detail {

/// Fibonacci hashing (D. Knuth, The Art of Computer Programming 3, 6.4), folded. All bits of the word count for each of the upper 32.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) noexcept {
  auto const product = (std::rotl(hash, 23) ^ word) * 0x9E3779B97F4A7C15U;
  return product ^ (product >> 32U);
}

/// Of a text's bytes, eight at a time; what is left at the end overlaps with what was read before.
[[nodiscard]] inline std::uint64_t text_hash(std::string_view text) noexcept {
  auto const load = [&](std::size_t at, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, size);
    return word;
  };
  auto const size = text.size();
  std::uint64_t hash = size;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) hash = mixed(hash, load(at, 8));
    return mixed(hash, load(size - 8, 8));
  }
  if (size >= 4) return mixed(hash, load(0, 4) | load(size - 4, 4) << 32U);
  if (size != 0) hash = mixed(hash, load(0, 1) | load(size / 2, 1) << 8U | load(size - 1, 1) << 16U);
  return hash;
}

}  // namespace cairn::query::detail
