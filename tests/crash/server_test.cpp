// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Backends on SQL servers while the server is killed, the network loses requests and replies, and processes contend.
#include "crash/entries.hpp"
#include "crash/late.hpp"
#include "laws/own_service.hpp"
#include "laws/processes.hpp"
#include "laws/tcp_proxy.hpp"
#include "laws/temporary_directory.hpp"

#if CAIRN_TEST_HAS_MYSQL
#include <cairn/backends/mysql/backend.hpp>
#endif
#if CAIRN_TEST_HAS_POSTGRES
#include <cairn/backends/postgres/backend.hpp>
#endif

#include <sys/mman.h>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// How many large allocations of this thread succeed before one fails; below zero: all.
thread_local int large_allocations = -1;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (size >= std::size_t{1} << 20U && large_allocations >= 0 && large_allocations-- == 0) throw std::bad_alloc{};
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace cairn;
using cairn::laws::Child;
using cairn::laws::text;
using cairn::test::add;
using cairn::test::entries_of;
using cairn::test::NetworkFault;
using cairn::test::OwnService;
using cairn::test::TcpProxy;

template <class Call>
std::optional<Error> error_of(Call call) {
  try {
    call();
  } catch (Error const& error) {
    return error;
  }
  return std::nullopt;
}

int times(int in_every_run, int at_length) { return std::getenv("CAIRN_LONG") != nullptr ? at_length : in_every_run; }

