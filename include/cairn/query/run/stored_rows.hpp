// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows that a query keeps: columns that grow, and the set of their rows.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/batch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
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
};

namespace detail {

/// Fibonacci hashing (D. Knuth, The Art of Computer Programming 3, 6.4), folded.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) noexcept {
  auto const product = (std::rotl(hash, 23) ^ word) * 0x9E3779B97F4A7C15U;
  return product ^ (product >> 32U);
}

/// Equal cells of one kind have equal codes.
[[nodiscard]] inline std::uint64_t hash_code(ValueKind kind, std::uint64_t word) noexcept {
  if (equal_by_word(kind)) return kind == ValueKind::nil ? 0 : word;
  if (kind == ValueKind::float64 || kind == ValueKind::float32) {
    auto const real = std::bit_cast<double>(word);
    return std::isnan(real) ? 1 : std::bit_cast<std::uint64_t>(real + 0.0);  // -0.0 + 0.0 is 0.0
  }
  return BorrowedValue{kind, word}->hash();
}

inline void add_hashes(Column const& column, std::uint32_t rows, std::uint64_t* hashes) noexcept {
  if (column.is_uniform() && equal_by_word(column.kind) && column.kind != ValueKind::nil) {
    for (std::uint32_t i = 0; i != rows; ++i) hashes[i] = mixed(hashes[i], column.words[i]);
  } else {
    for (std::uint32_t i = 0; i != rows; ++i) hashes[i] = mixed(hashes[i], hash_code(column.kind_at(i), column.words[i]));
  }
}

/// As cells are equal; text by its size first.
[[nodiscard]] inline bool same(Cell left, Cell right) noexcept {
  if (left.kind != ValueKind::string || right.kind != ValueKind::string) return left == right;
  if (left.word == right.word) return true;
  BorrowedValue const a{left};
  BorrowedValue const b{right};
  return a->as_string() == b->as_string();
}

/// Integers that lie close enough to each other to be bits.
class IntegerSet {
 public:
  [[nodiscard]] std::size_t bytes() const noexcept { return bits_.bytes(); }

  /// Makes room for the numbers beside `size` others, unless that would take more than 64 bits for each.
  [[nodiscard]] bool covers(std::uint64_t const* numbers, std::uint32_t count, std::size_t size) {
    if (count == 0) return true;
    auto low = static_cast<std::int64_t>(numbers[0]);
    auto high = low;
    for (std::uint32_t i = 1; i != count; ++i) {
      low = (std::min)(low, static_cast<std::int64_t>(numbers[i]));
      high = (std::max)(high, static_cast<std::int64_t>(numbers[i]));
    }
    if (width_ != 0 && low >= low_ && high < low_ + width_) return true;  // a difference might not fit
    constexpr std::int64_t far = std::int64_t{1} << 61;
    if (low < -far || high > far) return false;
    auto const from = (width_ == 0 ? low : (std::min)(low, low_)) & ~std::int64_t{63};
    auto const to = width_ == 0 ? high : (std::max)(high, low_ + width_ - 1);
    if (to - from >= (std::max)(std::int64_t{1} << 17, static_cast<std::int64_t>(64 * (size + count)))) return false;
    Scratch<std::uint64_t> bits{static_cast<std::size_t>((to - from) / 64 + 1)};
    std::memset(bits.get(), 0, bits.bytes());
    if (width_ != 0) std::memcpy(bits.get() + (low_ - from) / 64, bits_.get(), static_cast<std::size_t>(width_ / 8));
    low_ = from;
    // All that is to be used, so that what is copied the next time ends within it.
    width_ = (to - from) / 64 * 64 + 64;
    if (auto const room = static_cast<std::int64_t>(bits.size()) * 64; room - width_ > 0) width_ = room;
    bits_ = std::move(bits);
    return true;
  }
  /// Requires that it covers the numbers. Writes to `fresh` which were not there.
  std::uint32_t insert(std::uint64_t const* numbers, std::uint32_t count, std::uint32_t* fresh) noexcept {
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i != count; ++i) {
      auto const at = numbers[i] - static_cast<std::uint64_t>(low_);
      auto& word = bits_[at / 64];
      auto const bit = std::uint64_t{1} << (at % 64);
      fresh[found] = i;
      found += (word & bit) == 0 ? 1U : 0U;
      word |= bit;
    }
    return found;
  }

 private:
  Scratch<std::uint64_t> bits_{};
  std::int64_t low_ = 0;    ///< a multiple of 64
  std::int64_t width_ = 0;  ///< so many numbers from there on have a bit
};

}  // namespace detail

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

