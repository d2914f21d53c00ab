// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is counted, and where it can be read.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/layer/metered.hpp>
#include <cairn/store/exposition.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace cairn::test::metered_layer {
namespace {

using faulty::fresh_id;
using faulty::plan_of;
using Store = Metered<faulty::Backend>;
using laws::bytes;

static_assert(std::same_as<Metered<faulty::Backend, Metering::off>::Connection, faulty::Connection>, "nothing is in between");
static_assert(Metered<faulty::Backend, Metering::off>::backend_id == Store::backend_id, "a configuration need not know");

TEST_CASE("metered: calls, bytes, conflicts and failures of each operation") {
  Store::Config const config{.store = {.id = fresh_id()}};
  auto& plan = plan_of(config.store.id);
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  auto const& metrics = connection.metrics();
  auto const figures = [&](StoreOperation operation) { return metrics.figures(operation); };
  auto writer = connection.begin();
  auto const address = writer.put(bytes("four"));
  auto const other = writer.put(bytes("seven.."));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  CHECK(writer.append("main", Version{}, bytes("lost")) == CommitResult::conflict);
  static_cast<void>(connection.read(address));
  plan.failing_reads = 1;
  CHECK_THROWS_AS(connection.read(address), Error);
  std::vector const both{address, other};
  connection.read_many(std::span<Store::Connection::Address const>{both}, [](std::size_t, Bytes const&) {});
  plan.lost_replies = 1;
  CHECK(writer.drop("main", connection.root("main")->version) == CommitResult::unknown);

  CHECK(figures(StoreOperation::connect).calls == 1);
  CHECK(figures(StoreOperation::put).calls == 2);
  CHECK(figures(StoreOperation::put).bytes == 11);
  CHECK(figures(StoreOperation::commit).calls == 1);
  CHECK(figures(StoreOperation::commit).bytes == 5);
  CHECK(figures(StoreOperation::append).conflicts == 1);
  CHECK(figures(StoreOperation::append).failures == 0);
  CHECK(figures(StoreOperation::read).calls == 2);
  CHECK(figures(StoreOperation::read).failures == 1);
  CHECK(figures(StoreOperation::read).bytes == 4);
  CHECK(figures(StoreOperation::read_many).calls == 1);
  CHECK(figures(StoreOperation::read_many).blobs == 2);
  CHECK(figures(StoreOperation::read_many).bytes == 11);
  CHECK(figures(StoreOperation::root).bytes == 5);
  CHECK(figures(StoreOperation::drop).failures == 1);
  CHECK(figures(StoreOperation::sweep).calls == 0);
  auto const read = figures(StoreOperation::read);
  CHECK(read.quantile(1) > read.slowest);
  CHECK(read.total >= read.slowest);
  auto const text = metrics.to_edn();
  CHECK(text.starts_with("{:read {:calls 2 :failures 1 :conflicts 0 :bytes 4 :mean-ns "));
  CHECK(text.find(":read-many {:calls 1 :failures 0 :conflicts 0 :blobs 2 :bytes 11 ") != std::string::npos);
  CHECK(text.find(":sweep") == std::string::npos);
}

TEST_CASE("metered: stores of one id are counted together, from any thread, and after they are closed", "[threads]") {
  auto const id = fresh_id();
  Store::Config const config{.store = {.id = fresh_id()}, .id = id};
  Store::empty_store(config);
  {
    auto connection = Store::connect_store(config);
    laws::commit(connection, "main", Version{}, "state");
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i) {
      threads.emplace_back([&] {
        auto const mine = Store::connect_store(config);
        for (int read = 0; read != 100; ++read) static_cast<void>(mine.root("main"));
      });
    }
    for (auto& thread : threads) thread.join();
  }
  CHECK(cairn::metrics(id)->figures(StoreOperation::root).calls == 400);
  CHECK(cairn::metrics(id)->figures(StoreOperation::connect).calls == 5);
  std::uint64_t timed = 0;
  for (auto const count : cairn::metrics(id)->figures(StoreOperation::root).by_time) timed += count;
  CHECK(timed == 400);
}


/// Figures of two connections, one of them with all that a label can hold, and of a store that was metered.
std::string page() {
  Store::Config const config{.store = {.id = fresh_id()}};
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  auto writer = connection.begin();
  static_cast<void>(writer.put(bytes("four")));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  Exposition made;
  made.add(ConnectionStats{.datoms = 7, .committed = 2, .write_amplification = 2.5}, {.store = "a \"b\" \\ c\nd", .branch = "db", .backend = "mem"});
  made.add(connection.metrics(), {.store = "plain"});
  made.add(ConnectionStats{.datoms = 8, .branches = 1}, {.store = "plain"});
  made.add(ConnectionStats{.datoms = 9}, {});
  return made.text();
}

TEST_CASE("metered: figures as Prometheus reads them") {
  auto const text = page();
  auto const has = [&](std::string const& line) { return text.find("\n" + line + "\n") != std::string::npos; };
  CHECK(text.starts_with("# HELP cairn_datoms Datoms that are true.\n# TYPE cairn_datoms gauge\n"
                         "cairn_datoms{store=\"a \\\"b\\\" \\\\ c\\nd\",branch=\"db\",backend=\"mem\"} 7\n"
                         "cairn_datoms{store=\"plain\"} 8\ncairn_datoms 9\n# HELP "));
  CHECK(has("# TYPE cairn_committed_total counter"));
  CHECK(has("cairn_write_amplification{store=\"a \\\"b\\\" \\\\ c\\nd\",branch=\"db\",backend=\"mem\"} 2.5"));
  CHECK(text.find("cairn_write_amplification{store=\"plain\"}") == std::string::npos);
  CHECK(has("cairn_branches{store=\"plain\"} 1"));
  CHECK(has("cairn_store_operations_total{store=\"plain\",operation=\"put\"} 1"));
  CHECK(has("cairn_store_operation_bytes_total{store=\"plain\",operation=\"put\"} 4"));
  CHECK(has("cairn_store_operation_seconds_bucket{store=\"plain\",operation=\"commit\",le=\"+Inf\"} 1"));
  CHECK(has("cairn_store_operation_seconds_count{store=\"plain\",operation=\"commit\"} 1"));
  CHECK(text.find("operation=\"sweep\"") == std::string::npos);
  CHECK(Exposition{}.text().empty());
}

TEST_CASE("metered: a page for a parser", "[.][page]") { std::fputs(page().c_str(), stdout); }

}  // namespace
}  // namespace cairn::test::metered_layer