#if CAIRN_TEST_HAS_POSTGRES
struct Postgres {
  using Backend = backends::postgres::Backend;
  static constexpr char const* script = CAIRN_TEST_SERVICES "/postgres";
  /// Whether a commit is done when the first byte of an answer comes.
  static constexpr bool answers_when_done = true;
  /// Whether what it sends is copied first.
  static constexpr bool makes_text = false;
  static constexpr std::chrono::milliseconds short_wait{300};
  static Backend::Config config(OwnService const& server, int port) {
    return {.host = server.value("host"), .port = port, .dbname = server.value("dbname"), .user = server.value("user"), .reconnect_for = std::chrono::seconds{30}};
  }
  static void require_tls(Backend::Config& config, std::string const& certificate) {
    config.conninfo = Secret{"sslmode=verify-full sslrootcert=" + certificate};
  }
  using Channel = backends::postgres::details::Channel;
  using Session = backends::postgres::details::Session;
  static std::string run(Channel& channel, std::string const& text) {
    channel.send_text(text);
    auto const result = std::move(channel.exchange("do as told").front());
    return result.rows() == 0 ? std::string{} : std::string{result.text(0, 0)};
  }
  static void let_read(Channel& channel) {
    run(channel, "CREATE ROLE reader LOGIN");
    run(channel, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
  }
  static void let_write(Channel& channel) { run(channel, "CREATE ROLE writer LOGIN SUPERUSER"); }
  /// What the sessions of `writer` may do that begin from now on.
  static void let_new_sessions_write(Channel& channel, bool may) {
    run(channel, std::string{"ALTER ROLE writer SET default_transaction_read_only = "} + (may ? "off" : "on"));
  }
  static bool somebody_waits(Channel& channel) { return run(channel, "SELECT count(*)::text FROM pg_locks WHERE NOT granted") != "0"; }
  /// Whoever looks first is given up in a deadlock.
  static void give_others_up_for(Channel& channel) { run(channel, "SET deadlock_timeout = '1h'"); }
  static void check_own_ways(Backend::Config const& config) {
    Channel channel{config};
    auto const size = (std::size_t{1} << 30U) - 1000;
    auto* const nothing = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(nothing != MAP_FAILED);
    CHECK(laws::code_of([&] { channel.send("read", {std::string_view{static_cast<char const*>(nothing), size}}); }) == Errc::io_full);
    ::munmap(nothing, size);

    // What libpq refuses before it looks for a server, wherever that is, and what a server does.
    auto const says = [&](std::string const& conninfo) {
      Backend::Config said;
      said.conninfo = Secret{conninfo};
      return error_of([&] { static_cast<void>(Backend::connect_store(said)); });
    };
    auto const place = "host=" + config.host + " port=" + std::to_string(config.port) + " dbname=" + config.dbname;
    for (std::string const& where : {std::string{"host=127.0.0.1 port=1"}, place}) {
      for (std::string const parameter : {"sslmode", "channel_binding", "gssencmode", "target_session_attrs", "ssl_min_protocol_version"}) {
        auto const error = says(where + " application_name=cairn " + parameter + "=bogus");
        REQUIRE(error);
        CHECK(error->code() == Errc::config_range);
        CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring(parameter) && !Catch::Matchers::ContainsSubstring("bogus"));
      }
      auto const error = says(where + " ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2");
      REQUIRE(error);
      CHECK(error->code() == Errc::config_range);
    }
    CHECK(says("host=127.0.0.1 port=1 sslmode=disable")->code() == Errc::io_error);
    CHECK(says(place + " sslmode=disable user=nobody_here")->code() == Errc::io_error);

    // Two who create the first stores of one schema.
    Channel other{config};
    Channel look{config};
    auto in_schema = config;
    in_schema.schema = "fresh";
    run(other, "BEGIN");
    run(other, "CREATE SCHEMA fresh");
    auto created = std::async(std::launch::async, [&] { Backend::empty_store(in_schema); });
    while (created.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready && !somebody_waits(look)) {
    }
    run(other, "COMMIT");
    CHECK_NOTHROW(created.get());
    CHECK(Backend::connect_store(in_schema).roots().empty());
    Backend::delete_store(in_schema);
  }
  /// The sessions of `writer`, each by its number.
  static std::string sessions_of_writer(Channel& channel) {
    return run(channel, "SELECT coalesce(string_agg(pid::text, ' '), '') FROM pg_stat_activity WHERE usename = 'writer'");
  }
  static void end_session(Channel& channel, std::string const& number) { run(channel, "SELECT pg_terminate_backend(" + number + ")::text"); }
  static void let_server_sync(Backend::Config const& config, bool syncs) {
    std::string const wanted = syncs ? "on" : "off";
    for (std::string const& text : {"ALTER SYSTEM SET fsync = " + wanted, std::string{"SELECT pg_reload_conf()"}}) {
      backends::postgres::details::Channel channel{config};
      channel.send_text(text);
      static_cast<void>(channel.exchange("set fsync"));
    }
    for (std::string now; now != wanted;) {  // the server takes its time
      backends::postgres::details::Channel channel{config};
      channel.send_text("SHOW fsync");
      now = channel.exchange("look").front().text(0, 0);
    }
  }
};
#endif
#if CAIRN_TEST_HAS_MYSQL
struct Mysql {
  using Backend = backends::mysql::Backend;
  static constexpr char const* script = CAIRN_TEST_SERVICES "/mysql";
  static constexpr bool answers_when_done = false;
  static constexpr bool makes_text = true;
  static constexpr std::chrono::seconds short_wait{1};
  static Backend::Config config(OwnService const& server, int port) {
    return {.host = server.value("host"), .port = port, .dbname = server.value("dbname"), .user = server.value("user"), .reconnect_for = std::chrono::seconds{30}};
  }
  static void require_tls(Backend::Config& config, std::string const& certificate) {
    config.tls = backends::mysql::Tls::verified;
    config.tls_ca = certificate;
  }
  using Channel = backends::mysql::details::Channel;
  using Session = backends::mysql::details::Session;
  static std::string run(Channel& channel, std::string const& text) {
    auto const results = channel.run(text, "do as told");
    return results.back().rows().empty() ? std::string{} : results.back().rows()[0].at(0).text;
  }
  static void let_read(Channel& channel) {
    // Of these hosts, or the server's nameless account would be the nearer one.
    run(channel, "CREATE USER reader@localhost, reader@'127.0.0.1'; GRANT SELECT ON cairn.* TO reader@localhost, reader@'127.0.0.1'");
  }
  static void let_write(Channel& channel) {
    run(channel, "CREATE USER writer@localhost, writer@'127.0.0.1'; GRANT ALL ON cairn.* TO writer@localhost, writer@'127.0.0.1'");
  }
  /// What the sessions of `writer` may do that begin from now on.
  static void let_new_sessions_write(Channel& channel, bool may) {
    run(channel, std::string{"SET GLOBAL init_connect = '"} + (may ? "" : "SET SESSION TRANSACTION READ ONLY") + "'");
  }
  static bool somebody_waits(Channel& channel) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});  // the table is not looked at anew for whoever asks more often than every 100
    return run(channel, "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'") != "0";
  }
  /// Whom it gives up in a deadlock depends on what each has done: it is to look at how long one waits alone.
  static void give_others_up_for(Channel& channel) {
    run(channel, "SET GLOBAL innodb_deadlock_detect = OFF; SET GLOBAL innodb_lock_wait_timeout = 1");
  }
  static void check_own_ways(Backend::Config const& config) {
    test::TemporaryDirectory const place;
    auto with_file = config;
    with_file.option_file = place.path() / "options";
    std::ofstream{with_file.option_file} << "[client]\nreconnect=1\nssl-verify-server-cert=0\ndefault-character-set=latin1\n";
    Channel channel{with_file};
    CHECK(run(channel, "SELECT @@character_set_client") == "utf8mb4");
    auto const number = run(channel, "SELECT CONNECTION_ID()");
    Channel other{config};
    run(other, "KILL " + number);
    CHECK_THROWS_AS(run(channel, "SELECT 1"), backends::common::LostConnection);
    with_file.tls = backends::mysql::Tls::verified;
    CHECK(laws::code_of([&] { static_cast<void>(Channel{with_file}); }) == Errc::config_mismatch);
    for (auto const key : {&Backend::Config::tls_ca, &Backend::Config::tls_cert, &Backend::Config::tls_key}) {
      auto without_tls = config;
      without_tls.*key = place.path() / "pem";
      CHECK(laws::code_of([&] { static_cast<void>(Channel{without_tls}); }) == Errc::config_mismatch);
    }

    for (auto const& [key, name] : {std::pair{&Backend::Config::tls_ca, ":tls-ca"}, std::pair{&Backend::Config::tls_cert, ":tls-cert"},
                                    std::pair{&Backend::Config::tls_key, ":tls-key"}}) {
      for (auto const tls : {backends::mysql::Tls::on, backends::mysql::Tls::verified}) {
        auto nothing_there = config;
        nothing_there.port = 1;  // before a server is looked for
        nothing_there.tls = tls;
        nothing_there.*key = place.path() / "pem";
        auto const error = error_of([&] { static_cast<void>(Channel{nothing_there}); });
        REQUIRE(error);
        CHECK(error->code() == Errc::config_range);
        CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring(name));
      }
    }

    // A server of a group undoes, on commit, what another one's commit is in the way of.
    CHECK_THROWS_AS(run(other, "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3101"), backends::common::TryAgain);

    // What a creation or a deletion that was broken off left.
    auto half = config;
    half.table_prefix = "half";
    Backend::empty_store(half);
    {
      auto connection = Backend::connect_store(half);
      REQUIRE(connection.begin().append("main", {}, {}) == CommitResult::committed);
    }
    run(other, "UPDATE half_store SET format = 0; DROP TABLE half_tail");
    CHECK(laws::code_of([&] { static_cast<void>(Backend::connect_store(half)); }) == Errc::store_does_not_exist);
    Backend::empty_store(half);
    CHECK(Backend::connect_store(half).roots().empty());
    run(other, "UPDATE half_store SET format = 0; DROP TABLE half_blob");
    Backend::delete_store(half);
    CHECK(run(other, "SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE 'half%'") == "0");
    // Between the first two steps of a creation.
    run(other, "CREATE TABLE half_store(id INT PRIMARY KEY, format INT NOT NULL, own BINARY(16) NOT NULL)");
    CHECK(laws::code_of([&] { static_cast<void>(Backend::connect_store(half)); }) == Errc::store_does_not_exist);
    Backend::empty_store(half);
    Backend::delete_store(half);
  }
  static std::string sessions_of_writer(Channel& channel) {
    return run(channel, "SELECT COALESCE(GROUP_CONCAT(id SEPARATOR ' '), '') FROM information_schema.PROCESSLIST WHERE user = 'writer'");
  }
  static void end_session(Channel& channel, std::string const& number) { run(channel, "KILL " + number); }
  static void let_server_sync(Backend::Config const& config, bool syncs) {
    backends::mysql::details::Channel channel{config};
    channel.run("SET GLOBAL innodb_flush_log_at_trx_commit = " + std::string{syncs ? "1" : "2"}, "set how it syncs");
  }
};
#endif

