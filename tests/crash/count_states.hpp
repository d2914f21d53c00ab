// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Runs a row of a fault matrix as a test and prints what it counted.
#pragma once

#include "rows.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <string>

namespace cairn::test {

/// Prints one line, "N states, 0 violations", with the name of the row and the seed; --rng-seed repeats it.
inline void print_count(Tally const& tally, std::string const& row, std::uint64_t seed) {
  std::printf("%s: %zu states, %zu violations, seed %llu\n", row.c_str(), tally.states, tally.violations,
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
}

template <class Row>
void count_states(std::string const& name, Row row, Extent extent = {}) {
  extent.seed = Catch::getSeed();
  auto const tally = row(extent);
  print_count(tally, name, extent.seed);
  INFO(name << ", seed " << extent.seed << ": " << tally.first);
  CHECK(tally.states > 0);
  CHECK(tally.violations == 0);
}

}  // namespace cairn::test
