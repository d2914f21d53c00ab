// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The schema that aggregates make, known to the compiler.
#pragma once

#include <cairn/db/aggregate/check.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/meta/lazy.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// An attribute as a struct's field describes it.
struct SchemaAttribute {
  std::string_view name{};  ///< without a colon: `person/first-name`
  ValueType type{};
  Cardinality cardinality = Cardinality::one;
  Uniqueness unique = Uniqueness::none;
  bool component = false;            ///< of a struct in a struct
  detail::TupleTypes tuple_types{};  ///< of a tuple

  [[nodiscard]] constexpr bool is_ref() const noexcept { return type == ValueType::ref; }
  [[nodiscard]] constexpr bool is_many() const noexcept { return cardinality == Cardinality::many; }
  [[nodiscard]] constexpr bool is_unique() const noexcept { return unique != Uniqueness::none; }
};

namespace detail {

template <class... Aggregates>
[[nodiscard]] consteval auto schema_attributes(TypeList<Aggregates...>) {
  if constexpr (is_schema_valid<TypeList<Aggregates...>>) {
    constexpr auto const& entries = field_entries<Aggregates...>;
    constexpr auto is_first = [](std::size_t i) { return first_of_name(entries, i) == i; };
    constexpr auto count = [=] {
      std::size_t found = 0;
      for (std::size_t i = 0; i != entries.size(); ++i) found += is_first(i) ? 1U : 0U;
      return found;
    }();
    std::array<SchemaAttribute, count> attributes{};
    std::size_t next = 0;
    for (std::size_t i = 0; i != entries.size(); ++i) {
      auto const& shape = entries[i].shape;
      if (!is_first(i)) continue;
      attributes[next++] = {entries[i].name, shape.type,      shape.cardinality,
                            shape.unique,    shape.component, shape.tuple_types};
    }
    return attributes;
  } else {
    return std::array<SchemaAttribute, 0>{};
  }
}

}  // namespace detail

/// The schema of several structs: each field is an attribute. Structs inside of them belong to it too; what a `Ref`
/// refers to does where it is listed.
///
/// | a field | its attribute |
/// |---|---|
/// | `first_name` of `Person` | `:first-name`, or `:person/first-name` with an `attribute_namespace<Person>` |
/// | `std::optional<T>` | as `T`; absent is not said |
/// | `std::vector<T>`, `std::set<T>`, `std::unordered_set<T>` | `:db.cardinality/many`; a set, in no order of yours |
/// | `Ref<T>` | `:db.type/ref` |
/// | a struct | `:db.type/ref` and `:db/isComponent`: an entity that goes with this one |
/// | `Unique<T>` | `:db.unique/identity` |
/// | `std::tuple`, `std::pair`, `std::array` | `:db.type/tuple` |
/// | an enumeration | `:db.type/keyword`: the enumerator's name |
///
/// What cannot be an attribute, and what two structs disagree on, does not compile, here or wherever one of the structs
/// is used; two structs that nobody names together don't know of each other.
template <class... Aggregates>
struct Schema {
  using Structs = detail::ClosureOf<Aggregates...>;

  /// Each attribute once, in the order in which the structs name them.
  static constexpr auto attributes = detail::schema_attributes(Structs{});

  /// The attribute of that name, with or without its colon, or null. Linear in the attributes.
  [[nodiscard]] static constexpr SchemaAttribute const* find(std::string_view name) noexcept {
    if (name.starts_with(':')) name.remove_prefix(1);
    for (auto const& attribute : attributes) {
      if (attribute.name == name) return &attribute;
    }
    return nullptr;
  }
};

namespace detail {

/// `{:db/ident :name :db/valueType :db.type/string ...}`.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp describe(SchemaAttribute const& attribute) {
  EntityMap map;
  auto const say = [&map](std::string_view what, TxValue value) {
    map.attributes.emplace_back(Keyword{what}, std::move(value));
  };
  say("db/ident", Keyword{attribute.name});
  say("db/valueType", Keyword{name(attribute.type)});
  say("db/cardinality", Keyword{name(attribute.cardinality)});
  if (attribute.is_unique()) say("db/unique", Keyword{name(attribute.unique)});
  if (attribute.component) say("db/isComponent", true);
  if (attribute.tuple_types.size != 0) {
    std::vector<TxValue> types;
    for (std::size_t i = 0; i != attribute.tuple_types.size; ++i) {
      types.emplace_back(Keyword{name(attribute.tuple_types.types[i])});
    }
    say("db/tupleTypes", TxValue::list(std::move(types)));
  }
  return entity_map(std::move(map));
}

}  // namespace detail

/// The transaction that installs the attributes of structs, or of a whole `Schema`. Where they are installed already it
/// changes nothing, and what else was said of them (`:db/index`, `:db/doc`) stays. Errors, when it is transacted:
/// `transact/schema` where an attribute is there and its data forbid the change.
template <class... Aggregates>
[[nodiscard]] TxData schema() {
  static_assert(sizeof...(Aggregates) != 0,
                "cairn::schema [structs]: name the structs, as in cairn::schema<Person, Company>()");
  TxData data;
  data.operations.reserve(Schema<Aggregates...>::attributes.size());
  for (auto const& attribute : Schema<Aggregates...>::attributes)
    data.operations.push_back(detail::describe(attribute));
  return data;
}

}  // namespace cairn
