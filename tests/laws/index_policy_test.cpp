// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The persistent set obeys the laws of an index, in each order, with nodes small enough that every edit changes the tree.
#include "index_policy.hpp"
#include "index_versions.hpp"
#include "rounds.hpp"
#include "sanitized.hpp"

#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <iostream>

namespace {

using cairn::NodeShape;
using cairn::Order;

template <Order Sorted, class Shape>
void check(std::uint64_t seed) {
  cairn::laws::obeys_the_laws<cairn::PersistentSet<Sorted, Shape>, Sorted>(
      [] { return cairn::detail::LiveNodes<Shape>::number.load(); }, seed);
}

/// Orders differ in what they compare, and in nothing that a sanitizer sees: in short it sees the first.
template <class Shape, Order First, Order... Others>
void check_orders() {
  auto seeds = cairn::test::seeds();
  if (!cairn::test::is_sanitized) seeds.push_back(1);
  for (auto const seed : seeds) {
    check<First, Shape>(seed);
    if constexpr (!cairn::test::in_short) (check<Others, Shape>(seed), ...);
  }
}

TEST_CASE("a persistent set with the smallest nodes is an index") {
  check_orders<NodeShape<4, 4, true>, Order::avet, Order::aevt, Order::eavt>();
}
TEST_CASE("a persistent set with odd nodes is an index") {
  check_orders<NodeShape<7, 5, true>, Order::eavt, Order::aevt, Order::avet>();
}

template <Order Sorted>
void check_large_leaves(std::uint64_t seed) {
  using Set = cairn::PersistentSet<Sorted, NodeShape<24, 4, true>>;
  cairn::laws::is_a_versioned_set<Set, Sorted>(seed, false, 120);
  cairn::laws::is_built_from_sorted<Set, Sorted>(seed + 1);
}
TEST_CASE("leaves may change their form at any time") {
  for (auto const seed : cairn::test::seeds()) {
    check_large_leaves<Order::avet>(seed);
#ifndef CAIRN_TEST_IN_SHORT
    check_large_leaves<Order::eavt>(seed);
    check_large_leaves<Order::aevt>(seed);
#endif
  }
  REQUIRE(cairn::detail::LiveNodes<NodeShape<24, 4, true>>::number == 0);
}

template <Order Sorted, class Shape>
void check_purging(std::uint64_t seed) {
  cairn::laws::keeps_nothing_purged<cairn::PersistentSet<Sorted, Shape>, Sorted>(seed);
}
TEST_CASE("what is purged is in no node, be it only between two of them") {
  for (auto const seed : cairn::test::seeds(cairn::test::in_short ? 1 : 4)) {
    check_purging<Order::eavt, NodeShape<4, 4, true>>(seed);
    check_purging<Order::avet, NodeShape<7, 5, true>>(seed);
    check_purging<Order::aevt, NodeShape<24, 4, true>>(seed);
  }
}

template <Order Sorted, class Shape>
std::uint64_t branch(std::uint64_t seed, std::uint64_t rounds, std::uint64_t steps) {
  return cairn::laws::versions_do_not_disturb_each_other<cairn::PersistentSet<Sorted, Shape>, Sorted>(
      [] { return cairn::detail::LiveNodes<Shape>::number.load(); }, seed, rounds, steps);
}
TEST_CASE("versions that fork, are stored, unloaded and dropped in any order do not disturb each other") {
  using Shape = NodeShape<4, 4, true>;
  auto const seed = cairn::test::seed();
  auto const rounds = 4 * cairn::test::times();
  constexpr std::uint64_t steps = 400;
  auto unloads = branch<Order::eavt, Shape>(seed, rounds, steps);
  std::uint64_t orders = 1;
#ifndef CAIRN_TEST_IN_SHORT
  unloads += branch<Order::aevt, Shape>(seed, rounds, steps);
  unloads += branch<Order::avet, Shape>(seed, rounds, steps);
  orders = 3;
#endif
  REQUIRE(unloads > rounds);
  std::cout << "branching versions: " << orders * rounds * steps << " states, 0 violations (" << unloads
            << " leaves unloaded)\n";
}

}  // namespace
