// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What transactions do.
#include "db_test.hpp"

#include <cairn/db/change_set.hpp>

#include <cstdint>
#include <limits>

namespace cairn::test::transact_test {
namespace {

TEST_CASE("a transaction reports what became true") {
  auto const db = people();
  auto const report =
      transact(db, R"([{:db/id "a" :key "a" :age 1 :tag ["x" "y"]} [:db/add "b" :friend "a"]])", Instant{5000});
  CHECK(report.tx == first_transaction + 1);
  CHECK(report.db_before.max_tx() == first_transaction);
  CHECK(report.db_after.max_tx() == report.tx);
  REQUIRE(report.tx_data.size() == 6);
  CHECK(report.tx_data[0] == Datom{report.tx, kw(":db/txInstant"), Instant{5000}, report.tx, true});
  auto const a = report.tempids.at("a");
  auto const b = report.tempids.at("b");
  CHECK(report.tempids.at(kw(":db/current-tx")) == report.tx);
  CHECK(report.tx_data[1] == Datom{a, kw(":key"), "a", report.tx, true});
  CHECK(report.tx_data[5] == Datom{b, kw(":friend"), a, report.tx, true});
  CHECK(db.datoms(avet, ":key", "a").empty());  // the value before is what it was
}

TEST_CASE("operations in C++ and in EDN are the same") {
  auto const db = after(people(), R"([{:key "a" :age 1} {:key "b"}])");
  auto const in_cpp =
      transact(db,
               {add(lookup(":key", "a"), ":age", 2), retract(lookup(":key", "b"), ":key", "b"), add("t", ":key", "c"),
                add("t", ":friend", lookup(":key", "a")), cas(lookup(":key", "a"), ":age", 2, 3),
                entity_map({{":key", "d"}, {":tag", std::vector<std::string>{"x", "y"}}, {":friend", "t"}}),
                entity_map("u", {{":key", "e"}, {":part", entity({{":key", "f"}})}}),
                retract_attribute(lookup(":key", "d"), ":tag"), retract_entity(lookup(":key", "e"))},
               Instant{1});
  auto const in_edn =
      transact(db, R"([[:db/add [:key "a"] :age 2] [:db/retract [:key "b"] :key "b"] [:db/add "t" :key "c"]
    [:db/add "t" :friend [:key "a"]] [:db/cas [:key "a"] :age 2 3] {:key "d" :tag ["x" "y"] :friend "t"}
    {:db/id "u" :key "e" :part {:key "f"}} [:db.fn/retractAttribute [:key "d"] :tag] [:db/retractEntity [:key "e"]]])",
               Instant{1});
  CHECK(in_cpp.record == in_edn.record);
  CHECK(by_key(in_cpp.db_after, ":age") == "a 3");
  CHECK(by_key(in_cpp.db_after, ":tag").empty());
  CHECK(by_key(in_cpp.db_after, ":key") == R"(a "a", c "c", d "d")");
}

TEST_CASE("one value replaces the other, many stand side by side") {
  auto db = after(people(), R"([{:key "a" :age 1 :tag "x"}])");
  auto const report = transact(db, R"([{:key "a" :age 2 :tag #{"y" "z"}}])", Instant{1});
  CHECK(show(report.tx_data) == "9 :age 1 -\n9 :age 2\n9 :tag \"y\"\n9 :tag \"z\"\n");
  CHECK(by_key(report.db_after, ":tag") == R"(a "x", a "y", a "z")");
  // What is true already is not said again.
  CHECK(show(transact(report.db_after, R"([{:key "a" :age 2 :tag ["x" "y"]}])", Instant{1}).tx_data).empty());
}

