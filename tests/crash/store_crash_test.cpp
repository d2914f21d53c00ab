// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Processes that write to one database and are killed.
#include "count_states.hpp"
#include "fault_store.hpp"
#include "laws/temporary_directory.hpp"
#include "rounds.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {

// On the disk of the machine: nobody says another one.
using Store = cairn::test::FaultStore;
auto const schema = cairn::test::fault_schema;

/// The first process runs `work` with the end of a pipe; returns the pid, and the other end.
struct Child {
  pid_t pid;
  int acknowledgements;
};

Child start(std::function<void(int)> const& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  pid_t const pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::close(ends[0]);
    int status = 0;
    try {
      work(ends[1]);
    } catch (std::exception const& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
      status = 1;
    }
    ::_exit(status);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

void acknowledge(int pipe, std::int64_t number) {
  if (::write(pipe, &number, sizeof number) != sizeof number) ::_exit(2);
}

/// Reads acknowledgements until the child has none left, or until `most` have come.
void collect(int pipe, std::set<std::int64_t>& into, std::size_t most = SIZE_MAX) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i != most && ::read(pipe, &number, sizeof number) == sizeof number; ++i) into.insert(number);
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

/// One transaction: a new entity of two facts, and a step of a counter that all share.
void write_fact(Store::Connection& conn, std::int64_t number) {
  conn.transact({cairn::entity_map({{":n", number}, {":twice", 2 * number}})});
}

std::set<std::int64_t> facts(Store::Connection::Database const& db) {
  std::set<std::int64_t> numbers;
  for (auto const& datom : db.datoms(cairn::aevt, ":n")) {
    auto const entity = db.entity(datom.e);
    CHECK(entity.get(":twice").value() == cairn::Value{2 * datom.v.as_integer()});
    numbers.insert(datom.v.as_integer());
  }
  std::size_t second_halves = 0;
  for ([[maybe_unused]] auto const& datom : db.datoms(cairn::aevt, ":twice")) ++second_halves;
  CHECK(second_halves == numbers.size());
  return numbers;
}

}  // namespace

TEST_CASE("a writer that is killed loses nothing that it acknowledged and leaves nothing half") {
  auto const seed = Catch::getSeed();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  cairn::test::TemporaryDirectory directory{cairn::test::directory_in_memory()};
  Store::Config const config{.path = directory.path() / "store"};
  Store::create(config);
  Store::connect(config).transact(schema);
  std::set<std::int64_t> acknowledged;
  std::int64_t next = 0;
  auto const kills = 50 * cairn::test::times();
  for (std::size_t round = 0; round != kills; ++round) {
    bool const with_checkpoints = round % 2 == 1;
    auto const child = start([&](int pipe) {
      auto conn = Store::connect(config);
      for (auto number = next;; ++number) {
        write_fact(conn, number);
        acknowledge(pipe, number);
        if (with_checkpoints && number % 5 == 0) conn.checkpoint();
      }
    });
    // Killed after a random number of commits, while it is in the middle of something further.
    collect(child.acknowledgements, acknowledged, std::uniform_int_distribution<std::size_t>{1, 20}(random));
    ::usleep(std::uniform_int_distribution<useconds_t>{0, 3000}(random));
    ::kill(child.pid, SIGKILL);
    collect(child.acknowledgements, acknowledged);
    ::close(child.acknowledgements);
    CHECK(WIFSIGNALED(wait_for(child.pid)));

    auto const conn = Store::connect(config);
    auto const there = facts(conn.db());
    for (auto const number : acknowledged) {
      if (!there.contains(number)) FAIL("fact " << number << " was acknowledged and is gone");
    }
    CHECK(there.size() <= acknowledged.size() + round + 1);
    CHECK(cairn::verify(conn.db()).current == conn.db().size());
    next = there.empty() ? 0 : *there.rbegin() + 1;
  }
  cairn::test::print_count({.states = kills}, "database, kills at random", seed);
}

TEST_CASE("two processes that write to one database lose nothing") {
  cairn::test::TemporaryDirectory directory{cairn::test::directory_in_memory()};
  Store::Config const config{.path = directory.path() / "store"};
  Store::create(config);
  {
    auto conn = Store::connect(config);
    conn.transact(schema);
    conn.transact({cairn::entity_map({{":n", -1}, {":twice", -2}, {":counter", 0}})});
  }
  auto const each = 500 * static_cast<std::int64_t>(cairn::test::times());
  std::vector<Child> children;
  for (std::int64_t writer = 0; writer != 2; ++writer) {
    children.push_back(start([&, writer](int pipe) {
      auto conn = Store::connect(config);
      for (std::int64_t i = 0; i != each; ++i) {
        write_fact(conn, writer * each + i);
        // A step from what is there now: one that worked on an old value would be refused, and is repeated.
        for (;;) {
          auto const now = conn.sync().entity(cairn::lookup(":n", -1)).get(":counter").value().as_integer();
          try {
            conn.transact({cairn::cas(cairn::lookup(":n", -1), ":counter", now, now + 1)});
            break;
          } catch (cairn::Error const& error) {
            if (error.code() != cairn::Errc::transact_cas) throw;
          }
        }
        acknowledge(pipe, writer * each + i);
      }
    }));
  }
  std::set<std::int64_t> acknowledged;
  for (auto const& child : children) {
    collect(child.acknowledgements, acknowledged);
    ::close(child.acknowledgements);
    int const status = wait_for(child.pid);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(static_cast<std::int64_t>(acknowledged.size()) == 2 * each);
  auto const conn = Store::connect(config);
  CHECK(static_cast<std::int64_t>(facts(conn.db()).size()) == 2 * each + 1);
  CHECK(conn.db().entity(cairn::lookup(":n", -1)).get(":counter").value() == cairn::Value{2 * each});
  CHECK(cairn::verify(conn.db()).current == conn.db().size());
}
