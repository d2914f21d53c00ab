// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The fault matrix at the level of the database: what a model says is true is what every index says, at every basis.
#include "count_states.hpp"
#include "fault_store.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

// The clock of this program: what the machine says, and what a test adds.
namespace {
std::atomic<std::int64_t> clock_offset{0};
}
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  auto const result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += clock_offset.load();
  return result;
}

namespace {

using namespace std::chrono_literals;
using cairn::test::Disk;
using cairn::test::Extent;
using cairn::test::FaultIo;
using cairn::test::FaultStore;
using cairn::test::Tally;
using Database = FaultStore::Connection::Database;

/// What is true after a transaction: for each number that is there its double, or what was written over it.
using Facts = std::map<std::int64_t, std::int64_t>;

/// Transactions on a database, and what is to be found after each of them.
struct DatabaseScript {
  FaultStore::Config config{.path = "/store", .segment_size = cairn::ByteSize{std::uint64_t{16} << 10U}};
  std::size_t transactions = 200;
  std::uint64_t variation = 0;

  std::atomic<std::size_t> attempted{0};
  std::atomic<std::size_t> acknowledged{0};
  cairn::EntityId first_tx = 0;  ///< of the first of them
  std::vector<Facts> facts{{}};  ///< by number of transactions
  std::map<cairn::EntityId, cairn::detail::Digest> history{};
  bool is_created = false;

  void run() {
    FaultStore::create(config);
    auto conn = FaultStore::connect(config);
    first_tx = conn.transact(cairn::test::fault_schema).tx + 1;
    is_created = true;
    for (std::size_t i = 0; i != transactions; ++i) {
      attempted = i + 1;
      conn.transact(next(i));
      acknowledged = i + 1;
      if (i % 40 == 39) conn.checkpoint();
      if (i % 50 == 49) conn.collect_garbage({.keep_for = 0ms});
      if (i % 67 == 66) {
        conn.release();
        conn = FaultStore::connect(config);
      }
    }
    history = cairn::test::history_of(conn.db());
  }

 private:
  cairn::TxData next(std::size_t i) {
    auto now = facts.back();
    auto const number = static_cast<std::int64_t>(i);
    std::vector<cairn::TxOp> operations{cairn::entity_map({{":n", number}, {":twice", 2 * number}})};
    now[number] = 2 * number;
    auto const other = static_cast<std::int64_t>((i * 7 + variation) % (i + 1));
    if (other != number && now.contains(other)) {
      if (i % 5 == 3) {
        operations.push_back(cairn::retract_entity(cairn::lookup(":n", other)));
        now.erase(other);
      } else if (i % 3 == 1) {
        operations.push_back(cairn::add(cairn::lookup(":n", other), ":twice", number));
        now[other] = number;
      }
    }
    facts.push_back(std::move(now));
    return cairn::TxData{std::move(operations)};
  }
};

Facts facts_of(Database const& db) {
  std::unordered_map<cairn::EntityId, std::int64_t> numbers;
  for (auto const& datom : db.datoms(cairn::aevt, ":n")) numbers[datom.e] = datom.v.as_integer();
  Facts facts;
  for (auto const& datom : db.datoms(cairn::avet, ":twice")) facts.emplace(numbers.at(datom.e), datom.v.as_integer());
  return facts;
}

/// What is wrong with the database on the current disk. It holds `least` transactions or more, and no more than `most`.
std::optional<std::string> judge_database(DatabaseScript const& script, std::size_t least, std::size_t most,
                                          std::size_t looks_back, std::mt19937_64& random) try {
  std::size_t found = 0;
  {
    auto conn = FaultStore::connect(script.config);
    auto const db = conn.db();
    if (db.max_tx() + 1 < script.first_tx + static_cast<cairn::EntityId>(least))
      return std::string{"what was acknowledged is gone"};
    found = static_cast<std::size_t>(db.max_tx() + 1 - script.first_tx);
    if (found > most) return std::string{"more is there than was ever tried"};
    cairn::verify(db);
    auto const history = cairn::test::history_of(db);
    auto const end = script.history.upper_bound(db.max_tx());
    if (!std::equal(history.begin(), history.end(), script.history.begin(), end)) return std::string{"another history"};
    if (facts_of(db) != script.facts[found]) return std::string{"other facts"};
    for (std::size_t look = 0; look != looks_back && found != 0; ++look) {
      auto const basis = looks_back < found ? random() % found : look;
      if (basis >= found) break;
      if (facts_of(db.as_of(script.first_tx + static_cast<cairn::EntityId>(basis) - 1)) != script.facts[basis])
        return "other facts as of transaction " + std::to_string(basis);
    }
    conn.transact({cairn::entity_map({{":n", 1'000'000}, {":twice", 1}})});
  }
  auto const db = FaultStore::connect(script.config).db();
  if (db.max_tx() + 1 != script.first_tx + static_cast<cairn::EntityId>(found) + 1)
    return std::string{"the next transaction is lost"};
  auto facts = script.facts[found];
  facts[1'000'000] = 1;
  if (facts_of(db) != facts) return std::string{"other facts after the next transaction"};
  return std::nullopt;
} catch (std::exception const& error) {
  return std::string{error.what()};
}

/// A disk that a loss of power leaves, and how far the script had come.
struct PowerLoss {
  Disk disk;
  std::size_t acknowledged = 0;
  std::size_t attempted = 0;
};

/// Runs a script; before each call that changes something, `choose(disk)` says which losses of power to try there.
template <class Choose>
std::vector<PowerLoss> losses_at_every_call(DatabaseScript& script, Choose choose, std::mt19937_64& random, Disk&& disk = {}) {
  std::vector<PowerLoss> losses;
  auto const take = [&] {
    if (!script.is_created) return;
    for (Disk::Loss const loss : choose(disk)) losses.push_back({disk.after_power_loss(loss, random), script.acknowledged, script.attempted});
  };
  disk.observe = take;
  FaultIo::disk = &disk;
  script.run();
  disk.observe = nullptr;
  take();
  FaultIo::disk = nullptr;
  return losses;
}

/// What is wrong with one of them. Two bases of every state are looked at, every basis of some.
std::optional<std::string> judge_loss(DatabaseScript const& script, std::vector<PowerLoss>& losses, std::size_t which,
                                      std::mt19937_64& random) {
  auto& loss = losses[which];
  FaultIo::disk = &loss.disk;
  auto const looks_back = which % 25 == 0 ? script.transactions : 2;
  auto wrong = judge_database(script, loss.acknowledged, loss.attempted, looks_back, random);
  FaultIo::disk = nullptr;
  return wrong;
}

std::string which_loss(PowerLoss const& loss, std::size_t number) {
  return "power loss " + std::to_string(number) + " after the creation, " + std::to_string(loss.acknowledged) + " transactions acknowledged";
}

template <class Choose>
Tally power_lost_at_every_call(Extent const& extent, Choose choose) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    std::mt19937_64 random{extent.seed + variation};
    DatabaseScript script;
    script.variation = variation;
    auto losses = losses_at_every_call(script, choose, random);
    for (std::size_t i = 0; i != losses.size(); ++i) tally.see(judge_loss(script, losses, i, random), [&] { return which_loss(losses[i], i); });
  }
  return tally;
}