TEST_CASE("what a transaction says and takes back leaves no trace") {
  auto const db = after(people(), R"([{:key "a" :age 1}])");
  auto const said = [&](char const* data) { return show(transact(db, data, Instant{1}).tx_data); };
  CHECK(said(R"([[:db/add [:key "a"] :tag "x"] [:db/retract [:key "a"] :tag "x"]])").empty());
  CHECK(said(R"([[:db/retract [:key "a"] :age 1] [:db/add [:key "a"] :age 1]])").empty());
  CHECK(said(R"([[:db/add [:key "a"] :age 5] [:db/add [:key "a"] :age 6]])") == "9 :age 1 -\n9 :age 6\n");
  CHECK(said(R"([[:db/add [:key "a"] :age 5] [:db/retract [:key "a"] :age 5]])") == "9 :age 1 -\n");
}

TEST_CASE("temporary ids, upserts and lookup refs") {
  auto const db = after(people(), R"([{:key "a"} {:key "b"}])");
  SECTION("a unique identity names the entity") {
    CHECK(by_key(after(db, R"([{:key "a" :age 1} [:db/add "t" :key "b"] [:db/add "t" :age 2]])"), ":age") ==
          "a 1, b 2");
  }
  SECTION("also when it is said last") {
    auto const report = transact(db, R"([[:db/add "t" :age 1] [:db/add "u" :age 2] [:db/add -1 :friend "t"]
      [:db/add "u" :key "b"] [:db/add "t" :key "a"]])",
                                 Instant{1});
    CHECK(by_key(report.db_after, ":age") == "a 1, b 2");
    CHECK(report.tempids.at("t") == report.db_after.require_entity(lookup(":key", "a")));
    CHECK(report.db_after.datoms(avet, ":friend", report.tempids.at("t")).begin()->e == report.tempids.at(-1));
  }
  SECTION("also when the entity is new itself") {
    auto const report =
        transact(db, R"([[:db/add "u" :age 2] {:db/id "t" :key "new"} [:db/add "u" :key "new"]])", Instant{1});
    CHECK(report.tempids.at("t") == report.tempids.at("u"));
    CHECK(by_key(report.db_after, ":age") == "new 2");
  }
  SECTION("many at once take a few beginnings, not one each") {
    std::vector<TxOp> operations;
    for (int i = 0; i != 3000; ++i) operations.push_back(add("t" + std::to_string(i), ":age", i));
    std::vector<TxOp> keys;
    for (int i = 0; i != 3000; ++i) keys.push_back(add("t" + std::to_string(i), ":key", "k" + std::to_string(i)));
    auto const full = after(db, keys);
    operations.insert(operations.end(), keys.begin(), keys.end());
    auto const report = transact(full, operations, Instant{1});
    CHECK(report.db_after.datoms(aevt, ":age").begin()->v == Value{0});
    CHECK(show(report.tx_data).size() == show(report.db_after.datoms(aevt, ":age")).size());
  }
  SECTION("two identities for one temporary id") {
    CHECK(refusal(db, R"([[:db/add "t" :key "a"] [:db/add "t" :key "b"]])") == Errc::transact_upsert);
    CHECK(refusal(db, R"([{:db/id -1 :key "a" :age 1} {:db/id -1 :key "b" :age 2}])") == Errc::transact_upsert);
    CHECK(refusal(db, R"([{:db/id 9 :key "b"}])") == Errc::transact_upsert);
  }
  SECTION("the transaction's own entity") {
    auto const report =
        transact(db, R"({:tx-data [[:db/add "datomic.tx" :key "t"] [:db/add [:key "a"] :friend :db/current-tx]]
                                         :tx-meta {:note "import" :db/txInstant #inst "2020-01-02"}})");
    CHECK(report.tempids.at("datomic.tx") == report.tx);
    CHECK(report.db_after.entity(report.tx).get(":note").value() == Value{"import"});
    CHECK(report.record.instant == Instant{1577923200000});
    CHECK(report.db_after.max_eid() == db.max_eid());
  }
}

TEST_CASE("nested maps, reverse names and explicit ids") {
  auto db = after(
      people(),
      R"([{:key "a" :friend [{:key "b" :part {:key "c"}}] :_friend {:key "d"}} {:key "e" :_friend [[:key "a"] [:key "b"]]}])");
  auto const a = db.entity(lookup(":key", "a"));
  CHECK(a.get(":friend").many().size() == 2);
  CHECK(a.get(":_friend").many().front().entity().get(":key").value() == Value{"d"});
  CHECK(db.entity(lookup(":key", "c")).get(":_part").entity().get(":key").value() == Value{"b"});
  db = after(db, R"([{:db/id 5000 :key "x"} [:db/add 6000 :age 3] {:key "y"}])");
  CHECK(db.require_entity(lookup(":key", "y")) == 6001);
  db = after(db, R"([[:db/add [:key "y"] :friend 9000] {:key "z"}])");
  CHECK(db.require_entity(lookup(":key", "z")) == 9001);  // 9000 is somebody's
  db = after(db, R"([[:db/retractEntity 281470681743361] [:db/retract [:key "z"] :friend 281470681743361] {:key "w"}])");
  CHECK(db.require_entity(lookup(":key", "w")) == 9002);  // who is only retracted is nobody
}

TEST_CASE("retracting") {
  auto const db = after(
      people(),
      R"([{:key "a" :age 1 :tag ["x" "y"] :part [{:key "b" :part {:key "c"}}]} {:key "d" :friend [[:key "a"] [:key "b"]]}])");
  SECTION("an entity with its components and the references to them") {
    CHECK(show(after(db, R"([[:db/retractEntity [:key "a"]]])").datoms(eavt)) == "12 :key \"d\"\n");
  }
  SECTION("an attribute with its components") {
    CHECK(by_key(after(db, R"([[:db.fn/retractAttribute [:key "a"] :part]])"), ":key") == R"(a "a", d "d")");
  }
  SECTION("a value, all values, and what is not there") {
    CHECK(by_key(after(db, R"([[:db/retract [:key "a"] :tag "x"]])"), ":tag") == R"(a "y")");
    CHECK(by_key(after(db, R"([[:db/retract [:key "a"] :tag]])"), ":tag").empty());
    CHECK(show(transact(db, R"([[:db/retract [:key "a"] :age 99] [:db/retract [:key "nobody"] :age 1]
      [:db/retractEntity [:key "nobody"]] [:db/retractEntity 7777]])")
                   .tx_data)
              .empty());
  }
  SECTION("a long chain of components does not end the stack") {
    std::vector<TxOp> chain;
    for (int i = 0; i != 100000; ++i) chain.push_back(add(100 + i, ":part", 101 + i));
    auto const long_db = after(people(), chain);
    CHECK(show(after(long_db, retract_entity(100)).datoms(aevt, ":part")).empty());
  }
}

