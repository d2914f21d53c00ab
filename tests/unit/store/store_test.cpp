// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The life of a store, on each backend.
#include "laws/code_of.hpp"
#include "laws/temporary_directory.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/error/log.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::store_test {

namespace {

using cairn::Errc;
using cairn::laws::code_of;

struct OnMem {
  using Store = cairn::Store<cairn::backends::mem::Backend>;
  Store::Config config{"store-test-" + std::to_string(++number)};
  ~OnMem() { Store::destroy(config); }
  static inline int number = 0;
};

struct OnFile {
  using Store = cairn::Store<cairn::backends::file::Backend>;
  cairn::test::TemporaryDirectory directory{};
  Store::Config config{.path = directory.path() / "store"};
};

constexpr auto schema = R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
                            {:db/ident :text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])";

template <class Db>
std::size_t number_of_n(Db const& db) {
  std::size_t count = 0;
  for (auto const& datom : db.datoms(cairn::aevt, ":n")) count += datom.added ? 1 : 0;
  return count;
}

}  // namespace

TEMPLATE_TEST_CASE("create and connect are strict, destroy is idempotent", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  CHECK_FALSE(Store::exists(on.config));
  CHECK(code_of([&] { static_cast<void>(Store::connect(on.config)); }) == Errc::store_does_not_exist);
  Store::create(on.config);
  CHECK(Store::exists(on.config));
  CHECK(code_of([&] { Store::create(on.config); }) == Errc::store_exists);
  Store::destroy(on.config);
  CHECK_FALSE(Store::exists(on.config));
  Store::destroy(on.config);
}

TEMPLATE_TEST_CASE("a creation whose first transaction is refused leaves nothing, and can be repeated", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  CHECK(code_of([&] { Store::create(on.config, {.initial_tx = "[{:text \"no schema\"}]"}); }) == Errc::transact_schema);
  CHECK_FALSE(Store::exists(on.config));
  if constexpr (std::same_as<TestType, OnFile>) CHECK_FALSE(std::filesystem::exists(on.config.path));
  Store::create(on.config, {.initial_tx = schema});
  auto conn = Store::connect(on.config);
  conn.transact("[{:n 1}]");
  CHECK(number_of_n(conn.db()) == 1);
}

TEST_CASE("a root whose numbers are out of range, or that is longer than it says, is refused", "[store]") {
  OnMem on;
  OnMem::Store::create(on.config, {.initial_tx = schema});
  auto conn = OnMem::Store::connect(on.config);
  auto const good = conn.db().snapshot();
  auto const outcome = [&](EntityId max_entity, EntityId max_tx, bool is_longer = false) {
    auto& blobs = conn.blobs();
    auto writer = blobs.begin();
    auto snapshot = good;
    snapshot.max_entity = max_entity;
    snapshot.max_tx = max_tx;
    std::vector<CommitId> commits{CommitId::random()};
    FlushReceipt receipt;
    auto const state = codec::write_state<persistent_set_tag>(commits, {}, snapshot, BackendHandle<backends::mem::Backend>::node_sink(writer), receipt);
    ByteWriter out;
    out.raw(unseal(state, "The state"));
    if (is_longer) out.u8(0);
    seal(out);
    REQUIRE((writer.commit("db", blobs.root("db")->version, out.view()) == CommitResult::committed));
    Errc found{};
    try {
      OnMem::Store::connect(on.config).transact("[{:n 1}]");
    } catch (Error const& error) {
      found = error.code();
    }
    return found;
  };
  CHECK(outcome(good.max_entity, good.max_tx) == Errc{});
  CHECK(outcome(good.max_entity, good.max_tx, true) == Errc::store_corrupt);
  CHECK(outcome(first_transaction, good.max_tx) == Errc::store_corrupt);
  CHECK(outcome(-1, good.max_tx) == Errc::store_corrupt);
  CHECK(outcome(good.max_entity, std::numeric_limits<EntityId>::max()) == Errc::store_corrupt);
  CHECK(outcome(good.max_entity, 2 * first_transaction) == Errc::store_corrupt);
  CHECK(outcome(good.max_entity, first_transaction - 2) == Errc::store_corrupt);
  CHECK(outcome(good.max_entity, 0) == Errc::store_corrupt);
}

