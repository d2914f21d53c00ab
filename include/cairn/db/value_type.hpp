// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The types, cardinalities and kinds of uniqueness that a schema can give an attribute, and their keywords.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace cairn {

/// `:db/valueType`. Where a type is a `ValueKind`, it has its number. On disk: do not renumber.
enum class ValueType : std::uint8_t {
  boolean = 1,
  integer = 2,  ///< `:db.type/long`
  float32 = 3,  ///< `:db.type/float`
  float64 = 4,  ///< `:db.type/double`
  bigint = 5,
  bigdec = 6,
  instant = 7,
  uuid = 8,
  string = 9,
  keyword = 10,
  symbol = 11,
  bytes = 12,
  tuple = 13,
  ref = 14,     ///< the number of an entity
  number = 15,  ///< any of the numbers
};

/// `:db/cardinality`. On disk: do not renumber.
enum class Cardinality : std::uint8_t { one = 0, many = 1 };

/// `:db/unique`. On disk: do not renumber.
enum class Uniqueness : std::uint8_t { none = 0, value = 1, identity = 2 };

namespace detail {

inline constexpr std::array value_type_names{
    std::pair{ValueType::boolean, std::string_view{"db.type/boolean"}},
    std::pair{ValueType::integer, std::string_view{"db.type/long"}},
    std::pair{ValueType::float32, std::string_view{"db.type/float"}},
    std::pair{ValueType::float64, std::string_view{"db.type/double"}},
    std::pair{ValueType::bigint, std::string_view{"db.type/bigint"}},
    std::pair{ValueType::bigdec, std::string_view{"db.type/bigdec"}},
    std::pair{ValueType::instant, std::string_view{"db.type/instant"}},
    std::pair{ValueType::uuid, std::string_view{"db.type/uuid"}},
    std::pair{ValueType::string, std::string_view{"db.type/string"}},
    std::pair{ValueType::keyword, std::string_view{"db.type/keyword"}},
    std::pair{ValueType::symbol, std::string_view{"db.type/symbol"}},
    std::pair{ValueType::bytes, std::string_view{"db.type/bytes"}},
    std::pair{ValueType::tuple, std::string_view{"db.type/tuple"}},
    std::pair{ValueType::ref, std::string_view{"db.type/ref"}},
    std::pair{ValueType::number, std::string_view{"db.type/number"}},
};
inline constexpr std::array cardinality_names{
    std::pair{Cardinality::one, std::string_view{"db.cardinality/one"}},
    std::pair{Cardinality::many, std::string_view{"db.cardinality/many"}},
};
inline constexpr std::array uniqueness_names{
    std::pair{Uniqueness::value, std::string_view{"db.unique/value"}},
    std::pair{Uniqueness::identity, std::string_view{"db.unique/identity"}},
};

template <class Names, class Enum>
constexpr std::string_view name_in(Names const& names, Enum wanted) noexcept {
  for (auto const& [value, text] : names) {
    if (value == wanted) return text;
  }
  return {};
}

template <class Enum, class Names>
constexpr std::optional<Enum> value_in(Names const& names, std::string_view text) noexcept {
  for (auto const& [value, known] : names) {
    if (known == text) return value;
  }
  return std::nullopt;
}

}  // namespace detail

/// The keyword's text, without a colon: `db.type/long`.
constexpr std::string_view name(ValueType type) noexcept { return detail::name_in(detail::value_type_names, type); }
constexpr std::string_view name(Cardinality cardinality) noexcept {
  return detail::name_in(detail::cardinality_names, cardinality);
}
/// Empty for `Uniqueness::none`.
constexpr std::string_view name(Uniqueness unique) noexcept {
  return detail::name_in(detail::uniqueness_names, unique);
}

/// From the keyword's text, without a colon; nothing where there is no such type.
constexpr std::optional<ValueType> value_type_of(std::string_view text) noexcept {
  return detail::value_in<ValueType>(detail::value_type_names, text);
}
constexpr std::optional<Cardinality> cardinality_of(std::string_view text) noexcept {
  return detail::value_in<Cardinality>(detail::cardinality_names, text);
}
constexpr std::optional<Uniqueness> uniqueness_of(std::string_view text) noexcept {
  return detail::value_in<Uniqueness>(detail::uniqueness_names, text);
}

namespace detail {

/// Whether a datom can hold a value: not what only queries make, no big number whose text is none, and no tuple with
/// such a thing in it. Recurses as deep as tuples are nested.
template <meta::Lazy = {}>
[[nodiscard]] inline bool is_storable(Value const& value) noexcept {
  switch (value.kind()) {
    case ValueKind::edn:
      return false;
    case ValueKind::bigint:
    case ValueKind::bigdec:
      return is_number_text(value.as_string(), value.is(ValueKind::bigdec));
    case ValueKind::tuple:
      return std::ranges::all_of(value.as_tuple(), [](Value const& element) { return is_storable(element); });
    default:
      return true;
  }
}

}  // namespace detail

/// Whether a value is of a type. `ref` wants a number of an entity, tuples are looked at no further.
template <meta::Lazy = {}>
[[nodiscard]] inline bool conforms(Value const& value, ValueType type) noexcept {
  switch (type) {
    case ValueType::ref:
      return value.is(ValueKind::integer);
    case ValueType::number:
      return value.is_number();
    default:
      return !value.is(ValueKind::edn) && static_cast<std::uint8_t>(value.kind()) == static_cast<std::uint8_t>(type);
  }
}

}  // namespace cairn
