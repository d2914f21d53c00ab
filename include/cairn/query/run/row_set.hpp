// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows without duplicates, which can be looked up.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/index/compiler.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/cell_hash.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace cairn::query {

/// Rows without duplicates: an open-addressing hash table of row numbers over stored rows. Complexity: O(1) a row.
/// Errors: `query/memory` for more than 2^32 - 2 rows.
class RowSet {
 public:
  explicit RowSet(std::size_t columns) : rows_{columns} {}
  /// Requires: no two of the rows are the same.
  explicit RowSet(StoredRows rows) : rows_{std::move(rows)} {
    reserve(0);
    std::uint64_t hashes[batch_rows];
    for (std::size_t first = 0; first < rows_.size(); first += batch_rows) {
      auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, rows_.size() - first));
      std::fill_n(hashes, count, detail::hash_seed);
      for (auto const& column : rows_.columns()) detail::add_hashes(column.from(first), count, hashes);
      for (std::uint32_t i = 0; i != count; ++i) put_at_free(table_, shift_, (hashes[i] & upper) | (first + i + 1U));
    }
  }

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
    std::fill_n(hashes, count, detail::hash_seed);
    for (auto const variable : variables) detail::add_hashes(batch[variable], count, hashes);
    auto const first = static_cast<std::uint32_t>(rows_.size());
    std::uint32_t found = 0;
    if (!equal_by_words(batch, variables)) {
      found = put(hashes, count, fresh, numbers, [&](std::uint32_t row, std::uint32_t number) {
        return number >= first ? same_rows(batch, variables, row, fresh[number - first])
                               : same_as_stored(batch, variables, row, number);
      });
    } else if (variables.size() == 1) {
      auto const* in = batch[variables[0]].words;
      auto const* stored = rows_.columns()[0].words();
      found = put(hashes, count, fresh, numbers, [=](std::uint32_t row, std::uint32_t number) {
        return in[row] == (number < first ? stored[number] : in[fresh[number - first]]);
      });
    } else {
      found = put(hashes, count, fresh, numbers, [&](std::uint32_t row, std::uint32_t number) {
        for (std::size_t i = 0; i != variables.size(); ++i) {
          auto const* in = batch[variables[i]].words;
          if (in[row] != (number < first ? rows_.columns()[i].words()[number] : in[fresh[number - first]])) return false;
        }
        return true;
      });
    }
    if (found != 0) rows_.append(batch, variables, fresh, found);
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
    if (!table_) return std::nullopt;
    std::uint64_t hash = detail::hash_seed;
    for (auto const variable : variables) {
      auto const cell = batch[variable][row];
      hash = detail::mixed(hash, detail::hash_code(cell.kind, cell.word));
    }
    for (auto at = slot(hash, shift_); table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
      if (((table_[at] ^ hash) & upper) != 0) continue;
      auto const number = static_cast<std::uint32_t>(table_[at]) - 1U;
      if (same_as_stored(batch, variables, row, number)) return number;
    }
    return std::nullopt;
  }

 private:
  // An entry is the upper half of a row's hash and the row's number from 1 on. The first bits of that half say where it is, so that
  // a table grows without its rows.
  using Table = Scratch<std::uint64_t>;
  static constexpr std::uint64_t upper = 0xFFFFFFFF00000000U;

  [[nodiscard]] static std::size_t slot(std::uint64_t hash, int shift) noexcept { return (hash & upper) >> shift; }

  static void put_at_free(Table& table, int shift, std::uint64_t entry) noexcept {
    auto at = slot(entry, shift);
    while (table[at] != 0) at = (at + 1) & (table.size() - 1);
    table[at] = entry;
  }

  /// Finds or adds rows by their hashes. `same(row, number)`: whether the row of the batch is the one that has that number.
  template <class Same>
  std::uint32_t put(std::uint64_t const* hashes, std::uint32_t count, std::uint32_t* fresh, std::uint32_t* numbers, Same const& same) {
    constexpr std::uint32_t ahead = 16;
    auto const first = static_cast<std::uint32_t>(rows_.size());
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i != count; ++i) {
      if (i + ahead < count) cairn::detail::prefetch(&table_[slot(hashes[i + ahead], shift_)], 1);
      for (auto at = slot(hashes[i], shift_);; at = (at + 1) & (table_.size() - 1)) {
        auto& entry = table_[at];
        if (entry == 0) {
          entry = (hashes[i] & upper) | (first + found + 1U);
          numbers[i] = first + found;
          fresh[found++] = i;
          break;
        }
        if (((entry ^ hashes[i]) & upper) != 0) continue;
        auto const number = static_cast<std::uint32_t>(entry) - 1U;
        if (same(i, number)) {
          numbers[i] = number;
          break;
        }
      }
    }
    return found;
  }

  /// Whether rows of the batch and those that are here are the same exactly if their words are.
  [[nodiscard]] bool equal_by_words(Batch const& batch, std::span<std::uint16_t const> variables) const noexcept {
    for (std::size_t i = 0; i != variables.size(); ++i) {
      auto const& column = batch[variables[i]];
      if (!column.is_uniform() || !equal_by_word(column.kind) || column.kind == ValueKind::nil) return false;
      if (rows_.size() != 0 && !rows_.columns()[i].is_uniform(column.kind)) return false;
    }
    return true;
  }
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
    if (wanted >= 0xFFFFFFFEU) raise(Errc::query_memory, "A query has more than 2^32 different rows. Ask for less.", "{}");
    if (wanted * 8 <= table_.size() * 5) return;
    Table table{std::bit_ceil((std::max)(wanted * 8 / 5 + 1, table_.size() * 2))};
    std::memset(table.get(), 0, table.bytes());
    auto const shift = 64 - std::countr_zero(table.size());
    for (std::size_t at = 0; at != table_.size(); ++at) {
      if (table_[at] != 0) put_at_free(table, shift, table_[at]);
    }
    table_ = std::move(table);
    shift_ = shift;
  }

  StoredRows rows_;
  Table table_{};
  int shift_ = 0;
};

}  // namespace cairn::query
