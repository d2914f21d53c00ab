// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which known word a mistyped one is near to.
#include <cairn/config/nearest.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <string_view>

using cairn::config::edit_distance;
using cairn::config::nearest;

TEST_CASE("edits are insertions, removals, replacements and swaps of neighbours", "[config]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("path", "path") == 0);
  CHECK(edit_distance("pth", "path") == 1);
  CHECK(edit_distance("paath", "path") == 1);
  CHECK(edit_distance("bath", "path") == 1);
  CHECK(edit_distance("ptah", "path") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
}

TEST_CASE("the nearest word is found, and none where all are far", "[config]") {
  constexpr std::array<std::string_view, 4> known{"path", "sync", "segment-size", "id"};
  CHECK(nearest("pth", known) == "path");
  CHECK(nearest("snyc", known) == "sync");
  CHECK(nearest("segmentsize", known) == "segment-size");
  CHECK(nearest("segment_siez", known) == "segment-size");
  CHECK(nearest("ib", known) == "id");
  CHECK(nearest("password", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest(std::string(1'000'000, 'p'), known).empty());
  CHECK(nearest("path", std::array<std::string_view, 0>{}).empty());
}

TEST_CASE("a word that has no letter of another is not near it", "[config]") {
  constexpr std::array<std::string_view, 3> known{"=", "x", "<="};
  CHECK(nearest("f", known).empty());
  CHECK(nearest("ab", known).empty());
  CHECK(nearest("xx", known) == "x");
  CHECK(nearest("<", std::array<std::string_view, 1>{"<="}) == "<=");
}

TEST_CASE("of equally near words it is the first", "[config]") {
  constexpr std::array<std::string_view, 2> known{"read", "road"};
  CHECK(nearest("rad", known) == "read");
}
