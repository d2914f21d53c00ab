// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values as EDN text.
#pragma once

#include <cairn/edn/node.hpp>
#include <cairn/edn/scan_text.hpp>
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/meta/lazy.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::notation {

struct WriterOptions {
  bool sorted = false;  ///< Sets and maps in the order of `compare`, not in the order in which they were written.
  /// What is longer ends somewhere behind this many bytes. Values share what they have in common, so that a small one may be a long text.
  std::size_t max_bytes = (std::numeric_limits<std::size_t>::max)();
};

/// Appends an integer's digits.
template <meta::Lazy = {}>
inline void write_to(std::string& out, std::int64_t value) {
  char buffer[24];
  auto const [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end);
}

/// Appends the shortest text that reads back as the same double: `1.0`, `1.0e-7`, `##Inf`, `##NaN`.
template <meta::Lazy = {}>
inline void write_to(std::string& out, double value) {
  if (value != value) {
    out += "##NaN";
    return;
  }
  if (value - value != 0) {
    out += value < 0 ? "##-Inf" : "##Inf";
    return;
  }
  char buffer[40];
  auto const [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string_view const text{buffer, static_cast<std::size_t>(end - buffer)};
  // Without a point it would read back as an integer.
  std::size_t const exponent = text.find('e');
  std::string_view const mantissa = text.substr(0, exponent);
  out += mantissa;
  if (mantissa.find('.') == std::string_view::npos) out += ".0";
  if (exponent != std::string_view::npos) out += text.substr(exponent);
}

/// Appends a string literal. Control characters are escaped, everything else stands as it is. Requires: UTF-8.
template <meta::Lazy = {}>
inline void write_string_to(std::string& out, std::string_view text) {
  out += '"';
  for (char const c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += "\\u00";
          out += "0123456789ABCDEF"[static_cast<unsigned char>(c) / 16];
          out += "0123456789ABCDEF"[static_cast<unsigned char>(c) % 16];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

/// Appends a character literal. Requires: a Unicode scalar value.
template <meta::Lazy = {}>
inline void write_character_to(std::string& out, char32_t point) {
  out += '\\';
  for (detail::NamedCharacter const& named : detail::named_characters) {
    if (named.point == point) {
      out += named.name;
      return;
    }
  }
  bool const plain = point < 0x10000 && (point <= 0x20 || point == 0x7F || detail::is_invisible(point));
  if (!plain) {
    out += utf8::encode(point).view();
    return;
  }
  out += 'u';
  for (int shift = 12; shift >= 0; shift -= 4)
    out += "0123456789ABCDEF"[(static_cast<std::uint32_t>(point) >> shift) & 0xF];
}

namespace detail {

/// What is no compound.
template <meta::Lazy = {}>
void write_atom_to(std::string& out, Value const& value) {
  switch (value.kind()) {
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      break;
    case Kind::integer:
      write_to(out, value.as_integer());
      break;
    case Kind::bigint:
      (out += value.as_bigint()) += 'N';
      break;
    case Kind::real:
      write_to(out, value.as_real());
      break;
    case Kind::decimal:
      (out += value.as_decimal()) += 'M';
      break;
    case Kind::character:
      write_character_to(out, value.as_character());
      break;
    case Kind::string:
      write_string_to(out, value.as_string());
      break;
    case Kind::symbol:
      out += value.as_symbol();
      break;
    case Kind::keyword:
      (out += ':') += value.as_keyword();
      break;
    default:
      out += "nil";
  }
}

constexpr std::string_view opening_of(Kind kind) noexcept {
  return kind == Kind::list     ? "("
         : kind == Kind::vector ? "["
         : kind == Kind::map    ? "{"
         : kind == Kind::set    ? "#{"
         : kind == Kind::tagged ? "#"
                                : std::string_view{};
}
constexpr std::string_view closing_of(Kind kind) noexcept {
  return kind == Kind::list ? ")" : kind == Kind::vector ? "]" : kind == Kind::tagged ? std::string_view{} : "}";
}

}  // namespace detail

/// Appends the value, and returns whether that is all of it. `parse` of the text is equal to it, where it is not nested deeper than `parse`
/// reads. Linear, and without recursion: values may be nested deeper than the stack would bear.
template <meta::Lazy = {}>
bool write_to(std::string& out, Value const& value, WriterOptions const& options = {}) {
  struct Walk {
    Value const* compound;
    std::size_t at;
  };
  Walk here{nullptr, 0};
  std::vector<Walk> outer;
  auto const begin = out.size();
  for (auto const* one = &value;;) {
    if (out.size() - begin > options.max_bytes) return false;
    if (auto const opening = detail::opening_of(one->kind()); opening.empty()) {
      detail::write_atom_to(out, *one);
    } else {
      out += opening;
      if (here.compound != nullptr) outer.push_back(here);
      here = {one, 0};
    }
    while (here.compound != nullptr && here.at == here.compound->items().size()) {
      out += detail::closing_of(here.compound->kind());
      here = outer.empty() ? Walk{nullptr, 0} : outer.back();
      if (!outer.empty()) outer.pop_back();
    }
    if (here.compound == nullptr) return out.size() - begin <= options.max_bytes;
    auto const at = here.at++;
    if (at != 0) out += ' ';
    auto const order = here.compound->order();
    bool const sorted = options.sorted && !order.empty();
    auto const place = !sorted ? at : here.compound->is_map() ? order[at / 2] + at % 2 : order[at];
    one = &here.compound->items()[place];
  }
}

/// The value as text; see `write_to`.
template <meta::Lazy = {}>
inline std::string write(Value const& value, WriterOptions const& options = {}) {
  std::string out;
  write_to(out, value, options);
  return out;
}

}  // namespace cairn::notation