TEST_CASE("instants ascend, whatever the clock says") {
  auto db = people();
  db = transact(db, "[]", Instant{5000}).db_after;
  db = transact(db, "[]", Instant{5000}).db_after;
  db = transact(db, "[]", Instant{10}).db_after;
  CHECK(db.last_instant() == Instant{5002});
  CHECK(db.transaction_at(Instant{5000}) == first_transaction + 1);
  CHECK(db.transaction_at(Instant{9000}) == first_transaction + 3);
  CHECK(db.transaction_at(Instant{0}) == first_transaction - 1);
  // An import may set them back; a moment is then that of the last transaction that was not later.
  db = transact(db, R"({:tx-data [] :tx-meta {:db/txInstant #inst "1970-01-01T00:00:02.000Z"}})", Instant{6000})
           .db_after;
  CHECK(db.transaction_at(Instant{3000}) == first_transaction + 4);
  CHECK(db.last_instant() == Instant{5002});
  CHECK(refusal(db, R"([[:db/add 281474976710657 :db/txInstant #inst "2020"]])") == Errc::transact_schema);
  CHECK(refusal(db, R"([[:db/add 3 :db/txInstant #inst "2020"]])") == Errc::transact_schema);
  CHECK(refusal(db, "[[:db/retractEntity 281474976710657]]") == Errc::transact_schema);
  TxData end;
  end.meta.emplace_back(kw(":db/txInstant"), Instant{(std::numeric_limits<std::int64_t>::max)()});
  CHECK(refusal(after(db, end), "[]") == Errc::transact_schema);
}

