// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of a blob store, for any backend: one call in a TEST_CASE checks them all.
#pragma once

#include "laws/append_cost.hpp"
#include "laws/blob_words.hpp"
#include "laws/following.hpp"

#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::laws {

/// Every thread reads the root, then all try to replace it: in each round exactly one may succeed. The rounds make sure
/// of the contention that the law is about.
template <class Connection>
void check_fence(Connection& connection) {
  constexpr int threads = 5;
  constexpr int rounds = 20;
  commit(connection, "counter", Version{}, "0");
  std::barrier everybody{threads};
  std::atomic<int> committed = 0;
  std::atomic<int> conflicts = 0;
  auto const count_up = [&] {
    for (int round = 0; round != rounds; ++round) {
      auto const seen = connection.root("counter");
      if (!seen) throw std::runtime_error{"the counter's root is gone"};
      everybody.arrive_and_wait();
      auto writer = connection.begin();
      static_cast<void>(writer.put(bytes("a node")));
      auto const next = std::to_string(std::stoi(text(seen->state)) + 1);
      auto const result = writer.commit("counter", seen->version, bytes(next));
      if (result == CommitResult::committed) ++committed;
      if (result == CommitResult::conflict) ++conflicts;
      writer = connection.begin();  // a conflict keeps what was put, and with it perhaps the store
      everybody.arrive_and_wait();
    }
  };
  Crew crew;
  for (int thread = 0; thread != threads; ++thread) {
    crew.add([&] {
      try {
        count_up();
      } catch (...) {
        everybody.arrive_and_drop();  // the others don't wait for ever
        throw;
      }
    });
  }
  crew.join();
  CHECK(committed == rounds);
  CHECK(conflicts == rounds * (threads - 1));
  REQUIRE(connection.root("counter").has_value());
  CHECK(text(connection.root("counter")->state) == std::to_string(rounds));
}

/// Threads that append until they succeed lose nothing.
template <class Connection>
void check_no_append_is_lost(Connection& connection) {
  constexpr int threads = 4;
  constexpr int each = 25;
  commit(connection, "log", Version{}, "");
  Crew crew;
  for (int thread = 0; thread != threads; ++thread) {
    crew.add([&, thread] {
      for (int i = 0; i != each; ++i) {
        auto const frame = std::to_string(thread) + ":" + std::to_string(i);
        for (;;) {
          auto writer = connection.begin();
          auto const seen = connection.root("log");
          if (!seen) throw std::runtime_error{"the log's root is gone"};
          if (writer.append("log", seen->version, bytes(frame)) == CommitResult::committed) break;
        }
      }
    });
  }
  crew.join();
  auto const frames = tail_of(connection, "log");
  CHECK(frames.size() == threads * each);
  CHECK(std::set<std::string>(frames.begin(), frames.end()).size() == threads * each);
}

/// Does `work`, and ends the program where that never ends, after it has said `what` is wrong: a thread that waits for itself cannot be
/// ended, and ctest would only say that time was up. Nothing that is done here takes a hundredth of so long.
template <class Work>
void run_or_abort(char const* what, Work work) {
  auto done = std::async(std::launch::async, std::move(work));
  if (done.wait_for(std::chrono::minutes{2}) != std::future_status::ready) {
    static_cast<void>(std::fprintf(stderr, "%s\n", what));
    std::abort();  // Catch2 names the law
  }
  done.get();
}

