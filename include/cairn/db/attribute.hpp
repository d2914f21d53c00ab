// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An attribute, and the attributes that every database has.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/db/value_type.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cairn {

/// What a database knows of an attribute. One that is only named so far (`:schema-flexibility :read`) has no type, one
/// value an entity, and nothing else.
struct Attribute {
  AttributeId id = 0;
  Keyword ident;
  EntityId entity = 0;  ///< the entity that describes it; 0: none
  std::optional<ValueType> type{};
  Cardinality cardinality = Cardinality::one;
  Uniqueness unique = Uniqueness::none;
  bool indexed = false;          ///< `:db/index true`
  bool component = false;        ///< `:db/isComponent true`
  bool no_history = false;       ///< `:db/noHistory true`
  bool has_cardinality = false;  ///< whether `:db/cardinality` was said
  std::string doc{};
  std::vector<Keyword> tuple_attributes{};  ///< `:db/tupleAttrs`: the value is made of these attributes' values
  std::optional<ValueType> tuple_type{};    ///< `:db/tupleType`: all elements are of it
  std::vector<ValueType> tuple_types{};     ///< `:db/tupleTypes`: element by element

  [[nodiscard]] bool is_ref() const noexcept { return type == ValueType::ref; }
  [[nodiscard]] bool is_many() const noexcept { return cardinality == Cardinality::many; }
  [[nodiscard]] bool is_unique() const noexcept { return unique != Uniqueness::none; }
  [[nodiscard]] bool is_composite() const noexcept { return !tuple_attributes.empty(); }
  /// Whether its datoms are in AVET.
  [[nodiscard]] bool in_avet() const noexcept { return indexed || is_unique() || is_ref(); }

  friend bool operator==(Attribute const&, Attribute const&) = default;
};

/// How many elements a tuple may have.
inline constexpr std::size_t max_tuple_size = 8;

/// The numbers of the attributes that every database has. They are on disk: none is changed or reused; up to 63 is room
/// for more.
namespace system_attribute {
inline constexpr AttributeId ident = 1;
inline constexpr AttributeId value_type = 2;
inline constexpr AttributeId cardinality = 3;
inline constexpr AttributeId unique = 4;
inline constexpr AttributeId index = 5;
inline constexpr AttributeId is_component = 6;
inline constexpr AttributeId no_history = 7;
inline constexpr AttributeId doc = 8;
inline constexpr AttributeId tx_instant = 9;
inline constexpr AttributeId tuple_attrs = 10;
inline constexpr AttributeId tuple_type = 11;
inline constexpr AttributeId tuple_types = 12;
inline constexpr AttributeId attribute_predicates = 13;
inline constexpr AttributeId entity_attributes = 14;
inline constexpr AttributeId entity_predicates = 15;
}  // namespace system_attribute

/// The number of the first attribute that a user names.
inline constexpr AttributeId first_user_attribute = 64;

/// Whether datoms of an attribute describe attributes: they change the schema.
[[nodiscard]] constexpr bool is_schema_attribute(AttributeId id) noexcept {
  return id < first_user_attribute && id != system_attribute::tx_instant;
}

/// Whether a fact makes of an entity with an ident an attribute, rather than a mere name.
[[nodiscard]] constexpr bool defines_attribute(AttributeId id) noexcept {
  return (id >= system_attribute::value_type && id <= system_attribute::no_history) ||
         (id >= system_attribute::tuple_attrs && id <= system_attribute::tuple_types);
}

}  // namespace cairn
