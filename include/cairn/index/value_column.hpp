// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of a column of values that are all of one type.
#pragma once

#include <cairn/datom/codec.hpp>
#include <cairn/index/text_column.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Whether values of this type are stored as integers; the others, but for nil, as texts.
[[nodiscard]] constexpr bool is_stored_as_integer(ValueKind kind) noexcept {
  return (kind >= ValueKind::boolean && kind <= ValueKind::float64) || kind == ValueKind::instant;
}

/// Requires a value that `is_stored_as_integer`. Nothing is lost: of a number with a point it is the pattern of its
/// bits.
template <meta::Lazy = {}>
[[nodiscard]] std::int64_t integer_of(Value const& value) noexcept {
  switch (value.kind()) {
    case ValueKind::boolean:
      return value.as_boolean() ? 1 : 0;
    case ValueKind::instant:
      return value.as_instant().milliseconds;
    case ValueKind::float32:
      return std::bit_cast<std::uint32_t>(static_cast<float>(value.as_double()));
    case ValueKind::float64:
      return std::bit_cast<std::int64_t>(value.as_double());
    default:
      return value.as_integer();
  }
}
template <meta::Lazy = {}>
[[nodiscard]] Value value_of_integer(ValueKind kind, std::int64_t integer) {
  switch (kind) {
    case ValueKind::boolean:
      if (integer != 0 && integer != 1) ByteReader::corrupt("a boolean is neither true nor false");
      return integer != 0;
    case ValueKind::instant:
      return Instant{integer};
    case ValueKind::float32:
      if (integer < 0 || integer > std::int64_t{std::numeric_limits<std::uint32_t>::max()}) {
        ByteReader::corrupt("a float is too large");
      }
      return std::bit_cast<float>(static_cast<std::uint32_t>(integer));
    case ValueKind::float64:
      return std::bit_cast<double>(integer);
    default:
      return integer;
  }
}

[[nodiscard]] inline std::string_view as_text(std::span<std::byte const> bytes) noexcept {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// The bytes that stand for a value. Requires one that has some, and is no tuple.
template <meta::Lazy = {}>
[[nodiscard]] std::string_view stored_text(Value const& value) noexcept {
  switch (value.kind()) {
    case ValueKind::keyword:
      return value.as_keyword().text();
    case ValueKind::symbol:
      return value.as_symbol().text();
    default:
      return as_text(value.as_bytes());
  }
}
template <meta::Lazy = {}>
[[nodiscard]] Value value_of_text(ValueKind kind, std::string_view text) {
  auto const bytes = std::as_bytes(std::span{text.data(), text.size()});
  switch (kind) {
    case ValueKind::bigint:
      if (!is_number_text(text, false)) ByteReader::corrupt("a bigint has no number in it");
      return BigInt{std::string{text}};
    case ValueKind::bigdec:
      if (!is_number_text(text, true)) ByteReader::corrupt("a bigdec has no number in it");
      return BigDecimal{std::string{text}};
    case ValueKind::uuid: {
      Uuid uuid;
      if (bytes.size() != uuid.bytes.size()) ByteReader::corrupt("a uuid is too short, or too long");
      std::ranges::copy(bytes, uuid.bytes.begin());
      return uuid;
    }
    case ValueKind::keyword:
      return Keyword{NameTable::instance().intern(text)};  // as it is: a colon belongs to it
    case ValueKind::symbol:
      return Symbol{NameTable::instance().intern(text)};
    case ValueKind::bytes:
      return bytes;
    case ValueKind::tuple: {
      ByteReader in{bytes};
      auto value = codec::read_value(in);
      if (!value.is(ValueKind::tuple) || !in.at_end()) ByteReader::corrupt("what should be a tuple is none");
      return value;
    }
    default:
      return text;
  }
}

/// Appends a column. `value_at(i)` shows a value; there are 1 to `most_packed`, all of this kind.
inline void write_values(ByteWriter& out, ValueKind kind, std::size_t count, auto const& value_at) {
  if (kind == ValueKind::nil) return;
  if (is_stored_as_integer(kind)) {
    std::array<std::int64_t, most_packed> integers;
    for (std::size_t i = 0; i != count; ++i) integers[i] = integer_of(value_at(i));
    write_integers(out, std::span{integers}.first(count));
    return;
  }
  std::array<std::string_view, most_packed> texts;
  std::vector<std::vector<std::byte>> tuples;  // their bytes, which are made here
  if (kind == ValueKind::tuple) tuples.resize(count);
  for (std::size_t i = 0; i != count; ++i) {
    if (kind != ValueKind::tuple) {
      texts[i] = stored_text(value_at(i));
      continue;
    }
    ByteWriter tuple;
    codec::write(tuple, value_at(i));
    tuples[i] = std::move(tuple).take();
    texts[i] = as_text(tuples[i]);
  }
  write_texts(out, std::span{texts}.first(count));
}

/// Reads as many values as there is room for, 1 to `most_packed`. Requires that they are nil.
template <meta::Lazy = {}>
void read_values(ByteReader& in, ValueKind kind, std::span<Value> values) {
  if (kind == ValueKind::nil) return;
  if (is_stored_as_integer(kind)) {
    std::array<std::int64_t, most_packed> integers;
    read_integers(in, std::span{integers}.first(values.size()));
    for (std::size_t i = 0; i != values.size(); ++i) values[i] = value_of_integer(kind, integers[i]);
    return;
  }
  read_texts(in, values, [kind](std::string_view text) { return value_of_text(kind, text); });
}

}  // namespace cairn::detail
