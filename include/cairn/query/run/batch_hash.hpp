// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of one batch by the value that they have in a column.
#pragma once

#include <cairn/query/access/cell.hpp>
#include <cairn/query/run/batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cairn::query {

/// Complexity: `fill` linear, `find` O(1) a row that is found.
class BatchHash {
 public:
  /// The column must stay as it is.
  void fill(Column const& column, std::uint32_t rows) noexcept {
    column_ = column;
    std::fill_n(heads_, buckets, none);
    for (auto row = rows; row-- != 0;) {  // so that a chain is in the order of the rows
      auto& head = heads_[hash_of(column[row]) % buckets];
      next_[row] = head;
      head = static_cast<std::uint16_t>(row);
    }
  }
  /// Calls `visit(row)` for every row that has the value.
  template <class Visit>
  void find(Cell value, Visit&& visit) const {
    for (auto row = heads_[hash_of(value) % buckets]; row != none; row = next_[row]) {
      if (column_[row] == value) visit(std::uint32_t{row});
    }
  }

 private:
  static constexpr std::size_t buckets = 2 * batch_rows;
  static constexpr std::uint16_t none = 0xFFFF;
  static_assert(batch_rows < none);

  Column column_{};
  std::uint16_t heads_[buckets];
  std::uint16_t next_[batch_rows];
};

}  // namespace cairn::query
