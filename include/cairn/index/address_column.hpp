// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of the addresses of a node's children.
#pragma once

#include <cairn/index/integer_column.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cairn::detail {

// How addresses are stored (docs/format.md, "Columns"). On disk: do not renumber.
inline constexpr std::uint8_t addresses_whole = 0;
inline constexpr std::uint8_t addresses_in_words = 1;

inline constexpr std::size_t address_word = 4;

/// Appends addresses: word by word of four bytes, each a column, where that is shorter. What an address means is known
/// to the backend alone; but children are often written one after the other, and then their addresses are alike.
inline void write_addresses(ByteWriter& out, std::size_t count, std::size_t address_size, auto const& address_of) {
  if (address_size % address_word == 0) {
    ByteWriter words;
    std::array<std::int64_t, most_packed> column;
    for (std::size_t at = 0; at != address_size; at += address_word) {
      for (std::size_t i = 0; i != count; ++i) {
        column[i] = ByteReader{address_of(i).view().subspan(at, address_word)}.u32();
      }
      write_integers(words, std::span{column}.first(count));
    }
    if (words.size() < count * address_size) {
      out.u8(addresses_in_words);
      out.raw(words.view());
      return;
    }
  }
  out.u8(addresses_whole);
  for (std::size_t i = 0; i != count; ++i) out.raw(address_of(i).view());
}

/// Gives `put(i, bytes)` each of them. Requires at most `most_packed`.
inline void read_addresses(ByteReader& in, std::size_t count, std::size_t address_size, auto const& put) {
  auto const form = in.u8();
  if (form == addresses_whole) {
    for (std::size_t i = 0; i != count; ++i) put(i, in.raw(address_size));
    return;
  }
  if (form != addresses_in_words || address_size % address_word != 0) {
    ByteReader::corrupt("the addresses in a node have an unknown form");
  }
  std::vector<std::byte> addresses(count * address_size);
  std::array<std::int64_t, most_packed> column;
  for (std::size_t at = 0; at != address_size; at += address_word) {
    read_integers(in, std::span{column}.first(count));
    for (std::size_t i = 0; i != count; ++i) {
      auto const word = static_cast<std::uint64_t>(column[i]);
      if (word > UINT32_MAX) ByteReader::corrupt("a part of an address is too large");
      for (std::size_t byte = 0; byte != address_word; ++byte) {
        addresses[i * address_size + at + byte] = static_cast<std::byte>(word >> (8 * byte));
      }
    }
  }
  for (std::size_t i = 0; i != count; ++i) put(i, std::span{addresses}.subspan(i * address_size, address_size));
}

}  // namespace cairn::detail
