// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Hashes of words and of texts.
#pragma once

#include <cairn/random/draw.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace cairn::query::detail {

/// Where hashes begin: another number in each process, or whoever chooses the values could have them all fall together. It is the same
/// all through a query; before `main`, in objects that are made before it, it may still be 0.
inline std::uint64_t const hash_seed = [] {
  std::uint64_t seed = 0;
  if (!random::try_fill(std::as_writable_bytes(std::span{&seed, 1}))) seed = reinterpret_cast<std::uintptr_t>(&seed);  // where the stack is, is chance too
  return seed;
}();

/// Fibonacci hashing (D. Knuth, The Art of Computer Programming 3, 6.4) with both halves of the product: with one alone, words that
/// differ in their last bits have hashes that differ in the last bits, whatever came before. All bits of the word count for each bit.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) noexcept {
  __extension__ using Wide = unsigned __int128;
  auto const product = static_cast<Wide>(std::rotl(hash, 23) ^ word) * 0x9E3779B97F4A7C15U;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Of a text's bytes, from the seed on, eight at a time; what is left at the end overlaps with what was read before.
[[nodiscard]] inline std::uint64_t text_hash(std::string_view text) noexcept {
  auto const load = [&](std::size_t at, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, size);
    return word;
  };
  auto const size = text.size();
  std::uint64_t hash = hash_seed ^ size;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) hash = mixed(hash, load(at, 8));
    return mixed(hash, load(size - 8, 8));
  }
  if (size >= 4) return mixed(hash, load(0, 4) | load(size - 4, 4) << 32U);
  if (size != 0) hash = mixed(hash, load(0, 1) | load(size / 2, 1) << 8U | load(size - 1, 1) << 16U);
  return hash;
}

}  // namespace cairn::query::detail
