// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The data of a transaction: operations, in C++ or lowered from EDN.
#pragma once

#include <cairn/db/tx_value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

namespace notation {
class Value;
}

/// What an operation does.
enum class TxOpKind : std::uint8_t {
  add,                ///< `[:db/add e a v]`
  retract,            ///< `[:db/retract e a v]`, or all values: `[:db/retract e a]`
  retract_attribute,  ///< `[:db.fn/retractAttribute e a]`: all values, and the components among them
  retract_entity,     ///< `[:db/retractEntity e]`: all it says, all that refers to it, and its components
  compare_and_swap,   ///< `[:db/cas e a old new]`
  entity_map,         ///< `{:db/id e, a v, ...}`
};

/// One operation. What a part means is decided when it is applied, by the schema of that moment.
struct TxOp {
  TxOpKind kind = TxOpKind::add;
  TxValue entity{};                    ///< number, temporary id, ident, lookup ref, or "datomic.tx"
  std::optional<Keyword> attribute{};  ///< of all but entity_map and retract_entity
  TxValue value{};                     ///< of an entity_map the map
  TxValue expected{};                  ///< of a compare_and_swap; nil: no value
};

/// `[:db/add entity attribute value]`. An entity is a number (negative: temporary), a string (a temporary id), an ident
/// (`kw(":color/red")`) or `lookup(":name", "Ivan")`; the value of a reference is one of these too.
[[nodiscard]] inline TxOp add(TxValue entity, AttributeName attribute, TxValue value) {
  return {TxOpKind::add, std::move(entity), attribute.keyword, std::move(value), {}};
}
/// `[:db/retract entity attribute value]`; retracting what isn't true does nothing.
[[nodiscard]] inline TxOp retract(TxValue entity, AttributeName attribute, TxValue value) {
  return {TxOpKind::retract, std::move(entity), attribute.keyword, std::move(value), {}};
}
/// `[:db/retract entity attribute]`: all values.
[[nodiscard]] inline TxOp retract(TxValue entity, AttributeName attribute) {
  return {TxOpKind::retract, std::move(entity), attribute.keyword, {}, {}};
}
/// `[:db.fn/retractAttribute entity attribute]`.
[[nodiscard]] inline TxOp retract_attribute(TxValue entity, AttributeName attribute) {
  return {TxOpKind::retract_attribute, std::move(entity), attribute.keyword, {}, {}};
}
/// `[:db/retractEntity entity]`.
[[nodiscard]] inline TxOp retract_entity(TxValue entity) {
  return {TxOpKind::retract_entity, std::move(entity), std::nullopt, {}, {}};
}
/// `[:db/cas entity attribute expected value]`; an `expected` of `{}` is "no value".
[[nodiscard]] inline TxOp cas(TxValue entity, AttributeName attribute, TxValue expected, TxValue value) {
  return {TxOpKind::compare_and_swap, std::move(entity), attribute.keyword, std::move(value), std::move(expected)};
}

/// One attribute of an entity map. A reverse name (`":_friend"`) says it of the entities in the value.
struct MapEntry {
  AttributeName attribute;
  TxValue value;
};

/// An entity map as a value: `add(e, ":address", entity({{":city", "Berlin"}}))`.
[[nodiscard]] inline EntityMap entity(TxValue id, std::initializer_list<MapEntry> entries) {
  EntityMap map{.id = std::move(id)};
  map.attributes.reserve(entries.size());
  for (auto const& entry : entries) map.attributes.emplace_back(entry.attribute.keyword, entry.value);
  return map;
}
[[nodiscard]] inline EntityMap entity(std::initializer_list<MapEntry> entries) { return entity(TxValue{}, entries); }

/// `{:name "Ivan" :age 42}` as an operation: `entity_map({{":name", "Ivan"}, {":age", 42}})`.
[[nodiscard]] inline TxOp entity_map(EntityMap map) {
  return {TxOpKind::entity_map, {}, std::nullopt, TxValue{std::move(map)}, {}};
}
[[nodiscard]] inline TxOp entity_map(std::initializer_list<MapEntry> entries) { return entity_map(entity(entries)); }
[[nodiscard]] inline TxOp entity_map(TxValue id, std::initializer_list<MapEntry> entries) {
  return entity_map(entity(std::move(id), entries));
}

/// Temporary ids that name the transaction itself.
[[nodiscard]] inline bool names_transaction(TxValue const& value) noexcept {
  if (!value.is_scalar()) return false;
  auto const& scalar = value.scalar();
  if (scalar.is(ValueKind::string)) {
    auto const text = scalar.as_string();
    return text == "datomic.tx" || text == "datahike.tx" || text == ":db/current-tx";
  }
  return scalar.is(ValueKind::keyword) && scalar.as_keyword().text() == "db/current-tx";
}

/// A transaction before it is applied. Made of operations, or of EDN: a vector of operations and maps, or
/// `{:tx-data [...] :tx-meta {...}}`, as text or as a value.
///
/// Errors of the conversions from EDN: `edn/syntax`, `edn/limit`, `transact/syntax` where an operation is malformed.
class TxData {
 public:
  TxData() = default;
  TxData(std::initializer_list<TxOp> made) : operations{made} {}
  TxData(std::vector<TxOp> made) : operations{std::move(made)} {}      // NOLINT(google-explicit-constructor)
  TxData(TxOp operation) : operations{std::move(operation)} {}         // NOLINT(google-explicit-constructor)
  TxData(std::string_view text);                                       // NOLINT(google-explicit-constructor)
  TxData(std::string const& text) : TxData{std::string_view{text}} {}  // NOLINT(google-explicit-constructor)
  TxData(char const* text) : TxData{std::string_view{text}} {}         // NOLINT(google-explicit-constructor)
  TxData(notation::Value const& data);                                 // NOLINT(google-explicit-constructor)

  /// The same, said of the transaction itself: `:db/txInstant` sets its instant.
  TxData with_meta(AttributeName attribute, TxValue value) && {
    meta.emplace_back(attribute.keyword, std::move(value));
    return std::move(*this);
  }

  std::vector<TxOp> operations{};
  std::vector<std::pair<Keyword, TxValue>> meta{};
};

}  // namespace cairn
