// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Schemas: as data, as they change, as they are stored.
#include "db_test.hpp"
#include <cairn/db/schema_codec.hpp>

namespace cairn::test::schema_test {
namespace {

TEST_CASE("the attributes that every database has keep their numbers") {
  DatabaseSchema const schema;
  CHECK(schema.find(kw(":db/ident"))->id == 1);
  CHECK(schema.find(kw(":db/txInstant"))->id == 9);
  CHECK(schema.find(kw(":db.entity/preds"))->id == 15);
  CHECK(schema.next_attribute() == 64);
}

TEST_CASE("types are checked") {
  auto const type = [](char const* name) {
    return after(empty_db(), std::string{"[{:db/ident :v :db/cardinality :db.cardinality/one :db/valueType :db.type/"} +
                                 name + "}]");
  };
  auto const accepts = [](TestDb const& db, TxValue value) { return !refusal(db, add(5, ":v", std::move(value))); };
  CHECK(accepts(type("double"), 1.5));
  CHECK(accepts(type("double"), 1.5F));
  CHECK_FALSE(accepts(type("double"), 1));
  CHECK(accepts(type("float"), 1.5));
  CHECK(accepts(type("bigint"), BigInt{"5"}));
  CHECK_FALSE(accepts(type("bigint"), 5));
  CHECK(accepts(type("bigdec"), BigDecimal{"1.5"}));
  CHECK(accepts(type("instant"), Instant{1}));
  CHECK_FALSE(accepts(type("instant"), 1));
  CHECK(accepts(type("uuid"), Uuid{}));
  CHECK(accepts(type("symbol"), Symbol{"x"}));
  CHECK_FALSE(accepts(type("keyword"), Symbol{"x"}));
  CHECK(accepts(type("boolean"), true));
  CHECK_FALSE(accepts(type("boolean"), 1));
  CHECK(accepts(type("bytes"), std::span<std::byte const>{}));
  CHECK(accepts(type("number"), 1));
  CHECK(accepts(type("number"), 1.5));
  CHECK_FALSE(accepts(type("number"), "1"));
  CHECK(accepts(type("tuple"), TxValue::list({1, "x"})));
  CHECK_FALSE(accepts(type("tuple"), 1));
  auto const floats = after(type("float"), add(5, ":v", 0.1));
  CHECK(floats.datoms(eavt, 5, ":v").begin()->v == Value{0.1F});
  CHECK(floats.datoms(eavt, 5, ":v", 0.1).begin()->e == 5);  // looked for as it is written
  CHECK(show(floats.datoms(eavt)) == "5 :v 0.1\n");
}

TEST_CASE("tuples are checked") {
  auto const db = after(empty_db(), R"([
    {:db/ident :same :db/valueType :db.type/tuple :db/tupleType :db.type/long :db/cardinality :db.cardinality/one}
    {:db/ident :each :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :db.type/string] :db/cardinality :db.cardinality/one}])");
  CHECK_FALSE(refusal(db, "[{:same [1 2 3]} {:each [1 \"x\"]} {:each [nil \"x\"]}]"));
  CHECK(refusal(db, "[{:same [1 \"x\"]}]") == Errc::transact_syntax);
  CHECK(refusal(db, "[{:same [1 2 3 4 5 6 7 8 9]}]") == Errc::transact_syntax);
  CHECK(refusal(db, "[{:each [1]}]") == Errc::transact_syntax);
  CHECK(refusal(db, "[{:each [1 2]}]") == Errc::transact_syntax);
}