TEMPLATE_TEST_CASE("what was transacted is there after reconnecting", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto first = Store::connect(on.config);
  first.transact(schema);
  first.transact(R"([{:n 1 :text "one"} {:n 2 :text "two"}])");
  auto const before = first.db();
  CHECK(first.tail_bytes() > 0);

  SECTION("from the tail") {
    auto second = Store::connect(on.config);
    CHECK(second.tail_bytes() == first.tail_bytes());
    CHECK(number_of_n(second.db()) == 2);
    CHECK(second.db().max_tx() == before.max_tx());
    CHECK(second.db().schema() == before.schema());
    CHECK(second.db().entity(cairn::lookup(":n", 2)).get(":text").value() == cairn::Value{"two"});
  }
  SECTION("from a checkpoint") {
    first.release();
    CHECK_FALSE(static_cast<bool>(first));
    CHECK(code_of([&] { static_cast<void>(first.db()); }) == Errc::store_does_not_exist);
    auto second = Store::connect(on.config);
    CHECK(second.tail_bytes() == 0);
    CHECK(number_of_n(second.db()) == 2);
    CHECK(second.db().max_eid() == before.max_eid());
    CHECK(cairn::verify(second.db()).current == before.size());
    CHECK(number_of_n(before) == 2);
  }
  SECTION("with changes on top of a checkpoint") {
    first.checkpoint();
    first.transact(R"([[:db/add [:n 1] :text "uno"]])");
    auto second = Store::connect(on.config);
    CHECK(second.db().entity(cairn::lookup(":n", 1)).get(":text").value() == cairn::Value{"uno"});
    CHECK(second.db().as_of(before.max_tx()).entity(cairn::lookup(":n", 1)).get(":text").value() == cairn::Value{"one"});
    CHECK(before.entity(cairn::lookup(":n", 1)).get(":text").value() == cairn::Value{"one"});
  }
}

