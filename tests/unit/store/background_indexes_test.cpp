// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Indexes that are made while commits go on, on a store in memory whose reads wait at a gate or fail.
#include "wrapped_mem.hpp"
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace held_reads {

struct Gate {
  static inline std::atomic<bool> is_closed{false};
  static inline std::atomic<bool> fails{false};
  static inline std::atomic<int> waiting{0};
  static inline std::atomic<int> failed{0};
};

class Connection : public wrapped_mem::Connection<cairn::backends::mem::Writer> {
 public:
  using wrapped_mem::Connection<cairn::backends::mem::Writer>::Connection;
  [[nodiscard]] cairn::Bytes read(Address address) const {
    ++Gate::waiting;
    while (Gate::is_closed.load()) std::this_thread::yield();
    --Gate::waiting;
    if (Gate::fails) {
      ++Gate::failed;
      cairn::raise(cairn::Errc::io_error, "no connection");
    }
    return wrapped_mem::Connection<cairn::backends::mem::Writer>::read(address);
  }
};

struct Backend : wrapped_mem::Backend<Backend, Connection> {
  static constexpr std::string_view backend_id = "held-reads";
};
static_assert(cairn::check_store_backend<Backend>());

}  // namespace held_reads

namespace cairn::background_indexes_test {

namespace {

using held_reads::Gate;
using Store = cairn::Store<held_reads::Backend>;
using Session = cairn::Session<held_reads::Backend, cairn::persistent_set_tag>;
using Database = Store::Connection::Database;

constexpr std::size_t people_before = 3000;
constexpr std::size_t until_due = 300;  // transactions of five datoms

/// A store whose nodes are all to be read yet, but for those that a transaction of a new person needs.
struct Fixture {
  Store::Config config{"background"};
  std::unique_ptr<Session> session{};
  std::size_t number = people_before;

