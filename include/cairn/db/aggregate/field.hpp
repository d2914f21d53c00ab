// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the type of a field says of its attribute.
#pragma once

#include <cairn/db/aggregate/reference.hpp>
#include <cairn/db/aggregate/shape.hpp>
#include <cairn/db/aggregate/tuple_codec.hpp>
#include <cairn/db/aggregate/value_codec.hpp>
#include <cairn/db/attribute.hpp>
#include <cairn/db/value_type.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

namespace cairn::detail {

template <class Type>
inline constexpr bool is_ref = false;
template <class Target>
inline constexpr bool is_ref<Ref<Target>> = true;

/// A struct in a struct: an entity of its own, which is a part of the one around it.
template <class Type>
concept NestedAggregate = EntityAggregate<Type> && !CodedValue<Type>;

/// How many values a field is.
enum class Holds { one, one_or_none, many };

/// What a field holds: an optional one, or many, of its elements. Bytes are one value.
template <class Type>
struct FieldElement {
  using type = Type;
  static constexpr Holds holds = Holds::one;
};
template <class Type>
struct FieldElement<std::optional<Type>> {
  using type = Type;
  static constexpr Holds holds = Holds::one_or_none;
};
template <class Type>
struct FieldElements {
  using type = Type;
  static constexpr Holds holds = Holds::many;
};
template <class Type, class Allocator>
requires(!CodedValue<std::vector<Type, Allocator>>) struct FieldElement<std::vector<Type, Allocator>>
    : FieldElements<Type> {
};
template <class Type, class Less, class Allocator>
struct FieldElement<std::set<Type, Less, Allocator>> : FieldElements<Type> {};
template <class Type, class Hash, class Equal, class Allocator>
struct FieldElement<std::unordered_set<Type, Hash, Equal, Allocator>> : FieldElements<Type> {};

/// The value in an element, which may be unique.
template <class Type>
struct ElementValue {
  using type = Type;
  static constexpr Uniqueness unique = Uniqueness::none;
};
template <class Type, Uniqueness Kind>
struct ElementValue<Unique<Type, Kind>> {
  using type = Type;
  static constexpr Uniqueness unique = Kind;
};

template <class Field>
using ElementOf = typename FieldElement<Field>::type;
template <class Field>
using ValueOf = typename ElementValue<ElementOf<Field>>::type;

/// A type that a field of an aggregate can have.
template <class Field>
concept AttributeField = CodedValue<ValueOf<Field>> || is_ref<ValueOf<Field>> ||
    (NestedAggregate<ValueOf<Field>>&& ElementValue<ElementOf<Field>>::unique == Uniqueness::none);

/// `:db/tupleTypes`: which type each element of a tuple has.
struct TupleTypes {
  std::array<ValueType, max_tuple_size> types{};
  std::size_t size = 0;
  friend constexpr bool operator==(TupleTypes const&, TupleTypes const&) = default;
};

/// What the type of a field alone says of its attribute.
struct FieldShape {
  ValueType type{};
  Cardinality cardinality = Cardinality::one;
  Uniqueness unique = Uniqueness::none;
  bool component = false;
  TupleTypes tuple_types{};
};

template <AttributeField Field>
[[nodiscard]] consteval FieldShape shape_of() {
  using Type = ValueOf<Field>;
  FieldShape shape;
  shape.cardinality = FieldElement<Field>::holds == Holds::many ? Cardinality::many : Cardinality::one;
  shape.unique = ElementValue<ElementOf<Field>>::unique;
  if constexpr (CodedValue<Type>) {
    shape.type = ValueCodec<Type>::type;
    if constexpr (requires { ValueCodec<Type>::tuple_types; }) {
      for (auto const type : ValueCodec<Type>::tuple_types) shape.tuple_types.types[shape.tuple_types.size++] = type;
    }
  } else {
    shape.type = ValueType::ref;
    shape.component = !is_ref<Type>;
  }
  return shape;
}

}  // namespace cairn::detail
