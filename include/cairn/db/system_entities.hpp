// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The entities that a database is created with.
#pragma once

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace cairn {

namespace detail {

/// The transaction that makes entities of what every database knows: the attribute of number n is entity n, and behind
/// the attributes come value types, cardinalities and uniquenesses (docs/format.md, "Attribute references").
template <meta::Lazy = {}>
TxRecord system_entities(DatabaseSchema const& schema, Instant clock) {
  namespace system = system_attribute;
  constexpr EntityId first_name = 16;
  TxRecord record;
  record.tx = first_transaction;
  record.instant = clock;
  record.max_entity = first_user_entity - 1;
  auto const say = [&](EntityId e, AttributeId a, Value v) {
    record.datoms.push_back({e, a, true, record.tx, std::move(v)});
  };
  say(record.tx, system::tx_instant, clock);
  EntityId next = first_name;
  auto const give_names = [&](auto const& names) {
    auto const first = next;
    for (auto const& [_, text] : names) say(next++, system::ident, Keyword{text});
    return first;
  };
  auto const first_type = give_names(value_type_names);
  auto const first_cardinality = give_names(cardinality_names);
  auto const first_uniqueness = give_names(uniqueness_names);
  auto const place = [](auto const& names, auto value) {
    auto const found = std::ranges::find(names, value, [](auto const& entry) { return entry.first; });
    return static_cast<EntityId>(found - names.begin());
  };
  for (auto const& attribute : schema.attributes()) {
    if (!attribute) continue;
    say(attribute->entity, system::ident, attribute->ident);
    say(attribute->entity, system::value_type, first_type + place(value_type_names, *attribute->type));
    say(attribute->entity, system::cardinality, first_cardinality + place(cardinality_names, attribute->cardinality));
    if (attribute->is_unique()) {
      say(attribute->entity, system::unique, first_uniqueness + place(uniqueness_names, attribute->unique));
    }
    if (attribute->indexed) say(attribute->entity, system::index, true);
  }
  return record;
}

}  // namespace detail

template <class IndexTag>
Snapshot<IndexTag> initial_snapshot(std::shared_ptr<DatabaseOptions const> options, Instant clock) {
  auto empty = Snapshot<IndexTag>::empty(std::move(options));
  return empty.options->attribute_refs ? apply(empty, detail::system_entities(*empty.schema, clock)) : empty;
}

}  // namespace cairn
