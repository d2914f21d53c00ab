// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows that a query keeps: columns that grow.
#pragma once

#include <cairn/query/run/batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

/// A column without end. Values are borrowed.
class StoredColumn {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t const* words() const noexcept { return words_.get(); }
  /// Null: all values are of `kind()`.
  [[nodiscard]] ValueKind const* kinds() const noexcept { return kinds_.get(); }
  [[nodiscard]] ValueKind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_uniform(ValueKind of) const noexcept { return !kinds_ && kind_ == of; }
  [[nodiscard]] Cell operator[](std::size_t row) const noexcept {
    return {!kinds_ ? kind_ : kinds_[row], words_[row]};
  }
  /// The rows from `first` on. Valid until something is added.
  [[nodiscard]] Column from(std::size_t first) const noexcept {
    return {words_.get() + first, !kinds_ ? nullptr : kinds_.get() + first, kind_};
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return words_.bytes() + kinds_.bytes();
  }

  void append(Column const& column, std::uint32_t count) {
    reserve(count);
    std::memcpy(words_.get() + size_, column.words, count * sizeof(std::uint64_t));
    if (column.is_uniform()) {
      note(column.kind, count);
    } else {
      std::memcpy(all_kinds() + size_, column.kinds, count);
    }
    size_ += count;
  }
  /// Those rows of it.
  void append(Column const& column, std::uint32_t const* rows, std::uint32_t count) {
    reserve(count);
    for (std::uint32_t i = 0; i != count; ++i) words_[size_ + i] = column.words[rows[i]];
    if (column.is_uniform()) {
      note(column.kind, count);
    } else {
      auto* kinds = all_kinds();
      for (std::uint32_t i = 0; i != count; ++i) kinds[size_ + i] = column.kinds[rows[i]];
    }
    size_ += count;
  }
  void append(Cell cell) {
    reserve(1);
    words_[size_] = cell.word;
    note(cell.kind, 1);
    ++size_;
  }
  /// Adds so many rows of one kind, whose words are to be written where it says. Requires that they are valid then.
  [[nodiscard]] std::uint64_t* extend(std::size_t count, ValueKind kind) {
    reserve(count);
    note(kind, count);
    size_ += count;
    return words_.get() + (size_ - count);
  }
  /// Says that all words are integers from `low` on, `width` of them. Nothing is added afterwards. Few numbers in many rows are then
  /// made values once each, instead of once a row.
  void set_range(std::uint64_t low, std::size_t width) noexcept {
    low_ = low;
    width_ = width;
  }
  [[nodiscard]] std::uint64_t low() const noexcept { return low_; }
  /// 0: nobody has said.
  [[nodiscard]] std::size_t width() const noexcept { return width_; }

  /// Forgets all rows, and keeps the room.
  void clear() noexcept {
    size_ = 0;
    kinds_ = {};
  }
  /// The rows in another order, or some of them. Requires that they are in the column.
  [[nodiscard]] StoredColumn picked(std::span<std::uint32_t const> rows) const {
    StoredColumn result;
    result.reserve(rows.size());
    for (auto const row : rows) result.append((*this)[row]);
    return result;
  }

 private:
  void note(ValueKind kind, std::size_t count) {
    if (size_ == 0 && !kinds_) {
      kind_ = kind;
    } else if (kinds_ || kind != kind_) {
      std::memset(all_kinds() + size_, static_cast<int>(kind), count);
    }
  }
  ValueKind* all_kinds() {
    if (!kinds_) {
      kinds_ = Scratch<ValueKind>{words_.size()};
      std::memset(kinds_.get(), static_cast<int>(kind_), size_);
    }
    return kinds_.get();
  }
  void reserve(std::size_t more) {
    if (size_ + more <= words_.size()) return;
    auto const capacity = (std::max)(size_ + more, words_.size() * 2);
    Scratch<std::uint64_t> words{capacity};
    if (size_ != 0) std::memcpy(words.get(), words_.get(), size_ * sizeof(std::uint64_t));
    if (kinds_) {
      Scratch<ValueKind> kinds{words.size()};
      std::memcpy(kinds.get(), kinds_.get(), size_);
      kinds_ = std::move(kinds);
    }
    words_ = std::move(words);
  }

  std::size_t size_ = 0;
  Scratch<std::uint64_t> words_{};
  Scratch<ValueKind> kinds_{};
  ValueKind kind_ = ValueKind::nil;
  std::uint64_t low_ = 0;
  std::size_t width_ = 0;
};

/// Rows of some columns, kept in the order in which they were added.
class StoredRows {
 public:
  explicit StoredRows(std::size_t columns) : columns_(columns) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<StoredColumn const> columns() const noexcept { return columns_; }
  [[nodiscard]] std::vector<StoredColumn>& columns() noexcept { return columns_; }
  [[nodiscard]] Cell at(std::size_t row, std::size_t column) const noexcept { return columns_[column][row]; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = 0;
    for (auto const& column : columns_) sum += column.bytes();
    return sum;
  }

  /// All rows of a batch; `variables` says which of its columns, in order.
  void append(Batch const& batch, std::span<std::uint16_t const> variables) {
    for (std::size_t i = 0; i != columns_.size(); ++i) columns_[i].append(batch[variables[i]], batch.rows());
    size_ += batch.rows();
  }
  void append(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t const* rows, std::uint32_t count) {
    for (std::size_t i = 0; i != columns_.size(); ++i) columns_[i].append(batch[variables[i]], rows, count);
    size_ += count;
  }
  void clear() noexcept {
    for (auto& column : columns_) column.clear();
    size_ = 0;
  }
  void set_size(std::size_t size) noexcept { size_ = size; }

 private:
  std::vector<StoredColumn> columns_;
  std::size_t size_ = 0;
};

}  // namespace cairn::query
