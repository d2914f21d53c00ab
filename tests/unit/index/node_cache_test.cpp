// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a cache keeps, what it lets go, and how scans read ahead.
#include "laws/index_policy_model.hpp"

#include <cairn/index/external_sort.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace node_cache_test {
namespace {

using namespace cairn;
using Shape = NodeShape<16, 8, true>;
using Set = PersistentSet<Order::eavt, Shape>;

constexpr EntityId number = 16 * 200;

RawDatom datom(EntityId e) { return {.e = e, .a = 1, .tx = 1, .v = e * 3}; }

/// A stored set, opened with a cache.
struct Stored {
  explicit Stored(std::size_t budget) : cache{std::make_shared<NodeCache>(budget)} {
    Set::Builder builder{nodes.sink(), nodes.source()};
    for (EntityId e = 1; e <= number; ++e) builder.add(datom(e));
    root = std::move(builder).finish().flush(nodes.sink());
    set = Set::open(root, number, nodes.source(cache));
  }

  laws::MemoryNodes nodes;
  std::shared_ptr<NodeCache> cache;
  NodeAddress root;
  Set set;
};

constexpr std::size_t leaf_bytes = sizeof(detail::FormedLeaf<Shape, detail::LeafForm::packed>);

TEST_CASE("a tree that is built into a store is that of the same datoms in memory") {
  Stored stored{NodeCache::default_budget};
  Set::Builder builder;
  for (EntityId e = 1; e <= number; ++e) builder.add(datom(e));
  CHECK(std::move(builder).finish() == stored.set);
  stored.set.verify();
}

TEST_CASE("a scan of what is larger than the budget stays within it, and reads in few turns") {
  Stored stored{10 * leaf_bytes};
  std::size_t most = 0;
  EntityId seen = 0;
  for (auto const& each : stored.set) {
    REQUIRE(each.e == ++seen);
    most = std::max(most, stored.cache->bytes());
  }
  CHECK(seen == number);
  CHECK(most <= (10 + 16 + 2) * leaf_bytes);  // a turn ahead, the leaf that is left and the one that is entered
  CHECK(stored.cache->unloads() >= 180);
  CHECK(stored.nodes.turns <= 200 / 8 + 10);
  stored.cache->trim(0);
  CHECK(stored.cache->bytes() == 0);
}

TEST_CASE("a scan waits for inner nodes together with leaves, and for few by themselves") {
  Stored stored{NodeCache::default_budget};
  EntityId seen = 0;
  for (auto const& each : stored.set) REQUIRE(each.e == ++seen);
  CHECK(seen == number);
  // Sixteen leaves, then forty-six: each turn is thrice the last, and less only where a level of the tree is new.
  CHECK(stored.nodes.turns <= 6);
  // One by one: the way to the first leaf.
  auto const read = stored.nodes.reads.load();
  CHECK(read == stored.nodes.size());
  CHECK(read - stored.nodes.turned <= 4);
}

TEST_CASE("a scan that ends early has read at most twice the leaves that it needed in vain, and those of one request") {
  for (EntityId const leaves : {2, 5, 20, 60}) {
    Stored stored{NodeCache::default_budget};
    auto cursor = stored.set.begin();
    while (cursor.valid() && cursor->e < 16 * leaves) cursor.next();
    REQUIRE(cursor.valid());
    auto const inner = static_cast<EntityId>(stored.nodes.size()) - number / 16;
    CHECK(static_cast<EntityId>(stored.nodes.reads.load()) <= 3 * leaves + 14 + inner);
  }
}

/// Nodes of which it is known on which threads they were read, and which don't come on others while `fails`.
struct WatchedNodes {
  explicit WatchedNodes(laws::MemoryNodes const& of) : nodes{of.source()} {}

  [[nodiscard]] std::shared_ptr<NodeSource const> with(std::shared_ptr<NodeCache> cache) const {
    auto source = *nodes;
    source.context = this;
    source.read = [](void const* self, NodeAddress const& address) {
      auto const& inner = *static_cast<WatchedNodes const*>(self)->nodes;
      return inner.read(inner.context, address);
    };
    source.read_many = [](void const* self, std::span<NodeAddress const> addresses, BytesSink sink) {
      auto const& watched = *static_cast<WatchedNodes const*>(self);
      bool const is_elsewhere = std::this_thread::get_id() != watched.here;
      if (is_elsewhere) watched.elsewhere.release();
      if (is_elsewhere && watched.fails) raise(Errc::io_error, "the test wants this turn to fail");
      watched.nodes->read_many(watched.nodes->context, addresses, sink);
    };
    source.cache = std::move(cache);
    return std::make_shared<NodeSource const>(std::move(source));
  }