TEMPLATE_TEST_CASE("a transaction larger than the tail's budget is a checkpoint of its own", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  std::vector<cairn::TxOp> operations;
  for (int i = 0; i != 20'000; ++i) {
    operations.push_back(cairn::entity_map({{":n", i}, {":text", std::string(60, 'x') + std::to_string(i)}}));
  }
  conn.transact(cairn::TxData{std::move(operations)});
  CHECK(conn.tail_bytes() == 0);
  auto const second = Store::connect(on.config);
  CHECK(number_of_n(second.db()) == 20'000);
  CHECK(cairn::verify(second.db()).current == conn.db().size());
}

TEMPLATE_TEST_CASE("connections that write in turn lose nothing", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto first = Store::connect(on.config);
  first.transact(schema);
  auto second = Store::connect(on.config);
  for (int i = 0; i != 20; ++i) {
    auto& conn = i % 2 == 0 ? first : second;
    conn.transact({cairn::entity_map({{":n", i}})});
    if (i == 9) first.checkpoint();
  }
  CHECK(number_of_n(first.sync()) == 20);
  CHECK(number_of_n(second.sync()) == 20);
  CHECK(code_of([&] { second.transact(R"([{:db/id "a" :n 1} {:db/id "a" :n 2}])"); }) == Errc::transact_upsert);
  CHECK(number_of_n(second.db()) == 20);
}

TEMPLATE_TEST_CASE("threads that write through one connection and through many lose nothing", "[store][threads]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto shared = Store::connect(on.config);
  shared.transact(schema);
  constexpr int each = 25;
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t) {
    threads.emplace_back([&, t] {
      auto own = Store::connect(on.config);
      for (int i = 0; i != each; ++i) {
        auto& conn = t < 2 ? shared : own;
        try {
          conn.transact({cairn::entity_map({{":n", t * each + i}, {":text", "thread " + std::to_string(t)}})});
        } catch (cairn::Error const&) {
          ++refused;
        }
        static_cast<void>(number_of_n(shared.db()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(refused == 0);
  CHECK(number_of_n(shared.sync()) == 4 * each);
  CHECK(number_of_n(Store::connect(on.config).db()) == 4 * each);
}

TEMPLATE_TEST_CASE("a database value outlives its connection and the store", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  {
    auto conn = Store::connect(on.config);
    conn.transact(schema);
    conn.transact(R"([{:n 1} {:n 2} {:n 3}])");
  }
  auto const db = Store::connect(on.config).db();  // its nodes are still in the store
  CHECK(number_of_n(db) == 3);
}

TEMPLATE_TEST_CASE("options that are fixed at creation are the store's", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config, {.keep_history = false, .schema_flexibility = cairn::SchemaFlexibility::read});
  auto conn = Store::connect(on.config);
  CHECK_FALSE(conn.db().options().keep_history);
  conn.transact(R"([{:anything "goes"}])");
  CHECK(conn.db().size() > 0);
  CHECK(code_of([&] { static_cast<void>(conn.db().history()); }) == Errc::config_mismatch);
}

TEMPLATE_TEST_CASE("what was purged is not in the tail either", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  auto other = Store::connect(on.config);
  conn.transact(schema);
  conn.transact(R"([{:n 1 :text "a secret"}])");
  CHECK(conn.tail_bytes() > 0);
  auto const report = conn.transact({cairn::purge(cairn::lookup(":n", 1), ":text", "a secret")});
  CHECK(report.purged.size() == 1);
  CHECK(conn.tail_bytes() == 0);
  other.sync();
  CHECK(other.tail_bytes() == 0);
  for (auto const& db : {conn.db(), other.db(), Store::connect(on.config).db()}) {
    CHECK(db.history().datoms(cairn::aevt, ":text").empty());
    CHECK(cairn::verify(db).current == db.size());
  }
}

TEMPLATE_TEST_CASE("a purge that others overtook is applied once, to what they left", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  conn.transact(R"([{:n 1 :text "a secret"}])");
  auto other = Store::connect(on.config);
  auto const before = conn.db().max_tx();
  other.transact(R"([{:n 2 :text "other"}])");  // of which `conn` does not know yet
  CHECK(conn.transact({cairn::purge(cairn::lookup(":n", 1), ":text", "a secret")}).purged.size() == 1);
  for (auto const& db : {conn.db(), Store::connect(on.config).db()}) {
    CHECK(db.max_tx() == before + 2);
    std::vector<cairn::Value> texts;
    for (auto const& datom : db.history().datoms(cairn::aevt, ":text")) texts.push_back(datom.v);
    CHECK(texts == std::vector{cairn::Value{"other"}});
    CHECK(cairn::verify(db).current == db.size());
  }
}

TEMPLATE_TEST_CASE("a refused transaction changes nothing", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  using Database = typename Store::Connection::Database;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  conn.transact(R"([{:db/ident :only :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/value}])");
  conn.transact(R"([{:n 1 :text "one" :only 1}])");
  conn.set_functions(cairn::Functions<typename Database::index_tag>{}.transaction(
      ":throws", [](Database const&, std::span<cairn::TxValue const>) -> cairn::TxData { throw std::runtime_error{"a function's own"}; }));
  auto other = Store::connect(on.config);
  auto const before = conn.db();
  auto const others_before = other.db();
  auto const bytes = conn.tail_bytes();
  int heard = 0;
  conn.listen([&](auto const&) { ++heard; });

  auto const unchanged = [&] {
    CHECK(conn.db().shared_snapshot() == before.shared_snapshot());
    CHECK(conn.tail_bytes() == bytes);
    CHECK(other.sync().shared_snapshot() == others_before.shared_snapshot());
    CHECK(heard == 0);
  };
  // Each begins with what could be done.
  for (auto const& [text, code] : {
           std::pair{R"([{:n 2} {:unknown 1}])", Errc::transact_schema},
           std::pair{R"([{:n 2} {:n 3 :text 4}])", Errc::transact_schema},
           std::pair{R"([{:n 2} {:db/ident :new :db/valueType :db.type/long :db/cardinality :db.cardinality/three}])",
                     Errc::transact_schema},
           std::pair{R"([{:n 2} {:n 3 :only 1}])", Errc::transact_unique},
           std::pair{R"([{:n 2} [:db/cas [:n 1] :text "two" "three"]])", Errc::transact_cas},
           std::pair{R"([{:n 2} [:db/add [:n 1] :text "uno"] [:db/nonsense 1]])", Errc::transact_syntax},
           std::pair{R"([{:n 2} [:db/purge [:n 1] :text "one"] [:db.purge/entity [:n 4711]]])", Errc::transact_purge},
           std::pair{R"([{:n 2} [:db/add [:n 4711] :text "nobody"]])", Errc::entity_id_missing},
       }) {
    CAPTURE(text);
    CHECK(code_of([&] { conn.transact(text); }) == code);
    unchanged();
  }
  CHECK_THROWS_AS(conn.transact("[{:n 2} [:db.fn/call :throws]]"), std::runtime_error);
  unchanged();

  auto const report = conn.transact(R"([{:db/id "next" :n 2}])");
  CHECK(report.tx == before.max_tx() + 1);
  CHECK(report.tempids.at("next") == before.max_eid() + 1);
  CHECK(heard == 1);
  CHECK(cairn::verify(Store::connect(on.config).db()).current == before.size() + 2);
}

TEMPLATE_TEST_CASE("a function that uses the connection of its transaction is told so", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  using Database = typename Store::Connection::Database;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  std::function<void()> use;
  conn.set_functions(cairn::Functions<typename Database::index_tag>{}.transaction(
      ":use", [&](Database const&, std::span<cairn::TxValue const>) -> cairn::TxData {
        use();
        return {cairn::entity_map({{":n", 1}})};
      }));
  for (auto const& one : std::vector<std::function<void()>>{[&] { conn.transact(R"([{:n 2}])"); }, [&] { conn.sync(); },
                                                            [&] { conn.checkpoint(); }, [&] { conn.set_functions({}); },
                                                            [&] { conn.release(); }}) {
    use = one;
    CHECK(code_of([&] { conn.transact("[[:db.fn/call :use]]"); }) == Errc::transact_syntax);
  }
  CHECK_FALSE(static_cast<bool>(conn));
  CHECK(number_of_n(Store::connect(on.config).db()) == 0);
}

TEMPLATE_TEST_CASE("listeners hear of commits in their order, and may transact", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  std::vector<cairn::EntityId> heard;
  auto const first = conn.listen([&](auto const& report) {
    heard.push_back(report.tx);
    if (heard.size() == 1) conn.transact(R"([{:n 100}])");
    throw std::runtime_error{"a listener's own trouble"};
  });
  int second_heard = 0;
  conn.listen([&](auto const& report) { second_heard += report.tx_data.empty() ? 0 : 1; });
  auto const report = conn.transact(R"([{:n 1}])");
  CHECK(heard == std::vector{report.tx, report.tx + 1});
  CHECK(second_heard == 2);
  CHECK(code_of([&] { conn.transact(R"([{:unknown 1}])"); }) == Errc::transact_schema);
  conn.unlisten(first);
  conn.transact(R"([{:n 2}])");
  CHECK(heard.size() == 2);
  CHECK(second_heard == 3);
  CHECK(conn.tx_range(report.tx, report.tx + 2).size() == 2);
}

TEMPLATE_TEST_CASE("a listener that was taken away is not called, of a report under way neither", "[store][threads]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  cairn::ListenerId second{};
  cairn::ListenerId third{};
  int heard = 0;
  auto const first = conn.listen([&](auto const&) {
    conn.unlisten(second);
    std::thread{[&] { conn.unlisten(third); }}.join();
  });
  second = conn.listen([&](auto const&) { heard += 1; });
  third = conn.listen([&](auto const&) { heard += 10; });
  cairn::ListenerId itself{};
  itself = conn.listen([&](auto const&) {
    heard += 100;
    conn.unlisten(itself);
  });
  conn.transact(R"([{:n 1}])");
  conn.transact(R"([{:n 2}])");
  CHECK(heard == 100);
  conn.unlisten(first);
}

TEST_CASE("what a listener holds may use the listeners when it goes", "[store]") {
  Listeners<int> listeners;
  bool is_armed = false;
  struct Uses {
    Listeners<int>* listeners;
    bool* is_armed;
    void operator()(int) const {}
    ~Uses() {
      if (std::exchange(*is_armed, false)) listeners->remove(ListenerId{});
    }
  };
  auto const id = listeners.add(Uses{&listeners, &is_armed});
  is_armed = true;
  listeners.add([](int) {});
  CHECK_FALSE(is_armed);
  is_armed = true;
  listeners.remove(id);
  CHECK_FALSE(is_armed);
}

TEMPLATE_TEST_CASE("a listener may let go of the connection", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  std::optional<typename Store::Connection> conn{Store::connect(on.config)};
  conn->transact(schema);
  int heard = 0;
  SECTION("by releasing it") {
    conn->listen([&](auto const&) { conn->release(); });
    conn->listen([&](auto const&) { ++heard; });
    conn->transact(R"([{:n 1}])");
    CHECK_FALSE(static_cast<bool>(*conn));
  }
  SECTION("by destroying it") {
    conn->listen([&](auto const&) { conn.reset(); });
    conn->listen([&](auto const&) { ++heard; });
    conn->transact(R"([{:n 1}])");
    CHECK_FALSE(conn.has_value());
  }
  CHECK(heard == 1);
  CHECK(number_of_n(Store::connect(on.config).db()) == 1);
}

TEMPLATE_TEST_CASE("listeners hear of every thread's commits once", "[store][threads]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  std::vector<cairn::EntityId> heard;
  auto const id = conn.listen([&](auto const& report) { heard.push_back(report.tx); });
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i != 10; ++i) conn.transact({cairn::entity_map({{":n", 10 * t + i}})});
    });
  }
  for (auto& thread : threads) thread.join();
  conn.unlisten(id);
  REQUIRE(heard.size() == 40);
  CHECK(std::ranges::is_sorted(heard));
}

TEMPLATE_TEST_CASE("a connection's functions stay known whatever others commit", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  using Database = typename Store::Connection::Database;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  conn.set_functions(cairn::Functions<typename Database::index_tag>{}.transaction(
      ":next", [](Database const& db, std::span<cairn::TxValue const>) -> cairn::TxData {
        return {cairn::entity_map({{":n", static_cast<int>(number_of_n(db))}})};
      }));
  conn.transact("[[:db.fn/call :next]]");
  auto other = Store::connect(on.config);
  other.transact(R"([{:n 1}])");
  other.checkpoint();  // and so the connection reads the database anew
  CHECK(code_of([&] { other.transact("[[:db.fn/call :next]]"); }) == Errc::transact_syntax);
  conn.transact("[[:db.fn/call :next] [:db.fn/call :next]]");
  CHECK(number_of_n(conn.db()) == 4);
}

TEMPLATE_TEST_CASE("a database with attribute references is one after reconnecting", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config, {.attribute_refs = true});
  {
    auto conn = Store::connect(on.config);
    conn.transact(schema);
    conn.transact(R"([{:n 1}])");
  }
  auto conn = Store::connect(on.config);
  auto const n = conn.db().entid(":n").value();
  conn.transact({cairn::add("new", n, 2)});
  CHECK(number_of_n(conn.db()) == 2);
  CHECK(conn.db().ident(conn.db().entity(n).get(":db/valueType").entity().id()) == cairn::kw(":db.type/long"));
  CHECK(cairn::verify(conn.db()).current == conn.db().size());
}

