// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Allocations that fail, each in turn, in every call of the interface: it has happened, or nothing has. And how much memory
// what should be larger than memory takes.
#include "count_states.hpp"
#include "fault_store.hpp"
#include "laws/temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <malloc.h>
#include <new>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

// Memory that ends, for this thread, after so many allocations, and how much of it the program holds. Not inline: g++ would
// miss that what is freed comes from the same pair.
namespace {
thread_local std::size_t allocations_left = SIZE_MAX;
thread_local bool has_failed = false;
std::atomic<std::size_t> held{0};
std::atomic<std::size_t> most_held{0};

void* allocate(std::size_t size) noexcept {
  if (allocations_left == 0) {
    has_failed = true;
    allocations_left = SIZE_MAX;  // one fails: what follows finds memory again
    return nullptr;
  }
  if (allocations_left != SIZE_MAX) --allocations_left;
  auto* const memory = std::malloc(size == 0 ? 1 : size);
  auto const now = held += ::malloc_usable_size(memory);
  for (auto most = most_held.load(); most < now && !most_held.compare_exchange_weak(most, now);) {
  }
  return memory;
}
void release(void* memory) noexcept {
  held -= ::malloc_usable_size(memory);
  std::free(memory);
}
}  // namespace
[[gnu::noinline]] void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return allocate(size); }
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (auto* const memory = allocate(size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::nothrow_t const&) noexcept { release(memory); }

namespace {

using cairn::test::Extent;
using cairn::test::FaultIo;
using cairn::test::FaultStore;
using cairn::test::Tally;
using Connection = FaultStore::Connection;

struct Call {
  std::string name;
  std::function<void(Connection&)> run;
  int transactions = 0;  ///< that it commits
};

std::vector<Call> calls_of(FaultStore::Config const& config, std::filesystem::path const& directory) {
  using cairn::aevt, cairn::avet, cairn::eavt;
  auto const walk = [](auto&& datoms) {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& datom : datoms) ++count;
    if (count == 0) throw std::logic_error{"nothing to walk over"};
  };
  auto const one = [] { return cairn::lookup(":n", 1); };
  return {
      {"transact text", [](Connection& conn) { conn.transact("[{:n 100 :twice 200}]"); }, 1},
      {"transact an entity map",
       [](Connection& conn) {
         conn.transact({cairn::entity_map({{":n", 101}, {":twice", 202}})});
       },
       1},
      {"add", [=](Connection& conn) { conn.transact({cairn::add(one(), ":counter", 1)}); }, 1},
      {"compare and swap", [=](Connection& conn) { conn.transact({cairn::cas(one(), ":counter", 1, 2)}); }, 1},
      {"retract", [=](Connection& conn) { conn.transact({cairn::retract(one(), ":counter", 2)}); }, 1},
      {"retract an entity", [](Connection& conn) { conn.transact({cairn::retract_entity(cairn::lookup(":n", 100))}); },
       1},
      {"purge", [](Connection& conn) { conn.transact({cairn::purge(cairn::lookup(":n", 101), ":twice", 202)}); }, 1},
      {"extend the schema",
       [](Connection& conn) {
         conn.transact("[{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]");
       },
       1},
      {"transact a string",
       [=](Connection& conn) { conn.transact({cairn::add(one(), ":name", std::string(100, 'x'))}); }, 1},
      {"checkpoint", [](Connection& conn) { conn.checkpoint(); }},
      {"transact after a checkpoint", [=](Connection& conn) { conn.transact({cairn::add(one(), ":counter", 7)}); }, 1},
      {"sync", [](Connection& conn) { conn.sync(); }},
      {"db", [](Connection& conn) { static_cast<void>(conn.db()); }},
      {"datoms, EAVT", [=](Connection& conn) { walk(conn.db().datoms(eavt)); }},
      {"datoms, AEVT", [=](Connection& conn) { walk(conn.db().datoms(aevt, ":n")); }},
      {"datoms, AVET", [=](Connection& conn) { walk(conn.db().datoms(avet, ":twice")); }},
      {"seek", [=](Connection& conn) { walk(conn.db().seek_datoms(eavt)); }},
      {"seek backwards", [=](Connection& conn) { walk(conn.db().rseek_datoms(eavt)); }},
      {"as of", [=](Connection& conn) { walk(conn.db().as_of(conn.db().max_tx() - 2).datoms(eavt)); }},
      {"since", [=](Connection& conn) { walk(conn.db().since(conn.db().max_tx() - 2).datoms(eavt)); }},
      {"history", [=](Connection& conn) { walk(conn.db().history().datoms(eavt)); }},
      {"filter", [=](Connection& conn) { walk(conn.db().filter([](auto const&...) { return true; }).datoms(eavt)); }},
      {"with", [](Connection& conn) { static_cast<void>(conn.db().with("[{:n 500}]")); }},
      {"entity", [=](Connection& conn) { static_cast<void>(conn.db().entity(one()).get(":twice")); }},
      {"entity id", [=](Connection& conn) { static_cast<void>(conn.db().entid(one())); }},
      {"transactions", [](Connection& conn) { static_cast<void>(conn.tx_range()); }},
      {"verify", [](Connection& conn) { cairn::verify(conn.db()); }},
      {"listen", [](Connection& conn) { conn.unlisten(conn.listen([](auto const&) {})); }},
      {"connect", [=](Connection&) { static_cast<void>(FaultStore::connect(config)); }},
      {"connect and read", [=](Connection&) { walk(FaultStore::connect(config).db().datoms(eavt)); }},
      {"exists", [=](Connection&) { static_cast<void>(FaultStore::exists(config)); }},
      {"create and destroy",
       [=](Connection&) {
         FaultStore::Config const other{.path = directory / "other"};
         FaultStore::destroy(other);
         FaultStore::create(other);
         FaultStore::destroy(other);
       }},
      {"connect and release", [=](Connection&) { FaultStore::connect(config).release(); }},
  };
}

Tally failed_allocations(Extent const&) {
  Tally tally;
  FaultIo::disk = nullptr;
  cairn::test::TemporaryDirectory const directory{cairn::test::directory_in_memory()};
  FaultStore::Config const config{.path = directory.path() / "store", .sync = cairn::Sync::relaxed};
  FaultStore::create(config);
  auto conn = FaultStore::connect(config);
  conn.transact(cairn::test::fault_schema);
  for (int i = 0; i != 20; ++i) conn.transact({cairn::entity_map({{":n", i}, {":twice", 2 * i}})});

  for (auto const& call : calls_of(config, directory.path())) {
    for (std::size_t allowed = 0; allowed != 20'000; ++allowed) {
      auto const tx = conn.db().max_tx();
      auto const history = cairn::test::history_of(conn.db());
      std::optional<std::string> wrong;
      bool has_returned = false;
      has_failed = false;
      allocations_left = allowed;
      try {
        call.run(conn);
        has_returned = true;
      } catch (std::bad_alloc const&) {  // nothing has happened
      } catch (cairn::Error const& error) {
        allocations_left = SIZE_MAX;
        if (error.code() != cairn::Errc::commit_unknown) wrong = std::string{"another error: "} + error.what();
      } catch (std::exception const& error) {
        allocations_left = SIZE_MAX;
        wrong = std::string{"another exception: "} + error.what();
      }
      allocations_left = SIZE_MAX;
      // What this connection shows is what is in the store, and that is either before or after.
      if (!wrong) {
        try {
          auto const mine = conn.db();
          if (mine.max_tx() != tx + (has_returned ? call.transactions : 0)) wrong = "the connection shows a part of it";
          if (!has_returned && cairn::test::history_of(mine) != history) wrong = "what failed changed the database";
          auto const stored = FaultStore::connect(config).db();
          if (stored.max_tx() != mine.max_tx()) wrong = "the connection and the store differ: what threw had happened";
          if (cairn::test::history_of(stored) != cairn::test::history_of(mine))
            wrong = "the connection and the store differ";
        } catch (std::exception const& error) {
          wrong = std::string{"afterwards: "} + error.what();
        }
      }
      tally.see(wrong, [&] { return call.name + ", allocation " + std::to_string(allowed + 1); });
      if (wrong || (has_returned && !has_failed)) break;
    }
  }
  cairn::verify(conn.db());
  return tally;
}

}  // namespace

