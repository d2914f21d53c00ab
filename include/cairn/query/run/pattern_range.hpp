// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The range of AVET in which the values are that a pattern's limits let through.
#pragma once

#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/reader.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/query_context.hpp>

#include <cmath>
#include <cstdint>
#include <optional>

namespace cairn::query {

struct LimitRange {
  PlaceRange places{};
  bool is_exact = true;  ///< whether all values in there are within the limits
};

namespace access {

/// An integer that is below, or above, whatever number equals the value, as indexes order them; nothing where there is none.
[[nodiscard]] inline std::optional<Cell> integer_beside(Value const& number, bool below) {
  constexpr std::int64_t most = std::int64_t{1} << 52;
  double near = 0;
  switch (number.kind()) {
    case ValueKind::integer:
      if (number.as_integer() < -most || number.as_integer() > most) return std::nullopt;
      return Cell::integer(number.as_integer() + (below ? -1 : 1));
    case ValueKind::float32:
    case ValueKind::float64: near = number.as_double(); break;
    default: return std::nullopt;
  }
  if (!(std::abs(near) < static_cast<double>(most))) return std::nullopt;  // NaN as well
  return Cell::integer(static_cast<std::int64_t>(below ? std::floor(near) - 1 : std::ceil(near) + 1));
}

}  // namespace access

/// Nothing where no limit narrows it. `value_of(operand)`: what a limit's operand is, or nothing where that is not known yet.
/// Requires that AVET has the attribute.
///
/// Limits compare numbers by value alone, and an index orders them by type as well: unless all are of one type, the range is
/// somewhat wider than the limits.
template <class ValueOf>
[[nodiscard]] std::optional<LimitRange> range_of_limits(Limit const& low, Limit const& high, AttributeAccess const& attribute,
                                                        ValueOf const& value_of) {
  LimitRange range{PlaceRange::prefix(1, 0, attribute.id, {}), true};
  bool any = false;
  auto const narrow = [&](Limit const& limit, bool is_low, IndexPlace& place) {
    if (limit.kind == Limit::Kind::none) return;
    std::optional<Cell> const known = value_of(limit.operand);
    if (!known) {
      range.is_exact = false;
      return;
    }
    auto const cell = *known;
    BorrowedValue const value{cell};
    bool const inclusive = limit.kind == Limit::Kind::at_least || limit.kind == Limit::Kind::at_most;
    bool const same_kind = attribute.kind == cell.kind && cell.kind != ValueKind::float32;
    if (!value->is_number() || same_kind) {
      place = IndexPlace{2, 0, attribute.id, cell, is_low != inclusive};
      any = true;
      return;
    }
    range.is_exact = false;
    if (auto const beside = access::integer_beside(*value, is_low)) {
      place = IndexPlace{2, 0, attribute.id, *beside, !is_low};
      any = true;
    }
  };
  narrow(low, true, range.places.from);
  narrow(high, false, range.places.to);
  return any ? std::optional{range} : std::nullopt;
}

}  // namespace cairn::query