  Fixture() {
    Store::create(config);
    {
      auto connection = Store::connect(config);
      connection.transact(
          R"([{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}
                              {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                              {:db/ident :town :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
                              {:db/ident :shoes :db/valueType :db.type/long :db/cardinality :db.cardinality/many}])");
      std::vector<TxOp> all;
      for (std::size_t i = 0; i != people_before; ++i) all.push_back(person(i));
      connection.transact(std::move(all));
      connection.checkpoint();
    }
    session = std::make_unique<Session>(std::make_shared<Session::Handle>(config), DatabaseOptions{});
    add_one();
  }
  Fixture(Fixture const&) = delete;
  Fixture& operator=(Fixture const&) = delete;
  ~Fixture() {
    Gate::is_closed = false;
    Gate::fails = false;
    session.reset();
    Store::destroy(config);
  }

  static TxOp person(std::size_t i) {
    auto const scattered = static_cast<std::int64_t>((i * 7919) % 1000);
    return entity_map({{":name", "n" + std::to_string(scattered)},
                       {":age", scattered},
                       {":town", "t" + std::to_string(i % 31)},
                       {":shoes", 40}});
  }
  Database add_one() { return session->transact(std::vector<TxOp>{person(number++)}).db_after; }
  /// Adds people until versions were due; the one that is due first.
  Database add_many() {
    std::optional<Database> due;
    for (std::size_t i = 0; i != until_due; ++i) {
      auto const db = add_one();
      if (!due && db.lazy_snapshot()->is_due()) due = db;
    }
    REQUIRE(due);
    return *due;
  }
};

std::size_t people_of(Database const& db) {
  std::size_t found = 0;
  for (auto range = db.datoms(avet, ":name"); [[maybe_unused]] auto const& datom : range) ++found;
  return found;
}

TEST_CASE("commits go on while another thread reads what the indexes of one need", "[store][threads]") {
  Fixture store;
  Gate::is_closed = true;
  auto const due = store.add_many();  // none waits
  while (Gate::waiting.load() == 0) std::this_thread::yield();
  CHECK(due.lazy_snapshot()->is_due());
  Gate::is_closed = false;
  auto const newest = store.session->db();
  CHECK(people_of(newest) == store.number);
  CHECK_FALSE(due.lazy_snapshot()->is_due());
  CHECK(people_of(due) < store.number);
  CHECK_NOTHROW(verify(newest));
}

TEST_CASE("who looks at the newest version waits for one that is due, and stops no commit", "[store][threads]") {
  Fixture store;
  Gate::is_closed = true;
  static_cast<void>(store.add_many());
  auto const newest = store.session->db();
  auto const people = store.number;
  std::atomic<bool> looks{false};
  std::size_t found = 0;
  std::thread looking{[&] {
    looks = true;
    found = people_of(newest);
  }};
  while (!looks.load() || Gate::waiting.load() == 0) std::this_thread::yield();
  for (int i = 0; i != 1000; ++i) std::this_thread::yield();
  for (int i = 0; i != 10; ++i) store.add_one();
  Gate::is_closed = false;
  looking.join();
  CHECK(found == people);
  CHECK(people_of(store.session->db()) == store.number);
}

TEST_CASE("the indexes of a version that is due are made though nobody looks", "[store][threads]") {
  Fixture store;
  Gate::is_closed = true;
  auto const due = store.add_many();
  Gate::is_closed = false;
  while (due.lazy_snapshot()->is_due()) std::this_thread::yield();
  CHECK(people_of(due) < store.number);
  CHECK(people_of(store.session->db()) == store.number);
}

TEST_CASE("who looks is told what kept indexes from being made, and finds all once it is mended", "[store][threads]") {
  Fixture store;
  Gate::fails = true;
  auto const due = store.add_many();
  while (Gate::failed.load() == 0) std::this_thread::yield();
  CHECK(due.lazy_snapshot()->is_due());
  CHECK_THROWS_AS(people_of(store.session->db()), Error);
  CHECK_THROWS_AS(people_of(due), Error);
  Gate::fails = false;
  CHECK(people_of(store.session->db()) == store.number);
  CHECK(people_of(due) < store.number);
}

TEST_CASE("a session ends when what it makes in the background has ended", "[store][threads]") {
  Fixture store;
  Gate::is_closed = true;
  static_cast<void>(store.add_many());
  while (Gate::waiting.load() == 0) std::this_thread::yield();
  std::atomic<bool> ends{false};
  std::atomic<bool> has_ended{false};
  std::thread ending{[&] {
    ends = true;
    store.session.reset();
    has_ended = true;
  }};
  while (!ends.load()) std::this_thread::yield();
  for (int i = 0; i != 1000; ++i) std::this_thread::yield();
  CHECK_FALSE(has_ended.load());
  Gate::is_closed = false;
  ending.join();
  CHECK(people_of(Store::connect(store.config).db()) == store.number);
}

TEST_CASE("a child of a fork finds no index half made", "[store][threads]") {
  Fixture store;
  Gate::is_closed = true;
  auto const due = store.add_many();
  while (Gate::waiting.load() == 0) std::this_thread::yield();
  std::atomic<bool> forks{false};
  pid_t child = -1;
  std::thread forking{[&] {
    forks = true;
    child = ::fork();
    if (child != 0) return;
    ::alarm(60);  // where it waits for a thread that it does not have
    Gate::is_closed = false;
    bool const is_whole = people_of(due) < store.number;
    auto const grandchild = ::fork();
    if (grandchild == 0) ::_exit(0);
    ::_exit(is_whole && ::waitpid(grandchild, nullptr, 0) == grandchild ? 0 : 1);
  }};
  while (!forks.load()) std::this_thread::yield();
  for (int i = 0; i != 1000; ++i) std::this_thread::yield();
  Gate::is_closed = false;
  forking.join();
  REQUIRE(child > 0);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace

}  // namespace cairn::background_indexes_test
