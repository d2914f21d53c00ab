// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where in a text: line, column, and the line itself with a caret under the place.
#pragma once

#include <cairn/edn/char_buffer.hpp>
#include <cairn/edn/utf8.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::notation {

/// Both count from 1; a column is one code point.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
  friend constexpr bool operator==(Position const&, Position const&) = default;
};

namespace detail {

constexpr bool continues_code_point(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

constexpr CharBuffer to_text(std::size_t number) {
  std::array<char, 20> digits{};
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + static_cast<char>(number % 10));
    number /= 10;
  } while (number != 0);
  CharBuffer text;
  while (count != 0) text += digits[--count];
  return text;
}

}  // namespace detail

/// The place of byte `offset` (or of the end, where it is past it). Linear in `offset`.
constexpr Position position(std::string_view text, std::size_t offset) noexcept {
  Position result;
  if (offset > text.size()) offset = text.size();
  for (std::size_t i = 0; i != offset; ++i) {
    if (text[i] == '\n') {
      ++result.line;
      result.column = 1;
    } else if (!detail::continues_code_point(text[i])) {
      ++result.column;
    }
  }
  return result;
}

/// The line around `offset`, at most some 60 bytes to each side, and below it a caret under the place. Two lines, the
/// second without a newline at its end. Control characters show as spaces and what is not UTF-8 as `?`, so that
/// printing it is harmless.
template <class Text = std::string>
constexpr Text excerpt(std::string_view text, std::size_t offset) {
  constexpr std::size_t reach = 60;
  if (offset > text.size()) offset = text.size();
  std::size_t begin = offset;
  while (begin > 0 && text[begin - 1] != '\n' && offset - begin < reach) --begin;
  while (begin < offset && detail::continues_code_point(text[begin])) ++begin;
  std::size_t end = offset;
  while (end < text.size() && text[end] != '\n' && end - offset < reach) ++end;
  while (end > offset && end < text.size() && detail::continues_code_point(text[end])) --end;

  bool const cut_before = begin > 0 && text[begin - 1] != '\n';
  bool const cut_after = end < text.size() && text[end] != '\n';
  Text shown{cut_before ? std::string_view{"  ..."} : std::string_view{"  "}};
  Text caret{cut_before ? std::string_view{"\n     "} : std::string_view{"\n  "}};
  for (std::size_t i = begin; i < end;) {
    utf8::Decoded const decoded = utf8::decode(text, i);
    if (i < offset) caret += ' ';
    if (decoded.size == 0) {
      shown += '?';
      ++i;
    } else if (decoded.point < 0x20 || (decoded.point >= 0x7F && decoded.point < 0xA0)) {
      shown += ' ';
      i += decoded.size;
    } else {
      shown += text.substr(i, decoded.size);
      i += decoded.size;
    }
  }
  if (cut_after) shown += "...";
  caret += '^';
  shown += std::string_view{caret};
  return shown;
}

/// `line 2, column 7: <what>`, a newline and the excerpt.
template <class Text = std::string>
constexpr Text explain(std::string_view text, std::size_t offset, std::string_view what) {
  Position const at = position(text, offset);
  Text message{std::string_view{"line "}};
  message += detail::to_text(at.line).view();
  message += ", column ";
  message += detail::to_text(at.column).view();
  message += ": ";
  message += what;
  message += '\n';
  message += std::string_view{excerpt<Text>(text, offset)};
  return message;
}

}  // namespace cairn::notation
