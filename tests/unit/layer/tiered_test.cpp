// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a front has and what happens when it does not.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/config/describe.hpp>
#include <cairn/config/load.hpp>
#include <cairn/layer/past_copies.hpp>
#include <cairn/layer/tiered.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cairn::test::tiered_layer {
namespace {

using faulty::fresh_id;
using faulty::plan_of;
using laws::bytes;
using laws::code_of;
using laws::text;
using Mem = backends::mem::Backend;
using Through = Tiered<faulty::Front, faulty::Backend>;
using Behind = Tiered<faulty::Front, faulty::Backend, WritePolicy::write_behind>;
using Around = Tiered<faulty::Front, faulty::Backend, WritePolicy::write_around>;
using Closed = Tiered<faulty::Front, faulty::Backend, WritePolicy::write_through, ReadPolicy::frontend_only>;

static_assert(Through::backend_id == "tiered.faulty-front.faulty");

template <class Store>
struct Tier {
  typename Store::Config config{.frontend_config = {.id = fresh_id()}, .backend_config = {.id = fresh_id()}};
  faulty::Plan& front = plan_of(config.frontend_config.id);
  faulty::Plan& back = plan_of(config.backend_config.id);

  typename Store::Connection create() {
    Store::empty_store(config);
    return Store::connect_store(config);
  }
};

/// Commits one blob to a new root.
template <class Connection>
typename Connection::Address put(Connection& connection, std::string_view branch, std::string_view content) {
  auto writer = connection.begin();
  auto const address = writer.put(bytes(content));
  REQUIRE(writer.commit(branch, Version{}, bytes("state")) == CommitResult::committed);
  return address;
}

TEST_CASE("tiered: written through, blobs are in the front before the commit is acknowledged") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto const address = put(connection, "main", "node");
  CHECK(text(connection.read(address)) == "node");
  CHECK(tier.back.reads == 0);
  CHECK(connection.front_figures().hits == 1);
  CHECK(connection.front_figures().kept == 1);
  auto const other = Through::connect_store(tier.config);
  CHECK(text(other.read(address)) == "node");
  CHECK(tier.back.reads == 0);
}

TEST_CASE("tiered: written around, the front gets what is read, at the latest on release", "[threads]") {
  Tier<Around> tier;
  auto connection = tier.create();
  auto const address = put(connection, "main", "node");
  CHECK(connection.front_figures().kept == 0);
  CHECK(text(connection.read(address)) == "node");
  CHECK(tier.back.reads == 1);
  Around::release_store(tier.config, connection);
  auto const other = Around::connect_store(tier.config);
  CHECK(text(other.read(address)) == "node");
  CHECK(tier.back.reads == 1);
}

TEST_CASE("tiered: written behind, everything is in the front after the release", "[threads]") {
  Tier<Behind> tier;
  auto connection = tier.create();
  std::vector<Behind::Connection::Address> addresses;
  Version version;
  for (int i = 0; i != 200; ++i) {
    auto writer = connection.begin();
    addresses.push_back(writer.put(bytes("node " + std::to_string(i))));
    auto const result = writer.commit("main", version, bytes(std::to_string(i)));
    REQUIRE(result == CommitResult::committed);
    version = result.version;
    // The back has it, whatever the front has.
    REQUIRE(text(faulty::Inner::connect_store(tier.config.backend_config).root("main")->state) == std::to_string(i));
  }
  Behind::release_store(tier.config, connection);
  tier.back.reads = 0;
  auto const other = Behind::connect_store(tier.config);
  for (int i = 0; i != 200; ++i) CHECK(text(other.read(addresses[static_cast<std::size_t>(i)])) == "node " + std::to_string(i));
  CHECK(tier.back.reads == 0);
  CHECK(other.front_figures().hits == 200);
}

TEST_CASE("tiered: where only the front is read, what it does not have is an error") {
  Tier<Closed> tier;
  auto connection = tier.create();
  auto const address = put(connection, "main", "node");
  CHECK(text(connection.read(address)) == "node");
  Mem::delete_store(tier.config.frontend_config);
  auto const other = Closed::connect_store(tier.config);
  CHECK(code_of([&] { static_cast<void>(other.read(address)); }) == Errc::io_error);
  CHECK(tier.back.reads == 0);
}