TEMPLATE_TEST_CASE("a connection that has not heard of a schema yet does not refuse its data", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  Store::create(on.config);
  auto stale = Store::connect(on.config);
  Store::connect(on.config).transact(schema);
  stale.transact(R"([{:n 1}])");
  Store::connect(on.config).transact(R"([{:n 2}])");
  stale.transact({cairn::add(cairn::lookup(":n", 2), ":text", "two")});
  CHECK(code_of([&] { stale.transact(R"([{:unknown 1}])"); }) == Errc::transact_schema);
  CHECK(number_of_n(stale.db()) == 2);
}

TEMPLATE_TEST_CASE("an import is what one transaction of the same facts is", "[store]", OnMem, OnFile) {
  TestType on;
  TestType other;
  using Store = typename TestType::Store;
  if constexpr (requires { on.config.id; }) other.config.id += "-by-transaction";
  constexpr auto more = R"([{:db/ident :tag :db/valueType :db.type/keyword :db/cardinality :db.cardinality/many}
                            {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
                            {:db/ident :score :db/valueType :db.type/double :db/cardinality :db.cardinality/one :db/index true}])";
  bool const keeps_history = GENERATE(true, false);
  Store::create(on.config, {.keep_history = keeps_history});
  Store::create(other.config, {.keep_history = keeps_history});
  auto conn = Store::connect(on.config);
  auto peer = Store::connect(other.config);
  for (auto* one : {&conn, &peer}) {
    one->transact(schema);
    one->transact(more);
    one->transact(R"([{:db/id 900 :n 1 :text "there before"} {:db/id 2000 :n 2 :tag :old}])");
  }
  // The second is few among many; each says some of what was said before again.
  for (int const number : {1500, 40}) {
    int const from = number == 40 ? 10'000 : 100;
    std::vector<cairn::ImportFact> facts;
    std::vector<cairn::TxOp> operations;
    auto const say = [&](cairn::EntityId e, char const* a, cairn::Value const& v) {
      facts.push_back({e, cairn::kw(a), v});
      operations.push_back(cairn::add(e, a, v));
    };
    say(900'000 + from, ":text", "so that new entities get numbers behind those that are said");
    say(900, ":n", 1);
    say(2000, ":tag", cairn::kw(":new"));
    for (int i = 0; i != number; ++i) {
      auto const e = i % 3 == 0 ? -1 - i : 5000 + 10 * from + (i * 37) % number;  // in no order, some of them new
      say(e, ":n", from + i);
      say(e, ":text", "text " + std::to_string(i % 7));
      say(e, ":tag", cairn::kw(i % 2 == 0 ? ":even" : ":odd"));
      say(e, ":tag", cairn::kw(":number"));
      if (i % 5 == 0) say(e, ":score", static_cast<float>(i) / 8);
      say(e, ":friend", i % 2 == 0 ? -1 : 2000);
    }
    auto const before = conn.db();
    int heard = 0;
    auto const id = conn.listen([&](auto const& report) { heard += report.tx == before.max_tx() + 1 ? 1 : 100; });
    auto const report = number == 40 ? conn.import(operations) : conn.import(facts, {.memory = 1});
    conn.unlisten(id);
    auto const expected = peer.transact(cairn::TxData{operations});
    CHECK(heard == 1);
    CHECK(conn.tail_bytes() == 0);
    CHECK(report.tx == expected.tx);
    CHECK(report.datoms == expected.tx_data.size());
    CHECK(report.db_before.shared_snapshot() == before.shared_snapshot());
    for (auto const& db : {report.db_after, conn.db(), Store::connect(on.config).db()}) {
      CHECK(db.size() == expected.db_after.size());
      CHECK(db.max_eid() == expected.db_after.max_eid());
      CHECK(cairn::verify(db).current == db.size());
      auto const same = [](auto const& left, auto const& right) {
        return left.e == right.e && left.a == right.a && left.v == right.v && left.tx == right.tx;
      };
      // The transactions' instants are not the same.
      auto const said = [](auto const& one, auto const& order) {
        std::vector<cairn::Datom> found;
        for (auto const& datom : one.datoms(order)) {
          if (datom.a != cairn::kw(":db/txInstant")) found.push_back(datom);
        }
        return found;
      };
      CHECK(std::ranges::equal(said(db, cairn::eavt), said(peer.db(), cairn::eavt), same));
      CHECK(std::ranges::equal(said(db, cairn::avet), said(peer.db(), cairn::avet), same));
    }
    conn.transact({cairn::add(900, ":text", "said after " + std::to_string(number))});
    peer.transact({cairn::add(900, ":text", "said after " + std::to_string(number))});
  }
}

