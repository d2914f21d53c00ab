// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which changes of a schema a database can follow.
#pragma once

#include <cairn/db/tx_state.hpp>
#include <cairn/db/tx_text.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace cairn::detail {

/// Refuses a value of an attribute that describes attributes, where nobody would know what it means.
template <meta::Lazy = {}>
inline void check_schema_value(AttributeId a, Value const& v) {
  namespace system = system_attribute;
  auto const refuse = [&](std::string_view attribute, std::string_view known) {
    raise(Errc::transact_schema,
          to_text(v) + " is no " + std::string{attribute} + "; it is " + std::string{known} + ".",
          "{:attribute " + std::string{attribute} + " :value " + to_text(v) + "}");
  };
  auto const is_type = [](Value const& one) {
    return one.is(ValueKind::keyword) && value_type_of(one.as_keyword().text()).has_value();
  };
  constexpr std::string_view types =
      "one of :db.type/boolean long float double bigint bigdec instant uuid string keyword symbol bytes tuple ref "
      "number";
  auto const all = [&v](auto accepts) {
    return v.is(ValueKind::tuple) && !v.as_tuple().empty() && std::ranges::all_of(v.as_tuple(), accepts);
  };
  auto const text = v.is(ValueKind::keyword) ? v.as_keyword().text() : std::string_view{};
  switch (a) {
    case system::ident:
      if (v.as_keyword().ns() == "db" || v.as_keyword().ns().starts_with("db.")) {
        raise(Errc::transact_schema,
              to_text(v) + " cannot be an ident: the namespaces db and db.* are the system's. Choose another.",
              "{:attribute :db/ident :value " + to_text(v) + "}");
      }
      break;
    case system::value_type:
      if (!is_type(v)) refuse(":db/valueType", types);
      break;
    case system::tuple_type:
      if (!is_type(v)) refuse(":db/tupleType", types);
      break;
    case system::tuple_types:
      if (!all(is_type)) refuse(":db/tupleTypes", "a vector of value types");
      break;
    case system::tuple_attrs:
      if (!all([](Value const& one) { return one.is(ValueKind::keyword); })) {
        refuse(":db/tupleAttrs", "a vector of attributes");
      }
      break;
    case system::cardinality:
      if (!cardinality_of(text)) refuse(":db/cardinality", ":db.cardinality/one or :db.cardinality/many");
      break;
    case system::unique:
      if (!uniqueness_of(text)) refuse(":db/unique", ":db.unique/identity or :db.unique/value");
      break;
    default:
      break;
  }
}

/// Looks at a schema that a transaction has changed, as it is at the end, against the data. What is written with an
/// attribute must go on meaning what it meant.
template <class IndexTag>
class SchemaCheck {
 public:
  explicit SchemaCheck(TxState<IndexTag>& state) : state_{state} {}

  void run() {
    for (auto const entity : state_.described()) check_whole(entity);
    auto const& before = *state_.base().schema;
    for (auto const& [id, touches] : state_.touched()) {
      auto const& now = *state_.schema().find(id);
      auto const* old = before.find(id);
      check_alone(now);
      check_change(old != nullptr ? *old : Attribute{.id = id, .ident = now.ident}, now, touches);
    }
    if (state_.names_moved()) check_names();
  }

 private:
  [[noreturn]] static void refuse(Attribute const& attribute, std::string const& why) {
    auto const text = to_text(attribute.ident);
    raise(Errc::transact_schema, text + ": " + why, "{:attribute " + text + "}");
  }
  [[nodiscard]] bool is_write() const noexcept {
    return state_.base().options->schema_flexibility == SchemaFlexibility::write;
  }

  /// An entity that describes an attribute says all that is needed.
  void check_whole(EntityId entity) {
    std::optional<Keyword> ident;
    bool type = false;
    bool cardinality = false;
    for (auto const& [a, v] : state_.facts(entity)) {
      if (a == system_attribute::ident && v.is(ValueKind::keyword)) ident = v.as_keyword();
      type = type || a == system_attribute::value_type;
      cardinality = cardinality || a == system_attribute::cardinality;
    }
    if (!type && !cardinality) return;
    if (ident && ((type && cardinality) || !is_write())) return;
    auto const text = ident ? to_text(*ident) : "entity " + std::to_string(entity);
    raise(Errc::transact_schema,
          "The schema of " + text + " is incomplete: an attribute needs :db/ident, :db/valueType and :db/cardinality.",
          "{:attribute " + (ident ? to_text(*ident) : std::string{"nil"}) + " :entity-id " + std::to_string(entity) +
              "}");
  }

