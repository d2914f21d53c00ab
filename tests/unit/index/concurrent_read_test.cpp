// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One version is read, and edited into others, on several threads while its nodes are still being loaded.
#include "laws/index_policy_model.hpp"

#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using namespace cairn;
using Shape = NodeShape<8, 4, true>;
using Set = PersistentSet<Order::eavt, Shape>;

TEST_CASE("readers of a lazily loaded tree don't disturb each other") {
  {
    laws::MemoryNodes nodes;
    Set::Builder builder;
    constexpr EntityId number = 3000;
    for (EntityId e = 1; e <= number; ++e) builder.add({.e = e, .a = 1, .tx = 1, .v = "value"});
    auto const root = std::move(builder).finish().flush(nodes.sink());
    for (int round = 0; round != 10; ++round) {
      auto const lazy = Set::open(root, number, nodes.source());
      std::atomic<int> waiting{4};
      std::atomic<std::uint64_t> wrong{0};
      std::vector<std::thread> threads;
      for (EntityId worker = 0; worker != 4; ++worker) {
        threads.emplace_back([&, worker, set = lazy] {
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
  REQUIRE(detail::LiveNodes<Shape>::number == 0);
}

}  // namespace