Tally all_unsynced_lost(Extent const& extent) {
  return power_lost_at_every_call(extent, [](Disk const&) { return std::vector{Disk::Loss::everything}; });
}

Tally torn_sectors_and_lost_names(Extent const& extent) {
  return power_lost_at_every_call(extent, [](Disk const& disk) {
    std::vector losses{Disk::Loss::random_sectors};
    if (disk.has_pending_names()) losses.insert(losses.end(), {Disk::Loss::names, Disk::Loss::random_names});
    return losses;
  });
}

/// Power goes, and goes again while the store is opened, checkpointed and collected.
Tally power_lost_in_recovery(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    std::mt19937_64 random{extent.seed + variation};
    DatabaseScript script;
    script.variation = variation;
    auto losses = losses_at_every_call(
        script,
        [&](Disk const&) { return random() % 3 == 0 ? std::vector{Disk::Loss::random_sectors} : std::vector<Disk::Loss>{}; }, random);
    auto const recover = [&](Disk& disk) {
      FaultIo::disk = &disk;
      try {
        auto conn = FaultStore::connect(script.config);
        conn.checkpoint();
        conn.collect_garbage({.keep_for = 0ms});
        conn.release();
      } catch (cairn::Error const&) {  // the judge will meet what it was
      }
    };
    for (std::size_t i = 0; i != losses.size(); ++i) {
      for (int depth = 0; depth != 3; ++depth) {
        // How many calls it makes, on a disk that shares no file with the one that power is lost on.
        auto whole = losses[i].disk.after_power_loss(Disk::Loss::nothing, random);
        recover(whole);
        auto& cut = losses[i].disk;
        cut.cut_at = random() % std::max<std::size_t>(whole.calls(), 1) + 1;
        recover(cut);
        losses[i].disk = cut.after_power_loss(random() % 3 == 0 ? Disk::Loss::everything : Disk::Loss::random_sectors, random);
      }
      tally.see(judge_loss(script, losses, i, random), [&] { return which_loss(losses[i], i) + ", and in three recoveries"; });
    }
  }
  return tally;
}