  void check_alone(Attribute const& attribute) {
    if (attribute.component && !attribute.is_ref()) {
      refuse(attribute,
             "only a reference can be a component. Give it :db/valueType :db.type/ref, or take :db/isComponent away.");
    }
    bool const parts = attribute.is_composite() || attribute.tuple_type || !attribute.tuple_types.empty();
    if (parts && attribute.type != ValueType::tuple)
      refuse(attribute, "what describes tuples needs :db/valueType :db.type/tuple.");
    if (attribute.is_composite() && attribute.is_many())
      refuse(attribute, "a composite tuple is one, :db.cardinality/one.");
    for (auto const part : attribute.tuple_attributes) {
      auto const* found = state_.schema().find(part);
      if (found == nullptr) continue;  // it may come later; until then its place is nil
      if (found->is_many()) refuse(attribute, to_text(part) + " has many values and cannot be part of a tuple.");
      if (found->type == ValueType::tuple)
        refuse(attribute, to_text(part) + " is a tuple itself and cannot be part of one.");
    }
    for (auto const id : state_.composites_with(attribute.ident)) {
      auto const composite = to_text(state_.schema().find(id)->ident);
      if (attribute.is_many())
        refuse(attribute, "it is a part of the tuple " + composite + ", and a part has one value, :db.cardinality/one.");
      if (attribute.type == ValueType::tuple)
        refuse(attribute, "it is a part of the tuple " + composite + ", and no tuple can be part of one.");
    }
  }

  /// What changed, and what was otherwise for a while: facts may have been said meanwhile.
  void check_change(Attribute const& old, Attribute const& now, AttributeTouches const& touches) {
    if (old.ident != now.ident) check_rename(old.ident, now);
    if (touches.type) check_type(old, now);
    if (touches.tuple) check_tuple(old, now);
    if (touches.type || touches.tuple) check_values(old, now);
    if (touches.cardinality) check_cardinality(old, now);
    if (touches.unique && now.is_unique()) check_unique(old, now);
  }

  /// Composite tuples name their parts, so that a part keeps its name.
  void check_rename(Keyword old, Attribute const& now) {
    for (auto const composite : state_.composites_with(old)) {
      refuse(now, "it cannot be renamed from " + to_text(old) + ", which is a part of the tuple " +
                      to_text(state_.schema().find(composite)->ident) + ".");
    }
    if (!state_.was_used(now.id)) return;
    for (auto const composite : state_.composites_with(now.ident)) {
      if (!state_.is_used(composite)) continue;
      refuse(now, "it has values and cannot be renamed from " + to_text(old) + ": the new name is a part of the tuple " +
                      to_text(state_.schema().find(composite)->ident) + ", which is in use.");
    }
  }

  void check_type(Attribute const& old, Attribute const& now) {
    bool const was_used = state_.was_used(old.id);
    if (!now.type && is_write() && ((old.type && was_used) || !said(old.id).empty())) {
      refuse(now, "it is in use and cannot go. Retract its datoms first; with history it stays for good.");
    }
    if (was_used && old.type && now.type && old.type != now.type) {
      refuse(now, "it is in use as :" + std::string{name(*old.type)} + " and cannot become :" +
                      std::string{name(*now.type)} + ". Make a new attribute and copy the values.");
    }
  }

  void check_tuple(Attribute const& old, Attribute const& now) {
    if (is_same_tuple(old, now) || !state_.was_used(old.id)) return;
    if (old.type == ValueType::tuple || now.is_composite())
      refuse(now, "its tuples are in use, and cannot become others. Make a new attribute and copy the values.");
  }
  static bool is_same_tuple(Attribute const& old, Attribute const& now) {
    return old.tuple_attributes == now.tuple_attributes && old.tuple_type == now.tuple_type && old.tuple_types == now.tuple_types;
  }

  void check_values(Attribute const& old, Attribute const& now) {
    if (!now.type) return;
    auto const check = [&](EntityId entity, Value const& value) {
      if (!conforms(value, *now.type) || (now.is_ref() && !state_.is_entity(value.as_integer()))) {
        refuse(now, "entity " + std::to_string(entity) + " has or had the value " + to_text(value) +
                        ", which is no :" + std::string{name(*now.type)} + ".");
      }
      if (now.type != ValueType::tuple || now.is_composite()) return;
      if (auto const fault = tuple_fault(now, value.as_tuple()); !fault.empty()) {
        refuse(now, "entity " + std::to_string(entity) + " has or had the value " + to_text(value) + ": " + fault);
      }
    };
    if (old.type == now.type && is_same_tuple(old, now)) {
      for (auto const* change : said(now.id)) check(change->e, change->v);
    } else {
      for_each_value(now, check);
    }
    if (now.is_ref()) reserve(now);
  }

