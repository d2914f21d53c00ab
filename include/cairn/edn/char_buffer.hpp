// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Text that constant expressions can build.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace cairn::notation {

/// Stands in for `std::string` in constant expressions: clang evaluates no `std::string` of libstdc++ 12.
/// Functions here that make text take the type of their result as a template argument, `std::string` by default.
class CharBuffer {
 public:
  constexpr CharBuffer() = default;
  constexpr explicit CharBuffer(std::string_view text) { *this += text; }

  constexpr CharBuffer& operator+=(char c) {
    bytes_.push_back(c);
    return *this;
  }
  constexpr CharBuffer& operator+=(std::string_view text) {
    for (char const c : text) bytes_.push_back(c);
    return *this;
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }
  constexpr operator std::string_view() const noexcept { return view(); }

  friend constexpr bool operator==(CharBuffer const& a, CharBuffer const& b) noexcept { return a.view() == b.view(); }
  friend constexpr bool operator==(CharBuffer const& a, std::string_view b) noexcept { return a.view() == b; }

 private:
  std::vector<char> bytes_{};
};

}  // namespace cairn::notation
