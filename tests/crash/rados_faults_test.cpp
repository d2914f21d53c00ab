// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The RADOS backend on a cluster that is killed, that stands still, that is full, or that won't have it.
#include "crash/entries.hpp"
#include "crash/late.hpp"
#include "laws/blob_store.hpp"
#include "laws/following.hpp"
#include "laws/own_service.hpp"
#include "laws/processes.hpp"
#include "laws/tcp_proxy.hpp"

#include <cairn/backends/rados/backend.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// Where connections to the object store's port go instead, if anywhere: clients find its address in the cluster's map, which can name no
/// proxy, since both sides of a connection say who they are.
std::atomic<std::uint16_t> diverted_from = 0;
std::atomic<std::uint16_t> diverted_to = 0;

/// Where this thread changed an object last.
thread_local rados_ioctx_t last_place = nullptr;

/// Whether this thread has no memory from the next change of an object on, once that is done, and what it is told of it.
thread_local std::optional<int> last_answer;
thread_local bool is_out_of_memory = false;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (is_out_of_memory) throw std::bad_alloc{};
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

/// The program's own in place of the C library's, for librados too, whose sockets don't block while they connect. The proxy's do, so that it comes through.
extern "C" int connect(int socket, sockaddr const* address, socklen_t size) {
  sockaddr_in other{};
  if (address->sa_family == AF_INET && size >= sizeof other && diverted_from != 0) {
    std::memcpy(&other, address, sizeof other);
    if (other.sin_port == htons(diverted_from) && (::fcntl(socket, F_GETFL) & O_NONBLOCK) != 0) {
      other.sin_port = htons(diverted_to);
      address = reinterpret_cast<sockaddr const*>(&other);
    }
  }
  return static_cast<int>(::syscall(SYS_connect, socket, address, size));
}

/// In place of the library's, which it calls.
extern "C" int rados_write_op_operate2(rados_write_op_t operation, rados_ioctx_t place, char const* object, timespec* time, int flags) {
  static auto const theirs = reinterpret_cast<decltype(&rados_write_op_operate2)>(::dlsym(RTLD_NEXT, "rados_write_op_operate2"));
  auto const answer = theirs(operation, place, object, time, flags);
  last_place = place;
  if (!last_answer) return answer;
  is_out_of_memory = true;
  return answer != 0 ? answer : *std::exchange(last_answer, std::nullopt);
}

namespace {

namespace rados = cairn::backends::rados;
using cairn::CommitResult;
using cairn::Errc;
using cairn::TimePoint;
using cairn::Version;
using cairn::laws::bytes;
using cairn::laws::Child;
using cairn::laws::code_of;
using cairn::laws::pattern;
using cairn::laws::tail_of;
using cairn::laws::text;
using cairn::test::NetworkFault;
using cairn::test::OwnService;
using cairn::test::TcpProxy;

int times(int in_every_run, int at_length) { return std::getenv("CAIRN_LONG") != nullptr ? at_length : in_every_run; }

/// On disks, and without the gateway.
OwnService cluster_on_disks() {
  ::setenv("CAIRN_CEPH_STORE", "bluestore", 1);
  ::setenv("CAIRN_CEPH_GATEWAY", "no", 1);
  return OwnService{CAIRN_TEST_SERVICES "/ceph"};
}

/// In memory, and with what counts how much is in a pool.
OwnService cluster_that_counts() {
  ::setenv("CAIRN_CEPH_STORE", "memstore", 1);
  ::setenv("CAIRN_CEPH_GATEWAY", "yes", 1);
  return OwnService{CAIRN_TEST_SERVICES "/ceph"};
}

struct Cluster {
  OwnService service = cluster_on_disks();

