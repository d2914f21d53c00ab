// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is Redis' own: what a server must be, who may do what, and keys that others have touched.
#include "laws/following.hpp"
#include "redis_test.hpp"

#include <cairn/backends/redis/backend.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <random>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace cairn;
using namespace cairn::test;
using redis::Backend;

namespace {

redis::Config relaxed(redis::Config config) {
  config.sync = Sync::relaxed;
  return config;
}

/// Answers whatever it is asked with random pieces of the protocol.
class NonsenseServer {
 public:
  explicit NonsenseServer(std::uint32_t seed) : random_{seed}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    REQUIRE((::bind(listener_, plain, size) == 0 && ::listen(listener_, 16) == 0 && ::getsockname(listener_, plain, &size) == 0));
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  NonsenseServer(NonsenseServer const&) = delete;
  NonsenseServer& operator=(NonsenseServer const&) = delete;
  ~NonsenseServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  void serve() {
    for (;;) {
      auto const client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      std::array<char, 4096> heard;
      static_cast<void>(::recv(client, heard.data(), heard.size(), 0));
      std::string said;
      for (auto pieces = random_() % 40; pieces != 0; --pieces) said += piece();
      static_cast<void>(::send(client, said.data(), said.size(), MSG_NOSIGNAL));
      ::close(client);
    }
  }
  std::string piece() {
    static constexpr std::array<std::string_view, 20> pieces{
        "+OK\r\n", "-ERR no\r\n", "-LOADING\r\n", "-MOVED 1 127.0.0.1:1\r\n", "-ASK 1 :2\r\n", "-NOSCRIPT\r\n", ":1\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n",
        "*1\r\n", "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n", "*3\r\n", "$0\r\n\r\n", "$4\r\ngone\r\n", "$999999\r\n", "\r\n", "$", "$18\r\n1 0123456789abcdef\r\n", "+\r\n"};
    if (random_() % 20 == 0) return {static_cast<char>(random_()), static_cast<char>(random_())};
    return std::string{pieces[random_() % pieces.size()]};
  }

  std::mt19937 random_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Everything that a store does, once.
void check_life(redis::Config const& config) {
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto writer = connection.begin();
  auto const address = writer.put(bytes("node"));
  auto const dead = writer.put(bytes("dead"));
  auto const result = writer.commit("main", {}, bytes("state"));
  REQUIRE(result == CommitResult::committed);
  laws::append(connection, "main", result.version, "frame");
  CHECK(text(connection.read(address)) == "node");
  connection.sweep([&](redis::Address const& other) { return other == address; }, TimePoint::max());
  CHECK(error_of([&] { static_cast<void>(connection.read(dead)); }).has_value());
  CHECK(laws::tail_of(connection, "main") == std::vector<std::string>{"frame"});
  CHECK(connection.roots() == std::vector<std::string>{"main"});
  Backend::delete_store(config);
  CHECK(error_of([&] { static_cast<void>(connection.root("main")); })->code() == Errc::store_does_not_exist);
}

}  // namespace

TEST_CASE("a durable store is refused where the server would lose commits") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto const config = config_of(server);
  struct Row {
    std::string_view name, bad, good;
  };
  for (auto const& [name, bad, good] : {Row{"appendonly", "no", "yes"}, Row{"appendfsync", "everysec", "always"}, Row{"appendfsync", "no", "always"},
                                        Row{"no-appendfsync-on-rewrite", "yes", "no"}, Row{"maxmemory-policy", "allkeys-lru", "noeviction"},
                                        Row{"maxmemory-policy", "volatile-ttl", "noeviction"}}) {
    CAPTURE(name, bad);
    REQUIRE(tell(port, {"CONFIG", "SET", name, bad}) == "OK");
    auto const error = error_of([&] { Backend::empty_store(config); });
    REQUIRE(error.has_value());
    CHECK(error->code() == Errc::config_mismatch);
    CHECK(mentions(error, std::string{name} + " is \"" + std::string{bad} + "\""));
    Backend::empty_store(relaxed(config));
    CHECK_FALSE(Backend::connect_store(relaxed(config)).is_durable());
    CHECK(error_of([&] { static_cast<void>(Backend::connect_store(config)); })->code() == Errc::config_mismatch);
    REQUIRE(tell(port, {"CONFIG", "SET", name, good}) == "OK");
    CHECK(Backend::connect_store(config).is_durable());
    Backend::delete_store(config);
  }
}

