// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query found.
#pragma once

#include <cairn/edn/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/scratch.hpp>
#include <cairn/query/run/stored_rows.hpp>
#include <cairn/query/run/value_rows.hpp>

#include <algorithm>
#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

namespace query {

/// The rows of a result and all that its values are borrowed from. Rows are values side by side, as they are read, or columns, as
/// steps find them, where something is still to be done with them; of those, values are made when the first is asked for.
class Found {
 public:
  /// What was pulled: EDN for each row, instead of cells.
  struct Pulled {
    std::size_t column = 0;
    std::vector<notation::Value> values{};
  };

  Found(FindShape shape, StoredRows found) : rows{std::move(found)}, shape_{shape}, columns_{rows.columns().size()}, values_{columns_} {}
  Found(FindShape shape, ValueRows found)
      : rows{0}, shape_{shape}, columns_{found.columns()}, has_columns_{false}, values_{std::move(found)}, shows_rows_{true} {}
  Found(Found const&) = delete;
  Found& operator=(Found const&) = delete;

  [[nodiscard]] FindShape shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t size() const noexcept { return has_columns_ ? rows.size() : values_.size(); }
  [[nodiscard]] Cell cell(std::size_t row, std::size_t column) const {
    return !has_columns_ || is_pulled(column) ? Cell{value(row, column)} : rows.at(row, column);
  }
  /// The value; made of all cells when the first is asked for.
  [[nodiscard]] Value const& value(std::size_t row, std::size_t column) const {
    auto const* shown = shown_columns_.load(std::memory_order_acquire);
    return shown != nullptr ? shown[column].value(row) : value_of_row(row, column);
  }
  /// The values of a row, if they were made and lie side by side; null otherwise, and behind the last row.
  [[nodiscard]] ValueSlot const* values_of(std::size_t row) const noexcept {
    return shows_rows_.load(std::memory_order_acquire) && row < values_.size() ? values_.row(row) : nullptr;
  }
  /// Values of rows that lie one behind the other.
  struct Stretch {
    ValueSlot const* first = nullptr;  ///< as `values_of`
    std::size_t end = 0;               ///< the first row that is not among them
  };
  /// From a row on. A call, so that a loop over rows stays small.
  [[nodiscard, gnu::noinline]] Stretch values_from(std::size_t row) const noexcept {
    auto const* values = values_of(row);
    return values == nullptr ? Stretch{} : Stretch{values, ValueRows::chunk_end(row)};
  }
  template <meta::Lazy = {}>
  [[nodiscard]] notation::Value edn(std::size_t row, std::size_t column) const {
    for (auto const& one : pulled) {
      if (one.column == column) return one.values[row];
    }
    BorrowedValue const borrowed{cell(row, column)};
    return to_edn(*borrowed);
  }
  /// A row as the shell shows it.
  template <meta::Lazy = {}>
  [[nodiscard]] notation::Value row_edn(std::size_t row) const {
    using Edn = notation::Value;
    if (keys.empty()) {
      std::vector<Edn> elements;
      elements.reserve(columns());
      for (std::size_t i = 0; i != columns(); ++i) elements.push_back(edn(row, i));
      return Edn::vector(std::move(elements));
    }
    std::vector<std::pair<Edn, Edn>> entries;
    entries.reserve(columns());
    for (std::size_t i = 0; i != columns(); ++i) entries.emplace_back(keys[i], edn(row, i));
    return Edn::map(std::move(entries));
  }

  StoredRows rows;  ///< without columns where values were made at once
  std::vector<Pulled> pulled{};
  std::vector<notation::Value> keys{};  ///< of return maps
  bool is_set = false;                  ///< in no order and without duplicates
  Holdings holdings{};

 private:
  [[nodiscard]] bool is_pulled(std::size_t column) const noexcept {
    return std::ranges::any_of(pulled, [&](auto const& one) { return one.column == column; });
  }
  /// The values of a column: one a row, or, with `words`, one a number from `low` on.
  struct ShownColumn {
    ValueSlot* values = nullptr;
    std::uint64_t const* words = nullptr;
    std::uint64_t low = 0;
    [[nodiscard]] Value const& value(std::size_t row) const noexcept {
      return values[words == nullptr ? row : static_cast<std::size_t>(words[row] - low)].get();
    }
  };

