// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transaction data out of EDN.
#pragma once

#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/edn/abbreviate.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

/// `part` is the item of `what` that is wrong, or all of it. Of what is long the message and the data have an excerpt.
template <meta::Lazy = {}>
[[noreturn]] inline void raise_syntax(std::string const& message, notation::Value const& what, notation::Value const& part) {
  raise(Errc::transact_syntax, message + "\n" + notation::excerpt(what, part), "{:operation " + notation::abbreviated(what) + "}");
}
template <meta::Lazy = {}>
[[noreturn]] inline void raise_syntax(std::string const& message, notation::Value const& what) {
  raise_syntax(message, what, what);
}

template <meta::Lazy = {}>
TxValue to_tx_value(notation::Value const& edn, std::uint32_t depth = 0);

/// A keyword, or the number of the entity that describes the attribute.
template <meta::Lazy = {}>
inline std::optional<AttributeName> to_attribute_name(notation::Value const& edn) {
  if (edn.is_keyword()) return AttributeName{Keyword{edn.as_keyword()}};
  if (edn.is_integer() && edn.as_integer() > 0) return AttributeName{edn.as_integer()};
  return std::nullopt;
}

template <meta::Lazy = {}>
inline EntityMap to_entity_map(notation::Value const& edn, std::uint32_t depth = 0) {
  EntityMap map;
  map.attributes.reserve(edn.size());
  for (std::size_t i = 0; i != edn.size(); ++i) {
    auto const& key = edn.key(i);
    auto const attribute = to_attribute_name(key);
    if (!attribute) {
      raise_syntax("An entity map's keys are attributes: keywords, or the numbers of their entities; " +
                       notation::abbreviated(key) + " is " + std::string{name(key.kind())} + ".",
                   edn, key);
    }
    if (key.is_keyword() && key.as_keyword() == "db/id") {
      map.id = to_tx_value(edn.value(i), depth + 1);
    } else {
      map.attributes.emplace_back(*attribute, to_tx_value(edn.value(i), depth + 1));
    }
  }
  return map;
}

template <meta::Lazy>
inline TxValue to_tx_value(notation::Value const& edn, std::uint32_t depth) {
  if (!edn.is_map() && !edn.is_sequence() && !edn.is_set()) return to_value(edn);
  require_depth_left(depth);
  if (edn.is_map()) return to_entity_map(edn, depth);
  std::vector<TxValue> elements;
  elements.reserve(edn.size());
  for (auto const& item : edn.items()) elements.push_back(to_tx_value(item, depth + 1));
  return edn.is_set() ? TxValue::set(std::move(elements)) : TxValue::list(std::move(elements));
}

struct OperationForm {
  std::string_view name;
  TxOpKind kind;
  std::size_t least;  // arguments
  std::size_t most;
  std::string_view shape;
};

inline constexpr std::array operation_forms{
    OperationForm{"db/add", TxOpKind::add, 3, 3, "[:db/add entity attribute value]"},
    OperationForm{"db/retract", TxOpKind::retract, 2, 3, "[:db/retract entity attribute value?]"},
    OperationForm{"db.fn/retractAttribute", TxOpKind::retract_attribute, 2, 2,
                  "[:db.fn/retractAttribute entity attribute]"},
    OperationForm{"db/retractEntity", TxOpKind::retract_entity, 1, 1, "[:db/retractEntity entity]"},
    OperationForm{"db.fn/retractEntity", TxOpKind::retract_entity, 1, 1, "[:db.fn/retractEntity entity]"},
    OperationForm{"db/cas", TxOpKind::compare_and_swap, 4, 4, "[:db/cas entity attribute expected value]"},
    OperationForm{"db.fn/cas", TxOpKind::compare_and_swap, 4, 4, "[:db.fn/cas entity attribute expected value]"},
    OperationForm{"db/purge", TxOpKind::purge, 3, 3, "[:db/purge entity attribute value]"},
    OperationForm{"db.purge/attribute", TxOpKind::purge_attribute, 2, 2, "[:db.purge/attribute entity attribute]"},
    OperationForm{"db.purge/entity", TxOpKind::purge_entity, 1, 1, "[:db.purge/entity entity]"},
    OperationForm{"db.history.purge/before", TxOpKind::purge_before, 1, 1, "[:db.history.purge/before instant]"},
    OperationForm{"db.fn/call", TxOpKind::call, 1, 64, "[:db.fn/call name argument...]"},
};

template <meta::Lazy = {}>
inline std::string known_operations() {
  std::string text;
  for (auto const& form : operation_forms) text += (text.empty() ? ":" : ", :") + std::string{form.name};
  return text;
}

