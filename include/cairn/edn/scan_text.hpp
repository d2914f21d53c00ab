// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The two literals with escapes, strings and characters, and the hash that tokens get while they are scanned.
#pragma once

#include <cairn/edn/name.hpp>
#include <cairn/edn/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::notation::detail {

/// FNV-1a over 64 bits, mixed down to 32 at the end. It only decides which keys are compared; equality decides the
/// rest.
class Hasher {
 public:
  constexpr explicit Hasher(std::uint32_t seed) noexcept { add_word(seed); }
  constexpr void add(char byte) noexcept { state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL; }
  constexpr void add(std::string_view bytes) noexcept {
    char const* const all = bytes.data();
    std::uint64_t state = state_;
    for (std::size_t i = 0, size = bytes.size(); i != size; ++i) {
      state = (state ^ static_cast<unsigned char>(all[i])) * 0x100000001B3ULL;
    }
    state_ = state;
  }
  constexpr void add_word(std::uint64_t word) noexcept {
    state_ = (state_ ^ word) * 0x9E3779B97F4A7C15ULL;
    state_ ^= state_ >> 29;
  }
  [[nodiscard]] constexpr std::uint32_t finish() const noexcept {
    std::uint64_t mixed = (state_ ^ (state_ >> 32)) * 0xD6E8FEB86659FD93ULL;
    return static_cast<std::uint32_t>((mixed ^ (mixed >> 32)) & 0xFFFFFFFFU);
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// One escape sequence, decoded. `error` is null where it is one; `size` counts from the backslash.
struct Escape {
  char32_t point = 0;
  std::size_t size = 0;
  char const* error = nullptr;
  bool truncated = false;
};

/// Four hexadecimal digits at `at`, or -1 (no such digits), or -2 (the text ends too early).
constexpr std::int32_t four_hex_digits(std::string_view text, std::size_t at) noexcept {
  std::int32_t value = 0;
  for (std::size_t i = 0; i != 4; ++i) {
    if (at + i >= text.size()) return -2;
    int const digit = hex_digit(text[at + i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/// Requires: `text[at] == '\\'`.
constexpr Escape scan_escape(std::string_view text, std::size_t at) noexcept {
  if (at + 1 == text.size()) return {0, 0, nullptr, true};
  char const c = text[at + 1];
  switch (c) {
    case 'n':
      return {U'\n', 2, nullptr, false};
    case 't':
      return {U'\t', 2, nullptr, false};
    case 'r':
      return {U'\r', 2, nullptr, false};
    case 'b':
      return {U'\b', 2, nullptr, false};
    case 'f':
      return {U'\f', 2, nullptr, false};
    case '"':
      return {U'"', 2, nullptr, false};
    case '\\':
      return {U'\\', 2, nullptr, false};
    case 'u':
      break;
    default: {
      // Octal: \0 to \377 as Clojure writes them in strings, \o0 to \o377 as it writes them in characters.
      std::size_t const begin = at + (c == 'o' ? 2 : 1);
      std::size_t end = begin;
      std::uint32_t value = 0;
      while (end != text.size() && end != begin + 3 && text[end] >= '0' && text[end] <= '7') {
        value = value * 8 + static_cast<std::uint32_t>(text[end++] - '0');
      }
      if (end == begin && end == text.size()) return {0, 0, nullptr, true};
      if (end == begin)
        return {0, 0, R"(unknown escape in a string; known are \n \t \r \b \f \" \\ \uXXXX and \oNNN)", false};
      if (value > 0xFF) return {0, 0, "an octal escape ends at 377", false};
      return {static_cast<char32_t>(value), end - at, nullptr, false};
    }
  }
  constexpr char const* needs_digits = "\\u needs four hexadecimal digits";
  std::int32_t const high = four_hex_digits(text, at + 2);
  if (high == -2) return {0, 0, nullptr, true};
  if (high == -1) return {0, 0, needs_digits, false};
  if (high < 0xD800 || high > 0xDFFF) return {static_cast<char32_t>(high), 6, nullptr, false};
  constexpr char const* lone = "half of a surrogate pair; write both halves (\\uD83D\\uDE00) or the character itself";
  if (high > 0xDBFF) return {0, 0, lone, false};
  if (at + 6 == text.size() || (at + 7 == text.size() && text[at + 6] == '\\')) return {0, 0, nullptr, true};
  if (text[at + 6] != '\\' || text[at + 7] != 'u') return {0, 0, lone, false};
  std::int32_t const low = four_hex_digits(text, at + 8);
  if (low == -2) return {0, 0, nullptr, true};
  if (low < 0xDC00 || low > 0xDFFF) return {0, 0, low == -1 ? needs_digits : lone, false};
  return {static_cast<char32_t>(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12, nullptr, false};
}

/// What a string's bytes between the quotes stand for. Requires: they were read without an error.
template <class Text>
constexpr Text unescape(std::string_view raw) {
  Text result;
  for (std::size_t at = 0; at != raw.size();) {
    if (raw[at] != '\\') {
      result += raw[at++];
      continue;
    }
    Escape const escape = scan_escape(raw, at);
    result += utf8::encode(escape.point).view();
    at += escape.size;
  }
  return result;
}

struct NamedCharacter {
  std::string_view name;
  char32_t point;
};

inline constexpr NamedCharacter named_characters[] = {{"newline", U'\n'}, {"space", U' '},     {"tab", U'\t'},
                                                      {"return", U'\r'},  {"formfeed", U'\f'}, {"backspace", U'\b'}};

/// A character literal without its backslash; `error` is null where it is one.
constexpr Escape scan_character(std::string_view token) noexcept {
  utf8::Decoded const first = utf8::decode(token, 0);
  if (first.size == token.size()) return {first.point, token.size(), nullptr, false};
  for (NamedCharacter const& named : named_characters) {
    if (named.name == token) return {named.point, token.size(), nullptr, false};
  }
  if (token[0] == 'u') {
    std::int32_t const point = token.size() == 5 ? four_hex_digits(token, 1) : -1;
    if (point < 0) return {0, 0, "\\u needs four hexadecimal digits", false};
    if (!utf8::is_scalar(static_cast<char32_t>(point)))
      return {0, 0, "half of a surrogate pair is not a character", false};
    return {static_cast<char32_t>(point), token.size(), nullptr, false};
  }
  if (token[0] == 'o' && token.size() <= 4) {
    std::uint32_t value = 0;
    for (char const c : token.substr(1)) {
      if (c < '0' || c > '7') value = 0x1000;
      value = value * 8 + static_cast<std::uint32_t>(c - '0');
    }
    if (value <= 0xFF) return {static_cast<char32_t>(value), token.size(), nullptr, false};
  }
  return {0, 0,
          "unknown character; known are \\a, \\newline, \\space, \\tab, \\return, \\formfeed, \\backspace, \\uXXXX and "
          "\\oNNN",
          false};
}

}  // namespace cairn::notation::detail
