// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Blobs that are remembered: which are asked of the store again, and which are not.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/layer/cached.hpp>
#include <cairn/layer/past_copies.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cairn::test::cached_layer {
namespace {

using faulty::fresh_id;
using faulty::plan_of;
using Store = Cached<faulty::Backend>;
using laws::bytes;
using laws::text;

static_assert(Store::backend_id == "cached.faulty");
static_assert(std::same_as<Cached<backends::mem::Backend>::Connection, backends::mem::Connection>,
              "what is in memory already is not remembered a second time");

TEST_CASE("cached: what was committed or read is not asked for again, by no connection to the store") {
  Store::Config const config{.store = {.id = fresh_id()}};
  auto& plan = plan_of(config.store.id);
  Store::empty_store(config);
  auto first = Store::connect_store(config);
  auto second = Store::connect_store(config);
  auto writer = first.begin();
  auto const address = writer.put(bytes("node"));
  CHECK(first.figures().blobs == 0);
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  CHECK(first.figures().blobs == 1);
  CHECK(text(first.read(address)) == "node");
  CHECK(text(second.read(address)) == "node");
  CHECK(plan.reads == 0);
  CHECK(second.figures().hits == 2);
  CHECK(second.figures().misses == 0);

  auto other = faulty::Backend::connect_store(config.store);
  auto behind = other.begin();
  auto const unseen = behind.put(bytes("another's"));
  REQUIRE(behind.commit("side", Version{}, bytes("s")) == CommitResult::committed);
  for (int i = 0; i != 3; ++i) CHECK(text(first.read(unseen)) == "another's");
  CHECK(plan.reads == 1);
  CHECK(first.figures().misses == 1);
}

TEST_CASE("cached: a root is always the store's") {
  Store::Config const config{.store = {.id = fresh_id()}};
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  auto other = faulty::Backend::connect_store(config.store);
  auto version = laws::commit(connection, "main", Version{}, "one");
  CHECK(text(connection.root("main")->state) == "one");
  version = laws::commit(other, "main", version, "two");
  CHECK(text(connection.root("main")->state) == "two");
  CHECK(connection.root("main")->version == version);
  CHECK(connection.roots() == std::vector<std::string>{"main"});
}

TEST_CASE("cached: it keeps to its budget, and what was used last stays") {
  Store::Config const config{.store = {.id = fresh_id()}, .budget = {std::uint64_t{256} << 10U}};
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  auto raw = faulty::Backend::connect_store(config.store);
  auto writer = raw.begin();
  std::vector<Store::Connection::Address> addresses;
  for (unsigned i = 0; i != 200; ++i) addresses.push_back(writer.put(bytes(laws::pattern(4 << 10U, i))));
  addresses.push_back(writer.put(bytes(laws::pattern(64 << 10U))));
  REQUIRE(writer.commit("main", Version{}, {}) == CommitResult::committed);
  for (auto const& address : addresses) {
    static_cast<void>(connection.read(address));
    static_cast<void>(connection.read(addresses.front()));
  }
  auto const figures = connection.figures();
  CHECK(figures.bytes <= figures.budget);
  CHECK(figures.bytes >= figures.budget / 4);
  CHECK(figures.evictions > 100);
  CHECK(figures.misses == addresses.size());
  CHECK(text(connection.read(addresses[7])) == laws::pattern(4 << 10U, 7));
}

TEST_CASE("cached: of many blobs only those are asked for that are not here") {
  Store::Config const config{.store = {.id = fresh_id()}};
  auto& plan = plan_of(config.store.id);
  Store::empty_store(config);
  auto raw = faulty::Backend::connect_store(config.store);
  auto writer = raw.begin();
  std::vector<Store::Connection::Address> addresses;
  for (int i = 0; i != 6; ++i) addresses.push_back(writer.put(bytes(std::to_string(i))));
  REQUIRE(writer.commit("main", Version{}, {}) == CommitResult::committed);
  auto const connection = Store::connect_store(config);
  static_cast<void>(connection.read(addresses[4]));
  for (int round = 0; round != 2; ++round) {
    std::vector<std::string> seen(addresses.size());
    connection.read_many(std::span<Store::Connection::Address const>{addresses}, [&](std::size_t i, Bytes blob) { seen[i] += text(blob); });
    CHECK(seen == std::vector<std::string>{"0", "1", "2", "3", "4", "5"});
  }
  CHECK(plan.reads == 6);
}

TEST_CASE("cached: who asks for what the store has is told of nothing else") {
  Store::Config const config{.store = {.id = fresh_id()}};
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  auto writer = connection.begin();
  std::vector const addresses{writer.put(bytes("node")), writer.put(bytes("other"))};
  REQUIRE(writer.commit("main", Version{}, {}) == CommitResult::committed);
  auto const read_many = [&] {
    std::vector<std::string> seen(addresses.size());
    connection.read_many(std::span<Store::Connection::Address const>{addresses}, [&](std::size_t i, Bytes blob) { seen[i] += text(blob); });
    return seen[0] + seen[1];
  };
  {
    layer::PastCopies const past;
    CHECK(text(connection.read(addresses[0])) == "node");
    CHECK(read_many() == "nodeother");
  }
  auto below = faulty::Inner::connect_store(config.store);
  below.sweep([](auto const&) { return false; }, TimePoint::max());
  CHECK(read_many() == "nodeother");
  {
    layer::PastCopies const past;
    CHECK(laws::code_of([&] { static_cast<void>(connection.read(addresses[0])); }) == Errc::io_error);
    CHECK(laws::code_of([&] { static_cast<void>(read_many()); }) == Errc::io_error);
  }
  CHECK(read_many() == "nodeother");
}

TEST_CASE("cached: what was not committed, what was swept and what another store has is not remembered") {
  Store::Config const config{.store = {.id = fresh_id()}};
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  auto const version = laws::commit(connection, "main", Version{}, "state");
  auto writer = connection.begin();
  auto const address = writer.put(bytes("node"));
  CHECK(writer.commit("main", Version{}, bytes("late")) == CommitResult::conflict);
  CHECK(connection.figures().blobs == 0);
  REQUIRE(writer.commit("main", version, bytes("in time")) == CommitResult::committed);
  CHECK(text(connection.read(address)) == "node");

  Store::delete_store(config);
  Store::empty_store(config);
  auto fresh = Store::connect_store(config);
  auto again = fresh.begin();
  auto const same = again.put(bytes("other"));
  REQUIRE(again.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  CHECK(text(fresh.read(same)) == "other");
  CHECK(text(connection.read(address)) == "node");

  fresh.sweep([](auto const&) { return false; }, TimePoint::max());
  CHECK(fresh.figures().blobs == 0);
  CHECK(laws::code_of([&] { static_cast<void>(fresh.read(same)); }).has_value());
}

TEST_CASE("cached: a store that was created without it has caches of its connections' own") {
  faulty::Backend::Config const inner{.id = fresh_id()};
  faulty::Backend::empty_store(inner);
  auto first = Store::connect_store({.store = inner});
  auto second = Store::connect_store({.store = inner});
  auto writer = first.begin();
  auto const address = writer.put(bytes("node"));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  CHECK(text(second.read(address)) == "node");
  CHECK(second.figures().misses == 1);
  CHECK(faulty::Backend::connect_store(inner).roots() == std::vector<std::string>{"main"});
}

}  // namespace
}  // namespace cairn::test::cached_layer
