// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bytes as text that is safe in names: escaped, hexadecimal.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::backends::common {

using ByteSpan = std::span<std::byte const>;

inline ByteSpan bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span{text.data(), text.size()}); }
inline std::string_view text_of(ByteSpan bytes) noexcept { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Each byte but letters, digits and those in `kept` as an escape and two digits in upper case.
inline std::string escaped(std::string_view text, std::string_view kept, char escape = '%') {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string made;
  made.reserve(text.size());
  for (char const c : text) {
    if (is_alphanumeric(c) || kept.find(c) != std::string_view::npos) {
      made += c;
    } else {
      auto const byte = static_cast<unsigned char>(c);
      made += escape;
      made += digits[byte >> 4U];
      made += digits[byte & 15U];
    }
  }
  return made;
}
inline int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// The text again; nothing where an escape is not one.
inline std::optional<std::string> unescaped(std::string_view text, char escape = '%') {
  std::string made;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != escape) {
      made += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    int const high = digit_of(text[i + 1]);
    int const low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    made += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return made;
}

template <class Bytes>
std::string hexadecimal(Bytes const& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made;
  made.reserve(2 * bytes.size());
  for (auto const byte : bytes) {
    auto const bits = static_cast<unsigned char>(byte);
    made += digits[bits >> 4U];
    made += digits[bits & 15U];
  }
  return made;
}
/// Fills `bytes` from twice as many digits in lower case; false where they are none.
template <class Bytes>
bool read_hexadecimal(std::string_view text, Bytes& bytes) {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (digit_of(text[i]) < 0 || (text[i] >= 'A' && text[i] <= 'F')) return false;
  }
  for (std::size_t i = 0; i != bytes.size(); ++i) {
    using Byte = typename Bytes::value_type;
    bytes[i] = static_cast<Byte>(digit_of(text[2 * i]) * 16 + digit_of(text[2 * i + 1]));
  }
  return true;
}

}  // namespace cairn::backends::common
