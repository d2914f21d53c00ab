// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Purging, and the ranges of transactions in which what was purged must not show.
#include "db_test.hpp"

#include <cairn/db/tx_range.hpp>
#include <cairn/db/verify.hpp>

namespace cairn::test::purge_test {
namespace {

TestDb two_pasts() {
  auto db = people();
  db = after(db, R"([{:key "a" :age 1 :tag ["x" "y"]} {:key "b" :age 10}])");
  return after(db, R"([{:key "a" :age 2}])");
}

TEST_CASE("a purged fact is in no view") {
  auto const before = two_pasts();
  auto const report = transact(before, TxData{R"([[:db/purge [:key "a"] :age 1]])"}, Instant{1000});
  auto const& db = report.db_after;
  CHECK(report.purged.size() == 2);  // its assertion and its retraction
  CHECK(report.tx_data.size() == 1);
  CHECK(by_key(db, ":age") == "a 2, b 10");
  CHECK(by_key(db.as_of(first_transaction + 1), ":age") == "b 10");
  CHECK(show(db.history().datoms(aevt, ":age")).find(":age 1\n") == std::string::npos);
  CHECK(by_key(before.as_of(first_transaction + 1), ":age") == "a 1, b 10");  // a value of before stays what it is
  CHECK(verify(db).temporal == 0);
  CHECK(show(db.history().datoms(aevt, ":tag")).find("\"x\"") != std::string::npos);
}

TEST_CASE("purging what never was does nothing, and of nobody is refused") {
  auto const db = two_pasts();
  auto const report = transact(db, TxData{R"([[:db/purge [:key "a"] :age 77]])"}, Instant{1000});
  CHECK(report.purged.empty());
  CHECK(refusal(db, R"([[:db/purge [:key "z"] :age 1]])") == Errc::transact_purge);
  CHECK(refusal(db, R"([[:db.purge/entity [:key "z"]]])") == Errc::transact_purge);
  CHECK(refusal(db, R"([[:db.purge/attribute [:key "z"] :age]])") == Errc::transact_purge);
  CHECK(refusal(db, R"([[:db/purge :db/current-tx :db/txInstant #inst "1970-01-01"]])") == Errc::transact_purge);
  CHECK(refusal(db, R"([[:db.history.purge/before 7]])") == Errc::transact_syntax);
  CHECK(refusal(db, R"([[:db/purge [:key "a"] :age]])") == Errc::transact_syntax);
  CHECK(refusal(people(false), R"([[:db/purge 1 :age 1]])") == Errc::transact_purge);
}

TEST_CASE("an entity that was retracted is found by what it was, and goes with its components and references") {
  auto db = people();
  db = after(db, R"([{:db/id "a" :key "a" :part [{:key "p" :age 5}]} {:key "b" :friend "a"}])");
  db = after(db, R"([[:db/retractEntity [:key "a"]]])");
  auto const report = transact(db, TxData{{purge_entity(lookup(":key", "a"))}}, Instant{1000});
  auto const history = show(report.db_after.history().datoms(eavt));
  CHECK(history.find("\"a\"") == std::string::npos);
  CHECK(history.find("\"p\"") == std::string::npos);
  CHECK(history.find(":friend") == std::string::npos);
  CHECK(history.find("\"b\"") != std::string::npos);
  CHECK_NOTHROW(verify(report.db_after));
}

TEST_CASE("a circle of components is purged") {
  auto db = after(people(), R"([{:db/id 100 :key "a" :part 101} {:db/id 101 :key "b" :part 100}])");
  db = after(db, TxData{{purge_entity(100)}});
  CHECK(show(db.history().datoms(eavt)).empty());
}

TEST_CASE("a tuple made of a purged value is purged") {
  auto db = after(people(), R"([{:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one
                                 :db/tupleAttrs [:age :kind]}])");
  db = after(db, R"([{:key "a" :age 41 :kind :k}])");
  db = after(db, R"([{:key "a" :age 42}])");
  db = after(db, TxData{{purge(lookup(":key", "a"), ":age", 41)}});
  CHECK(show(db.history().datoms(eavt)).find("41") == std::string::npos);
  CHECK(by_key(db, ":pair") == "a [42 :k]");
}

