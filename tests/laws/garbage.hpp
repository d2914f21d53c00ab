// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a collection of garbage may and may not do to a database, whatever the backend.
#pragma once

#include "laws/database.hpp"
#include "laws/processes.hpp"

#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/store/garbage.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unordered_set>
#include <vector>

namespace cairn::laws {

inline constexpr std::chrono::milliseconds at_once{0};

// How often processes meet. In short, where two backends of a run meet as often as any stranger's do, a third of that.
#ifdef CAIRN_LAWS_IN_SHORT
inline constexpr std::int64_t commits_beside_collections = 10;
inline constexpr unsigned collections_beside_commits = 4;
inline constexpr unsigned killed_collections = 2;
#else
inline constexpr std::int64_t commits_beside_collections = 30;
inline constexpr unsigned collections_beside_commits = 10;
inline constexpr unsigned killed_collections = 6;
#endif

/// Entities `first` to `last`, each with a text that was never there before.
inline std::string new_texts(std::size_t first, std::size_t last, unsigned seed) {
  std::mt19937 random{seed};
  std::string data = "[";
  for (auto number = first; number != last; ++number) {
    data += "{:n " + std::to_string(number) + " :text \"";
    for (int i = 0; i != 40; ++i) data += static_cast<char>('a' + random() % 26);
    data += "\"}";
  }
  return data + "]";
}

/// A reader that holds a value through ten collections reads it whole; what nobody needs is dead after each, and what anybody needs is
/// not.
template <BlobStoreHarness Harness>
void check_garbage() {
  using Store = cairn::Store<typename Harness::Backend>;
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  auto connection = Store::connect(config);
  connection.transact(database_schema);
  connection.transact(new_texts(0, 1500, 0));
  connection.checkpoint();
  auto const held_facts = facts_of(connection.db().history());
  // Where that can be, of a connection that has read nothing of it yet.
  auto const held = [&] {
    if constexpr (Harness::Backend::capabilities.sharing == Sharing::connection) return connection.db();
    return Store::connect(config).db();
  }();
  std::uint64_t dead = 0;
  for (unsigned round = 1; round != 11; ++round) {
    // Some goes through the tail, some as a checkpoint, and some of it is there only in memory.
    connection.transact(new_texts(0, 1500, round));
    connection.checkpoint();
    connection.transact(new_texts(round * 100, round * 100 + 5, round));
    auto const current = facts_of(connection.db().history());
    auto const dry = connection.collect_garbage({.keep_for = at_once, .dry_run = true});
    auto const report = connection.collect_garbage({.keep_for = at_once});
    CHECK(report.branches == 1);
    CHECK(report.values >= 2);
    CHECK(report.live > 0);
    CHECK(dry.live > 0);
    dead += report.dead;
    CHECK((facts_of(connection.db().history()) == current));
    if (round % 5 != 0 || Harness::Backend::capabilities.sharing == Sharing::connection) continue;
    // Whoever comes new reads all of it from the store.
    auto const other = Store::connect(config);
    CHECK((facts_of(other.db().history()) == current));
    CHECK(verify(other.db()).current == other.db().size());
  }
  CHECK(dead > 0);
  CHECK((facts_of(held.history()) == held_facts));
  CHECK(verify(held).current == held.size());
}

/// Threads that transact, and one that collects, get in each other's way without harm.
template <BlobStoreHarness Harness>
void check_garbage_beside_writers() {
  using Store = cairn::Store<typename Harness::Backend>;
  constexpr std::size_t threads = 3;
  constexpr std::size_t each = 12;
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  std::vector<typename Store::Connection> connections;
  connections.push_back(Store::connect(config));
  connections.front().transact(database_schema);
  if (Harness::Backend::capabilities.sharing != Sharing::connection) connections.push_back(Store::connect(config));
  std::atomic<std::size_t> writing = threads;
  std::atomic<std::size_t> transactions = 0;
  Crew crew;
  for (std::size_t thread = 0; thread != threads; ++thread) {
    crew.add([&, thread] {
      struct Leaving {  // also by an error
        std::atomic<std::size_t>& writing;
        ~Leaving() { --writing; }
      } const leaving{writing};
      auto& mine = connections[thread % connections.size()];
      // Checkpoints of collections may overtake who cannot hold the store again and again: then nothing has changed.
      auto const transact = [&](std::string const& data) {
        for (;;) {
          try {
            mine.transact(data);
            ++transactions;
            return;
          } catch (Error const& error) {
            if (error.code() != Errc::commit_conflict) throw;
          }
        }
      };
      for (std::size_t i = 0; i != each; ++i) {
        transact(new_texts(0, 200, static_cast<unsigned>(thread * each + i)));
        transact("[{:n " + std::to_string(1000 + thread * each + i) + "}]");
        if (i % 4 == 3) mine.checkpoint();
        static_cast<void>(facts_of(mine.db()));
      }
    });
  }
  for (bool is_last = false; !is_last;) {
    is_last = writing == 0;
    auto const before = transactions.load();
    connections.back().collect_garbage({.keep_for = at_once});
    while (writing != 0 && transactions == before) std::this_thread::yield();  // who collects without a pause lets nobody commit
  }
  crew.join();
  connections.clear();
  auto const again = Store::connect(config);
  CHECK(numbers_of(again.db()).size() == 200 + threads * each);
  CHECK(verify(again.db()).current == again.db().size());
}

/// Another process writes while this one collects all that is garbage; and one that collects is killed.
template <BlobStoreHarness Harness>
void check_garbage_beside_processes() {
  using Store = cairn::Store<typename Harness::Backend>;
  auto const seed = Catch::getSeed();
  CAPTURE(seed);
  std::mt19937 random{seed};
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  {
    auto connection = Store::connect(config);
    connection.transact(database_schema);
  }
  SECTION("what other processes commit meanwhile is whole, and what they hold for as long as is kept") {
    constexpr auto transactions = commits_beside_collections;
    Child reader{[&](int out) {
      auto connection = Store::connect(config);
      connection.transact(new_texts(0, 800, 7));
      connection.checkpoint();
      auto const held = connection.db();
      auto const size = held.size();
      tell(out, 1);
      // The parent says so when it has collected.
      while (!connection.sync().entid(lookup(":n", 5000))) std::this_thread::sleep_for(std::chrono::milliseconds{5});
      if (verify(held).current != size) throw std::runtime_error{"something is gone"};
      tell(out, 2);
    }};
    REQUIRE(reader.hear() == 1);
    Child writer{[&](int out) {
      auto connection = Store::connect(config);
      for (std::int64_t i = 0; i != transactions; ++i) {
        connection.transact(new_texts(0, 800, static_cast<unsigned>(100 + i)));
        if (i % 3 == 2) connection.checkpoint();
        tell(out, i);
      }
    }};
    REQUIRE(writer.hear() == 0);
    {
      auto connection = Store::connect(config);
      for (unsigned round = 0; round != collections_beside_commits; ++round) {
        connection.transact(new_texts(round % 4 * 200, round % 4 * 200 + 200, 20 + round));
        connection.checkpoint();
        connection.collect_garbage({.keep_for = std::chrono::hours{1}});
      }
      connection.transact("[{:n 5000}]");
      REQUIRE(reader.hear() == 2);
      std::int64_t heard = 0;
      while (auto const number = writer.hear()) {
        heard = *number;
        connection.collect_garbage({.keep_for = at_once});
      }
      CHECK(heard == transactions - 1);
    }
    reader.wait();
    CHECK(reader.ended_well());
    writer.wait();
    CHECK(writer.ended_well());
    auto const connection = Store::connect(config);
    CHECK(numbers_of(connection.db()).size() == 801);
    CHECK(verify(connection.db()).current == connection.db().size());
  }
  SECTION("one that is killed has removed garbage only, and the next one removes the rest") {
    std::vector<Datom> facts;
    for (unsigned round = 0; round != killed_collections; ++round) {
      {
        auto connection = Store::connect(config);
        for (unsigned i = 0; i != 3; ++i) {
          connection.transact(new_texts(0, 1000, round * 3 + i));
          connection.checkpoint();
        }
        facts = facts_of(connection.db());
      }
      Child collector{[&](int out) {
        auto connection = Store::connect(config);
        GarbageOptions options{.keep_for = at_once};
        options.progress = [&](GarbageProgress const&) { tell(out, 0); };
        for (;;) {
          connection.collect_garbage(options);
          tell(out, 1);
        }
      }};
      for (auto heard = 1 + random() % 6; heard != 0; --heard) REQUIRE(collector.hear().has_value());
      collector.kill();
      CHECK(collector.was_killed());
      auto connection = Store::connect(config);
      CHECK((facts_of(connection.db()) == facts));
      connection.collect_garbage({.keep_for = at_once});
      CHECK(verify(connection.db()).current == connection.db().size());
      CHECK((facts_of(connection.db()) == facts));
    }
  }
}

/// What files take of the medium; holes take nothing, and room that was set aside behind their ends is not counted.
inline std::uintmax_t bytes_below(std::filesystem::path const& directory) {
  std::uintmax_t bytes = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{directory}) {
    struct stat status {};
    if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &status) != 0) continue;
    bytes += (std::min)(static_cast<std::uintmax_t>(status.st_size), static_cast<std::uintmax_t>(status.st_blocks) * 512);
  }
  return bytes;
}