TEST_CASE("a schema is whole, and works at once") {
  auto const db = empty_db();
  CHECK_FALSE(refusal(db, "[{:db/ident :x :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:x 5}]"));
  CHECK_FALSE(refusal(
      db,
      R"([[:db/add "x" :db/cardinality :db.cardinality/one] [:db/add "x" :db/valueType :db.type/long] [:db/add "x" :db/ident :x]])"));
  CHECK(refusal(db, "[{:db/ident :x :db/valueType :db.type/long}]") == Errc::transact_schema);
  CHECK(refusal(db, "[{:db/valueType :db.type/long :db/cardinality :db.cardinality/one}]") == Errc::transact_schema);
  CHECK(refusal(db, "[{:db/ident :db/mine :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]") ==
        Errc::transact_schema);
  CHECK(refusal(
            db,
            "[{:db/ident :x :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/isComponent true}]") ==
        Errc::transact_schema);
  CHECK_FALSE(refusal(db, "[{:db/ident :color/red} {:db/ident :color/blue :db/doc \"a colour\"}]"));
}

TEST_CASE("a schema changes where the data can follow") {
  auto const db = after(people(), R"([{:key "a" :age 1 :tag ["x" "y"]} {:key "b" :age 1}])");
  auto const change = [&](char const* data) { return refusal(db, data); };
  CHECK_FALSE(change("[{:db/ident :age :db/cardinality :db.cardinality/many}]"));
  CHECK(change("[{:db/ident :tag :db/cardinality :db.cardinality/one}]") == Errc::transact_schema);
  CHECK_FALSE(change("[[:db/retract [:key \"a\"] :tag \"y\"] {:db/ident :tag :db/cardinality :db.cardinality/one}]"));
  CHECK(change("[{:db/ident :key :db/cardinality :db.cardinality/many}]") == Errc::transact_schema);
  CHECK(change("[{:db/ident :age :db/valueType :db.type/string}]") == Errc::transact_schema);
  CHECK_FALSE(change("[{:db/ident :kind :db/valueType :db.type/string}]"));  // nobody used it yet
  CHECK(change("[{:db/ident :age :db/unique :db.unique/value}]") == Errc::transact_schema);
  CHECK_FALSE(change("[[:db/add [:key \"b\"] :age 2] {:db/ident :age :db/unique :db.unique/value}]"));
  CHECK(change("[{:db/ident :tag :db/unique :db.unique/value}]") == Errc::transact_schema);
  CHECK_FALSE(change("[{:db/ident :key :db/unique :db.unique/value}]"));
  CHECK(change("[[:db/retractEntity :age]]") == Errc::transact_schema);
  CHECK_FALSE(change("[[:db/retractEntity :kind]]"));
  CHECK(change("[[:db/retract :age :db/valueType]]") == Errc::transact_schema);
  CHECK(change("[[:db/add :age :db/ident :key]]") == Errc::transact_unique);
  CHECK(change("[{:db/ident :friend :db/index true :db/doc \"x\" :db/noHistory true}]") == std::nullopt);
}

TEST_CASE("an attribute is renamed with its datoms") {
  auto db = after(people(), R"([{:key "a" :age 1}])");
  db = after(db, "[[:db/add :age :db/ident :years]]");
  CHECK(by_key(db, ":years") == "a 1");
  CHECK(refusal(db, R"([{:key "a" :age 2}])") == Errc::transact_schema);
  db = after(
      db,
      R"([{:db/ident :age :db/valueType :db.type/string :db/cardinality :db.cardinality/one} {:key "a" :age "old" :years 2}])");
  CHECK(by_key(db, ":age") == "a \"old\"");
  CHECK(show(db.history().datoms(aevt, ":years")) == "9 :years 1\n9 :years 1 -\n9 :years 2\n");
}

TEST_CASE("an index is filled when it is wanted, and emptied when not") {
  auto db = after(people(), R"([{:key "a" :age 1} {:key "b" :age 2}])");
  db = after(db, R"([{:key "a" :age 3}])");
  CHECK_THROWS_AS(db.datoms(avet, ":age"), Error);
  auto const indexed = after(db, "[{:db/ident :age :db/index true}]");
  CHECK(show(indexed.datoms(avet, ":age")) == "10 :age 2\n9 :age 3\n");
  CHECK(show(indexed.history().datoms(avet, ":age")) == "9 :age 1\n9 :age 1 -\n10 :age 2\n9 :age 3\n");
  CHECK(show(indexed.index_range(":age", 3, {})) == "9 :age 3\n");
  auto const again = after(indexed, "[[:db/retract :age :db/index true]]");
  CHECK(again.snapshot().current.avet.size() == db.snapshot().current.avet.size() + 2);  // two transactions
  CHECK(again.snapshot().temporal.avet == db.snapshot().temporal.avet);
}