TEST_CASE("composite tuples follow their parts") {
  auto db = after(empty_db(), R"([
    {:db/ident :a :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
    {:db/ident :b :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
    {:db/ident :a+b :db/valueType :db.type/tuple :db/tupleAttrs [:a :b] :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}])");
  db = after(db, R"([{:db/id 100 :a "A" :b 1} {:db/id 101 :a "A"}])");
  CHECK(show(db.datoms(aevt, ":a+b")) == "100 :a+b [\"A\" 1]\n101 :a+b [\"A\" nil]\n");
  db = after(db, R"([{:a "A" :b 1} [:db/add [:a+b ["A" nil]] :b 2] [:db/retract 100 :a "A"]])");
  CHECK(show(db.datoms(aevt, ":a+b")) == "100 :a+b [nil 1]\n101 :a+b [\"A\" 2]\n");
  CHECK(refusal(db, R"([{:db/id 102 :a "A" :b 2} {:db/id 103 :a+b ["A" 2]}])").has_value());
  CHECK(show(after(db, "[[:db/retractEntity 101] [:db/retract 100 :b 1]]").datoms(aevt, ":a+b")).empty());
}

TEST_CASE("a moment is that of the last transaction that was not later, however instants were set") {
  auto const at = [](TestDb const& db, std::int64_t instant) {
    TxData data;
    data.meta.emplace_back(kw(":db/txInstant"), Instant{instant});
    return after(db, data);
  };
  // As many earlier ones are later than the moment as later ones are not.
  auto db = at(at(people(), 20'000), 10'000);
  CHECK(db.transaction_at(Instant{30'000}) == first_transaction + 2);
  CHECK(db.transaction_at(Instant{15'000}) == first_transaction + 2);
  CHECK(at(db, 10'001).transaction_at(Instant{30'000}) == first_transaction + 3);
  CHECK(at(db, 5'000).transaction_at(Instant{10'000}) == first_transaction + 3);

  unsigned state = 1;
  auto const below = [&state](unsigned bound) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8U) % bound;
  };
  for (int round = 0; round != 40; ++round) {
    auto made = empty_db();
    std::vector<std::int64_t> instants;
    for (int i = 0; i != 12; ++i) {
      instants.push_back(below(3) == 0 ? std::int64_t{1} + below(20) : std::int64_t{10} + i);
      made = at(made, instants.back());
    }
    for (std::int64_t moment = 0; moment != 25; ++moment) {
      auto last = first_transaction - 1;
      for (std::size_t i = 0; i != instants.size(); ++i) {
        if (instants[i] <= moment) last = first_transaction + static_cast<EntityId>(i);
      }
      INFO(round << " " << moment);
      REQUIRE(made.transaction_at(Instant{moment}) == last);
    }
  }
}

TEST_CASE("changes that are no more are not looked through") {
  detail::ChangeSet changes;
  auto const looked_at = [&] {
    int count = 0;
    changes.of_attribute(1, 2, [&](detail::Change const&) {
      ++count;
      return false;
    });
    changes.of_value(2, Value{7}, [&](detail::Change const&) {
      ++count;
      return false;
    });
    return count + static_cast<int>(changes.of_entity(1).size());
  };
  for (int i = 0; i != 1000; ++i) {
    changes.add({1, 2, Value{i}, false, true});
    if (i != 0) changes.set(changes.find(1, 2, Value{i - 1}), false);
    if (i >= 20) REQUIRE(looked_at() == 2);
  }
  changes.set(changes.find(1, 2, Value{7}), true);
  CHECK(looked_at() == 5);
  changes.forget(changes.find(1, 2, Value{999}));
  CHECK(looked_at() == 3);
  changes.set(changes.find(1, 2, Value{999}), true);
  CHECK(looked_at() == 5);
  for (int i = 1000; i != 5000; ++i) changes.add({1, 2, Value{i}, true, false});  // the indexes grow
  CHECK(looked_at() == 5);
}

}  // namespace
}  // namespace cairn::test::transact_test