TEMPLATE_TEST_CASE("whether instants were set back is known after reconnecting", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  auto const moment = cairn::Instant{30'000};
  auto const set = [](auto& conn, std::int64_t instant) {
    conn.transact(cairn::TxData{}.with_meta(":db/txInstant", cairn::Instant{instant}));
    return conn.db().max_tx();
  };
  auto const checkpoint = [](auto& conn, std::int64_t n) { conn.import(std::vector{cairn::add(100 + n, ":n", n)}); };
  Store::create(on.config);
  {
    auto conn = Store::connect(on.config);
    set(conn, 1'000);
    conn.transact(schema);
    checkpoint(conn, 1);
  }
  CHECK(Store::connect(on.config).db().moment().last_set_back == cairn::first_transaction - 1);
  {
    auto conn = Store::connect(on.config);
    set(conn, 20'000);
    auto const last = set(conn, 10'000);
    CHECK(conn.db().transaction_at(moment) == last);
    CHECK(Store::connect(on.config).db().transaction_at(moment) == last);  // from the tail
    checkpoint(conn, 2);
    CHECK(Store::connect(on.config).db().transaction_at(moment) == last);
    checkpoint(conn, 3);
    CHECK(Store::connect(on.config).db().transaction_at(moment) == last);
  }
}

TEMPLATE_TEST_CASE("an import that is refused changes nothing", "[store]", OnMem, OnFile) {
  TestType on;
  using Store = typename TestType::Store;
  using Facts = std::vector<cairn::ImportFact>;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  conn.transact(
      R"([{:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one :db/tupleAttrs [:part :other]}
                    {:db/ident :part :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                    {:db/ident :other :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                    {:db/ident :big :db/valueType :db.type/bigint :db/cardinality :db.cardinality/one}
                    {:db/ident :asked :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db.attr/preds [even?]}])");
  conn.transact(R"([{:db/id 100 :n 1 :text "one"}])");
  auto const before = conn.db();
  auto const n = cairn::kw(":n");
  auto const text = cairn::kw(":text");
  for (auto const& [facts, code] : {
           std::pair{Facts{{-1, n, 2}, {-2, n, 2}}, Errc::transact_unique},
           std::pair{Facts{{-1, n, 1}}, Errc::transact_unique},
           std::pair{Facts{{-1, text, "a"}, {-1, text, "b"}}, Errc::transact_schema},
           std::pair{Facts{{100, text, "two"}}, Errc::transact_schema},
           std::pair{Facts{{-1, n, 2}, {-1, text, 3}}, Errc::transact_schema},
           std::pair{Facts{{-1, n, cairn::Value{}}}, Errc::transact_schema},
           std::pair{Facts{{-1, cairn::kw(":big"), cairn::BigInt{"12x"}}}, Errc::transact_schema},
           std::pair{Facts{{-1, cairn::kw(":unknown"), 3}}, Errc::transact_schema},
           std::pair{Facts{{-1, cairn::kw(":db/ident"), cairn::kw(":new")}}, Errc::transact_schema},
           std::pair{Facts{{-1, cairn::kw(":part"), 3}}, Errc::transact_schema},
           std::pair{Facts{{-1, cairn::kw(":asked"), 3}}, Errc::transact_schema},
           std::pair{Facts{{0, n, 3}}, Errc::entity_id_syntax},
           std::pair{Facts{{cairn::first_transaction, n, 3}}, Errc::entity_id_syntax},
       }) {
    CHECK(code_of([&] { conn.import(facts); }) == code);
    CHECK(conn.db().shared_snapshot() == before.shared_snapshot());
  }
  CHECK(code_of([&] { conn.import(std::vector{cairn::retract(100, ":n", 1)}); }) == Errc::transact_syntax);
  auto const endless = std::views::iota(0) | std::views::transform([](int i) -> cairn::ImportFact {
                         if (i == 5000) throw std::runtime_error{"the source's own trouble"};
                         return {-1 - i, cairn::kw(":n"), 10 + i};
                       });
  CHECK_THROWS_AS(conn.import(endless), std::runtime_error);
  auto const many = std::views::iota(0, 20'000) |
                    std::views::transform([&](int i) -> cairn::ImportFact { return {-1 - i, n, 10 + i}; });
  std::uint64_t entries = 0;
  cairn::ImportOptions until_stopped;
  until_stopped.progress = [&](std::uint64_t made) {
    entries = made;
    throw std::runtime_error{"enough"};
  };
  CHECK_THROWS_AS(conn.import(many, until_stopped), std::runtime_error);
  CHECK(entries != 0);
  CHECK(code_of([&] {
          conn.import(std::views::iota(0, 1) | std::views::transform([&](int i) -> cairn::ImportFact {
                        conn.transact({cairn::entity_map({{":n", i}})});
                        return {-1, cairn::kw(":n"), 7};
                      }));
        }) == Errc::transact_syntax);
  CHECK(conn.db().shared_snapshot() == before.shared_snapshot());
  conn.transact(R"([{:n 2}])");
  CHECK(number_of_n(Store::connect(on.config).db()) == 2);
}

TEST_CASE("a connection reads again what its node cache has no room for", "[store]") {
  OnFile on;
  using Store = OnFile::Store;
  auto const text_with = [&](std::string const& settings) {
    return "{:store {:backend :file :path \"" + on.config.path.string() + "\"} :index-config " + settings + "}";
  };
  auto const small = text_with("{:node-cache \"4KiB\", :index-b-factor 1000}");
  Store::create(on.config);
  auto const add = [](auto& connection, int from, int to) {
    std::string text = "[";
    for (int i = from; i != to; ++i) text += "{:n " + std::to_string(i) + " :text \"number " + std::to_string(i) + "\"}";
    connection.transact(text + "]");
  };
  auto connection = Store::connect(small);
  connection.transact(schema);
  for (int i = 0; i != 10; ++i) {
    add(connection, i * 200, i * 200 + 200);
    connection.checkpoint();
  }
  auto const before = connection.db();
  connection = Store::connect(small);
  auto const db = connection.db();
  for (int round = 0; round != 2; ++round) {
    CHECK(number_of_n(before) == 2000);
    CHECK(number_of_n(db) == 2000);
    for (int i = 0; i < 2000; i += 97) {
      CHECK(db.entity(cairn::lookup(":n", i)).get(":text").value() == cairn::Value{"number " + std::to_string(i)});
    }
  }
  add(connection, 2000, 2100);
  connection.checkpoint();
  CHECK(number_of_n(connection.db()) == 2100);
  CHECK(number_of_n(db) == 2000);
  CHECK(code_of([&] { static_cast<void>(Store::connect(text_with("{:node-cache :much}"))); }) == Errc::config_type);
}

TEMPLATE_TEST_CASE("statistics say what is there and what was done", "[store]", OnMem, OnFile) {
  using Store = typename TestType::Store;
  TestType on;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  CHECK(conn.stats().committed == 0);
  CHECK(!conn.stats().write_amplification);
  CHECK(!conn.stats().branches);
  conn.transact(schema);
  for (int i = 0; i != 20; ++i) conn.transact("[{:n " + std::to_string(i) + " :text \"number\"}]");
  conn.transact("[[:db/add [:n 3] :text \"other\"]]");
  CHECK_THROWS_AS(conn.transact("[[:db/add \"x\" :unknown 1]]"), cairn::Error);
  auto const in_tail = conn.stats();
  CHECK(in_tail.datoms == conn.db().size());
  CHECK(in_tail.history == 2);
  CHECK(in_tail.attributes == 2);
  CHECK(in_tail.committed == 22);
  CHECK(in_tail.refused == 1);
  CHECK(in_tail.appends == 22);
  CHECK(in_tail.tail_frames == 22);
  CHECK(in_tail.tail_bytes == conn.tail_bytes());
  CHECK(in_tail.appended_bytes == in_tail.tail_bytes);
  CHECK(in_tail.write_amplification == 1.0);
  CHECK(in_tail.checkpoints == 0);
  CHECK(in_tail.values_held >= 1);

  conn.checkpoint();
  auto const after = conn.stats(cairn::StatsDepth::nodes);
  CHECK(after.checkpoints == 1);
  CHECK(after.tail_frames == 0);
  CHECK(after.nodes_written >= 3);
  CHECK(after.checkpoint_bytes > 0);
  CHECK(after.write_amplification > 1.0);
  CHECK(after.branches == 1);
  CHECK(after.live_nodes >= after.nodes_written);
  CHECK(after.live_bytes > 0);

  auto other = Store::connect(on.config);
  CHECK(number_of_n(other.db()) == 20);
  auto const cold = other.stats(cairn::StatsDepth::roots);
  CHECK(number_of_n(other.db()) == 20);
  auto const warm = other.stats();
  CHECK(warm.cache_hits > cold.cache_hits);
  CHECK(warm.cache_misses == cold.cache_misses);
  CHECK(warm.levels == 1);
  if constexpr (std::same_as<TestType, OnFile>) CHECK(cold.others.value_or(1) == 1);  // the kernel may not say

  // Two writers: the one that does not know of the other's commits meets a conflict.
  conn.transact("[{:n 100}]");
  other.transact("[{:n 101}]");
  CHECK(other.stats().commit_conflicts == 1);
  CHECK(other.stats().committed == 1);
  auto const text = cairn::to_edn(other.stats());
  CHECK(text.find(":commit-conflicts 1 ") != std::string::npos);
  CHECK(cairn::edn::parse(text).is_map());
  std::vector<cairn::ImportFact> const facts{{-1, cairn::kw(":n"), cairn::Value{std::int64_t{200}}}};
  conn.sync();
  auto const before = conn.stats();
  conn.import(facts);
  CHECK(conn.stats().import_bytes > 0);
  CHECK(conn.stats().checkpoint_bytes == before.checkpoint_bytes);
  CHECK(conn.stats().nodes_written > before.nodes_written);
  CHECK(conn.stats().committed == before.committed + 1);
}

namespace {

/// Hears what is logged as long as it lives.
class Hearing {
 public:
  explicit Hearing(cairn::LogOptions const& options = {.least = cairn::LogLevel::info, .slow_commit = std::chrono::hours{1}}) {
    cairn::set_log_sink(
        [this](cairn::LogRecord const& record) {
          std::lock_guard const lock{mutex_};
          heard_.push_back(std::string{cairn::code_of(record.event)} + " " + std::string{record.message} + " " + std::string{record.data});
          CHECK_FALSE(record.message.empty());
          CHECK(cairn::edn::parse(record.data).is_map());
        },
        options);
  }
  Hearing(Hearing const&) = delete;
  Hearing& operator=(Hearing const&) = delete;
  ~Hearing() { cairn::set_log_sink({}); }

  [[nodiscard]] std::size_t count(std::string_view beginning) const {
    std::lock_guard const lock{mutex_};
    return static_cast<std::size_t>(std::ranges::count_if(heard_, [&](auto const& one) { return one.starts_with(beginning); }));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

}  // namespace

TEMPLATE_TEST_CASE("whoever wants to hears what happens inside", "[store][log]", OnMem, OnFile) {
  using Store = typename TestType::Store;
  TestType on;
  Store::create(on.config);
  auto conn = Store::connect(on.config);
  conn.transact(schema);
  {
    Hearing const hearing;
    auto other = Store::connect(on.config);
    conn.transact("[{:n 1}]");
    CHECK(hearing.count("") == 0);  // nothing out of the ordinary
    other.transact("[{:n 2}]");
    CHECK(hearing.count("commit/conflict Others overtook a commit on branch db; it is made again. {:branch \"db\" :attempt 1 :transactions 1}") == 1);
    other.checkpoint();
    CHECK(hearing.count("commit/checkpoint ") == 1);
    other.collect_garbage({.dry_run = true});
    CHECK(hearing.count("gc/begin A dry run ") == 1);
    CHECK(hearing.count("gc/end ") == 1);
    try {
      cairn::raise(Errc::io_error, "No disk.");
    } catch (cairn::Error const&) {
      cairn::detail::tell_of_broken_collection();
    }
    CHECK(hearing.count("gc/end The collection of garbage did not end; what it has removed was garbage: No disk. {:code :io/error}") == 1);
  }
  {
    Hearing const hearing{{.least = cairn::LogLevel::warning, .slow_commit = std::chrono::milliseconds{0}}};
    conn.transact("[{:n 3}]");
    conn.checkpoint();
    CHECK(hearing.count("commit/slow A commit of 1 transactions on branch db took ") == 1);
    CHECK(hearing.count("commit/checkpoint") == 0);  // below the level
  }
  {
    Hearing const hearing;
    CHECK(cairn::logs(cairn::LogLevel::info));
    CHECK_FALSE(cairn::logs(cairn::LogLevel::debug));
    cairn::set_log_sink({});
    CHECK_FALSE(cairn::logs(cairn::LogLevel::error));
    conn.checkpoint();
    conn.transact("[{:n 4}]");
    conn.checkpoint();
    CHECK(hearing.count("") == 0);
  }
  {
    // A sink that fails, and one that would be told of itself: nothing of it reaches who commits.
    int calls = 0;
    cairn::set_log_sink([&](cairn::LogRecord const&) {
      ++calls;
      cairn::log(cairn::LogLevel::error, cairn::LogEvent::store_retry, [] { return std::pair{std::string{"again"}, std::string{"{}"}}; });
      throw std::runtime_error{"a sink"};
    });
    conn.transact("[{:n 5}]");
    conn.checkpoint();
    cairn::set_log_sink({});
    CHECK(calls == 1);
  }
}

TEST_CASE("a torn tail and a store that somebody has are told of", "[store][log]") {
  OnFile on;
  OnFile::Store::create(on.config);
  OnFile::Store::connect(on.config).transact(schema);
  std::ofstream{on.config.path / "seg-0000000001.clog", std::ios::binary | std::ios::app} << "the beginning of a write";
  Hearing const hearing;
  auto exclusive = on.config;
  exclusive.exclusive = true;
  auto const conn = OnFile::Store::connect(exclusive);
  CHECK(hearing.count("store/recovered The end of a write that was cut off was removed from ") == 1);
  CHECK(code_of([&] { static_cast<void>(OnFile::Store::connect(on.config)); }) == Errc::store_locked);
  CHECK(hearing.count("store/locked ") == 1);
  CHECK(number_of_n(conn.db()) == 0);
}

}  // namespace cairn::store_test
