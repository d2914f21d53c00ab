// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `#uuid` text <-> 16 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::notation {

/// In the order of the text, most significant byte first.
using UuidBytes = std::array<std::uint8_t, 16>;

/// Reads `01234567-89ab-cdef-0123-456789abcdef`, either case; nothing where the text is anything else.
constexpr std::optional<UuidBytes> parse_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return std::nullopt;
  UuidBytes bytes{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i != 36; ++i) {
    char const c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    auto& byte = bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte * 16 + value);
    ++nibble;
  }
  return bytes;
}

/// In lower case. `parse_uuid(format_uuid(u)) == u` for every `u`. `Text` is `std::string` or, in constant expressions,
/// `CharBuffer`.
template <class Text = std::string>
constexpr Text format_uuid(UuidBytes const& bytes) {
  Text text;
  for (std::size_t i = 0; i != bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] / 16];
    text += "0123456789abcdef"[bytes[i] % 16];
  }
  return text;
}

}  // namespace cairn::notation
