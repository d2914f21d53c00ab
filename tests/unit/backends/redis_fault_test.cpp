// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Servers that are killed, replies that are lost, and slots that move from node to node.
#include "redis_test.hpp"

#include "crash/late.hpp"
#include "laws/tcp_proxy.hpp"
#include "sanitized.hpp"

#include <cairn/backends/redis/backend.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace cairn;
using namespace cairn::test;
using redis::Backend;

namespace {

bool is_long() { return std::getenv("CAIRN_LONG") != nullptr; }

/// One writer's frames, each with a number. What was acknowledged, and what may be there beside it.
struct Told {
  std::vector<std::string> acknowledged{};
  std::vector<std::string> unknown{};
};

/// Appends to a branch of its own until it is to stop, through whatever happens to the server.
Told write_frames(redis::Config const& config, std::string const& branch, std::atomic<bool> const& stop, std::atomic<int>& written) {
  Told told;
  auto connection = Backend::connect_store(config);
  Version version;
  for (int number = 0; !stop; ++number) {
    auto const frame = branch + " " + std::to_string(number);
    try {
      auto writer = connection.begin();
      static_cast<void>(writer.put(bytes(frame)));
      auto const result = number % 20 == 19 ? writer.commit(branch, version, bytes(frame)) : writer.append(branch, version, bytes(frame));
      if (result == CommitResult::committed) {
        if (number % 20 == 19) told = {};
        told.acknowledged.push_back(frame);
        version = result.version;
        ++written;
        continue;
      }
      told.unknown.push_back(frame);
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): nothing has changed
    }
    for (;;) {
      try {
        auto const record = connection.root(branch);
        version = record ? record->version : Version{};
        // A commit that landed after all has taken the frames before it away.
        if (record && !told.unknown.empty() && text(record->state) == frame) told = {{}, {frame}};
        break;
      } catch (Error const&) {  // NOLINT(bugprone-empty-catch): the server is not back yet
      }
    }
  }
  return told;
}

void check_kills_of_server(std::string_view service, int rounds) {
  std::mt19937 random{Catch::getSeed()};
  OwnService server{script(service)};
  for (int round = 0; round != rounds; ++round) {
    auto const config = config_of(server, "round" + std::to_string(round));
    Backend::empty_store(config);
    std::atomic<bool> stop = false;
    std::atomic<int> written = 0;
    constexpr int writers = 3;
    std::vector<Told> told(writers);
    std::vector<std::thread> pool;
    for (std::size_t i = 0; i != writers; ++i)
      pool.emplace_back([&, i] { told[i] = write_frames(config, "branch" + std::to_string(i), stop, written); });
    auto const until = [&](int count) {
      while (written < count) std::this_thread::yield();
    };
    until(static_cast<int>(50 + random() % 200));
    server.kill();
    auto const before = written.load();
    server.restart();
    until(before + 50);
    stop = true;
    for (auto& thread : pool) thread.join();

    auto const connection = Backend::connect_store(config);
    for (std::size_t i = 0; i != writers; ++i) {
      auto const record = connection.root("branch" + std::to_string(i));
      REQUIRE(record.has_value());
      std::vector<std::string> found;
      if (!record->state.empty()) found.push_back(text(record->state));
      for (auto const& frame : record->tail) found.push_back(text(frame));
      // In order, none twice; what is there beyond the acknowledged is of unknown outcome.
      auto next = found.begin();
      for (auto const& frame : told[i].acknowledged) {
        next = std::find(next, found.end(), frame);
        REQUIRE(next != found.end());
        ++next;
      }
      for (auto const& frame : found) {
        CHECK(std::count(found.begin(), found.end(), frame) == 1);
        CHECK(std::count(told[i].acknowledged.begin(), told[i].acknowledged.end(), frame) +
                  std::count(told[i].unknown.begin(), told[i].unknown.end(), frame) ==
              1);
      }
    }
  }
}

}  // namespace

TEST_CASE("what was acknowledged is there after the server was killed under load") { check_kills_of_server("redis", is_long() ? 20 : 5); }

TEST_CASE("what was acknowledged is there after all nodes of a cluster were killed under load") { check_kills_of_server("redis-cluster", 1); }

