// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Neighbouring datoms of a leaf, as a range.
#pragma once

#include <cairn/index/leaf.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <iterator>
#include <utility>

namespace cairn {

/// A run of neighbouring datoms of one leaf. Valid as long as the cursor that it came from is where it was.
template <Order Sorted, class Shape>
class DatomBlock {
  using Leaf = detail::Leaf<Shape>;

 public:
  class Iterator;

  DatomBlock() = default;
  DatomBlock(Leaf const& leaf, std::size_t first, std::size_t count) noexcept : leaf_{&leaf}, first_{first}, count_{count} {}

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// The datom, put together from its columns: of what is not looked at nothing is read.
  [[nodiscard]] DatomView operator[](std::size_t at) const noexcept { return leaf_->template view<Sorted>(first_ + at); }
  /// The same in columns.
  [[nodiscard]] DatomRun run() const noexcept { return leaf_->template run<Sorted>(first_, count_); }
  /// Whether all of them are before the position. Requires `!empty()`.
  [[nodiscard]] bool is_before(Position const& position) const noexcept {
    detail::DatomSlot last;
    leaf_->template look<Sorted>(first_ + count_ - 1, last);
    return compare<Sorted>(last.get(), position) < 0;
  }
  /// How many of them are before the position. O(log n), by heads.
  [[nodiscard]] std::size_t count_before(Position const& position) const noexcept {
    auto const found = leaf_->template find<Sorted>(position, detail::bounds_of<Sorted>(position)).index;
    return std::clamp(found, first_, first_ + count_) - first_;
  }
  [[nodiscard]] Iterator begin() const noexcept { return {leaf_, first_}; }
  [[nodiscard]] Iterator end() const noexcept { return {leaf_, first_ + count_}; }

 private:
  Leaf const* leaf_ = nullptr;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

template <Order Sorted, class Shape>
class DatomBlock<Sorted, Shape>::Iterator {
 public:
  using value_type = RawDatom;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;  // a reference that is a value is no more to C++17
  using iterator_concept = std::random_access_iterator_tag;

  Iterator() = default;
  Iterator(Leaf const* leaf, std::size_t at) noexcept : leaf_{leaf}, at_{at} {}

  [[nodiscard]] DatomView operator*() const noexcept { return leaf_->template view<Sorted>(at_); }
  [[nodiscard]] DatomView operator[](difference_type by) const noexcept { return *(*this + by); }

  Iterator& operator+=(difference_type by) noexcept {
    at_ += static_cast<std::size_t>(by);
    return *this;
  }
  Iterator& operator-=(difference_type by) noexcept { return *this += -by; }
  Iterator& operator++() noexcept { return *this += 1; }
  Iterator& operator--() noexcept { return *this -= 1; }
  Iterator operator++(int) noexcept { return std::exchange(*this, *this + 1); }
  Iterator operator--(int) noexcept { return std::exchange(*this, *this - 1); }

  friend Iterator operator+(Iterator it, difference_type by) noexcept { return it += by; }
  friend Iterator operator+(difference_type by, Iterator it) noexcept { return it += by; }
  friend Iterator operator-(Iterator it, difference_type by) noexcept { return it -= by; }
  friend difference_type operator-(Iterator const& left, Iterator const& right) noexcept {
    return static_cast<difference_type>(left.at_) - static_cast<difference_type>(right.at_);
  }
  friend bool operator==(Iterator const& left, Iterator const& right) noexcept { return left.at_ == right.at_; }
  friend std::strong_ordering operator<=>(Iterator const& left, Iterator const& right) noexcept { return left.at_ <=> right.at_; }

 private:
  Leaf const* leaf_ = nullptr;
  std::size_t at_ = 0;
};

}  // namespace cairn
