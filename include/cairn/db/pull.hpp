// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Pull: what a pattern says of an entity, as EDN. Entities as structs are pulled by aggregate/pull.hpp.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/entity_ref.hpp>
#include <cairn/db/pull/entity.hpp>
#include <cairn/db/pull/pattern.hpp>
#include <cairn/edn/value.hpp>

#include <concepts>
#include <initializer_list>
#include <ranges>
#include <vector>

namespace cairn {

/// What a pattern finds of an entity: a map, or nil where it finds nothing. `pull(db, "[:name {:friend [:name]}]", 1)`,
/// `pull(db, pattern, lookup(":name", "Ivan"))`. A pattern that is used again is better kept as a `PullPattern`.
///
/// On a history it shows what was ever asserted or retracted under an attribute with many values, as often as it was, and one of the values
/// of another.
/// Errors: those of `PullPattern`, `PullPattern::on`, `BoundPull` and `Db::require_entity`.
template <class IndexTag>
[[nodiscard]] notation::Value pull(Db<IndexTag> const& db, PullPattern const& pattern, EntityRef const& entity) {
  return pattern.of(db, entity);
}
/// The same of an entity that EDN names: `1`, `:color/red`, `[:name "Ivan"]`. Errors: also `entity-id/syntax` and
/// `lookup-ref/syntax`, where it names none.
template <class IndexTag>
[[nodiscard]] notation::Value pull(Db<IndexTag> const& db, PullPattern const& pattern, notation::Value const& entity) {
  return pattern.of(db, detail::entity_ref_of(db, entity));
}

/// The same of several entities, one by one, in their order.
template <class IndexTag, std::ranges::input_range Entities>
requires std::convertible_to<std::ranges::range_reference_t<Entities const&>, EntityRef>
[[nodiscard]] std::vector<notation::Value> pull_many(Db<IndexTag> const& db, PullPattern const& pattern,
                                                     Entities const& entities) {
  auto bound = pattern.on(db);
  std::vector<notation::Value> found;
  for (auto&& entity : entities) found.push_back(bound(EntityRef{entity}));
  return found;
}
template <class IndexTag>
[[nodiscard]] std::vector<notation::Value> pull_many(Db<IndexTag> const& db, PullPattern const& pattern,
                                                     std::initializer_list<EntityRef> entities) {
  return pull_many<IndexTag, std::initializer_list<EntityRef>>(db, pattern, entities);
}

}  // namespace cairn

#ifdef CAIRN_ENGINE
#include <cairn/db/engine.hpp>
#endif
