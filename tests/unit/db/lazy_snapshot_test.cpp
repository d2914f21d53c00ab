// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values whose indexes are made when somebody asks.
#include "db_test.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <thread>

namespace cairn::test {
namespace {

/// A history of `number` values, none of which anybody has looked into, and what each transaction did. Retractions, new values, unique
/// ones, an attribute that comes later, and one that becomes indexed.
struct Chain {
  explicit Chain(int number) {
    for (int i = 0; i != number; ++i) {
      auto const report = transact(values.back(), data(i), Instant{1000});
      values.push_back(report.db_after);
      records.push_back(report.record);
    }
  }
  static TxData data(int i) {
    if (i == 20) {
      return R"([{:db/ident :late :db/valueType :db.type/long :db/cardinality :db.cardinality/one}])";
    }
    if (i == 30) return R"([{:db/ident :age :db/index true}])";
    auto const key = "k" + std::to_string(i % 7);
    std::vector<TxOp> operations{entity_map({{":key", key}, {":age", i}, {":tag", "t" + std::to_string(i)}})};
    if (i > 20) operations.push_back(add(lookup(":key", key), ":late", i));
    if (i % 5 == 4) operations.push_back(retract(lookup(":key", key), ":age", i));
    return operations;
  }
  /// What the value after so many transactions is, made another way.
  [[nodiscard]] Snapshot<persistent_set_tag> expected(std::size_t number) const {
    return apply(values.front().snapshot(), std::span<TxRecord const>{records}.first(number));
  }

