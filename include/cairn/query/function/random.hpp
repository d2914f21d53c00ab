// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random numbers for `rand`, `rand-int` and the aggregates that draw: fast and well spread, not secret.
#pragma once

#include <cairn/meta/lazy.hpp>

#include <chrono>
#include <cstdint>

namespace cairn::query::detail {

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Randomness {
 public:
  explicit constexpr Randomness(std::uint64_t seed) noexcept : state_{seed} {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }
  /// From 0 to below 1.
  constexpr double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  /// From 0 to below `limit`, which is not 0; the bias is less than `limit` in 2^64.
  constexpr std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }

 private:
  std::uint64_t state_;
};

/// The calling thread's own.
template <meta::Lazy = {}>
[[nodiscard]] inline Randomness& randomness() {
  thread_local Randomness mine{[] {
    // Threads start in the same instant, but not with the same stack.
    int here = 0;
    auto const now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto const today = std::chrono::system_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(now) ^ (static_cast<std::uint64_t>(today) << 20U) ^
           static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&here));
  }()};
  return mine;
}

}  // namespace cairn::query::detail