/// How many of the texts are somewhere in the files of a directory.
inline std::size_t found_in_files(std::filesystem::path const& directory, std::vector<std::string> const& texts) {
  std::string all;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{directory}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file{entry.path(), std::ios::binary};
    all.append(std::istreambuf_iterator<char>{file}, {}).push_back('\n');
  }
  return static_cast<std::size_t>(std::ranges::count_if(texts, [&](std::string const& text) { return all.find(text) != std::string::npos; }));
}

/// What was purged and then collected cannot be found on the disk any more: not in the database as it is, nor in what was there before.
template <BlobStoreHarness Harness>
void check_erasing() {
  using Store = cairn::Store<typename Harness::Backend>;
  Harness harness;
  auto const config = harness.config();
  std::vector<std::string> secrets;
  Store::create(config);
  auto connection = Store::connect(config);
  connection.transact(database_schema);
  for (unsigned round = 0; round != 4; ++round) {
    connection.transact(new_texts(round * 500, round * 500 + 500, round));
    std::string data = "[";
    for (unsigned i = 0; i != 10; ++i) {
      secrets.push_back("secret" + new_texts(0, 1, 1000 + round * 10 + i).substr(14, 30));
      data += "{:n " + std::to_string(5000 + round * 10 + i) + " :text \"" + secrets.back() + "\"}";
    }
    connection.transact(data + "]");
    // One is replaced before it is purged, and so only history has it.
    connection.transact("[{:n " + std::to_string(5000 + round * 10) + " :text \"nothing\"}]");
    if (round % 2 == 0) connection.checkpoint();
  }
  // A layer may hide them; then it is only seen that nothing else is lost.
  constexpr std::string_view id = Harness::Backend::backend_id;
  constexpr bool is_encrypted = id.find("encrypted") != id.npos;
  constexpr bool is_compressed = id.find("compressed") != id.npos;  // what shrinks
  auto const found = found_in_files(harness.place.path(), secrets);
  CHECK(((found == (is_encrypted ? 0 : secrets.size())) || (is_compressed && !is_encrypted)));
  std::string purge = "[";
  for (unsigned i = 0; i != secrets.size(); ++i) purge += "[:db.purge/entity [:n " + std::to_string(5000 + i) + "]]";
  connection.transact(purge + "]");
  auto const facts = facts_of(connection.db().history());
  connection.collect_garbage({.keep_for = at_once, .erase = true});
  CHECK(found_in_files(harness.place.path(), secrets) == 0);
  CHECK((facts_of(connection.db().history()) == facts));
  connection.release();
  CHECK(found_in_files(harness.place.path(), secrets) == 0);
  auto const again = Store::connect(config);
  CHECK((facts_of(again.db().history()) == facts));
  CHECK(verify(again.db()).current == again.db().size());
}