  [[nodiscard]] bool is_by_number(StoredColumn const& column) const noexcept {
    return column.width() != 0 && column.width() < rows.size();
  }
  [[gnu::noinline]] Value const& value_of_row(std::size_t row, std::size_t column) const {
    if (!shows_rows_.load(std::memory_order_acquire)) make_values();
    auto const* shown = shown_columns_.load(std::memory_order_acquire);
    return shown != nullptr ? shown[column].value(row) : values_.row(row)[column].get();
  }
  template <meta::Lazy = {}>
  void make_values() const {
    std::lock_guard lock{making_};
    if (shows_rows_.load(std::memory_order_relaxed) || shown_columns_.load(std::memory_order_relaxed) != nullptr) return;
    if (std::ranges::any_of(rows.columns(), [&](StoredColumn const& column) { return is_by_number(column); })) return make_columns();
    std::vector<Value> of_pulled;
    ValueRows values{columns_};
    std::vector<Column> part(columns_);
    std::vector<ColumnBuffer> of_part(pulled.size());
    for (std::size_t first = 0; first < rows.size(); first += batch_rows) {
      auto const count = (std::min)(std::size_t{batch_rows}, rows.size() - first);
      for (std::size_t i = 0; i != columns_; ++i) part[i] = rows.columns()[i].from(first);
      for (std::size_t i = 0; i != pulled.size(); ++i) {
        for (std::size_t row = 0; row != count; ++row) {
          auto const& value = of_pulled.emplace_back(to_value(pulled[i].values[first + row]));
          of_part[i].kinds[row] = value.kind();
          of_part[i].words[row] = cairn::detail::ValueParts::word(value);
        }
        part[pulled[i].column] = {of_part[i].words, of_part[i].kinds};
      }
      values.append(part, static_cast<std::uint32_t>(count));
    }
    values_ = std::move(values);
    pulled_values_ = std::move(of_pulled);
    shows_rows_.store(true, std::memory_order_release);
  }
  /// Where few numbers are in many rows: nothing else is there.
  template <meta::Lazy = {}>
  void make_columns() const {
    std::size_t places = 0;
    for (auto const& column : rows.columns()) places += is_by_number(column) ? column.width() : rows.size();
    Scratch<ValueSlot> values{places};
    std::vector<ShownColumn> shown(columns_);
    auto* to = values.get();
    for (std::size_t i = 0; i != columns_; ++i) {
      auto const& column = rows.columns()[i];
      shown[i].values = to;
      if (is_by_number(column)) {
        shown[i].words = column.words();
        shown[i].low = column.low();
        for (std::size_t number = 0; number != column.width(); ++number) (to++)->set(ValueKind::integer, column.low() + number);
      } else {
        for (std::size_t row = 0; row != rows.size(); ++row) (to++)->set(column[row].kind, column[row].word);
      }
    }
    column_values_ = std::move(values);
    shown_ = std::move(shown);
    shown_columns_.store(shown_.data(), std::memory_order_release);
  }

  FindShape shape_;
  std::size_t columns_;
  bool has_columns_ = true;
  // Borrowed from the cells' owners.
  mutable std::mutex making_{};
  mutable ValueRows values_;
  mutable std::atomic<bool> shows_rows_{false};
  mutable std::atomic<ShownColumn const*> shown_columns_{nullptr};
  mutable std::vector<ShownColumn> shown_{};
  mutable Scratch<ValueSlot> column_values_{};
  mutable std::vector<Value> pulled_values_{};
};

namespace detail {

template <meta::Lazy = {}>
[[noreturn]] inline void refuse_type(Value const& value, char const* wanted) {
  raise(Errc::query_where,
        "A column that was read as " + std::string{wanted} + " holds " + to_text(value) +
            ". Read it as the type that it has, or as cairn::Value.",
        "{:value " + to_text(value) + "}");
}
template <meta::Lazy = {}>
[[noreturn]] inline void refuse_column(std::size_t column, std::size_t columns) {
  raise(Errc::query_where, "Column " + std::to_string(column) + " was read of rows that have " + std::to_string(columns) + ", counted from 0: as many as :find names.");
}

}  // namespace detail

/// The C++ value of a type. Views of text and bytes are as good as long as the value's owner. Errors: `query/where` where the
/// value is of another type.
template <class T>
[[nodiscard]] T value_as(Value const& value) {
  auto const require = [&](ValueKind kind, char const* wanted) {
    if (!value.is(kind)) detail::refuse_type(value, wanted);
  };
  if constexpr (std::same_as<T, Value>) {
    return value;
  } else if constexpr (std::same_as<T, bool>) {
    require(ValueKind::boolean, "a bool");
    return value.as_boolean();
  } else if constexpr (std::integral<T>) {
    require(ValueKind::integer, "an integer");
    if (!std::in_range<T>(value.as_integer())) detail::refuse_type(value, "a narrower integer");
    return static_cast<T>(value.as_integer());
  } else if constexpr (std::floating_point<T>) {
    if (!value.is(ValueKind::float32)) require(ValueKind::float64, "a double");
    return static_cast<T>(value.as_double());
  } else if constexpr (std::same_as<T, std::string_view> || std::same_as<T, std::string>) {
    require(ValueKind::string, "a string");
    return T{value.as_string()};
  } else if constexpr (std::same_as<T, Instant>) {
    require(ValueKind::instant, "an Instant");
    return value.as_instant();
  } else if constexpr (std::same_as<T, Keyword>) {
    require(ValueKind::keyword, "a Keyword");
    return value.as_keyword();
  } else if constexpr (std::same_as<T, Symbol>) {
    require(ValueKind::symbol, "a Symbol");
    return value.as_symbol();
  } else if constexpr (std::same_as<T, Uuid>) {
    require(ValueKind::uuid, "a Uuid");
    return value.as_uuid();
  } else if constexpr (std::same_as<T, std::span<std::byte const>>) {
    require(ValueKind::bytes, "bytes");
    return value.as_bytes();
  } else if constexpr (std::same_as<T, std::span<Value const>>) {
    require(ValueKind::tuple, "a tuple");
    return value.as_tuple();
  } else if constexpr (std::same_as<T, BigInt>) {
    require(ValueKind::bigint, "a BigInt");
    return {std::string{value.as_string()}};
  } else {
    static_assert(std::same_as<T, BigDecimal>,
                  "cairn::QueryRow::get<T>: T is bool, an integer, a floating-point type, std::string_view, std::string, "
                  "Instant, Keyword, Symbol, Uuid, BigInt, BigDecimal, a span of bytes or of values, or cairn::Value");
    require(ValueKind::bigdec, "a BigDecimal");
    return {std::string{value.as_string()}};
  }
}

}  // namespace query

