// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A place in a query's text, short enough for compilers to print it whole.
#pragma once

#include <cairn/meta/fixed_string.hpp>

#include <cstddef>
#include <string_view>

namespace cairn::query::compiled {

/// `[:find ?e >>?nmae<< :where [`: what stands at a place, between marks, and what is around it.
struct Excerpt {
  // clang 19 cuts the text of a template argument behind 34 bytes, and prints numbers where there are 32 of them.
  static constexpr std::size_t most = 30;

  char text[most]{};
  std::size_t size = 0;

  constexpr void add(std::string_view piece) noexcept {
    for (char const c : piece) {
      if (size == most) return;
      text[size++] = c == '\n' || c == '\t' || c == '\r' ? ' ' : c;  // compilers would print numbers for these
    }
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, size}; }
};

/// The excerpt of `text` around the `length` bytes at `offset`; of what is too long, the front.
[[nodiscard]] constexpr Excerpt excerpt_of(std::string_view text, std::size_t offset, std::size_t length) noexcept {
  constexpr std::string_view open = ">>";
  constexpr std::string_view close = "<<";
  constexpr std::size_t room = Excerpt::most - open.size() - close.size();
  constexpr std::size_t most_before = 9;  // more where there is little to show behind
  if (offset > text.size()) offset = text.size();
  auto const marked = text.substr(offset, length < room ? length : room);
  auto const behind = text.size() - offset - marked.size();
  std::size_t const left = room - marked.size();
  std::size_t before = left > behind + most_before ? left - behind : most_before < left ? most_before : left;
  if (before > offset) before = offset;
  Excerpt excerpt;
  excerpt.add(text.substr(offset - before, before));
  excerpt.add(open);
  excerpt.add(marked);
  excerpt.add(close);
  excerpt.add(text.substr(offset + marked.size()));
  return excerpt;
}

/// Any text as a template argument of its own length; `Text` is a constant with a `view()`.
template <auto const& Text>
[[nodiscard]] consteval auto as_argument() {
  return meta::fixed_string<Text.view().size() + 1>{Text.view()};
}

}  // namespace cairn::query::compiled