TEMPLATE_TEST_CASE("tiered: who asks for what the back has is told of nothing else", "", Through, Closed) {
  Tier<TestType> tier;
  auto connection = tier.create();
  using Address = typename decltype(connection)::Address;
  std::vector const addresses{put(connection, "main", "node"), put(connection, "side", "other")};
  auto const read_many = [&] {
    std::vector<std::string> seen(addresses.size());
    connection.read_many(std::span<Address const>{addresses}, [&](std::size_t i, Bytes blob) { seen[i] += text(blob); });
    return seen[0] + seen[1];
  };
  {
    layer::PastCopies const past;
    CHECK(text(connection.read(addresses[0])) == "node");
    CHECK(read_many() == "nodeother");
    CHECK(tier.back.reads == 3);
  }
  auto below = faulty::Inner::connect_store(tier.config.backend_config);
  below.sweep([](auto const&) { return false; }, TimePoint::max());
  {
    layer::PastCopies const past;
    CHECK(code_of([&] { static_cast<void>(connection.read(addresses[0])); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(read_many()); }) == Errc::io_error);
  }
  CHECK(read_many() == "nodeother");
}

TEST_CASE("tiered: a front that fails is left alone, and nothing else does") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto const address = put(connection, "main", "node");
  tier.front.is_gone = true;
  CHECK(text(connection.read(address)) == "node");
  CHECK(tier.back.reads == 1);
  auto const later = put(connection, "side", "later");
  CHECK(connection.front_figures().fault == "it is gone");
  auto const asked = tier.front.reads.load();
  CHECK(text(connection.read(later)) == "later");
  CHECK(tier.front.reads == asked);
  Through::release_store(tier.config, connection);

  // One that can't be connected to is no reason not to connect.
  auto lost = Through::connect_store(tier.config);
  CHECK_FALSE(lost.front_figures().fault.empty());
  CHECK(text(lost.read(address)) == "node");
  CHECK(lost.roots() == std::vector<std::string>{"main", "side"});

  tier.front.is_gone = false;
  auto const back = Through::connect_store(tier.config);
  CHECK(back.front_figures().fault.empty());
  CHECK(text(back.read(later)) == "later");
}

TEST_CASE("tiered: a front that is not there is made anew, and one of another store is emptied") {
  Tier<Through> tier;
  auto const address = [&] {
    auto connection = tier.create();
    return put(connection, "main", "mine");
  }();
  Tier<Through> other;
  other.config.frontend_config = tier.config.frontend_config;
  auto theirs = other.create();
  auto const same = put(theirs, "main", "theirs");
  CHECK(text(theirs.read(same)) == "theirs");

  // The same address in both stores: what the other store put there is not an answer.
  auto mine = Through::connect_store(tier.config);
  CHECK(text(mine.read(address)) == "mine");
  CHECK(mine.front_figures().hits == 0);

  Mem::delete_store(tier.config.frontend_config);
  auto const again = Through::connect_store(tier.config);
  CHECK(again.front_figures().fault.empty());
  CHECK(text(again.read(address)) == "mine");
}

TEST_CASE("tiered: copies in the front that are damaged, or another blob's, are not believed") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto const address = put(connection, "main", "node");
  auto front = Mem::connect_store(tier.config.frontend_config);
  auto const copy = front.read(address);
  for (std::size_t at = 0; at != copy.size(); ++at) {
    std::vector<std::byte> hurt{copy.view().begin(), copy.view().end()};
    hurt[at] ^= std::byte{4};
    auto writer = front.begin();
    writer.put(address, hurt);
    REQUIRE(writer.append("raw", front.root("raw") ? front.root("raw")->version : Version{}, {}) == CommitResult::committed);
    CHECK(text(connection.read(address)) == "node");
  }
  CHECK(connection.front_figures().hits == 0);
  using Record = layer::FrontRecord<backends::mem::Address>;
  auto const record = Record::make({7}, bytes("seven"));
  CHECK(Record::owner(record) == backends::mem::Address{7});
  for (std::size_t size = 0; size != record.size(); ++size) CHECK_FALSE(Record::owner(std::span{record}.first(size)).has_value());
}

TEST_CASE("tiered: the root is the back's, whoever writes it") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto version = laws::commit(connection, "main", Version{}, "one");
  auto beside = faulty::Inner::connect_store(tier.config.backend_config);
  version = laws::commit(beside, "main", version, "two");
  CHECK(text(connection.root("main")->state) == "two");
  CHECK(connection.begin().commit("main", Version{}, bytes("late")) == CommitResult::conflict);
}