TEST_CASE("a durable store waits until a log that was turned on is in force") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto config = config_of(server);
  auto const set = [&](std::string_view name, std::string_view value) { REQUIRE(tell(port, {"CONFIG", "SET", name, value}) == "OK"); };
  set("appendonly", "no");
  for (int i = 0; i != 100; ++i) static_cast<void>(tell(port, {"SET", "other" + std::to_string(i), "x"}));
  set("rdb-key-save-delay", "10000000");  // of the child that writes the log's base: ten seconds a key
  set("appendonly", "yes");
  config.timeout = std::chrono::seconds{1};
  // With a write in between or without: what comes now is in no log that a restart would read.
  for (int i = 0; i != 2; ++i) {
    auto const error = error_of([&] { Backend::empty_store(config); });
    REQUIRE(error.has_value());
    CHECK(error->code() == Errc::io_error);
    CHECK(mentions(error, "base of its log"));
    static_cast<void>(tell(port, {"SET", "more", "x"}));
  }
  Backend::empty_store(relaxed(config));
  CHECK_FALSE(Backend::connect_store(relaxed(config)).is_durable());
  set("appendonly", "no");
  set("rdb-key-save-delay", "0");
  set("appendonly", "yes");
  config.timeout = std::chrono::minutes{1};
  CHECK(Backend::connect_store(config).is_durable());
}

TEST_CASE("a server whose settings have changed gets no commit after its connections broke") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const version = laws::commit(connection, "main", {}, "state");
  REQUIRE(tell(port, {"CONFIG", "SET", "appendfsync", "everysec"}) == "OK");
  static_cast<void>(tell(port, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}));
  auto writer = connection.begin();
  CHECK(error_of([&] { static_cast<void>(writer.commit("main", version, bytes("next"))); })->code() == Errc::config_mismatch);
  REQUIRE(tell(port, {"CONFIG", "SET", "appendfsync", "always"}) == "OK");
  CHECK(text(connection.root("main")->state) == "state");
}

TEST_CASE("what a user may not know is said, and what it needs is what the README lists") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto config = config_of(server, "mine");
  config.user = "limited";
  config.password = Secret{"hush-hush"};
  REQUIRE(tell(port, {"ACL", "SETUSER", "limited", "on", ">hush-hush", "~{mine}:*", "+evalsha", "+eval", "+script|load", "+get", "+set", "+del", "+exists",
                      "+unlink", "+scan", "+sadd", "+srem", "+smembers", "+hget", "+hset", "+hdel", "+hkeys", "+llen", "+lindex", "+lrange", "+rpush",
                      "+info"}) == "OK");
  auto const error = error_of([&] { Backend::empty_store(config); });
  REQUIRE(error.has_value());
  CHECK(error->code() == Errc::config_mismatch);
  CHECK(mentions(error, "CONFIG GET"));
  CHECK(mentions(error, "appendfsync"));
  check_life(relaxed(config));
  REQUIRE(tell(port, {"ACL", "SETUSER", "limited", "+config|get"}) == "OK");
  check_life(config);

  auto other = config;
  other.prefix = "other";
  CHECK(mentions(error_of([&] { Backend::empty_store(other); }), "access list"));
  // A server that keeps no scripts for us is sent their text.
  REQUIRE(tell(port, {"ACL", "SETUSER", "limited", "-script|load", "-evalsha"}) == "OK");
  check_life(config);
  REQUIRE(tell(port, {"ACL", "SETUSER", "limited", "-eval"}) == "OK");
  CHECK(mentions(error_of([&] { Backend::delete_store(config); }), "access list"));

  config.password = Secret{"guessed-wrong"};
  auto const refused = error_of([&] { Backend::empty_store(config); });
  CHECK(mentions(refused, ":password"));
  CHECK_FALSE(mentions(refused, "guessed-wrong"));
  REQUIRE(tell(port, {"ACL", "SETUSER", "default", "resetpass", ">opensesame"}) == "OK");
  CHECK(mentions(error_of([&] { Backend::empty_store(config_of(server)); }), ":password"));
  config = config_of(server);
  config.password = Secret{"opensesame"};
  check_life(config);
}

