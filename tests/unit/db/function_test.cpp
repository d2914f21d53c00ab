// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// C++ in transactions: functions and predicates; and databases whose attributes are entities.
#include "db_test.hpp"

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/verify.hpp>

#include <stdexcept>

namespace cairn::test::function_test {
namespace {

std::int64_t age_of(TestDb const& db, EntityRef const& entity) {
  return db.entity(entity).get(":age").value().as_integer();
}

TestDb knowing(TestDb const& db, Functions<persistent_set_tag> functions) {
  auto snapshot = db.snapshot();
  snapshot.functions = std::make_shared<Functions<persistent_set_tag> const>(std::move(functions));
  return TestDb{std::move(snapshot)};
}

TEST_CASE("a function sees what the operations before it made") {
  auto db = after(people(), R"([{:key "a" :age 1}])");
  auto const grow = [](TestDb const& now, std::string const& key, std::int64_t by) -> TxData {
    return {add(lookup(":key", key), ":age", age_of(now, lookup(":key", key)) + by)};
  };
  db = after(db, TxData{{call(grow, std::string{"a"}, 5), call(grow, std::string{"a"}, 5)}});
  CHECK(by_key(db, ":age") == "a 11");

  auto const rename = call([](TestDb const& now) -> TxData {
    if (now.entid(lookup(":key", "new"))) throw std::runtime_error{"it is there already"};
    return {entity_map("made", {{":key", "new"}, {":age", 3}}), add("made", ":tag", "by a function")};
  });
  auto const report = transact(db, TxData{{rename, add("made", ":tag", "and by its caller")}}, Instant{1000});
  CHECK(show(report.db_after.datoms(aevt, ":tag")).find("caller") != std::string::npos);
  CHECK(report.tempids.contains(Value{"made"}));
  CHECK_THROWS_AS(transact(report.db_after, TxData{{rename}}), std::runtime_error);
}

TEST_CASE("a function may call functions, but not for ever") {
  auto const db = people();
  std::function<TxData(TestDb const&, int)> count = [&count](TestDb const&, int left) -> TxData {
    return left == 0 ? TxData{{entity_map({{":key", "end"}})}} : TxData{{call(count, left - 1)}};
  };
  CHECK(by_key(after(db, TxData{{call(count, 10)}}), ":key") == "end \"end\"");
  CHECK(refusal(db, std::vector<TxOp>{call(count, 1000)}) == Errc::transact_syntax);
}

TEST_CASE("a function that answers differently each time is ended") {
  auto const db = after(people(), R"([{:key "a"}])");
  int count = 0;
  auto const restless = [&count](TestDb const&) -> TxData {
    auto const id = "t" + std::to_string(++count);
    return {add(id, ":age", 1), add(id, ":key", "a")};
  };
  CHECK(refusal(db, std::vector<TxOp>{call(restless)}) == Errc::transact_syntax);
}

TEST_CASE("a function of databases of another index is refused") {
  TxOp operation;
  operation.kind = TxOpKind::call;
  operation.function = std::make_shared<TxFunction const>(
      TxFunction::of<hitchhiker_tree_tag>([](Db<hitchhiker_tree_tag> const&) { return TxData{}; }));
  CHECK(refusal(people(), std::vector<TxOp>{operation}) == Errc::transact_syntax);
}

TEST_CASE("data names functions, and a connection says what the names mean") {
  auto db = after(people(), R"([{:key "a" :age 1}])");
  CHECK(refusal(db, R"([[:db.fn/call :grow "a" 5]])") == Errc::transact_syntax);
  CHECK(refusal(db, R"([[:db.fn/call "grow"]])") == Errc::transact_syntax);
  db = knowing(db, Functions<persistent_set_tag>{}.transaction(
                       ":grow", [](TestDb const& now, std::span<TxValue const> arguments) -> TxData {
                         auto const who = lookup(":key", arguments[0].scalar());
                         return {add(who, ":age", age_of(now, who) + arguments[1].scalar().as_integer())};
                       }));
  db = after(db, R"([[:db.fn/call :grow "a" 5] [:db.fn/call grow "a" 5]])");
  CHECK(by_key(db, ":age") == "a 11");
  CHECK(db.with(R"([[:db.fn/call :grow "a" 1]])").tx_data.size() == 3);
}

TEST_CASE("attributes have predicates on their values") {
  auto db = after(people(), R"([{:key "a" :age 1}])");
  db = after(db, R"([{:db/id :age :db.attr/preds [my/even?]}])");
  CHECK(refusal(db, R"([{:key "a" :age 2}])") == Errc::transact_schema);  // nobody says what my/even? is
  db = knowing(db, Functions<persistent_set_tag>{}.value_predicate(
                       "my/even?", [](Value const& value) { return value.as_integer() % 2 == 0; }));
  CHECK(by_key(after(db, R"([{:key "a" :age 2}])"), ":age") == "a 2");
  CHECK(refusal(db, R"([{:key "a" :age 3}])") == Errc::transact_schema);
  CHECK(refusal(db, R"([{:key "a" :age 3} {:key "a" :age 4}])") == std::nullopt);  // what counts is what is true in the end
  CHECK(refusal(db, R"([{:key "a" :tag "z"}])") == std::nullopt);
  db = after(db, R"([[:db/retract :age :db.attr/preds my/even?]])");
  CHECK(refusal(db, R"([{:key "a" :age 3}])") == std::nullopt);
}

TEST_CASE("a spec's attributes must be there when all is done") {
  auto const db = after(people(), R"([{:db/ident :guard :db.entity/attrs [:key]} {:db/id 200 :key "x"}])");
  CHECK(refusal(db, R"([{:db/id 200 :key "x" :db/ensure :guard}])") == std::nullopt);
  CHECK(refusal(db, R"([{:db/id 200 :db/ensure :guard} [:db/add 200 :key "y"]])") == std::nullopt);
  CHECK(refusal(db, R"([{:db/id 200 :db/ensure :guard}])") == Errc::transact_ensure);
  CHECK(refusal(db, R"([[:db/retract 200 :key "x"] {:db/id 200 :db/ensure :guard}])") == Errc::transact_ensure);
  CHECK(refusal(db, R"([[:db/purge 200 :key "x"] {:db/id 200 :db/ensure :guard}])") == Errc::transact_ensure);
}

TEST_CASE("a spec's predicates look at the entity when all is done") {
  auto db = after(people(), R"([{:db/ident :guard :db.entity/attrs [:key] :db.entity/preds [my/tagged?]}])");
  constexpr auto tagged_later = R"([{:db/id "n" :key "b" :db/ensure :guard} [:db/add "n" :tag "t"]])";
  CHECK(refusal(db, tagged_later) == Errc::transact_ensure);
  db = knowing(db, Functions<persistent_set_tag>{}.entity_predicate("my/tagged?", [](TestDb const& now, EntityId entity) {
    return !now.datoms(eavt, entity, ":tag").empty();
  }));
  CHECK(refusal(db, tagged_later) == std::nullopt);
  CHECK(refusal(db, R"([{:key "b" :db/ensure :guard}])") == Errc::transact_ensure);
  CHECK(refusal(db, R"([{:age 1 :tag "t" :db/ensure :guard}])") == Errc::transact_ensure);  // and its attributes
}

// ---- attribute references

TestDb with_refs() {
  auto const options = std::make_shared<DatabaseOptions const>(DatabaseOptions{.attribute_refs = true});
  return TestDb{initial_snapshot<persistent_set_tag>(options, Instant{1})};
}

TEST_CASE("with attribute references the system's attributes are entities") {
  auto const db = with_refs();
  CHECK(db.ident(1) == kw(":db/ident"));
  CHECK(db.entid(":db/txInstant") == 9);
  auto const type = db.entity(":db/doc").get(":db/valueType").entity();
  CHECK(db.ident(type.id()) == kw(":db.type/string"));
  CHECK(verify(db).current == db.size());
  CHECK(db.max_eid() == first_user_entity - 1);
  CHECK(people().entid(":db/ident") == std::nullopt);  // and without them they are not
}

TEST_CASE("the numbers of the system's entities are those on disk") {
  auto const db = with_refs();
  std::string idents;
  for (EntityId e = 1; e != first_user_entity; ++e) {
    if (auto const ident = db.ident(e)) idents += std::to_string(e) + to_text(*ident) + " ";
  }
  CHECK(idents ==
        "1:db/ident 2:db/valueType 3:db/cardinality 4:db/unique 5:db/index 6:db/isComponent 7:db/noHistory 8:db/doc "
        "9:db/txInstant 10:db/tupleAttrs 11:db/tupleType 12:db/tupleTypes 13:db.attr/preds 14:db.entity/attrs "
        "15:db.entity/preds 16:db.type/boolean 17:db.type/long 18:db.type/float 19:db.type/double 20:db.type/bigint "
        "21:db.type/bigdec 22:db.type/instant 23:db.type/uuid 24:db.type/string 25:db.type/keyword 26:db.type/symbol "
        "27:db.type/bytes 28:db.type/tuple 29:db.type/ref 30:db.type/number 31:db.cardinality/one 32:db.cardinality/many "
        "33:db.unique/value 34:db.unique/identity ");
}

TEST_CASE("with attribute references a schema refers to its types, and datoms to their attributes") {
  auto db = after(with_refs(), people_schema);
  auto const age = db.entid(":age").value();
  CHECK(age >= first_user_entity);
  CHECK(db.schema().find(kw(":age"))->type == ValueType::integer);
  CHECK(db.schema().find(kw(":tag"))->is_many());
  CHECK(db.schema().find(kw(":key"))->unique == Uniqueness::identity);
  db = after(db, R"([{:key "a" :age 1} {:key "b"}])");
  db = after(db, TxData{{add(lookup(":key", "b"), age, 2)}});
  db = after(db, "[[:db/add [:key \"a\"] " + std::to_string(age) + " 7]]");
  CHECK(by_key(db, ":age") == "a 7, b 2");
  CHECK(show(db.datoms(aevt, age)) == show(db.datoms(aevt, ":age")));
  CHECK(notation::write(db.attribute_edn(kw(":age"))) == std::to_string(age));
  CHECK(notation::write(people().attribute_edn(kw(":age"))) == ":age");
  CHECK(by_key(db.as_of(first_transaction + 2), ":age") == "a 1");
  CHECK_NOTHROW(verify(db));
}

TEST_CASE("with attribute references maps, meta data and entities name attributes by number too") {
  auto db = after(with_refs(), people_schema);
  auto const number = [&](char const* ident) { return db.entid(ident).value(); };
  auto const key = number(":key");
  auto const age = number(":age");
  db = after(db, "[{" + std::to_string(key) + " \"a\" " + std::to_string(age) + " 1}]");
  auto const a = db.entid(lookup(":key", "a")).value();
  db = after(db, TxData{{entity_map({{key, "a"}, {age, 2}, {":part", entity({{key, "p"}})}})}});  // the same entity
  CHECK(by_key(db, ":age") == "a 2");
  CHECK(db.entity(a).get(age).value() == Value{2});
  CHECK(db.entity(a).contains(key));
  CHECK(db.entity(a).get(number(":part")).many().size() == 1);
  CHECK_FALSE(db.entity(a).contains(number(":tag")));
  CHECK(db.entity(a).get(a).is_nil());  // no attribute
  db = after(db, TxData{{add(a, age, 3)}}.with_meta(number(":db/doc"), "why").with_meta(":note", "n"));
  CHECK(db.entity(db.max_tx()).get(":db/doc").value() == Value{"why"});
  CHECK(db.entity(db.max_tx()).get(":note").value() == Value{"n"});
  db = after(db, "{:tx-data [] :tx-meta {" + std::to_string(number(":note")) + " \"m\"}}");
  CHECK(db.entity(db.max_tx()).get(":note").value() == Value{"m"});
  db = after(db, R"([{:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one
                      :db/tupleAttrs [:age :kind] :db/unique :db.unique/identity}])");
  db = after(db, R"([{:key "a" :kind :k}])");
  db = after(db, TxData{{entity_map({{age, 3}, {number(":kind"), kw(":k")}, {":note", "whole"}})}});
  CHECK(db.entity(a).get(":note").value() == Value{"whole"});  // known by the tuple that the numbers make

