// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of a schema.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cairn::codec {

namespace detail {

enum AttributeFlags : std::uint8_t {
  attribute_many = 1,
  attribute_indexed = 2,
  attribute_component = 4,
  attribute_no_history = 8,
  attribute_has_cardinality = 16,
};

template <meta::Lazy = {}>
void write_attribute(ByteWriter& out, Attribute const& attribute) {
  out.text(attribute.ident.text());
  out.signed_varint(attribute.entity);
  out.u8(attribute.type ? static_cast<std::uint8_t>(*attribute.type) : 0);
  out.u8(static_cast<std::uint8_t>(attribute.unique));
  out.u8(static_cast<std::uint8_t>(
      (attribute.is_many() ? attribute_many : 0) | (attribute.indexed ? attribute_indexed : 0) |
      (attribute.component ? attribute_component : 0) | (attribute.no_history ? attribute_no_history : 0) |
      (attribute.has_cardinality ? attribute_has_cardinality : 0)));
  out.text(attribute.doc);
  out.varint(attribute.tuple_attributes.size());
  for (auto const ident : attribute.tuple_attributes) out.text(ident.text());
  out.u8(attribute.tuple_type ? static_cast<std::uint8_t>(*attribute.tuple_type) : 0);
  out.varint(attribute.tuple_types.size());
  for (auto const type : attribute.tuple_types) out.u8(static_cast<std::uint8_t>(type));
}

/// A value type's number; 0 is none.
template <meta::Lazy = {}>
std::optional<ValueType> read_type(ByteReader& in) {
  auto const number = in.u8();
  if (number > static_cast<std::uint8_t>(ValueType::number)) ByteReader::corrupt("an attribute has an unknown type");
  return number == 0 ? std::nullopt : std::optional{static_cast<ValueType>(number)};
}

template <meta::Lazy = {}>
Attribute read_attribute(ByteReader& in, AttributeId id) {
  Attribute attribute{.id = id, .ident = Keyword{cairn::detail::NameTable::instance().intern(in.text())}};
  attribute.entity = in.signed_varint();
  attribute.type = read_type(in);
  auto const unique = in.u8();
  if (unique > static_cast<std::uint8_t>(Uniqueness::identity))
    ByteReader::corrupt("an attribute's uniqueness is unknown");
  attribute.unique = static_cast<Uniqueness>(unique);
  auto const flags = in.u8();
  attribute.cardinality = (flags & attribute_many) != 0 ? Cardinality::many : Cardinality::one;
  attribute.indexed = (flags & attribute_indexed) != 0;
  attribute.component = (flags & attribute_component) != 0;
  attribute.no_history = (flags & attribute_no_history) != 0;
  attribute.has_cardinality = (flags & attribute_has_cardinality) != 0;
  attribute.doc = in.text();
  for (auto left = in.count(); left != 0; --left) attribute.tuple_attributes.emplace_back(in.text());
  attribute.tuple_type = read_type(in);
  for (auto left = in.count(); left != 0; --left) {
    if (auto const type = read_type(in)) attribute.tuple_types.push_back(*type);
  }
  return attribute;
}

}  // namespace detail

/// A schema: the attributes that users named, in the order of their numbers, then the entities that have an ident
/// (docs/format.md, "The schema"). The attributes that every database has are not stored.
///
/// Errors: `transact/schema` where two attributes have one name, since nobody could read that again.
template <meta::Lazy = {}>
void write(ByteWriter& out, DatabaseSchema const& schema) {
  if (auto const twice = schema.name_of_two()) {
    auto const text = ":" + std::string{twice->text()};
    raise(Errc::transact_schema,
          "Two attributes would have the name " + text + ". Nothing is stored; rename one of them in a transaction of its own first.",
          "{:attribute " + text + "}");
  }
  auto const users = schema.attributes().subspan(first_user_attribute);
  out.varint(users.size());
  for (auto const& attribute : users) detail::write_attribute(out, *attribute);
  std::vector<std::pair<EntityId, Keyword>> idents{schema.idents().begin(), schema.idents().end()};
  std::ranges::sort(idents, {}, &std::pair<EntityId, Keyword>::first);  // the same schema, the same bytes
  out.varint(idents.size());
  for (auto const& [entity, ident] : idents) {
    out.signed_varint(entity);
    out.text(ident.text());
  }
}

/// Errors: `store/corrupt`.
template <meta::Lazy = {}>
DatabaseSchema read_schema(ByteReader& in, bool attribute_refs) {
  constexpr std::size_t smallest_attribute = 9;
  auto schema = attribute_refs ? DatabaseSchema::with_attribute_refs() : DatabaseSchema{};
  for (auto left = in.count(smallest_attribute); left != 0; --left) {
    auto attribute = detail::read_attribute(in, schema.next_attribute());
    if (schema.find(attribute.ident) != nullptr) ByteReader::corrupt("two attributes have one name");
    schema.restore(std::move(attribute));
  }
  for (auto left = in.count(2); left != 0; --left) {
    auto const entity = in.signed_varint();
    schema.restore_ident(entity, Keyword{cairn::detail::NameTable::instance().intern(in.text())});
  }
  return schema;
}

}  // namespace cairn::codec