TEST_CASE("whatever is lost on the way, a change is made once and its outcome is known") {
  OwnService const server{script("redis")};
  TcpProxy proxy{server.value<std::uint16_t>("port")};
  auto config = config_of(server);
  Backend::empty_store(config);
  auto const direct = Backend::connect_store(config);
  config.port = proxy.port();
  auto connection = Backend::connect_store(config);
  constexpr std::array faults{NetworkFault::lose_request, NetworkFault::lose_reply, NetworkFault::cut_reply};
  Version version;
  std::vector<std::string> frames;
  int count = 0;
  for (int round = 0; round != (is_long() ? 100 : cairn::test::is_sanitized ? 5 : 20); ++round) {
    for (auto const fault : faults) {
      CAPTURE(round, static_cast<int>(fault));
      auto const frame = std::to_string(count);
      auto writer = connection.begin();
      auto const address = writer.put(bytes("node " + frame));
      proxy.fail_next(fault, "EVAL");
      bool const replaces = count % 7 == 6;
      auto const result = replaces ? writer.commit("main", version, bytes(frame)) : writer.append("main", version, bytes(frame));
      REQUIRE(result == CommitResult::committed);
      REQUIRE(proxy.faults() == ++count);
      version = result.version;
      if (replaces) {
        frames.clear();
      } else {
        frames.push_back(frame);
      }
      REQUIRE(direct.root("main")->version == version);
      REQUIRE(laws::tail_of(direct, "main") == frames);
      REQUIRE(text(direct.read(address)) == "node " + frame);
    }
  }

  SECTION("replies that do not come, on connections that stay") {
    config.timeout = std::chrono::milliseconds{100};
    auto impatient = Backend::connect_store(config);
    for (int round = 0; round != 5; ++round) {
      auto const frame = "late " + std::to_string(round);
      proxy.fail_next(NetworkFault::stall_reply, "EVAL");
      static_cast<void>(impatient.begin().append("main", version, bytes(frame)));  // whatever it knows of it
      REQUIRE(proxy.faults() == ++count);
      frames.push_back(frame);
      REQUIRE(laws::tail_of(direct, "main") == frames);
      version = direct.root("main")->version;
    }
  }
  SECTION("replies that come late, and such as come when they were given up") {
    for (int round = 0; round != 14; ++round) {
      CAPTURE(round);
      auto const frame = "late " + std::to_string(round);
      if (round < 10) {
        auto const result =
            with_late_replies(proxy, std::chrono::milliseconds{20}, [&] { return connection.begin().append("main", version, bytes(frame)); });
        REQUIRE(result == CommitResult::committed);
      } else {
        config.timeout = std::chrono::milliseconds{200};
        auto impatient = Backend::connect_store(config);
        static_cast<void>(with_replies_too_late(proxy, config.timeout, [&] { return impatient.begin().append("main", version, bytes(frame)); }));
      }
      frames.push_back(frame);
      REQUIRE(laws::tail_of(direct, "main") == frames);
      version = direct.root("main")->version;
    }
    CHECK(proxy.faults() == count);
  }
  SECTION("reads are asked for again") {
    for (auto const fault : faults) {
      proxy.fail_next(fault, "EVAL");
      CHECK(connection.root("main")->version == version);
      auto writer = connection.begin();
      std::vector<redis::Address> const addresses{writer.put(bytes("a")), writer.put(bytes("b"))};
      auto const result = writer.append("main", version, bytes("more"));
      REQUIRE(result == CommitResult::committed);
      version = result.version;
      proxy.fail_next(fault, "GET");
      std::string found;
      connection.read_many(addresses, [&](std::size_t, Bytes blob) { found += text(blob); });
      CHECK(found == "ab");
    }
    CHECK(proxy.faults() == count + 6);
  }
  SECTION("a conflict after a lost request is never taken for a success") {
    proxy.fail_next(NetworkFault::lose_request, "EVAL", [&] {
      static_cast<void>(Backend::connect_store(config_of(server)).begin().append("main", version, bytes("theirs")));
    });
    auto writer = connection.begin();
    CHECK(writer.append("main", version, bytes("mine")) == CommitResult::unknown);
    CHECK(laws::tail_of(direct, "main").back() == "theirs");
  }
  SECTION("an append that others have appended to is known to have landed") {
    proxy.fail_next(NetworkFault::lose_reply, "EVAL", [&] {
      auto other = Backend::connect_store(config_of(server));
      static_cast<void>(other.begin().append("main", other.root("main")->version, bytes("theirs")));
    });
    auto writer = connection.begin();
    REQUIRE(writer.append("main", version, bytes("mine")) == CommitResult::committed);
    auto const tail = laws::tail_of(direct, "main");
    CHECK(tail[tail.size() - 2] == "mine");
    CHECK(tail.back() == "theirs");
  }
  SECTION("where others have replaced what landed, the outcome is unknown") {
    proxy.fail_next(NetworkFault::lose_reply, "EVAL", [&] {
      auto other = Backend::connect_store(config_of(server));
      static_cast<void>(other.begin().commit("main", other.root("main")->version, bytes("theirs")));
    });
    auto writer = connection.begin();
    CHECK(writer.append("main", version, bytes("mine")) == CommitResult::unknown);
  }
  SECTION("of a root that is gone nobody knows who dropped it") {
    proxy.fail_next(NetworkFault::lose_reply, "EVAL");
    CHECK(connection.begin().drop("main", version) == CommitResult::unknown);
    CHECK(direct.roots().empty());
  }
  SECTION("a server that stays away") {
    config.timeout = std::chrono::milliseconds{50};
    auto impatient = Backend::connect_store(config);
    auto writer = impatient.begin();
    proxy.fail_next(NetworkFault::lose_reply, "EVAL", [&] {
      static_cast<void>(tell(server.value<std::uint16_t>("port"), {"CLIENT", "PAUSE", "400", "ALL"}));
    });
    CHECK(writer.append("main", version, bytes("mine")) == CommitResult::unknown);
  }
}