  [[nodiscard]] rados::Config config(std::string name) const {
    return {.pool = service.value("pool"), .namespace_ = std::move(name), .conf_file = service.value("client_conf")};
  }
  /// The object store's process.
  [[nodiscard]] pid_t disk() const {
    pid_t process = 0;
    std::ifstream{service.value("osd_pid_file")} >> process;
    REQUIRE(process > 0);
    return process;
  }
  void ask(std::string const& words) const { REQUIRE(std::system(("timeout 30 ceph -c '" + service.value("ceph_conf") + "' " + words + " >/dev/null 2>&1").c_str()) == 0); }
  /// What is behind the first `key` in what the cluster says.
  [[nodiscard]] std::string told(std::string const& words, std::string_view key) const {
    auto const out = service.value("osd_pid_file") + ".told";
    REQUIRE(std::system(("timeout 30 ceph -c '" + service.value("ceph_conf") + "' " + words + " >'" + out + "' 2>/dev/null").c_str()) == 0);
    std::ifstream file{out};
    std::string const all{std::istreambuf_iterator<char>{file}, {}};
    auto const at = all.find(key);
    REQUIRE(at != std::string::npos);
    return all.substr(at + key.size());
  }
  /// How many operations the object store has done for clients.
  [[nodiscard]] std::int64_t operations() const { return std::stoll(told("tell osd.0 perf dump osd op", "\"op\": ")); }
  /// Where the object store listens for clients.
  [[nodiscard]] std::uint16_t port_of_disk() const {
    auto const addresses = told("osd dump -f json", "\"public_addrs\":");
    auto const at = addresses.find("\"addr\":\"127.0.0.1:");
    REQUIRE(at != std::string::npos);
    return static_cast<std::uint16_t>(std::stoi(addresses.substr(at + 18)));
  }
};

}  // namespace

