// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a database value finds entities, attributes and moments.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/db/coerce.hpp>
#include <cairn/db/db_class.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/meta/lazy.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cairn {

namespace detail {

/// "; the nearest is :name", of those attributes for which `suits`, or nothing.
template <class Suits>
[[nodiscard]] std::string nearest_attribute(DatabaseSchema const& schema, Keyword attribute, Suits const& suits) {
  std::vector<std::string_view> known;
  for (auto const& one : schema.attributes()) {
    if (one && one->ident != attribute && suits(*one)) known.push_back(one->ident.text());
  }
  auto const near = config::nearest(attribute.text(), known);
  return near.empty() ? std::string{} : "; the nearest is :" + std::string{near};
}

template <meta::Lazy = {}>
inline void require_unique(DatabaseSchema const& schema, LookupRef const& ref, Attribute const* attribute) {
  if (attribute != nullptr && attribute->is_unique()) return;
  auto const unknown = [&] {
    return " is not in the schema" + nearest_attribute(schema, ref.attribute, [](Attribute const& one) { return one.is_unique(); });
  };
  raise(Errc::lookup_ref_unique,
        "The lookup ref [" + to_text(ref.attribute) + " " + to_text(ref.value) + "] needs a unique attribute, and " +
            to_text(ref.attribute) + (attribute == nullptr ? unknown() : " is not") +
            ". Give it :db/unique :db.unique/identity, or name the entity another way.",
        "{:attribute " + to_text(ref.attribute) + "}");
}

template <meta::Lazy = {}>
inline std::string to_text(EntityRef const& ref) {
  if (auto const* id = std::get_if<EntityId>(&ref.which())) return std::to_string(*id);
  if (auto const* ident = std::get_if<Keyword>(&ref.which())) return cairn::to_text(*ident);
  auto const& look = std::get<LookupRef>(ref.which());
  return "[" + cairn::to_text(look.attribute) + " " + cairn::to_text(look.value) + "]";
}

template <meta::Lazy = {}>
[[noreturn]] inline void raise_unknown_attribute(DatabaseSchema const& schema, Keyword attribute) {
  raise(Errc::transact_schema,
        "The attribute " + to_text(attribute) + " is not in the schema. Transact {:db/ident " + to_text(attribute) +
            " :db/valueType ... :db/cardinality ...} first, or look for a typing error" +
            nearest_attribute(schema, attribute, [](Attribute const&) { return true; }) + ".",
        "{:attribute " + to_text(attribute) + "}");
}

}  // namespace detail

namespace detail {

/// The attribute that an entity describes.
template <meta::Lazy = {}>
inline Attribute const& described_attribute(DatabaseSchema const& schema, EntityId entity) {
  if (auto const* found = schema.described_by(entity)) return *found;
  raise(Errc::transact_schema,
        "Entity " + std::to_string(entity) +
            " is no attribute. Name the attribute by its keyword, or transact its :db/ident, :db/valueType and "
            ":db/cardinality first.",
        "{:entity-id " + std::to_string(entity) + "}");
}

}  // namespace detail

template <class IndexTag>
Attribute const* Db<IndexTag>::attribute(AttributeName name) const {
  if (name.entity != 0) return &detail::described_attribute(schema(), name.entity);
  auto const* found = schema().find(name.keyword);
  bool const known = found != nullptr && (found->type || options().schema_flexibility == SchemaFlexibility::read);
  if (!known && options().schema_flexibility == SchemaFlexibility::write) detail::raise_unknown_attribute(schema(), name.keyword);
  return found;
}

template <class IndexTag>
std::optional<EntityId> Db<IndexTag>::entid(EntityRef const& ref) const {
  if (auto const* id = std::get_if<EntityId>(&ref.which())) return detail::checked_entity(*id);
  if (auto const* ident = std::get_if<Keyword>(&ref.which())) return schema().entity(*ident);
  auto const& look = std::get<LookupRef>(ref.which());
  auto const* unique = schema().find(look.attribute);
  detail::require_unique(schema(), look, unique);
  if (look.value.is_nil()) return std::nullopt;
  Value value = detail::coerce(look.value, *unique);
  if (unique->is_ref() && value.is(ValueKind::keyword)) {
    auto const target = schema().entity(value.as_keyword());
    if (!target) return std::nullopt;
    value = *target;
  }
  Position const from{
      .datom = {.e = 0, .a = unique->id, .added = true, .tx = 0, .v = value}, .components = 2, .after = false};
  auto const range = DatomRange<IndexTag, Order::avet>{*this, from, after(from)};
  auto const found = range.begin();
  return found == range.end() ? std::nullopt : std::optional{found.raw().e};
}

