// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// UTF-8, strictly: no overlong forms, no surrogates, nothing past U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::notation::utf8 {

/// One decoded code point. `size` is the number of bytes; 0 where the bytes are not UTF-8.
struct Decoded {
  char32_t point = 0;
  std::uint8_t size = 0;
  bool truncated = false;  ///< Not UTF-8 only because the text ends inside the sequence.
};

/// Decodes the sequence that starts at `at`. Requires: `at < text.size()`. O(1).
constexpr Decoded decode(std::string_view text, std::size_t at) noexcept {
  auto const byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
  std::uint32_t const lead = byte(0);
  if (lead < 0x80) return {static_cast<char32_t>(lead), 1, false};
  if (lead < 0xC2 || lead > 0xF4) return {};
  std::size_t const size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t point = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i != size; ++i) {
    if (at + i == text.size()) return {0, 0, true};
    std::uint32_t const next = byte(i);
    // The bounds of the second byte are what shuts out overlong forms, surrogates and what lies past U+10FFFF.
    std::uint32_t const low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    std::uint32_t const high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (next < low || next > high) return {};
    point = (point << 6) | (next & 0x3F);
  }
  return {static_cast<char32_t>(point), static_cast<std::uint8_t>(size), false};
}

/// Bytes of one code point, without allocating.
struct Encoded {
  char bytes[4]{};
  std::uint8_t size = 0;
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {bytes, size}; }
};

/// Requires: `point` is a Unicode scalar value (see `is_scalar`).
constexpr Encoded encode(char32_t point) noexcept {
  auto const p = static_cast<std::uint32_t>(point);
  auto const tail = [](std::uint32_t bits) {
    return static_cast<char>(static_cast<unsigned char>(0x80U | (bits & 0x3FU)));
  };
  auto const lead = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (p < 0x80) return {{lead(p)}, 1};
  if (p < 0x800) return {{lead(0xC0U | (p >> 6)), tail(p)}, 2};
  if (p < 0x10000) return {{lead(0xE0U | (p >> 12)), tail(p >> 6), tail(p)}, 3};
  return {{lead(0xF0U | (p >> 18)), tail(p >> 12), tail(p >> 6), tail(p)}, 4};
}

constexpr bool is_scalar(char32_t point) noexcept { return point < 0xD800 || (point > 0xDFFF && point <= 0x10FFFF); }

/// True if the whole of `text` is UTF-8. Linear.
constexpr bool is_valid(std::string_view text) noexcept {
  for (std::size_t at = 0; at != text.size();) {
    Decoded const decoded = decode(text, at);
    if (decoded.size == 0) return false;
    at += decoded.size;
  }
  return true;
}

}  // namespace cairn::notation::utf8
