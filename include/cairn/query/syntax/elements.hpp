// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What reads the pools of syntax trees and plans.
#pragma once

#include <cairn/meta/pool.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

namespace cairn::query {

using meta::Pool;

/// Some neighbouring elements of a pool.
struct Slice {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  friend constexpr bool operator==(Slice const&, Slice const&) = default;
};

/// Neighbouring elements that are somebody else's: a `std::span` that is walked by pointers. A compiler that reads and
/// plans a query calls five functions for each element of a span.
template <class Element>
class Elements {
 public:
  constexpr Elements() noexcept = default;
  constexpr Elements(Element const* first, std::size_t count) noexcept : first_{first}, count_{count} {}
  // NOLINTBEGIN(google-explicit-constructor): what a span can be made of
  constexpr Elements(std::vector<Element> const& all) noexcept : first_{all.data()}, count_{all.size()} {}
  constexpr Elements(Pool<Element> const& all) noexcept : first_{all.data()}, count_{all.size()} {}
  constexpr Elements(std::span<Element const> all) noexcept : first_{all.data()}, count_{all.size()} {}
  template <std::size_t Size>
  constexpr Elements(std::array<Element, Size> const& all) noexcept : first_{all.data()}, count_{Size} {}
  template <std::size_t Size>
  constexpr Elements(Element const (&all)[Size]) noexcept : first_{all}, count_{Size} {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] constexpr Element const* data() const noexcept { return first_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] constexpr Element const* begin() const noexcept { return first_; }
  [[nodiscard]] constexpr Element const* end() const noexcept { return first_ + count_; }
  /// Requires: there is one, as do `front` and `back`.
  [[nodiscard]] constexpr Element const& operator[](std::size_t at) const noexcept { return first_[at]; }
  [[nodiscard]] constexpr Element const& front() const noexcept { return first_[0]; }
  [[nodiscard]] constexpr Element const& back() const noexcept { return first_[count_ - 1]; }
  /// Linear.
  [[nodiscard]] constexpr bool contains(Element const& wanted) const noexcept {
    for (std::size_t i = 0; i != count_; ++i) {
      if (first_[i] == wanted) return true;
    }
    return false;
  }
  /// Requires: there are so many.
  [[nodiscard]] constexpr Elements of(Slice slice) const noexcept { return {first_ + slice.first, slice.count}; }
  [[nodiscard]] constexpr Elements first(std::size_t count) const noexcept { return {first_, count}; }
  [[nodiscard]] constexpr Elements behind(std::size_t from) const noexcept { return {first_ + from, count_ - from}; }

 private:
  Element const* first_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace cairn::query

template <class Element>
inline constexpr bool std::ranges::enable_borrowed_range<cairn::query::Elements<Element>> = true;
