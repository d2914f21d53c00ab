// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Purging: making what was said unsaid, in the present and in the past.
#pragma once

#include <cairn/db/tx_resolver.hpp>
#include <cairn/db/tx_state.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
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
    state_.require_no_system_entity(entity);
    if (operation.kind == TxOpKind::purge_entity) return purge_entities({entity});
    auto const* attribute = resolver_.find_attribute(*operation.attribute);
    if (attribute == nullptr) return;
    auto const id = attribute->id;
    if (operation.kind == TxOpKind::purge_attribute) {
      resolver_.require_no_composite(*attribute);
      purge_attribute(entity, id);
    } else {
      purge_fact(entity, id, resolver_.value(*attribute, operation.value));
    }
  }

  /// What `purge_before` takes of the past that the transaction itself makes, which is known when all is done: the
  /// assertions of what it retracted, and the retractions too where its own instant is before the moment.
  void purge_made_before(Instant moment, Instant own) {
    for (std::size_t at = 0; at != state_.changes().size(); ++at) {
      auto const& change = state_.changes()[at];
      if (!change.was || change.is || state_.schema().find(change.a)->no_history) continue;
      auto asserted = state_.datom_before(change);
      if (!is_before(asserted.tx, moment)) continue;
      state_.purge_past(asserted);
      if (own < moment) state_.forget(at);
    }
  }

 private:
  /// An entity may be named by what it is, or by what it alone once was: its ident or a unique value.
  EntityId find(TxValue const& named) {
    if (auto const found = resolver_.find_entity(named)) return *found;
    auto const owners = past_owners(named);
    if (owners.size() == 1) return *owners.begin();
    if (!owners.empty()) {
      std::string ids;
      for (auto const owner : owners) ids += (ids.empty() ? "" : " ") + std::to_string(owner);
      raise(Errc::transact_purge,
            "More than one entity was " + text_of(named) + " at some time: " + ids + ". Name the one to purge by its number.",
            "{:entity-id " + text_of(named) + " :entity-ids [" + ids + "]}");
    }
    raise(Errc::transact_purge, "There is no entity " + text_of(named) + ", and there was none, of which to purge anything.",
          "{:entity-id " + text_of(named) + "}");
  }
  std::set<EntityId> past_owners(TxValue const& named) {
    std::set<EntityId> owners;
    bool const is_ident = named.is_scalar();
    auto const& value = is_ident ? named : named.elements()[1];
    auto const* attribute = is_ident ? state_.schema().find(system_attribute::ident)
                                     : state_.schema().find(named.elements()[0].scalar().as_keyword());
    if (!value.is_scalar() || value.is_nil() || attribute == nullptr) return owners;
    for_each_reference(attribute->id, coerce(value.scalar(), *attribute), [&](EntityId owner) { owners.insert(owner); });
    return owners;
  }

  /// Those that have a value of an attribute in AVET, now or in the past, and whose fact is not purged.
  template <class Visit>
  void for_each_reference(AttributeId a, Value const& v, Visit visit) const {
    auto const from =
        Position{.datom = {.e = 0, .a = a, .added = true, .tx = 0, .v = v}, .components = 2, .after = false};
    for (auto const* indexes : {&state_.base().current, &state_.base().temporal}) {
      for (auto cursor = indexes->avet().seek(from); cursor.valid(); cursor.next()) {
        auto&& datom = *cursor;
        if (datom.a != a || datom.v != v) break;
        if (!state_.purged().contains(datom)) visit(datom.e);
      }
    }
  }

  /// Without the tuples that the value is in.
  void purge_alone(EntityId entity, AttributeId a, Value const& value) {
    if (a == system_attribute::tx_instant) {
      raise(Errc::transact_purge,
            "The instant of a transaction cannot be purged: as_of and since find moments by it. Purge the facts instead.",
            "{:attribute :db/txInstant}");
    }
    state_.purge_fact(entity, a, value);
  }

  /// The composite tuples of an entity in which an attribute's place holds something that `is_purged` says yes to.
  template <class IsPurged>
  void purge_tuples(EntityId entity, AttributeId a, IsPurged is_purged) {
    auto const ident = state_.schema().find(a)->ident;
    for (auto const& composite : state_.schema().attributes()) {
      if (!composite) continue;
      auto const& parts = composite->tuple_attributes;
      auto const part = std::ranges::find(parts, ident);
      if (part == parts.end()) continue;
      auto const place = static_cast<std::size_t>(part - parts.begin());
      for (auto const& [_, tuple] : state_.facts_ever(entity, composite->id)) {
        bool const has_place = tuple.is(ValueKind::tuple) && place < tuple.as_tuple().size();
        if (has_place && is_purged(tuple.as_tuple()[place])) purge_alone(entity, composite->id, tuple);
      }
    }
  }

  void purge_fact(EntityId entity, AttributeId a, Value const& value) {
    purge_alone(entity, a, value);
    purge_tuples(entity, a, [&](Value const& part) { return part == value; });
  }

  void purge_attribute(EntityId entity, AttributeId a) {
    bool const component = state_.schema().find(a)->component;
    std::vector<EntityId> components;
    for (auto const& [_, value] : state_.facts_ever(entity, a)) {
      if (component && value.is(ValueKind::integer)) components.push_back(value.as_integer());
      purge_alone(entity, a, value);
    }
    purge_tuples(entity, a, [](Value const& part) { return !part.is_nil(); });
    purge_entities(std::move(components));
  }

  void purge_entities(std::vector<EntityId> left) {
    std::unordered_set<EntityId> seen;  // what an entity ever was stays to be read, so that a circle would never end
    while (!left.empty()) {
      auto const entity = left.back();
      left.pop_back();
      if (state_.is_system(entity) || !seen.insert(entity).second) continue;
      for (auto const& [a, value] : state_.facts_ever(entity, 0)) {
        auto const* attribute = state_.schema().find(a);
        if (attribute != nullptr && attribute->component && value.is(ValueKind::integer)) {
          left.push_back(value.as_integer());
        }
        purge_alone(entity, a, value);
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
      for_each_reference(attribute->id, Value{entity}, [&](EntityId from) { found.emplace_back(from, attribute->id); });
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  /// Linear in the past.
  void purge_before(Instant moment) {
    for (auto cursor = state_.base().temporal.eavt().begin(); cursor.valid(); cursor.next()) {
      auto&& datom = *cursor;
      if (is_before(datom.tx, moment)) state_.purge_past(datom);
    }
  }

  [[nodiscard]] bool is_before(EntityId tx, Instant moment) {
    auto const [known, is_new] = instants_.try_emplace(tx);
    if (is_new) {
      auto const said = state_.values(tx, system_attribute::tx_instant);
      if (!said.empty()) known->second = said.front().as_instant();
    }
    return known->second && *known->second < moment;
  }

  TxState<IndexTag>& state_;
  TxResolver<IndexTag>& resolver_;
  std::unordered_map<EntityId, std::optional<Instant>> instants_{};
};

}  // namespace cairn::detail