/// Rows without duplicates: an open-addressing hash table of row numbers over stored rows. Complexity: O(1) a row.
/// Errors: `query/memory` for more than 2^32 - 2 rows.
class RowSet {
 public:
  explicit RowSet(std::size_t columns) : rows_{columns} {}

  [[nodiscard]] StoredRows const& rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return rows_.bytes() + table_.bytes(); }
  /// The rows alone.
  [[nodiscard]] StoredRows take() && noexcept { return std::move(rows_); }

  /// Adds the batch's rows that are not there, in those columns; writes to `fresh` which these are. Returns their number.
  template <meta::Lazy = {}>
  std::uint32_t insert(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t* fresh) {
    std::uint32_t numbers[batch_rows];
    return insert(batch, variables, fresh, numbers);
  }
  /// The same; `numbers` gets for every row of the batch the number that it has here.
  template <meta::Lazy = {}>
  std::uint32_t insert(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t* fresh,
                       std::uint32_t* numbers) {
    auto const count = batch.rows();
    reserve(count);
    std::uint64_t hashes[batch_rows];
    std::fill_n(hashes, count, 0U);
    for (auto const variable : variables) detail::add_hashes(batch[variable], count, hashes);
    std::uint32_t found = 0;
    auto const first = static_cast<std::uint32_t>(rows_.size());
    for (std::uint32_t i = 0; i != count; ++i) {
      for (auto at = slot(hashes[i]);; at = (at + 1) & (capacity_ - 1)) {
        auto& entry = table_[at];
        if (entry == 0) {
          entry = (hashes[i] & upper) | (first + found + 1U);
          numbers[i] = first + found;
          fresh[found++] = i;
          break;
        }
        if ((entry & upper) != (hashes[i] & upper)) continue;
        auto const number = static_cast<std::uint32_t>(entry) - 1U;
        bool const same = number >= first ? same_rows(batch, variables, i, fresh[number - first])
                                          : same_as_stored(batch, variables, i, number);
        if (same) {
          numbers[i] = number;
          break;
        }
      }
    }
    rows_.append(batch, variables, fresh, found);
    return found;
  }

  /// Whether the row of the batch is there.
  template <meta::Lazy = {}>
  [[nodiscard]] bool contains(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t row) const {
    return number_of(batch, variables, row).has_value();
  }
  /// The number that the row of the batch has here, if it is there.
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<std::uint32_t> number_of(Batch const& batch, std::span<std::uint16_t const> variables,
                                                       std::uint32_t row) const {
    if (capacity_ == 0) return std::nullopt;
    std::uint64_t hash = 0;
    for (auto const variable : variables) {
      auto const cell = batch[variable][row];
      hash = detail::mixed(hash, detail::hash_code(cell.kind, cell.word));
    }
    for (auto at = slot(hash); table_[at] != 0; at = (at + 1) & (capacity_ - 1)) {
      if ((table_[at] & upper) != (hash & upper)) continue;
      auto const number = static_cast<std::uint32_t>(table_[at]) - 1U;
      if (same_as_stored(batch, variables, row, number)) return number;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t upper = 0xFFFFFFFF00000000U;

  [[nodiscard]] std::size_t slot(std::uint64_t hash) const noexcept { return hash & (capacity_ - 1); }

  [[nodiscard]] static bool same_rows(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t left,
                                      std::uint32_t right) noexcept {
    for (auto const variable : variables) {
      if (!detail::same(batch[variable][left], batch[variable][right])) return false;
    }
    return true;
  }
  [[nodiscard]] bool same_as_stored(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t row,
                                    std::uint32_t number) const noexcept {
    for (std::size_t i = 0; i != variables.size(); ++i) {
      if (!detail::same(batch[variables[i]][row], rows_.at(number, i))) return false;
    }
    return true;
  }

  /// Room for so many more at a load of at most 5/8.
  void reserve(std::uint32_t more) {
    auto const wanted = rows_.size() + more;
    if (wanted * 8 <= capacity_ * 5) return;
    if (wanted >= 0xFFFFFFFEU) raise(Errc::query_memory, "A query has more than 2^32 different rows. Ask for less.", "{}");
    auto const capacity = std::bit_ceil((std::max)(wanted * 8 / 5 + 1, rows_.size() * 3));
    Scratch<std::uint64_t> table{capacity};
    std::memset(table.get(), 0, capacity * sizeof(std::uint64_t));
    capacity_ = capacity;
    if (rows_.size() != 0) {
      // The entries have only half of a hash: the others are made again, a batch at a time.
      std::uint64_t hashes[batch_rows];
      for (std::size_t first = 0; first < rows_.size(); first += batch_rows) {
        auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, rows_.size() - first));
        std::fill_n(hashes, count, 0U);
        for (auto const& column : rows_.columns()) detail::add_hashes(column.from(first), count, hashes);
        for (std::uint32_t i = 0; i != count; ++i) {
          auto at = slot(hashes[i]);
          while (table[at] != 0) at = (at + 1) & (capacity - 1);
          table[at] = (hashes[i] & upper) | (first + i + 1U);
        }
      }
    }
    table_ = std::move(table);
  }

  StoredRows rows_;
  std::size_t capacity_ = 0;
  Scratch<std::uint64_t> table_{};
};