  std::shared_ptr<NodeSource const> nodes;
  std::thread::id here = std::this_thread::get_id();
  mutable std::counting_semaphore<> elsewhere{0};  // one for each turn on another thread
  std::atomic<bool> fails = false;
};

TEST_CASE("a scan goes on while what it comes to next is read, and is the same whatever becomes of that") {
  Stored const stored{NodeCache::default_budget};
  WatchedNodes watched{stored.nodes};
  constexpr EntityId under_way = 16 * 100;  // where the next leaves have been asked for on another thread
  auto const opened = [&](std::size_t budget) {
    while (watched.elsewhere.try_acquire()) {}
    watched.fails = false;
    return Set::open(stored.root, number, watched.with(std::make_shared<NodeCache>(budget)));
  };
  auto const walk = [](auto& cursor, EntityId from, EntityId to) {
    for (EntityId e = from; e <= to; ++e, cursor.next()) {
      REQUIRE(cursor.valid());
      REQUIRE(cursor->e == e);
    }
  };
  for (auto const budget : {NodeCache::default_budget, std::size_t{1'000} * leaf_bytes}) {
    {
      auto const set = opened(budget);
      auto cursor = set.begin();
      walk(cursor, 1, number);
      CHECK_FALSE(cursor.valid());
      CHECK(watched.elsewhere.try_acquire());
    }
    {
      INFO("copied, moved and left");
      auto const set = opened(budget);
      auto cursor = set.begin();
      walk(cursor, 1, under_way);
      CHECK(watched.elsewhere.try_acquire_for(std::chrono::seconds{60}));
      auto copy = cursor;
      auto moved = std::move(cursor);
      cursor = copy;
      walk(copy, under_way + 1, number);
      walk(moved, under_way + 1, number);
      cursor.prev();
      CHECK(cursor->e == under_way);
    }
    {
      INFO("sent elsewhere and back");
      auto const set = opened(budget);
      auto cursor = set.begin();
      walk(cursor, 1, under_way);
      cursor.seek({datom(1), 2, false});
      walk(cursor, 1, number);
      CHECK_FALSE(cursor.valid());
    }
    {
      INFO("what does not come is read again when it is needed");
      auto const set = opened(budget);
      watched.fails = true;
      auto cursor = set.begin();
      walk(cursor, 1, number);
      CHECK_FALSE(cursor.valid());
      CHECK(watched.elsewhere.try_acquire());
    }
  }
}

TEST_CASE("what is looked up again stays while others go") {
  Stored stored{10 * leaf_bytes};
  CHECK(stored.set.contains(datom(1)));
  for (EntityId e = 16; e <= number; e += 16) {
    CHECK(stored.set.contains(datom(e)));
    CHECK(stored.set.contains(datom(1)));
  }
  auto const reads = stored.nodes.reads.load();
  CHECK(stored.set.contains(datom(1)));
  CHECK(stored.nodes.reads == reads);
}

TEST_CASE("a count reads the nodes of two ways from the root, however much lies between them") {
  Stored stored{NodeCache::default_budget};
  constexpr std::size_t levels = 4;  // 200 leaves below nodes of four to eight
  auto const before = stored.nodes.reads.load();
  CHECK(stored.set.count({datom(100), 2, false}, {datom(number - 100), 2, false}) == number - 200);
  CHECK(stored.nodes.reads - before <= 2 * levels);
}

TEST_CASE("nothing goes that a failed commit only promised") {
  laws::MemoryNodes nodes;
  auto const cache = std::make_shared<NodeCache>(0);
  auto transient = Set::open({}, 0, nodes.source(cache)).edit();
  for (EntityId e = 1; e <= 100; ++e) transient.insert(datom(e));
  auto const set = std::move(transient).persistent();
  FlushReceipt receipt;
  set.flush(nodes.sink(), &receipt);
  cache->trim(0);
  receipt.forget();
  nodes.nodes().clear();
  CHECK(set.last()->e == 100);
  FlushReceipt second;
  set.flush(nodes.sink(), &second);
  second.confirm();
  CHECK(cache->bytes() != 0);
  cache->trim(0);
  CHECK(cache->bytes() == 0);
  auto const reads = nodes.reads.load();
  CHECK(set.last()->e == 100);
  CHECK(nodes.reads == reads + 1);
}

TEST_CASE("one version is known by its address, whichever of its copies was read") {
  Stored stored{NodeCache::default_budget};
  auto const copy = stored.set;
  CHECK(stored.set.last()->e == number);
  auto const reads = stored.nodes.reads.load();
  CHECK(stored.set == copy);
  CHECK(copy == stored.set);
  CHECK(stored.nodes.reads == reads);
  auto transient = copy.edit();
  transient.erase(datom(1));
  transient.insert(datom(number + 1));
  CHECK_FALSE(std::move(transient).persistent() == stored.set);
}

TEST_CASE("datoms are sorted in memory, and in a temporary file that nobody sees") {
  auto const directory = std::filesystem::temp_directory_path() / "cairn-external-sort-test";
  std::filesystem::create_directories(directory);
  auto const sorts = [&]<Order Sorted>(order_tag<Sorted>, std::size_t budget) {
    laws::RandomDatoms random{budget, false};
    laws::Model<Sorted> model;
    ExternalSorter<Sorted> sorter{budget, directory.string()};
    for (int i = 0; i != 12'000; ++i) {
      auto const each = random.datom();
      model.insert(each);
      sorter.add(each);
      if (i % 7 == 0) sorter.add(each);
    }
    CHECK((sorter.spilled() != 0) == (budget < (1U << 20U)));
    CHECK(std::filesystem::is_empty(directory));
    std::vector<RawDatom> sorted;
    auto const spilled = sorter.spilled();
    std::move(sorter).drain([&](RawDatom each) {
      // The smallest budget has far more than eight runs, so some were merged before.
      if (sorted.empty()) CHECK((sorter.spilled() > spilled + spilled / 3) == (spilled != 0));
      sorted.push_back(std::move(each));
    });
    CHECK(std::ranges::equal(sorted, model));
  };
  for (std::size_t const budget : {std::size_t{1}, std::size_t{1} << 26U}) {
    sorts(eavt, budget);
    sorts(aevt, budget);
    sorts(avet, budget);
  }
  ExternalSorter<Order::eavt> nowhere{1, (directory / "missing").string()};
  auto const fill = [&] {
    for (EntityId e = 1; e <= 10'000; ++e) nowhere.add(datom(e));
  };
  CHECK_THROWS_AS(fill(), Error);
  std::filesystem::remove_all(directory);
}

TEST_CASE("no node is left over when caches are gone") { CHECK(detail::LiveNodes<Shape>::number == 0); }

}  // namespace
}  // namespace node_cache_test
