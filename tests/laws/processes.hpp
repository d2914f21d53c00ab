// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of a blob store that only several processes can break.
#pragma once

#include "laws/blob_store.hpp"
#include "laws/child.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace cairn::laws {

/// Five threads in each of two processes count a root up. Each reads, lets the others read, and tries to replace what it read, until
/// it has counted often enough. The root ends at the sum, and somebody was refused: they did contend.
template <BlobStoreHarness Harness>
void check_processes() {
  using Backend = typename Harness::Backend;
  constexpr int processes = 2;
  constexpr int threads = 5;
  constexpr int each = 8;
  Harness harness;
  auto const config = harness.config();
  Backend::empty_store(config);
  {
    auto connection = Backend::connect_store(config);
    commit(connection, "counter", Version{}, "0");
  }
  auto const count_up = [&](int out) {
    auto connection = Backend::connect_store(config);
    std::atomic<std::int64_t> conflicts = 0;
    std::vector<std::thread> pool;
    for (int thread = 0; thread != threads; ++thread) {
      pool.emplace_back([&] {
        for (int done = 0; done != each;) {
          auto const seen = connection.root("counter");
          std::this_thread::yield();
          auto writer = connection.begin();
          static_cast<void>(writer.put(bytes("a node")));
          auto const result = writer.commit("counter", seen->version, bytes(std::to_string(std::stoi(text(seen->state)) + 1)));
          if (result == CommitResult::committed) ++done;
          if (result == CommitResult::conflict) ++conflicts;
        }
      });
    }
    for (auto& thread : pool) thread.join();
    tell(out, conflicts);
  };
  std::int64_t conflicts = 0;
  {
    Child first{count_up};
    Child second{count_up};
    for (auto* child : {&first, &second}) {
      for (auto const number : child->wait()) conflicts += number;
      CHECK(child->ended_well());
    }
  }
  auto const connection = Backend::connect_store(config);
  CHECK(text(connection.root("counter")->state) == std::to_string(processes * threads * each));
  CHECK(conflicts > 0);
}

}  // namespace cairn::laws