TEST_CASE("tiered: a sweep removes what is dead from both", "[threads]") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto const live = put(connection, "live", "live");
  auto const dead = put(connection, "dead", "dead");
  connection.sweep([&](auto const& address) { return address == live; }, TimePoint::max());
  auto const front = Mem::connect_store(tier.config.frontend_config);
  CHECK_FALSE(front.read(live).empty());
  CHECK(code_of([&] { static_cast<void>(front.read(dead)); }).has_value());
  CHECK(code_of([&] { static_cast<void>(connection.read(dead)); }).has_value());
}

TEST_CASE("tiered: a copy that another sweep of the front has removed meanwhile is no fault of it") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto const live = put(connection, "main", "node");
  put(connection, "side", "dead");
  tier.front.failing_reads = 1;  // whichever it looks at first
  connection.sweep([&](auto const& address) { return address == live; }, TimePoint::max());
  CHECK(connection.front_figures().fault.empty());
  // Other faults are faults.
  tier.front.code = Errc::store_poisoned;
  tier.front.failing_reads = 1;
  connection.sweep([&](auto const& address) { return address == live; }, TimePoint::max());
  CHECK_FALSE(connection.front_figures().fault.empty());
}

TEST_CASE("tiered: a front that refuses a copy is given up at once, and the commit does not wait for it") {
  Tier<Through> tier;
  auto connection = tier.create();
  tier.front.commits = 0;
  tier.front.failed_commits = 100;
  put(connection, "main", "node");
  CHECK(tier.front.commits == 1);
  CHECK(connection.front_figures().fault.find("as it was told to") != std::string::npos);
}

TEST_CASE("tiered: a sweep leaves in the front what was put since the live set was made", "[threads]") {
  Tier<Closed> tier;
  auto connection = tier.create();
  auto const cutoff = std::chrono::system_clock::now();
  auto const young = put(connection, "main", "young");
  connection.sweep([](auto const&) { return false; }, cutoff);
  CHECK(text(connection.read(young)) == "young");
}

TEST_CASE("tiered: a database is no front, and not touched") {
  Tier<Through> tier;
  auto connection = tier.create();
  auto const address = put(connection, "main", "mine");
  Mem::Config const theirs{.id = fresh_id()};
  Mem::empty_store(theirs);
  auto owner = Mem::connect_store(theirs);
  // With an identity, as what was created through a cache has, or without.
  if (GENERATE(false, true)) REQUIRE(layer::give_identity(owner).has_value());
  auto const kept = put(owner, "main", "theirs");

  auto wrong = tier.config;
  wrong.frontend_config = theirs;
  CHECK(code_of([&] { static_cast<void>(Through::connect_store(wrong)); }) == Errc::config_mismatch);
  CHECK(code_of([&] { Through::delete_store(wrong); }) == Errc::config_mismatch);
  CHECK(text(connection.read(address)) == "mine");
  wrong.backend_config.id = fresh_id();
  CHECK(code_of([&] { Through::empty_store(wrong); }) == Errc::config_mismatch);
  CHECK(code_of([&] { static_cast<void>(Mem::connect_store(wrong.backend_config)); }) == Errc::store_does_not_exist);
  CHECK(text(Mem::connect_store(theirs).read(kept)) == "theirs");
}

TEST_CASE("tiered: what can't be looked at is not deleted") {
  Tier<Through> tier;
  auto connection = tier.create();
  static_cast<void>(put(connection, "main", "mine"));
  tier.front.code = Errc::store_wrong_key;
  tier.front.failing_connects = 1;
  CHECK(code_of([&] { Through::delete_store(tier.config); }) == Errc::store_wrong_key);
  CHECK(Mem::connect_store(tier.config.backend_config).root("main").has_value());
  Through::delete_store(tier.config);
  CHECK(code_of([&] { static_cast<void>(Mem::connect_store(tier.config.frontend_config)); }) == Errc::store_does_not_exist);
}

