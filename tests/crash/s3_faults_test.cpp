// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The S3 backend on a network that fails: nothing is lost, nothing is there twice, and what a call costs in requests.
#include "crash/entries.hpp"
#include "crash/late.hpp"
#include "laws/blob_store.hpp"
#include "laws/own_service.hpp"
#include "laws/service.hpp"
#include "laws/tcp_proxy.hpp"
#include "rounds.hpp"

#include <cairn/backends/s3/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace s3 = cairn::backends::s3;
using cairn::Bytes;
using cairn::CommitResult;
using cairn::Errc;
using cairn::Version;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::pattern;
using cairn::laws::tail_of;
using cairn::laws::text;
using cairn::test::NetworkFault;
using cairn::test::OwnService;
using cairn::test::service;
using cairn::test::TcpProxy;
using cairn::test::with_late_replies;
using cairn::test::with_replies_too_late;

namespace {

/// Ten times as many at length.
int times(int in_a_run) { return static_cast<int>(cairn::test::times()) * in_a_run; }

s3::Config direct() {
  static int count = 0;
  return {.bucket = service("bucket"),
          .prefix = "faults-" + std::to_string(::getpid()) + "/a b+%&='\"\xc3\xbc" + std::to_string(++count),
          .endpoint = service("endpoint"),
          .access_key = service("access_key"),
          .secret_key = cairn::Secret{service("secret_key")}};
}

/// A store, somebody who writes to it past the faults, and somebody who meets them.
struct Faulty {
  explicit Faulty(std::uint32_t retries = 8, std::chrono::milliseconds patience = std::chrono::seconds{60}) : config{direct()} {
    s3::Backend::empty_store(config);
    auto through = config;
    through.endpoint = "http://127.0.0.1:" + std::to_string(proxy.port());
    through.retries = retries;
    through.request_timeout = patience;
    other.emplace(s3::Backend::connect_store(config));
    mine.emplace(s3::Backend::connect_store(through));
    // The server is examined once for each address that it is reached by.
    version = cairn::laws::commit(*mine, "main", Version{}, "state");
  }
  Faulty(Faulty const&) = delete;
  Faulty& operator=(Faulty const&) = delete;
  ~Faulty() { s3::Backend::delete_store(config); }

  CommitResult append(std::string const& frame) {
    auto writer = mine->begin();
    auto result = writer.append("main", version, bytes(frame));
    if (result == CommitResult::committed) version = result.version;
    return result;
  }
  void append_by_other(std::string const& frame) {
    auto const now = other->root("main")->version;
    REQUIRE(other->begin().append("main", now, bytes(frame)) == CommitResult::committed);
  }

  TcpProxy proxy{service<std::uint16_t>("port")};
  s3::Config config;
  std::optional<s3::Connection> other{};
  std::optional<s3::Connection> mine{};
  Version version{};
};

/// One request after the other.
void lose(TcpProxy& proxy, NetworkFault fault, std::vector<std::string> requests) {
  auto const first = requests.front();
  requests.erase(requests.begin());
  if (requests.empty()) return proxy.fail_next(fault, first);
  proxy.fail_next(fault, first, [&proxy, fault, requests] { lose(proxy, fault, requests); });
}

}  // namespace

TEST_CASE("s3: a swap whose reply is lost has landed once, whatever becomes of it") {
  constexpr std::chrono::milliseconds patience{500};
  Faulty faulty{8, patience};
  std::vector<std::string> expected;
  auto const faults = {NetworkFault::lose_reply, NetworkFault::lose_request, NetworkFault::cut_reply, NetworkFault::stall_reply};
  int const rounds = times(13);
  for (int round = 0; round != rounds; ++round) {
    for (auto const fault : faults) {
      auto const frame = std::to_string(expected.size());
      faulty.proxy.fail_next(fault, "PUT ");
      REQUIRE(faulty.append(frame) == CommitResult::committed);
      expected.push_back(frame);
    }
    // The reply comes late, and so late that it was given up.
    for (bool const is_given_up : {false, true}) {
      auto const frame = std::to_string(expected.size());
      auto const change = [&] { return faulty.append(frame); };
      auto const requests = faulty.proxy.requests();
      auto const result = is_given_up ? with_replies_too_late(faulty.proxy, patience, change)
                                      : with_late_replies(faulty.proxy, std::chrono::milliseconds{50}, change);
      REQUIRE(result == CommitResult::committed);
      if (is_given_up) CHECK(faulty.proxy.requests() > requests + 1);
      expected.push_back(frame);
    }
  }
  CHECK(faulty.proxy.faults() == rounds * 4);
  CHECK(tail_of(*faulty.other, "main") == expected);
  CHECK(faulty.mine->root("main")->version == faulty.version);
}

