// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query needs to know of an attribute, found once.
#pragma once

#include <cairn/db/db_class.hpp>
#include <cairn/query/access/cell.hpp>

#include <cstdint>
#include <optional>

namespace cairn::query {

/// An attribute of a database value. One that nobody has named has no datoms, and that is all there is to say.
struct AttributeAccess {
  AttributeId id = 0;
  bool known = false;
  bool one = false;      ///< an entity has at most one datom of it in this view
  bool unique = false;   ///< a value has at most one datom of it in this view
  bool indexed = false;  ///< AVET has its datoms
  bool ref = false;
  std::optional<ValueType> type{};
  std::optional<ValueKind> kind{};  ///< the one kind that all of its values have, where the schema says so
  Cell name{};                      ///< as queries show it: a keyword, or an entity where attributes are entities

  /// Whether all of its datoms with a value have it in one place of AVET. A double may be held as a float as well.
  [[nodiscard]] bool has_one_form(Cell value) const noexcept { return kind.has_value() || value.kind != ValueKind::float64; }
};

/// The attribute as queries show it.
template <class IndexTag>
[[nodiscard]] Cell attribute_name(Db<IndexTag> const& db, Attribute const& attribute) noexcept {
  if (db.options().attribute_refs && attribute.entity != 0) return Cell::integer(attribute.entity);
  return Cell{Value{attribute.ident}};
}

template <class IndexTag>
[[nodiscard]] AttributeAccess attribute_access(Db<IndexTag> const& db, Attribute const* found) noexcept {
  AttributeAccess access;
  if (found == nullptr) return access;
  // Only of the present: an attribute may have had another cardinality before.
  bool const as_now = !db.view().needs_past();
  access.id = found->id;
  access.known = true;
  access.one = as_now && !found->is_many();
  access.unique = as_now && found->is_unique();
  access.indexed = found->in_avet();
  access.ref = found->is_ref();
  access.type = found->type;
  // Where the schema comes after the data it refuses nothing, so that it says nothing either.
  if (found->type && found->type != ValueType::number && db.options().schema_flexibility == SchemaFlexibility::write) {
    access.kind = found->is_ref() ? ValueKind::integer : static_cast<ValueKind>(*found->type);
  }
  access.name = attribute_name(db, *found);
  return access;
}

/// What a value in attribute position means: the keyword, or, where attributes are entities, their number as well.
template <class IndexTag>
[[nodiscard]] Attribute const* attribute_of(Db<IndexTag> const& db, Cell name) noexcept {
  bool const by_number = db.options().attribute_refs;
  if (name.kind == ValueKind::keyword) return db.schema().find(BorrowedValue{name}->as_keyword());
  if (name.kind != ValueKind::integer || !by_number) return nullptr;
  return db.schema().described_by(name.as_integer());
}

template <class IndexTag>
[[nodiscard]] AttributeAccess attribute_access(Db<IndexTag> const& db, Cell name) noexcept {
  return attribute_access(db, attribute_of(db, name));
}

/// How many datoms lie between two positions, about: exact of the present, where its index has no gap. O(log n).
template <Order Sorted, class IndexTag>
[[nodiscard]] std::uint64_t estimate(Db<IndexTag> const& db, Position const& from, Position const& to) {
  auto const& snapshot = db.snapshot();
  auto const count_in = [&](auto const& index) {
    if constexpr (requires { index.estimate(from, to); }) {
      return index.estimate(from, to);
    } else {
      return index.count(from, to);
    }
  };
  auto count = count_in(snapshot.current.template get<Sorted>());
  if (db.view().needs_past()) count += count_in(snapshot.temporal.template get<Sorted>());
  return count;
}

}  // namespace cairn::query