TEST_CASE("a connection that is lost before a call is sent leaves no doubt about the call") {
  OwnService const server{script("redis")};
  TcpProxy proxy{server.value<std::uint16_t>("port")};
  auto config = config_of(server);
  config.port = proxy.port();
  int count = 0;
  for (auto const fault : {NetworkFault::lose_request, NetworkFault::lose_reply, NetworkFault::cut_reply}) {
    redis::details::Server through{config};
    auto const busy = through.lease();
    proxy.fail_next(fault, "INFO");  // the end of a greeting
    bool may_have_run = false;
    static_cast<void>(through.run({"GET", "key"}, "look", may_have_run));
    CHECK(proxy.faults() == ++count);
    CHECK_FALSE(may_have_run);
  }
}

TEST_CASE("a connection that the server closed while nobody used it leaves no doubt about the next call") {
  OwnService const server{script("redis")};
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const before = laws::commit(connection, "main", {}, "state");
  auto const version = laws::append(connection, "main", before, "frame");
  static_cast<void>(tell(server.value<std::uint16_t>("port"), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}));
  CHECK(connection.begin().append("main", before, bytes("late")) == CommitResult::conflict);
  CHECK(connection.root("main")->version == version);
}

TEST_CASE("whoever was connected to a server that became a replica finds the one that took over") {
  OwnService const first{script("redis")};
  OwnService const second{script("redis")};
  auto const old_port = first.value<std::uint16_t>("port");
  auto const new_port = second.value<std::uint16_t>("port");
  TcpProxy proxy{old_port};
  auto config = config_of(first);
  config.port = proxy.port();
  config.timeout = std::chrono::minutes{1};
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const version = laws::commit(connection, "main", {}, "state");
  for (auto const& key : list(old_port, {"KEYS", "*"}))
    REQUIRE(tell(old_port, {"MIGRATE", "127.0.0.1", std::to_string(new_port), key, "0", "1000", "COPY"}) == "OK");
  REQUIRE(tell(old_port, {"REPLICAOF", "127.0.0.1", std::to_string(new_port)}) == "OK");
  proxy.send_on_to(new_port);
  auto writer = connection.begin();
  CHECK(error_of([&] { static_cast<void>(writer.append("main", version, bytes("frame"))); })->code() == Errc::io_read_only);
  CHECK(writer.append("main", version, bytes("frame")) == CommitResult::committed);
  CHECK(laws::tail_of(connection, "main") == std::vector<std::string>{"frame"});
}