template <class IndexTag>
EntityId Db<IndexTag>::require_entity(EntityRef const& ref) const {
  if (auto const found = entid(ref)) return *found;
  auto const text = detail::to_text(ref);
  raise(Errc::entity_id_missing, "There is no entity " + text + " in this database.", "{:entity-id " + text + "}");
}

template <class IndexTag>
Value Db<IndexTag>::value_of(ValueRef const& ref, Attribute const* attribute) const {
  if (auto const* look = std::get_if<LookupRef>(&ref.which())) return require_entity(*look);
  auto const& value = std::get<Value>(ref.which());
  if (attribute == nullptr) return value;
  if (attribute->is_ref() && value.is(ValueKind::keyword)) return require_entity(value.as_keyword());
  return detail::coerce(value, *attribute);
}

template <class IndexTag>
template <Order Sorted>
Position Db<IndexTag>::position(Components const& components) const {
  Position result;
  Attribute const* attribute = nullptr;
  auto const entity = [&] {
    if (!components.e) return false;
    result.datom.e = require_entity(*components.e);
    return true;
  };
  auto const name = [&] {
    if (!components.a) return false;
    attribute = this->attribute(*components.a);
    // An attribute that nobody has named yet is numbered behind all others: it has no datoms.
    result.datom.a = attribute != nullptr ? attribute->id : schema().next_attribute();
    if (Sorted == Order::avet && attribute != nullptr && !attribute->in_avet()) {
      raise(Errc::transact_schema,
            "AVET does not hold " + to_text(attribute->ident) +
                ": it is neither indexed, nor unique, nor a reference. "
                "Transact {:db/ident " +
                to_text(attribute->ident) + " :db/index true}, or use AEVT.",
            "{:attribute " + to_text(attribute->ident) + "}");
    }
    return true;
  };
  auto const value = [&] {
    if (!components.v) return false;
    result.datom.v = value_of(*components.v, attribute);
    return true;
  };
  auto const transaction = [&] {
    if (!components.tx) return false;
    result.datom.tx = *components.tx;
    return true;
  };
  auto const count = [&](auto const&... parts) {
    bool open = true;
    ((open = open && parts() && ++result.components != 0), ...);
  };
  if constexpr (Sorted == Order::eavt) {
    count(entity, name, value, transaction);
  } else if constexpr (Sorted == Order::aevt) {
    count(name, entity, value, transaction);
  } else {
    count(name, value, entity, transaction);
  }
  return result;
}

template <class IndexTag>
EntityId Db<IndexTag>::transaction_at(Instant instant) const {
  namespace system = system_attribute;
  auto const& by_instant = snapshot().current.avet;
  auto const at = [](EntityId e, Value v, std::uint8_t components, bool is_after) {
    return Position{.datom = {.e = e, .a = system::tx_instant, .added = true, .tx = 0, .v = std::move(v)},
                    .components = components,
                    .after = is_after};
  };
  EntityId found = first_transaction - 1;
  if (auto const cursor = by_instant.seek_before(at(0, Value{instant}, 2, true));
      cursor.valid() && (*cursor).a == system::tx_instant)
    found = (*cursor).e;
  // Of those behind `last` one that is not after the instant would have been found: none of them has an earlier one
  // than those before it.
  auto const last = moment().last_set_back;
  if (found >= last) return found;
  auto const& by_transaction = snapshot().current.aevt;
  for (auto cursor = by_transaction.seek_before(at(last, Value{}, 2, true)); cursor.valid(); cursor.prev()) {
    auto&& datom = *cursor;
    if (datom.a != system::tx_instant || datom.e <= found) break;
    if (datom.v.as_instant() <= instant) return datom.e;
  }
  return found;
}

}  // namespace cairn