TEST_CASE("an allocation that fails, in any call, leaves the database as it was or as it is to be") {
  cairn::test::count_states("failed allocations", failed_allocations);
}

TEST_CASE("a root for which there is no memory is not begun") {
  using Backend = cairn::backends::file::Backend;
  cairn::test::TemporaryDirectory const directory{cairn::test::directory_in_memory()};
  for (std::size_t allowed = 0; allowed != 1000; ++allowed) {
    cairn::backends::file::Config const config{.path = directory.path() / std::to_string(allowed)};
    Backend::empty_store(config);
    auto connection = Backend::connect_store(config);
    auto writer = connection.begin();
    auto const append = [&] { return writer.append("main", {}, {}) == cairn::CommitResult::committed; };
    bool is_there = false;
    has_failed = false;
    allocations_left = allowed;
    try {
      is_there = append();
    } catch (std::bad_alloc const&) {  // nothing has happened
    }
    allocations_left = SIZE_MAX;
    CAPTURE(allowed);
    CHECK(connection.root("main").has_value() == is_there);
    if (!is_there) CHECK(append());
    REQUIRE(connection.root("main"));
    CHECK(connection.root("main")->tail.size() == 1);
    if (!has_failed) return;
  }
  FAIL("there is no end of allocations");
}

TEST_CASE("an import of far more than it may keep in memory keeps no more") {
  constexpr std::int64_t entities = 400'000;
  constexpr std::size_t budget = std::size_t{3} << 20U;
  FaultIo::disk = nullptr;
  cairn::test::TemporaryDirectory const directory;
  FaultStore::Config const config{.path = directory.path() / "store", .sync = cairn::Sync::relaxed};
  FaultStore::create(config, {.keep_history = false, .index_config = R"({:node-cache "1MiB"})"});
  auto conn = FaultStore::connect(config);
  conn.transact(cairn::test::fault_schema);
  auto const n = cairn::kw(":n");
  auto const twice = cairn::kw(":twice");
  // All of them, in leaps.
  auto const facts = std::views::iota(std::int64_t{0}, 2 * entities) | std::views::transform([&](std::int64_t i) -> cairn::ImportFact {
                       auto const number = i / 2 * 99'991 % entities;
                       return i % 2 == 0 ? cairn::ImportFact{1000 + number, n, number} : cairn::ImportFact{1000 + number, twice, 2 * number};
                     });
  auto const before = held.load();
  most_held = before;
  conn.import(facts, {.memory = budget, .directory = directory.path().string()});
  auto const most = most_held - before;
  CAPTURE(most);
  constexpr std::size_t enough = std::size_t{18} << 20U;  // the budget, what is merged, and what the backend writes at once
  STATIC_REQUIRE(2 * entities * sizeof(cairn::RawDatom) > enough * 3 / 2);  // in one of the three orders
  CHECK(most < enough);
  CHECK(conn.db().entity(1000 + entities - 1).get(":twice").value() == cairn::Value{2 * (entities - 1)});
}
