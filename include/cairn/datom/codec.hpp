// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of values and datoms.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/datom.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace cairn::codec {

/// Tuples inside tuples deeper than this are not read: the depth of a stored value is not the depth of our stack.
inline constexpr int max_tuple_depth = 16;

/// A value: its `ValueKind` in one byte, then its content (docs/format.md, "Values"). Errors: `transact/schema` for
/// what could not be read again: what only queries make, big numbers that are none, tuples that are nested too deep.
template <meta::Lazy = {}>
void write(ByteWriter& out, Value const& value, int depth = 0) {
  out.u8(static_cast<std::uint8_t>(value.kind()));
  switch (value.kind()) {
    case ValueKind::nil: break;
    case ValueKind::boolean: out.u8(value.as_boolean() ? 1 : 0); break;
    case ValueKind::integer: out.signed_varint(value.as_integer()); break;
    case ValueKind::instant: out.signed_varint(value.as_instant().milliseconds); break;
    case ValueKind::float32: out.f32(static_cast<float>(value.as_double())); break;
    case ValueKind::float64: out.f64(value.as_double()); break;
    case ValueKind::uuid: out.raw(value.as_bytes()); break;
    case ValueKind::keyword: out.text(value.as_keyword().text()); break;
    case ValueKind::symbol: out.text(value.as_symbol().text()); break;
    case ValueKind::bigint:
    case ValueKind::bigdec:
      if (!cairn::detail::is_number_text(value.as_string(), value.is(ValueKind::bigdec))) {
        raise(Errc::transact_schema, "A big number has no number in it, and cannot be stored.", "{}");
      }
      out.bytes(value.as_bytes());
      break;
    case ValueKind::string:
    case ValueKind::bytes: out.bytes(value.as_bytes()); break;
    case ValueKind::tuple:
      if (depth == max_tuple_depth) raise(Errc::transact_schema, "Tuples are nested too deep to be stored.", "{}");
      out.varint(value.as_tuple().size());
      for (auto const& element : value.as_tuple()) write(out, element, depth + 1);
      break;
    case ValueKind::edn:
      raise(Errc::transact_schema, std::string{value.as_string()} + " is nothing that a datom can hold.",
            "{:value " + std::string{value.as_string()} + "}");
  }
}

template <meta::Lazy = {}>
Value read_value(ByteReader& in, int depth = 0) {
  auto const kind = in.u8();
  if (kind > static_cast<std::uint8_t>(ValueKind::tuple)) ByteReader::corrupt("a value has an unknown type");
  switch (static_cast<ValueKind>(kind)) {
    case ValueKind::nil: return {};
    case ValueKind::boolean: return in.u8() != 0;
    case ValueKind::integer: return in.signed_varint();
    case ValueKind::instant: return Instant{in.signed_varint()};
    case ValueKind::float32: return in.f32();
    case ValueKind::float64: return in.f64();
    case ValueKind::uuid: {
      Uuid uuid;
      std::ranges::copy(in.raw(uuid.bytes.size()), uuid.bytes.begin());
      return uuid;
    }
    case ValueKind::keyword:
      return Keyword{cairn::detail::NameTable::instance().intern(in.text())};  // as it is: a colon belongs to it
    case ValueKind::symbol: return Symbol{in.text()};
    case ValueKind::bigint: {
      auto const text = in.text();
      if (!cairn::detail::is_number_text(text, false)) ByteReader::corrupt("a bigint has no number in it");
      return BigInt{std::string{text}};
    }
    case ValueKind::bigdec: {
      auto const text = in.text();
      if (!cairn::detail::is_number_text(text, true)) ByteReader::corrupt("a bigdec has no number in it");
      return BigDecimal{std::string{text}};
    }
    case ValueKind::string: return in.text();
    case ValueKind::bytes: return in.bytes();
    case ValueKind::tuple: {
      if (depth == max_tuple_depth) ByteReader::corrupt("tuples are nested too deep");
      std::vector<Value> elements(in.count());
      for (auto& element : elements) element = read_value(in, depth + 1);
      return elements;
    }
    case ValueKind::edn: break;  // refused above
  }
  return {};
}

/// A datom: entity, attribute, transaction and whether it was added (the lowest bit), then the value.
template <meta::Lazy = {}>
void write(ByteWriter& out, RawDatom const& datom) {
  out.signed_varint(datom.e);
  out.varint(datom.a);
  out.varint((static_cast<std::uint64_t>(datom.tx) << 1U) | (datom.added ? 1U : 0U));
  write(out, datom.v);
}

template <meta::Lazy = {}>
RawDatom read_datom(ByteReader& in) {
  RawDatom datom;
  datom.e = in.signed_varint();
  auto const attribute = in.varint();
  if (attribute > UINT32_MAX) ByteReader::corrupt("an attribute's number is too large");
  datom.a = static_cast<AttributeId>(attribute);
  auto const operation = in.varint();
  datom.tx = static_cast<EntityId>(operation >> 1U);
  datom.added = (operation & 1U) != 0;
  datom.v = read_value(in);
  return datom;
}

}  // namespace cairn::codec