TEST_CASE("databases, prefixes and sockets") {
  OwnService const server{script("redis")};
  auto config = config_of(server);
  auto neighbour = config;
  neighbour.database = 3;
  auto sibling = config;
  sibling.prefix = "cairn.2";
  auto by_socket = config;
  by_socket.socket = server.value("socket");
  by_socket.prefix = "socket";
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  laws::commit(connection, "main", {}, "kept");
  for (auto const& other : {neighbour, sibling, by_socket}) check_life(other);
  CHECK(text(connection.root("main")->state) == "kept");
  for (std::string_view const bad : {"", "a{b", "a}b", "a*", "a b", "\n"}) {
    config.prefix = bad;
    CHECK(error_of([&] { Backend::empty_store(config); })->code() == Errc::config_range);
  }
  config.prefix = "cairn";
  config.database = 999;
  CHECK(mentions(error_of([&] { Backend::empty_store(config); }), "database 999"));
  config.database = 0;
  for (auto const* const node : {"no port", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:"}) {
    config.nodes = {"127.0.0.1:65535", node};
    auto const error = error_of([&] { Backend::empty_store(config); });
    CHECK(error->code() == Errc::config_range);
    CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring("Node 2 of :nodes") && Catch::Matchers::ContainsSubstring("from 1 to 65535"));
  }
  by_socket.nodes = {"127.0.0.1:6379"};
  CHECK(error_of([&] { Backend::empty_store(by_socket); })->code() == Errc::config_mismatch);
  config.nodes.clear();
  config.port = 1;
  CHECK(error_of([&] { Backend::empty_store(config); })->code() == Errc::io_error);
}

TEST_CASE("scripts that the server forgot are sent again") {
  OwnService const server{script("redis")};
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto version = laws::commit(connection, "main", {}, "one");
  REQUIRE(tell(server.value<std::uint16_t>("port"), {"SCRIPT", "FLUSH"}) == "OK");
  version = laws::append(connection, "main", version, "frame");
  CHECK(connection.root("main")->version == version);
}

TEST_CASE("who follows a root is sent what others added to it, nothing twice, and sees what the server lost") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const reader = Backend::connect_store(config);
  laws::check_nothing_is_read_twice(connection, reader);
  auto const all = "{cairn}:" + tell(port, {"GET", "{cairn}:store"}).substr(2) + ":";
  SECTION("another frame in the place of one that was known") {
    static_cast<void>(tell(port, {"RPOP", all + "tmain"}));
    laws::append(connection, "main", connection.root("main")->version, "other");
    CHECK(laws::tail_of(reader, "main") == std::vector<std::string>{"one", "other"});
  }
  SECTION("as many other frames in the place of lost ones") {
    auto other = Backend::connect_store(config);
    laws::check_no_version_comes_again(connection, other, [&] { static_cast<void>(tell(port, {"RPOP", all + "tunsteady"})); });
  }
  SECTION("no frame any more") {
    static_cast<void>(tell(port, {"DEL", all + "tmain"}));
    CHECK(laws::tail_of(reader, "main").empty());
  }
  SECTION("no state any more") {
    static_cast<void>(tell(port, {"DEL", all + "smain"}));
    CHECK(error_of([&] { static_cast<void>(reader.root("main")); })->code() == Errc::store_corrupt);
  }
  SECTION("the whole store") { laws::check_another_store_is_not_followed<Backend>(config, reader); }
}

