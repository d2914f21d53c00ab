// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is tried again, how often, and what is not.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/error/log.hpp>
#include <cairn/layer/retrying.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace cairn::test::retrying_layer {
namespace {

using faulty::fresh_id;
using faulty::plan_of;
using Store = Retrying<faulty::Backend>;
using laws::bytes;
using laws::code_of;
using laws::text;

static_assert(std::same_as<Retrying<faulty::Backend, Retries::none>::Connection, faulty::Connection>, "nothing is in between");

struct Retried {
  Store::Config config{.store = {.id = fresh_id()}, .attempts = 3, .first_delay = std::chrono::milliseconds{0}};
  faulty::Plan& plan = plan_of(config.store.id);
  Store::Connection connection = [&] {
    Store::empty_store(config);
    return Store::connect_store(config);
  }();
};

TEST_CASE("retrying: reads are tried again while that may help, and not more often than was said") {
  Retried store;
  auto writer = store.connection.begin();
  auto const address = writer.put(bytes("node"));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);

  store.plan.failing_reads = 2;
  CHECK(text(store.connection.read(address)) == "node");
  CHECK(store.plan.reads == 3);
  store.plan.failing_reads = 3;
  CHECK(code_of([&] { static_cast<void>(store.connection.read(address)); }) == Errc::io_error);
  CHECK(store.plan.reads == 6);
  store.plan.failing_roots = 2;
  CHECK(text(store.connection.root("main")->state) == "state");
  store.plan.failing_sweeps = 2;
  store.connection.sweep([](auto const&) { return true; }, TimePoint::max());
  CHECK(store.plan.sweeps == 3);
}

TEST_CASE("retrying: who listens hears of each try, and of nothing where all is well") {
  Retried store;
  std::vector<std::string> heard;
  set_log_sink([&](LogRecord const& record) { heard.push_back(std::string{cairn::code_of(record.event)} + " " + std::string{record.data}); });
  static_cast<void>(store.connection.root("main"));
  CHECK(heard.empty());
  store.plan.failing_roots = 2;
  static_cast<void>(store.connection.root("main"));
  set_log_sink({});
  CHECK(heard == std::vector<std::string>{"store/retry {:attempt 1}", "store/retry {:attempt 2}"});
}

TEST_CASE("retrying: what won't change by waiting is reported at once") {
  for (auto const code : {Errc::store_corrupt, Errc::store_does_not_exist, Errc::store_poisoned, Errc::store_format, Errc::io_full,
                          Errc::config_range, Errc::store_wrong_key}) {
    Retried store;
    store.plan.code = code;
    store.plan.failing_roots = 1;
    CHECK(code_of([&] { static_cast<void>(store.connection.root("main")); }) == code);
    CHECK(store.plan.roots == 1);
  }
  Retried locked;
  locked.plan.code = Errc::store_locked;
  locked.plan.failing_roots = 1;
  CHECK_FALSE(locked.connection.root("main").has_value());
}

TEST_CASE("retrying: connecting is tried again, creating is not") {
  Retried store;
  auto const before = store.plan.connects.load();
  store.plan.failing_connects = 2;
  static_cast<void>(Store::connect_store(store.config));
  CHECK(store.plan.connects == before + 3);
  Store::Config const other{.store = {.id = fresh_id()}, .attempts = 3, .first_delay = std::chrono::milliseconds{0}};
  plan_of(other.store.id).failing_connects = 1;
  CHECK(code_of([&] { Store::empty_store(other); }) == Errc::io_error);
}

TEST_CASE("retrying: a commit that changed nothing is repeated, with all that was put") {
  Retried store;
  auto writer = store.connection.begin();
  auto const address = writer.put(bytes("node"));
  store.plan.failed_commits = 2;
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  CHECK(store.plan.commits == 3);
  CHECK(text(store.connection.read(address)) == "node");
  store.plan.failed_commits = 3;
  CHECK(store.connection.begin().drop("main", store.connection.root("main")->version) == CommitResult::failed);
  CHECK(store.plan.commits == 6);
}

