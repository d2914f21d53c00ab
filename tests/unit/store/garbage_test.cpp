// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a collection of garbage keeps and what it removes.
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/store/branching.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace garbage_test::garbage_test {
namespace {

using cairn::Errc;
using cairn::GarbageOptions;
using Store = cairn::Store<cairn::backends::mem::Backend>;

constexpr std::chrono::milliseconds at_once{0};

/// Another backend to the engine, that has the same stores: what goes through it is unknown to whoever collects through `mem`, as what
/// another process has is.
struct Elsewhere : cairn::backends::mem::Backend {
  static constexpr std::string_view backend_id = "elsewhere";
  /// What happens once, before the next change of a root that is there.
  static inline std::function<void()> before_commit{};

  struct Writer : cairn::backends::mem::Writer {
    cairn::CommitResult commit(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> state) {
      if (auto const happens = expected.absent() ? nullptr : std::exchange(before_commit, nullptr)) happens();
      return cairn::backends::mem::Writer::commit(branch, expected, state);
    }
  };
  struct Connection : cairn::backends::mem::Connection {
    using Writer = Elsewhere::Writer;
    [[nodiscard]] Writer begin() { return {cairn::backends::mem::Connection::begin()}; }
  };
  static Connection connect_store(Config const& config) { return {cairn::backends::mem::Backend::connect_store(config)}; }
};

struct Numbers {
  Store::Config config{"garbage-test-" + std::to_string(++number)};
  Store::Connection conn = open(config);

  ~Numbers() {
    conn.release();
    Store::destroy(config);
  }

  /// Gives the first thousand numbers new texts, in a checkpoint of their own.
  void change() {
    conn.transact(texts(1000, ++version_));
    conn.checkpoint();
  }
  [[nodiscard]] std::size_t blobs() {
    std::size_t count = 0;
    conn.blobs().for_each_blob([&](auto const&, std::uint64_t, cairn::TimePoint) { ++count; });
    return count;
  }

  static std::string texts(int count, int version) {
    std::string data = "[";
    for (int n = 0; n != count; ++n) data += "{:n " + std::to_string(n) + " :text \"" + std::to_string(n * version) + "\"}";
    return data + "]";
  }
  static Store::Connection open(Store::Config const& config) {
    Store::create(config);
    auto conn = Store::connect(config);
    conn.transact(R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
                      {:db/ident :text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
    return conn;
  }

 private:
  int version_ = 0;
  static inline int number = 0;
};

template <class Db>
bool is_whole(Db const& db) {
  return cairn::verify(db).current == db.size();
}

template <class Work>
Errc code_of(Work work) {
  try {
    work();
  } catch (cairn::Error const& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return {};
}

}  // namespace

TEST_CASE("a set of addresses holds what was put into it") {
  struct Address {
    std::uint64_t high = 0;
    std::uint32_t low = 0;
    std::uint32_t more = 0;
    bool operator==(Address const&) const = default;
  };
  cairn::AddressSet<Address> set;
  CHECK_FALSE(set.contains({}));
  std::uint64_t count = 0;
  for (std::uint32_t step : {1U, 8U, 4096U}) {
    for (std::uint32_t i = 0; i != 3000; ++i) {
      Address const address{step, i * step, i % 2};
      CHECK_FALSE(set.contains(address));
      CHECK(set.insert(address));
      CHECK_FALSE(set.insert(address));
      ++count;
    }
  }
  CHECK(set.insert({}));
  CHECK_FALSE(set.insert({}));
  CHECK(set.size() == count + 1);
  for (std::uint32_t i = 0; i != 3000; ++i) {
    CHECK(set.contains({8, i * 8, i % 2}));
    CHECK_FALSE(set.contains({8, i * 8, 2}));
  }
  CHECK(set.contains({}));
}

TEST_CASE("what was a root's within the time that is kept stays, and so do the newest checkpoints that are kept") {
  Numbers numbers;
  for (int i = 0; i != 6; ++i) numbers.change();
  auto const all = cairn::commit_log(numbers.conn);
  REQUIRE(all.size() >= 6);

  SECTION("for a day, if nothing else is said") {
    auto const before = numbers.blobs();
    auto const report = numbers.conn.collect_garbage();
    CHECK(report.dead == 0);
    CHECK(report.checkpoints == all.size() - 1);
    CHECK(report.live == before);
    CHECK(numbers.blobs() == before);
    CHECK(is_whole(cairn::commit_as_db(numbers.conn, all.back().id)));
  }
  SECTION("by number") {
    // The collection makes a checkpoint first, which is the newest, and says nothing new.
    auto const report = numbers.conn.collect_garbage({.keep_for = at_once, .keep_last = 4});
    CHECK(report.dead > 0);
    CHECK(report.checkpoints == 4);
    auto const left = cairn::commit_log(numbers.conn);
    CHECK(left.size() == 5);
    for (std::size_t i = 1; i != left.size(); ++i) {
      CHECK(left[i].id == all[i - 1].id);
      CHECK(is_whole(cairn::commit_as_db(numbers.conn, left[i].id)));
    }
    CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(numbers.conn, all.back().id)); }) == Errc::store_does_not_exist);
  }
  SECTION("by number, however many collections come between") {
    GarbageOptions const three{.keep_for = at_once, .keep_last = 3};
    numbers.conn.collect_garbage(three);
    numbers.conn.collect_garbage(three);
    auto const blobs = numbers.blobs();
    for (int i = 0; i != 6; ++i) {
      if (i % 2 == 0) {  // nothing of it is in memory alone
        numbers.conn.release();
        numbers.conn = Store::connect(numbers.config);
      }
      numbers.conn.collect_garbage(three);
      for (std::size_t k = 0; k != three.keep_last; ++k) CHECK(is_whole(cairn::commit_as_db(numbers.conn, all[k].id)));
      CHECK(numbers.blobs() <= blobs + 2);  // the record of a renewal, until it is old
    }
    numbers.change();
    auto const newest = cairn::commit_id(numbers.conn);
    for (int i = 0; i != 3; ++i) {
      numbers.conn.collect_garbage(three);
      for (auto const& id : {newest, all[0].id, all[1].id}) CHECK(is_whole(cairn::commit_as_db(numbers.conn, id)));
    }
    CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(numbers.conn, all[2].id)); }) == Errc::store_does_not_exist);
  }
  SECTION("by age: the older ones go, the younger ones stay") {
    // The collection reads the clock itself, some time after this does: the next ones must not be that old by then.
    for (std::chrono::milliseconds pause{20};; pause *= 2) {
      REQUIRE(pause < std::chrono::seconds{30});
      Numbers aged;
      for (int i = 0; i != 3; ++i) aged.change();
      auto const older = cairn::commit_log(aged.conn).size();
      auto const middle = std::chrono::system_clock::now();
      std::this_thread::sleep_for(pause);
      for (int i = 0; i != 3; ++i) aged.change();
      auto const log = cairn::commit_log(aged.conn);
      REQUIRE(log.size() == older + 3);
      auto const age = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() - middle);
      auto const report = aged.conn.collect_garbage({.keep_for = age});
      auto const written = [&](std::size_t i) { return cairn::TimePoint{std::chrono::milliseconds{log[i].written.milliseconds}}; };
      if (report.cutoff >= written(2)) continue;
      // What the root held at the cutoff is the newest of the older ones.
      CHECK(report.checkpoints == 4);
      CHECK(report.dead > 0);
      for (std::size_t i = 0; i != log.size(); ++i) {
        if (i < 4) {
          CHECK(is_whole(cairn::commit_as_db(aged.conn, log[i].id)));
        } else {
          CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(aged.conn, log[i].id)); }) == Errc::store_does_not_exist);
        }
      }
      break;
    }
  }
  SECTION("a longer time than before finds what is left") {
    numbers.conn.collect_garbage({.keep_for = at_once});
    auto const report = numbers.conn.collect_garbage();
    CHECK(report.dead == 0);
    CHECK(is_whole(numbers.conn.db()));
  }
}

