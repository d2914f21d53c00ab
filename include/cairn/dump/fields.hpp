// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A header and an attribute as names with values, which either encoding can write.
#pragma once

#include <cairn/dump/format.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

using DumpFields = std::vector<std::pair<std::string, Value>>;

/// The value of a field; refuses a field that is missing where there is no other value for it, and one of another type.
template <meta::Lazy = {}>
[[nodiscard]] Value field_of(DumpFields const& fields, std::string_view name, ValueKind kind, std::optional<Value> otherwise = {}) {
  auto const found = std::ranges::find(fields, name, &std::pair<std::string, Value>::first);
  if (found == fields.end()) {
    if (otherwise) return *std::move(otherwise);
    bad_record(":" + std::string{name} + " is missing");
  }
  if (!found->second.is(kind)) bad_record(":" + std::string{name} + " is of another type");
  return found->second;
}

template <meta::Lazy = {}>
[[nodiscard]] DumpFields fields_of(DumpHeader const& header) {
  return {
      {"version", dump_version},
      {"history", header.history},
      {"keep-history", header.keep_history},
      {"schema-flexibility", Keyword{header.schema_flexibility == SchemaFlexibility::read ? "read" : "write"}},
      {"attribute-refs", header.attribute_refs},
      {"index", Keyword{header.index}},
      {"max-eid", header.max_entity},
      {"max-tx", header.max_tx},
      {"last-instant", header.last_instant},
      {"current", static_cast<std::int64_t>(header.current)},
      {"past", static_cast<std::int64_t>(header.past)},
  };
}

template <meta::Lazy = {}>
[[nodiscard]] std::uint64_t natural_of(DumpFields const& fields, std::string_view name) {
  auto const number = field_of(fields, name, ValueKind::integer).as_integer();
  if (number < 0) bad_record(":" + std::string{name} + " is negative");
  return static_cast<std::uint64_t>(number);
}

/// Errors: `store/format` where a newer version wrote it.
template <meta::Lazy = {}>
[[nodiscard]] DumpHeader header_of(DumpFields const& fields) {
  auto const version = field_of(fields, "version", ValueKind::integer).as_integer();
  if (version > dump_version) {
    raise(Errc::store_format,
          "The dump was written in version " + std::to_string(version) + "; this version of Cairn reads up to " + std::to_string(dump_version) +
              ". Restore it with the version that wrote it, or a newer one.",
          "{:found " + std::to_string(version) + " :supported " + std::to_string(dump_version) + "}");
  }
  if (version < 1) bad_record("there is no version " + std::to_string(version));
  DumpHeader header;
  header.history = field_of(fields, "history", ValueKind::boolean).as_boolean();
  header.keep_history = field_of(fields, "keep-history", ValueKind::boolean).as_boolean();
  auto const flexibility = field_of(fields, "schema-flexibility", ValueKind::keyword).as_keyword().text();
  if (flexibility != "read" && flexibility != "write") bad_record(":schema-flexibility is neither :read nor :write");
  header.schema_flexibility = flexibility == "read" ? SchemaFlexibility::read : SchemaFlexibility::write;
  header.attribute_refs = field_of(fields, "attribute-refs", ValueKind::boolean).as_boolean();
  header.index = field_of(fields, "index", ValueKind::keyword).as_keyword().text();
  header.max_entity = field_of(fields, "max-eid", ValueKind::integer).as_integer();
  header.max_tx = field_of(fields, "max-tx", ValueKind::integer).as_integer();
  header.last_instant = field_of(fields, "last-instant", ValueKind::instant).as_instant();
  header.current = natural_of(fields, "current");
  header.past = natural_of(fields, "past");
  if (header.max_entity < 0 || header.max_entity >= first_transaction - 1) bad_record(":max-eid is out of range");
  if (header.max_tx < first_transaction - 1 || header.max_tx >= 2 * first_transaction) bad_record(":max-tx is out of range");
  if (header.attribute_refs && header.schema_flexibility == SchemaFlexibility::read) bad_record("attributes are entities, and need no schema");
  return header;
}