TEST_CASE("rados: clusters that are killed, that stand still, that are full") {
  Cluster cluster;
  auto const config = cluster.config("store");
  rados::Backend::empty_store(config);

  {
    INFO("a child of a fork is refused, and takes nothing from its parent");
    auto connection = std::make_unique<rados::Connection>(rados::Backend::connect_store(config));
    CHECK(connection->roots().empty());
    Child child{[&](int out) {
      cairn::laws::tell(out, code_of([&] { static_cast<void>(connection->roots()); }) == Errc::store_poisoned);
      cairn::laws::tell(out, code_of([&] { static_cast<void>(connection->begin().put({})); }) == Errc::store_poisoned);
      connection.reset();
      cairn::laws::tell(out, rados::Backend::connect_store(config).roots().empty());
    }};
    CHECK(child.wait() == std::vector<std::int64_t>{1, 1, 1});
    CHECK(connection->roots().empty());
  }

  auto connection = rados::Backend::connect_store(config);
  {
    INFO("a small commit is one operation");
    auto version = cairn::laws::commit(connection, "counted", Version{}, "state");
    auto const before = cluster.operations();
    for (int i = 0; i != 100; ++i) version = cairn::laws::append(connection, "counted", version, "frame");
    CHECK(cluster.operations() == before + 100);
    for (int i = 0; i != 10; ++i) version = cairn::laws::commit(connection, "counted", version, "state");
    CHECK(cluster.operations() == before + 110);
    // What was put is another one, in parallel with all of its kind.
    auto writer = connection.begin();
    for (unsigned i = 0; i != 100; ++i) static_cast<void>(writer.put(bytes(pattern(10'000, i))));
    REQUIRE(writer.commit("counted", version, bytes("state")) == CommitResult::committed);
    CHECK(cluster.operations() == before + 112);
  }

  {
    INFO("an answer that does not come in time is unknown, and the change is there once or not at all");
    auto impatient = config;
    impatient.timeout = std::chrono::seconds{1};
    auto mine = rados::Backend::connect_store(impatient);
    auto version = cairn::laws::commit(mine, "late", Version{}, "");
    std::vector<std::string> expected;
    int unknown = 0;
    for (int round = 0; round != times(4, 40); ++round) {
      CAPTURE(round);
      auto const entry = std::to_string(round);
      auto const disk = cluster.disk();
      ::kill(disk, SIGSTOP);
      auto writer = mine.begin();
      auto result = writer.append("late", version, bytes(entry));
      CHECK(code_of([&] { static_cast<void>(mine.root("late")); }) == Errc::io_error);
      ::kill(disk, SIGCONT);
      REQUIRE(result == CommitResult::unknown);
      ++unknown;
      // Whichever of the two lands first, the other finds another version.
      result = writer.append("late", version, bytes(entry));
      REQUIRE((result == CommitResult::committed || result == CommitResult::conflict));
      expected.push_back(entry);
      REQUIRE(tail_of(connection, "late") == expected);
      version = mine.root("late")->version;
    }
    CHECK(unknown == static_cast<int>(expected.size()));
  }

  {
    INFO("what a network loses, or brings late, is found out, and is there once or not at all");
    auto const seed = Catch::getSeed();
    CAPTURE(seed);
    std::mt19937 random{seed};
    constexpr std::chrono::seconds patience{1};
    TcpProxy proxy{cluster.port_of_disk()};
    diverted_to = proxy.port();
    diverted_from = cluster.port_of_disk();
    auto through = config;
    std::optional patient{rados::Backend::connect_store(through)};
    through.timeout = patience;
    std::optional impatient{rados::Backend::connect_store(through)};
    Version version;
    std::vector<std::string> expected;
    enum Trouble : std::size_t { lose_request, lose_reply, cut_reply, late, too_late, stall_reply };
    std::array<int, 6> met{};
    int faults = 0;
    for (int round = 0; round != times(54, 540); ++round) {
      CAPTURE(round);
      auto const trouble = static_cast<Trouble>(round % 6);
      auto const entry = "lossy entry " + std::to_string(round);
      bool const ends_patience = trouble == too_late || trouble == stall_reply;
      auto& mine = ends_patience ? impatient : patient;
      static_cast<void>(mine->root("lossy"));
      auto writer = mine->begin();
      // The blob goes first and meets what the root meets otherwise.
      bool const has_blob = round / 6 % 2 != 0;
      auto key = has_blob ? std::optional{writer.put(bytes(entry))} : std::nullopt;
      bool const commits = random() % 4 == 0;
      std::string state;
      for (auto const& one : expected) state += one + ';';
      state += entry + ';';
      auto const change = [&]() -> CommitResult {
        try {
          return commits ? writer.commit("lossy", version, bytes(state)) : writer.append("lossy", version, bytes(entry));
        } catch (cairn::Error const&) {
          REQUIRE((has_blob && ends_patience));
          return CommitResult::failed;
        }
      };
      auto const met_fault = [&](NetworkFault fault) {
        ++faults;
        proxy.fail_next(fault, entry);
        return change();
      };
      auto result = [&] {
        switch (trouble) {
          case lose_request: return met_fault(NetworkFault::lose_request);
          case lose_reply: return met_fault(NetworkFault::lose_reply);
          case cut_reply: return met_fault(NetworkFault::cut_reply);
          case stall_reply: return met_fault(NetworkFault::stall_reply);
          case late: return cairn::test::with_late_replies(proxy, std::chrono::milliseconds{50}, change);
          case too_late: return cairn::test::with_replies_too_late(proxy, patience, change);
        }
        throw std::logic_error{"no such trouble"};
      }();
      REQUIRE(proxy.faults() == faults);
      ++met[trouble];
      // librados connects and asks again by itself, for as long as it is told to.
      REQUIRE(result == (!ends_patience ? CommitResult::committed : has_blob ? CommitResult::failed : CommitResult::unknown));
      // On a connection that is silent for ever nobody hears anything more.
      if (trouble == stall_reply) {
        impatient.emplace(rados::Backend::connect_store(through));
        writer = patient->begin();
        if (has_blob) key = writer.put(bytes(entry));
      }
      // What was late before is in the way of later answers for a while.
      for (int tries = 0; tries != 100 && (result == CommitResult::unknown || result == CommitResult::failed); ++tries) result = change();
      REQUIRE((result == CommitResult::committed || (result == CommitResult::conflict && ends_patience)));
      version = connection.root("lossy")->version;
      expected.push_back(entry);
      auto const root = connection.root("lossy");
      std::string found = text(root->state);
      for (auto const& frame : root->tail) found += text(frame) + ';';
      REQUIRE(found == state);
      if (key) REQUIRE(text(connection.read(*key)) == entry);
    }
    for (auto const count : met) CHECK(count >= 9);
    diverted_from = 0;
  }

  {
    INFO("what was acknowledged is there after the cluster was killed, once");
    cairn::test::check_kills<rados::Backend>(cluster.service, config, connection, times(3, 20));
  }

  {
    INFO("what can't be connected to says why, soon");
    auto const fails = [&](auto change, std::string_view hint) -> std::optional<Errc> {
      auto wrong = config;
      wrong.connect_timeout = std::chrono::seconds{2};
      change(wrong);
      try {
        static_cast<void>(rados::Backend::connect_store(wrong));
      } catch (cairn::Error const& error) {
        CAPTURE(error.message());
        CHECK(error.message().find(hint) != std::string::npos);
        CHECK(error.message().find("AQAv") == std::string::npos);
        return error.code();
      }
      return std::nullopt;
    };
    cairn::Secret const key{"AQAvsHFnAAAAABAAabcdefghijklmnopqrstuv=="};
    CHECK(fails([](rados::Config& wrong) { wrong.conf_file = "/nowhere/ceph.conf"; }, ":conf-file") == Errc::config_range);
    CHECK(fails([](rados::Config& wrong) { wrong.pool = "nowhere"; }, "ceph osd pool create") == Errc::store_does_not_exist);
    cluster.ask("osd pool create coded 1 1 erasure");
    CHECK(fails([](rados::Config& wrong) { wrong.pool = "coded"; }, "replicated") == Errc::config_mismatch);
    CHECK(fails([](rados::Config& wrong) { wrong.namespace_ = "nowhere"; }, "create it first") == Errc::store_does_not_exist);
    CHECK(fails([](rados::Config& wrong) { wrong.namespace_ = "\x01"; }, ":namespace") == Errc::config_range);
    CHECK(fails([](rados::Config& wrong) { wrong.user = "nobody"; }, ":user") == Errc::io_error);
    CHECK(fails([&](rados::Config& wrong) { wrong.key = key; }, ":key") == Errc::io_error);
    CHECK(fails([](rados::Config& wrong) { wrong.key = cairn::Secret{"AQAv"}; }, ":key") == Errc::io_error);
    CHECK(fails([](rados::Config& wrong) { wrong.keyring = "/nowhere/keyring"; }, ":keyring") == Errc::io_error);
    CHECK(fails([](rados::Config& wrong) { wrong.mon_host = "127.0.0.1:1"; }, ":connect-timeout") == Errc::io_error);
    CHECK(fails([](rados::Config& wrong) { wrong.options = {"no_such_option=1"}; }, "no_such_option") == Errc::config_range);
    CHECK(fails([](rados::Config& wrong) { wrong.options = {"rados_osd_op_timeout"}; }, "name=value") == Errc::config_range);
    auto nowhere = config;
    nowhere.pool = "nowhere";
    rados::Backend::delete_store(nowhere);
    CHECK(code_of([&] { rados::Backend::empty_store(nowhere); }) == Errc::store_does_not_exist);
  }

  {
    INFO("a full cluster says so at once, and goes on when there is room");
    // The last one: an object store that is killed while the monitor takes it for full does not come back.
    auto const version = cairn::laws::commit(connection, "full", Version{}, "state");
    for (auto const* ratio : {"nearfull", "backfillfull", "full"}) cluster.ask("osd set-" + std::string{ratio} + "-ratio 0.000001");
    std::optional<Errc> code;
    // The object store looks how full it is every few seconds.
    for (auto now = version; !code;) {
      auto writer = connection.begin();
      code = code_of([&] {
        auto const result = writer.append("full", now, bytes("frame"));
        REQUIRE(result == CommitResult::committed);
        now = result.version;
      });
    }
    CHECK(code == Errc::io_full);
    CHECK(connection.root("full").has_value());
    for (auto const* ratio : {"full", "backfillfull", "nearfull"}) cluster.ask("osd set-" + std::string{ratio} + "-ratio 0.95");
    for (bool is_done = false; !is_done;) {
      auto writer = connection.begin();
      code = code_of([&] { is_done = writer.append("full", connection.root("full")->version, bytes("last")) == CommitResult::committed; });
      CHECK((!code || code == Errc::io_full));
    }
    CHECK(tail_of(connection, "full").back() == "last");
  }
  rados::Backend::delete_store(config);
}

TEST_CASE("rados: long tails, large blobs and half dead packs") {
  Cluster cluster;
  auto const config = cluster.config("store");
  rados::Backend::empty_store(config);
  auto connection = rados::Backend::connect_store(config);
  auto const follower = rados::Backend::connect_store(config);

  INFO("a tail that nobody commits becomes blobs, and a follower sees all of it");
  Version version;
  std::vector<std::string> expected;
  for (unsigned i = 0; i != 120; ++i) {
    // Some are blobs by themselves.
    expected.push_back(pattern(i % 10 == 0 ? 300 << 10 : 200 << 10, i));
    version = cairn::laws::append(connection, "long", version, expected.back());
    if (i % 37 == 0) CHECK((tail_of(follower, "long") == expected));
  }
  CHECK((tail_of(follower, "long") == expected));
  connection.sweep([](rados::Address const&) { return false; }, TimePoint::max());
  CHECK((tail_of(rados::Backend::connect_store(config), "long") == expected));
  CHECK(follower.root("long")->version == version);

  INFO("a root's name may be longer than that of an object");
  std::string const name(3000, '/');
  cairn::laws::commit(connection, name, Version{}, "state");
  CHECK(text(follower.root(name)->state) == "state");
  CHECK_FALSE(follower.root(name + "/").has_value());
  CHECK(follower.roots() == std::vector<std::string>{name, "long"});

  INFO("a blob may be larger than what a cluster takes in one object");
  auto const large = pattern(150 << 20);
  auto writer = connection.begin();
  auto const address = writer.put(bytes(large));
  auto result = writer.commit("large", Version{}, bytes("state"));
  REQUIRE(result == CommitResult::committed);
  CHECK((text(follower.read(address)) == large));

  INFO("what is dead in a pack is gone, what is live beside it stays");
  std::vector<rados::Address> blobs;
  for (unsigned i = 0; i != 200; ++i) blobs.push_back(writer.put(bytes(pattern(10'000, i))));
  result = writer.commit("large", result.version, bytes("state"));
  REQUIRE(result == CommitResult::committed);
  for (int round = 0; round != 2; ++round) {
    connection.sweep([&](rados::Address const& one) { return one == blobs[7] || one == blobs[150]; }, TimePoint::max());
    CHECK((text(connection.read(blobs[7])) == pattern(10'000, 7)));
    CHECK((text(connection.read(blobs[150])) == pattern(10'000, 150)));
    CHECK(code_of([&] { static_cast<void>(connection.read(blobs[8])); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(connection.read(blobs[199])); }) == Errc::io_error);
    CHECK(code_of([&] { connection.read_many(std::span{blobs}, [](std::size_t, cairn::Bytes const&) {}); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(connection.read(address)); }) == Errc::io_error);
  }

  INFO("what was lost is no more taken for swept than what was swept for lost");
  rados::details::Cluster const raw{config};
  auto const pack = rados::details::Names{rados::details::Marker::read(raw).value()}.pack(blobs[7].pack(), 0);
  for (std::size_t const lost : {std::size_t{7}, std::size_t{150}}) {  // the latter is the last in its object, which loses its end
    rados::details::WriteOperation operation;
    operation.zero(blobs[lost].offset(), cairn::backends::common::stored_size(blobs[lost].size()));
    REQUIRE(raw.run(pack, operation) == 0);
    CHECK(code_of([&] { static_cast<void>(connection.read(blobs[lost])); }) == Errc::store_corrupt);
    CHECK(code_of([&] { static_cast<void>(connection.read(blobs[lost + 1])); }) == Errc::io_error);
  }
  connection.sweep([](rados::Address const&) { return false; }, TimePoint::max());
  CHECK(code_of([&] { static_cast<void>(connection.read(blobs[7])); }) == Errc::io_error);

  INFO("who may only read reads, and is refused a commit by its code");
  auto reading = config;
  reading.user = "reader";
  auto const key = cluster.told("auth get-or-create client.reader mon 'allow r' osd 'allow r'", "key = ");
  reading.key = cairn::Secret{key.substr(0, key.find('\n'))};
  auto reader = rados::Backend::connect_store(reading);
  CHECK(text(reader.root("large")->state) == "state");
  CHECK(code_of([&] { static_cast<void>(reader.begin().append("long", version, bytes("x"))); }) == Errc::io_denied);
  CHECK(code_of([&] { rados::Backend::delete_store(reading); }) == Errc::io_denied);
  CHECK(follower.root("long")->version == version);

  INFO("what a later release made is refused, and stays as it is");
  auto const mark = [&](std::string text) {
    rados::details::WriteOperation marker;
    marker.replace(bytes(text));
    REQUIRE(rados::details::Cluster{config}.run(std::string{rados::details::Names::marker}, marker) == 0);
  };
  rados::details::Cluster::Seen marker;
  marker.bytes.resize(256);
  REQUIRE(rados::details::Cluster{config}.look(std::string{rados::details::Names::marker}, 0, marker) == 0);
  auto const said = std::string{cairn::backends::common::text_of(marker.bytes)};
  REQUIRE(said.starts_with(rados::details::Marker::first_line));
  auto later = said;
  ++later[rados::details::Marker::first_line.size() - 2];
  mark(later);
  for (int i = 0; i != 2; ++i) CHECK(code_of([&] { static_cast<void>(rados::Backend::connect_store(config)); }) == Errc::store_format);
  mark(said);
  CHECK(text(rados::Backend::connect_store(config).root("large")->state) == "state");

  INFO("a store that was deleted is gone for whoever is connected, and leaves nothing");
  rados::Backend::delete_store(config);
  CHECK(code_of([&] { static_cast<void>(connection.root("long")); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { static_cast<void>(connection.roots()); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { static_cast<void>(connection.begin().append("long", version, bytes("x"))); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { static_cast<void>(connection.begin().append("new", Version{}, bytes("x"))); }) == Errc::store_does_not_exist);
  int left = 0;
  rados::details::Cluster{config}.list([&](std::string_view) { ++left; });
  CHECK(left == 0);
}

TEST_CASE("rados: clients that are shut out, pools that have reached their quota") {
  Cluster cluster{cluster_that_counts()};
  auto const config = cluster.config("store");
  rados::Backend::empty_store(config);
  auto other = rados::Backend::connect_store(config);
  auto version = cairn::laws::commit(other, "main", Version{}, "state");
  {
    INFO("who is on the blocklist is told to connect again, and what he sends is not there");
    auto mine = rados::Backend::connect_store(config);
    version = cairn::laws::append(mine, "main", version, "before");
    char* addresses = nullptr;
    REQUIRE(rados_getaddrs(rados_ioctx_get_cluster(last_place), &addresses) == 0);
    std::string address{addresses};
    rados_buffer_free(addresses);
    CAPTURE(address);
    auto const begin = address.find("127.0.0.1:");
    REQUIRE(begin != std::string::npos);
    address = address.substr(begin, address.find_first_not_of("0123456789.:/", begin) - begin);
    cluster.ask("osd blocklist add " + address);
    std::optional<Errc> code;
    while (!code) code = code_of([&] { static_cast<void>(mine.root("main")); });
    CHECK(code == Errc::store_poisoned);
    // Whether it was there before nobody can tell any more.
    CHECK(mine.begin().append("main", version, bytes("shut out")) == CommitResult::unknown);
    CHECK(tail_of(other, "main") == std::vector<std::string>{"before"});
    auto again = rados::Backend::connect_store(config);
    version = cairn::laws::append(again, "main", version, "after");
  }
  {
    INFO("a pool that has reached its quota says so at once, and goes on when there is room");
    auto const quota = "osd pool set-quota " + config.pool + " max_objects ";
    cluster.ask(quota + "1");
    std::vector<std::string> expected{"before", "after"};
    std::optional<Errc> code;
    while (!code) {
      auto writer = other.begin();
      code = code_of([&] {
        auto const result = writer.append("main", version, bytes("frame"));
        REQUIRE(result == CommitResult::committed);
        version = result.version;
        expected.emplace_back("frame");
      });
    }
    CHECK(code == Errc::io_full);
    CHECK(other.root("main")->version == version);
    CHECK(tail_of(other, "main") == expected);
    cluster.ask(quota + "0");
    for (bool is_done = false; !is_done;) {
      auto writer = other.begin();
      code = code_of([&] { is_done = writer.append("main", version, bytes("last")) == CommitResult::committed; });
      REQUIRE((!code || code == Errc::io_full));
    }
    CHECK(tail_of(other, "main").back() == "last");
  }
}

TEST_CASE("rados: objects that were put back, stores that come and go, changes that are forgotten, memory that is out") {
  namespace details = rados::details;
  Cluster cluster;
  auto const config = cluster.config("store");
  rados::Backend::empty_store(config);
  auto connection = rados::Backend::connect_store(config);
  auto other = rados::Backend::connect_store(config);
  details::Cluster const raw{config};
  auto const objects = [&] {
    int number = 0;
    raw.list([&](std::string_view) { ++number; });
    return number;
  };
  /// As if its pool were rolled back to before that.
  auto const lose_last = [&](std::string_view branch) {
    auto const object = details::Names{details::Marker::read(raw).value()}.root(branch);
    details::Cluster::Seen seen;
    seen.bytes.resize(std::size_t{64} << 10U);
    REQUIRE(raw.look(object, 0, seen) == 0);
    auto records = details::decode(cairn::Bytes{std::move(seen.bytes)}, details::root_magic.size());
    records.pop_back();
    auto const base = seen.attributes.find(details::version_attribute)->second.substr(0, cairn::backends::common::epoch_size);
    details::WriteOperation operation;
    auto const version = cairn::backends::common::root_version(base, records.size() - 1);
    operation.replace(details::encode(records)).set(details::version_attribute, details::bytes_of(version.token()));
    REQUIRE(raw.run(object, operation) == 0);
  };

  {
    INFO("as many other frames in the place of lost ones are another version");
    cairn::laws::check_no_version_comes_again(connection, other, [&] { lose_last("unsteady"); });
  }
  {
    INFO("whoever follows a root that was put back sees what it is now, longer or shorter than it was");
    auto version = cairn::laws::append(connection, "shorter", cairn::laws::commit(connection, "shorter", {}, "state"), "one");
    for (auto const* lost : {"a", "much longer than another"}) {
      cairn::laws::append(connection, "shorter", version, lost);
      CHECK(tail_of(other, "shorter").back() == lost);
      lose_last("shorter");
      CHECK(other.root("shorter")->version == version);
      version = connection.root("shorter")->version;
    }
    cairn::laws::append(connection, "shorter", version, "same");
    CHECK(tail_of(other, "shorter") == std::vector<std::string>{"one", "same"});
    lose_last("shorter");
    auto third = rados::Backend::connect_store(config);
    cairn::laws::append(third, "shorter", version, "size");
    CHECK(tail_of(other, "shorter") == std::vector<std::string>{"one", "size"});
    CHECK(tail_of(connection, "shorter") == std::vector<std::string>{"one", "size"});
    lose_last("shorter");
    lose_last("shorter");
    CHECK(tail_of(other, "shorter").empty());
    CHECK(text(connection.root("shorter")->state) == "state");
  }
  {
    INFO("what was done, is asked for again and is forgotten by the object store may have been done");
    for (auto const* option : {"osd_pg_log_dups_tracked", "osd_min_pg_log_entries", "osd_max_pg_log_entries", "osd_pg_log_trim_min"})
      cluster.ask("tell osd.0 config set " + std::string{option} + " 1");
    TcpProxy proxy{cluster.port_of_disk()};
    diverted_to = proxy.port();
    diverted_from = cluster.port_of_disk();
    auto mine = rados::Backend::connect_store(config);
    diverted_from = 0;
    auto const first = cairn::laws::commit(connection, "forgotten", {}, "state");
    REQUIRE(mine.root("forgotten")->version == first);
    proxy.fail_next(NetworkFault::lose_reply, "the entry", [&] {
      CHECK(tail_of(other, "forgotten") == std::vector<std::string>{"the entry"});
      auto version = cairn::laws::commit(other, "forgotten", other.root("forgotten")->version, "state with the entry");
      for (int i = 0; i != 300; ++i) version = cairn::laws::append(other, "forgotten", version, "another");
      std::this_thread::sleep_for(std::chrono::milliseconds{1200});  // the reply is late: later than what a refusal is believed without a look
    });
    auto writer = mine.begin();
    CHECK(writer.append("forgotten", first, bytes("the entry")) == CommitResult::unknown);
    CHECK(proxy.faults() == 1);
    // Whose expectation is wrong from the beginning is told so at once, and where the root says all of it.
    CHECK(writer.append("forgotten", first, bytes("the entry")) == CommitResult::conflict);
    CHECK(tail_of(other, "forgotten").size() == 300);
  }
  {
    INFO("a change that has landed needs no memory");
    auto version = cairn::laws::commit(connection, "narrow", {}, "state");
    std::vector<std::string> expected;
    for (int const told : {0, -ETIMEDOUT}) {
      for (bool const is_known : {true, false}) {
        auto mine = rados::Backend::connect_store(config);
        CAPTURE(told, is_known);
        if (is_known) static_cast<void>(mine.root("narrow"));
        auto const entry = std::to_string(expected.size());
        auto writer = mine.begin();
        last_answer = told;
        std::optional<CommitResult> result;
        try {
          result = writer.append("narrow", version, bytes(entry));
        } catch (std::bad_alloc const&) {
        }
        is_out_of_memory = false;
        REQUIRE_FALSE(last_answer);
        expected.push_back(entry);
        CHECK(tail_of(connection, "narrow") == expected);
        REQUIRE(result);
        CHECK(*result == (told == 0 ? CommitResult::committed : CommitResult::unknown));
        version = connection.root("narrow")->version;
        if (told == 0) CHECK(result->version == version);
      }
    }
    auto mine = rados::Backend::connect_store(config);
    auto writer = mine.begin();
    static_cast<void>(mine.root("narrow"));
    last_answer = 0;
    auto const result = writer.drop("narrow", version);
    is_out_of_memory = false;
    CHECK(result == CommitResult::committed);
    CHECK_FALSE(connection.root("narrow"));
  }
  {
    INFO("a deletion that was broken off is gone on with, and leaves what is no store's");
    details::WriteOperation foreign;
    foreign.create();
    REQUIRE(raw.run("foreign", foreign) == 0);
    raw.remove({std::string{details::Names::marker}});
    CHECK(objects() == 5);
    rados::Backend::delete_store(config);
    CHECK(objects() == 1);
    raw.remove({"foreign"});
  }
  {
    INFO("a deletion leaves the store alone that is created while it goes on");
    rados::Backend::empty_store(config);
    auto old = rados::Backend::connect_store(config);
    cairn::laws::commit(old, "old", {}, "old");
    TcpProxy proxy{cluster.port_of_disk()};
    diverted_to = proxy.port();
    diverted_from = cluster.port_of_disk();
    Version version;
    rados::Address address;
    proxy.fail_next(NetworkFault::lose_reply, "cairn-rados-store 1", [&] {
      diverted_from = 0;
      rados::Backend::empty_store(config);
      auto anew = rados::Backend::connect_store(config);
      auto writer = anew.begin();
      address = writer.put(bytes("a blob"));
      version = writer.commit("main", {}, bytes("new")).version;
    });
    rados::Backend::delete_store(config);
    CHECK(proxy.faults() == 1);
    auto const anew = rados::Backend::connect_store(config);
    REQUIRE(anew.root("main"));
    CHECK(anew.root("main")->version == version);
    CHECK(text(anew.read(address)) == "a blob");
    CHECK(anew.roots() == std::vector<std::string>{"main"});
    CHECK(objects() == 4);  // with its list and its marker
    rados::Backend::delete_store(config);
    CHECK(objects() == 0);
  }
  {
    INFO("nor one whose marker is not there yet");
    TcpProxy proxy{cluster.port_of_disk()};
    diverted_to = proxy.port();
    diverted_from = cluster.port_of_disk();
    proxy.fail_next(NetworkFault::lose_request, "cairn-rados-store 1", [&] {
      diverted_from = 0;
      CHECK(objects() == 1);
      rados::Backend::delete_store(config);
    });
    rados::Backend::empty_store(config);
    CHECK(proxy.faults() == 1);
    CHECK(rados::Backend::connect_store(config).roots().empty());
  }
  {
    INFO("nor one that took its place before");
    TcpProxy proxy{cluster.port_of_disk()};
    diverted_to = proxy.port();
    diverted_from = cluster.port_of_disk();
    proxy.fail_next(NetworkFault::lose_request, "cairn-rados-store 1", [&] {
      diverted_from = 0;
      rados::Backend::delete_store(config);
      rados::Backend::empty_store(config);
    });
    rados::Backend::delete_store(config);
    CHECK(proxy.faults() == 1);
    CHECK(rados::Backend::connect_store(config).roots().empty());
    rados::Backend::delete_store(config);
    CHECK(objects() == 0);
  }
}
