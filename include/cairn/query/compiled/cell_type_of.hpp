// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// C++ types and the types of cells: which type of cell each is, and as what a cell is seen.
#pragma once

#include <cairn/db/aggregate/value_codec.hpp>
#include <cairn/query/compiled/cell_type.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>

namespace cairn::query::compiled {

[[nodiscard]] constexpr CellType cell_type_of_value(ValueType type) noexcept {
  switch (type) {
    case ValueType::boolean: return CellType::boolean;
    case ValueType::integer: return CellType::integer;
    case ValueType::float32:
    case ValueType::float64: return CellType::real;
    case ValueType::bigint: return CellType::bigint;
    case ValueType::bigdec: return CellType::bigdec;
    case ValueType::instant: return CellType::instant;
    case ValueType::uuid: return CellType::uuid;
    case ValueType::string: return CellType::string;
    case ValueType::keyword: return CellType::keyword;
    case ValueType::symbol: return CellType::symbol;
    case ValueType::bytes: return CellType::bytes;
    case ValueType::ref: return CellType::entity;
    case ValueType::tuple:
    case ValueType::number: break;
  }
  return CellType::any;
}

/// The type of the cells that values of a C++ type become.
template <class Type>
inline constexpr CellType cell_type_of = [] {
  if constexpr (CodedValue<Type>) {
    return cell_type_of_value(ValueCodec<Type>::type);
  } else if constexpr (std::same_as<Type, char const*> || (std::is_array_v<Type> && std::convertible_to<Type, std::string_view>)) {
    return CellType::string;
  } else {
    return CellType::any;
  }
}();
template <class Type>
inline constexpr CellType cell_type_of<std::optional<Type>> = cell_type_of<Type>;

}  // namespace cairn::query::compiled
