// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a database on a backend must do, whatever the backend: the same as one in memory, through reconnections, many writers and
// processes that are killed.
#pragma once

#include "laws/blob_store.hpp"
#include "laws/processes.hpp"
#include "laws/writers.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cairn::laws {

inline constexpr auto database_schema = R"([
  {:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :text :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :tag :db/valueType :db.type/keyword :db/cardinality :db.cardinality/many}
  {:db/ident :next :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])";

/// Everything that a view shows but the times of transactions, which no two databases share.
template <class Db>
std::vector<Datom> facts_of(Db const& db) {
  std::vector<Datom> facts;
  for (Datom const datom : db.datoms(eavt)) {
    if (datom.a != Keyword{":db/txInstant"}) facts.push_back(datom);
  }
  return facts;
}

/// The values of `:n`, which are different.
template <class Db>
std::vector<std::int64_t> numbers_of(Db const& db) {
  std::vector<std::int64_t> numbers;
  for (Datom const datom : db.datoms(avet, ":n")) numbers.push_back(datom.v.as_integer());
  return numbers;
}

/// Transactions of all kinds of sizes, each made of what it is to change.
class RandomTransactions {
 public:
  explicit RandomTransactions(std::uint32_t seed) : random_{seed} {}

  [[nodiscard]] std::string next() {
    switch (below(10)) {
      case 0: return "[[:db/retractEntity [:n " + known() + "]]]";
      case 1: return "[[:db/add [:n " + known() + "] :text \"" + std::string(below(20'000), 'x') + "\"]]";
      case 2: return "[[:db/add [:n " + known() + "] :next [:n " + known() + "]]]";
      case 3: return many(400);
      default: return many(1 + below(5));
    }
  }
  std::size_t below(std::size_t end) { return random_() % end; }

 private:
  /// A number that an entity has, or had until it was retracted: then the transaction is refused.
  std::string known() { return std::to_string(below(count_ + 1)); }
  std::string many(std::size_t size) {
    std::string text = "[{:n 0}";
    for (std::size_t i = 0; i != size; ++i) {
      auto const number = std::to_string(below(8) == 0 ? below(count_ + 1) : ++count_);
      text += " {:n " + number + " :text \"text " + std::to_string(below(50)) + "\" :tag [:a :b" + std::to_string(below(5)) + "]}";
    }
    return text + "]";
  }

  std::mt19937 random_;
  std::size_t count_ = 0;
};

/// A database on the backend and one in memory take the same transactions; whatever happens between them, they show the same.
template <BlobStoreHarness Harness>
void check_against_memory() {
  using Store = cairn::Store<typename Harness::Backend>;
  using Memory = cairn::Store<backends::mem::Backend>;
  auto const seed = Catch::getSeed();
  CAPTURE(seed);
  Harness harness;
  auto const config = harness.config();
  Memory::Config const memory_config{"laws-model"};
  Memory::destroy(memory_config);
  Memory::create(memory_config);
  Store::create(config);
  auto memory = Memory::connect(memory_config);
  std::optional connection{Store::connect(config)};
  RandomTransactions transactions{seed};
  auto const both = [&](std::string const& text) {
    std::string said;
    auto const outcome = [&](auto& on) {
      return code_of([&] {
        try {
          on.transact(text);
        } catch (Error const& error) {
          said = error.what();
          throw;
        }
      });
    };
    auto const expected = outcome(memory);
    said.clear();
    auto const found = outcome(*connection);
    INFO("It said: " << said);
    REQUIRE(found == expected);  // what follows would be another history
  };
  both(database_schema);
  both("[{:n 0}]");
  auto const old = connection->db();
  auto const old_facts = facts_of(old);
  for (int step = 0; step != 120; ++step) {
    both(transactions.next());
    if (transactions.below(10) == 0) connection->checkpoint();
    if (Harness::Backend::capabilities.sharing != Sharing::connection && transactions.below(10) == 0) {
      auto const other = Store::connect(config);
      CHECK((facts_of(other.db()) == facts_of(memory.db())));
    }
    if (transactions.below(15) == 0) {
      if (transactions.below(2) == 0) connection->release();  // else it is let go without a checkpoint
      connection.reset();
      connection.emplace(Store::connect(config));
    }
    if (step % 20 == 19) {
      CHECK((facts_of(connection->db()) == facts_of(memory.db())));
      CHECK((facts_of(connection->db().history()) == facts_of(memory.db().history())));
      auto const then = memory.db().max_tx() - static_cast<EntityId>(transactions.below(20));
      CHECK((facts_of(connection->db().as_of(then)) == facts_of(memory.db().as_of(then))));
    }
  }
  CHECK((facts_of(old) == old_facts));
  CHECK(verify(connection->db()).current == memory.db().size());
  connection->release();
  memory.release();
  Store::destroy(config);
  Memory::destroy(memory_config);
  CHECK_FALSE(Store::exists(config));
}

/// A root that a later release wrote is refused as such, however often, and stays as it is.
template <BlobStoreHarness Harness>
void check_later_root() {
  using Backend = typename Harness::Backend;
  using Store = cairn::Store<Backend>;
  constexpr std::size_t place_of_version = 8;  // docs/format.md
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  std::string later;
  Version version;
  {
    auto blobs = Backend::connect_store(config);
    auto const root = blobs.root("db");
    REQUIRE(root.has_value());
    later = text(root->state);
    REQUIRE(later.at(place_of_version) == static_cast<char>(format_version));
    ++later[place_of_version];
    version = commit(blobs, "db", root->version, later);
  }
  for (int i = 0; i != 2; ++i) CHECK(code_of([&] { static_cast<void>(Store::connect(config)); }) == Errc::store_format);
  auto const root = Backend::connect_store(config).root("db");
  REQUIRE(root.has_value());
  CHECK(root->version == version);
  CHECK((text(root->state) == later));
}

/// Threads on two connections transact until they succeed: nothing is lost, nothing is there twice.
template <BlobStoreHarness Harness>
void check_writing_threads() {
  using Store = cairn::Store<typename Harness::Backend>;
  constexpr int threads = 4;
  constexpr int each = 25;
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  std::vector<Connection<typename Harness::Backend>> connections;
  connections.push_back(Store::connect(config));
  connections.front().transact(database_schema);
  if (Harness::Backend::capabilities.sharing != Sharing::connection) connections.push_back(Store::connect(config));
  Crew crew;
  for (int thread = 0; thread != threads; ++thread) {
    crew.add([&, thread] {
      auto& mine = connections[static_cast<std::size_t>(thread) % connections.size()];
      for (int i = 0; i != each; ++i) mine.transact("[{:n " + std::to_string(thread * each + i) + "}]");
    });
  }
  crew.join();
  connections.clear();
  std::vector<std::int64_t> all(threads * each);
  for (std::size_t i = 0; i != all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  auto const again = Store::connect(config);
  CHECK((numbers_of(again.db()) == all));
}

/// A process that transacts is killed at any moment: what it was told is there, and what is there is a prefix of what it did.
/// With CAIRN_LONG in the environment it is killed 80 times.
template <BlobStoreHarness Harness>
void check_kills() {
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
  std::int64_t next = 0;
  int const kills = std::getenv("CAIRN_LONG") != nullptr ? 80 : 8;  // NOLINT(concurrency-mt-unsafe): reads only
  for (int round = 0; round != kills; ++round) {
    Child child{[&](int out) {
      auto connection = Store::connect(config);
      for (auto number = next;; ++number) {
        connection.transact("[{:n " + std::to_string(number) + " :text \"" + std::string(200, 'k') + "\"}]");
        if (number % 16 == 15) connection.checkpoint();
        tell(out, number);
      }
    }};
    // In the middle of whatever it does after some of them, a checkpoint now and then.
    auto last = next - 1;
    for (auto heard = 1 + random() % 40; heard != 0; --heard) {
      auto const number = child.hear();
      REQUIRE(number == last + 1);
      last = *number;
    }
    auto const told = child.kill();
    CHECK(child.was_killed());  // it did not end by itself
    auto const connection = Store::connect(config);
    auto const found = numbers_of(connection.db());
    auto const acknowledged = (told.empty() ? last : told.back()) + 1;
    CHECK(static_cast<std::int64_t>(found.size()) >= acknowledged);
    CHECK(static_cast<std::int64_t>(found.size()) <= acknowledged + 1);
    for (std::size_t i = 0; i != found.size(); ++i) CHECK(found[i] == static_cast<std::int64_t>(i));
    CHECK(verify(connection.db()).current == connection.db().size());
    next = static_cast<std::int64_t>(found.size());
  }
  CHECK(next > 0);
}

/// Eight processes transact at once, each on a connection of its own: every transaction is there once, made of what those before it left.
/// With CAIRN_LONG in the environment each makes 200. Prints how often they met, and how fast they were.
///
/// They begin together, four times or fifty, and each knows then what there was when it made its last one. So they have met, however the
/// system lets them run: of those who begin together, all have a part in the history before any of them goes on, and all but one are overtaken.
template <BlobStoreHarness Harness>
void check_writing_processes() {
  using Store = cairn::Store<typename Harness::Backend>;
  constexpr std::int64_t processes = 8;
  bool const at_length = std::getenv("CAIRN_LONG") != nullptr;  // NOLINT(concurrency-mt-unsafe): reads only
  std::int64_t const meetings = at_length ? 50 : 4;
  std::int64_t const at_once = at_length ? 4 : 2;
  NumberedWriters const writers{processes, meetings * at_once};
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  {
    auto connection = Store::connect(config);
    writers.begin(connection);
  }
  std::deque<Meeting> begin_together(static_cast<std::size_t>(meetings));
  std::vector<std::unique_ptr<Child>> children;
  for (std::int64_t process = 0; process != processes; ++process) {
    children.push_back(std::make_unique<Child>([&, process](int out) {
      auto connection = Store::connect(config);
      std::int64_t which = 0;
      for (auto& meeting : begin_together) {
        meeting.attend();
        for (std::int64_t i = 0; i != at_once; ++i) writers.transact(connection, process, which++);
      }
      tell(out, static_cast<std::int64_t>(connection.stats().commit_conflicts));
    }));
  }
  for (auto& meeting : begin_together) meeting.leave();
  std::int64_t conflicts = 0;
  auto const begun = std::chrono::steady_clock::now();
  for (auto& child : children) {
    auto const told = child->wait();
    CHECK(child->ended_well());
    for (auto const number : told) conflicts += number;
  }
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
  auto const connection = Store::connect(config);
  auto const db = connection.db();
  CHECK(writers.fault_at_the_end(db) == "");
  CHECK(verify(db).current == db.size());
  auto const turns = writers.turns(db);
  std::printf("%s: %lld transactions of %lld processes, %lld of them after another's, %.2f conflicts each, %.0f/s\n",
              std::string{Harness::Backend::backend_id}.c_str(), static_cast<long long>(writers.all()), static_cast<long long>(processes),
              static_cast<long long>(turns), static_cast<double>(conflicts) / static_cast<double>(writers.all()),
              static_cast<double>(writers.all()) / took.count());
  std::fflush(stdout);
  CHECK(turns >= meetings * (processes - 1));
  CHECK(conflicts >= meetings * (processes - 1));
}

/// Eight processes follow a writer and write nothing: each sees what it saw before and perhaps more, whole transactions, never a gap, and
/// at the end all. A value that one of them has kept is what it was. The writer goes on, eight times, when all have seen something new.
template <BlobStoreHarness Harness>
void check_followers() {
  using Store = cairn::Store<typename Harness::Backend>;
  constexpr std::size_t followers = 8;
  constexpr std::int64_t waits = 8;
  constexpr std::int64_t at_once = 5;
  constexpr std::int64_t transactions = waits * at_once;
  constexpr std::chrono::minutes patience{2};  // the writer may have failed: they end then, too
  NumberedWriters const writer{1, transactions};
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  {
    auto connection = Store::connect(config);
    writer.begin(connection);
  }
  std::vector<std::unique_ptr<Child>> children;
  for (std::size_t follower = 0; follower != followers; ++follower) {
    children.push_back(std::make_unique<Child>([&](int out) {
      auto connection = Store::connect(config);
      auto const require_whole = [&](auto const& db, std::int64_t at_least) {
        if (auto const fault = writer.fault_of(db); !fault.empty()) throw std::runtime_error{fault};
        auto const found = writer.count(db);
        if (found < at_least) throw std::runtime_error{"what was seen is gone"};
        return found;
      };
      std::vector kept{connection.db()};
      std::vector<std::int64_t> seen{0};
      tell(out, 0);
      auto last_news = std::chrono::steady_clock::now();
      while (seen.back() != transactions) {
        auto const db = connection.sync();
        auto const found = require_whole(db, seen.back());
        auto const now = std::chrono::steady_clock::now();
        if (found == seen.back()) {
          if (now - last_news > patience) throw std::runtime_error{"there is nothing new after " + std::to_string(found) + " transactions"};
          continue;
        }
        last_news = now;
        kept.push_back(db);
        seen.push_back(found);
        tell(out, found);
      }
      for (std::size_t i = 0; i != kept.size(); ++i) {
        if (require_whole(kept[i], 0) != seen[i]) throw std::runtime_error{"a value has changed"};
      }
    }));
  }
  // What each of them said that it saw.
  std::array<std::vector<std::int64_t>, followers> seen;
  auto const wait_until_all_saw = [&](std::int64_t at_least) {
    for (std::size_t i = 0; i != followers; ++i) {
      while (seen[i].empty() || seen[i].back() < at_least) {
        auto const number = children[i]->hear();
        REQUIRE(number.has_value());
        seen[i].push_back(*number);
      }
    }
  };
  wait_until_all_saw(0);
  auto connection = Store::connect(config);
  for (std::int64_t number = 0; number != transactions; ++number) {
    writer.transact(connection, 0, number);
    if (number % 16 == 15) connection.checkpoint();
    if (number % at_once == at_once - 1) wait_until_all_saw(number + 2 - at_once);
  }
  std::size_t least = std::numeric_limits<std::size_t>::max();
  std::size_t most = 0;
  for (std::size_t i = 0; i != followers; ++i) {
    auto const more = children[i]->wait();
    CHECK(children[i]->ended_well());
    seen[i].insert(seen[i].end(), more.begin(), more.end());
    CHECK(std::adjacent_find(seen[i].begin(), seen[i].end(), std::greater_equal{}) == seen[i].end());
    CHECK(seen[i].size() > static_cast<std::size_t>(waits));
    least = (std::min)(least, seen[i].size());
    most = (std::max)(most, seen[i].size());
  }
  std::printf("%s: %zu processes that followed %lld transactions saw %zu to %zu states\n", std::string{Harness::Backend::backend_id}.c_str(), followers,
              static_cast<long long>(transactions), least, most);
  std::fflush(stdout);
  CHECK(connection.tail_bytes() != 0);
  // Whoever has only read leaves the tail to those who write.
  auto const version = connection.blobs().root("db")->version;
  Store::connect(config).release();
  CHECK(connection.blobs().root("db")->version == version);
}

}  // namespace cairn::laws