TEST_CASE("retrying: a lost reply is looked up, and the commit not repeated") {
  Retried store;
  store.plan.lost_replies = 1;
  store.plan.failing_roots = 2;
  auto writer = store.connection.begin();
  auto const done = writer.commit("main", Version{}, bytes("state 1"));
  REQUIRE(done == CommitResult::committed);
  CHECK(store.plan.commits == 1);
  CHECK(store.connection.root("main")->version == done.version);

  store.plan.lost_replies = 1;
  auto const appended = writer.append("main", done.version, bytes("frame 1"));
  REQUIRE(appended == CommitResult::committed);
  CHECK(appended.version == store.connection.root("main")->version);
  CHECK(store.connection.root("main")->tail.size() == 1);

  store.plan.lost_replies = 1;
  CHECK(writer.drop("main", appended.version) == CommitResult::committed);
  CHECK(store.plan.commits == 3);
}

TEST_CASE("retrying: what a look at the root can't tell stays unknown") {
  Retried store;
  auto const version = laws::commit(store.connection, "main", Version{}, "state 1");
  store.plan.commits = 0;
  auto writer = store.connection.begin();
  // It may still be on its way.
  store.plan.lost_requests = 1;
  CHECK(writer.commit("main", version, bytes("state 2")) == CommitResult::unknown);
  store.plan.lost_requests = 1;
  CHECK(writer.append("main", version, bytes("frame")) == CommitResult::unknown);
  store.plan.lost_replies = 1;
  store.plan.failing_roots = 100;
  CHECK(writer.commit("main", version, bytes("state 3")) == CommitResult::unknown);
  CHECK(store.plan.commits == 3);
  store.plan.failing_roots = 0;
  CHECK(text(store.connection.root("main")->state) == "state 3");
}

TEST_CASE("retrying: a commit that landed and was added to is not reported with a version of frames that nobody here has seen") {
  Retried store;
  auto beside = faulty::Inner::connect_store(store.config.store);
  auto const overtaken = [&](std::string_view frame) {
    store.plan.next_root = [&, frame] { static_cast<void>(laws::append(beside, "main", beside.root("main")->version, frame)); };
    store.plan.lost_replies = 1;
  };
  auto writer = store.connection.begin();
  overtaken("theirs 1");
  CHECK(writer.commit("main", Version{}, bytes("state")) == CommitResult::unknown);
  CHECK(laws::tail_of(store.connection, "main") == std::vector<std::string>{"theirs 1"});

  auto const version = store.connection.root("main")->version;
  overtaken("theirs 2");
  CHECK(writer.append("main", version, bytes("mine")) == CommitResult::unknown);
  CHECK(laws::tail_of(store.connection, "main") == std::vector<std::string>{"theirs 1", "mine", "theirs 2"});
}

TEST_CASE("retrying: of many blobs each arrives once, however often they are asked for") {
  Retried store;
  auto writer = store.connection.begin();
  std::vector<Store::Connection::Address> addresses;
  for (int i = 0; i != 5; ++i) addresses.push_back(writer.put(bytes(std::to_string(i))));
  REQUIRE(writer.commit("main", Version{}, {}) == CommitResult::committed);
  std::span<Store::Connection::Address const> const all{addresses};

  std::vector<std::string> seen(5);
  int delivered = 0;
  store.connection.read_many(all, [&](std::size_t i, Bytes blob) {
    seen[i] += text(blob);
    if (++delivered == 3) store.plan.failing_reads = 1;
  });
  CHECK(seen == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(store.plan.reads == 6);

  int calls = 0;
  CHECK_THROWS_AS(store.connection.read_many(all, [&](std::size_t, Bytes) { ++calls; throw std::runtime_error{"mine"}; }), std::runtime_error);
  CHECK_THROWS_AS(store.connection.read_many(all, [&](std::size_t, Bytes) { ++calls; raise(Errc::io_error, "mine"); }), Error);
  CHECK(calls == 2);
}

TEST_CASE("retrying: waits double up to a limit") {
  layer::Backoff const backoff{std::chrono::milliseconds{50}, std::chrono::milliseconds{300}};
  CHECK(backoff.limit(1).count() == 50);
  CHECK(backoff.limit(2).count() == 100);
  CHECK(backoff.limit(4).count() == 300);
  CHECK(backoff.limit(4000000000U).count() == 300);
}

}  // namespace
}  // namespace cairn::test::retrying_layer
