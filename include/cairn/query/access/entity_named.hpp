// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The entities that values of a query name.
#pragma once

#include <cairn/db/db_class.hpp>
#include <cairn/db/db_lookup.hpp>
#include <cairn/db/entity_ref.hpp>
#include <cairn/error/error.hpp>
#include <cairn/query/access/cell.hpp>

#include <optional>
#include <utility>

namespace cairn::query {

/// Whether a value that is no number may name an entity: an ident, or a lookup ref `[:attribute value]`.
[[nodiscard]] inline bool may_name_entity(Value const& value) noexcept {
  if (value.is(ValueKind::keyword)) return true;
  return value.is(ValueKind::tuple) && value.as_tuple().size() == 2 && value.as_tuple()[0].is(ValueKind::keyword);
}

namespace access {

/// Requires `may_name_entity(value)`. In a lookup ref of a reference attribute the value may be named in the same way.
template <class IndexTag>
[[nodiscard]] EntityRef reference_of(Db<IndexTag> const& db, Value const& value) {
  if (value.is(ValueKind::keyword)) return value.as_keyword();
  auto const name = value.as_tuple()[0].as_keyword();
  auto const& of = value.as_tuple()[1];
  auto const* attribute = db.schema().find(name);
  if (attribute != nullptr && attribute->is_ref() && may_name_entity(of)) {
    if (auto const target = db.entid(reference_of(db, of))) return LookupRef{name, *target};
  }
  return LookupRef{name, of};
}

}  // namespace access

/// The number of the entity that an ident or a lookup ref names; nothing where there is none. Requires `may_name_entity(value)`.
/// Errors: `lookup-ref/unique`.
template <class IndexTag>
[[nodiscard]] std::optional<EntityId> entity_named(Db<IndexTag> const& db, Value const& value) {
  return db.entid(access::reference_of(db, value));
}

/// The same of what the query's text says: `entity-id/missing` where there is none.
template <class IndexTag>
[[nodiscard]] EntityId entity_written(Db<IndexTag> const& db, Value const& value) {
  return db.require_entity(access::reference_of(db, value));
}

/// The same of data, where what is no lookup ref after all names nothing.
template <class IndexTag>
[[nodiscard]] std::optional<EntityId> entity_in_data(Db<IndexTag> const& db, Value const& value) {
  try {
    return entity_named(db, value);
  } catch (Error const&) {
    return std::nullopt;
  }
}

}  // namespace cairn::query
