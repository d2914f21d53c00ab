// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions that make and take text.
#pragma once

#include <cairn/edn/utf8.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/refuse.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::query {

/// What a function is called with. The values belong to the caller; none is null.
using Arguments = std::span<Value const* const>;

namespace detail {

/// As Clojure shows a number: digits from a thousandth to ten millions, and else `1.0E10`.
template <meta::Lazy = {}>
inline void append_number(std::string& out, double number) {
  if (number - number != 0) return notation::write_to(out, number);
  auto const size = number < 0 ? -number : number;
  bool const is_plain = number == 0 || (size >= 1e-3 && size < 1e7);
  char buffer[40];
  auto const [end, code] =
      std::to_chars(buffer, buffer + sizeof buffer, number, is_plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string_view const text{buffer, static_cast<std::size_t>(end - buffer)};
  auto const mantissa = text.substr(0, text.find('e'));
  out += mantissa;
  if (mantissa.find('.') == std::string_view::npos) out += ".0";
  if (is_plain) return;
  auto exponent = text.substr(mantissa.size() + 1);  // a sign and two digits or more
  out += exponent[0] == '-' ? "E-" : "E";
  exponent.remove_prefix(exponent[1] == '0' ? 2 : 1);
  out += exponent;
}

/// As a person reads it, elements of collections included: strings and characters bare, all else as EDN.
template <meta::Lazy = {}>
inline void append_printed(std::string& out, notation::Value const& value) {
  if (value.is_string()) {
    out += value.as_string();
  } else if (value.is_character()) {
    out += notation::utf8::encode(value.as_character()).view();
  } else if (value.is_real()) {
    append_number(out, value.as_real());
  } else if (value.is_sequence() || value.is_set() || value.is_map()) {
    auto const* brackets = value.is_list() ? "()" : value.is_vector() ? "[]" : "{}";
    if (value.is_set()) out += '#';
    out += brackets[0];
    bool first = true;
    for (auto const& item : value.items()) {
      if (!first) out += ' ';
      first = false;
      append_printed(out, item);
    }
    out += brackets[1];
  } else {
    notation::write_to(out, value);
  }
}

/// What `str` makes of a value: nothing of nil, of numbers and UUIDs what no reader of EDN needs, and collections as EDN.
template <meta::Lazy = {}>
inline void append_bare(std::string& out, Value const& value) {
  auto const edn = cairn::to_edn(value);
  auto const begin = out.size();
  if (edn.is_nil()) return;
  if (edn.is_real() && edn.as_real() - edn.as_real() != 0) {
    out += edn.as_real() < 0 ? "-Infinity" : edn.as_real() > 0 ? "Infinity" : "NaN";
  } else if (edn.is_string() || edn.is_character() || edn.is_real()) {
    append_printed(out, edn);
  } else {
    notation::write_to(out, edn);
  }
  if (value.is(ValueKind::bigint) || value.is(ValueKind::bigdec)) out.pop_back();
  if (value.is(ValueKind::uuid)) {
    out.pop_back();
    out.erase(begin, out.find('"', begin) + 1 - begin);
  }
}

/// `str` and its kin: the arguments one after the other.
template <meta::Lazy = {}>
[[nodiscard]] inline Value joined(FunctionId id, Arguments arguments) {
  auto const name = info_of(id).name;
  bool const quoted = id == FunctionId::readable_text || id == FunctionId::readable_line;
  bool const spaced = id != FunctionId::text;
  bool const ended = id == FunctionId::text_line || id == FunctionId::readable_line;
  // Before anything is written: the elements of a tuple may share what they are made of.
  std::size_t size = 0;
  for (auto const* argument : arguments) measure(name, *argument, 0, size);
  std::string out;
  bool first = true;
  for (auto const* argument : arguments) {
    if (spaced && !first) out += ' ';
    first = false;
    if (quoted) {
      notation::write_to(out, cairn::to_edn(*argument));
    } else {
      id == FunctionId::text ? append_bare(out, *argument) : append_printed(out, cairn::to_edn(*argument));
    }
    if (out.size() > largest_value) refuse_size(name, "a value of more than 16 MiB");
  }
  if (ended) out += '\n';
  return out;
}

/// The bytes of a character of a text. A byte that is not UTF-8 is a character by itself.
[[nodiscard]] constexpr std::size_t character_size(std::string_view text, std::size_t at) noexcept {
  auto const size = notation::utf8::decode(text, at).size;
  return size == 0 ? std::size_t{1} : std::size_t{size};
}

[[nodiscard]] constexpr std::int64_t count_characters(std::string_view text) noexcept {
  std::int64_t count = 0;
  for (std::size_t at = 0; at != text.size(); at += character_size(text, at)) ++count;
  return count;
}

/// `(subs text from)`, `(subs text from to)`: places count characters.
template <meta::Lazy = {}>
[[nodiscard]] inline Value substring(Arguments arguments) {
  if (!arguments[0]->is(ValueKind::string)) refuse("subs", "a string", *arguments[0]);
  for (auto const* place : arguments.subspan(1)) {
    if (!place->is(ValueKind::integer)) refuse("subs", "integers for its places", *place);
  }
  auto const text = arguments[0]->as_string();
  auto const from = arguments[1]->as_integer();
  bool const ends = arguments.size() > 2;
  auto const to = ends ? arguments[2]->as_integer() : from;
  std::size_t at = 0;
  std::int64_t count = 0;
  auto const advance = [&](std::int64_t place) {
    for (; count < place && at != text.size(); ++count) at += character_size(text, at);
    return place >= 0 && count == place;
  };
  if (from >= 0 && to >= from && advance(from)) {
    auto const begin = at;
    if (!ends) return text.substr(begin);
    if (advance(to)) return text.substr(begin, at - begin);
  }
  raise(Errc::query_where,
        "subs of " + std::to_string(count_characters(text)) + " characters from " + std::to_string(from) +
            (ends ? " to " + std::to_string(to) : std::string{}) + " goes past the string.",
        "{:function subs}");
}

/// `name` and `namespace`; nil where there is none.
template <meta::Lazy = {}>
[[nodiscard]] inline Value part_of_name(FunctionId id, Value const& of) {
  bool const space = id == FunctionId::name_space;
  if (of.is(ValueKind::string) && !space) return of;
  bool const keyword = of.is(ValueKind::keyword);
  if (!keyword && !of.is(ValueKind::symbol)) {
    refuse(info_of(id).name, space ? "a keyword or a symbol" : "a keyword, a symbol or a string", of);
  }
  auto const part = keyword ? (space ? of.as_keyword().ns() : of.as_keyword().name())
                            : (space ? of.as_symbol().ns() : of.as_symbol().name());
  return part.empty() ? Value{} : Value{part};
}

}  // namespace detail

}  // namespace cairn::query
