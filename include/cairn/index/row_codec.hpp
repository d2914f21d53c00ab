// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A sorted run of datoms row by row, each saying how it differs from the one before it: of runs that wait to be merged,
// and of nodes of format 1.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/codec.hpp>
#include <cairn/index/front_coding.hpp>
#include <cairn/index/modular.hpp>
#include <cairn/meta/lazy.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn::detail {

// The bits of a row's first byte (docs/format.md, "Rows"). On disk: do not renumber.
inline constexpr std::uint8_t row_added = 1U << 0U;
inline constexpr std::uint8_t row_same_entity = 1U << 1U;
inline constexpr std::uint8_t row_same_attribute = 1U << 2U;
inline constexpr std::uint8_t row_same_transaction = 1U << 3U;
inline constexpr std::uint8_t row_same_value = 1U << 4U;
inline constexpr std::uint8_t row_integer_delta = 1U << 5U;
inline constexpr std::uint8_t row_string_suffix = 1U << 6U;

/// Whether nothing is lost when one stands for the other: equal decimals may differ in their text, and equal doubles in
/// their sign.
template <meta::Lazy = {}>
bool identical(Value const& left, Value const& right) noexcept {
  switch (left.kind()) {
    case ValueKind::float32:
    case ValueKind::float64:
      return right.kind() == left.kind() &&
             std::bit_cast<std::uint64_t>(left.as_double()) == std::bit_cast<std::uint64_t>(right.as_double());
    case ValueKind::bigdec:
    case ValueKind::tuple: return false;
    default: return right.kind() == left.kind() && left == right;
  }
}

/// `previous` is the row before, a default `RawDatom` before the first.
template <meta::Lazy = {}>
void write_row(ByteWriter& out, RawDatom const& previous, RawDatom const& row) {
  auto const both = [&](ValueKind kind) { return row.v.is(kind) && previous.v.is(kind); };
  std::size_t const shared = both(ValueKind::string) ? shared_prefix(previous.v.as_string(), row.v.as_string()) : 0;
  unsigned flags = row.added ? row_added : 0U;
  if (row.e == previous.e) flags |= row_same_entity;
  if (row.a == previous.a) flags |= row_same_attribute;
  if (row.tx == previous.tx) flags |= row_same_transaction;
  if (identical(row.v, previous.v)) {
    flags |= row_same_value;
  } else if (both(ValueKind::integer)) {
    flags |= row_integer_delta;
  } else if (shared != 0) {
    flags |= row_string_suffix;
  }
  out.u8(static_cast<std::uint8_t>(flags));
  if ((flags & row_same_entity) == 0) out.signed_varint(difference(row.e, previous.e));
  if ((flags & row_same_attribute) == 0) out.varint(row.a);
  if ((flags & row_same_transaction) == 0) out.signed_varint(difference(row.tx, previous.tx));
  if ((flags & row_integer_delta) != 0) {
    out.signed_varint(difference(row.v.as_integer(), previous.v.as_integer()));
  } else if ((flags & row_string_suffix) != 0) {
    out.varint(shared);
    out.text(row.v.as_string().substr(shared));
  } else if ((flags & row_same_value) == 0) {
    codec::write(out, row.v);
  }
}

template <meta::Lazy = {}>
RawDatom read_row(ByteReader& in, RawDatom const& previous) {
  auto const flags = in.u8();
  auto const value_flags = flags & (row_same_value | row_integer_delta | row_string_suffix);
  if ((flags & 0x80U) != 0 || (value_flags & (value_flags - 1)) != 0) ByteReader::corrupt("a row's flags have no meaning");
  RawDatom row;
  row.added = (flags & row_added) != 0;
  row.e = (flags & row_same_entity) != 0 ? previous.e : sum(previous.e, in.signed_varint());
  if ((flags & row_same_attribute) != 0) {
    row.a = previous.a;
  } else {
    auto const attribute = in.varint();
    if (attribute > UINT32_MAX) ByteReader::corrupt("an attribute's number is too large");
    row.a = static_cast<AttributeId>(attribute);
  }
  row.tx = (flags & row_same_transaction) != 0 ? previous.tx : sum(previous.tx, in.signed_varint());
  if ((flags & row_same_value) != 0) {
    row.v = previous.v;
  } else if ((flags & row_integer_delta) != 0) {
    if (!previous.v.is(ValueKind::integer)) ByteReader::corrupt("a row refers to an integer that is not there");
    row.v = sum(previous.v.as_integer(), in.signed_varint());
  } else if ((flags & row_string_suffix) != 0) {
    if (!previous.v.is(ValueKind::string)) ByteReader::corrupt("a row refers to a string that is not there");
    auto const shared = in.varint();
    auto const base = previous.v.as_string();
    if (shared > base.size()) ByteReader::corrupt("a row shares more of a string than there is");
    std::string text{base.substr(0, static_cast<std::size_t>(shared))};
    text += in.text();
    row.v = Value{text};
  } else {
    row.v = codec::read_value(in);
  }
  return row;
}

}  // namespace cairn::detail
