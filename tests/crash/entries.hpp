// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A root as a list of entries, each of which is to be there once, whatever becomes of the server.
#pragma once

#include "laws/blob_store.hpp"
#include "laws/own_service.hpp"

#include <cairn/concepts/root.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cairn::test {

/// What was appended to a root, in order. Where many frames have come together, a commit has put them into the state.
inline std::vector<std::string> entries_of(RootRecord const& root) {
  std::vector<std::string> entries;
  auto const state = laws::text(root.state);
  for (std::size_t at = 0; at != state.size();) {
    auto const end = state.find(' ', at);
    entries.push_back(state.substr(at, end - at));
    at = end + 1;
  }
  for (auto const& frame : root.tail) entries.push_back(laws::text(frame));
  return entries;
}

/// Adds an entry, exactly once, as an engine would: after `unknown` it looks whether the entry is there, and tries again at the version
/// that it expected.
template <class Connection>
void add(Connection& connection, std::string_view branch, std::string const& entry) {
  bool has_looked = false;
  for (;;) {
    auto const root = connection.root(branch);
    if (has_looked && root) {
      auto const entries = entries_of(*root);
      if (std::find(entries.begin(), entries.end(), entry) != entries.end()) return;
    }
    auto const expected = root ? root->version : Version{};
    auto writer = connection.begin();
    auto const result = [&] {
      if (!root || root->tail.size() < 32) return writer.append(branch, expected, laws::bytes(entry));
      std::string state;
      for (auto const& one : entries_of(*root)) state += one + ' ';
      return writer.commit(branch, expected, laws::bytes(state += entry + ' '));
    }();
    if (result == CommitResult::committed) return;
    has_looked |= result == CommitResult::unknown;
  }
}

/// Three threads add entries while the server is killed and started again, `rounds` times. What was acknowledged before is there after
/// each, and at the end every entry is there once, in order. `connection` is one to the store of `config`.
template <class Backend, class Connection>
void check_kills(OwnService& server, typename Backend::Config const& config, Connection& connection, int rounds) {
  constexpr int writers = 3;
  std::array<std::atomic<int>, writers> acknowledged{};
  std::atomic<bool> ends = false;
  auto const branch = [](std::size_t writer) { return "killed " + std::to_string(writer); };
  std::vector<std::thread> pool;
  for (std::size_t writer = 0; writer != writers; ++writer) {
    pool.emplace_back([&, writer] {
      for (int i = 0; !ends; ++i) {
        add(connection, branch(writer), std::to_string(i));
        acknowledged[writer] = i + 1;
      }
    });
  }
  for (int round = 0; round != rounds; ++round) {
    auto const before = acknowledged[0].load();
    while (acknowledged[0] < before + 20) std::this_thread::yield();
    server.kill();
    std::array<int, writers> until_then{};
    for (std::size_t writer = 0; writer != writers; ++writer) until_then[writer] = acknowledged[writer];
    server.restart();
    auto const after = Backend::connect_store(config);
    for (std::size_t writer = 0; writer != writers; ++writer) {
      auto const root = after.root(branch(writer));
      CHECK((until_then[writer] == 0 || (root && entries_of(*root).size() >= static_cast<std::size_t>(until_then[writer]))));
    }
  }
  ends = true;
  for (auto& one : pool) one.join();
  for (std::size_t writer = 0; writer != writers; ++writer) {
    auto const entries = entries_of(*connection.root(branch(writer)));
    REQUIRE(entries.size() == static_cast<std::size_t>(acknowledged[writer].load()));
    for (std::size_t i = 0; i != entries.size(); ++i) REQUIRE(entries[i] == std::to_string(i));
  }
}

}  // namespace cairn::test
