// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The removal of duplicates: by order, by bits or by hashes.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/row_set.hpp>

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

namespace detail {

/// Whether words of this kind, as they are, can be told apart and put in an order, whatever it means.
[[nodiscard]] constexpr bool ordered_by_word(ValueKind kind) noexcept { return equal_by_word(kind) && kind != ValueKind::nil; }

/// The order of two cells in which a scan gives them, or nothing where it is not worth the comparison.
[[nodiscard]] inline std::partial_ordering scan_order(Cell left, Cell right) noexcept {
  if (left.kind != right.kind) return std::partial_ordering::unordered;
  if (ordered_by_word(left.kind)) return left.as_integer() <=> right.as_integer();
  if (left.kind != ValueKind::string) return std::partial_ordering::unordered;
  if (left.word == right.word) return std::partial_ordering::equivalent;
  BorrowedValue const a{left};
  BorrowedValue const b{right};
  return a->as_string() <=> b->as_string();
}

/// Rows of integers that lie close together, a bit each.
class RowBits {
 public:
  explicit RowBits(std::size_t columns) : sides_(columns), kinds_(columns, ValueKind::nil) {}

  [[nodiscard]] std::size_t bytes() const noexcept { return bits_.bytes(); }

  /// Makes room for the batch's rows beside those that are stored, whose bits it sets; not where that would take more than 128 bits
  /// a row. `codes` gets the bit of each. `stored` are all rows that have a bit, or none of them.
  [[nodiscard]] bool cover(Batch const& batch, std::span<std::uint16_t const> variables, StoredRows const& stored,
                           std::uint64_t* codes) {
    for (std::size_t i = 0; i != sides_.size(); ++i) {
      auto const& column = batch[variables[i]];
      if (!column.is_uniform() || !ordered_by_word(column.kind)) return false;
      if (stored.size() != 0 && !stored.columns()[i].is_uniform(column.kind)) return false;
      if (sides_[i].width != 0 && kinds_[i] != column.kind) return false;
      kinds_[i] = column.kind;
    }
    auto const column_of = [&](std::size_t i) { return batch[variables[i]].words; };
    if (encode(column_of, batch.rows(), codes)) return true;
    return widen(column_of, batch.rows(), stored) && encode(column_of, batch.rows(), codes);
  }
  /// Writes to `fresh` which of the codes were not there. Requires some.
  std::uint32_t insert(std::uint64_t const* codes, std::uint32_t count, std::uint32_t* fresh) noexcept {
    std::uint32_t found = 0;
    // Of codes in order many are in the same word, which is in memory again only when it is left.
    auto at = codes[0] / 64;
    auto word = bits_[at];
    for (std::uint32_t i = 0; i != count; ++i) {
      if (codes[i] / 64 != at) {
        bits_[at] = word;
        at = codes[i] / 64;
        word = bits_[at];
      }
      auto const bit = std::uint64_t{1} << (codes[i] % 64);
      fresh[found] = i;
      found += (word & bit) == 0 ? 1U : 0U;
      word |= bit;
    }
    bits_[at] = word;
    size_ += found;
    return found;
  }
  /// Calls `take(rows)` until all rows that have a bit were in one, some thousand at a time.
  template <class Take>
  void for_each_part(Take const& take) const {
    StoredRows rows{sides_.size()};
    for (std::size_t at = 0; at != words_; ++at) {
      for (auto left = bits_[at]; left != 0; left &= left - 1) {
        auto code = std::uint64_t{at} * 64 + static_cast<std::uint64_t>(std::countr_zero(left));
        for (auto i = sides_.size(); i-- != 0;) {
          rows.columns()[i].append(Cell{kinds_[i], sides_[i].low + code % sides_[i].width});
          code /= sides_[i].width;
        }
        rows.set_size(rows.size() + 1);
      }
      if (rows.size() < batch_rows - 64 && at + 1 != words_) continue;
      take(std::as_const(rows));
      rows.clear();
    }
  }

 private:
  /// The numbers of a column that have a place: `width` of them from `low` on.
  struct Side {
    std::uint64_t low = 0;
    std::uint64_t width = 0;
  };

  /// Not where a number has no place.
  template <class ColumnOf>
  [[nodiscard]] bool encode(ColumnOf const& column_of, std::uint32_t count, std::uint64_t* codes) const noexcept {
    bool is_outside = false;
    for (std::size_t i = 0; i != sides_.size(); ++i) {
      auto const side = sides_[i];
      auto const* words = column_of(i);
      for (std::uint32_t row = 0; row != count; ++row) {
        auto const distance = words[row] - side.low;
        is_outside |= distance >= side.width;
        codes[row] = i == 0 ? distance : codes[row] * side.width + distance;
      }
    }
    return !is_outside;
  }

