// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random numbers that are fast and well spread, and no secret.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/random/draw.hpp>

#include <cstdint>

namespace cairn::random {

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class SplitMix {
 public:
  explicit constexpr SplitMix(std::uint64_t seed) noexcept : state_{seed} {}

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

/// The calling thread's own. Errors: those of `number`, at its first use.
template <meta::Lazy = {}>
[[nodiscard]] inline SplitMix& of_this_thread() {
  thread_local SplitMix mine{number()};
  return mine;
}

}  // namespace cairn::random
