// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Versions that borrow each other's nodes: what one kept to itself goes with it, in whatever order they go, and on any threads.
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace lineage_test {
namespace {

using namespace cairn;
using Shape = NodeShape<8, 6, true>;
using Set = PersistentSet<Order::eavt, Shape>;

constexpr EntityId number = 2000;

std::int64_t live() { return detail::LiveNodes<Shape>::number; }

RawDatom datom(EntityId e, EntityId tx = 1) { return {.e = e, .a = 1, .tx = tx, .v = "value"}; }

Set filled() {
  auto transient = Set{}.edit();
  for (EntityId e = 1; e <= number; ++e) transient.insert(datom(e * 7919 % number));
  return std::move(transient).persistent();
}
/// The same number of datoms, one of them another one: the tree has the same shape.
Set changed(Set const& set, EntityId e, EntityId tx) {
  auto transient = set.edit();
  REQUIRE(transient.erase(datom(e, tx)));
  REQUIRE(transient.insert(datom(e, tx + 1)));
  return std::move(transient).persistent();
}
/// The nodes from the root to a leaf, which is what a version of one datom has of its own.
std::int64_t height_of(Set const& set) {
  auto const before = live();
  auto const other = changed(set, 17, 1);
  return live() - before;
}

TEST_CASE("a version that replaces another takes its place") {
  {
    auto set = filled();
    auto const nodes = live();
    for (EntityId tx = 1; tx <= 300; ++tx) {
      set = changed(set, 500, tx);
      REQUIRE(live() == nodes);
    }
    for (EntityId e = 1; e != number; ++e) {
      if (e != 500) set = changed(set, e, 1);
    }
    REQUIRE(live() == nodes);
    set.verify();
    REQUIRE(set.contains(datom(1, 2)));
    REQUIRE(set.contains(datom(500, 301)));
  }
  REQUIRE(live() == 0);
}

TEST_CASE("versions of one line go in any order") {
  auto const first = filled();
  auto const nodes = live();
  auto const height = height_of(first);
  std::mt19937_64 random{20261129};
  for (int round = 0; round != 30; ++round) {
    std::vector<std::pair<EntityId, Set>> line;
    line.emplace_back(0, first);
    for (EntityId i = 1; i <= 20; ++i) line.emplace_back(i, changed(line.back().second, i * 90, 1));
    REQUIRE(live() == nodes + 20 * height);
    std::ranges::shuffle(line, random);
    while (!line.empty()) {
      line.pop_back();
      for (auto const& [edits, set] : line) {
        for (EntityId i = 1; i <= 20; ++i) REQUIRE(set.contains(datom(i * 90, i <= edits ? 2 : 1)));
      }
      // What the last one took over from those that are gone before it, and nothing of those after it.
      EntityId last = 0;
      for (auto const& [edits, set] : line) last = std::max(last, edits);
      REQUIRE(live() <= nodes + last * height);
    }
    REQUIRE(live() == nodes);
  }
}

TEST_CASE("branches of a version that is gone leave nothing behind") {
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    {
      std::vector<Set> branches;
      std::int64_t nodes = 0;
      {
        auto const trunk = filled();
        nodes = live();
        for (EntityId e = 1; e <= 3; ++e) branches.push_back(changed(trunk, e, 1));
      }
      std::size_t left = 3;
      for (auto const at : order) {
        for (EntityId e = 4; e < number; e += 97) REQUIRE(branches[at].contains(datom(e)));
        branches[at].verify();
        if (left == 1) REQUIRE(live() == nodes);
        branches[at] = {};
        --left;
      }
    }
    REQUIRE(live() == 0);
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("a version that splits and merges nodes shares the others") {
  {
    auto const set = filled();
    std::vector<Set> versions;
    for (EntityId from = 1; from + 200 < number; from += 200) {
      auto transient = set.edit();
      for (EntityId e = from; e != from + 150; ++e) transient.erase(datom(e));
      for (EntityId e = from; e != from + 300; ++e) transient.insert(datom(e, 9));
      versions.push_back(std::move(transient).persistent());
    }
    for (auto const& version : versions) version.verify();
    set.verify();
    auto middle = std::move(versions[4]);
    versions.clear();
    middle.verify();
    REQUIRE(middle.contains(datom(1)));
  }
  REQUIRE(live() == 0);
}

TEST_CASE("versions are made and dropped on several threads", "[threads]") {
  {
    constexpr std::size_t kept = 8;
    std::mutex mutex;
    std::vector<Set> pool(kept, filled());
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker != 4; ++worker) {
      threads.emplace_back([&, worker] {
        std::mt19937_64 random{worker};
        for (int i = 0; i != 300; ++i) {
          Set from;
          {
            std::lock_guard const lock{mutex};
            from = pool[random() % kept];
          }
          auto const size = from.size();
          auto transient = from.edit();
          if (random() % 2 == 0) from = {};  // gone before, or after, what is made of it
          auto const fresh = number + static_cast<EntityId>(random() % 1000000);
          std::uint64_t const more = transient.insert(datom(fresh, worker + 5)) ? 1 : 0;
          std::uint64_t const fewer = transient.erase(datom(static_cast<EntityId>(random() % number))) ? 1 : 0;
          auto made = std::move(transient).persistent();
          if (made.size() != size + more - fewer || !made.contains(datom(fresh, worker + 5))) ++wrong;
          {
            std::lock_guard const lock{mutex};
            std::swap(pool[random() % kept], made);
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(wrong == 0);
    for (auto const& set : pool) set.verify();
  }
  REQUIRE(live() == 0);
}

}  // namespace
}  // namespace lineage_test