  template <class ColumnOf>
  [[nodiscard]] bool widen(ColumnOf const& column_of, std::uint32_t count, StoredRows const& stored) {
    auto const most = (std::max)(std::uint64_t{1} << 18U, 128 * std::uint64_t{(std::max)(size_, stored.size()) + count});
    std::vector<Side> exact(sides_.size());
    std::vector<Side> roomy(sides_.size());
    for (std::size_t i = 0; i != sides_.size(); ++i) {
      auto [least, greatest] = limits(column_of(i), count);
      auto const before = sides_[i];
      if (before.width == 0 && stored.size() != 0) {  // rows that came in order have no bits yet
        auto const [first, last] = limits(stored.columns()[i].words(), stored.size());
        least = (std::min)(least, first);
        greatest = (std::max)(greatest, last);
      }
      auto const low = before.width == 0 ? least : (std::min)(least, static_cast<std::int64_t>(before.low));
      auto const high = before.width == 0 ? greatest : (std::max)(greatest, static_cast<std::int64_t>(before.low + before.width - 1));
      constexpr std::int64_t far = std::int64_t{1} << 61;
      if (low < -far || high > far) return false;
      auto const width = static_cast<std::uint64_t>(high - low) + 1;
      exact[i] = {static_cast<std::uint64_t>(low), width};
      // A side that has grown is expected to grow more.
      bool const is_new = before.width == 0;
      auto const below = is_new || exact[i].low != before.low ? width / 8 : 0;
      auto const above = is_new || exact[i].low + width != before.low + before.width ? width / 2 : 0;
      roomy[i] = {exact[i].low - below, width + below + above};
    }
    for (auto const* wanted : {&roomy, &exact}) {
      std::uint64_t codes = 1;
      for (auto const& side : *wanted) codes = side.width > most / codes ? most + 1 : codes * side.width;
      if (codes > most) continue;
      if (keeps_codes(*wanted)) {
        grow(*wanted, static_cast<std::size_t>(codes / 64 + 1));
        return true;
      }
      RowBits before{sides_.size()};
      std::swap(before.sides_, sides_);
      std::swap(before.bits_, bits_);
      before.words_ = words_;
      before.kinds_ = kinds_;
      sides_ = *wanted;
      words_ = static_cast<std::size_t>(codes / 64 + 1);
      bits_ = Scratch<std::uint64_t>{words_};
      std::memset(bits_.get(), 0, words_ * sizeof(std::uint64_t));
      bool have_places = set(stored);
      if (stored.size() == 0) {
        before.for_each_part([&](StoredRows const& part) { have_places = have_places && set(part); });
      } else {
        size_ = stored.size();
      }
      return have_places;
    }
    return false;
  }

  /// Whether rows that have a bit have the same one among wider sides: a row's code does not depend on how far the first column goes,
  /// which is where columns that are read in their order grow.
  [[nodiscard]] bool keeps_codes(std::vector<Side> const& wanted) const noexcept {
    for (std::size_t i = 0; i != sides_.size(); ++i) {
      if (sides_[i].width == 0 || wanted[i].low != sides_[i].low || (i != 0 && wanted[i].width != sides_[i].width)) return false;
    }
    return true;
  }
  /// Requires `keeps_codes(wanted)`.
  void grow(std::vector<Side> const& wanted, std::size_t words) {
    if (words > bits_.size()) {
      Scratch<std::uint64_t> bits{words};
      std::memcpy(bits.get(), bits_.get(), words_ * sizeof(std::uint64_t));
      bits_ = std::move(bits);
    }
    std::memset(bits_.get() + words_, 0, (words - words_) * sizeof(std::uint64_t));
    words_ = words;
    sides_ = wanted;
  }

  /// False where a row has no place.
  [[nodiscard]] bool set(StoredRows const& stored) noexcept {
    std::uint64_t codes[batch_rows];
    for (std::size_t first = 0; first < stored.size(); first += batch_rows) {
      auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, stored.size() - first));
      if (!encode([&](std::size_t i) { return stored.columns()[i].words() + first; }, count, codes)) return false;
      for (std::uint32_t i = 0; i != count; ++i) bits_[codes[i] / 64] |= std::uint64_t{1} << (codes[i] % 64);
    }
    return true;
  }

  [[nodiscard]] static std::pair<std::int64_t, std::int64_t> limits(std::uint64_t const* words, std::size_t count) noexcept {
    auto least = static_cast<std::int64_t>(words[0]);
    auto greatest = least;
    for (std::size_t i = 1; i < count; ++i) {
      least = (std::min)(least, static_cast<std::int64_t>(words[i]));
      greatest = (std::max)(greatest, static_cast<std::int64_t>(words[i]));
    }
    return {least, greatest};
  }

  std::vector<Side> sides_;
  std::vector<ValueKind> kinds_;
  Scratch<std::uint64_t> bits_{};
  std::size_t words_ = 0;  // of `bits_`
  std::size_t size_ = 0;   // how many are set
};

}  // namespace detail

/// Rows without duplicates that nobody looks up. As long as they come in an order, the same in all columns, each is compared with
/// the one before; then, or where they are many that nobody asks for, integers that lie close together become bits; others are hashed.
class DistinctRows {
 public:
  /// `gives_rows`: `size` and `take` will be called. Else rows that are bits are nothing else.
  explicit DistinctRows(std::size_t columns, bool gives_rows = true)
      : gives_rows_{gives_rows}, rows_{columns}, bits_{columns}, set_{columns} {}

