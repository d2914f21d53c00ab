// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The types that the compiler gives the columns of a static query, and what it knows to find them.
#pragma once

#include <cairn/edn/name.hpp>
#include <cairn/query/syntax/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::compiled {

/// What all values of a variable are.
enum class CellType : std::uint8_t {
  unknown,  ///< nothing binds it, as far as was looked
  entity,
  boolean,
  integer,
  real,
  bigint,
  bigdec,
  instant,
  uuid,
  string,
  keyword,
  symbol,
  bytes,
  any,  ///< a value of whatever type
};

/// What a variable is that is bound in two places.
[[nodiscard]] constexpr CellType join(CellType left, CellType right) noexcept {
  if (left == right || right == CellType::unknown) return left;
  if (left == CellType::unknown) return right;
  auto const is_number = [](CellType type) { return type == CellType::entity || type == CellType::integer; };
  return is_number(left) && is_number(right) ? CellType::integer : CellType::any;
}

/// Whether no value of one type is one of the other: what is compared then can't have been meant. Numbers are taken for one another,
/// and a keyword may name an entity.
[[nodiscard]] constexpr bool never_meet(CellType left, CellType right) noexcept {
  auto const kind = [](CellType type) {
    bool const is_number = type == CellType::entity || type == CellType::real || type == CellType::bigint || type == CellType::bigdec;
    return is_number ? CellType::integer : type;
  };
  auto const is_known = [](CellType type) { return type != CellType::any && type != CellType::unknown; };
  if (left == CellType::keyword && right == CellType::entity) return false;
  if (left == CellType::entity && right == CellType::keyword) return false;
  return is_known(left) && is_known(right) && kind(left) != kind(right);
}

/// In words, for messages.
[[nodiscard]] constexpr std::string_view words_of(CellType type) noexcept {
  switch (type) {
    case CellType::entity: return "an entity";
    case CellType::boolean: return "a boolean";
    case CellType::integer:
    case CellType::real:
    case CellType::bigint:
    case CellType::bigdec: return "a number";
    case CellType::instant: return "an instant";
    case CellType::uuid: return "a uuid";
    case CellType::string: return "a string";
    case CellType::keyword: return "a keyword";
    case CellType::symbol: return "a symbol";
    case CellType::bytes: return "bytes";
    case CellType::unknown:
    case CellType::any: break;
  }
  return "a value";
}

/// An attribute that a `Schema` has.
struct KnownAttribute {
  std::string_view name{};  ///< without a colon
  CellType type = CellType::any;
  bool is_ref = false;
  bool is_unique = false;
  std::string_view type_name{};  ///< `db.type/string`
};

/// How many columns of an input are given types; those behind are of any.
inline constexpr std::size_t most_typed_columns = 16;

/// What the type of an input says.
struct InputTypes {
  bool is_database = false;
  CellType columns[most_typed_columns]{};  ///< of a value and of a range of values the first, of tuples all
};

/// A C++ function that a query may call.
struct KnownFunction {
  std::string_view name{};
  CellType result = CellType::any;
  bool is_aggregate = false;
  Elements<CellType> parameters{};
};

/// What is known where a query is written, the query itself aside.
struct Surroundings {
  bool has_schema = false;
  Elements<KnownAttribute> attributes{};
  Elements<InputTypes> inputs{};  ///< those under `:in`; none: nothing is known of them
  Elements<KnownFunction> functions{};

  [[nodiscard]] constexpr KnownAttribute const* find(std::string_view name) const noexcept {
    for (auto const& attribute : attributes) {
      if (notation::detail::are_same(attribute.name, name)) return &attribute;
    }
    return nullptr;
  }
};

}  // namespace cairn::query::compiled