TEST_CASE("a branch that is forced to an old commit meets a conflict with a collection elsewhere, whether it was there before or not") {
  Numbers numbers;
  for (int i = 0; i != 3; ++i) numbers.change();
  auto conn = cairn::Store<Elsewhere>::connect(numbers.config);
  auto const old = cairn::commit_as_db(conn, cairn::commit_log(conn)[2].id);  // which the collection knows nothing of
  for (int i = 0; i != 2; ++i) {
    Elsewhere::before_commit = [&] { numbers.conn.collect_garbage({.keep_for = at_once}); };
    CHECK(code_of([&] { cairn::force_branch(conn, old, "old", {}); }) == Errc::commit_conflict);
    CHECK(Elsewhere::before_commit == nullptr);
    CHECK(is_whole(cairn::branch_as_db(conn, "old")));  // of what the connection's holds
  }
}

TEST_CASE("branches keep what they share, and a branch that is removed lets go of the rest") {
  Numbers numbers;
  numbers.change();
  cairn::create_branch(numbers.conn, "side");
  {
    auto side = cairn::connect_branch(numbers.conn, "side");
    side.transact(Numbers::texts(900, 77));
  }
  for (int i = 0; i != 3; ++i) numbers.change();
  auto const report = numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(report.branches == 2);
  CHECK(report.dead > 0);
  auto side = cairn::branch_as_db(numbers.conn, "side");
  CHECK(is_whole(side));
  CHECK(is_whole(numbers.conn.sync()));
  cairn::delete_branch(numbers.conn, "side");
  auto const kept = numbers.blobs();
  numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(is_whole(side));  // which somebody here still holds
  side = numbers.conn.db();
  numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(numbers.blobs() < kept);
}