/// A row of a result. A view: valid as long as the result.
class QueryRow {
 public:
  QueryRow() = default;
  QueryRow(query::Found const& found, std::size_t row) noexcept : QueryRow{found, row, found.values_of(row), found.columns()} {}
  /// `values`: what `found.values_of(row)` is, or null. `size`: what `found.columns()` is.
  QueryRow(query::Found const& found, std::size_t row, query::ValueSlot const* values, std::size_t size) noexcept
      : found_{&found}, row_{row}, values_{values}, size_{size} {}

  /// How many values it has: as many as `:find` names.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Requires: `i < size()`.
  [[nodiscard]] Value const& operator[](std::size_t i) const {
    return values_ != nullptr ? values_[i].get() : found_->value(row_, i);
  }
  /// `row.get<std::string_view>(0)`. Errors: `query/where` where the value is of another type, or there is no such column.
  template <class T>
  [[nodiscard]] T get(std::size_t i) const {
    if (i >= size()) query::detail::refuse_column(i, size());
    if (values_ != nullptr) return query::value_as<T>(values_[i].get());
    query::BorrowedValue const value{found_->cell(row_, i)};
    return query::value_as<T>(*value);
  }
  /// What was pulled, or the value, as EDN.
  [[nodiscard]] notation::Value edn(std::size_t i) const { return found_->edn(row_, i); }

  class Iterator;
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;

 private:
  query::Found const* found_ = nullptr;
  std::size_t row_ = 0;
  query::ValueSlot const* values_ = nullptr;  ///< where they were made before, side by side
  std::size_t size_ = 0;
};

/// Over the values of a row.
class QueryRow::Iterator {
 public:
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  Iterator() = default;
  Iterator(QueryRow row, std::size_t at) noexcept : row_{row}, at_{at} {}
  [[nodiscard]] Value const& operator*() const { return row_[at_]; }
  Iterator& operator++() noexcept {
    ++at_;
    return *this;
  }
  Iterator operator++(int) noexcept {
    auto const before = *this;
    ++at_;
    return before;
  }
  friend bool operator==(Iterator const& left, Iterator const& right) noexcept { return left.at_ == right.at_; }

 private:
  QueryRow row_{};
  std::size_t at_ = 0;
};

inline QueryRow::Iterator QueryRow::begin() const noexcept { return {*this, 0}; }
inline QueryRow::Iterator QueryRow::end() const noexcept { return {*this, size()}; }

/// What a query found: a random-access range of rows. It owns the database values that it came from; what its rows show is valid as
/// long as it, or a copy of it, lives. Copying is O(1).
///
/// A relation `[:find ?x ?y]` and a collection `[:find [?x ...]]` have a row for each element, in no particular order but that of
/// `:order-by`; a tuple `[:find [?x ?y]]` and a scalar `[:find ?x .]` have at most one row.
/// Thread safety: as an immutable value.
class QueryResult {
 public:
  class Iterator;
  using value_type = QueryRow;

