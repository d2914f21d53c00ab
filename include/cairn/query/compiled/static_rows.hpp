// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of a static query.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/query/compiled/execute/feed.hpp>
#include <cairn/query/compiled/execute/static_answer.hpp>
#include <cairn/query/compiled/typed_cell.hpp>
#include <cairn/query/run/batch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <tuple>
#include <utility>

namespace cairn {

namespace query::compiled {

/// Reads the cells of a row: as a tuple or, where one column stands for itself, as its value. `read_known`: of columns for which
/// `are_known` is true.
template <bool Single, CellType... Types>
struct RowReader {
  using type = std::tuple<typename TypedCell<Types>::type...>;
  // Takes columns by value, so that nobody learns where an iterator has them.
  template <std::size_t... Index>
  [[nodiscard, gnu::noinline]] static type read(std::array<Column, sizeof...(Types)> columns, std::size_t row, std::index_sequence<Index...>) {
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
  [[nodiscard, gnu::noinline]] static type read(std::array<Column, 1> columns, std::size_t row, std::index_sequence<0>) {
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

/// Some rows, and those who give the next ones, if they are not all. `are_known`: each column has values of one kind, so that the first
/// says of all of them that they are of its type.
template <CellType... Types>
struct RowBatch {
  std::array<Column, sizeof...(Types)> columns{};
  bool are_known = false;
  std::size_t count = 0;
};
template <CellType... Types>
struct FirstBatch : RowBatch<Types...> {
  std::shared_ptr<RowFeed> feed{};
};

// No part of each query's code, since they are called once for many rows. Errors: `query/where`; those of the feed.
template <CellType... Types>
[[nodiscard, gnu::noinline]] RowBatch<Types...> next_batch(RowFeed& feed) {
  RowBatch<Types...> rows;
  rows.count = feed.next(rows.columns.data());
  rows.are_known = rows.count != 0 && are_known<Types...>(rows.columns.data(), std::make_index_sequence<sizeof...(Types)>{});
  return rows;
}
template <CellType... Types>
[[nodiscard, gnu::noinline]] FirstBatch<Types...> first_batch(StaticAnswer const& answer) {
  if (answer.state != nullptr) {
    auto feed = answer.state->start();
    auto const rows = next_batch<Types...>(*feed);
    return {rows, std::move(feed)};
  }
  FirstBatch<Types...> rows;
  if (answer.size == 0) return rows;
  rows.count = answer.size;
  std::copy_n(answer.columns, sizeof...(Types), rows.columns.data());
  rows.are_known = are_known<Types...>(rows.columns.data(), std::make_index_sequence<sizeof...(Types)>{});
  return rows;
}

}  // namespace query::compiled

/// What a static query found: a range of tuples, or of values for `[?x ...]`; a view in the sense of `std::ranges` and range-v3.
///
/// Where the plan is one of loops whose rows differ as they are, rows are found as they are read: an iterator is one pass, `begin`
/// begins another one, and `size`, O(n) then, and `empty` are passes of their own. Otherwise all rows are there already. Nothing is
/// allocated between two rows where no duplicates are removed on the way, and leaves are in memory, but for the list of leaves that rows
/// look into: it is four times as large each time that it grows.
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
  explicit StaticRows(query::compiled::StaticAnswer&& answer) noexcept : answer_{std::move(answer)} {}

  // Inline: an iterator whose address nobody learns is kept in registers.
  [[nodiscard]] CAIRN_ALWAYS_INLINE Iterator begin() const { return Iterator{query::compiled::first_batch<Types...>(answer_)}; }
  [[nodiscard]] Iterator end() const noexcept { return {}; }
  [[nodiscard]] bool empty() const {
    if (answer_.state == nullptr) return answer_.size == 0;
    Columns columns;
    return answer_.state->start_counting()->next(columns.data()) == 0;
  }
  [[nodiscard]] std::size_t size() const {
    if (answer_.state == nullptr) return answer_.size;
    auto const feed = answer_.state->start_counting();
    Columns columns;
    std::size_t size = 0;
    while (auto const rows = feed->next(columns.data())) size += rows;
    return size;
  }

 private:
  query::compiled::StaticAnswer answer_{};
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
  CAIRN_ALWAYS_INLINE explicit Iterator(query::compiled::FirstBatch<Types...>&& first) : rows_{first}, feed_{std::move(first.feed)} {}

  [[nodiscard]] CAIRN_ALWAYS_INLINE value_type operator*() const {
    return rows_.are_known ? Reader::read_known(rows_.columns.data(), row_, all) : Reader::read(rows_.columns, row_, all);
  }
  CAIRN_ALWAYS_INLINE Iterator& operator++() {
    if (++row_ == rows_.count && feed_ != nullptr) [[unlikely]] {
      rows_ = query::compiled::next_batch<Types...>(*feed_);
      row_ = 0;
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(Iterator const& left, Iterator const& right) noexcept {
    return (left.row_ == left.rows_.count) == (right.row_ == right.rows_.count);
  }

 private:
  static constexpr std::make_index_sequence<sizeof...(Types)> all{};

  query::compiled::RowBatch<Types...> rows_{};
  std::size_t row_ = 0;
  std::shared_ptr<query::compiled::RowFeed> feed_{};
};

}  // namespace cairn

/// Its size may take a pass, which those who ask for one in O(1) don't expect.
template <bool Single, cairn::query::compiled::CellType... Types>
inline constexpr bool std::ranges::disable_sized_range<cairn::StaticRows<Single, Types...>> = true;
