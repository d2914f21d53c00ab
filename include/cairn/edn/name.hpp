// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which bytes may stand in a symbol or a keyword, and the two halves of their text.
#pragma once

#include <cairn/edn/number.hpp>
#include <cairn/edn/utf8.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace cairn::notation {

/// `a.b` of `a.b/c`; empty where there is no namespace. O(n).
constexpr std::string_view namespace_part(std::string_view text) noexcept {
  std::size_t const slash = text.size() < 2 ? std::string_view::npos : text.find('/');
  return slash == std::string_view::npos ? std::string_view{} : text.substr(0, slash);
}

/// `c` of `a.b/c`, the whole where there is no namespace. O(n).
constexpr std::string_view name_part(std::string_view text) noexcept {
  std::size_t const slash = text.size() < 2 ? std::string_view::npos : text.find('/');
  return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

namespace detail {

/// Bytes that may stand inside a symbol, a keyword or a number. All of a multibyte sequence may, as far as the byte
/// tells.
inline constexpr std::array<bool, 256> name_bytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0x80; i != 256; ++i) table[i] = true;
  for (char const c :
       std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.*+!-_?$%&=<>:#/'|"}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

constexpr bool is_name_byte(char c) noexcept { return name_bytes[static_cast<unsigned char>(c)]; }

/// Code points that show as nothing or as a space: inside a name they would be two names that look the same.
constexpr bool is_invisible(char32_t point) noexcept {
  return (point >= 0x80 && point <= 0xA0) || point == 0xAD || point == 0x1680 || (point >= 0x2000 && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202F) || (point >= 0x205F && point <= 0x206F) || point == 0x3000 ||
         point == 0xFEFF || (point >= 0xFFF0 && point <= 0xFFFB);
}

// What follows does what `std::string_view` can do, without a call for each byte, over which a compiler takes long.

/// `left == right`.
constexpr bool are_same(std::string_view left, std::string_view right) noexcept {
  std::size_t const size = left.size();
  if (size != right.size()) return false;
  char const* const one = left.data();
  char const* const other = right.data();
  for (std::size_t at = 0; at != size; ++at) {
    if (one[at] != other[at]) return false;
  }
  return true;
}
/// `text.find('/')`.
constexpr std::size_t slash_in(std::string_view text) noexcept {
  char const* const bytes = text.data();
  for (std::size_t at = 0, size = text.size(); at != size; ++at) {
    if (bytes[at] == '/') return at;
  }
  return std::string_view::npos;
}

/// Why `text` (without its colon) can't be the text of a symbol or keyword; null where it can.
/// Requires: only name bytes, valid UTF-8.
constexpr char const* name_error(std::string_view text, bool keyword) noexcept {
  if (text.empty()) return keyword ? "a keyword needs a name after ':'" : "a symbol needs a name";
  if (keyword && text[0] == ':')
    return "'::' keywords are resolved by a Clojure namespace and are not EDN; write the namespace out";
  if (text.size() == 1 && text[0] == '/') return keyword ? "':/' is not a keyword" : nullptr;
  std::size_t const slash = slash_in(text);
  if (slash == 0) return "a name must not begin with '/'";
  if (slash != std::string_view::npos) {
    std::string_view const local = text.substr(slash + 1);
    if (local.empty()) return "a name is missing after '/'";
    if (local != "/" && local.find('/') != std::string_view::npos) return "a name has at most one '/'";
  }
  if (text.back() == ':' || (slash != std::string_view::npos && text[slash - 1] == ':'))
    return "a name must not end with ':'";
  if (keyword) return nullptr;
  char const first = text[0];
  if (is_digit(first)) return "a symbol must not begin with a digit";
  if (first == '\'' || first == '#' || first == ':') return "a symbol must not begin with this character";
  if ((first == '-' || first == '+' || first == '.') && text.size() > 1 && is_digit(text[1])) {
    return first == '.' ? "a number needs a digit before the point (0.5)" : "a symbol must not begin like a number";
  }
  return nullptr;
}

/// As `name_error`, for text that a program made: any bytes. Also refuses the symbols that read as something else.
constexpr char const* any_name_error(std::string_view text, bool keyword) noexcept {
  for (std::size_t at = 0; at != text.size();) {
    utf8::Decoded const decoded = utf8::decode(text, at);
    if (decoded.size == 0) return "a name must be UTF-8";
    if (!is_name_byte(text[at]) || is_invisible(decoded.point)) return "this character must not stand in a name";
    at += decoded.size;
  }
  if (!keyword && (text == "nil" || text == "true" || text == "false")) return "nil, true and false are not symbols";
  return name_error(text, keyword);
}

}  // namespace detail
}  // namespace cairn::notation
