// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which changes of a schema a database can follow.
#pragma once

#include <cairn/db/tx_state.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
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
    for (auto const& attribute : state_.schema().attributes()) {
      if (!attribute || attribute->id < first_user_attribute) continue;
      auto const* old = before.find(attribute->id);
      if (old == attribute.get() || (old != nullptr && *old == *attribute)) continue;
      check_alone(*attribute);
      check_change(old != nullptr ? *old : Attribute{.id = attribute->id, .ident = attribute->ident}, *attribute);
    }
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
  }

  void check_change(Attribute const& old, Attribute const& now) {
    if (old.ident != now.ident) check_rename(old.ident, now);
    if (old.type != now.type) check_type(old, now);
    if (old.cardinality != now.cardinality) check_cardinality(old, now);
    if (now.is_unique() && !old.is_unique()) check_unique(now);
    if (old.tuple_attributes != now.tuple_attributes || old.tuple_type != now.tuple_type ||
        old.tuple_types != now.tuple_types) {
      if (old.type == ValueType::tuple && state_.was_used(old.id)) refuse(now, "its tuples are in use, and cannot become others.");
    }
  }

  /// Composite tuples name their parts, so that a part keeps its name.
  void check_rename(Keyword old, Attribute const& now) {
    for (auto const& composite : state_.schema().attributes()) {
      if (!composite || std::ranges::find(composite->tuple_attributes, old) == composite->tuple_attributes.end()) continue;
      refuse(now, "it cannot be renamed from " + to_text(old) + ", which is a part of the tuple " +
                      to_text(composite->ident) + ".");
    }
  }

  void check_type(Attribute const& old, Attribute const& now) {
    bool const used = state_.was_used(old.id);
    if (used && !now.type && is_write()) {
      refuse(now, "it is in use and cannot go. Retract its datoms first; with history it stays for good.");
    }
    if (used && old.type && now.type) {
      refuse(now, "it is in use as :" + std::string{name(*old.type)} + " and cannot become :" +
                      std::string{name(*now.type)} + ". Make a new attribute and copy the values.");
    }
    if (!now.type) return;
    for_each_value(now, [&](EntityId entity, Value const& value) {
      if (conforms(value, *now.type) && (!now.is_ref() || state_.is_entity(value.as_integer()))) return;
      refuse(now, "entity " + std::to_string(entity) + " has or had the value " + to_text(value) +
                      ", which is no :" + std::string{name(*now.type)} + ".");
    });
    if (now.is_ref()) reserve(now);
  }

  /// Numbers become references: no new entity may get one, nor may one have got it in this transaction.
  void reserve(Attribute const& now) {
    for (auto const* indexes : {&state_.base().current, &state_.base().temporal}) {
      for_each_in(*indexes, now, [&](EntityId, Value const& value) {
        if (value.is(ValueKind::integer) && state_.is_entity(value.as_integer()))
          state_.use_entity_late(value.as_integer());
      });
    }
    for_each_current(now, [&](EntityId, Value const& value) { state_.use_entity(value.as_integer()); });
  }

  void check_cardinality(Attribute const& old, Attribute const& now) {
    if (now.is_many()) {
      if (old.is_unique() && now.is_unique()) refuse(now, "it is unique and cannot have many values.");
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

  void check_unique(Attribute const& now) {
    bool const is_new = now.id >= state_.base().schema->next_attribute();
    if (now.is_many() && !is_new) refuse(now, "it has many values and cannot become unique.");
    std::unordered_set<Value> seen;
    for_each_current(now, [&](EntityId, Value const& value) {
      if (!seen.insert(value).second) {
        refuse(now, "more than one entity has the value " + to_text(value) + ", so it cannot become unique.");
      }
    });
  }

  /// All that is true at the end of the transaction.
  template <class Visit>
  void for_each_current(Attribute const& attribute, Visit visit) {
    for_each_in(state_.base().current, attribute, [&](EntityId entity, Value const& value) {
      if (state_.is_true(entity, attribute.id, value)) visit(entity, value);
    });
    if (said_.empty()) {
      for (auto const& change : state_.changes()) {
        if (change.is && !change.was) said_[change.a].push_back(&change);
      }
    }
    if (auto const found = said_.find(attribute.id); found != said_.end()) {
      for (auto const* change : found->second) visit(change->e, change->v);
    }
  }
  /// And all that ever was.
  template <class Visit>
  void for_each_value(Attribute const& attribute, Visit visit) {
    for_each_in(state_.base().temporal, attribute, visit);
    for_each_current(attribute, visit);
  }
  template <class Visit>
  static void for_each_in(IndexEdits<IndexTag> const& indexes, Attribute const& attribute, Visit visit) {
    auto const start = Position{
        .datom = {.e = 0, .a = attribute.id, .added = true, .tx = 0, .v = {}}, .components = 1, .after = false};
    for (auto cursor = indexes.aevt.seek(start); cursor.valid() && (*cursor).a == attribute.id; cursor.next()) {
      visit((*cursor).e, (*cursor).v);
    }
  }

  TxState<IndexTag>& state_;
  std::unordered_map<AttributeId, std::vector<Change const*>> said_{};  // made when it is first needed
};

}  // namespace cairn::detail
