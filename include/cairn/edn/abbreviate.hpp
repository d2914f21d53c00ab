// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values in messages: as EDN text that is short, whatever they hold.
#pragma once

#include <cairn/edn/position.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::notation {

namespace detail {

inline constexpr std::size_t longest_abbreviated_atom = 60;
inline constexpr std::size_t abbreviated_reach = 120;  // twice what an excerpt shows to each side of a place
inline constexpr int deepest_abbreviated = 4;

template <meta::Lazy = {}>
void abbreviate_atom_to(std::string& out, Value const& value) {
  std::string atom;
  if (!value.is_string()) write_atom_to(atom, value);
  std::string_view const text = value.is_string() ? std::string_view{value.as_string()} : std::string_view{atom};
  if (text.size() <= longest_abbreviated_atom) return write_atom_to(out, value);
  auto end = longest_abbreviated_atom;
  while (end != 0 && continues_code_point(text[end])) --end;
  write_string_to(out, std::string{text.substr(0, end)} + "...");
}

/// Appends items for as long as the text is shorter than `end`, those of a compound's in turn. What comes before a `part` of this compound is left
/// out where it is long; `mark` becomes the place of the part.
template <meta::Lazy = {}>
void abbreviate_to(std::string& out, Value const& value, std::size_t end, int depth, Value const* part, std::size_t& mark) {
  auto const opening = opening_of(value.kind());
  if (opening.empty()) return abbreviate_atom_to(out, value);
  auto const items = value.items();
  if (!items.empty() && (out.size() >= end || depth == deepest_abbreviated)) {
    out += "\"...\"";
    return;
  }
  out += opening;
  std::size_t const stride = value.is_map() || value.is_tagged() ? 2 : 1;
  std::size_t const place = part == nullptr ? 0 : static_cast<std::size_t>(part - items.data());
  std::size_t const entry = place - place % stride;
  for (std::size_t i = 0; i < items.size(); i += stride) {
    if (i != 0) out += ' ';
    if (i < entry && out.size() >= abbreviated_reach) {
      out += stride == 2 ? "... ... " : "... ";
      i = entry;
    } else if (i > entry && out.size() >= end) {
      out += stride == 2 ? "\"...\" \"...\"" : "\"...\"";
      break;
    }
    for (std::size_t k = i; k != i + stride; ++k) {
      if (k != i) out += ' ';
      if (part != nullptr && k == place) {
        mark = out.size();
        end = mark + abbreviated_reach;
      }
      abbreviate_to(out, items[k], end, depth + 1, nullptr, mark);
    }
  }
  out += closing_of(value.kind());
}

}  // namespace detail

/// A value as EDN of some hundred bytes at the most, in which `"..."` stands for what is long or deep. Takes no longer for larger collections
/// and strings.
template <meta::Lazy = {}>
[[nodiscard]] std::string abbreviated(Value const& value) {
  std::string text;
  std::size_t mark = 0;
  detail::abbreviate_to(text, value, detail::abbreviated_reach, 0, nullptr, mark);
  return text;
}

/// The value on a line, and below it a caret under `part`, one of its items; see `excerpt`.
template <meta::Lazy = {}>
[[nodiscard]] std::string excerpt(Value const& value, Value const& part) {
  std::string text;
  std::size_t mark = 0;
  detail::abbreviate_to(text, value, detail::abbreviated_reach, 0, &value == &part ? nullptr : &part, mark);
  return excerpt(text, mark);
}

}  // namespace cairn::notation
