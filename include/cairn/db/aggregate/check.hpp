// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether aggregates make a schema, asserted in words.
#pragma once

#include <cairn/concepts/config_aggregate.hpp>
#include <cairn/db/aggregate/attribute_of.hpp>
#include <cairn/db/aggregate/field.hpp>
#include <cairn/meta/fixed_string.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cairn {

template <class... Aggregates>
struct Schema;

namespace detail {

/// How many fields a struct of a schema may have.
inline constexpr std::size_t max_aggregate_fields = 64;
/// How deep structs may be nested in data, written or read, as maps are.
inline constexpr int deepest_aggregate = 256;

/// A struct whose fields can be found. Where one of them has no default value, finding out how many there are takes
/// time that is quadratic in the size of the struct.
template <class Type>
concept SchemaAggregate =
    EntityAggregate<Type> && NestedAggregate<Type> && ConfigIsDefaultInitializable<Type> && ConfigHasNoBase<Type>;

/// The name of a field's attribute as a template argument: compilers print it with the message.
template <class Aggregate, std::size_t Index>
inline constexpr auto attribute_label =
    meta::fixed_string<attribute_name<Aggregate, Index>.size() + 1>{attribute_name<Aggregate, Index>};

/// Letters, digits and `.-_+*!?`, not a digit first, and not the system's own.
[[nodiscard]] constexpr bool is_attribute_namespace(std::string_view text) noexcept {
  if (text == "db" || text.starts_with("db.")) return false;
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') return false;
  for (char const c : text) {
    bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80U;
    if (!is_letter && !(c >= '0' && c <= '9') && std::string_view{".-_+*!?"}.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// ---- one aggregate

template <class Aggregate, meta::fixed_string Attribute, class Field>
consteval bool check_attribute() {
  static_assert(
      AttributeField<Field>,
      "cairn::Schema [field]: no attribute can be made of a field of this type (its name and type are in the lines "
      "around this one); fields are bool, signed integers, unsigned ones up to 32 bits, float, double, std::string, "
      "Keyword, Symbol, Instant, points of std::chrono::system_clock, Uuid, BigInt, BigDecimal, Bytes, "
      "std::vector<std::byte>, enums with names for 0 to 15, tuples and arrays of up to 8 of these, Ref, structs of "
      "these, Unique of all but structs, and std::optional, std::vector and std::set of all of these; for another type "
      "specialise cairn::ValueCodec");
  return AttributeField<Field>;
}

template <class Aggregate>
[[nodiscard]] consteval bool attribute_names_are_distinct() {
  auto const& names = meta::field_names<Aggregate>;
  for (std::size_t left = 0; left < names.size(); ++left) {
    for (std::size_t right = left + 1; right < names.size(); ++right) {
      if (names[left] == names[right]) return false;
    }
  }
  return true;
}

/// Asserts, and returns whether all is well with one struct.
template <class Aggregate>
consteval bool check_aggregate() {
  constexpr bool is_struct = SchemaAggregate<Aggregate>;
  static_assert(
      is_struct,
      "cairn::Schema [aggregate]: an entity is a plain struct: no constructors, bases, virtual functions, private "
      "members or members without a default value, and neither a range nor a single value");
  if constexpr (is_struct) {
    constexpr bool is_named = is_attribute_namespace(attribute_namespace<Aggregate>);
    static_assert(is_named,
                  "cairn::Schema [namespace]: attribute_namespace is letters, digits and .-_+*!? without a digit "
                  "first, and not db or db.*, which are the system's");
    constexpr bool has_fields = meta::field_count<Aggregate> != 0;
    static_assert(has_fields, "cairn::Schema [empty]: a struct without fields says nothing of an entity");
    constexpr bool is_small = meta::field_count<Aggregate> <= max_aggregate_fields;
    static_assert(is_small,
                  "cairn::Schema [count]: a struct has at most 64 fields; put those that belong together into one");
    if constexpr (has_fields && is_small && is_named) {
      constexpr bool are_distinct = attribute_names_are_distinct<Aggregate>();
      static_assert(are_distinct,
                    "cairn::Schema [name]: two fields of a struct are one attribute: a `_` at the end is not a part of "
                    "the name");
      return []<std::size_t... Index>(std::index_sequence<Index...>) {
        // Not `&&`, which would leave out the messages behind the first.
        return (std::size_t{0} + ... +
                std::size_t{check_attribute<Aggregate, attribute_label<Aggregate, Index>,
                                            meta::FieldType<Aggregate, Index>>()}) == sizeof...(Index);
      }
      (std::make_index_sequence<meta::field_count<Aggregate>>{}) && are_distinct;
    } else {
      return false;
    }
  } else {
    return false;
  }
}

/// Whether a struct's fields can all be attributes. What cannot is asserted where this is first asked.
template <class Aggregate>
inline constexpr bool is_aggregate_valid = check_aggregate<Aggregate>();

// ---- with the structs in it

template <class... Types>
struct TypeList {};

/// The structs that a field holds.
template <class Field>
struct NestedIn {
  using type = TypeList<>;
};
template <class Field>
requires NestedAggregate<ValueOf<Field>>
struct NestedIn<Field> {
  using type = TypeList<ValueOf<Field>>;
};

template <class... Lists>
struct Joined;
template <>
struct Joined<> {
  using type = TypeList<>;
};
template <class... Types>
struct Joined<TypeList<Types...>> {
  using type = TypeList<Types...>;
};
template <class... Left, class... Right, class... More>
struct Joined<TypeList<Left...>, TypeList<Right...>, More...> : Joined<TypeList<Left..., Right...>, More...> {};

template <class Aggregate, class = std::make_index_sequence<meta::field_count<Aggregate>>>
struct NestedInFields;
template <class Aggregate, std::size_t... Index>
struct NestedInFields<Aggregate, std::index_sequence<Index...>>
    : Joined<typename NestedIn<meta::FieldType<Aggregate, Index>>::type...> {};

/// What a type stands for in the list of a schema: the structs that are looked at next.
template <class Type>
struct Contents {
  using type = TypeList<>;
};
template <class Type>
requires SchemaAggregate<Type>
struct Contents<Type> : NestedInFields<Type> {
};

/// The types of `Left` and all structs in them that are not in `Done` yet, each once; itself they may contain.
template <class Done, class Left>
struct Closure;
template <class... Done>
struct Closure<TypeList<Done...>, TypeList<>> {
  using type = TypeList<Done...>;
};
template <class... Done, class Next, class... Left>
requires(std::same_as<Next, Done> || ...) struct Closure<TypeList<Done...>, TypeList<Next, Left...>>
    : Closure<TypeList<Done...>, TypeList<Left...>> {
};
template <class... Done, class Next, class... Left>
requires(!(std::same_as<Next, Done> || ...)) struct Closure<TypeList<Done...>, TypeList<Next, Left...>>
    : Closure<TypeList<Done..., Next>, typename Joined<typename Contents<Next>::type, TypeList<Left...>>::type> {
};
/// A schema in the list is its structs.
template <class... Done, class... Aggregates, class... Left>
struct Closure<TypeList<Done...>, TypeList<Schema<Aggregates...>, Left...>>
    : Closure<TypeList<Done...>, TypeList<Aggregates..., Left...>> {};

template <class... Types>
using ClosureOf = typename Closure<TypeList<>, TypeList<std::remove_cv_t<Types>...>>::type;

// ---- all together

/// A field of one of several aggregates.
struct FieldEntry {
  std::string_view name{};
  FieldShape shape{};
  std::size_t aggregate = 0;
  std::size_t field = 0;
};

template <class... Aggregates>
inline constexpr auto field_entries = [] {
  std::array<FieldEntry, (std::size_t{0} + ... + meta::field_count<Aggregates>)> entries{};
  std::size_t next = 0;
  std::size_t aggregate = 0;
  auto const add = [&]<class Aggregate, std::size_t... Index>(std::type_identity<Aggregate>,
                                                              std::index_sequence<Index...>) {
    ((entries[next++] = {attribute_name<Aggregate, Index>, shape_of<meta::FieldType<Aggregate, Index>>(), aggregate,
                         Index}),
     ...);
    ++aggregate;
  };
  (add(std::type_identity<Aggregates>{}, std::make_index_sequence<meta::field_count<Aggregates>>{}), ...);
  return entries;
}();

/// The first entry of the same name; the entry itself where it is the first.
template <class Entries>
[[nodiscard]] constexpr std::size_t first_of_name(Entries const& entries, std::size_t which) noexcept {
  for (std::size_t i = 0; i != which; ++i) {
    if (entries[i].name == entries[which].name) return i;
  }
  return which;
}

template <meta::fixed_string Attribute, class First, class FirstField, class Second, class SecondField>
consteval bool check_agreement() {
  constexpr auto first = shape_of<FirstField>();
  constexpr auto second = shape_of<SecondField>();
  constexpr bool same_type = first.type == second.type && first.tuple_types == second.tuple_types;
  constexpr bool same_cardinality = first.cardinality == second.cardinality;
  constexpr bool same_uniqueness = first.unique == second.unique;
  constexpr bool same_component = !same_type || first.component == second.component;
  static_assert(same_type,
                "cairn::Schema [conflict]: two structs disagree on the type of an attribute (its name, the structs and "
                "the types of their fields are in the lines around this one); give one field another type or name, or "
                "one struct an attribute_namespace");
  static_assert(
      same_cardinality,
      "cairn::Schema [conflict]: two structs disagree on the cardinality of an attribute: one has many values "
      "of it and the other has one; give one field another type or name, or one struct an "
      "attribute_namespace");
  static_assert(
      same_uniqueness,
      "cairn::Schema [conflict]: two structs disagree on the uniqueness of an attribute: write Unique in both "
      "or in none, or give one struct an attribute_namespace");
  static_assert(
      same_component,
      "cairn::Schema [conflict]: two structs disagree on an attribute: a struct in one is a part of it, a Ref "
      "in the other is not; write Ref in both or in none, or give one struct an attribute_namespace");
  return same_type && same_cardinality && same_uniqueness && same_component;
}

template <class... Aggregates>
consteval bool check_agreements() {
  using List = std::tuple<std::type_identity<Aggregates>...>;
  return []<std::size_t... Which>(std::index_sequence<Which...>) {
    auto const agrees = []<std::size_t One>(std::integral_constant<std::size_t, One>) {
      constexpr auto const& entries = field_entries<Aggregates...>;
      constexpr auto first = first_of_name(entries, One);
      if constexpr (first == One) {
        return true;
      } else {
        constexpr auto left = entries[first];
        constexpr auto right = entries[One];
        using Left = typename std::tuple_element_t<left.aggregate, List>::type;
        using Right = typename std::tuple_element_t<right.aggregate, List>::type;
        return check_agreement<attribute_label<Left, left.field>, Left, meta::FieldType<Left, left.field>, Right,
                               meta::FieldType<Right, right.field>>();
      }
    };
    return (std::size_t{0} + ... + std::size_t{agrees(std::integral_constant<std::size_t, Which>{})}) ==
           sizeof...(Which);
  }
  (std::make_index_sequence<field_entries<Aggregates...>.size()>{});
}

template <class... Aggregates>
consteval bool check_schema(TypeList<Aggregates...>) {
  constexpr bool are_valid =
      (std::size_t{0} + ... + std::size_t{is_aggregate_valid<Aggregates>}) == sizeof...(Aggregates);
  if constexpr (are_valid) {
    return check_agreements<Aggregates...>();
  } else {
    return false;
  }
}

/// Whether structs, with those in them, make a schema together. What is wrong is asserted, in words, where this is
/// first asked.
template <class List>
inline constexpr bool is_schema_valid = check_schema(List{});

}  // namespace detail
}  // namespace cairn
