// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How far random tests count, and where they begin.
#pragma once

#include <catch2/catch_get_random_seed.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <vector>

namespace cairn::test {

/// How many times as far as in a usual run: 10 in a long one, which `scripts/test --long` tells by CAIRN_LONG.
inline std::size_t times() {
  return std::getenv("CAIRN_LONG") != nullptr ? 10 : 1;  // NOLINT(concurrency-mt-unsafe): nobody sets it
}

/// The seed of this run, printed; --rng-seed repeats it.
inline std::uint64_t seed() {
  std::uint64_t const seed = Catch::getSeed();
  std::cout << "seed " << seed << '\n';
  return seed;
}

/// A seed for each round, `in_a_run` of them or ten times as many.
inline std::vector<std::uint64_t> seeds(std::size_t in_a_run = 1) {
  constexpr std::uint64_t apart = 1000;  // a law takes some more that follow its own
  std::vector<std::uint64_t> seeds{seed()};
  while (seeds.size() != in_a_run * times()) seeds.push_back(seeds.back() + apart);
  return seeds;
}

}  // namespace cairn::test
