// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of a static query.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/query/compiled/execute/feed.hpp>
#include <cairn/query/compiled/typed_cell.hpp>
#include <cairn/query/run/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn {

namespace query::compiled {

/// Reads the cells of a row: as a tuple or, where one column stands for itself, as its value. `read_known`: of columns for which
/// `are_known` is true.
template <bool Single, CellType... Types>
struct RowReader {
  using type = std::tuple<typename TypedCell<Types>::type...>;
  template <std::size_t... Index>
  [[nodiscard]] CAIRN_ALWAYS_INLINE static type read(Column const* columns, std::size_t row, std::index_sequence<Index...>) {
    return type{read_cell<Types>(columns[Index][row])...};
  }
  template <std::size_t... Index>
  [[nodiscard]] CAIRN_ALWAYS_INLINE static type read_known(Column const* columns, std::size_t row, std::index_sequence<Index...>) {
    return type{TypedCell<Types>::get({columns[Index].kind, columns[Index].words[row]})...};
  }
};
template <CellType Type>
struct RowReader<true, Type> {
  using type = typename TypedCell<Type>::type;
  [[nodiscard]] CAIRN_ALWAYS_INLINE static type read(Column const* columns, std::size_t row, std::index_sequence<0>) {
    return read_cell<Type>(columns[0][row]);
  }
  [[nodiscard]] CAIRN_ALWAYS_INLINE static type read_known(Column const* columns, std::size_t row, std::index_sequence<0>) {
    return TypedCell<Type>::get({columns[0].kind, columns[0].words[row]});
  }
};

/// Whether each column has values of one kind, so that its first cell says of all of them that they are of its type. Requires a row.
/// Errors: `query/where`.
template <CellType... Types, std::size_t... Index>
[[nodiscard]] bool are_known(Column const* columns, std::index_sequence<Index...>) {
  if (!(columns[Index].is_uniform() && ...)) return false;
  (TypedCell<Types>::check(columns[Index][0]), ...);
  return true;
}

/// What was pulled, as columns of values like the others.
template <meta::Lazy = {}>
[[nodiscard]] inline std::shared_ptr<std::vector<StoredColumn> const> pulled_columns(Found const& found, std::span<Column> columns) {
  auto made = std::make_shared<std::vector<StoredColumn>>(found.pulled.size());
  for (std::size_t i = 0; i != found.pulled.size(); ++i) {
    auto const which = found.pulled[i].column;
    for (std::size_t row = 0; row != found.rows.size(); ++row) (*made)[i].append(found.cell(row, which));
    columns[which] = (*made)[i].from(0);
  }
  return made;
}

}  // namespace query::compiled

/// What a static query found: a range of tuples, or of values for `[?x ...]`; a view in the sense of `std::ranges` and range-v3.
///
/// Where the plan is one of loops whose rows differ as they are, rows are found as they are read: an iterator is one pass, `begin`
/// begins another one, and `size`, O(n) then, and `empty` are passes of their own. Otherwise all rows are there already. Nothing is
/// allocated between two rows where no duplicates are removed on the way, and leaves are in memory.
///
/// It owns the databases that it came from: what its rows show (`std::string_view`, `ValueView`, spans) is valid as long as it, or
/// a copy of it, lives; iterators don't outlive it. Copying is O(1). Errors, when an iterator comes to a row or reads it: `query/where`
/// where the database's values have other types than those that the query was compiled for; of rows that are found as they are read,
/// also those of the store. Thread safety: as an immutable value; an iterator belongs to one thread.
template <bool Single, query::compiled::CellType... Types>
class StaticRows : public std::ranges::view_base {
  using Reader = query::compiled::RowReader<Single, Types...>;
  using Columns = std::array<query::Column, sizeof...(Types)>;

 public:
  class Iterator;
  using value_type = typename Reader::type;

  StaticRows() = default;
  explicit StaticRows(QueryResult result) : result_{std::move(result)} {
    auto const& found = *result_.found();
    for (std::size_t i = 0; i != sizeof...(Types); ++i) columns_[i] = found.rows.columns()[i].from(0);
    if (!found.pulled.empty()) pulled_ = query::compiled::pulled_columns(found, columns_);
  }
  explicit StaticRows(std::shared_ptr<query::compiled::RowsState const> state) noexcept : state_{std::move(state)} {}

  // Inline: an iterator whose address nobody learns is kept in registers.
  [[nodiscard]] CAIRN_ALWAYS_INLINE Iterator begin() const {
    if (state_ == nullptr) return {columns_, result_.size()};
    return Iterator{state_->start()};
  }
  [[nodiscard]] Iterator end() const noexcept { return {}; }
  [[nodiscard]] bool empty() const {
    if (state_ == nullptr) return result_.size() == 0;
    Columns columns;
    return state_->start_counting()->next(columns.data()) == 0;
  }
  [[nodiscard]] std::size_t size() const {
    if (state_ == nullptr) return result_.size();
    auto const feed = state_->start_counting();
    Columns columns;
    std::size_t size = 0;
    while (auto const rows = feed->next(columns.data())) size += rows;
    return size;
  }

 private:
  QueryResult result_{};
  Columns columns_{};
  std::shared_ptr<std::vector<query::StoredColumn> const> pulled_{};
  std::shared_ptr<query::compiled::RowsState const> state_{};
};

/// One pass over the rows. `==` only tells whether both are at the end, or neither is. One whose `++` threw is at the end.
template <bool Single, query::compiled::CellType... Types>
class StaticRows<Single, Types...>::Iterator {
 public:
  using value_type = typename Reader::type;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  /// The end.
  Iterator() = default;
  Iterator(Columns const& columns, std::size_t rows) { show(columns, rows); }
  CAIRN_ALWAYS_INLINE explicit Iterator(std::shared_ptr<query::compiled::RowFeed> feed) : feed_{std::move(feed)} { read_on(); }

  [[nodiscard]] CAIRN_ALWAYS_INLINE value_type operator*() const {
    return are_known_ ? Reader::read_known(columns_.data(), row_, all) : Reader::read(columns_.data(), row_, all);
  }
  CAIRN_ALWAYS_INLINE Iterator& operator++() {
    if (++row_ == count_ && feed_ != nullptr) [[unlikely]] read_on();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(Iterator const& left, Iterator const& right) noexcept {
    return (left.row_ == left.count_) == (right.row_ == right.count_);
  }

 private:
  static constexpr std::make_index_sequence<sizeof...(Types)> all{};

  CAIRN_ALWAYS_INLINE void read_on() {
    Columns columns;
    auto const rows = feed_->next(columns.data());
    show(columns, rows);
  }
  // Columns are looked at once, and not for each row.
  CAIRN_ALWAYS_INLINE void show(Columns const& columns, std::size_t rows) {
    are_known_ = rows != 0 && query::compiled::are_known<Types...>(columns.data(), all);
    columns_ = columns;
    count_ = rows;
    row_ = 0;
  }

  Columns columns_{};
  bool are_known_ = false;
  std::size_t row_ = 0;
  std::size_t count_ = 0;
  std::shared_ptr<query::compiled::RowFeed> feed_{};
};

}  // namespace cairn

/// Its size may take a pass, which those who ask for one in O(1) don't expect.
template <bool Single, cairn::query::compiled::CellType... Types>
inline constexpr bool std::ranges::disable_sized_range<cairn::StaticRows<Single, Types...>> = true;