TEST_CASE("who was what is asked of the past only where one entity was it") {
  auto db = after(people(), R"([{:db/id 301 :key "m"} {:db/id 100 :db/ident :color/red}])");
  db = after(db, R"([[:db/retract 301 :key "m"] [:db/retract 100 :db/ident :color/red]])");
  CHECK(refusal(db, R"([[:db.purge/entity [:key "m"]]])") == std::nullopt);
  CHECK(refusal(db, R"([[:db.purge/entity :color/red]])") == std::nullopt);
  db = after(db, R"([{:db/id 300 :key "m"}])");
  db = after(db, R"([[:db/retract 300 :key "m"]])");
  CHECK(refusal(db, R"([[:db.purge/entity [:key "m"]]])") == Errc::transact_purge);  // 300 or 301?
}

TEST_CASE("an entity with a long past is purged in a moment") {
  auto db = after(people(), R"([{:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one
                                 :db/tupleAttrs [:age :kind]}])");
  for (int i = 0; i != 3000; ++i) db = after(db, TxData{{entity_map({{":key", "a"}, {":age", i}})}});
  CHECK(transact(db, TxData{{purge_attribute(lookup(":key", "a"), ":age")}}).purged.size() == 2 * 2 * 3000 - 2);
  CHECK(transact(db, TxData{{purge_entity(lookup(":key", "a"))}}).purged.size() == 2 * 2 * 3000 - 1);
}

TEST_CASE("what takes away names no attribute") {
  auto const db = after(empty_db(true, SchemaFlexibility::read), R"([{:db/id 1 :name "Ivan"}])");
  auto const report = transact(db, TxData{R"([[:db/purge 1 :never "x"] [:db/retract 1 :never "x"] [:db/retract 1 :never]
                                              [:db.fn/retractAttribute 1 :never] [:db.purge/attribute 1 :never]])"});
  CHECK(report.db_after.schema() == db.schema());
}

TEST_CASE("what is older than a moment and no longer true can be purged") {
  auto db = two_pasts();  // transactions at 1000, 1001 and 1002 ms
  SECTION("as Datahike does it, an assertion without its retraction") {
    db = after(db, TxData{{purge_history_before(Instant{1002})}});
    auto const ages = show(db.history().datoms(aevt, ":age"));
    CHECK(ages.find("1 -") != std::string::npos);
    CHECK(ages.find(":age 1\n") == std::string::npos);
    CHECK(by_key(db, ":age") == "a 2, b 10");
    CHECK_NOTHROW(verify(db));
  }
  SECTION("all of the past") {
    db = after(db, R"([[:db.history.purge/before #inst "2100-01-01T00:00:00Z"]])");
    CHECK(verify(db).temporal == 0);
    CHECK(by_key(db, ":age") == "a 2, b 10");
  }
}

TEST_CASE("a purged fact can be said again") {
  auto db = two_pasts();
  db = after(db, TxData{{purge(lookup(":key", "a"), ":age", 2), add(lookup(":key", "a"), ":age", 2)}});
  CHECK(by_key(db, ":age") == "a 2, b 10");
  CHECK((*db.datoms(eavt, lookup(":key", "a"), ":age").begin()).tx == db.max_tx());
}

TEST_CASE("a range of transactions shows what each changed") {
  auto const db = two_pasts();
  auto const all = tx_range(db);
  REQUIRE(all.size() == 3);
  CHECK(all[0].tx == first_transaction);
  CHECK(all[2].instant == Instant{1002});
  CHECK(show(all[1].datoms).find("\"b\"") != std::string::npos);
  REQUIRE(all[2].datoms.size() == 3);
  CHECK_FALSE(all[2].datoms[0].added);
  CHECK(all[2].datoms[0].v == Value{1});
  CHECK(all[2].datoms[1].v == Value{2});

  CHECK(tx_range(db, first_transaction + 1, first_transaction + 2).size() == 1);
  CHECK(tx_range(db, Instant{1001}).size() == 2);
  CHECK(tx_range(db, std::nullopt, Instant{1001}).size() == 1);
  CHECK(tx_range(db, Instant{(std::numeric_limits<std::int64_t>::min)()}).size() == 3);
  CHECK(tx_range(db, first_transaction + 5).empty());
  CHECK(tx_range(db, first_transaction + 1, first_transaction).empty());
  CHECK(tx_range(db, -5, 5).empty());

  auto const purged = after(db, TxData{{purge(lookup(":key", "a"), ":age", 1)}});
  CHECK(show(tx_range(purged)[1].datoms).find(":age 1\n") == std::string::npos);
}

