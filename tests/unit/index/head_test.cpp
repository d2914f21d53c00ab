// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Heads sort as datoms do, and what a search asks of them agrees with comparing the datoms.
#include "laws/index_policy_model.hpp"

#include <cairn/index/rows.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace head_test {
namespace {

using namespace cairn;

template <Order Sorted>
void agrees(std::uint64_t seed) {
  INFO("seed " << seed);
  laws::RandomDatoms random{seed, false};
  std::vector<RawDatom> datoms;
  for (int i = 0; i != 300; ++i) datoms.push_back(random.datom());
  constexpr auto first_big = static_cast<EntityId>(detail::entity_limit);
  for (EntityId const e : {EntityId{0}, EntityId{-1}, EntityId{1}, first_big - 2, first_big - 1, first_big,
                           std::numeric_limits<EntityId>::max(), std::numeric_limits<EntityId>::min()}) {
    for (AttributeId const a : {0U, 1U, detail::attribute_limit - 1, detail::attribute_limit, detail::attribute_limit + 1, UINT32_MAX}) {
      datoms.push_back({.e = e, .a = a, .tx = 1, .v = random.value()});
    }
  }
  for (auto const& left : datoms) {
    for (auto const& right : datoms) {
      if (compare<Sorted>(left, right) <= 0) REQUIRE(detail::head_of<Sorted>(left) <= detail::head_of<Sorted>(right));
      for (std::uint8_t components = 0; components != 6; ++components) {
        for (bool const after : {false, true}) {
          Position const position{right, components, after};
          auto const bounds = detail::bounds_of<Sorted>(position);
          auto const head = detail::head_of<Sorted>(left);
          bool const before = compare<Sorted>(left, position) < 0;
          if (head < bounds.low) {
            if (!before) FAIL("a head below the bounds is not before the position");
          } else if (head > bounds.high) {
            if (before) FAIL("a head above the bounds is not after the position");
          }
        }
      }
    }
  }
}

TEST_CASE("heads agree with datoms") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  agrees<Order::eavt>(seed);
  agrees<Order::aevt>(seed);
  agrees<Order::avet>(seed);
}

TEST_CASE("heads tell small numbers, names and texts apart") {
  auto const head = [](Value const& value) { return detail::value_head(value); };
  REQUIRE(head(1) < head(2));
  REQUIRE(head(-2) < head(-1));
  REQUIRE(head(1) < head(1.5));
  REQUIRE(head(1.5) < head(BigDecimal{"1.75"}));
  REQUIRE(head(BigDecimal{"1.75"}) < head(2));
  REQUIRE(head(1'000'000'000) < head(1'000'000'001));
  REQUIRE(head("Ivan") < head("Petr"));
  REQUIRE(head(Keyword{"female"}) < head(Keyword{"male"}));
  REQUIRE(head(Keyword{"male"}) < head(Keyword{"a/b"}));
  REQUIRE(head(Instant{1}) < head(Instant{2}));
}

TEST_CASE("counting heads below a bound is a lower bound") {
  std::vector<std::uint64_t> heads;
  for (std::uint64_t size = 0; size != 70; ++size) {
    for (std::uint64_t bound = 0; bound != 2 * size + 3; ++bound) {
      auto const expected = static_cast<std::size_t>(std::ranges::count_if(heads, [&](auto head) { return head < bound; }));
      REQUIRE(detail::count_below(heads.data(), heads.size(), bound) == expected);
    }
    heads.push_back(2 * size + 1);
  }
}

}  // namespace
}  // namespace head_test
