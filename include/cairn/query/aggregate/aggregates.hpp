// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names of the aggregates of `:find`, and what a parser must know of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query {

enum class AggregateId : std::uint8_t {
  sum,
  avg,
  min,
  max,
  count,
  count_distinct,
  distinct,
  median,
  variance,
  stddev,
  random,  ///< `rand`: one of the values, or with a number so many, each drawn from all
  sample,  ///< so many of the values, none twice
};

struct AggregateInfo {
  std::string_view name;
  AggregateId id;
  std::uint8_t least = 0;  ///< arguments before the variable: `(min 3 ?x)` has one
  std::uint8_t most = 0;
  bool pure = true;
};

namespace detail {

inline constexpr std::array aggregates{
    AggregateInfo{"sum", AggregateId::sum},
    AggregateInfo{"avg", AggregateId::avg},
    AggregateInfo{"min", AggregateId::min, 0, 1},
    AggregateInfo{"max", AggregateId::max, 0, 1},
    AggregateInfo{"count", AggregateId::count},
    AggregateInfo{"count-distinct", AggregateId::count_distinct},
    AggregateInfo{"distinct", AggregateId::distinct},
    AggregateInfo{"median", AggregateId::median},
    AggregateInfo{"variance", AggregateId::variance},
    AggregateInfo{"stddev", AggregateId::stddev},
    AggregateInfo{"rand", AggregateId::random, 0, 1, false},
    AggregateInfo{"sample", AggregateId::sample, 1, 1, false},
};

}  // namespace detail

/// The aggregate of that name, or null.
[[nodiscard]] constexpr AggregateInfo const* find_aggregate(std::string_view name) noexcept {
  for (auto const& aggregate : detail::aggregates) {
    if (aggregate.name == name) return &aggregate;
  }
  return nullptr;
}

[[nodiscard]] constexpr AggregateInfo const& info_of(AggregateId id) noexcept {
  return detail::aggregates[static_cast<std::size_t>(id)];
}

/// Whether an aggregate takes so many arguments before the variable.
[[nodiscard]] constexpr bool takes(AggregateInfo const& aggregate, std::size_t arguments) noexcept {
  return arguments >= aggregate.least && arguments <= aggregate.most;
}

}  // namespace cairn::query