/// What is as it is by default is left out.
template <meta::Lazy = {}>
[[nodiscard]] DumpFields fields_of(Attribute const& attribute) {
  auto const keyword = [](std::string_view text) { return Value{Keyword{text}}; };
  DumpFields fields{{"id", std::int64_t{attribute.id}}, {"ident", attribute.ident}};
  auto const put = [&](char const* name, bool said, auto make) {
    if (said) fields.emplace_back(name, make());
  };
  put("entity", attribute.entity != 0, [&] { return Value{attribute.entity}; });
  put("type", attribute.type.has_value(), [&] { return keyword(name(*attribute.type)); });
  put("cardinality", attribute.has_cardinality || attribute.is_many(), [&] { return keyword(name(attribute.cardinality)); });
  put("unique", attribute.is_unique(), [&] { return keyword(name(attribute.unique)); });
  put("index", attribute.indexed, [] { return Value{true}; });
  put("component", attribute.component, [] { return Value{true}; });
  put("no-history", attribute.no_history, [] { return Value{true}; });
  put("doc", !attribute.doc.empty(), [&] { return Value{attribute.doc}; });
  put("tuple-attrs", !attribute.tuple_attributes.empty(),
      [&] { return Value{std::vector<Value>(attribute.tuple_attributes.begin(), attribute.tuple_attributes.end())}; });
  put("tuple-type", attribute.tuple_type.has_value(), [&] { return keyword(name(*attribute.tuple_type)); });
  put("tuple-types", !attribute.tuple_types.empty(), [&] {
    std::vector<Value> types;
    for (auto const type : attribute.tuple_types) types.push_back(keyword(name(type)));
    return Value{std::move(types)};
  });
  return fields;
}

template <meta::Lazy = {}>
[[nodiscard]] Attribute attribute_of(DumpFields const& fields) {
  auto const require = [](auto found, char const* what) {
    if (!found) bad_record(std::string{"an attribute has an unknown "} + what);
    return *found;
  };
  auto const text = [&](std::string_view name) {
    return field_of(fields, name, ValueKind::keyword, Value{Keyword{}}).as_keyword().text();
  };
  auto const flag = [&](std::string_view name) { return field_of(fields, name, ValueKind::boolean, Value{false}).as_boolean(); };
  auto const keywords = [&](std::string_view name) {
    std::vector<Keyword> found;
    auto const all = field_of(fields, name, ValueKind::tuple, Value{std::vector<Value>{}});
    for (auto const& element : all.as_tuple()) {
      if (!element.is(ValueKind::keyword)) bad_record(":" + std::string{name} + " holds something else than keywords");
      found.push_back(element.as_keyword());
    }
    return found;
  };
  Attribute attribute;
  auto const id = field_of(fields, "id", ValueKind::integer).as_integer();
  if (id < first_user_attribute || id > INT32_MAX) bad_record("an attribute's number is out of range");
  attribute.id = static_cast<AttributeId>(id);
  attribute.ident = field_of(fields, "ident", ValueKind::keyword).as_keyword();
  attribute.entity = field_of(fields, "entity", ValueKind::integer, Value{0}).as_integer();
  if (auto const type = text("type"); !type.empty()) attribute.type = require(value_type_of(type), "type");
  if (auto const cardinality = text("cardinality"); !cardinality.empty()) {
    attribute.cardinality = require(cardinality_of(cardinality), "cardinality");
    attribute.has_cardinality = true;
  }
  if (auto const unique = text("unique"); !unique.empty()) attribute.unique = require(uniqueness_of(unique), "uniqueness");
  attribute.indexed = flag("index");
  attribute.component = flag("component");
  attribute.no_history = flag("no-history");
  attribute.doc = field_of(fields, "doc", ValueKind::string, Value{""}).as_string();
  attribute.tuple_attributes = keywords("tuple-attrs");
  if (auto const type = text("tuple-type"); !type.empty()) attribute.tuple_type = require(value_type_of(type), "type of tuples");
  for (auto const type : keywords("tuple-types")) attribute.tuple_types.push_back(require(value_type_of(type.text()), "type of tuples"));
  return attribute;
}

}  // namespace cairn::detail