TEST_CASE("full memory changes nothing, and the same writer goes on when there is room") {
  OwnService const server{script("redis")};
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const version = laws::commit(connection, "main", {}, "one");
  auto writer = connection.begin();
  auto const address = writer.put(bytes("node"));
  REQUIRE(tell(server.value<std::uint16_t>("port"), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  CHECK(error_of([&] { static_cast<void>(writer.commit("main", version, bytes("two"))); })->code() == Errc::io_full);
  CHECK(error_of([&] { static_cast<void>(writer.append("main", version, bytes("frame"))); })->code() == Errc::io_full);
  CHECK(connection.root("main")->version == version);
  REQUIRE(tell(server.value<std::uint16_t>("port"), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
  REQUIRE(writer.commit("main", version, bytes("two")) == CommitResult::committed);
  CHECK(text(connection.read(address)) == "node");
}

TEST_CASE("a deletion that was broken off is ended by the next, and touches nothing newer") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  laws::commit(connection, "main", {}, "state");
  auto const own = tell(port, {"GET", "{cairn}:store"}).substr(2);
  REQUIRE(list(port, {"KEYS", "{cairn}:" + own + ":*"}).size() == 2);
  // As after the first step of a deletion.
  static_cast<void>(tell(port, {"SADD", "{cairn}:deleted", own}));
  static_cast<void>(tell(port, {"DEL", "{cairn}:store"}));
  auto writer = connection.begin();
  CHECK(error_of([&] { static_cast<void>(writer.commit("other", {}, bytes("late"))); })->code() == Errc::store_does_not_exist);
  Backend::empty_store(config);
  auto next = Backend::connect_store(config);
  laws::commit(next, "main", {}, "next");
  Backend::delete_store(config);
  CHECK(list(port, {"KEYS", "*"}).empty());
}

TEST_CASE("keys that another program has touched are noticed") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto const config = config_of(server);
  auto const code = [&](auto call) { return error_of(call)->code(); };
  static_cast<void>(tell(port, {"RPUSH", "{cairn}:store", "1"}));
  CHECK(code([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_format);
  static_cast<void>(tell(port, {"DEL", "{cairn}:store"}));
  for (std::string_view const value : {"", "1", "1 ", "1 *", "2 0123456789abcdef", "nonsense", "1 0123456789abcdef0"}) {
    static_cast<void>(tell(port, {"SET", "{cairn}:store", value}));
    CHECK(code([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_format);
    CHECK(code([&] { Backend::delete_store(config); }) == Errc::store_format);
    CHECK(code([&] { Backend::empty_store(config); }) == Errc::store_exists);
  }
  static_cast<void>(tell(port, {"DEL", "{cairn}:store"}));
  static_cast<void>(tell(port, {"SADD", "{cairn}:deleted", "*"}));
  CHECK(code([&] { Backend::delete_store(config); }) == Errc::store_format);

  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const version = laws::append(connection, "main", {}, "frame");
  auto const all = "{cairn}:" + tell(port, {"GET", "{cairn}:store"}).substr(2) + ":";
  auto const root = [&] { static_cast<void>(connection.root("main")); };
  static_cast<void>(tell(port, {"RPUSH", all + "tmain", "short"}));
  CHECK(code(root) == Errc::store_corrupt);
  static_cast<void>(tell(port, {"DEL", all + "smain"}));
  CHECK(code(root) == Errc::store_corrupt);
  static_cast<void>(tell(port, {"HSET", all + "roots", "main", "short"}));
  CHECK(code(root) == Errc::store_corrupt);
  static_cast<void>(tell(port, {"SET", all + "tmain", "no list"}));
  CHECK(code(root) == Errc::store_format);
  static_cast<void>(tell(port, {"SET", all + "bshort", "no address"}));
  connection.sweep([](redis::Address const&) { return false; }, TimePoint::max());
  CHECK(tell(port, {"GET", all + "bshort"}) == "no address");
}

TEST_CASE("a replica is refused") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  REQUIRE(tell(port, {"REPLICAOF", "127.0.0.1", "1"}) == "OK");
  auto const error = error_of([&] { static_cast<void>(Backend::connect_store(config)); });
  CHECK(mentions(error, "replica"));
  CHECK(error->code() == Errc::io_read_only);
  auto writer = connection.begin();
  auto const refused = error_of([&] { static_cast<void>(writer.commit("main", {}, bytes("lost"))); });
  CHECK(mentions(refused, "replica"));
  CHECK(refused->code() == Errc::io_read_only);
}

TEST_CASE("a user who may only read reads, and is told so when he writes; one who may run nothing is told at once") {
  OwnService const server{script("redis")};
  auto const port = server.value<std::uint16_t>("port");
  auto config = config_of(server);
  Backend::empty_store(config);
  auto version = [&] {
    auto connection = Backend::connect_store(config);
    return laws::commit(connection, "main", {}, "state");
  }();
  REQUIRE(tell(port, {"ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-@write"}) == "OK");
  REQUIRE(tell(port, {"ACL", "SETUSER", "nobody", "on", ">secret", "~*", "+@all", "-@scripting"}) == "OK");
  config.password = Secret{"secret"};
  config.user = "reader";
  auto reader = Backend::connect_store(config);
  CHECK(text(reader.root("main")->state) == "state");
  auto writer = reader.begin();
  auto const refused = error_of([&] { static_cast<void>(writer.commit("main", version, bytes("lost"))); });
  CHECK(mentions(refused, "access list"));
  CHECK(refused->code() == Errc::io_denied);
  CHECK(reader.root("main")->version == version);
  config.user = "nobody";
  CHECK(error_of([&] { static_cast<void>(Backend::connect_store(config).root("main")); })->code() == Errc::io_denied);
}

TEST_CASE("a child of a fork is refused and leaves the connection to its parent") {
  OwnService const server{script("redis")};
  auto const config = config_of(server);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const version = laws::commit(connection, "main", {}, "state");
  auto const child = ::fork();
  if (child == 0) {
    bool refused = error_of([&] { static_cast<void>(connection.root("main")); })->code() == Errc::store_poisoned;
    auto writer = connection.begin();
    refused = refused && error_of([&] { static_cast<void>(writer.put(bytes("x"))); })->code() == Errc::store_poisoned;
    auto own = Backend::connect_store(config);
    bool const connects = own.root("main")->version == version;
    ::_exit(refused && connects ? 0 : 1);
  }
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(connection.root("main")->version == version);
}

TEST_CASE("a server that talks nonsense is an error, whatever it says") {
  auto const seed = Catch::getSeed();
  CAPTURE(seed);
  NonsenseServer const server{seed};
  redis::Config config;
  config.port = server.port();
  config.timeout = std::chrono::milliseconds{20};
  int refused = 0;
  for (int i = 0; i != 150; ++i) {
    config.sync = i % 2 == 0 ? Sync::durable : Sync::relaxed;
    auto const error = error_of([&] {
      auto connection = Backend::connect_store(config);
      static_cast<void>(connection.root("main"));
    });
    if (error) ++refused;
    redis::details::Server talk{config};
    static_cast<void>(error_of([&] { static_cast<void>(talk.run({"GET", "key"}, "ask")); }));
  }
  CHECK(refused > 100);  // it may say what a store says
}

TEST_CASE("what a cluster or a server says is understood, whatever it is") {
  using redis::details::redirection_of;
  auto const moved = redirection_of("MOVED 3999 127.0.0.1:6381");
  REQUIRE(moved.has_value());
  CHECK((moved->host == "127.0.0.1" && moved->port == 6381 && !moved->is_for_once));
  CHECK(redirection_of("ASK 3999 ::1:6381")->host == "::1");
  CHECK(redirection_of("ASK 3999 ::1:6381")->is_for_once);
  CHECK(redirection_of("MOVED 3999 :6381")->host.empty());
  for (std::string_view const text : {"MOVED", "MOVED ", "MOVED 1", "MOVED 1 host", "MOVED 1 host:", "MOVED 1 host:0", "MOVED 1 host:65536", "MOVED 1 host:99999999999",
                                      "MOVED 1 host:-1", "MOVEDX 1 host:1", "ERR MOVED 1 host:1", ""})
    CHECK_FALSE(redirection_of(text).has_value());
  for (std::string_view const text : {"", " ", "\"}", "ERR", "OOM command", "lower case", "WAYTOOLONGAWORDFORANERROR x"}) {
    auto const error = error_of([&] { redis::details::raise_error(text, "do it"); });
    REQUIRE(error.has_value());
    CHECK(error->data().find_first_of("\n\\") == std::string::npos);
    CHECK(error->data().ends_with("\"}"));
  }
}