TEST_CASE("a range of transactions shows no more than its view") {
  auto const db = two_pasts();
  CHECK(tx_range(db.history()).size() == 3);
  CHECK(tx_range(db.history())[2].datoms == tx_range(db)[2].datoms);
  auto const before = tx_range(db.as_of(first_transaction + 1));
  REQUIRE(before.size() == 2);
  CHECK(before[1].datoms == tx_range(db)[1].datoms);  // what was said, true still or not
  auto const later = tx_range(db.since(first_transaction + 1));
  REQUIRE(later.size() == 1);
  CHECK(later[0].tx == first_transaction + 2);
  CHECK(later[0].datoms.size() == 3);
  CHECK(tx_range(db.history().since(first_transaction).as_of(first_transaction + 1)).size() == 1);
  CHECK(tx_range(db.since(first_transaction + 1), first_transaction).size() == 1);
  CHECK(tx_range(db.as_of(first_transaction), std::nullopt, first_transaction + 9).size() == 1);
  CHECK(tx_range(db.as_of(5)).empty());
  CHECK(tx_range(db.since(db.max_tx())).empty());

  auto const young = [](TestDb const&, Datom const& datom) {
    return datom.a == kw(":age") && datom.v.as_integer() < 10;
  };
  auto const filtered = tx_range(db.filter(young));
  REQUIRE(filtered.size() == 2);  // the schema's transaction is hidden whole
  CHECK(filtered[0].tx == first_transaction + 1);
  CHECK(filtered[0].instant == Instant{});
  REQUIRE(filtered[0].datoms.size() == 1);
  CHECK(filtered[0].datoms[0].v == Value{1});
  CHECK(filtered[1].datoms.size() == 2);
  CHECK(tx_range(db.filter(young).filter([](TestDb const&, Datom const& datom) { return !datom.added; })).size() == 1);
}

TEST_CASE("the past that a transaction makes itself can be purged in it") {
  auto const db = after(people(), R"([{:db/id 100 :key "a" :age 1}])");
  SECTION("with all that was said before a moment to come") {
    auto const purged = after(db, R"([[:db/retract 100 :age 1] [:db.history.purge/before #inst "2099"]])");
    CHECK(show(purged.history().datoms(eavt, 100)) == "100 :key \"a\"\n");
    CHECK(verify(purged).temporal == 0);
    auto const replaced = after(db, R"([[:db/add 100 :age 2] [:db.history.purge/before #inst "2099"]])");
    CHECK(show(replaced.history().datoms(eavt, 100, ":age")) == "100 :age 2\n");
  }
  SECTION("up to a moment between, with its retraction left") {
    auto const purged =
        transact(db, TxData{{retract(100, ":age", 1), purge_history_before(Instant{3000})}}, Instant{5000}).db_after;
    CHECK(show(purged.history().datoms(eavt, 100, ":age")) == "100 :age 1 -\n");
    CHECK_NOTHROW(verify(purged));
  }
  SECTION("nothing of what came later") {
    auto const kept = after(db, TxData{{retract(100, ":age", 1), purge_history_before(Instant{500})}});
    CHECK(show(kept.history().datoms(eavt, 100, ":age")) == "100 :age 1\n100 :age 1 -\n");
  }
  SECTION("and said again") {
    auto const again =
        after(db, R"([[:db/retract 100 :age 1] [:db.history.purge/before #inst "2099"] [:db/add 100 :age 1]])");
    CHECK(show(again.history().datoms(eavt, 100, ":age")) == "100 :age 1\n");
    CHECK_NOTHROW(verify(again));
  }
}

}  // namespace
}  // namespace cairn::test::purge_test