TEST_CASE("s3: others go on from a swap before its writer knows that it has landed") {
  Faulty faulty;
  std::vector<std::string> expected;
  for (int round = 0; round != times(8); ++round) {
    faulty.version = faulty.mine->root("main")->version;
    faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ", [&] { faulty.append_by_other("other"); });
    REQUIRE(faulty.append("mine") == CommitResult::committed);
    expected.insert(expected.end(), {"mine", "other"});
    // The version that it got is no root's any more.
    REQUIRE(faulty.append("stale") == CommitResult::conflict);
  }
  CHECK(tail_of(*faulty.other, "main") == expected);
}

TEST_CASE("s3: a swap that others went on from before they dropped the root and made another is not refused") {
  Faulty faulty;
  auto const replace = [&] {
    faulty.append_by_other("other");
    auto const now = faulty.other->root("main");
    REQUIRE(tail_of(*faulty.other, "main") == std::vector<std::string>{"mine", "other"});
    REQUIRE(faulty.other->begin().drop("main", now->version) == CommitResult::committed);
    // By one who has not seen what was before.
    REQUIRE(s3::Backend::connect_store(faulty.config).begin().commit("main", Version{}, bytes("anew")) == CommitResult::committed);
  };
  faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ", replace);
  CHECK(faulty.append("mine") == CommitResult::unknown);
  // Who has sent nothing is told so.
  CHECK(faulty.append("stale") == CommitResult::conflict);
  CHECK(text(faulty.other->root("main")->state) == "anew");
  CHECK(tail_of(*faulty.other, "main").empty());
}

TEST_CASE("s3: a swap that never arrived and was overtaken is a conflict without a trace") {
  Faulty faulty;
  std::vector<std::string> expected;
  for (int round = 0; round != times(8); ++round) {
    faulty.version = faulty.mine->root("main")->version;
    faulty.proxy.fail_next(NetworkFault::lose_request, "PUT ", [&] { faulty.append_by_other("other"); });
    REQUIRE(faulty.append("mine") == CommitResult::conflict);
    expected.emplace_back("other");
  }
  CHECK(tail_of(*faulty.other, "main") == expected);
}

TEST_CASE("s3: without patience the root itself tells whether a swap landed") {
  Faulty faulty{0};
  // libcurl itself sends a request again where a connection that it had kept is dead: the second PUT is refused (412), and the root says why.
  faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ");
  auto before = faulty.proxy.requests();
  CHECK(faulty.append("landed") == CommitResult::committed);
  CHECK(faulty.proxy.requests() == before + 3);
  // Another has gone on between the two.
  faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ", [&] { faulty.append_by_other("other"); });
  CHECK(faulty.append("went on from") == CommitResult::committed);
  faulty.version = faulty.mine->root("main")->version;
  faulty.proxy.fail_next(NetworkFault::lose_request, "PUT ");
  before = faulty.proxy.requests();
  CHECK(faulty.append("arrived") == CommitResult::committed);
  CHECK(faulty.proxy.requests() == before + 2);
  // On a connection that is new it does not. The request may be on its way still.
  lose(faulty.proxy, NetworkFault::lose_request, {"PUT ", "PUT "});
  CHECK(faulty.append("lost") == CommitResult::unknown);
  CHECK(faulty.append("next") == CommitResult::committed);
  // It landed, the second was refused, and nobody can ask for the root: a conflict would be a lie.
  faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ", [&] { lose(faulty.proxy, NetworkFault::lose_request, {"GET ", "GET "}); });
  CHECK(faulty.append("not known") == CommitResult::unknown);
  CHECK(tail_of(*faulty.other, "main") == std::vector<std::string>{"landed", "went on from", "other", "arrived", "next", "not known"});
  faulty.version = faulty.mine->root("main")->version;
  auto const dropped = [&] {
    faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ");
    return faulty.mine->begin().drop("main", faulty.version);
  }();
  CHECK(dropped == CommitResult::committed);
  CHECK(faulty.other->roots().empty());
  faulty.proxy.fail_next(NetworkFault::lose_reply, "PUT ");
  CHECK(faulty.mine->begin().commit("main", Version{}, bytes("again")) == CommitResult::committed);
  CHECK(text(faulty.other->root("main")->state) == "again");
}

