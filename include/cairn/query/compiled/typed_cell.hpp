// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Cells as C++ values.
#pragma once

#include <cairn/db/edn_conversion.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/compiled/value_view.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::query::compiled {

/// A column whose type the compiler knew holds another: the database has another schema than the program.
template <meta::Lazy = {}>
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_cell(std::string_view wanted, Cell cell) {
  auto const text = to_text(*BorrowedValue{cell});
  raise(Errc::query_where,
        "The query was compiled for " + std::string{wanted} + " where the database has " + text +
            ". Give cairn::q the schema that the database has, or none.",
        "{:value " + text + "}");
}

/// What a cell of each type is in C++. `check` refuses one of another kind, which is the same for all cells of a kind; `get` reads one
/// that it lets through.
template <CellType Type>
struct TypedCell {
  using type = ValueView;
  static void check(Cell) noexcept {}
  [[nodiscard]] static type get(Cell cell) noexcept { return ValueView{cell}; }
};

template <>
struct TypedCell<CellType::integer> {
  using type = std::int64_t;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::integer) [[unlikely]] refuse_cell("an integer", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return static_cast<type>(cell.word); }
};
template <>
struct TypedCell<CellType::entity> {
  using type = EntityId;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::integer) [[unlikely]] refuse_cell("an entity's number", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return static_cast<type>(cell.word); }
};
template <>
struct TypedCell<CellType::boolean> {
  using type = bool;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::boolean) [[unlikely]] refuse_cell("a boolean", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return cell.word != 0; }
};
template <>
struct TypedCell<CellType::real> {
  using type = double;
  static void check(Cell cell) {
    bool const is_number = cell.kind == ValueKind::integer || cell.kind == ValueKind::float64 || cell.kind == ValueKind::float32;
    if (!is_number) [[unlikely]] refuse_cell("a double", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept {
    return cell.kind == ValueKind::integer ? static_cast<double>(static_cast<std::int64_t>(cell.word)) : std::bit_cast<double>(cell.word);
  }
};
template <>
struct TypedCell<CellType::instant> {
  using type = Instant;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::instant) [[unlikely]] refuse_cell("an instant", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return {static_cast<std::int64_t>(cell.word)}; }
};
template <>
struct TypedCell<CellType::string> {
  using type = std::string_view;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::string) [[unlikely]] refuse_cell("a string", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return BorrowedValue{cell}->as_string(); }
};
template <>
struct TypedCell<CellType::keyword> {
  using type = Keyword;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::keyword) [[unlikely]] refuse_cell("a keyword", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return BorrowedValue{cell}->as_keyword(); }
};
template <>
struct TypedCell<CellType::symbol> {
  using type = Symbol;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::symbol) [[unlikely]] refuse_cell("a symbol", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return BorrowedValue{cell}->as_symbol(); }
};
template <>
struct TypedCell<CellType::uuid> {
  using type = Uuid;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::uuid) [[unlikely]] refuse_cell("a uuid", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return BorrowedValue{cell}->as_uuid(); }
};
template <>
struct TypedCell<CellType::bytes> {
  using type = std::span<std::byte const>;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::bytes) [[unlikely]] refuse_cell("bytes", cell);
  }
  [[nodiscard]] static type get(Cell cell) noexcept { return BorrowedValue{cell}->as_bytes(); }
};
template <>
struct TypedCell<CellType::bigint> {
  using type = BigInt;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::bigint) [[unlikely]] refuse_cell("a bigint", cell);
  }
  [[nodiscard]] static type get(Cell cell) { return {std::string{BorrowedValue{cell}->as_string()}}; }
};
template <>
struct TypedCell<CellType::bigdec> {
  using type = BigDecimal;
  static void check(Cell cell) {
    if (cell.kind != ValueKind::bigdec) [[unlikely]] refuse_cell("a decimal", cell);
  }
  [[nodiscard]] static type get(Cell cell) { return {std::string{BorrowedValue{cell}->as_string()}}; }
};

/// A cell that may be of another kind.
template <CellType Type>
[[nodiscard]] typename TypedCell<Type>::type read_cell(Cell cell) {
  TypedCell<Type>::check(cell);
  return TypedCell<Type>::get(cell);
}

/// The same as a value of its own, which nothing has to outlive.
template <CellType Type>
[[nodiscard]] auto owned(Cell cell) {
  auto const view = read_cell<Type>(cell);
  if constexpr (Type == CellType::any) {
    return Value{view.get()};
  } else if constexpr (Type == CellType::string) {
    return std::string{view};
  } else if constexpr (Type == CellType::bytes) {
    return std::vector<std::byte>(view.begin(), view.end());
  } else {
    return view;
  }
}

}  // namespace cairn::query::compiled
