// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a persistent set promises beyond the laws of every index.
#include <cairn/concepts/index_policy.hpp>
#include <cairn/index/index_for.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace persistent_set_test {
namespace {

using namespace cairn;
using Shape = NodeShape<32, 8, true>;
using Set = PersistentSet<Order::avet, Shape>;

static_assert(IndexPolicy<PersistentSet<Order::eavt>> && IndexPolicy<PersistentSet<Order::avet>>);
static_assert(check_index_policy<PersistentSet<Order::aevt>>());
static_assert(std::regular<Set>);
static_assert(std::is_nothrow_move_constructible_v<Set> && std::is_nothrow_move_assignable_v<Set>);
static_assert(std::movable<Set::Transient> && !std::copyable<Set::Transient>);
static_assert(std::copyable<Set::Cursor> && std::input_iterator<Set::Cursor>);
static_assert(std::sentinel_for<std::default_sentinel_t, Set::Cursor>);
static_assert(std::ranges::random_access_range<Set::Block>);
static_assert(std::same_as<index_for<persistent_set_tag>::Index<Order::eavt>, PersistentSet<Order::eavt>>);

std::int64_t live() { return detail::LiveNodes<Shape>::number; }

RawDatom datom(EntityId e) { return {.e = e, .a = 1, .tx = 1, .v = e * 3}; }

TEST_CASE("datoms inserted in order fill their nodes") {
  auto transient = Set{}.edit();
  for (EntityId e = 1; e <= 32 * 100; ++e) transient.insert(datom(e));
  auto const set = std::move(transient).persistent();
  set.verify();
  REQUIRE(live() <= 100 + 100 / 4);
}

TEST_CASE("an edit copies the nodes on its way and no others") {
  auto transient = Set{}.edit();
  for (EntityId e = 1; e <= 5000; ++e) transient.insert(datom(e * 7919 % 5000));
  auto const set = std::move(transient).persistent();
  auto const before = live();
  auto edited = set.edit();
  REQUIRE(live() == before);
  REQUIRE_FALSE(edited.insert(datom(17)));
  REQUIRE_FALSE(edited.erase(datom(6000)));
  REQUIRE(live() == before);
  REQUIRE(edited.erase(datom(17)));
  auto const height = live() - before;
  REQUIRE(height <= 6);
  REQUIRE(edited.insert(datom(17)));
  REQUIRE(live() == before + height);  // its own nodes are changed in place
  auto const snapshot = edited.snapshot();
  REQUIRE(edited.erase(datom(17)));
  REQUIRE(live() == before + 2 * height);
  REQUIRE(snapshot == set);
  REQUIRE(edited.size() + 1 == snapshot.size());
}

TEST_CASE("a set is a range of datoms") {
  std::vector<RawDatom> datoms;
  for (EntityId e = 1; e <= 100; ++e) datoms.push_back(datom(e));
  auto const set = Set::from_sorted(datoms);
  std::vector<RawDatom> seen;
  for (auto const& each : set) seen.push_back(each);
  REQUIRE(seen == datoms);
}

TEST_CASE("a cursor keeps its version alive") {
  auto cursor = Set::from_sorted(std::vector{datom(1), datom(2)}).begin();
  REQUIRE(*cursor == datom(1));
  auto copy = cursor;
  cursor.next();
  REQUIRE(*cursor == datom(2));
  REQUIRE(*copy == datom(1));
  cursor.next();
  REQUIRE_FALSE(cursor.valid());
  cursor.seek_before({datom(2), 2, false});
  REQUIRE(*cursor == datom(1));
}

TEST_CASE("datoms that are not in order are not built from") {
  Set::Builder builder;
  builder.add(datom(2));
  builder.add(datom(2));
  REQUIRE(builder.size() == 1);
  REQUIRE_THROWS_AS(builder.add(datom(1)), std::invalid_argument);
}

TEST_CASE("a transient that was made persistent is empty and can go on") {
  auto transient = Set{}.edit();
  transient.insert(datom(1));
  auto const first = std::move(transient).persistent();
  REQUIRE(transient.empty());  // NOLINT(bugprone-use-after-move): the state is documented
  REQUIRE(transient.insert(datom(2)));
  REQUIRE(first.size() == 1);
  REQUIRE(std::move(transient).persistent() == Set::from_sorted(std::vector{datom(2)}));
}

TEST_CASE("the difference of two versions is found without a look at what they share") {
  auto transient = Set{}.edit();
  for (EntityId e = 1; e <= 20'000; ++e) transient.insert(datom(e));
  auto const before = std::move(transient).persistent();
  auto edited = before.edit();
  edited.erase(datom(17));
  for (EntityId e = 9000; e != 9100; ++e) edited.erase(datom(e));
  edited.insert(datom(30'000));
  auto const after = std::move(edited).persistent();
  std::size_t looked = 0;
  std::vector<RawDatom> removed;
  std::vector<RawDatom> added;
  before.for_each_difference(
      after, [&](RawDatom const& each) { removed.push_back(each); }, [&](RawDatom const& each) { added.push_back(each); },
      [&](RawDatom const& left, RawDatom const& right) {
        ++looked;
        return compare<Order::avet>(left, right);
      });
  REQUIRE(removed.size() == 101);
  REQUIRE(removed.front() == datom(17));
  REQUIRE(removed.back() == datom(9099));
  REQUIRE(added == std::vector{datom(30'000)});
  REQUIRE(looked < 10 * 32);  // the leaves that were changed, and those beside them
}

TEST_CASE("nothing is left over") { REQUIRE(live() == 0); }

}  // namespace
}  // namespace persistent_set_test
