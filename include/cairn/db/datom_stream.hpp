// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One index read from a place to a bound, block by block.
#pragma once

#include <cairn/datom/order.hpp>

#include <cstddef>
#include <utility>

namespace cairn::detail {

/// Datoms of one index from a place on. Forward, the bound is looked at once a block; backward there is none.
/// Stepping costs an increment and a comparison.
template <class Index, Order Sorted, bool Backward>
class DatomStream {
 public:
  DatomStream() = default;

  /// Forward from the first datom after `from` to the last before `to`.
  DatomStream(Index const& index, Position const& from, Position const& to) requires(!Backward)
      : cursor_{index.seek(from)}, to_{to} {
    enter_block();
  }
  /// Backward from the last datom before `from`.
  DatomStream(Index const& index, Position const& from) requires Backward : cursor_{index.seek_before(from)} {
    valid_ = cursor_.valid();
  }

  [[nodiscard]] bool valid() const noexcept { return valid_; }
  /// Requires `valid()`.
  [[nodiscard]] decltype(auto) get() const noexcept { return *cursor_; }
  /// Requires `valid()`.
  void advance() {
    if constexpr (Backward) {
      cursor_.prev();
      valid_ = cursor_.valid();
    } else {
      if (--left_ != 0) [[likely]]
        return cursor_.next();
      leave_block();
    }
  }

 private:
  using Cursor = decltype(std::declval<Index const&>().seek(std::declval<Position const&>()));

  void leave_block() {
    valid_ = false;
    if (is_last_) return;
    cursor_.next_block();
    enter_block();
  }

  void enter_block() {
    valid_ = cursor_.valid();
    if (!valid_) return;
    auto const block = cursor_.block();
    left_ = block.size();
    if (compare<Sorted>(block[left_ - 1], to_) < 0) return;
    is_last_ = true;
    std::size_t low = 0;
    for (std::size_t high = left_; low != high;) {
      std::size_t const middle = low + (high - low) / 2;
      if (compare<Sorted>(block[middle], to_) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    left_ = low;
    valid_ = left_ != 0;
  }

  Cursor cursor_{};
  std::size_t left_ = 0;  // datoms of this block that are before the bound, from here on
  Position to_{};
  bool is_last_ = false;
  bool valid_ = false;
};

}  // namespace cairn::detail