TEST_CASE("a store that was deleted before its creation was sent again is another one") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  TcpProxy proxy{port};
  auto const config = config_of(server);
  auto through = config;
  through.port = proxy.port();
  auto const value = [&] { return tell(port, {"GET", "{" + config.prefix + "}:store"}); };
  std::string first;
  std::optional<redis::Connection> connection;

  proxy.fail_next(NetworkFault::lose_reply, "NX", [&] {
    first = value();
    connection.emplace(Backend::connect_store(config));
    Backend::delete_store(config);
  });
  Backend::empty_store(through);
  REQUIRE(proxy.faults() == 1);
  REQUIRE(first.size() > 2);
  CHECK(value().size() == first.size());
  CHECK(value() != first);
  CHECK(error_of([&] { static_cast<void>(connection->root("main")); })->code() == Errc::store_does_not_exist);
  Backend::delete_store(config);

  // Where nobody deletes it, it is there, once.
  for (auto const fault : {NetworkFault::lose_request, NetworkFault::lose_reply, NetworkFault::cut_reply}) {
    first.clear();
    proxy.fail_next(fault, "NX", [&] { first = value(); });
    Backend::empty_store(through);
    CHECK((fault == NetworkFault::lose_request || value() == first));
    CHECK(error_of([&] { Backend::empty_store(through); })->code() == Errc::store_exists);
    Backend::delete_store(config);
  }
  CHECK(proxy.faults() == 4);
}

TEST_CASE("a deletion leaves nothing though the server comes back with its keys in another order") {
  OwnService server{script("redis")};
  TcpProxy proxy{server.value<std::uint16_t>("port")};
  auto config = config_of(server);
  Backend::empty_store(config);
  auto writer = Backend::connect_store(config).begin();
  for (int i = 0; i != 5000; ++i) static_cast<void>(writer.put(bytes(std::to_string(i))));
  REQUIRE(writer.commit("main", {}, bytes("state")) == CommitResult::committed);
  config.port = proxy.port();
  // After the first of several batches.
  proxy.fail_next(NetworkFault::lose_reply, "UNLINK", [&] {
    server.kill();
    server.restart();
  });
  Backend::delete_store(config);
  CHECK(proxy.faults() == 1);
  CHECK(list(server.value<std::uint16_t>("port"), {"KEYS", "*"}).empty());
}