TEST_CASE("a dry run removes nothing and counts what a collection would") {
  Numbers numbers;
  for (int i = 0; i != 3; ++i) numbers.change();
  auto const before = numbers.blobs();
  auto const dry = numbers.conn.collect_garbage({.keep_for = at_once, .dry_run = true});
  CHECK(numbers.blobs() == before);
  CHECK(dry.dead > 0);
  CHECK(dry.dead_bytes > 0);
  CHECK(dry.live_bytes > 0);
  CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).dead >= dry.dead);
}

TEST_CASE("what progress throws ends a collection, and the next one does all of it") {
  Numbers numbers;
  for (int i = 0; i != 8; ++i) numbers.change();
  for (auto const phase : {cairn::GarbageProgress::marking, cairn::GarbageProgress::sweeping}) {
    GarbageOptions options{.keep_for = at_once};
    options.progress = [&](cairn::GarbageProgress const& progress) {
      if (progress.phase == phase) throw std::runtime_error{"enough"};
    };
    CHECK_THROWS_AS(numbers.conn.collect_garbage(options), std::runtime_error);
    CHECK(is_whole(numbers.conn.db()));
  }
  CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).dead > 0);
  CHECK(is_whole(Store::connect(numbers.config).db()));
}

TEST_CASE("nodes that a checkpoint has written and not yet named stay") {
  using Other = cairn::Store<Elsewhere>;
  Numbers numbers;
  numbers.change();
  auto const fill = [](auto& conn, int version) {
    // Past the tail's budget, so that nodes are on their way with the transactions.
    for (int i = 0; conn.tail_bytes() < cairn::tail_budget * 3 / 2 && i != 200; ++i) conn.transact(Numbers::texts(1000, version + i));
  };
  SECTION("of this process") {
    fill(numbers.conn, 100);
    CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).live > 0);
    numbers.conn.transact(Numbers::texts(1000, 500));
    numbers.conn.checkpoint();
  }
  SECTION("of another, which begins anew") {
    auto other = Other::connect(numbers.config);
    fill(other, 100);
    auto const report = numbers.conn.collect_garbage({.keep_for = at_once});
    CHECK(report.dead > 0);
    other.transact(Numbers::texts(1000, 500));
    other.checkpoint();
    CHECK(is_whole(other.db()));
  }
  auto const again = Store::connect(numbers.config);
  CHECK(again.db().size() == numbers.conn.sync().size());
  CHECK(is_whole(again.db()));
}

TEST_CASE("what this process holds stays, through ten collections, whatever connection it came from") {
  Numbers numbers;
  numbers.change();
  // Nothing of it is in memory.
  auto const held = Store::connect(numbers.config).db();
  auto const made = Store::connect(numbers.config).db().with(cairn::TxData{Numbers::texts(10, 99)}).db_after;
  for (int i = 0; i != 10; ++i) {
    numbers.change();
    CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).values >= 3);
  }
  CHECK(is_whole(held));
  CHECK(is_whole(made));
}

TEST_CASE("what another process holds for longer than is kept is an error, not an answer") {
  Numbers numbers;
  numbers.change();
  auto const held = [&] {
    auto other = cairn::Store<Elsewhere>::connect(numbers.config);
    return other.db();
  }();
  numbers.change();
  numbers.conn.collect_garbage({.keep_for = std::chrono::hours{1}});
  CHECK(is_whole(held));
  numbers.change();
  // Nothing of it was kept in memory by the look.
  auto const late = [&] {
    auto other = cairn::Store<Elsewhere>::connect(numbers.config);
    return other.db();
  }();
  numbers.change();
  numbers.change();
  numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(code_of([&] { static_cast<void>(is_whole(late)); }) == Errc::io_error);
}

TEST_CASE("garbage is collected in the background until the connection is released", "[threads]") {
  Numbers numbers;
  for (int i = 0; i != 3; ++i) numbers.change();
  std::mutex mutex;
  std::condition_variable changed;
  int reports = 0;
  std::uint64_t dead = 0;
  bool failed = false;
  numbers.conn.collect_garbage_every(std::chrono::milliseconds{1}, {.keep_for = at_once},
                                     [&](cairn::GarbageReport const& report, std::exception_ptr const& error) {
                                       std::lock_guard const lock{mutex};
                                       ++reports;
                                       dead += report.dead;
                                       failed = failed || error != nullptr;
                                       changed.notify_one();
                                     });
  for (int i = 0; i != 5; ++i) numbers.change();
  {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return reports >= 3; });
    CHECK(dead > 0);
    CHECK_FALSE(failed);
  }
  CHECK(is_whole(numbers.conn.db()));
  numbers.conn.release();
  auto const last = reports;  // nobody writes it any more
  numbers.conn = Store::connect(numbers.config);
  CHECK(is_whole(numbers.conn.db()));
  CHECK(reports == last);
}

}  // namespace garbage_test::garbage_test
