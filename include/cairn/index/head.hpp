// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The head of a datom: 64 bits that sort as the datom does, so that a search reads one dense column of integers.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::detail {

// A head is lossy and monotone: left <= right implies head(left) <= head(right). Heads that differ decide; equal ones leave
// the decision to the whole datoms. Heads live in memory only.

inline constexpr unsigned value_head_bits = 49;
inline constexpr std::uint64_t entity_limit = std::uint64_t{1} << 49U;        // above all transaction ids in practice
inline constexpr AttributeId attribute_limit = (AttributeId{1} << 15U) - 1;  // the last is for all that are too large

/// The first bytes of a text, big-endian, in the lower 45 bits.
inline std::uint64_t text_head(std::string_view text) noexcept {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i != 6; ++i) {
    head = (head << 8U) | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  }
  return head >> 3U;
}

inline std::uint64_t number_head(double number) noexcept {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63U;
  if (std::isnan(number)) return (std::uint64_t{1} << 45U) - 1;
  auto const bits = std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number);
  return ((bits & sign) != 0 ? ~bits : bits | sign) >> 19U;
}

/// The nearest double of a number that is text. Rounding to nearest keeps the order of all numbers, whatever their types;
/// digits and an exponent without a point read the same in every locale.
template <meta::Lazy = {}>
double nearest_double(std::string_view text) noexcept {
  auto const decimal = decimal_of(text);
  if (decimal.digits.empty()) return 0;
  auto const exponent = decimal.magnitude - static_cast<std::int64_t>(decimal.digits.size());
  auto const plain = decimal.digits + "e" + std::to_string(exponent);
  double const size = std::strtod(plain.c_str(), nullptr);
  return decimal.negative ? -size : size;
}

template <meta::Lazy = {}>
std::uint64_t name_head(std::string_view space, std::string_view name) noexcept {
  constexpr std::uint64_t has_namespace = std::uint64_t{1} << 44U;
  return space.empty() ? text_head(name) >> 1U : has_namespace | (text_head(space) >> 1U);
}

/// The head of a value, in `value_head_bits`: its type's rank, then 45 bits of its content.
template <meta::Lazy = {}>
std::uint64_t value_head(Value const& value) noexcept {
  auto const kind = value.is_number() ? ValueKind::integer : value.kind();
  auto const head = [&]() -> std::uint64_t {
    switch (value.kind()) {
      case ValueKind::nil: return 0;
      case ValueKind::boolean: return value.as_boolean() ? 1 : 0;
      case ValueKind::integer: return number_head(static_cast<double>(value.as_integer()));
      case ValueKind::float32:
      case ValueKind::float64: return number_head(value.as_double());
      case ValueKind::bigint:
      case ValueKind::bigdec: return number_head(nearest_double(value.as_string()));
      case ValueKind::instant: {
        constexpr std::int64_t limit = std::int64_t{1} << 44;
        return static_cast<std::uint64_t>(std::clamp(value.as_instant().milliseconds, -limit, limit - 1) + limit);
      }
      case ValueKind::uuid:
      case ValueKind::string:
      case ValueKind::bytes:
      case ValueKind::edn: return text_head(value.as_string());
      case ValueKind::keyword: return name_head(value.as_keyword().ns(), value.as_keyword().name());
      case ValueKind::symbol: return name_head(value.as_symbol().ns(), value.as_symbol().name());
      case ValueKind::tuple: return value.as_tuple().empty() ? 0 : value_head(value.as_tuple().front()) >> 4U;
    }
    return 0;
  }();
  return (static_cast<std::uint64_t>(kind) << 45U) | head;
}

inline std::uint64_t entity_attribute_head(EntityId e, AttributeId a) noexcept {
  if (e < 0) return 0;
  if (static_cast<std::uint64_t>(e) >= entity_limit) return UINT64_MAX;
  return (static_cast<std::uint64_t>(e) << 15U) | std::min(a, attribute_limit);
}

/// Undoes `entity_attribute_head` where the head says both whole.
inline std::pair<EntityId, AttributeId> entity_and_attribute_of(std::uint64_t head) noexcept {
  return {static_cast<EntityId>(head >> 15U), static_cast<AttributeId>(head & attribute_limit)};
}

/// An attribute and what is next in 49 bits.
inline std::uint64_t attribute_head(AttributeId a, std::uint64_t next) noexcept {
  return a >= attribute_limit ? UINT64_MAX : (static_cast<std::uint64_t>(a) << value_head_bits) | next;
}

inline std::uint64_t attribute_entity_head(AttributeId a, EntityId e) noexcept {
  return attribute_head(a, e < 0 ? 0 : std::min(static_cast<std::uint64_t>(e), entity_limit - 1));
}

/// Undoes `attribute_entity_head` where the head says both whole.
inline std::pair<EntityId, AttributeId> attribute_and_entity_of(std::uint64_t head) noexcept {
  return {static_cast<EntityId>(head & (entity_limit - 1)), static_cast<AttributeId>(head >> value_head_bits)};
}

template <Order Sorted>
std::uint64_t head_of(RawDatom const& datom) noexcept {
  if constexpr (Sorted == Order::eavt) {
    return entity_attribute_head(datom.e, datom.a);
  } else if constexpr (Sorted == Order::aevt) {
    return attribute_entity_head(datom.a, datom.e);
  } else {
    return attribute_head(datom.a, datom.a >= attribute_limit ? 0 : value_head(datom.v));
  }
}

/// What a search asks of heads: one below `low` is before the key, one above `high` is after it, between them the datoms
/// decide. `high < low` where the heads alone decide.
struct HeadBounds {
  std::uint64_t low;
  std::uint64_t high;
};

template <Order Sorted>
HeadBounds bounds_of(RawDatom const& datom) noexcept {
  auto const head = head_of<Sorted>(datom);
  return {head, head};
}

template <Order Sorted>
HeadBounds bounds_of(Position const& position) noexcept {
  auto const& datom = position.datom;
  if (position.components == 0) return {0, UINT64_MAX};
  // `exact`: the components are in the head whole, so that all heads between the bounds are the prefix's own.
  auto const bounds = [&](std::uint64_t low, std::uint64_t high, bool exact) -> HeadBounds {
    if (!exact || low == 0) return {low, high};
    return position.after ? HeadBounds{high + 1, high} : HeadBounds{low, low - 1};
  };
  bool const whole_entity = datom.e > 0 && static_cast<std::uint64_t>(datom.e) < entity_limit - 1;
  bool const whole_attribute = datom.a < attribute_limit;
  if constexpr (Sorted == Order::eavt) {
    if (position.components == 1) {
      return bounds(entity_attribute_head(datom.e, 0), entity_attribute_head(datom.e, attribute_limit), whole_entity);
    }
    auto const head = entity_attribute_head(datom.e, datom.a);
    return bounds(head, head, position.components == 2 && whole_entity && whole_attribute);
  } else {
    if (position.components == 1) {
      return bounds(attribute_head(datom.a, 0), attribute_head(datom.a, entity_limit - 1), whole_attribute);
    }
    auto const head = head_of<Sorted>(datom);
    return bounds(head, head, Sorted == Order::aevt && position.components == 2 && whole_entity && whole_attribute);
  }
}

}  // namespace cairn::detail
