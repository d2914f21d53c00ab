// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The grammar of numbers, and one text for each.
#pragma once

#include <cairn/edn/node.hpp>
#include <cairn/edn/to_double.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace cairn::notation::detail {

/// Nothing where it doesn't fit. Requires: `[+-] digits`.
constexpr std::optional<std::int64_t> to_integer(std::string_view text) noexcept {
  bool const negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t const limit = negative ? highest + 1 : highest;
  std::uint64_t magnitude = 0;
  for (char const c : text) {
    auto const digit = static_cast<std::uint64_t>(c - '0');
    if (magnitude > (limit - digit) / 10) return std::nullopt;
    magnitude = magnitude * 10 + digit;
  }
  return static_cast<std::int64_t>(negative ? std::uint64_t{0} - magnitude : magnitude);
}

/// What a token that begins like a number is. `error` is null where it is one; `at` is then its length.
struct NumberToken {
  Kind kind = Kind::integer;
  char const* error = nullptr;
  std::size_t at = 0;
};

/// Requires: `token` is not empty and begins with a digit or a sign and a digit.
constexpr NumberToken scan_number(std::string_view token) noexcept {
  std::size_t at = token[0] == '-' || token[0] == '+' ? 1 : 0;
  auto const peek = [&](std::size_t i) { return i < token.size() ? token[i] : '\0'; };
  if (token[at] == '0' && is_digit(peek(at + 1))) {
    return {Kind::integer, "a number must not begin with 0 (octal and padded numbers are not EDN)", at};
  }
  if (token[at] == '0' && (peek(at + 1) == 'x' || peek(at + 1) == 'X')) {
    return {Kind::integer, "hexadecimal numbers are not EDN; write it in decimal", at};
  }
  while (is_digit(peek(at))) ++at;
  Kind kind = Kind::integer;
  if (peek(at) == 'N') return {Kind::bigint, at + 1 == token.size() ? nullptr : "malformed number after N", at + 1};
  if (peek(at) == '/') {
    return {kind, "ratios are not supported; write a double (0.5) or a decimal (0.5M)", at};
  }
  if (peek(at) == '.') {
    kind = Kind::real;
    ++at;
    while (is_digit(peek(at))) ++at;
  }
  if (peek(at) == 'e' || peek(at) == 'E') {
    kind = Kind::real;
    ++at;
    if (peek(at) == '-' || peek(at) == '+') ++at;
    if (!is_digit(peek(at))) return {kind, "an exponent needs digits", at};
    while (is_digit(peek(at))) ++at;
  }
  if (peek(at) == 'M') {
    kind = Kind::decimal;
    ++at;
  }
  if (at != token.size()) return {kind, "malformed number", at};
  // Short text must not stand for a number that takes megabytes to write out.
  if (kind == Kind::decimal) {
    std::int64_t const exponent = decimal_parts(token).exponent;
    if (exponent > 999'999 || exponent < -999'999) return {kind, "a decimal's exponent ends at 999999", 0};
  }
  if (kind == Kind::integer && !to_integer(token)) kind = Kind::bigint;
  return {kind, nullptr, at};
}

/// One text for one value: no plus sign, no minus before zero, no suffix.
template <class Text>
constexpr Text canonical_bigint(std::string_view text) {
  if (text.back() == 'N') text.remove_suffix(1);
  if (text[0] == '+') text.remove_prefix(1);
  return Text{text == "-0" ? std::string_view{"0"} : text};
}

/// One text for one decimal of one scale: no plus sign, no minus before zero, no suffix, a small `e` with the shortest
/// exponent.
template <class Text>
constexpr Text canonical_decimal(std::string_view text) {
  if (text.back() == 'M') text.remove_suffix(1);
  DecimalParts const parts = decimal_parts(text);
  Text canonical;
  bool const zero = parts.whole.find_first_not_of('0') == std::string_view::npos &&
                    parts.fraction.find_first_not_of('0') == std::string_view::npos;
  if (parts.negative && !zero) canonical += '-';
  canonical += parts.whole;
  if (!parts.fraction.empty()) {
    canonical += '.';
    canonical += parts.fraction;
  }
  if (parts.exponent == 0) return canonical;
  canonical += parts.exponent < 0 ? "e-" : "e";
  std::array<char, 20> digits{};
  std::size_t count = 0;
  for (std::int64_t rest = parts.exponent < 0 ? -parts.exponent : parts.exponent; rest != 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  while (count != 0) canonical += digits[--count];
  return canonical;
}

}  // namespace cairn::notation::detail