  std::vector<TestDb> values{people()};
  std::vector<TxRecord> records{};
};

void check(TestDb const& db, Snapshot<persistent_set_tag> const& expected) {
  auto const& found = db.snapshot();
  CHECK(found.current.eavt == expected.current.eavt);
  CHECK(found.current.aevt == expected.current.aevt);
  CHECK(found.current.avet == expected.current.avet);
  CHECK(found.temporal.eavt == expected.temporal.eavt);
  CHECK(found.temporal.avet == expected.temporal.avet);
  CHECK(*found.schema == *expected.schema);
  CHECK(db.schema() == *expected.schema);
  CHECK(db.max_tx() == expected.max_tx);
  CHECK(db.max_eid() == expected.max_entity);
  CHECK(db.last_instant() == expected.last_instant);
}

TEST_CASE("each value of a history is what its transactions make, in whatever order they are looked into") {
  auto const seed = GENERATE(1U, 2U, 3U);
  Chain chain{120};
  std::vector<std::size_t> order(chain.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (seed != 1) std::shuffle(order.begin(), order.end(), std::mt19937{seed});
  for (auto const which : order) check(chain.values[which], chain.expected(which));
}

/// A history of so many transactions that only add; now and then one looks for what it takes away.
struct Additions {
  explicit Additions(std::size_t number) {
    for (std::size_t i = 0; i != number; ++i) {
      std::vector<TxOp> operations;
      auto const scattered = static_cast<std::int64_t>(i * 7919 % 1009);
      for (std::int64_t j = 0; j != 8; ++j) operations.push_back(add("e" + std::to_string(j % 3), ":tag", "t" + std::to_string(scattered + j)));
      operations.push_back(add("e0", ":age", scattered));
      if (i % 300 == 250) operations.push_back(retract(aged.e, ":age", aged.v));
      auto const report = transact(values.back(), operations, Instant{1000});
      for (auto const& datom : report.tx_data) {
        if (datom.added && datom.a == Keyword{"age"}) aged = datom;
      }
      values.push_back(report.db_after);
      records.push_back(report.record);
      if (report.db_after.lazy_snapshot()->is_due()) due.push_back(i + 1);
    }
  }
  [[nodiscard]] Snapshot<persistent_set_tag> expected(std::size_t number) const {
    return apply(values.front().snapshot(), std::span<TxRecord const>{records}.first(number));
  }

  std::vector<TestDb> values{people()};
  std::vector<TxRecord> records{};
  std::vector<std::size_t> due{};  // which of the values were
  Datom aged{};  // the newest one with an age
};

TEST_CASE("after a thousand datoms a value is due, and each is what its transactions make") {
  auto const seed = GENERATE(1U, 2U, 3U);
  Additions history{640};
  CHECK(history.due.size() >= 3);  // of six: where the one before is still to be made, the next is made at once
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < history.values.size(); i += 13) order.push_back(i);
  for (auto const due : history.due) order.insert(order.end(), {due - 1, due, due + 1});
  if (seed != 1) std::shuffle(order.begin(), order.end(), std::mt19937{seed});
  for (auto const which : order) check(history.values[which], history.expected(which));
}

TEST_CASE("several values can be made of one that is due, by whoever adds, looks or takes away") {
  Additions history{150};
  REQUIRE(history.due.size() == 1);
  auto const which = history.due.front();
  auto const& due = history.values[which];
  REQUIRE(due.lazy_snapshot()->is_due());
  CHECK(refusal(due, R"([[:db/add "x" :unknown 1]])") == Errc::transact_schema);
  auto const one = after(due, R"([{:age -1}])");
  CHECK(refusal(due, R"([[:db/cas 100000 :age 77 78]])").has_value());
  auto const other = after(due, R"([{:key "other"}])");
  auto const purged = after(history.values.back(), std::vector<TxOp>{purge(history.aged.e, ":age", history.aged.v)});
  check(due, history.expected(which));
  auto const third = after(due, R"([{:key "third"}])");
  CHECK((other.entid(lookup(":key", "other")).has_value() && !third.entid(lookup(":key", "other")).has_value()));
  CHECK(one.size() == due.size() + 2);
  CHECK(purged.datoms(eavt, history.aged.e, ":age").begin() == purged.datoms(eavt, history.aged.e, ":age").end());
  check(history.values.back(), history.expected(150));
}

TEST_CASE("several values can be made of one that nobody has looked into") {
  Chain chain{10};
  auto const& last = chain.values.back();
  auto const one = after(last, R"([{:key "one"}])");
  auto const other = after(last, R"([{:key "other"}])");
  auto const third = after(one, R"([{:key "third"}])");
  auto const has = [](TestDb const& db, char const* key) { return db.entid(lookup(":key", key)).has_value(); };
  CHECK((has(other, "other") && !has(other, "one")));
  CHECK((has(third, "one") && has(third, "third") && !has(third, "other")));
  CHECK((has(one, "one") && !has(one, "third")));
  check(last, chain.expected(10));
}

TEST_CASE("who is refused leaves a value that nobody has looked into as it was") {
  Chain chain{10};
  auto const& last = chain.values.back();
  CHECK(refusal(last, R"([{:key "new" :age 1} {:ssn 1 :key "k1"} [:db/cas [:key "k1"] :age 77 78]])") == Errc::transact_cas);
  CHECK(refusal(last, R"([{:db/ident :age2 :db/valueType :db.type/long :db/cardinality :db.cardinality/one} [:db/add "x" :unknown 1]])") ==
        Errc::transact_schema);
  auto const next = after(last, R"([{:key "next"}])");
  CHECK(next.entid(lookup(":key", "next")).has_value());
  CHECK_FALSE(next.entid(lookup(":key", "new")).has_value());
  check(last, chain.expected(10));
}

TEST_CASE("a function in a transaction sees what came before it, and what it saw stays") {
  Chain chain{10};
  std::optional<TestDb> seen;
  auto const look = call([&](TestDb const& db) -> TxData {
    seen = db;
    return std::vector<TxOp>{add(lookup(":key", "k1"), ":age", 1000)};
  });
  auto const next = after(chain.values.back(), std::vector<TxOp>{add("x", ":key", "before"), look, add("y", ":key", "behind")});
  CHECK(seen->entid(lookup(":key", "before")).has_value());
  CHECK_FALSE(seen->entid(lookup(":key", "behind")).has_value());
  CHECK(next.entid(lookup(":key", "behind")).has_value());
  CHECK(show(next.datoms(eavt, lookup(":key", "k1"), ":age")).find("1000") != std::string::npos);
  check(chain.values.back(), chain.expected(10));
}

TEST_CASE("what was purged is in no value that is made later") {
  auto const db = after(people(), R"([{:key "a" :tag "secret"}])");
  auto const purged = after(after(db, R"([{:key "b"}])"), R"([[:db/purge [:key "a"] :tag "secret"]])");
  auto const next = after(purged, R"([{:key "c"}])");
  CHECK(show(next.history().datoms(eavt)).find("secret") == std::string::npos);
  CHECK(show(purged.history().datoms(eavt)).find("secret") == std::string::npos);
}

TEST_CASE("threads look into values while others are made of them", "[threads]") {
  auto newest = people();
  std::mutex mutex;  // guards it
  std::atomic<bool> done{false};
  std::atomic<std::size_t> wrong{0};
  auto const current = [&] {
    std::lock_guard const lock{mutex};
    return newest;
  };
  auto const read = [&] {
    while (!done.load()) {
      auto const db = current();
      std::size_t found = 0;
      for (auto range = db.datoms(aevt, ":age"); [[maybe_unused]] auto const& datom : range) ++found;
      auto const expected = static_cast<std::size_t>(db.max_tx() - first_transaction);  // the first one is the schema's
      if (found != expected) ++wrong;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i != 3; ++i) readers.emplace_back(read);
  auto db = current();
  for (int i = 0; i != 400; ++i) {
    auto const tag = "t" + std::to_string(i);
    db = after(db, std::vector<TxOp>{add("new", ":age", i), add("new", ":tag", tag), add("new", ":tag", tag + "a"), add("new", ":tag", tag + "b")});
    std::lock_guard const lock{mutex};
    newest = db;
  }
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(db.size() == people().size() + 5 * 400);
}

}  // namespace
}  // namespace cairn::test