/// `[:db.fn/call name argument...]`, the name a keyword or a symbol.
template <meta::Lazy = {}>
inline TxOp to_call(notation::Value const& edn) {
  if (!edn[1].is_keyword() && !edn[1].is_symbol()) {
    raise_syntax("A function is called by its name, a keyword or a symbol that the connection knows.", edn, edn[1]);
  }
  std::vector<TxValue> arguments;
  for (auto const& item : edn.items().subspan(2)) arguments.push_back(to_tx_value(item));
  return {.kind = TxOpKind::call,
          .entity = {},
          .attribute = Keyword{edn[1].is_keyword() ? edn[1].as_keyword() : edn[1].as_symbol()},
          .value = TxValue::list(std::move(arguments)),
          .expected = {},
          .function = {}};
}

template <meta::Lazy = {}>
inline TxOp to_operation(notation::Value const& edn) {
  if (edn.is_map()) return entity_map(to_entity_map(edn));
  if (!edn.is_sequence() || edn.empty() || !edn[0].is_keyword()) {
    raise_syntax("An operation is an entity map {:attribute value ...} or a vector that begins with one of " +
                     known_operations() + ".",
                 edn);
  }
  for (auto const& form : operation_forms) {
    if (edn[0].as_keyword() != form.name) continue;
    auto const arguments = edn.size() - 1;
    if (arguments < form.least || arguments > form.most) {
      raise_syntax("This operation is written " + std::string{form.shape} + ".", edn);
    }
    if (form.kind == TxOpKind::call) return to_call(edn);
    TxOp operation{.kind = form.kind, .entity = to_tx_value(edn[1])};
    if (form.kind == TxOpKind::purge_before) {
      if (!operation.entity.is_scalar() || !operation.entity.scalar().is(ValueKind::instant)) {
        raise_syntax("A moment is written #inst \"2026-01-31T12:00:00Z\".", edn, edn[1]);
      }
      operation.value = std::exchange(operation.entity, {});
    }
    if (arguments > 1) {
      operation.attribute = to_attribute_name(edn[2]);
      if (!operation.attribute) {
        raise_syntax("An attribute is a keyword, or the number of its entity; " + notation::abbreviated(edn[2]) + " is " +
                         std::string{name(edn[2].kind())} + ".",
                     edn, edn[2]);
      }
    }
    if (form.kind == TxOpKind::compare_and_swap) {
      operation.expected = to_tx_value(edn[3]);
      operation.value = to_tx_value(edn[4]);
    } else if (arguments > 2) {
      operation.value = to_tx_value(edn[3]);
    }
    return operation;
  }
  raise_syntax("There is no operation " + notation::abbreviated(edn[0]) + "; the known ones are " + known_operations() + ".", edn, edn[0]);
}

template <meta::Lazy = {}>
void read_operations(std::vector<TxOp>& operations, notation::Value const& edn) {
  if (edn.is_nil()) return;
  if (!edn.is_sequence()) {
    raise_syntax(std::string{"Transaction data is a vector of operations and entity maps"} +
                     (edn.is_map() ? "; put this map into a vector: [{...}]." : "."),
                 edn);
  }
  operations.reserve(edn.size());
  for (auto const& item : edn.items()) {
    if (!item.is_nil()) operations.push_back(to_operation(item));
  }
}

}  // namespace detail

template <meta::Lazy>
inline TxData::TxData(notation::Value const& data) {
  auto const* operations_of = data.find("tx-data");
  detail::read_operations(operations, operations_of == nullptr ? data : *operations_of);
  if (operations_of == nullptr) return;
  for (std::size_t i = 0; i != data.size(); ++i) {
    auto const& key = data.key(i);
    if (key.is_keyword() && (key.as_keyword() == "tx-data" || key.as_keyword() == "tx-meta")) continue;
    detail::raise_syntax("A transaction's map has :tx-data and :tx-meta; it knows no " + notation::abbreviated(key) + ".",
                         data, key);
  }
  auto const* said = data.find("tx-meta");
  if (said == nullptr || said->is_nil()) return;
  if (!said->is_map()) detail::raise_syntax(":tx-meta is a map of attributes of the transaction.", *said);
  if (said->find("db/id") != nullptr) {
    detail::raise_syntax(":tx-meta is said of the transaction itself, so it has no :db/id.", *said);
  }
  auto map = detail::to_entity_map(*said);
  meta = std::move(map.attributes);
}

template <meta::Lazy>
inline TxData::TxData(std::string_view text) : TxData{notation::parse(text)} {}

}  // namespace cairn