/// Whether it can be told how much room a store takes: it is on this disk, or a function `room_of(config)` beside its `Config` knows.
template <class Backend>
inline constexpr bool tells_room = requires(typename Backend::Config const& config) { room_of(config); } ||
                                   (Backend::capabilities.durable && Backend::capabilities.sharing != Sharing::network && BlobStoreListsBlobs<ConnectionOf<Backend>>);

/// The room that a harness's store takes.
template <BlobStoreHarness Harness>
std::uintmax_t room_taken(Harness const& harness, typename Harness::Backend::Config const& config) {
  if constexpr (requires { room_of(config); }) {
    return room_of(config);
  } else {
    return bytes_below(harness.place.path());
  }
}

/// The room of a store that has nothing but the nodes of a database.
template <BlobStoreHarness Harness, class Connection>
std::uintmax_t room_of_its_nodes(Connection& connection) {
  using Backend = typename Harness::Backend;
  std::unordered_set<NodeAddress> nodes;
  for_each_address(connection.db().snapshot(), [&](NodeAddress const& address) { nodes.insert(address); });
  Harness fresh;
  auto const config = fresh.config();
  Backend::empty_store(config);
  {
    auto other = Backend::connect_store(config);
    auto writer = other.begin();
    for (auto const& address : nodes) {
      static_cast<void>(writer.put(connection.blobs().read(address.template to<typename ConnectionOf<Backend>::Address>())));
    }
    REQUIRE(writer.commit("db", {}, bytes("state")) == CommitResult::committed);
    if constexpr (requires { Backend::release_store(config, other); }) Backend::release_store(config, other);
  }
  return room_taken(fresh, config);
}

/// A day in which everything is replaced twice, with a collection every hour: the most that was on the disk after one, as a part of what
/// is taken by what is alive.
template <BlobStoreHarness Harness>
double most_on_disk_in_a_day() {
  using Store = cairn::Store<typename Harness::Backend>;
  constexpr std::size_t entities = 20'000;
  constexpr std::size_t part = 420;
  Harness harness;
  auto const config = harness.config();
  Store::create(config, {.keep_history = false});
  auto connection = Store::connect(config);
  connection.transact(database_schema);
  for (std::size_t first = 0; first != entities; first += 2000) {
    connection.transact(new_texts(first, first + 2000, 0));
    connection.checkpoint();
    connection.collect_garbage({.keep_for = at_once});
  }
  std::uintmax_t most = 0;
  for (unsigned hour = 0; hour != 24; ++hour) {
    for (unsigned quarter = 0; quarter != 4; ++quarter) {
      auto const first = (hour * 4 + quarter) * part % (entities - part);
      connection.transact(new_texts(first, first + part, 1 + hour * 4 + quarter));
      if (quarter % 2 == 1) connection.checkpoint();
    }
    connection.collect_garbage({.keep_for = at_once});
    most = (std::max)(most, room_taken(harness, config));
  }
  return static_cast<double>(most) / static_cast<double>(room_of_its_nodes<Harness>(connection));
}

}  // namespace cairn::laws
