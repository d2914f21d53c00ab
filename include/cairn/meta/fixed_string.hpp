// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Text as a template argument.
#pragma once

#include <cstddef>
#include <string_view>

namespace cairn::meta {

/// A string literal that can be a template argument: `template <fixed_string Text>`, used as `f<"text">`.
/// `Size` counts the closing NUL, as the type of a literal does; `size()` does not. Regular and structural.
template <std::size_t Size>
struct fixed_string {
  static_assert(Size > 0, "cairn::meta::fixed_string: Size counts the closing NUL, so it is at least 1");

  char text[Size]{};

  constexpr fixed_string() noexcept = default;

  // Implicit, or a literal could not be written as a template argument.
  constexpr fixed_string(char const (&literal)[Size]) noexcept {
    for (std::size_t i = 0; i != Size; ++i) text[i] = literal[i];
  }

  /// The first `Size - 1` bytes of `source`, for text that a constexpr function computed. Requires: `source` has them.
  explicit constexpr fixed_string(std::string_view source) noexcept {
    for (std::size_t i = 0; i + 1 != Size; ++i) text[i] = source[i];
  }

  [[nodiscard]] static constexpr std::size_t size() noexcept { return Size - 1; }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, Size - 1}; }

  friend constexpr bool operator==(fixed_string const&, fixed_string const&) = default;
};

}  // namespace cairn::meta
