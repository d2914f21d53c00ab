// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Small numbers in as many bits as the largest of them needs.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cairn::detail {

/// How many numbers a stored column has at most: as many as a leaf has rows.
inline constexpr std::size_t most_packed = 128;

/// Bytes that `count` numbers of `width` bits take.
[[nodiscard]] constexpr std::size_t packed_size(std::size_t count, unsigned width) noexcept {
  return (count * width + 7) / 8;
}

[[nodiscard]] inline std::uint64_t low_bits(unsigned width) noexcept {
  return width == 0 ? 0 : UINT64_MAX >> (64 - width);
}

/// The little-endian number that begins at `at`; what is behind the end counts as zeros.
[[nodiscard]] inline std::uint64_t load_word(std::span<std::byte const> bytes, std::size_t at) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    if (bytes.size() - at >= sizeof word) {
      std::memcpy(&word, &bytes[at], sizeof word);
      return word;
    }
  }
  auto const number = std::min(sizeof word, bytes.size() - at);
  for (std::size_t i = 0; i != number; ++i) word |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  return word;
}
inline void store_word(std::byte* bytes, std::uint64_t word) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(bytes, &word, sizeof word);
  } else {
    for (std::size_t i = 0; i != sizeof word; ++i) bytes[i] = static_cast<std::byte>(word >> (8 * i));
  }
}

/// Appends numbers one after the other, lowest bit first; the last byte is filled up with zeros. Requires at most
/// `most_packed` numbers, all below 2^width, and `width <= 64`.
template <meta::Lazy = {}>
void pack_bits(ByteWriter& out, std::span<std::uint64_t const> numbers, unsigned width) {
  if (width == 0) return;
  std::array<std::byte, (most_packed + 1) * sizeof(std::uint64_t)> buffer;
  std::size_t at = 0;
  std::uint64_t word = 0;
  unsigned filled = 0;
  for (auto const number : numbers) {
    word |= number << filled;
    if (filled + width < 64) {
      filled += width;
      continue;
    }
    store_word(&buffer[at], word);
    at += sizeof word;
    auto const used = 64 - filled;
    word = used == 64 ? 0 : number >> used;
    filled = width - used;
  }
  store_word(&buffer[at], word);
  out.raw(std::span{buffer}.first(packed_size(numbers.size(), width)));
}

/// Reads as many numbers as there is room for. Requires `width <= 64`. Errors: `store/corrupt`, too, where what fills
/// up the last byte is not zero.
template <meta::Lazy = {}>
void unpack_bits(ByteReader& in, std::span<std::uint64_t> numbers, unsigned width) {
  auto const bits = numbers.size() * width;
  auto const bytes = in.raw(packed_size(numbers.size(), width));
  if (bytes.empty()) {
    std::ranges::fill(numbers, std::uint64_t{0});
    return;
  }
  if (bits % 8 != 0 && std::to_integer<unsigned>(bytes.back()) >> (bits % 8) != 0) {
    ByteReader::corrupt("there are bits behind the end of a column");
  }
  auto const mask = low_bits(width);
  std::size_t bit = 0;
  for (auto& number : numbers) {
    auto const at = bit / 8;
    auto const shift = static_cast<unsigned>(bit % 8);
    number = load_word(bytes, at) >> shift;
    if (shift + width > 64) number |= std::to_integer<std::uint64_t>(bytes[at + sizeof number]) << (64 - shift);
    number &= mask;
    bit += width;
  }
}

}  // namespace cairn::detail