  /// Numbers become references: no new entity may get one, nor may one have got it in this transaction.
  void reserve(Attribute const& now) {
    for (auto const* indexes : {&state_.base().current, &state_.base().temporal}) {
      for_each_in(*indexes, now, [&](RawDatom const& datom) {
        if (datom.v.is(ValueKind::integer) && state_.is_entity(datom.v.as_integer())) state_.use_entity_late(datom.v.as_integer());
      });
    }
    for_each_current(now, [&](EntityId, Value const& value) { state_.use_entity(value.as_integer()); });
  }

  void check_cardinality(Attribute const& old, Attribute const& now) {
    if (now.is_many()) {
      if (!old.is_many() && old.is_unique() && now.is_unique()) refuse(now, "it is unique and cannot have many values.");
      return;
    }
    std::unordered_set<EntityId> seen;
    for_each_current(now, [&](EntityId entity, Value const&) {
      if (!seen.insert(entity).second) {
        refuse(now, "entity " + std::to_string(entity) +
                        " has more than one value, so it cannot become :db.cardinality/one. "
                        "Retract the others first.");
      }
    });
  }

  void check_unique(Attribute const& old, Attribute const& now) {
    bool const is_new = now.id >= state_.base().schema->next_attribute();
    if (now.is_many() && !old.is_unique() && !is_new) refuse(now, "it has many values and cannot become unique.");
    std::unordered_set<Value> seen;
    for_each_current(now, [&](EntityId, Value const& value) {
      if (!seen.insert(value).second) {
        refuse(now, "more than one entity has the value " + to_text(value) + ", so it cannot become unique.");
      }
    });
  }

  /// What is stored is what entities say in the end. Where names went from hand to hand, the schema that this makes can be another
  /// one than that which the operations made one after the other, by which facts were said.
  void check_names() {
    auto const& before = *state_.base().schema;
    auto const& now = state_.schema();
    auto derived = before;
    std::set<EntityId> entities;
    for (auto id = before.next_attribute(); id < now.next_attribute(); ++id) {
      auto const ident = now.find(id)->ident;
      derived.add(ident);
      if (auto const owner = before.entity(ident)) entities.insert(*owner);
    }
    for (auto const& change : state_.changes()) {
      if (change.is != change.was && is_schema_attribute(change.a)) entities.insert(change.e);
    }
    for (auto const& datom : state_.purged()) {
      if (is_schema_attribute(datom.a)) entities.insert(datom.e);
    }
    std::vector<EntityFacts> facts;
    for (auto const entity : entities) {
      facts.push_back({entity, state_.facts(entity)});
      std::erase_if(facts.back().facts, [](auto const& fact) { return !is_schema_attribute(fact.first); });
    }
    derived.define(facts);
    if (derived == now && !derived.name_of_two()) return;
    std::string names;
    for (auto const entity : state_.described()) {
      for (auto const& name : {before.ident(entity), now.ident(entity)}) {
        if (name && before.ident(entity) != now.ident(entity)) names.append(names.empty() ? "" : " ").append(to_text(*name));
      }
    }
    raise(Errc::transact_schema,
          "The idents " + names + " go from one attribute to another in a way that cannot be told from what is said of them in the end. "
          "Make two transactions of it: one in which attributes give their names up, one in which others take them.",
          "{:attributes [" + names + "]}");
  }

  /// What the transaction made true of an attribute.
  std::vector<Change const*> const& said(AttributeId id) {
    if (!said_) {
      said_.emplace();
      for (auto const& change : state_.changes()) {
        if (change.is && !change.was) (*said_)[change.a].push_back(&change);
      }
    }
    return (*said_)[id];
  }

  /// All that is true at the end of the transaction.
  template <class Visit>
  void for_each_current(Attribute const& attribute, Visit visit) {
    for_each_in(state_.base().current, attribute, [&](auto const& datom) {
      if (state_.is_kept(datom.e, attribute.id, datom.v)) visit(datom.e, datom.v);
    });
    for (auto const* change : said(attribute.id)) visit(change->e, change->v);
  }
  /// And all that ever was.
  template <class Visit>
  void for_each_value(Attribute const& attribute, Visit visit) {
    for_each_in(state_.base().temporal, attribute, [&](RawDatom const& datom) {
      if (!state_.purged().contains(datom)) visit(datom.e, datom.v);
    });
    for_each_current(attribute, visit);
  }
  template <class Visit>
  static void for_each_in(IndexEdits<IndexTag> const& indexes, Attribute const& attribute, Visit visit) {
    auto const start = Position{
        .datom = {.e = 0, .a = attribute.id, .added = true, .tx = 0, .v = {}}, .components = 1, .after = false};
    for (auto cursor = indexes.aevt().seek(start); cursor.valid() && (*cursor).a == attribute.id; cursor.next()) {
      visit(*cursor);
    }
  }

  TxState<IndexTag>& state_;
  std::optional<std::unordered_map<AttributeId, std::vector<Change const*>>> said_{};  // made when it is first needed
};

}  // namespace cairn::detail
