// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The three sort orders of datoms.
#pragma once

#include <cairn/datom/datom.hpp>

#include <compare>
#include <cstdint>

namespace cairn {

/// The orders in which a database keeps its datoms; each ends with transaction, then retraction before addition.
/// On disk: do not renumber.
enum class Order : std::uint8_t {
  eavt = 0,  ///< entity, attribute, value: all about one entity
  aevt = 1,  ///< attribute, entity, value: one column
  avet = 2,  ///< attribute, value, entity: who has this value; indexed, unique and reference attributes only
};

template <Order Sorted>
struct order_tag {
  static constexpr Order order = Sorted;
};

using eavt_t = order_tag<Order::eavt>;
using aevt_t = order_tag<Order::aevt>;
using avet_t = order_tag<Order::avet>;
inline constexpr eavt_t eavt{};
inline constexpr aevt_t aevt{};
inline constexpr avet_t avet{};

/// A place between datoms: before, or after, all datoms whose first `components` parts *in the order of the index* are
/// those of `datom` (1: e in EAVT, a in AEVT and AVET; 2; 3: e, a, v all; 4: and tx; 5: and added; 0: before or after everything).
struct Position {
  RawDatom datom{};
  std::uint8_t components = 0;
  bool after = false;
};

namespace detail {

/// The common head of both comparisons: the order of the first `components` parts.
template <Order Sorted>
std::strong_ordering compare_parts(RawDatom const& left, RawDatom const& right, std::uint8_t components) noexcept {
  auto const by_entity = [&] { return left.e <=> right.e; };
  auto const by_attribute = [&] { return left.a <=> right.a; };
  auto const by_value = [&] { return compare(left.v, right.v); };
  auto first = std::strong_ordering::equal;
  if constexpr (Sorted == Order::eavt) {
    if (components > 0 && (first = by_entity()) != 0) return first;
    if (components > 1 && (first = by_attribute()) != 0) return first;
    if (components > 2 && (first = by_value()) != 0) return first;
  } else if constexpr (Sorted == Order::aevt) {
    if (components > 0 && (first = by_attribute()) != 0) return first;
    if (components > 1 && (first = by_entity()) != 0) return first;
    if (components > 2 && (first = by_value()) != 0) return first;
  } else {
    if (components > 0 && (first = by_attribute()) != 0) return first;
    if (components > 1 && (first = by_value()) != 0) return first;
    if (components > 2 && (first = by_entity()) != 0) return first;
  }
  if (components > 3 && (first = left.tx <=> right.tx) != 0) return first;
  return components > 4 ? left.added <=> right.added : first;
}

}  // namespace detail

/// Datom against datom.
template <Order Sorted>
std::strong_ordering compare(RawDatom const& left, RawDatom const& right) noexcept {
  return detail::compare_parts<Sorted>(left, right, 5);
}

/// Datom against position; never equal.
template <Order Sorted>
std::strong_ordering compare(RawDatom const& datom, Position const& position) noexcept {
  auto const by_parts = detail::compare_parts<Sorted>(datom, position.datom, position.components);
  if (by_parts != 0) return by_parts;
  return position.after ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace cairn