/// What a network does to one change. The first are faults of the proxy's.
enum class Trouble : std::uint8_t {
  lose_request = static_cast<std::uint8_t>(NetworkFault::lose_request),
  lose_reply = static_cast<std::uint8_t>(NetworkFault::lose_reply),
  cut_reply = static_cast<std::uint8_t>(NetworkFault::cut_reply),
  stall_reply = static_cast<std::uint8_t>(NetworkFault::stall_reply),
  late,      ///< the reply comes, in time
  too_late,  ///< and after the client has given up
};
constexpr int troubles = 6;

std::span<std::byte const> bytes_of(std::string_view from) { return std::as_bytes(std::span{from.data(), from.size()}); }

}  // namespace

#if CAIRN_TEST_HAS_POSTGRES && CAIRN_TEST_HAS_MYSQL
#define CAIRN_TEST_SERVERS Postgres, Mysql
#elif CAIRN_TEST_HAS_POSTGRES
#define CAIRN_TEST_SERVERS Postgres
#else
#define CAIRN_TEST_SERVERS Mysql
#endif

TEMPLATE_TEST_CASE("servers that are killed, networks that lose, processes that contend", "", CAIRN_TEST_SERVERS) {
  using Backend = typename TestType::Backend;
  OwnService server{TestType::script};
  auto const config = TestType::config(server, server.value<int>("port"));
  Backend::empty_store(config);

  // Before anything is connected: children have no use for it.
  {
    INFO("8 processes that append at once lose nothing and do nothing twice");
    // They begin together now and then: all have a part in what is there before any of them goes on.
    constexpr int processes = 8;
    constexpr int meetings = 5;
    auto const at_once = times(5, 200);
    auto const each = meetings * at_once;
    std::array<laws::Meeting, meetings> begin_together;
    std::vector<std::unique_ptr<Child>> children;
    for (int child = 0; child != processes; ++child) {
      children.push_back(std::make_unique<Child>([&, child](int) {
        auto connection = Backend::connect_store(config);
        int number = child * each;
        for (auto& meeting : begin_together) {
          meeting.attend();
          for (int i = 0; i != at_once; ++i) add(connection, "contended", std::to_string(number++));
        }
      }));
    }
    for (auto& meeting : begin_together) meeting.leave();
    for (auto& child : children) {
      child->wait();
      CHECK(child->ended_well());
    }
    auto connection = Backend::connect_store(config);
    std::vector<int> found;
    int turns = 0;
    for (auto const& entry : entries_of(*connection.root("contended"))) {
      auto const number = std::stoi(entry);
      if (!found.empty() && found.back() / each != number / each) ++turns;
      found.push_back(number);
    }
    CHECK(turns >= meetings * (processes - 1));
    std::sort(found.begin(), found.end());
    std::vector<int> all(static_cast<std::size_t>(processes * each));
    std::iota(all.begin(), all.end(), 0);
    CHECK((found == all));
  }

  {
    INFO("a commit is one request, of all that it takes");
    TcpProxy proxy{server.value<std::uint16_t>("port")};
    auto connection = Backend::connect_store(TestType::config(server, proxy.port()));
    auto const append = [&](Version const& version) {
      auto const result = connection.begin().append("counted", version, bytes_of("x"));
      REQUIRE(result == CommitResult::committed);
      return result.version;
    };
    auto version = append(append({}));
    auto const before = proxy.requests();
    for (int i = 0; i != 10; ++i) version = append(version);
    CHECK(proxy.requests() == before + 10);
    CHECK(connection.begin().drop("counted", version) == CommitResult::committed);
  }

  {
    INFO("what a network loses is found out, and is there once or not at all");
    auto const seed = Catch::getSeed();
    CAPTURE(seed);
    std::mt19937 random{seed};
    TcpProxy proxy{server.value<std::uint16_t>("port")};
    auto through = TestType::config(server, proxy.port());
    auto patient = Backend::connect_store(through);
    through.reply_timeout = TestType::short_wait;
    auto impatient = Backend::connect_store(through);
    auto honest = Backend::connect_store(config);
    Version version;
    std::vector<std::string> expected;
    auto const count = times(50, 2000);
    std::map<Trouble, int> met;
    int faults = 0;
    for (int i = 0; i != count; ++i) {
      CAPTURE(i);
      auto const entry = std::to_string(i);
      // Now and then a reply comes late or not at all, on a connection that stays.
      auto const trouble = i % 20 == 10   ? Trouble::stall_reply
                           : i % 20 == 15 ? Trouble::too_late
                           : i % 10 == 3  ? Trouble::late
                                          : static_cast<Trouble>(random() % 3);
      ++met[trouble];
      bool const ends_patience = trouble == Trouble::stall_reply || trouble == Trouble::too_late;
      auto writer = (ends_patience ? impatient : patient).begin();
      auto const key = writer.put(bytes_of(entry));
      bool const commits = random() % 4 == 0;
      std::string state;
      for (auto const& one : expected) state += one + ' ';
      state += entry + ' ';
      auto const change = [&] {
        return commits ? writer.commit("lossy", version, bytes_of(state)) : writer.append("lossy", version, bytes_of(entry));
      };
      auto result = [&] {
        if (trouble == Trouble::late) return test::with_late_replies(proxy, std::chrono::milliseconds{20}, change);
        if (trouble == Trouble::too_late) return test::with_replies_too_late(proxy, TestType::short_wait, change);
        ++faults;
        proxy.fail_next(static_cast<NetworkFault>(trouble), "");
        return change();
      }();
      REQUIRE(proxy.faults() == faults);
      auto const now = honest.root("lossy");
      if (trouble == Trouble::lose_request) {
        REQUIRE(result == CommitResult::unknown);
        REQUIRE((now ? now->version : Version{}) == version);
        result = change();  // the writer still has what was put
        REQUIRE(result == CommitResult::committed);
      } else if (ends_patience) {
        for (int tries = 0; result == CommitResult::unknown && tries != 100; ++tries) result = change();
        REQUIRE((result == CommitResult::committed || result == CommitResult::conflict));
      } else if (TestType::answers_when_done || trouble == Trouble::late) {
        REQUIRE(result == CommitResult::committed);  // the backend can find out, and does
      } else if (result == CommitResult::unknown) {
        result = change();
        REQUIRE((result == CommitResult::committed || result == CommitResult::conflict));
      }
      version = honest.root("lossy")->version;
      expected.push_back(entry);
      REQUIRE(entries_of(*honest.root("lossy")) == expected);
      REQUIRE(text(honest.read(key)) == entry);
    }
    for (int trouble = 0; trouble != troubles; ++trouble) CHECK(met[static_cast<Trouble>(trouble)] > 0);
  }

  {
    INFO("what was acknowledged is there after the server was killed, once");
    auto connection = Backend::connect_store(config);
    test::check_kills<Backend>(server, config, connection, times(2, 20));
  }

  {
    INFO("whoever may only read can follow, and changes nothing");
    typename TestType::Channel administrator{config};
    TestType::let_read(administrator);
    auto reading = config;
    reading.user = "reader";
    auto reader = Backend::connect_store(reading);
    auto const seen = reader.root("contended");
    REQUIRE(seen);
    CHECK(entries_of(*seen).size() == static_cast<std::size_t>(8 * times(25, 1000)));
    CHECK(laws::code_of([&] { static_cast<void>(reader.begin().append("contended", seen->version, bytes_of("x"))); }) == Errc::io_denied);
    CHECK(reader.root("contended")->version == seen->version);
  }

  {
    INFO("certificates are checked");
    auto verified = config;
    TestType::require_tls(verified, server.value("certificate"));
    CHECK(Backend::connect_store(verified).roots().size() == 5);
    TestType::require_tls(verified, server.value("other_certificate"));
    CHECK(laws::code_of([&] { static_cast<void>(Backend::connect_store(verified)); }) == Errc::io_error);
  }

  {
    INFO("a server that does not sync is refused, unless that is what is wanted");
    auto connection = Backend::connect_store(config);
    auto writer = connection.begin();
    writer.hold();  // in the session that was made before
    TestType::let_server_sync(config, false);
    CHECK(laws::code_of([&] { static_cast<void>(connection.roots()); }) == Errc::config_mismatch);
    CHECK(laws::code_of([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::config_mismatch);
    auto relaxed = config;
    relaxed.sync = Sync::relaxed;
    CHECK(Backend::connect_store(relaxed).roots().size() == 5);
    TestType::let_server_sync(config, true);
    CHECK(Backend::connect_store(config).roots().size() == 5);
  }

  {
    INFO("a child of a fork is refused, and takes nothing from its parent");
    auto connection = Backend::connect_store(config);
    CHECK(connection.roots().size() == 5);
    Child child{[&](int out) {
      auto taken = std::make_unique<decltype(connection)>(std::move(connection));
      laws::tell(out, laws::code_of([&] { static_cast<void>(taken->roots()); }) == Errc::store_poisoned);
      taken.reset();
      laws::tell(out, static_cast<std::int64_t>(Backend::connect_store(config).roots().size()));
    }};
    CHECK(child.wait() == std::vector<std::int64_t>{1, 5});
    CHECK(connection.roots().size() == 5);
  }
  Backend::delete_store(config);
}

TEMPLATE_TEST_CASE("what a server gives up, and what was sent in part, is done once or not at all", "", CAIRN_TEST_SERVERS) {
  using Backend = typename TestType::Backend;
  using Channel = typename TestType::Channel;
  OwnService server{TestType::script};
  auto config = TestType::config(server, server.value<int>("port"));
  config.max_connections = 2;
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const append = [&](std::string_view branch) {
    auto const root = connection.root(branch);
    return connection.begin().append(branch, root ? root->version : Version{}, bytes_of("x"));
  };
  REQUIRE(append("held") == CommitResult::committed);
  Channel other{config};
  Channel look{config};

  {
    INFO("whoever has read a root sees what others make of it");
    auto others = Backend::connect_store(config);
    Version version;
    std::vector<std::string> expected;
    auto const check = [&](CommitResult const& result) {
      REQUIRE(result == CommitResult::committed);
      version = result.version;
      auto const root = connection.root("watched");
      REQUIRE(root);
      CHECK(root->version == version);
      CHECK(entries_of(*root) == expected);
    };
    auto const append_one = [&](std::string const& entry) {
      expected.push_back(entry);
      check(others.begin().append("watched", version, bytes_of(entry)));
    };
    append_one("1");
    append_one("2");
    append_one("2");
    expected = {"a"};
    check(others.begin().commit("watched", version, bytes_of("a ")));
    append_one("3");
    CHECK(connection.root("watched")->version == version);
    // As long as before, and another.
    REQUIRE(others.begin().drop("watched", version) == CommitResult::committed);
    CHECK_FALSE(connection.root("watched"));
    version = {};
    expected.clear();
    append_one("3");
    append_one("4");
    CHECK(connection.root("held"));
    append_one("5");
    REQUIRE(others.begin().drop("watched", version) == CommitResult::committed);
  }
  {
    INFO("a prefix that is no name is no statement either");
    auto evil = config;
    evil.table_prefix = "x', 0); DROP TABLE cairn_store; SELECT GET_LOCK('x";
    CHECK(laws::code_of([&] { Backend::delete_store(evil); }) == Errc::config_range);
    CHECK(connection.roots().size() == 1);
  }
  {
    INFO("there is no store where there is no database");
    auto nowhere = config;
    nowhere.dbname = "nowhere";
    CHECK(laws::code_of([&] { static_cast<void>(Backend::connect_store(nowhere)); }) == Errc::store_does_not_exist);
    CHECK(laws::code_of([&] { Backend::empty_store(nowhere); }) == Errc::store_does_not_exist);
    Backend::delete_store(nowhere);
  }
  {
    INFO("tables of another program are neither used nor removed");
    auto shop = config;
    shop.table_prefix = "shop";
    auto const check = [&](Errc connect, std::optional<Errc> destroy) {
      CHECK(laws::code_of([&] { Backend::empty_store(shop); }) == Errc::store_format);
      CHECK(laws::code_of([&] { static_cast<void>(Backend::connect_store(shop)); }) == connect);
      CHECK(laws::code_of([&] { Backend::delete_store(shop); }) == destroy);
      CHECK(TestType::run(look, "SELECT CONCAT(item, '') FROM shop_root") == "soap");
    };
    TestType::run(other, "CREATE TABLE shop_root(item varchar(10))");
    TestType::run(other, "INSERT INTO shop_root VALUES('soap')");
    check(Errc::store_does_not_exist, std::nullopt);
    TestType::run(other, "CREATE TABLE shop_store(item int)");
    check(Errc::store_format, Errc::store_format);
    TestType::run(other, "DROP TABLE shop_store");
    TestType::run(other, "CREATE TABLE shop_store(format varchar(10), own varchar(10))");
    TestType::run(other, "INSERT INTO shop_store VALUES('pdf', 'x')");
    check(Errc::store_format, Errc::store_format);
    CHECK(TestType::run(look, "SELECT CONCAT(format, '') FROM shop_store") == "pdf");
  }
  {
    INFO("a session that may only read is not used again after a commit was refused");
    TestType::let_write(other);
    auto mine = config;
    mine.user = "writer";
    TestType::let_new_sessions_write(other, false);
    auto writing = Backend::connect_store(mine);
    TestType::let_new_sessions_write(other, true);
    auto const version = writing.root("held")->version;
    CHECK(laws::code_of([&] { static_cast<void>(writing.begin().append("held", version, bytes_of("x"))); }) == Errc::io_read_only);
    CHECK(writing.begin().append("held", version, bytes_of("x")) == CommitResult::committed);
    TestType::let_new_sessions_write(other, false);
    auto holding = Backend::connect_store(mine);
    TestType::let_new_sessions_write(other, true);
    auto writer = holding.begin();
    auto const hold_and_append = [&] {
      writer.hold();
      return writer.append("held", holding.root("held")->version, bytes_of("x"));
    };
    CHECK(laws::code_of([&] { static_cast<void>(hold_and_append()); }) == Errc::io_read_only);
    CHECK(hold_and_append() == CommitResult::committed);
  }
  {
    INFO("the server has no more sessions of a connection than it may have; they are kept, and one that the server ended is replaced");
    constexpr std::size_t most = 3;
    auto pooled = config;
    pooled.user = "writer";
    pooled.max_connections = most;
    auto const sessions = [&] {
      std::istringstream numbers{TestType::sessions_of_writer(look)};
      return std::set<std::string>{std::istream_iterator<std::string>{numbers}, {}};
    };
    while (!sessions().empty()) std::this_thread::yield();  // those of the connections before
    // Twelve threads at once: changes wait on the server for one row, in all sessions that changes may have, and readers share the last one.
    auto const in_use = [&](auto& on) {
      std::vector<std::future<void>> changes;
      std::vector<std::future<void>> reads;
      std::atomic<bool> is_seen{false};
      TestType::run(other, "START TRANSACTION");
      TestType::run(other, "UPDATE cairn_root SET frames = frames WHERE name = 'held'");
      for (int thread = 0; thread != 4; ++thread) {
        changes.push_back(std::async(std::launch::async, [&] {
          while (!(on.begin().append("held", on.root("held")->version, bytes_of("x")) == CommitResult::committed)) {
          }
        }));
      }
      for (int thread = 0; thread != 8; ++thread) {
        reads.push_back(std::async(std::launch::async, [&] {
          while (!is_seen) static_cast<void>(on.root("held"));
          for (int i = 0; i != 20; ++i) static_cast<void>(on.root("held"));
        }));
      }
      while (sessions().size() < most) std::this_thread::yield();
      is_seen = true;
      for (auto& read : reads) read.get();
      auto const seen = sessions();
      CHECK(seen.size() == most);
      TestType::run(other, "ROLLBACK");
      for (auto& change : changes) change.get();
      return seen;
    };
    {
      auto on = Backend::connect_store(pooled);
      auto const first = in_use(on);
      CHECK(sessions() == first);
      CHECK(in_use(on) == first);
      auto const ended = *first.begin();
      TestType::end_session(look, ended);
      while (sessions().contains(ended)) std::this_thread::yield();
      auto const then = in_use(on);
      CHECK_FALSE(then.contains(ended));
      CHECK(sessions() == then);
    }
    while (!sessions().empty()) std::this_thread::yield();
  }
  {
    INFO("a read is made again though its connection, and all that are idle, died without a word");
    TcpProxy proxy{server.value<std::uint16_t>("port")};
    auto through = TestType::config(server, proxy.port());
    through.reply_timeout = std::chrono::seconds{3};
    through.reconnect_for = std::chrono::seconds{2};
    auto reader = Backend::connect_store(through);
    {
      auto writer = reader.begin();
      writer.hold();
      static_cast<void>(reader.roots());  // in a second session
    }
    proxy.silence();
    CHECK(reader.root("held")->version == connection.root("held")->version);
  }
  {
    INFO("whoever looks for a change waits for who may still make it");
    typename TestType::Session session{config};
    std::string const made = "0123456789abcdef";
    TestType::run(other, "START TRANSACTION");
    TestType::run(other, "UPDATE cairn_root SET version = '" + made + "' WHERE name = 'held'");
    auto shown = std::async(std::launch::async, [&] { return session.shows({backends::common::SqlChange::append, "held", {}, made, {}, {}}); });
    while (shown.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready && !TestType::somebody_waits(look)) {
    }
    TestType::run(other, "COMMIT");
    CHECK(shown.get());
  }
  {
    INFO("memory that is not there in the middle of a commit leaves nothing that the next one would commit");
    std::string const state(std::size_t{10} << 20U, 'x');
    int failures = 0;
    for (int left = 0;; left += 2) {
      auto writer = connection.begin();
      bool is_done = true;
      large_allocations = left;
      try {
        static_cast<void>(writer.commit("large", {}, bytes_of(state)));
      } catch (std::bad_alloc const&) {
        is_done = false;
      }
      large_allocations = -1;
      if (is_done) break;
      ++failures;
      REQUIRE(append("held") == CommitResult::committed);
      REQUIRE_FALSE(connection.root("large"));
    }
    CHECK(text(connection.root("large")->state) == state);
    CHECK((failures != 0) == TestType::makes_text);
  }
  {
    INFO("what a writer that holds has put is there, though the server undid its transaction");
    TestType::give_others_up_for(other);
    auto impatient = Backend::connect_store(config);
    auto writer = impatient.begin();
    writer.hold();
    std::vector<std::byte> const large(std::size_t{5} << 20U);
    auto const first = writer.put(large);
    auto const second = writer.put(large);
    std::thread rival{[&] {
      TestType::run(other, "START TRANSACTION");
      TestType::run(other, "INSERT INTO cairn_root(name, version, frames) VALUES('new', 'x', 0)");
      TestType::run(other, "UPDATE cairn_root SET frames = frames WHERE name = 'held'");  // waits for the writer, which waits for the row
      TestType::run(other, "ROLLBACK");
    }};
    while (!TestType::somebody_waits(look)) std::this_thread::yield();
    CHECK(writer.commit("new", {}, bytes_of("state")) == CommitResult::committed);
    rival.join();
    CHECK(impatient.read(first).size() == large.size());
    CHECK(impatient.read(second).size() == large.size());
  }
  TestType::check_own_ways(config);
  Backend::delete_store(config);
  Backend::empty_store(config);
  try {
    static_cast<void>(connection.roots());
    FAIL("a store that was created anew is another");
  } catch (Error const& gone) {
    CHECK(gone.code() == Errc::store_does_not_exist);
    CHECK(gone.message().find("The store was deleted") == gone.message().rfind("The store was deleted"));
  }
  Backend::delete_store(config);
}
