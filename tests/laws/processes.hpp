// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of a blob store that only several processes can break.
#pragma once

#include "laws/blob_store.hpp"
#include "laws/child.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cairn::laws {

/// Five threads in each of two processes count a root up. Each reads, lets the others read, and tries to replace what it read, until
/// it has counted often enough. The root ends at the sum, and each process was refused because of the other: they did contend.
/// `patience`: how long one waits for the other to come.
template <BlobStoreHarness Harness>
void check_processes(std::chrono::seconds patience = std::chrono::seconds{30}) {
  using Backend = typename Harness::Backend;
  constexpr int processes = 2;
  constexpr int threads = 5;
  constexpr int each = 8;
  constexpr int most = 400;
  Harness harness;
  auto const config = harness.config();
  Backend::empty_store(config);
  {
    auto connection = Backend::connect_store(config);
    commit(connection, "counter", Version{}, "0 0");
    commit(connection, "ready", Version{}, "0");
  }
  // Neither begins before both are there.
  auto const meet = [&](auto& connection) {
    for (bool is_said = false; !is_said;) {
      auto const seen = connection.root("ready");
      auto writer = connection.begin();
      is_said = writer.commit("ready", seen->version, bytes(std::to_string(std::stoi(text(seen->state)) + 1))) == CommitResult::committed;
    }
    auto const end = std::chrono::steady_clock::now() + patience;  // the other may have failed: this one ends then, too
    while (text(connection.root("ready")->state) != std::to_string(processes) && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  };
  // The state is the number, and who counted last. A process goes on until it has been refused because of the other.
  auto const count_up = [&](int out) {
    auto connection = Backend::connect_store(config);
    auto const me = std::to_string(::getpid());
    std::atomic<std::int64_t> conflicts = 0;
    std::atomic<std::int64_t> counted = 0;
    std::mutex mutex;
    std::vector<std::int64_t> given;  // addresses and versions, in short
    auto const keep = [&](std::string_view what) {
      std::lock_guard const guard{mutex};
      given.push_back(static_cast<std::int64_t>(std::hash<std::string_view>{}(what)));
    };
    // The thread that has come from the parent may go on as that would have.
    for (Version version; given.size() != 6;) {
      auto writer = connection.begin();
      auto const address = writer.put(bytes("of " + me + ", " + std::to_string(given.size())));
      auto const result = writer.commit("of " + me, version, bytes("a state"));
      if (!(result == CommitResult::committed)) throw std::runtime_error{"it was not committed: " + result.reason};
      version = result.version;
      keep({reinterpret_cast<char const*>(&address), sizeof address});
      keep(version.token());
    }
    meet(connection);
    Crew crew;
    for (int thread = 0; thread != threads; ++thread) {
      crew.add([&, thread] {
        auto const node = "a node of " + me + ", " + std::to_string(thread) + ", ";
        for (int done = 0; done < each || (conflicts == 0 && done < most);) {
          auto const seen = connection.root("counter");
          std::this_thread::yield();
          auto writer = connection.begin();
          auto const address = writer.put(bytes(node + std::to_string(done) + text(seen->state)));
          auto const result = writer.commit("counter", seen->version, bytes(std::to_string(std::stoll(text(seen->state)) + 1) + " " + me));
          if (result == CommitResult::committed) {
            ++done;
            keep({reinterpret_cast<char const*>(&address), sizeof address});
            keep(result.version.token());
            ++counted;
          } else if (result == CommitResult::conflict && !text(connection.root("counter")->state).ends_with(" " + me)) {
            ++conflicts;
          }
        }
      });
    }
    crew.join();
    tell(out, counted);
    tell(out, conflicts);
    for (auto const number : given) tell(out, number);
  };
  std::int64_t counted = 0;
  std::set<std::int64_t> given;
  std::size_t twice = 0;
  {
    Child first{count_up};
    Child second{count_up};
    for (auto* child : {&first, &second}) {
      auto const told = child->wait();
      CHECK(child->ended_well());
      REQUIRE(told.size() >= 2);
      counted += told[0];
      CHECK(told[1] > 0);
      for (std::size_t i = 2; i != told.size(); ++i) twice += given.insert(told[i]).second ? 0U : 1U;
    }
  }
  INFO("addresses and versions that were given twice: " << twice << "; a generator of random numbers goes on as its parent's where a process is forked");
  CHECK(twice == 0);
  auto const connection = Backend::connect_store(config);
  CHECK(std::stoll(text(connection.root("counter")->state)) == counted);
}

}  // namespace cairn::laws
