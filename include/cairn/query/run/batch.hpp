// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows as steps hand them on: a thousand at a time, a column a variable.
#pragma once

#include <cairn/query/access/cell.hpp>
#include <cairn/query/run/memory_meter.hpp>
#include <cairn/query/run/scratch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace cairn::query {

/// As many rows as a batch has at most.
inline constexpr std::uint32_t batch_rows = 1024;

/// The values of one variable in a batch. A view; values are borrowed.
struct Column {
  std::uint64_t const* words = nullptr;  ///< null: the variable has no values
  ValueKind const* kinds = nullptr;      ///< null: all values are of `kind`
  ValueKind kind = ValueKind::nil;

  [[nodiscard]] bool is_live() const noexcept { return words != nullptr; }
  [[nodiscard]] bool is_uniform() const noexcept { return kinds == nullptr; }
  [[nodiscard]] bool is_uniform(ValueKind of) const noexcept { return kinds == nullptr && kind == of; }
  [[nodiscard]] ValueKind kind_at(std::size_t row) const noexcept { return kinds == nullptr ? kind : kinds[row]; }
  [[nodiscard]] Cell operator[](std::size_t row) const noexcept { return {kind_at(row), words[row]}; }
};

/// Room for a column's values.
struct ColumnBuffer {
  alignas(64) std::uint64_t words[batch_rows];
  ValueKind kinds[batch_rows];
};

/// Up to `batch_rows` rows. A view: whoever makes it keeps what its columns refer to until the call that it is handed to
/// returns, and their values as long as the query runs.
class Batch {
 public:
  /// With room for so many variables; none has values.
  explicit Batch(std::size_t variables) : columns_(variables) {}

  [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
  void set_rows(std::uint32_t rows) noexcept { rows_ = rows; }
  [[nodiscard]] std::size_t variables() const noexcept { return columns_.size(); }

  [[nodiscard]] Column const& operator[](std::size_t variable) const noexcept { return columns_[variable]; }
  [[nodiscard]] Column& operator[](std::size_t variable) noexcept { return columns_[variable]; }

 private:
  std::uint32_t rows_ = 0;
  std::vector<Column> columns_;
};

/// The buffers of a query's batches: charged when they are made, and lent to steps. Errors: `query/memory`.
class BufferPool {
 public:
  explicit BufferPool(MemoryMeter& meter) noexcept : meter_{&meter} {}

  /// Valid as long as the pool.
  [[nodiscard]] ColumnBuffer& take() {
    meter_->charge(buffers_.emplace_back(1).bytes());
    return *::new (static_cast<void*>(buffers_.back().get())) ColumnBuffer;
  }
  /// Room for the words of a batch, and for their kinds.
  [[nodiscard]] std::uint64_t* take_words() {
    meter_->charge(words_.emplace_back(batch_rows).bytes());
    return words_.back().get();
  }
  [[nodiscard]] ValueKind* take_kinds() {
    meter_->charge(kinds_.emplace_back(batch_rows).bytes());
    return kinds_.back().get();
  }

 private:
  MemoryMeter* meter_;
  std::vector<Scratch<ColumnBuffer>> buffers_{};
  std::vector<Scratch<std::uint64_t>> words_{};
  std::vector<Scratch<ValueKind>> kinds_{};
};

/// A column that is being filled. It is of one kind as long as all that is put in it is. It takes its buffers when the first value
/// comes: many steps hand columns on as they are. Errors: `query/memory`.
class ColumnWriter {
 public:
  ColumnWriter(BufferPool& pool, std::uint16_t variable) noexcept : pool_{&pool}, variable_{variable} {}

  [[nodiscard]] std::uint16_t variable() const noexcept { return variable_; }
  /// Where the words of the rows from `first` on go.
  [[nodiscard]] std::uint64_t* words(std::uint32_t first = 0) {
    if (words_ == nullptr) words_ = pool_->take_words();
    return words_ + first;
  }

  /// Says that the rows from `first` on, of which there were none before, are all of that kind.
  void note(ValueKind kind, std::uint32_t first, std::uint32_t count) {
    if (first == 0) {
      mixed_ = false;
      kind_ = kind;
    } else if (mixed_ || kind != kind_) {
      std::memset(mixed(first) + first, static_cast<int>(kind), count);
    }
  }
  /// Where the kinds of the rows from `first` on go, of which there were none before; all have to be written.
  [[nodiscard]] ValueKind* kinds(std::uint32_t first) { return mixed(first) + first; }

  /// Puts one value behind `row` others.
  void put(Cell cell, std::uint32_t row) {
    *words(row) = cell.word;
    if (row == 0) {
      mixed_ = false;
      kind_ = cell.kind;
    } else if (mixed_ || cell.kind != kind_) {
      mixed(row)[row] = cell.kind;
    }
  }

  /// Puts the values of `from` at those rows behind `first` others.
  void gather(Column const& from, std::uint32_t const* rows, std::uint32_t count, std::uint32_t first) {
    auto* to = words(first);
    for (std::uint32_t i = 0; i != count; ++i) to[i] = from.words[rows[i]];
    if (from.is_uniform()) {
      note(from.kind, first, count);
    } else {
      auto* to_kinds = kinds(first);
      for (std::uint32_t i = 0; i != count; ++i) to_kinds[i] = from.kinds[rows[i]];
    }
  }
  /// Puts one value of `from` so many times behind `first` others.
  void repeat(Column const& from, std::uint32_t row, std::uint32_t count, std::uint32_t first) {
    auto* to = words(first);
    auto const word = from.words[row];
    for (std::uint32_t i = 0; i != count; ++i) to[i] = word;
    note(from.kind_at(row), first, count);
  }

  [[nodiscard]] Column column() const noexcept { return {words_, mixed_ ? kinds_ : nullptr, kind_}; }

 private:
  /// The kinds, from now on one a row.
  ValueKind* mixed(std::uint32_t rows) {
    if (!mixed_ || rows == 0) {
      if (kinds_ == nullptr) kinds_ = pool_->take_kinds();
      if (rows != 0) std::memset(kinds_, static_cast<int>(kind_), rows);
      mixed_ = true;
    }
    return kinds_;
  }

  BufferPool* pool_;
  std::uint64_t* words_ = nullptr;
  ValueKind* kinds_ = nullptr;
  std::uint16_t variable_;
  bool mixed_ = false;
  ValueKind kind_ = ValueKind::nil;
};

}  // namespace cairn::query
