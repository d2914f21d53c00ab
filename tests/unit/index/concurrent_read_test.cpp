// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One version is read, and edited into others, on several threads while its nodes are still being loaded.
#include "laws/index_policy_model.hpp"

#include <cairn/index/hitchhiker_tree.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace concurrent_read_test {
namespace {

using namespace cairn;
using Shape = NodeShape<8, 4, true>;
using Buffered = BufferedShape<Shape, 3, 100, 300>;

TEMPLATE_TEST_CASE("readers of a lazily loaded tree don't disturb each other", "[threads]", Shape, Buffered) {
  using Set = PersistentSet<Order::eavt, TestType>;
  {
    laws::MemoryNodes nodes;
    typename Set::Builder builder;
    constexpr EntityId number = 3000;
    for (EntityId e = 1; e <= number; ++e) builder.add({.e = e, .a = 1, .tx = 1, .v = "value"});
    auto const root = std::move(builder).finish().flush(nodes.sink());
    for (int round = 0; round != 10; ++round) {
      auto const before = nodes.reads.load();
      auto const set = Set::open(root, number, nodes.source());
      REQUIRE(nodes.reads.load() == before);  // the root, too, is read by whoever comes first
      std::atomic<int> waiting{4};
      std::atomic<std::uint64_t> wrong{0};
      std::vector<std::thread> threads;
      for (EntityId worker = 0; worker != 4; ++worker) {
        threads.emplace_back([&, worker] {
          waiting.fetch_sub(1);
          while (waiting.load() != 0) {
          }
          if (worker == 3) {  // another version, made while its nodes are on their way
            auto transient = set.edit();
            for (EntityId e = 1; e <= number; e += 2) {
              if (!transient.erase({.e = e, .a = 1, .tx = 1, .v = "value"})) ++wrong;
            }
            if (std::move(transient).persistent().size() != number / 2) ++wrong;
            return;
          }
          EntityId expected = worker == 1 ? number : 1;
          for (auto cursor = worker == 1 ? set.last() : set.begin(); cursor.valid(); worker == 1 ? cursor.prev() : cursor.next()) {
            if (cursor->e != expected) ++wrong;
            expected += worker == 1 ? -1 : 1;
          }
          if (expected != (worker == 1 ? 0 : number + 1)) ++wrong;
          if (set.count({{}, 0, false}, {{}, 0, true}) != number) ++wrong;
        });
      }
      for (auto& thread : threads) thread.join();
      REQUIRE(wrong == 0);
    }
  }
  REQUIRE(detail::LiveNodes<TestType>::number == 0);
}

TEMPLATE_TEST_CASE("leaves are unloaded while others read, edit and store the same versions", "[threads]", Shape, Buffered) {
  using Set = PersistentSet<Order::eavt, TestType>;
  {
    laws::MemoryNodes nodes;
    auto const cache = std::make_shared<NodeCache>(std::size_t{20} << 10U);
    auto const source = nodes.source(cache);
    typename Set::Builder builder{nodes.sink(), source};
    constexpr EntityId number = 3000;
    auto const datom = [](EntityId e) { return RawDatom{.e = e, .a = 1, .tx = 1, .v = "value"}; };
    for (EntityId e = 1; e <= number; ++e) builder.add(datom(e));
    auto const built = std::move(builder).finish();
    FlushReceipt receipt;
    auto const root = built.flush(nodes.sink(), &receipt);
    receipt.confirm();
    auto const lazy = Set::open(root, number, source);
    std::atomic<int> waiting{5};
    std::atomic<int> working{4};
    std::atomic<std::uint64_t> wrong{0};
    auto const work = [&](EntityId worker) {
      for (int round = 0; round != 4; ++round) {
        if (worker < 2) {
          EntityId expected = worker == 0 ? 1 : number;
          for (auto cursor = worker == 0 ? lazy.begin() : lazy.last(); cursor.valid(); worker == 0 ? cursor.next() : cursor.prev()) {
            if (!(*cursor == datom(expected))) ++wrong;
            expected += worker == 0 ? 1 : -1;
          }
          if (expected != (worker == 0 ? number + 1 : 0)) ++wrong;
        } else if (worker == 2) {
          for (EntityId e = 1; e <= number; ++e) {
            if (!lazy.contains(datom(e * 7919 % number + 1))) ++wrong;
          }
        } else {
          auto transient = lazy.edit();
          for (EntityId e = 1; e <= number; e += 3) {
            if (!transient.erase(datom(e)) || !transient.insert({.e = e, .a = 2, .tx = 2, .v = "other"})) ++wrong;
          }
          auto const next = std::move(transient).persistent();
          FlushReceipt written;
          auto const next_root = next.flush(nodes.sink(), &written);
          written.confirm();
          if (!(Set::open(next_root, number, source) == next)) ++wrong;
        }
      }
      working.fetch_sub(1);
    };
    std::vector<std::thread> threads;
    for (EntityId worker = 0; worker != 5; ++worker) {
      threads.emplace_back([&, worker] {
        waiting.fetch_sub(1);
        while (waiting.load() != 0) {
        }
        if (worker != 4) return work(worker);
        while (working.load() != 0) {
          cache->trim(0);
          std::this_thread::yield();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(wrong == 0);
    REQUIRE(cache->unloads() > 100);
    cache->trim(0);
    REQUIRE(cache->bytes() == 0);
  }
  REQUIRE(detail::LiveNodes<TestType>::number == 0);
}

TEMPLATE_TEST_CASE("readers of a set with a gap are told of it and read the rest, while others edit it", "[threads]", Shape, Buffered) {
  using Set = PersistentSet<Order::eavt, TestType>;
  laws::MemoryNodes nodes;
  typename Set::Builder builder;
  constexpr EntityId number = 600;
  for (EntityId e = 1; e <= number; ++e) builder.add({.e = 2 * e, .a = 1, .tx = 1, .v = "value"});
  auto const root = std::move(builder).finish().flush(nodes.sink());
  auto const first = Set::open(root, number, nodes.source());
  std::vector<std::uint64_t> stored;
  first.for_each_address([&](NodeAddress const& address) { stored.push_back(address.template to<std::uint64_t>()); });
  auto const lost = nodes.nodes().extract(stored[stored.size() / 2]);
  auto edit = first.edit();
  for (EntityId e = 1; e <= number; ++e) edit.insert_around_gaps({.e = 2 * e + 1, .a = 1, .tx = 1, .v = "value"});
  auto const set = std::move(edit).persistent();
  REQUIRE(set.gap() != nullptr);
  nodes.nodes()[stored[stored.size() / 2]] = lost.mapped();
  std::atomic<int> waiting{4};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> threads;
  for (EntityId worker = 0; worker != 4; ++worker) {
    threads.emplace_back([&, worker] {
      waiting.fetch_sub(1);
      while (waiting.load() != 0) {
      }
      std::uint64_t found = 0;
      std::uint64_t refused = 0;
      auto version = worker < 2 ? set : first;  // the first lacks nothing
      for (EntityId e = 1; e <= number; ++e) {
        RawDatom const datom{.e = 2 * e + (worker == 1 ? 1 : 0), .a = 1, .tx = 1, .v = "value"};
        try {
          found += version.contains(datom) ? 1U : 0U;
        } catch (Error const&) {
          ++refused;
        }
        if (worker < 2 && e % 50 == 0) {
          auto more = version.edit();
          more.insert_around_gaps({.e = 2 * e, .a = 2, .tx = 1, .v = "value"});
          version = std::move(more).persistent();
        }
      }
      if (found + refused != number || (refused != 0) != (worker < 2)) ++wrong;
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(wrong == 0);
}

}  // namespace
}  // namespace concurrent_read_test
