// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of the fault matrix that change bytes at rest: those that a sanitizer looks at too.
#include "count_states.hpp"
#include "rows.hpp"
#include "sanitized.hpp"

#include <catch2/catch_test_macros.hpp>

namespace test = cairn::test;

namespace {
constexpr std::size_t thinned = test::is_sanitized ? 20 : 1;
}

TEST_CASE("every bit of a store, flipped, is detected or harmless") {
  test::count_states("flipped bits", test::flipped_bits, {.thinned = thinned});
}
TEST_CASE("bits of compacted segments, flipped, are detected or harmless") {
  test::count_states("flipped bits of compacted segments", test::flipped_bits_of_compacted_segments,
                     {.thinned = thinned});
}
TEST_CASE("a log cut to any length is detected, or one of its states where nothing says how long it was") {
  test::count_states("truncations", test::truncations, {.thinned = thinned});
}
TEST_CASE("blocks lost, doubled, exchanged and misdirected, and files of older copies, are detected or harmless") {
  test::count_states("moved blocks and stale files", test::moved_blocks, {.thinned = thinned});
}
TEST_CASE("zeros behind a log are the end of it, and zeros in it are damage") {
  test::count_states("damage with room", test::damage_with_room, {.thinned = thinned});
}