  CHECK(refusal(db, "[{" + std::to_string(a) + " 1}]") == Errc::transact_schema);
  CHECK(refusal(db, "[{0 1}]") == Errc::transact_syntax);
  CHECK(refusal(db, "[{-5 1}]") == Errc::transact_syntax);
  for (EntityId const none : {EntityId{0}, EntityId{-1}}) {
    try {
      (void)AttributeName{none};
      FAIL("accepted");
    } catch (Error const& error) {
      CHECK(error.code() == Errc::entity_id_syntax);
    }
  }
}

TEST_CASE("a cascade passes the system's entities over") {
  auto db = after(with_refs(), people_schema);
  db = after(db, R"([{:db/id 100 :key "a" :part 24}])");
  CHECK(db.entity(100).get(":part").many().size() == 1);
  for (auto const* operation : {"[[:db/retractEntity 100]]", "[[:db.purge/entity 100]]", "[[:db.fn/retractAttribute 100 :part]]",
                                "[[:db.purge/attribute 100 :part]]"}) {
    CHECK(refusal(db, operation) == std::nullopt);
  }
}

TEST_CASE("the system's entities cannot be changed, and schemas are checked as ever") {
  auto const db = after(with_refs(), people_schema);
  CHECK(refusal(db, R"([[:db/retract 3 :db/ident :db/cardinality]])") == Errc::transact_schema);
  CHECK(refusal(db, R"([[:db/add 3 :db/doc "mine"]])") == Errc::transact_schema);
  CHECK(refusal(db, R"([[:db.purge/entity 3]])") == Errc::transact_schema);
  CHECK(refusal(db, R"([{:db/ident :x :db/valueType :db.cardinality/one :db/cardinality :db.cardinality/one}])") ==
        Errc::transact_schema);
  CHECK(refusal(db, R"([{:db/ident :x :db/valueType :db.type/string}])") == Errc::transact_schema);
  CHECK(refusal(db, R"([[:db/add "n" 5000 1]])") == Errc::transact_schema);
  CHECK(refusal(db, R"([[:db/add "n" -5 1]])") == Errc::transact_syntax);
}