/// Rows without duplicates that nobody looks up: one column of integers is kept as bits, as long as they lie close together.
class DistinctRows {
 public:
  explicit DistinctRows(std::size_t columns) : is_hashed_{columns != 1}, rows_{columns}, set_{columns} {}

  [[nodiscard]] std::size_t size() const noexcept { return is_hashed_ ? set_.size() : rows_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return rows_.bytes() + integers_.bytes() + set_.bytes(); }
  [[nodiscard]] StoredRows take() && noexcept { return is_hashed_ ? std::move(set_).take() : std::move(rows_); }

  /// As of `RowSet`.
  template <meta::Lazy = {}>
  std::uint32_t insert(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t* fresh) {
    if (!is_hashed_) {
      auto const& column = batch[variables[0]];
      if (column.is_uniform(ValueKind::integer) && integers_.covers(column.words, batch.rows(), rows_.size())) {
        auto const found = integers_.insert(column.words, batch.rows(), fresh);
        rows_.append(batch, variables, fresh, found);
        return found;
      }
      rehash();
    }
    return set_.insert(batch, variables, fresh);
  }

 private:
  template <meta::Lazy = {}>
  void rehash() {
    std::uint32_t fresh[batch_rows];
    std::uint16_t const variable = 0;
    Batch batch{1};
    for (std::size_t first = 0; first < rows_.size(); first += batch_rows) {
      batch[0] = rows_.columns()[0].from(first);
      batch.set_rows(static_cast<std::uint32_t>((std::min)(rows_.size() - first, std::size_t{batch_rows})));
      set_.insert(batch, std::span{&variable, 1}, fresh);
    }
    is_hashed_ = true;
    rows_ = StoredRows{1};
    integers_ = {};
  }

  bool is_hashed_;
  StoredRows rows_;
  RowSet set_;
  detail::IntegerSet integers_{};
};

}  // namespace cairn::query