TEST_CASE("tiered: a child of a fork lets go of a tier whose thread its parent has", "[threads]") {
  Tier<Behind> tier;
  auto connection = std::make_optional(tier.create());
  auto const address = put(*connection, "main", "node");  // begins the thread
  // Once it has nothing to do it waits, and a condition that somebody waits for can't be destroyed.
  while (connection->front_figures().kept == 0 && connection->front_figures().fault.empty()) std::this_thread::yield();
  for (int i = 0; i != 5; ++i) {
    auto const child = ::fork();
    if (child == 0) {
      ::alarm(60);
      connection.reset();
      ::_exit(0);
    }
    REQUIRE(child > 0);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
  }
  Behind::release_store(tier.config, *connection);
  CHECK(text(Behind::connect_store(tier.config).read(address)) == "node");
}

TEST_CASE("tiered: addresses that don't fit the front's are hashed, and none begins with a time to come") {
  struct Wide {
    std::array<unsigned char, 24> bytes{};
    bool operator==(Wide const&) const = default;
  };
  struct Timed {
    std::array<unsigned char, 16> bytes{};
    bool operator==(Timed const&) const = default;
  };
  Wide one, two;
  one.bytes.fill(0xff);
  two.bytes.fill(0xfe);
  auto const first = layer::front_address<Timed>(one);
  CHECK_FALSE(first == layer::front_address<Timed>(two));
  CHECK((first.bytes[0] == 0 && first.bytes[1] == 0));
  CHECK(layer::front_address<Timed>(backends::mem::Address{0xffffffffffffffff}).bytes[0] == 0);
  CHECK(layer::front_address<backends::mem::Address>(backends::mem::Address{7}) == backends::mem::Address{7});
  CHECK(layer::front_address<backends::mem::Address>(one) != layer::front_address<backends::mem::Address>(two));
}

TEST_CASE("tiered: a configuration says the policies that the program has, or none") {
  auto const load = [](std::string_view text) { return load_config<Through>(text); };
  auto const config = load(R"({:backend :tiered :id "t" :write-policy :write-through :frontend-config {:backend :faulty-front :id "f"}
                              :backend-config {:backend :faulty :id "b"} :read-policy :frontend-first})");
  CHECK(config.frontend_config.id == "f");
  CHECK(config.backend_config.id == "b");
  CHECK(load(R"({:frontend-config {:id "f"} :backend-config {:id "b"}})").write_policy == WritePolicy::write_through);
  CHECK(code_of([&] { load(R"({:backend :tiered :write-policy :write-behind :frontend-config {:id "f"} :backend-config {:id "b"}})"); }) == Errc::config_range);
  CHECK(code_of([&] { load(R"({:backend :tiered :frontend-config {:backend :file :id "f"} :backend-config {:id "b"}})"); }) == Errc::config_mismatch);
  CHECK(code_of([&] { load(R"({:backend :tiered :frontend-config {:id "f"}})"); }) == Errc::config_missing);
}

TEST_CASE("tiered: the description of a configuration has those of the parts in it") {
  auto const fields = config::describe_backend<Through>();
  REQUIRE(fields.size() == 4);
  CHECK(fields[0].name == "frontend-config");
  CHECK(fields[0].type == "store :faulty-front");
  CHECK(fields[0].required);
  CHECK_FALSE(fields[0].default_text.has_value());
  REQUIRE(fields[1].fields.size() == 1);
  CHECK(fields[1].fields[0].name == "id");
  CHECK(fields[1].fields[0].required);
  CHECK(fields[2].default_text == ":write-through");
  CHECK(fields[2].constraints == std::vector<std::string>{"be one of :write-through"});
}

TEST_CASE("tiered: a part may come from a variable, and its faults say where they are") {
  Environment const environment{[](std::string_view name) -> std::optional<std::string> {
    if (name == "CAIRN_STORE_BACKEND_CONFIG") return R"({:backend :faulty :id "b" :idd 1})";
    if (name == "CAIRN_STORE_FRONTEND_CONFIG") return R"({:id "f"})";
    return std::nullopt;
  }};
  try {
    static_cast<void>(load_config<Through>(std::string_view{"{:backend :tiered}"}, environment));
    FAIL("it was taken");
  } catch (Error const& error) {
    CHECK(error.code() == Errc::config_unknown_key);
    CHECK(error.message().find(":backend-config :idd (from CAIRN_STORE_BACKEND_CONFIG)") != std::string::npos);
    CHECK(error.message().find(":frontend-config") == std::string::npos);
  }
}

}  // namespace
}  // namespace cairn::test::tiered_layer