/// Catch2 runs the enclosing TEST_CASE once for each law.
template <BlobStoreHarness Harness>
void check_blob_store() {
  using Backend = typename Harness::Backend;
  using Address = typename ConnectionOf<Backend>::Address;
  constexpr auto capabilities = Backend::capabilities;

  Harness harness;
  auto const config = harness.config();

  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);

  SECTION("a store is created once, connected to while it is there, and deleted any number of times") {
    Harness fresh;
    auto const life = fresh.config();
    CHECK(code_of([&] { static_cast<void>(Backend::connect_store(life)); }) == Errc::store_does_not_exist);
    Backend::delete_store(life);
    Backend::empty_store(life);
    {
      std::optional first{Backend::connect_store(life)};
      commit(*first, "main", Version{}, "state");
      if constexpr (capabilities.durable) first.reset();
      CHECK(code_of([&] { Backend::empty_store(life); }) == Errc::store_exists);
      if (!first) first.emplace(Backend::connect_store(life));
      CHECK(first->root("main").has_value());  // who is refused has changed nothing
    }
    Backend::delete_store(life);
    Backend::delete_store(life);
    CHECK(code_of([&] { static_cast<void>(Backend::connect_store(life)); }) == Errc::store_does_not_exist);
    Backend::empty_store(life);
    {
      auto again = Backend::connect_store(life);
      CHECK(again.roots().empty());  // what was deleted does not come back
      CHECK_FALSE(again.root("main").has_value());
    }
    Backend::delete_store(life);
  }

  SECTION("of those who create one store at once, one does, and the others hear that it is there") {
    for (int round = 0; round != 5; ++round) {
      Harness fresh;
      auto const life = fresh.config();
      constexpr int threads = 3;
      std::barrier everybody{threads};
      std::atomic<int> created = 0;
      std::atomic<int> refused = 0;
      Crew crew;
      for (int thread = 0; thread != threads; ++thread) {
        crew.add([&] {
          everybody.arrive_and_wait();
          try {
            Backend::empty_store(life);
            ++created;
          } catch (Error const& error) {
            if (error.code() != Errc::store_exists) throw;
            ++refused;
          }
        });
      }
      crew.join();
      CHECK(created == 1);
      CHECK(refused == threads - 1);
      CHECK(Backend::connect_store(life).roots().empty());
      Backend::delete_store(life);
    }
  }

  SECTION("an empty store has no roots") {
    CHECK(connection.roots().empty());
    CHECK_FALSE(connection.root("main").has_value());
  }

  SECTION("an address that was never given is an error, not an empty answer") {
    CHECK(code_of([&] { static_cast<void>(connection.read(Address{})); }).has_value());
  }

  SECTION("what was put is read back after the commit, whatever its size") {
    auto writer = connection.begin();
    std::vector<std::pair<Address, std::string>> written;
    unsigned seed = 0;
    for (std::size_t const size : std::initializer_list<std::size_t>{0, 1, 7, 8, 9, 4096, 65537, 16 << 20, 3}) {
      auto content = pattern(size, ++seed);
      auto const address = writer.put(bytes(content));
      written.emplace_back(address, std::move(content));
    }
    auto const result = writer.commit("main", Version{}, bytes("state"));
    REQUIRE(result == CommitResult::committed);
    for (auto const& [address, content] : written) CHECK(difference(text(connection.read(address)), content) == "");
    CHECK(text(connection.root("main")->state) == "state");
  }

  SECTION("more blobs than any buffer holds go with one commit") {
    auto writer = connection.begin();
    std::vector<Address> addresses;
    for (unsigned i = 0; i != 300; ++i) addresses.push_back(writer.put(bytes(pattern(64 << 10, i))));
    REQUIRE(writer.commit("main", Version{}, bytes("big")) == CommitResult::committed);
    for (unsigned i = 0; i != 300; ++i) REQUIRE(difference(text(connection.read(addresses[i])), pattern(64 << 10, i)) == "");
  }

  SECTION("ten thousand blobs go with one commit") {
    constexpr unsigned number = 10'000;
    auto const content = [](unsigned i) { return pattern(20 + i % 200, i); };
    auto writer = connection.begin();
    std::vector<Address> addresses;
    for (unsigned i = 0; i != number; ++i) addresses.push_back(writer.put(bytes(content(i))));
    REQUIRE(writer.commit("main", Version{}, bytes("many")) == CommitResult::committed);
    unsigned const step = capabilities.sharing == Sharing::network ? 37 : 1;
    for (unsigned i = 0; i < number; i += step) REQUIRE(difference(text(connection.read(addresses[i])), content(i)) == "");
  }

  SECTION("who claims that reads copy nothing gives the same bytes twice") {
    auto writer = connection.begin();
    auto const address = writer.put(bytes(pattern(5000)));
    REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
    auto const first = connection.read(address);
    auto const second = connection.read(address);
    if constexpr (capabilities.zero_copy_reads) CHECK(first.view().data() == second.view().data());
    CHECK(difference(text(first), pattern(5000)) == "");
    CHECK(difference(text(second), pattern(5000)) == "");
  }

  if constexpr (capabilities.durable_append) {
    SECTION("who claims that an append costs its own bytes does not write the tail again") { check_append_cost(connection); }
  }

  SECTION("states and frames may be empty or big") {
    auto const big = pattern(3 << 20);
    auto version = commit(connection, "main", Version{}, "");
    CHECK(connection.root("main")->state.empty());
    version = append(connection, "main", version, "");
    version = append(connection, "main", version, big);
    CHECK((tail_of(connection, "main") == std::vector<std::string>{"", big}));
    commit(connection, "main", version, big);
    CHECK((text(connection.root("main")->state) == big));
  }

  SECTION("a commit replaces the state and empties the tail; an append adds to its end") {
    auto version = commit(connection, "main", Version{}, "one");
    CHECK(connection.root("main")->version == version);
    version = append(connection, "main", version, "a");
    version = append(connection, "main", version, "b");
    CHECK(text(connection.root("main")->state) == "one");
    CHECK(tail_of(connection, "main") == std::vector<std::string>{"a", "b"});
    CHECK(connection.root("main")->version == version);
    version = commit(connection, "main", version, "two");
    CHECK(text(connection.root("main")->state) == "two");
    CHECK(tail_of(connection, "main").empty());
    CHECK(connection.root("main")->version == version);
  }

  SECTION("an append where there is no root and none is expected begins one") {
    append(connection, "main", Version{}, "first");
    CHECK(connection.root("main")->state.empty());
    CHECK(tail_of(connection, "main") == std::vector<std::string>{"first"});
  }

  SECTION("an append takes what was put along") {
    auto writer = connection.begin();
    auto const address = writer.put(bytes("node"));
    REQUIRE(writer.append("main", Version{}, bytes("frame")) == CommitResult::committed);
    CHECK(text(connection.read(address)) == "node");
  }

  SECTION("a conflict leaves no trace, and what was put can be committed after it") {
    auto const first = commit(connection, "main", Version{}, "one");
    auto const second = append(connection, "main", first, "a");
    for (auto const& expected : {first, Version{}}) {
      auto writer = connection.begin();
      CHECK(writer.commit("main", expected, bytes("lost")) == CommitResult::conflict);
      CHECK(writer.append("main", expected, bytes("lost")) == CommitResult::conflict);
      CHECK(writer.drop("main", expected) == CommitResult::conflict);
    }
    {
      auto writer = connection.begin();
      CHECK(writer.commit("other", first, bytes("lost")) == CommitResult::conflict);
      CHECK(writer.append("other", first, bytes("lost")) == CommitResult::conflict);
    }
    auto const record = connection.root("main");
    REQUIRE(record.has_value());
    CHECK(record->version == second);
    CHECK(text(record->state) == "one");
    CHECK(tail_of(connection, "main") == std::vector<std::string>{"a"});
    CHECK(connection.roots() == std::vector<std::string>{"main"});

    auto writer = connection.begin();
    auto const address = writer.put(bytes("kept"));
    CHECK(writer.commit("main", first, bytes("two")) == CommitResult::conflict);
    REQUIRE(writer.commit("main", second, bytes("two")) == CommitResult::committed);
    CHECK(text(connection.read(address)) == "kept");
    CHECK(text(connection.root("main")->state) == "two");
  }

  if constexpr (KeyedBlobStore<ConnectionOf<Backend>>) {
    SECTION("what was put at an address is read there, and what is put there later replaces it") {
      auto writer = connection.begin();
      auto const address = writer.put(bytes("first"));
      auto const done = writer.commit("main", Version{}, bytes("state"));
      REQUIRE(done == CommitResult::committed);
      writer.put(address, bytes("second"));
      REQUIRE(writer.append("main", done.version, bytes("frame")) == CommitResult::committed);
      CHECK(text(connection.read(address)) == "second");
    }
  }

  if constexpr (ReservingBlobStore<ConnectionOf<Backend>>) {
    SECTION("an address that was reserved is nobody else's") {
      auto writer = connection.begin();
      auto other = connection.begin();
      std::vector<Address> addresses;
      for (int i = 0; i != 200; ++i) addresses.push_back(i % 4 == 0 ? writer.reserve() : i % 4 == 1 ? other.reserve() : (i % 4 == 2 ? writer : other).put({}));
      for (std::size_t i = 0; i != addresses.size(); ++i) {
        for (std::size_t j = i + 1; j != addresses.size(); ++j) REQUIRE_FALSE(addresses[i] == addresses[j]);
      }
      writer.put(addresses[0], bytes("reserved"));
      REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
      CHECK(text(connection.read(addresses[0])) == "reserved");
    }
  }

  SECTION("a writer may be used again after a success") {
    auto writer = connection.begin();
    auto const one = writer.put(bytes("one"));
    auto const first = writer.commit("main", Version{}, bytes("1"));
    REQUIRE(first == CommitResult::committed);
    auto const two = writer.put(bytes("two"));
    REQUIRE(writer.append("main", first.version, bytes("2")) == CommitResult::committed);
    CHECK(text(connection.read(one)) == "one");
    CHECK(text(connection.read(two)) == "two");
  }

  SECTION("a writer that is destroyed without a commit leaves nothing") {
    auto const version = commit(connection, "main", Version{}, "state");
    {
      auto writer = connection.begin();
      for (unsigned i = 0; i != 5; ++i) static_cast<void>(writer.put(bytes(pattern(4 << 20, i))));
      auto moved = std::move(writer);
      static_cast<void>(moved.put(bytes("more")));
    }
    CHECK(connection.root("main")->version == version);
    CHECK(connection.roots() == std::vector<std::string>{"main"});
    append(connection, "main", version, "frame");
    CHECK(tail_of(connection, "main") == std::vector<std::string>{"frame"});
  }

  SECTION("no version comes again, not even for the same bytes or after a drop") {
    std::set<std::string> tokens;
    Version version;
    for (int i = 0; i != 5; ++i) {
      version = commit(connection, "main", version, "same");
      CHECK(tokens.insert(version.token()).second);
      version = append(connection, "main", version, "same");
      CHECK(tokens.insert(version.token()).second);
    }
    auto writer = connection.begin();
    REQUIRE(writer.drop("main", version) == CommitResult::committed);
    CHECK(tokens.insert(commit(connection, "main", Version{}, "same").token()).second);
  }

  SECTION("roots are listed, independent, and gone when they are dropped") {
    auto const left = commit(connection, "left", Version{}, "l");
    auto const right = commit(connection, "right", Version{}, "r");
    CHECK(connection.roots() == std::vector<std::string>{"left", "right"});
    auto const middle = append(connection, "middle", Version{}, "only a frame");
    CHECK(connection.roots() == std::vector<std::string>{"left", "middle", "right"});
    REQUIRE(connection.begin().drop("middle", middle) == CommitResult::committed);
    auto writer = connection.begin();
    auto const dropped = writer.drop("left", left);
    CHECK(dropped == CommitResult::committed);
    CHECK(dropped.version.absent());
    CHECK_FALSE(connection.root("left").has_value());
    CHECK(connection.roots() == std::vector<std::string>{"right"});
    CHECK(connection.root("right")->version == right);
    CHECK(writer.commit("left", left, bytes("back")) == CommitResult::conflict);
  }

  SECTION("a branch may have any name") {
    auto const names = hostile_names();
    for (auto const& name : names) {
      CAPTURE(name);  // a conflict: it is taken for one of those before it
      append(connection, name, commit(connection, name, Version{}, "s" + name), "f" + name);
    }
    for (auto const& name : names) {
      CHECK(text(connection.root(name)->state) == "s" + name);
      CHECK(tail_of(connection, name) == std::vector<std::string>{"f" + name});
    }
    auto listed = connection.roots();
    std::sort(listed.begin(), listed.end());
    auto sorted = names;
    std::sort(sorted.begin(), sorted.end());
    CHECK(listed == sorted);
  }

  SECTION("a sweep keeps what is live, what is young, and every root") {
    Version version;
    std::vector<Address> live;
    std::vector<Address> dead;
    for (unsigned i = 0; i != 40; ++i) {
      auto writer = connection.begin();
      (i % 8 == 0 ? live : dead).push_back(writer.put(bytes(pattern(1000, i))));
      auto const result = writer.commit("main", version, bytes("state " + std::to_string(i)));
      REQUIRE(result == CommitResult::committed);
      version = result.version;
    }
    version = append(connection, "main", version, "frame");
    auto const check_all = [&] {
      for (unsigned i = 0; i != 40; ++i) {
        auto const& address = i % 8 == 0 ? live[i / 8] : dead[i - i / 8 - 1];
        REQUIRE(difference(text(connection.read(address)), pattern(1000, i)) == "");
      }
    };
    connection.sweep([](Address const&) { return false; }, TimePoint{});
    check_all();
    connection.sweep([](Address const&) { return true; }, TimePoint::max());
    check_all();
    connection.sweep(
        [&](Address const& address) {
          return std::any_of(live.begin(), live.end(), [&](Address const& one) { return blob_place(one) == blob_place(address); });
        },
        TimePoint::max());
    for (unsigned i = 0; i != live.size(); ++i) CHECK(difference(text(connection.read(live[i])), pattern(1000, i * 8)) == "");
    connection.sweep([](Address const&) { return false; }, TimePoint::max());
    // What is gone may still be read, or not; nothing else is read in its place, not even where room was given back.
    auto const check_gone = [&] {
      for (unsigned i = 0; i != 40; ++i) {
        auto const& address = i % 8 == 0 ? live[i / 8] : dead[i - i / 8 - 1];
        std::optional<std::string> found;
        try {
          found = text(connection.read(address));
        } catch (Error const& error) {
          CHECK((is_absent_blob(error) || error.code() == Errc::store_corrupt));  // and no fault that passes
        }
        CHECK((!found || *found == pattern(1000, i)));
      }
    };
    check_gone();
    {
      auto writer = connection.begin();
      for (unsigned i = 0; i != 40; ++i) {
        auto const address = writer.put(bytes(pattern(1000, 100 + i)));
        CHECK(std::find(live.begin(), live.end(), address) == live.end());
        CHECK(std::find(dead.begin(), dead.end(), address) == dead.end());
      }
      auto const result = writer.append("main", version, bytes("more"));
      REQUIRE(result == CommitResult::committed);
      version = result.version;
    }
    check_gone();
    CHECK(text(connection.root("main")->state) == "state 39");
    CHECK(tail_of(connection, "main") == std::vector<std::string>{"frame", "more"});
    append(connection, "main", version, "after");
  }

  SECTION("what a sweep asks may read this very store") {
    auto writer = connection.begin();
    auto const kept = writer.put(bytes(pattern(4000)));
    for (unsigned i = 0; i != 40; ++i) static_cast<void>(writer.put(bytes(pattern(4000, 2 + i))));
    REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
    bool is_read = true;
    run_or_abort("sweep(live, cutoff) never comes to an end where `live` reads the store: call it without a lock", [&] {
      connection.sweep(
          [&](Address const& address) {
            is_read = is_read && text(connection.read(kept)) == pattern(4000) && text(connection.root("main")->state) == "state" &&
                      connection.roots() == std::vector<std::string>{"main"};
            return blob_place(address) == blob_place(kept);
          },
          TimePoint::max());
    });
    CHECK(is_read);
    CHECK(difference(text(connection.read(kept)), pattern(4000)) == "");
  }

  SECTION("bytes outlive the connection that read them") {
    auto writer = connection.begin();
    auto const address = writer.put(bytes("kept"));
    REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
    auto const held = [&] {
      auto const gone = Backend::connect_store(config);
      return std::pair{gone.read(address), gone.root("main")->state};
    };
    if constexpr (capabilities.sharing != Sharing::connection) {
      auto const [node, state] = held();
      CHECK(text(node) == "kept");
      CHECK(text(state) == "state");
    }
  }

  SECTION("bytes outlive their blobs, however much room a collection gives back") {
    auto writer = connection.begin();
    std::vector<Address> addresses;
    for (unsigned i = 0; i != 300; ++i) addresses.push_back(writer.put(bytes(pattern(5000, i))));
    REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
    std::vector<decltype(connection.read(addresses[0]))> held;
    for (std::size_t i = 0; i != addresses.size(); i += 10) held.push_back(connection.read(addresses[i]));
    for (int round = 0; round != 2; ++round) connection.sweep([](Address const&) { return false; }, TimePoint::max());
    for (std::size_t i = 0; i != held.size(); ++i) REQUIRE(difference(text(held[i]), pattern(5000, static_cast<unsigned>(i * 10))) == "");
  }

  SECTION("of writers that saw the same root one commits and the others get a conflict") { check_fence(connection); }

  SECTION("no append is lost") { check_no_append_is_lost(connection); }

  SECTION("threads read on one connection, each what it asks for, while another writes") {
    constexpr unsigned blobs = 60;
    constexpr unsigned readers = 4;
    constexpr unsigned reads = capabilities.sharing == Sharing::network ? blobs : 3 * blobs;
    auto writer = connection.begin();
    std::vector<Address> addresses;
    for (unsigned i = 0; i != blobs; ++i) addresses.push_back(writer.put(bytes(pattern(100 + i * 50, i))));
    auto const first = writer.commit("main", Version{}, bytes("state"));
    REQUIRE(first == CommitResult::committed);
    std::atomic<unsigned> reading = readers;
    std::mutex mutex;
    std::set<std::string> wrong;
    Crew crew;
    for (unsigned reader = 0; reader != readers; ++reader) {
      crew.add([&, reader] {
        struct Leaving {  // also by an error
          std::atomic<unsigned>& reading;
          ~Leaving() { --reading; }
        } const leaving{reading};
        for (unsigned i = 0; i != reads; ++i) {
          auto const which = (i + reader * 17) % blobs;
          auto fault = difference(text(connection.read(addresses[which])), pattern(100 + which * 50, which));
          if (connection.roots() != std::vector<std::string>{"main"}) fault = "another list of roots";
          if (fault.empty()) continue;
          std::lock_guard const guard{mutex};
          wrong.insert(std::move(fault));
        }
      });
    }
    auto version = first.version;
    for (unsigned i = 0; reading != 0; ++i) {
      auto more = connection.begin();
      static_cast<void>(more.put(bytes(pattern(3000, blobs + i))));
      auto const result = more.append("main", version, bytes("frame"));
      REQUIRE(result == CommitResult::committed);
      version = result.version;
    }
    crew.join();
    CHECK(wrong == std::set<std::string>{});
  }

  SECTION("readers see whole states while a writer writes") {
    // Each state is one letter, and the frame behind it is the same.
    constexpr int looks_wanted = 20;
    std::map<std::string, std::string> written;  // by version: the state and its tail
    std::map<std::string, std::string> seen;
    std::atomic<bool> done = false;
    std::atomic<bool> torn = false;
    std::atomic<int> looks = 0;
    auto version = commit(connection, "main", Version{}, std::string(100, 'a'));
    written[version.token()] = std::string(100, 'a');
    Crew crew;
    crew.add([&] {
      try {
        for (; !done; ++looks) {
          auto const root = connection.root("main");
          if (!root) throw std::runtime_error{"the root is gone"};
          auto shown = text(root->state);
          if (shown.size() != 100 || shown.find_first_not_of(shown[0]) != std::string::npos) torn = true;
          for (auto const& frame : root->tail) shown += text(frame);
          seen[root->version.token()] = shown;
        }
      } catch (...) {
        looks = looks_wanted;
        throw;
      }
    });
    try {
      for (int i = 0; i < 50 || looks < looks_wanted; ++i) {
        auto const letter = static_cast<char>('b' + i % 20);
        version = commit(connection, "main", version, std::string(100, letter));
        written[version.token()] = std::string(100, letter);
        version = append(connection, "main", version, std::string(1, letter));
        written[version.token()] = std::string(101, letter);
      }
    } catch (...) {
      done = true;
      throw;
    }
    done = true;
    crew.join();
    CHECK_FALSE(torn);
    for (auto const& [token, shown] : seen) CHECK(written[token] == shown);
  }

  if constexpr (capabilities.sharing != Sharing::connection) {
    SECTION("two connections see each other's commits and are fenced against each other") {
      auto other = Backend::connect_store(config);
      auto const first = commit(connection, "main", Version{}, "one");
      // Both have seen it before the other changes it.
      CHECK(connection.root("main")->version == first);
      CHECK(other.root("main")->version == first);
      auto writer = other.begin();
      auto const address = writer.put(bytes("node"));
      auto const second = writer.commit("main", first, bytes("two"));
      REQUIRE(second == CommitResult::committed);
      CHECK(connection.root("main")->version == second.version);
      CHECK(text(connection.root("main")->state) == "two");
      CHECK(other.root("main")->version == second.version);
      CHECK(text(connection.read(address)) == "node");
      auto stale = connection.begin();
      CHECK(stale.commit("main", first, bytes("lost")) == CommitResult::conflict);
      append(connection, "main", second.version, "frame");
      CHECK(tail_of(other, "main") == std::vector<std::string>{"frame"});
      REQUIRE(other.begin().drop("main", other.root("main")->version) == CommitResult::committed);
      CHECK(connection.roots().empty());
    }

    SECTION("who follows a root sees what others add to it, replace and begin anew") {
      auto reader = Backend::connect_store(config);
      check_following(connection, reader);
    }
  }

  if constexpr (capabilities.durable) {
    SECTION("everything is there after the last connection is gone") {
      std::vector<Address> addresses;
      Version version;
      {
        auto mine = std::move(connection);
        for (unsigned i = 0; i != 10; ++i) {
          auto writer = mine.begin();
          addresses.push_back(writer.put(bytes(pattern(3000, i))));
          auto const result = writer.commit("main", version, bytes("state " + std::to_string(i)));
          REQUIRE(result == CommitResult::committed);
          version = append(mine, "main", result.version, "frame " + std::to_string(i));
        }
        append(mine, "side", Version{}, "frame");
        if constexpr (requires { Backend::release_store(config, mine); }) Backend::release_store(config, mine);
      }
      auto const again = Backend::connect_store(config);
      CHECK(again.root("main")->version == version);
      CHECK(text(again.root("main")->state) == "state 9");
      CHECK(tail_of(again, "main") == std::vector<std::string>{"frame 9"});
      CHECK(tail_of(again, "side") == std::vector<std::string>{"frame"});
      for (unsigned i = 0; i != 10; ++i) CHECK(difference(text(again.read(addresses[i])), pattern(3000, i)) == "");
    }

    SECTION("no address and no version comes again after the last connection is gone") {
      // What had the highest of them is not there any more.
      std::vector<Address> addresses;
      std::set<std::string> tokens;
      {
        auto mine = std::move(connection);
        auto writer = mine.begin();
        for (unsigned i = 0; i != 10; ++i) addresses.push_back(writer.put(bytes(pattern(1000, i))));
        auto const result = writer.commit("main", Version{}, bytes("state"));
        REQUIRE(result == CommitResult::committed);
        tokens.insert(result.version.token());
        auto const version = append(mine, "main", result.version, "frame");
        tokens.insert(version.token());
        REQUIRE(mine.begin().drop("main", version) == CommitResult::committed);
        mine.sweep([](Address const&) { return false; }, TimePoint::max());
        if constexpr (requires { Backend::release_store(config, mine); }) Backend::release_store(config, mine);
      }
      auto again = Backend::connect_store(config);
      auto writer = again.begin();
      for (unsigned i = 0; i != 10; ++i) {
        bool const is_new = std::find(addresses.begin(), addresses.end(), writer.put(bytes(pattern(1000, 100 + i)))) == addresses.end();
        CHECK(is_new);
      }
      auto const result = writer.commit("main", Version{}, bytes("state"));
      REQUIRE(result == CommitResult::committed);
      CHECK(tokens.insert(result.version.token()).second);
      CHECK(tokens.insert(append(again, "main", result.version, "frame").token()).second);
    }
  }
}

}  // namespace cairn::laws