TEST_CASE("each of many functions sees what is so far, and what they saw stays") {
  auto db = after(people(), R"([{:key "a" :age 1 :tag ["x" "y"] :note "n"} {:key "b" :age 5}])");
  auto const base = db;
  std::vector<TestDb> seen;
  std::vector<std::string> shown;
  auto const look = call([&](TestDb const& now) -> TxData {
    seen.push_back(now);
    shown.push_back(show(now.datoms(eavt)) + show(now.history().datoms(eavt)) + show(now.datoms(avet)));
    return {};
  });
  std::vector<TxOp> steps{add(lookup(":key", "a"), ":age", 2),
                          add(lookup(":key", "a"), ":age", 1),  // taken back
                          add(lookup(":key", "a"), ":age", 3),
                          retract(lookup(":key", "a"), ":tag", "x"),
                          add(lookup(":key", "a"), ":tag", "x"),
                          add(lookup(":key", "a"), ":note", "m"),
                          add(lookup(":key", "a"), ":note", "n"),
                          entity_map("c", {{":key", "c"}, {":age", 9}}),
                          retract(lookup(":key", "a"), ":age", 3),
                          retract_entity(lookup(":key", "b")),
                          add("t", ":db/ident", kw(":new")),
                          add("t", ":db/valueType", kw(":db.type/long")),
                          add("t", ":db/cardinality", kw(":db.cardinality/one")),
                          add(lookup(":key", "a"), ":new", 4),
                          add(lookup(":key", "a"), ":new", 5),
                          purge(lookup(":key", "a"), ":tag", "y"),
                          add(lookup(":key", "a"), ":tag", "z"),
                          add("datomic.tx", ":db/txInstant", Instant{9000}),
                          add(lookup(":key", "a"), ":kind", kw(":k")),
                          add(lookup(":key", "c"), ":age", 10)};
  std::vector<TxOp> data;
  for (auto const& step : steps) {
    data.push_back(step);
    data.push_back(look);
  }
  auto const whole = transact(db, TxData{data}, Instant{5000}).db_after;
  REQUIRE(seen.size() >= steps.size());
  seen.erase(seen.begin(), seen.end() - static_cast<std::ptrdiff_t>(steps.size()));
  shown.erase(shown.begin(), shown.end() - static_cast<std::ptrdiff_t>(steps.size()));
  for (std::size_t i = 0; i != steps.size(); ++i) {
    // The schema is checked when all is done: until it is whole, only what was seen can be compared.
    INFO(i);
    auto const again = show(seen[i].datoms(eavt)) + show(seen[i].history().datoms(eavt)) + show(seen[i].datoms(avet));
    CHECK(again == shown[i]);
    CHECK_NOTHROW(verify(seen[i]));
    if (i == 10 || i == 11) continue;
    auto const alone =
        transact(base, TxData{std::vector<TxOp>(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i) + 1)},
                 Instant{5000})
            .db_after;
    CHECK(seen[i].snapshot().current.eavt == alone.snapshot().current.eavt);
    CHECK(seen[i].snapshot().current.aevt == alone.snapshot().current.aevt);
    CHECK(seen[i].snapshot().current.avet == alone.snapshot().current.avet);
    CHECK(seen[i].snapshot().temporal.eavt == alone.snapshot().temporal.eavt);
    CHECK(seen[i].snapshot().temporal.aevt == alone.snapshot().temporal.aevt);
    CHECK(seen[i].snapshot().temporal.avet == alone.snapshot().temporal.avet);
    CHECK(seen[i].schema() == alone.schema());
  }
  CHECK(whole.snapshot().current.eavt == seen.back().snapshot().current.eavt);
}

}  // namespace
}  // namespace cairn::test::function_test
