// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a database in a bucket costs in requests, a million datoms large.
#include "laws/service.hpp"
#include "laws/tcp_proxy.hpp"

#include <cairn/backends/s3/backend.hpp>
#include <cairn/cairn.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <unistd.h>

namespace s3 = cairn::backends::s3;
using cairn::test::service;
using Store = cairn::Store<s3::Backend>;

namespace {

constexpr std::int64_t entities = 333'334;
constexpr cairn::EntityId some_entity = 150'000;

struct Bucket {
  s3::Config config{.bucket = service("bucket"),
                    .prefix = "requests-" + std::to_string(::getpid()),
                    .endpoint = service("endpoint"),
                    .access_key = service("access_key"),
                    .secret_key = cairn::Secret{service("secret_key")}};
  cairn::test::TcpProxy proxy{service<std::uint16_t>("port")};

  Bucket() {
    Store::create(config, {.keep_history = false});
    auto connection = Store::connect(config);
    connection.transact(R"([{:db/ident :a :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                            {:db/ident :b :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                            {:db/ident :c :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
    connection.import(std::views::iota(std::int64_t{0}, entities * 3) | std::views::transform([](std::int64_t i) -> cairn::ImportFact {
                        auto const entity = -1 - i / 3;
                        switch (i % 3) {
                          case 0: return {entity, cairn::kw(":a"), i};
                          case 1: return {entity, cairn::kw(":b"), i * 7919 % 1'000'003};
                          default: return {entity, cairn::kw(":c"), "text " + std::to_string(i % 1000)};
                        }
                      }));
    config.endpoint = "http://127.0.0.1:" + std::to_string(proxy.port());
  }
  Bucket(Bucket const&) = delete;
  Bucket& operator=(Bucket const&) = delete;
  ~Bucket() { Store::destroy(config); }

  struct Scan {
    int requests;
    double seconds;
    double over_time;  ///< requests under way, on average over the time once a tenth has come
    double at_once;    ///< the same without a clock: on average of the replies that came while there was more to ask for
    int replies;       ///< of which there were so many
  };
  /// All datoms, in a process that has nothing in memory.
  [[nodiscard]] Scan scan_cold(std::chrono::milliseconds delay) {
    auto const connection = Store::connect(config);
    auto const db = connection.db();
    proxy.set_delay(delay);
    auto const before = proxy.requests();
    using Clock = std::chrono::steady_clock;
    auto const seconds_since = [](Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); };
    auto const begin = Clock::now();
    auto at_speed = begin;
    auto waited = proxy.waited();
    std::size_t handed_over = 0;
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& datom : db.datoms(cairn::eavt)) {
      if (++count != entities * 3 / 10) continue;
      at_speed = Clock::now();
      waited = proxy.waited();
      handed_over = proxy.handovers().size();
    }
    auto const seconds = seconds_since(begin);
    proxy.set_delay(std::chrono::milliseconds{0});
    auto const over_time = std::chrono::duration<double>(proxy.waited() - waited).count() / seconds_since(at_speed);
    CHECK(count > 3 * entities);
    auto const requests = proxy.requests();
    std::int64_t sum = 0;
    int replies = 0;
    for (auto const& [begun, at_once] : proxy.handovers() | std::views::drop(handed_over)) {
      if (begun == requests) break;  // the scan had asked for all of it
      sum += at_once;
      ++replies;
    }
    return {requests - before, seconds, over_time, static_cast<double>(sum) / replies, replies};
  }
  void scan(char const* what) {
    auto const at_once = scan_cold(std::chrono::milliseconds{0});
    static_cast<void>(proxy.most_at_once());
    auto const late = scan_cold(std::chrono::milliseconds{50});
    auto const most = proxy.most_at_once();
    std::cout << "a scan of a million datoms, " << what << ": " << at_once.seconds << " s, and " << late.seconds << " s where each of " << late.requests
              << " replies is 50 ms late; behind the first tenth and while there was more to ask for, " << late.at_once << " were under way when one came, on average of "
              << late.replies << ", up to " << most << "; on average over the time " << late.over_time << "\n";
    CHECK(late.replies >= late.requests / 4);
    CHECK(late.at_once >= 16);
  }
};

}  // namespace

TEST_CASE("s3: a cold entity among a million datoms is six requests, a commit is one, a scan has sixteen and more under way at once") {
  Bucket bucket;
  auto const& proxy = bucket.proxy;
  {
    auto const before = proxy.requests();
    auto const connection = Store::connect(bucket.config);
    auto const db = connection.db();
    auto const opened = proxy.requests();
    CHECK(cairn::q(db, "[:find ?a ?v :in $ ?e :where [?e ?a ?v]]", some_entity).size() == 3);
    std::cout << "requests to open: " << opened - before << ", and to ask: " << proxy.requests() - opened << "\n";
    CHECK(proxy.requests() - before <= 6);
  }
  bucket.scan("as imported");

  auto connection = Store::connect(bucket.config);
  connection.transact("[[:db/add 150000 :a 1]]");
  auto const before = proxy.requests();
  connection.transact("[[:db/add 150000 :a 2]]");
  CHECK(proxy.requests() - before == 1);
  // Its leaves end up in many packs.
  std::mt19937_64 random{1};
  for (int checkpoint = 0; checkpoint != 8; ++checkpoint) {
    std::string text = "[";
    for (int n = 0; n != 400; ++n) text += "[:db/add " + std::to_string(1000 + random() % 300'000) + " :b " + std::to_string(n) + "]";
    connection.transact(text + "]");
    auto const earlier = proxy.requests();
    connection.checkpoint();
    auto const of_checkpoint = proxy.requests() - earlier;
    std::cout << "requests of a checkpoint of 400 changes: " << of_checkpoint << "\n";
    CHECK(of_checkpoint == 2);  // a pack, and the root
  }
  bucket.scan("after checkpoints");
}

TEST_CASE("s3: whoever may only read opens the database, follows its head, and is refused a commit") {
  s3::Config const config{.bucket = service("bucket"),
                          .prefix = "read-only-" + std::to_string(::getpid()),
                          .endpoint = service("endpoint"),
                          .access_key = service("access_key"),
                          .secret_key = cairn::Secret{service("secret_key")}};
  auto reading = config;
  reading.access_key = service("reader_access_key");
  reading.secret_key = cairn::Secret{service("reader_secret_key")};
  auto const code_of = [](auto call) -> std::optional<cairn::Errc> {
    try {
      call();
    } catch (cairn::Error const& error) {
      return error.code();
    }
    return std::nullopt;
  };
  CHECK(code_of([&] { Store::create(reading); }) == cairn::Errc::io_denied);
  Store::create(config);
  {
    auto writer = Store::connect(config);
    writer.transact("[{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]");
    auto reader = Store::connect(reading);
    auto const numbers = [&] { return cairn::q(reader.db(), "[:find ?n :where [_ :n ?n]]").size(); };
    for (std::size_t i = 0; i != 5; ++i) {
      writer.transact("[{:n " + std::to_string(i) + "}]");
      if (i == 2) writer.checkpoint();
      CHECK(numbers() == i);
      reader.sync();
      CHECK(numbers() == i + 1);
    }
    CHECK(code_of([&] { reader.transact("[{:n 100}]"); }) == cairn::Errc::io_denied);
    writer.transact("[{:n 5}]");
    CHECK(cairn::q(writer.db(), "[:find ?n :where [_ :n ?n]]").size() == 6);
    auto const fresh = Store::connect(reading);
    CHECK(cairn::q(fresh.db(), "[:find ?n :where [_ :n ?n]]").size() == 6);
  }
  Store::destroy(config);
}