TEST_CASE("a store is found by any node of a cluster, and follows its slot from node to node") {
  OwnService const cluster{script("redis-cluster")};
  auto config = config_of(cluster, "moving");
  config.timeout = std::chrono::milliseconds{300};
  Backend::empty_store(config);
  {
    auto elsewhere = config;
    elsewhere.port = 1;
    CHECK(error_of([&] { static_cast<void>(Backend::connect_store(elsewhere)); })->code() == Errc::io_error);
    elsewhere.nodes = {"127.0.0.1:" + cluster.value("second")};
    auto connection = Backend::connect_store(elsewhere);
    auto const version = laws::commit(connection, "found", {}, "state");
    CHECK(connection.root("found")->version == version);
    REQUIRE(connection.begin().drop("found", version) == CommitResult::committed);
  }
  auto connection = Backend::connect_store(config);
  auto writer = connection.begin();
  std::vector<redis::Address> addresses;
  for (int i = 0; i != 20; ++i) addresses.push_back(writer.put(bytes(std::to_string(i))));
  auto result = writer.commit("main", {}, bytes("one"));
  REQUIRE(result == CommitResult::committed);
  auto const read_all = [&] {
    std::size_t right = 0;
    connection.read_many(addresses, [&](std::size_t i, Bytes blob) { right += text(blob) == std::to_string(i) ? 1U : 0U; });
    for (std::size_t i = 0; i != addresses.size(); ++i) right += text(connection.read(addresses[i])) == std::to_string(i) ? 1U : 0U;
    return right == 2 * addresses.size();
  };

  // Where it is, and where it goes.
  struct Place {
    std::uint16_t port;
    std::string id;
  };
  std::vector<Place> places;
  for (auto const* const name : {"first", "second", "third"}) {
    auto const port = cluster.value<std::uint16_t>(name);
    places.push_back({port, tell(port, {"CLUSTER", "MYID"})});
  }
  auto const has_it = [](Place const& place) { return !tell(place.port, {"GET", "{moving}:store"}).starts_with("MOVED"); };
  auto const from = *std::find_if(places.begin(), places.end(), has_it);
  auto const to = *std::find_if_not(places.begin(), places.end(), has_it);
  auto const moved = tell((from.port == places[0].port ? places[1] : places[0]).port, {"GET", "{moving}:store"});
  auto const slot = moved.substr(6, moved.find(' ', 6) - 6);
  auto const begin_to_move = [&](Place const& source, Place const& target) {
    return tell(target.port, {"CLUSTER", "SETSLOT", slot, "IMPORTING", source.id}) == "OK" &&
           tell(source.port, {"CLUSTER", "SETSLOT", slot, "MIGRATING", target.id}) == "OK";
  };
  auto const keys_at = [&](Place const& place) { return list(place.port, {"CLUSTER", "GETKEYSINSLOT", slot, "1000"}); };
  auto const move = [&](Place const& source, Place const& target, std::string const& key) {
    return tell(source.port, {"MIGRATE", "127.0.0.1", std::to_string(target.port), key, "0", "1000"}) == "OK";
  };
  auto const move_the_rest = [&](Place const& source, Place const& target) {
    for (auto const& key : keys_at(source)) REQUIRE(move(source, target, key));
    for (auto const& place : {target, source}) REQUIRE(tell(place.port, {"CLUSTER", "SETSLOT", slot, "NODE", target.id}) == "OK");
  };

  REQUIRE(begin_to_move(from, to));
  auto const keys = keys_at(from);
  REQUIRE(keys.size() == addresses.size() + 3);
  // Blobs one by one, which are found on either node; the root waits.
  std::size_t count = 0;
  for (auto const& key : keys) {
    if (!key.starts_with("{moving}:store") && key.find(":b") != std::string::npos && count < 10) {
      REQUIRE(move(from, to, key));
      ++count;
    }
  }
  REQUIRE(count == 10);
  CHECK(read_all());
  auto next = connection.begin();
  addresses.push_back(next.put(bytes("20")));
  CHECK(error_of([&] { static_cast<void>(next.commit("main", result.version, bytes("two"))); })->code() == Errc::io_error);
  move_the_rest(from, to);
  CHECK(connection.root("main")->version == result.version);
  result = next.commit("main", result.version, bytes("two"));
  REQUIRE(result == CommitResult::committed);
  CHECK(read_all());
  connection.sweep([&](redis::Address const& address) { return address == addresses.back(); }, TimePoint::max());
  CHECK(text(connection.read(addresses.back())) == "20");
  CHECK(error_of([&] { static_cast<void>(connection.read(addresses.front())); }).has_value());

  // The slot begins to go back while the store is deleted: what has gone ahead is not forgotten.
  auto last = connection.begin();
  for (int i = 0; i != 20; ++i) static_cast<void>(last.put(bytes(std::to_string(i))));
  REQUIRE(last.commit("main", result.version, bytes("three")) == CommitResult::committed);
  TcpProxy proxy{to.port};
  auto through = config;
  through.port = proxy.port();
  bool has_begun = false;
  proxy.fail_next(NetworkFault::lose_reply, "SCAN", [&] {
    auto const there = keys_at(to);
    has_begun = begin_to_move(to, from);
    for (std::size_t i = 0, gone = 0; i != there.size() && gone != 10; ++i) {
      if (there[i].find(":b") != std::string::npos && move(to, from, there[i])) ++gone;
    }
  });
  CHECK(mentions(error_of([&] { Backend::delete_store(through); }), "on its way"));
  REQUIRE(has_begun);
  CHECK(keys_at(from).size() == 10);
  move_the_rest(to, from);
  Backend::delete_store(config);
  CHECK(keys_at(from).empty());
  CHECK(keys_at(to).empty());
}