TEST_CASE("without a schema attributes are there when they are used") {
  auto db = empty_db(true, SchemaFlexibility::read);
  db = after(db, R"([{:db/id 100 :name "x" :any [1 "two" 3.0]} [:db/add 101 :name 5]])");
  CHECK(show(db.datoms(aevt, ":name")) == "100 :name \"x\"\n101 :name 5\n");
  CHECK(show(db.datoms(aevt, ":any")) == "100 :any [1 \"two\" 3.0]\n");
  CHECK(db.datoms(aevt, ":nothing").empty());
  CHECK(refusal(db, "[{:db/nothing 1}]") == Errc::transact_schema);
  CHECK(refusal(db, "[{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]") ==
        Errc::transact_schema);
  db = after(db,
             "[[:db/retract 101 :name] {:db/ident :tag :db/cardinality :db.cardinality/many} {:db/id 100 :tag [1 2]}]");
  CHECK(show(db.datoms(aevt, ":tag")) == "100 :tag 1\n100 :tag 2\n");
  // A mere name becomes an attribute, and keeps what was said of it.
  db = after(db, R"([{:db/ident :color/red :db/doc "a colour"}])");
  db = after(db, "[{:db/id 102 :color/red 1}]");
  CHECK(db.schema().find(kw(":color/red"))->doc == "a colour");
}

TEST_CASE("a schema is stored whole") {
  auto db = after(people(), R"([{:db/ident :color/red} {:db/ident :each :db/doc "both" :db/valueType :db.type/tuple
    :db/tupleTypes [:db.type/long :db.type/string] :db/cardinality :db.cardinality/one}])");
  ByteWriter out;
  codec::write(out, db.schema());
  ByteReader in{out.view()};
  CHECK(codec::read_schema(in, false) == db.schema());
  CHECK(in.at_end());
  for (std::size_t size = 0; size != out.size(); ++size) {
    ByteReader cut{out.view().first(size)};
    CHECK_THROWS_AS(codec::read_schema(cut, false), Error);
  }
}

TEST_CASE("what becomes a reference names entities that nobody else gets") {
  auto const schema = R"([{:db/ident :r :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])";
  auto const free = empty_db(true, SchemaFlexibility::read);
  auto const db = after(free, "[[:db/add 1 :r 500]]");
  auto const report = transact(after(db, schema), R"([{:db/id "new" :name "innocent"}])", Instant{1000});
  CHECK(report.tempids.at(Value{"new"}) > 500);
  // Nor in the transaction that makes it one.
  auto const close = after(free, "[[:db/add 1 :r 3]]");
  auto const at_once = transact(
      close,
      R"([{:db/id "a" :name "b"} {:db/id "c" :name "d"} {:db/ident :r :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])",
      Instant{1000});
  CHECK(at_once.tempids.at(Value{"a"}) > 3);
  CHECK(at_once.tempids.at(Value{"c"}) > 3);
  CHECK(at_once.db_after.datoms(eavt, 3).empty());
  // What is only past is one, too.
  CHECK(transact(after(after(db, "[[:db/retract 1 :r 500]]"), schema), R"([{:db/id "new" :name "innocent"}])",
                 Instant{1000})
            .tempids.at(Value{"new"}) > 500);
  for (auto const* number : {"-5", "0", "281474976710656", "281474976719999"}) {
    INFO(number);
    CHECK(refusal(after(free, std::string{"[[:db/add 1 :r "} + number + "]]"), schema) == Errc::transact_schema);
  }
}

}  // namespace
}  // namespace cairn::test::schema_test