TEST_CASE("s3: packs and reads survive what passes") {
  Faulty faulty{8, std::chrono::milliseconds{1500}};
  auto const content = pattern(100'000);
  s3::Address address{};
  for (auto const fault : {NetworkFault::lose_reply, NetworkFault::lose_request, NetworkFault::cut_reply, NetworkFault::stall_reply}) {
    faulty.proxy.fail_next(fault, "/b/");
    auto writer = faulty.mine->begin();
    address = writer.put(bytes(content));
    auto const result = writer.commit("main", faulty.version, bytes("state"));
    REQUIRE(result == CommitResult::committed);
    faulty.version = result.version;
  }
  auto const faults = {NetworkFault::lose_reply, NetworkFault::lose_request, NetworkFault::cut_reply, NetworkFault::flip_reply, NetworkFault::stall_reply};
  for (auto const fault : faults) {
    faulty.proxy.fail_next(fault, "GET ");
    CHECK((text(faulty.mine->read(address)) == content));
    faulty.proxy.fail_next(fault, "GET ");
    CHECK(text(faulty.mine->root("main")->state) == "state");
    faulty.proxy.fail_next(fault, "GET ");
    CHECK(faulty.mine->roots() == std::vector<std::string>{"main"});
  }
  CHECK(faulty.proxy.faults() >= 4 + 13);  // an answer that the root is as it was has no body to flip
}

TEST_CASE("s3: a small commit is one request, a look at what has not changed another") {
  Faulty faulty;
  static_cast<void>(faulty.append("warm"));
  auto const before = faulty.proxy.requests();
  REQUIRE(faulty.append("frame") == CommitResult::committed);
  CHECK(faulty.proxy.requests() == before + 1);
  CHECK(faulty.mine->root("main")->tail.size() == 2);
  CHECK(faulty.proxy.requests() == before + 2);
  auto writer = faulty.mine->begin();
  for (unsigned i = 0; i != 100; ++i) static_cast<void>(writer.put(bytes(pattern(10'000, i))));
  REQUIRE(writer.append("main", faulty.version, bytes("frame")) == CommitResult::committed);
  CHECK(faulty.proxy.requests() == before + 4);
}

TEST_CASE("s3: reads of many are under way at once, and those of neighbours are one") {
  Faulty faulty;
  auto writer = faulty.mine->begin();
  std::vector<s3::Address> apart;
  std::vector<s3::Address> together;
  for (unsigned i = 0; i != 128; ++i) {
    auto const address = writer.put(bytes(pattern(8'000, i)));
    if (i % 2 == 0) apart.push_back(address);
    if (i < 3) together.push_back(address);
  }
  REQUIRE(writer.commit("main", faulty.version, bytes("state")) == CommitResult::committed);
  auto const right = [&](std::vector<s3::Address> const& addresses, unsigned step) {
    std::size_t found = 0;
    faulty.mine->read_many(std::span<s3::Address const>{addresses}, [&](std::size_t i, Bytes const& blob) {
      found += text(blob) == pattern(8'000, static_cast<unsigned>(i) * step) ? 1U : 0U;
    });
    return found == addresses.size();
  };
  faulty.proxy.set_delay(std::chrono::milliseconds{50});
  static_cast<void>(faulty.proxy.most_at_once());
  CHECK(right(apart, 2));
  CHECK(faulty.proxy.most_at_once() >= 16);
  faulty.proxy.set_delay(std::chrono::milliseconds{0});
  auto before = faulty.proxy.requests();
  CHECK(right(together, 1));
  CHECK(faulty.proxy.requests() == before + 1);
  // One of them damaged on its way.
  before = faulty.proxy.requests();
  faulty.proxy.fail_next(NetworkFault::flip_reply, "GET ");
  CHECK(right(together, 1));
  CHECK(faulty.proxy.requests() == before + 2);
  // One that is not there.
  together.push_back(s3::Address::of(cairn::backends::common::TimedKey{}, 0, 1));
  CHECK(code_of([&] { static_cast<void>(right(together, 1)); }) == Errc::io_error);
}

TEST_CASE("s3: a deletion leaves the store alone that is created while it goes on") {
  Faulty faulty;
  auto through = faulty.config;
  through.endpoint = "http://127.0.0.1:" + std::to_string(faulty.proxy.port());
  faulty.append("of the old one");
  Version version;
  faulty.proxy.fail_next(NetworkFault::lose_request, "list-type=2", [&] {
    s3::Backend::empty_store(faulty.config);
    auto connection = s3::Backend::connect_store(faulty.config);
    auto writer = connection.begin();
    writer.put(bytes("a blob"));
    version = writer.commit("main", Version{}, bytes("new")).version;
  });
  s3::Backend::delete_store(through);
  CHECK(faulty.proxy.faults() == 1);
  auto const connection = s3::Backend::connect_store(faulty.config);
  auto const root = connection.root("main");
  REQUIRE(root);
  CHECK(text(root->state) == "new");
  CHECK(root->version == version);
}

TEST_CASE("s3: packs are written several at once") {
  Faulty faulty;
  auto writer = faulty.mine->begin();
  std::vector<s3::Address> addresses;
  for (unsigned i = 0; i != 30; ++i) addresses.push_back(writer.put(bytes(pattern(1'000'000, i))));
  faulty.proxy.set_delay(std::chrono::milliseconds{50});
  static_cast<void>(faulty.proxy.most_at_once());
  auto const before = faulty.proxy.requests();
  auto const result = writer.commit("main", faulty.version, bytes("state"));
  faulty.proxy.set_delay(std::chrono::milliseconds{0});
  REQUIRE(result == CommitResult::committed);
  // Four packs of up to 8 MiB together, and then the root.
  CHECK(faulty.proxy.most_at_once() >= 3);
  CHECK(faulty.proxy.requests() - before >= 5);
  for (unsigned i = 0; i != 30; ++i) CHECK((text(faulty.other->read(addresses[i])) == pattern(1'000'000, i)));
}

TEST_CASE("s3: a wrong secret, an unknown key and a missing bucket are errors that say so") {
  auto const told = [](auto change) {
    auto config = direct();
    config.retries = 0;
    change(config);
    try {
      s3::Backend::empty_store(config);
    } catch (cairn::Error const& error) {
      CHECK(error.code() == Errc::io_error);
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK(told([](s3::Config& config) { config.secret_key = cairn::Secret{"wrong"}; }).find("SignatureDoesNotMatch") != std::string::npos);
  CHECK(told([](s3::Config& config) { config.access_key = "nobody"; }).find("InvalidAccessKeyId") != std::string::npos);
  CHECK(told([](s3::Config& config) { config.bucket = "no-such-bucket"; }).find("NoSuchBucket") != std::string::npos);
}

TEST_CASE("s3: over TLS nobody is answered whose certificate is not vouched for") {
  auto config = direct();
  config.endpoint = service("tls_endpoint");
  config.retries = 0;
  SECTION("by nobody") {}
  SECTION("by others") { config.ca_file = service("other_certificate"); }
  SECTION("by a file that is not there") { config.ca_file = service("certificate") + ".gone"; }
  SECTION("and by whom it is") {
    config.ca_file = service("certificate");
    s3::Backend::empty_store(config);
    auto connection = s3::Backend::connect_store(config);
    auto writer = connection.begin();
    auto const address = writer.put(bytes(pattern(5'000)));
    REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
    CHECK((text(connection.read(address)) == pattern(5'000)));
    s3::Backend::delete_store(config);
    return;
  }
  CHECK(code_of([&] { s3::Backend::empty_store(config); }) == Errc::io_error);
}

TEST_CASE("s3: a sweep moves what little is live out of a pack, and readers find it") {
  Faulty faulty;
  auto writer = faulty.mine->begin();
  std::vector<s3::Address> addresses;
  for (unsigned i = 0; i != 20; ++i) addresses.push_back(writer.put(bytes(pattern(5'000, i))));
  REQUIRE(writer.commit("main", faulty.version, bytes("state")) == CommitResult::committed);
  faulty.mine->sweep([&](s3::Address const& address) { return address == addresses[3] || address == addresses[17]; }, cairn::TimePoint::max());
  CHECK((text(faulty.other->read(addresses[3])) == pattern(5'000, 3)));
  CHECK((text(faulty.other->read(addresses[17])) == pattern(5'000, 17)));
  CHECK(code_of([&] { static_cast<void>(faulty.other->read(addresses[4])); }) == Errc::io_error);
  faulty.mine->sweep([&](s3::Address const& address) { return address == addresses[3]; }, cairn::TimePoint::max());
  CHECK((text(faulty.other->read(addresses[3])) == pattern(5'000, 3)));
  CHECK(code_of([&] { static_cast<void>(faulty.other->read(addresses[17])); }) == Errc::io_error);
}

TEST_CASE("s3: what is put after a failed commit leaves whole what was put before") {
  Faulty faulty{0};
  auto writer = faulty.mine->begin();
  auto const first = writer.put(bytes(pattern(5'000)));
  // The first is written, and nobody knows.
  faulty.proxy.fail_next(NetworkFault::lose_reply, "/b/", [&] { faulty.proxy.fail_next(NetworkFault::lose_request, "/b/"); });
  CHECK(code_of([&] { static_cast<void>(writer.commit("main", faulty.version, bytes("state"))); }) == Errc::io_error);
  auto const second = writer.put(bytes(pattern(6'000, 1)));
  CHECK(second.pack() != first.pack());
  REQUIRE(writer.commit("main", faulty.version, bytes("state")) == CommitResult::committed);
  CHECK((text(faulty.other->read(first)) == pattern(5'000)));
  CHECK((text(faulty.other->read(second)) == pattern(6'000, 1)));
  faulty.mine->sweep([&](s3::Address const& address) { return address == second; }, cairn::TimePoint::max());
  CHECK((text(faulty.other->read(second)) == pattern(6'000, 1)));
  CHECK(code_of([&] { static_cast<void>(faulty.other->read(first)); }) == Errc::io_error);
}

TEST_CASE("s3: large states and long tails are objects of their own, which a sweep leaves") {
  Faulty faulty;
  auto const state = pattern(200'000);
  faulty.version = cairn::laws::commit(*faulty.mine, "main", faulty.version, state);
  std::vector<std::string> expected;
  for (unsigned i = 0; i != 12; ++i) {
    expected.push_back(pattern(30'000, i));
    REQUIRE(faulty.append(expected.back()) == CommitResult::committed);
  }
  faulty.mine->sweep([](s3::Address const&) { return false; }, cairn::TimePoint::max());
  auto const fresh = s3::Backend::connect_store(faulty.config);
  CHECK((text(fresh.root("main")->state) == state));
  CHECK((tail_of(fresh, "main") == expected));
  CHECK((tail_of(*faulty.other, "main") == expected));
}

TEST_CASE("s3: listings go on from page to page, whatever is in the keys") {
  using namespace cairn::backends::s3::details;
  auto const here = direct();
  Client const client{here};
  std::vector<std::string> keys;
  std::vector<Call> calls;
  for (int i = 0; i != 1100; ++i) {
    keys.push_back(here.prefix + "/%41+ <&>" + std::to_string(10'000 + i));
    calls.push_back(Client::put(keys.back(), bytes_of("x"), {}));
  }
  client.perform(calls, [&](std::size_t i) { REQUIRE(calls[i].answer.is_success()); });
  std::vector<std::string> listed;
  client.list(here.prefix + "/", [&](Listed const& object) {
    listed.push_back(object.key);
    return true;
  });
  CHECK((listed == keys));
  client.remove(keys);
  client.list(here.prefix + "/", [](Listed const&) -> bool { throw std::runtime_error{"something is left"}; });
}

TEST_CASE("s3: what was acknowledged is there after gateway and cluster were killed, once") {
  ::setenv("CAIRN_CEPH_STORE", "bluestore", 1);
  OwnService cluster{CAIRN_TEST_SERVICES "/ceph"};
  s3::Config const config{.bucket = cluster.value("bucket"),
                          .prefix = "killed",
                          .endpoint = cluster.value("endpoint"),
                          .access_key = cluster.value("access_key"),
                          .secret_key = cairn::Secret{cluster.value("secret_key")},
                          .retries = 100};
  s3::Backend::empty_store(config);
  auto connection = s3::Backend::connect_store(config);
  cairn::test::check_kills<s3::Backend>(cluster, config, connection, cairn::test::times() == 1 ? 3 : 20);
}