  [[nodiscard]] std::size_t size() const noexcept { return rows().size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return rows_.bytes() + bits_.bytes() + set_.bytes(); }
  [[nodiscard]] StoredRows take() && noexcept { return way_ == Way::hashes ? std::move(set_).take() : std::move(rows_); }

  /// As of `RowSet`.
  template <meta::Lazy = {}>
  std::uint32_t insert(Batch const& batch, std::span<std::uint16_t const> variables, std::uint32_t* fresh) {
    if (batch.rows() == 0) return 0;
    if (way_ == Way::order && !gives_rows_ && rows_.size() >= many_rows && !std::exchange(tried_bits_, true)) {
      std::uint64_t codes[batch_rows];
      if (bits_.cover(batch, variables, rows_, codes)) {
        way_ = Way::bits;
      } else {
        bits_ = detail::RowBits{rows_.columns().size()};
      }
    }
    if (way_ == Way::order) {
      if (auto const found = insert_in_order(batch, variables, fresh)) {
        if (*found == batch.rows()) {
          rows_.append(batch, variables);
        } else {
          rows_.append(batch, variables, fresh, *found);
        }
        return *found;
      }
      way_ = Way::bits;
    }
    if (way_ == Way::bits) {
      std::uint64_t codes[batch_rows];
      if (bits_.cover(batch, variables, rows_, codes)) {
        auto const found = bits_.insert(codes, batch.rows(), fresh);
        if (gives_rows_) {
          rows_.append(batch, variables, fresh, found);
        } else if (rows_.size() != 0) {
          rows_ = StoredRows{rows_.columns().size()};
        }
        return found;
      }
      way_ = Way::hashes;
      auto const columns = rows_.columns().size();
      if (rows_.size() == 0) write_rows();
      bits_ = detail::RowBits{columns};
      set_ = RowSet{std::exchange(rows_, StoredRows{columns})};
    }
    return set_.insert(batch, variables, fresh);
  }

 private:
  enum class Way : std::uint8_t { order, bits, hashes };
  /// Of so many that nobody asks for, bits take less room, though rows in order take less time.
  static constexpr std::size_t many_rows = std::size_t{4} * batch_rows;

  /// Of the bits.
  template <meta::Lazy = {}>
  void write_rows() {
    bits_.for_each_part([&](StoredRows const& part) {
      for (std::size_t i = 0; i != part.columns().size(); ++i) {
        rows_.columns()[i].append(part.columns()[i].from(0), static_cast<std::uint32_t>(part.size()));
      }
      rows_.set_size(rows_.size() + part.size());
    });
  }

  [[nodiscard]] StoredRows const& rows() const noexcept { return way_ == Way::hashes ? set_.rows() : rows_; }

  /// Nothing where a row is not known to be behind the one before.
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<std::uint32_t> insert_in_order(Batch const& batch, std::span<std::uint16_t const> variables,
                                                             std::uint32_t* fresh) const {
    if (variables.empty()) {  // all rows are the same
      fresh[0] = 0;
      return rows_.size() == 0 ? 1U : 0U;
    }
    auto const& leading = batch[variables[0]];
    bool const by_word = leading.is_uniform() && detail::ordered_by_word(leading.kind);
    std::uint32_t found = 0;
    auto const take = [&](std::uint32_t row, std::partial_ordering order) {
      fresh[found] = row;
      found += order == 0 ? 0U : 1U;
      return order <= 0;
    };
    auto first = std::partial_ordering::less;
    for (std::size_t i = 0; i != variables.size() && rows_.size() != 0; ++i) {
      first = detail::scan_order(rows_.at(rows_.size() - 1, i), batch[variables[i]][0]);
      if (first != 0) break;
    }
    if (!take(0, first)) return std::nullopt;
    if (by_word && variables.size() == 1) {
      bool descends = false;
      auto const* words = leading.words;
      for (std::uint32_t row = 1; row < batch.rows(); ++row) {
        descends |= static_cast<std::int64_t>(words[row - 1]) > static_cast<std::int64_t>(words[row]);
        fresh[found] = row;
        found += words[row - 1] == words[row] ? 0U : 1U;
      }
      return descends ? std::nullopt : std::optional{found};
    }
    for (std::uint32_t row = 1; row < batch.rows(); ++row) {
      if (by_word && static_cast<std::int64_t>(leading.words[row - 1]) < static_cast<std::int64_t>(leading.words[row])) {
        fresh[found++] = row;
        continue;
      }
      auto order = std::partial_ordering::equivalent;
      for (std::size_t i = 0; i != variables.size() && order == 0; ++i) {
        auto const& column = batch[variables[i]];
        order = detail::scan_order(column[row - 1], column[row]);
      }
      if (!take(row, order)) return std::nullopt;
    }
    return found;
  }

  bool gives_rows_;
  bool tried_bits_ = false;  // before rows came in no order
  Way way_ = Way::order;
  StoredRows rows_;
  detail::RowBits bits_;
  RowSet set_;
};

}  // namespace cairn::query
