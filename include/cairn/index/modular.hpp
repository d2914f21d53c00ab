// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Differences of any two integers: modulo 2^64, so that none is too large.
#pragma once

#include <cstdint>

namespace cairn::detail {

[[nodiscard]] inline std::uint64_t distance(std::int64_t from, std::int64_t to) noexcept {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}
[[nodiscard]] inline std::int64_t moved(std::int64_t from, std::uint64_t by) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + by);
}

[[nodiscard]] inline std::int64_t difference(std::int64_t left, std::int64_t right) noexcept {
  return static_cast<std::int64_t>(distance(right, left));
}
[[nodiscard]] inline std::int64_t sum(std::int64_t left, std::int64_t right) noexcept {
  return moved(left, static_cast<std::uint64_t>(right));
}

}  // namespace cairn::detail
