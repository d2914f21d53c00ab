// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of a static query.
#pragma once

#include <cairn/query/compiled/typed_cell.hpp>
#include <cairn/query/run/result.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn {

namespace query::compiled {

/// Reads the cells of a row: as a tuple or, where one column stands for itself, as its value.
template <bool Single, CellType... Types>
struct RowReader {
  using type = std::tuple<typename TypedCell<Types>::type...>;
  template <std::size_t... Index>
  [[nodiscard]] static type read(Column const* columns, std::size_t row, std::index_sequence<Index...>) {
    return type{TypedCell<Types>::read(columns[Index][row])...};
  }
};
template <CellType Type>
struct RowReader<true, Type> {
  using type = typename TypedCell<Type>::type;
  [[nodiscard]] static type read(Column const* columns, std::size_t row, std::index_sequence<0>) {
    return TypedCell<Type>::read(columns[0][row]);
  }
};

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

/// What a static query found: a range of tuples, or of values for `[?x ...]`; a view in the sense of `std::ranges` and range-v3. It
/// owns the databases that it came from: what its rows show (`std::string_view`, `ValueView`, spans) is valid as long as it, or a
/// copy of it, lives. Copying is O(1). Errors, when a row is read: `query/where` where the database's values have other types than
/// those that the query was compiled for. Thread safety: as an immutable value.
template <bool Single, query::compiled::CellType... Types>
class StaticRows : public std::ranges::view_base {
  using Reader = query::compiled::RowReader<Single, Types...>;

 public:
  class Iterator;
  using value_type = typename Reader::type;

  StaticRows() = default;
  explicit StaticRows(QueryResult result) : result_{std::move(result)} {
    auto const& found = *result_.found();
    for (std::size_t i = 0; i != sizeof...(Types); ++i) columns_[i] = found.rows.columns()[i].from(0);
    if (!found.pulled.empty()) pulled_ = query::compiled::pulled_columns(found, columns_);
  }

  [[nodiscard]] Iterator begin() const noexcept { return {columns_.data(), 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {columns_.data(), result_.size()}; }
  [[nodiscard]] bool empty() const noexcept { return result_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return result_.size(); }

 private:
  QueryResult result_{};
  std::array<query::Column, sizeof...(Types)> columns_{};
  std::shared_ptr<std::vector<query::StoredColumn> const> pulled_{};
};

template <bool Single, query::compiled::CellType... Types>
class StaticRows<Single, Types...>::Iterator {
 public:
  using value_type = typename Reader::type;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;  // a reference that is a value is no more to C++17
  using iterator_concept = std::forward_iterator_tag;

  Iterator() = default;
  Iterator(query::Column const* columns, std::size_t row) noexcept : columns_{columns}, row_{row} {}

  [[nodiscard]] value_type operator*() const { return Reader::read(columns_, row_, std::make_index_sequence<sizeof...(Types)>{}); }
  Iterator& operator++() noexcept {
    ++row_;
    return *this;
  }
  Iterator operator++(int) noexcept {
    auto const before = *this;
    ++row_;
    return before;
  }
  friend bool operator==(Iterator const& left, Iterator const& right) noexcept { return left.row_ == right.row_; }

 private:
  query::Column const* columns_ = nullptr;
  std::size_t row_ = 0;
};

}  // namespace cairn