/// The control: a disk that acknowledges syncs and does nothing has lost what was acknowledged, and the judge must notice.
Tally disk_that_lies(Extent const& extent) {
  Tally tally;
  std::mt19937_64 random{extent.seed};
  DatabaseScript script;
  Disk disk;
  disk.lies_about_sync = true;
  auto losses = losses_at_every_call(script, [](Disk const&) { return std::vector{Disk::Loss::everything}; }, random, std::move(disk));
  for (auto i = losses.size() / 2; i != losses.size(); ++i) {
    bool const is_noticed = judge_loss(script, losses, i, random).has_value();
    tally.see(is_noticed ? std::nullopt : std::optional<std::string>{"nobody noticed"}, [&] { return which_loss(losses[i], i); });
  }
  return tally;
}

Tally flipped_bits_under_a_database(Extent const& extent) {
  Tally tally;
  std::mt19937_64 random{extent.seed};
  DatabaseScript script;
  script.transactions = 100;
  Disk disk;
  FaultIo::disk = &disk;
  script.run();
  std::size_t detected = 0;
  for (std::size_t i = 0; i != 1'000 * extent.times; ++i) {
    Disk damaged;
    auto const paths = disk.paths();
    auto const& path = paths[random() % paths.size()];
    auto const bit = random() % (disk.content(path).size() * 8);
    for (auto const& other : paths) {
      auto content = disk.content(other);
      if (other == path) content[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      damaged.place("/store", other.substr(7), std::move(content));
    }
    FaultIo::disk = &damaged;
    std::optional<std::string> wrong;
    try {
      auto const db = FaultStore::connect(script.config).db();
      cairn::verify(db);
      if (db.max_tx() + 1 != script.first_tx + 100 || facts_of(db) != script.facts.back() ||
          cairn::test::history_of(db) != script.history)
        wrong = "other facts";
    } catch (cairn::Error const& error) {
      ++detected;
      if (!cairn::name(error.code()).starts_with("store/")) wrong = error.what();
    } catch (std::exception const& error) {
      wrong = error.what();
    }
    tally.see(wrong, [&] { return path + ", bit " + std::to_string(bit); });
  }
  tally.must(detected > 0, "no flip was detected");
  FaultIo::disk = nullptr;
  return tally;
}

Tally clock_jumps_under_a_database(Extent const& extent) {
  constexpr std::int64_t year = 365 * 24 * 3600;
  Tally tally;
  std::mt19937_64 random{extent.seed};
  for (std::size_t round = 0; round != extent.times; ++round) {
    DatabaseScript script;
    Disk disk;
    FaultIo::disk = &disk;
    FaultStore::create(script.config);
    auto conn = FaultStore::connect(script.config);
    conn.transact(cairn::test::fault_schema);
    auto last = conn.db().last_instant();
    for (int i = 0; i != 100; ++i) {
      clock_offset = static_cast<std::int64_t>(random() % (20 * year)) - 10 * year;
      auto const before = conn.db();
      conn.transact({cairn::entity_map({{":n", i}})});
      auto const now = conn.db().last_instant();
      std::optional<std::string> wrong;
      if (!(last < now)) wrong = "the instants are not in the order of the transactions";
      if (conn.db().transaction_at(last) != before.max_tx()) wrong = "an instant names another transaction";
      last = now;
      tally.see(wrong, [&] { return "transaction " + std::to_string(i); });
    }
  }
  clock_offset = 0;
  FaultIo::disk = nullptr;
  return tally;
}

}  // namespace

TEST_CASE("power lost at every call leaves a database whose every index is a prefix of its history") {
  cairn::test::count_states("database, power lost at every call", all_unsynced_lost);
}

TEST_CASE("sectors that power tore under a database, and names that it undid, leave every index a prefix of its history") {
  cairn::test::count_states("database, torn sectors and lost names", torn_sectors_and_lost_names);
}

TEST_CASE("power lost while a database recovers, checkpoints and collects its garbage takes nothing more") {
  cairn::test::count_states("database, power lost in recovery, three deep", power_lost_in_recovery);
}

TEST_CASE("the judge of a database notices a disk that lies about its syncs") {
  cairn::test::count_states("database, a disk that lies, noticed", disk_that_lies);
}

TEST_CASE("a bit flipped under a database is an error or changes no datom") {
  cairn::test::count_states("database, flipped bits", flipped_bits_under_a_database);
}

TEST_CASE("transactions are in the order of their instants, wherever the clock jumps") {
  auto const before = cairn::current_instant();
  clock_offset = 1'000'000;
  REQUIRE(cairn::current_instant().milliseconds - before.milliseconds >= 1'000'000'000);
  clock_offset = 0;
  cairn::test::count_states("database, clocks that jump", clock_jumps_under_a_database);
}
