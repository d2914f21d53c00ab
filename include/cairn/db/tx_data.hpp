// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The data of a transaction: operations, in C++ or lowered from EDN.
#pragma once

#include <cairn/db/aggregate/shape.hpp>
#include <cairn/db/tx_value.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

namespace notation {
class Value;
}

class TxFunction;

/// What an operation does.
enum class TxOpKind : std::uint8_t {
  add,                ///< `[:db/add e a v]`
  retract,            ///< `[:db/retract e a v]`, or all values: `[:db/retract e a]`
  retract_attribute,  ///< `[:db.fn/retractAttribute e a]`: all values, and the components among them
  retract_entity,     ///< `[:db/retractEntity e]`: all it says, all that refers to it, and its components
  compare_and_swap,   ///< `[:db/cas e a old new]`
  entity_map,         ///< `{:db/id e, a v, ...}`
  replace,            ///< what `replace` makes of a struct: attributes of an entity retracted, then a map said of it
  purge,              ///< `[:db/purge e a v]`: as if it had never been said
  purge_attribute,    ///< `[:db.purge/attribute e a]`: all values that it ever had, and the components among them
  purge_entity,       ///< `[:db.purge/entity e]`: all it ever said, all that ever referred to it, and its components
  purge_before,       ///< `[:db.history.purge/before instant]`: what is older and no longer true
  call,               ///< `[:db.fn/call name argument...]`, or a C++ function: the operations that it returns
};

/// One operation. What a part means is decided when it is applied, by the schema of that moment.
struct TxOp {
  TxOpKind kind = TxOpKind::add;
  TxValue entity{};                    ///< number, temporary id, ident, lookup ref, or "datomic.tx"
  std::optional<AttributeName> attribute{};  ///< of all that name one; of a call the function's name, unless `function` is it
  /// Of an entity_map and a replace the map, of a purge_before the instant, of a call the arguments.
  TxValue value{};
  /// Of a compare_and_swap; nil: no value. Of a replace a map: the attributes retracted first; `true`: their components too.
  TxValue expected{};
  std::shared_ptr<TxFunction const> function{};  ///< of a call
};

/// `[:db/add entity attribute value]`. An entity is a number (negative: temporary), a string (a temporary id), an ident
/// (`kw(":color/red")`) or `lookup(":name", "Ivan")`; the value of a reference is one of these too.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp add(TxValue entity, AttributeName attribute, TxValue value) {
  return {TxOpKind::add, std::move(entity), attribute, std::move(value), {}};
}
/// `[:db/retract entity attribute value]`; retracting what isn't true does nothing.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp retract(TxValue entity, AttributeName attribute, TxValue value) {
  return {TxOpKind::retract, std::move(entity), attribute, std::move(value), {}};
}
/// `[:db/retract entity attribute]`: all values.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp retract(TxValue entity, AttributeName attribute) {
  return {TxOpKind::retract, std::move(entity), attribute, {}, {}};
}
/// `[:db.fn/retractAttribute entity attribute]`.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp retract_attribute(TxValue entity, AttributeName attribute) {
  return {TxOpKind::retract_attribute, std::move(entity), attribute, {}, {}};
}
/// `[:db/retractEntity entity]`.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp retract_entity(TxValue entity) {
  return {TxOpKind::retract_entity, std::move(entity), std::nullopt, {}, {}};
}
/// `[:db/cas entity attribute expected value]`; an `expected` of `{}` is "no value".
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp cas(TxValue entity, AttributeName attribute, TxValue expected, TxValue value) {
  return {TxOpKind::compare_and_swap, std::move(entity), attribute, std::move(value), std::move(expected)};
}

/// `[:db/purge entity attribute value]`: the fact goes from the present and from the past, as if it had never been said.
/// Purges need a database that keeps its history. `transact/purge` where there is no such entity; purging what was never
/// true does nothing.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp purge(TxValue entity, AttributeName attribute, TxValue value) {
  return {TxOpKind::purge, std::move(entity), attribute, std::move(value), {}};
}
/// `[:db.purge/attribute entity attribute]`.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp purge_attribute(TxValue entity, AttributeName attribute) {
  return {TxOpKind::purge_attribute, std::move(entity), attribute, {}, {}};
}
/// `[:db.purge/entity entity]`.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp purge_entity(TxValue entity) {
  return {TxOpKind::purge_entity, std::move(entity), std::nullopt, {}, {}};
}
/// `[:db.history.purge/before instant]`: of what is no longer true, all that was said in transactions before that moment.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp purge_history_before(Instant instant) {
  return {TxOpKind::purge_before, {}, std::nullopt, instant, {}};
}

/// One attribute of an entity map. A reverse name (`":_friend"`) says it of the entities in the value.
struct MapEntry {
  AttributeName attribute;
  TxValue value;
};

/// An entity map as a value: `add(e, ":address", entity({{":city", "Berlin"}}))`.
template <meta::Lazy = {}>
[[nodiscard]] inline EntityMap entity(TxValue id, std::initializer_list<MapEntry> entries) {
  EntityMap map{.id = std::move(id)};
  map.attributes.reserve(entries.size());
  for (auto const& entry : entries) map.attributes.emplace_back(entry.attribute, entry.value);
  return map;
}
template <meta::Lazy = {}>
[[nodiscard]] inline EntityMap entity(std::initializer_list<MapEntry> entries) { return entity(TxValue{}, entries); }

/// `{:name "Ivan" :age 42}` as an operation: `entity_map({{":name", "Ivan"}, {":age", 42}})`.
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp entity_map(EntityMap map) {
  return {TxOpKind::entity_map, {}, std::nullopt, TxValue{std::move(map)}, {}};
}
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp entity_map(std::initializer_list<MapEntry> entries) { return entity_map(entity(entries)); }
template <meta::Lazy = {}>
[[nodiscard]] inline TxOp entity_map(TxValue id, std::initializer_list<MapEntry> entries) {
  return entity_map(entity(std::move(id), entries));
}

/// Temporary ids that name the transaction itself.
template <meta::Lazy = {}>
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
  template <meta::Lazy = {}>
  TxData(std::string_view text);                                       // NOLINT(google-explicit-constructor)
  template <meta::Lazy = {}>
  TxData(std::string const& text) : TxData{std::string_view{text}} {}  // NOLINT(google-explicit-constructor)
  template <meta::Lazy = {}>
  TxData(char const* text) : TxData{std::string_view{text}} {}         // NOLINT(google-explicit-constructor)
  template <meta::Lazy = {}>
  TxData(notation::Value const& data);                                 // NOLINT(google-explicit-constructor)
  /// A struct, or a range of structs: `Person{"Ivan", 42}` is an entity map of its fields (db/aggregate.hpp).
  template <class Part>
  requires(EntityAggregate<Part> || EntityAggregates<Part>) TxData(Part const& part);  // NOLINT(google-explicit-constructor)
  /// Structs, ranges of them, operations and whole `TxData`, one after the other.
  template <TransactionPart First, TransactionPart Second, TransactionPart... More>
  TxData(First const& first, Second const& second, More const&... more);  // NOLINT(google-explicit-constructor)

  /// The same, said of the transaction itself: `:db/txInstant` sets its instant.
  TxData with_meta(AttributeName attribute, TxValue value) && {
    meta.emplace_back(attribute, std::move(value));
    return std::move(*this);
  }

  std::vector<TxOp> operations{};
  std::vector<std::pair<AttributeName, TxValue>> meta{};
};

}  // namespace cairn