  QueryResult() = default;
  explicit QueryResult(std::shared_ptr<query::Found const> found) noexcept : found_{std::move(found)} {}

  [[nodiscard]] std::size_t size() const noexcept { return found_ ? found_->size() : 0; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// How many values a row has.
  [[nodiscard]] std::size_t columns() const noexcept { return found_ ? found_->columns() : 0; }
  /// Requires: `row < size()`.
  [[nodiscard]] QueryRow operator[](std::size_t row) const noexcept { return {*found_, row}; }
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;

  /// The value of a scalar `[:find ?x .]`: the first of the first row; nil where there is none.
  [[nodiscard]] Value const& value() const& {
    static Value const nil;
    return empty() ? nil : found_->value(0, 0);
  }
  /// The same of a result that goes: `q(...).value()`.
  [[nodiscard]] Value value() && { return std::as_const(*this).value(); }
  /// As the shell prints it: a relation is a set of vectors; with aggregates, `:with`, `pull`, return maps or an order it is a vector.
  /// A collection is a vector, a tuple a vector or nil, a scalar the value or nil.
  template <meta::Lazy = {}>
  [[nodiscard]] notation::Value to_edn() const {
    using Edn = notation::Value;
    if (!found_) return {};
    auto const shape = found_->shape();
    if (shape == query::FindShape::scalar) return empty() ? Edn::nil() : found_->edn(0, 0);
    if (shape == query::FindShape::tuple) return empty() ? Edn::nil() : found_->row_edn(0);
    std::vector<Edn> elements;
    elements.reserve(size());
    for (std::size_t i = 0; i != size(); ++i) {
      elements.push_back(shape == query::FindShape::collection ? found_->edn(i, 0) : found_->row_edn(i));
    }
    return found_->is_set ? Edn::set(std::move(elements)) : Edn::vector(std::move(elements));
  }

  /// A value in two parts, whose owner is the result. Requires: there are such a row and column.
  [[nodiscard]] query::Cell cell(std::size_t row, std::size_t column) const { return found_->cell(row, column); }
  [[nodiscard]] std::shared_ptr<query::Found const> const& found() const noexcept { return found_; }

 private:
  std::shared_ptr<query::Found const> found_{};
};

class QueryResult::Iterator {
 public:
  using value_type = QueryRow;
  using reference = QueryRow;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;  // a reference that is a value is no more to C++17
  using iterator_concept = std::random_access_iterator_tag;

  Iterator() = default;
  Iterator(query::Found const* found, std::size_t at) noexcept
      : found_{found}, at_{at}, columns_{found == nullptr ? 0 : found->columns()} {
    look_for_values();
  }

  [[nodiscard]] QueryRow operator*() const noexcept { return {*found_, at_, values_.first, columns_}; }
  [[nodiscard]] QueryRow operator[](difference_type by) const noexcept { return *(*this + by); }
  Iterator& operator+=(difference_type by) noexcept {
    at_ += static_cast<std::size_t>(by);
    look_for_values();
    return *this;
  }
  Iterator& operator-=(difference_type by) noexcept { return *this += -by; }
  Iterator& operator++() noexcept {
    if (++at_ < values_.end) [[likely]] {
      values_.first += columns_;
    } else {
      look_for_values();
    }
    return *this;
  }
  Iterator& operator--() noexcept { return *this -= 1; }
  Iterator operator++(int) noexcept {
    auto const before = *this;
    ++*this;
    return before;
  }
  Iterator operator--(int) noexcept {
    auto const before = *this;
    --*this;
    return before;
  }
  friend Iterator operator+(Iterator it, difference_type by) noexcept { return it += by; }
  friend Iterator operator+(difference_type by, Iterator it) noexcept { return it += by; }
  friend Iterator operator-(Iterator it, difference_type by) noexcept { return it -= by; }
  friend difference_type operator-(Iterator const& left, Iterator const& right) noexcept {
    return static_cast<difference_type>(left.at_) - static_cast<difference_type>(right.at_);
  }
  friend bool operator==(Iterator const& left, Iterator const& right) noexcept { return left.at_ == right.at_; }
  friend std::strong_ordering operator<=>(Iterator const& left, Iterator const& right) noexcept { return left.at_ <=> right.at_; }

 private:
  void look_for_values() noexcept {
    if (found_ != nullptr) values_ = found_->values_from(at_);
  }

  query::Found const* found_ = nullptr;
  std::size_t at_ = 0;
  std::size_t columns_ = 0;
  query::Found::Stretch values_{};
};

inline QueryResult::Iterator QueryResult::begin() const noexcept { return {found_.get(), 0}; }
inline QueryResult::Iterator QueryResult::end() const noexcept { return {found_.get(), size()}; }

}  // namespace cairn
