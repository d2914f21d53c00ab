// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Purging: making what was said unsaid, in the present and in the past.
#pragma once

#include <cairn/db/tx_resolver.hpp>
#include <cairn/db/tx_state.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cairn::detail {

/// The purging operations of a transaction. Unlike a retraction, a purge leaves nothing that `history` or `as_of` could
/// show; the composite tuples that held a purged value go with it.
template <class IndexTag>
class TxPurge {
 public:
  TxPurge(TxState<IndexTag>& state, TxResolver<IndexTag>& resolver) : state_{state}, resolver_{resolver} {}

  void run(TxOp const& operation) {
    if (!state_.base().options->keep_history) {
      raise(Errc::transact_purge,
            "There is nothing to purge in a database that keeps no history: what is retracted is gone. Retract it.",
            "{:keep-history? false}");
    }
    if (operation.kind == TxOpKind::purge_before) return purge_before(operation.value.scalar().as_instant());
    auto const entity = find(operation.entity);
    if (operation.kind == TxOpKind::purge_entity) return purge_entities({entity});
    auto const& attribute = resolver_.attribute(*operation.attribute);
    if (operation.kind == TxOpKind::purge_attribute) {
      purge_attribute(entity, attribute.id);
    } else {
      auto const id = attribute.id;
      purge_fact(entity, id, resolver_.value(attribute, operation.value));
    }
  }

 private:
  /// An entity may be named by what it is or by what it once was.
  EntityId find(TxValue const& named) {
    if (auto const found = resolver_.find_entity(named)) return *found;
    if (named.is_list()) {
      auto const parts = named.elements();
      Db<IndexTag> const past = Db<IndexTag>{state_.base()}.history();
      if (parts[1].is_scalar()) {
        if (auto const found = past.entid(LookupRef{parts[0].scalar().as_keyword(), parts[1].scalar()})) return *found;
      }
    }
    raise(Errc::transact_purge, "There is no entity " + text_of(named) + ", and there was none, of which to purge anything.",
          "{:entity-id " + text_of(named) + "}");
  }

  void purge_fact(EntityId entity, AttributeId a, Value const& value) {
    if (a == system_attribute::tx_instant) {
      raise(Errc::transact_purge,
            "The instant of a transaction cannot be purged: as_of and since find moments by it. Purge the facts instead.",
            "{:attribute :db/txInstant}");
    }
    state_.purge_fact(entity, a, value);
    auto const ident = state_.schema().find(a)->ident;
    for (auto const& composite : state_.schema().attributes()) {
      if (!composite) continue;
      auto const& parts = composite->tuple_attributes;
      auto const part = std::ranges::find(parts, ident);
      if (part == parts.end()) continue;
      auto const place = static_cast<std::size_t>(part - parts.begin());
      for (auto const& [_, tuple] : state_.facts_ever(entity, composite->id)) {
        if (tuple.is(ValueKind::tuple) && place < tuple.as_tuple().size() && tuple.as_tuple()[place] == value) {
          state_.purge_fact(entity, composite->id, tuple);
        }
      }
    }
  }

  void purge_attribute(EntityId entity, AttributeId a) {
    bool const component = state_.schema().find(a)->component;
    std::vector<EntityId> components;
    for (auto const& [_, value] : state_.facts_ever(entity, a)) {
      if (component && value.is(ValueKind::integer)) components.push_back(value.as_integer());
      purge_fact(entity, a, value);
    }
    purge_entities(std::move(components));
  }

  void purge_entities(std::vector<EntityId> left) {
    std::unordered_set<EntityId> seen;  // what an entity ever was stays to be read, so that a circle would never end
    while (!left.empty()) {
      auto const entity = left.back();
      left.pop_back();
      if (!seen.insert(entity).second) continue;
      for (auto const& [a, value] : state_.facts_ever(entity, 0)) {
        auto const* attribute = state_.schema().find(a);
        if (attribute != nullptr && attribute->component && value.is(ValueKind::integer)) {
          left.push_back(value.as_integer());
        }
        purge_fact(entity, a, value);
      }
      for (auto const& [from, a] : references_ever(entity)) purge_fact(from, a, Value{entity});
    }
  }

  std::vector<std::pair<EntityId, AttributeId>> references_ever(EntityId entity) {
    std::vector<std::pair<EntityId, AttributeId>> found;
    for (auto const& attribute : state_.schema().attributes()) {
      if (!attribute || !attribute->is_ref()) continue;
      for (auto const from : state_.owners(*attribute, Value{entity}, TxState<IndexTag>::no_limit)) {
        found.emplace_back(from, attribute->id);
      }
      auto const from = Position{.datom = {.e = 0, .a = attribute->id, .added = true, .tx = 0, .v = Value{entity}},
                                 .components = 2,
                                 .after = false};
      for (auto const* indexes : {&state_.base().current, &state_.base().temporal}) {
        for (auto cursor = indexes->avet.seek(from); cursor.valid(); cursor.next()) {
          auto&& datom = *cursor;
          if (datom.a != attribute->id || datom.v != Value{entity}) break;
          if (!state_.purged().contains(datom)) found.emplace_back(datom.e, datom.a);
        }
      }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  /// Linear in the past.
  void purge_before(Instant moment) {
    std::unordered_map<EntityId, bool> before;
    auto const is_before = [&](EntityId tx) {
      auto const [known, is_new] = before.try_emplace(tx, false);
      if (is_new) {
        auto const said = state_.values(tx, system_attribute::tx_instant);
        known->second = !said.empty() && said.front().as_instant() < moment;
      }
      return known->second;
    };
    for (auto cursor = state_.base().temporal.eavt.begin(); cursor.valid(); cursor.next()) {
      auto&& datom = *cursor;
      if (is_before(datom.tx)) state_.purge_past(datom);
    }
  }

  TxState<IndexTag>& state_;
  TxResolver<IndexTag>& resolver_;
};

}  // namespace cairn::detail
