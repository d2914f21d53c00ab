// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What transactions refuse, and with which code.
#include "db_test.hpp"

namespace cairn::test::refusal_test {
namespace {

TEST_CASE("what is wrong in transaction data is shown, and no more of it") {
  auto const message = [](std::string const& data) -> std::string {
    try {
      TxData const read{data};
      return "accepted";
    } catch (Error const& error) {
      CHECK_NOTHROW(notation::parse(error.data()));
      CHECK(error.data().size() < 1000);
      return error.message();
    }
  };
  CHECK(message(R"([[:db/add 1 "age" 5]])") ==
        "An attribute is a keyword, or the number of its entity; \"age\" is a string.\n  [:db/add 1 \"age\" 5]\n             ^");
  std::string const text(1'000'000, 'x');
  for (auto const& data : {"[{:key \"" + text + "\" 5.5 6 :age 7}]", "[[:db/add 1 \"" + text + "\" 5]]", "[[:db/add 1 :key \"" + text + "\" 5]]",
                           "[[:" + text + " 1 2 3]]", "{:tx-data [] :" + text + " \"" + text + "\"}", "\"" + text + "\""}) {
    auto const said = message(data);
    CAPTURE(said);
    CHECK(said.size() < 1000);
    CHECK(said.find("^") != std::string::npos);
  }
}

TEST_CASE("each refusal has its code and changes nothing") {
  auto const db = after(people(), R"([{:key "a" :ssn 1 :age 5} {:key "b"}])");
  auto const code = [&](char const* data) {
    auto const result = refusal(db, data);
    return result ? name(*result) : "accepted";
  };

  CHECK(code(R"([{:unknown 1}])") == "transact/schema");
  CHECK(code(R"([[:db/add 9000 :unknown 1]])") == "transact/schema");
  CHECK(code(R"([{:key "a" :age 5.0}])") == "transact/schema");
  CHECK(code(R"([{:key "a" :age 5N}])") == "transact/schema");
  CHECK(code(R"([{:key "a" :age 9223372036854775808}])") == "transact/schema");
  CHECK(code(R"([[:db/add [:key "a"] :tag ["q" "r"]]])") == "transact/schema");
  CHECK(code(R"([{:key "a" :age {:x 1}}])") == "transact/schema");
  CHECK(code(R"([[:db/add 1 :db/valueType :db.type/nothing]])") == "transact/schema");
  CHECK(code(R"([[:db/add 1 :db/cardinality :many]])") == "transact/schema");
  CHECK(code(R"([[:db/add 1 :db/unique true]])") == "transact/schema");

  CHECK(code(R"([{:key "c" :ssn 1}])") == "transact/unique");
  CHECK(code(R"([{:key "c" :ssn 2} {:key "d" :ssn 2}])") == "transact/unique");
  CHECK(code(R"([[:db/add [:key "b"] :key "a"]])") == "transact/unique");
  CHECK(code(R"([[:db/retract [:key "a"] :ssn 1] {:key "c" :ssn 1}])") == "accepted");

  CHECK(code(R"([[:db/cas [:key "a"] :age 4 6]])") == "transact/cas");
  CHECK(code(R"([[:db/cas [:key "a"] :age nil 6]])") == "transact/cas");
  CHECK(code(R"([[:db/cas [:key "b"] :age 1 6]])") == "transact/cas");
  CHECK(code(R"([[:db/cas [:key "b"] :age nil 6] [:db.fn/cas [:key "a"] :age 5 6]])") == "accepted");

  CHECK(code(R"([[:db/add [:key "nobody"] :age 1]])") == "entity-id/missing");
  CHECK(code(R"([{:key "c" :friend [[:key "nobody"]]}])") == "entity-id/missing");
  CHECK(code(R"([[:db/add [:key nil] :age 1]])") == "entity-id/missing");
  CHECK(code(R"([[:db/add :nobody :age 1]])") == "entity-id/missing");
  CHECK(code(R"([[:db/add 0 :age 1]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add nil :age 1]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add 1.5 :age 1]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add 281474976710656 :age 1]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add 281474976719999 :age 1]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add 9223372036854775807 :age 1]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add [:key "a"] :friend true]])") == "entity-id/syntax");
  CHECK(code(R"([[:db/add 281474976710655 :age 1] {:key "c"}])") == "entity-id/syntax");  // no number is left
  CHECK(code(R"([[:db/add [:age 5] :age 1]])") == "lookup-ref/unique");
  CHECK(code(R"([[:db/add [:nothing 5] :age 1]])") == "lookup-ref/unique");
  CHECK(code(R"([[:db/add [:key] :age 1]])") == "lookup-ref/syntax");
  CHECK(code(R"([[:db/add ["key" "a"] :age 1]])") == "lookup-ref/syntax");

  CHECK(code(R"([[:db/add [:key "a"] :age]])") == "transact/syntax");
  CHECK(code(R"([[:db/add [:key "a"] :age nil]])") == "transact/syntax");
  CHECK(code(R"([[:db/add [:key "a"] :age 1 2]])") == "transact/syntax");
  CHECK(code(R"([[:db/add [:key "a"] "age" 1]])") == "transact/syntax");
  CHECK(code(R"([[:db/nothing 1]])") == "transact/syntax");
  CHECK(code(R"([{"name" 1}])") == "transact/syntax");
  CHECK(code(R"([{:key "g" :_age 5}])") == "transact/syntax");
  CHECK(code(R"([[:db/add [:key "a"] :_friend [:key "b"]]])") == "transact/syntax");
  CHECK(code(R"([[:db/retract "t" :age 1]])") == "transact/syntax");
  CHECK(code(R"([[:db/cas -1 :age 1 2]])") == "transact/syntax");
  CHECK(code(R"([5])") == "transact/syntax");
  CHECK(code(R"([[]])") == "transact/syntax");
  CHECK_THROWS_AS(TxData{"{:key 1}"}, Error);
  CHECK_THROWS_AS(TxData{"[{:key"}, Error);
  CHECK_THROWS_AS(TxData{R"({:tx-data 5})"}, Error);
  CHECK(code(R"({:tx-data [] :tx-mta {:note "n"}})") == "transact/syntax");
  CHECK(code(R"({:tx-data [] "tx-meta" {:note "n"}})") == "transact/syntax");
  CHECK(code(R"({:tx-data [] :tx-meta {:db/id 5 :note "n"}})") == "transact/syntax");
  CHECK(code(R"({:tx-data [] :tx-meta {"note" "n"}})") == "transact/syntax");
  CHECK(code(R"({:tx-data [] :tx-meta {:note "n"}})") == "accepted");
  CHECK(code(R"({:tx-data [] :tx-meta nil})") == "accepted");
  CHECK(code("[nil]") == "accepted");
  CHECK(code("nil") == "accepted");
}

TEST_CASE("a specification is ensured in the transaction itself") {
  auto const db =
      after(people(), R"([{:db/ident :guard/required :db.entity/attrs [:age :tag]} {:key "a" :age 1 :tag "x"}])");
  CHECK_FALSE(refusal(db, R"([{:key "b" :age 1 :tag "x" :db/ensure :guard/required}])"));
  CHECK_FALSE(refusal(db, R"([{:key "a" :age 1 :tag "x" :db/ensure :guard/required}])"));  // said again
  auto const two = after(db, R"([[:db/add [:key "a"] :tag "y"]])");
  CHECK_FALSE(refusal(two, R"([[:db/retract [:key "a"] :tag "x"] {:key "a" :age 2 :db/ensure :guard/required}])"));
  CHECK(refusal(two, R"([{:key "a" :age 2 :db/ensure :guard/required}])") == Errc::transact_ensure);
  CHECK(refusal(db, R"([{:key "a" :db/ensure :guard/required}])") == Errc::transact_ensure);
  CHECK(refusal(db, R"([{:key "c" :age 1 :db/ensure :guard/required}])") == Errc::transact_ensure);
  CHECK_FALSE(refusal(db, R"([{:key "d" :db/ensure :guard/nothing}])"));
}

TEST_CASE("the message says what to look for") {
  auto const db = people();
  try {
    (void)db.with(R"([[:db/ad 1 :age 5]])");
    FAIL("accepted");
  } catch (Error const& error) {
    CHECK(std::string{error.what()}.find(":db/add") != std::string::npos);
    CHECK(std::string{error.what()}.find(":db/cas") != std::string::npos);
  }
  try {
    (void)after(db, R"([{:key "a" :age "old"}])");
    FAIL("accepted");
  } catch (Error const& error) {
    CHECK(error.data() == R"({:attribute :age :value "old" :type :db.type/long})");
  }
}

TEST_CASE("views are for reading") {
  auto const db = people();
  CHECK_THROWS_AS(db.history().with("[]"), Error);
  CHECK_THROWS_AS(db.as_of(first_transaction).with("[]"), Error);
  auto const present_only = people(false);
  CHECK_THROWS_AS(present_only.history(), Error);
  CHECK_THROWS_AS(present_only.as_of(first_transaction), Error);
  CHECK_THROWS_AS(present_only.since(first_transaction), Error);
}

TEST_CASE("deep data is refused before it ends the stack") {
  auto const free = empty_db(true, SchemaFlexibility::read);
  TxValue deep{1};
  for (int i = 0; i != 20; ++i) deep = TxValue::list({deep});
  CHECK(refusal(free, add(1, ":x", deep)) == Errc::transact_schema);
  Value tuple{1};
  for (int i = 0; i != 20; ++i) tuple = Value{std::vector<Value>{tuple}};
  CHECK(refusal(free, add(1, ":x", tuple)) == Errc::transact_schema);
  EntityMap map = entity({{":key", "leaf"}});
  for (int i = 0; i != 300; ++i) map = entity({{":friend", map}});
  CHECK(refusal(people(), entity_map(map)) == Errc::transact_syntax);
}

TEST_CASE("forms that are deeper than any text, as what is pulled may be, are refused before they end the stack") {
  using Edn = notation::Value;
  constexpr int deep = 200'000;
  auto maps = Edn::string("leaf");
  for (int i = 0; i != deep; ++i) maps = Edn::map_of({Edn::keyword("friend"), std::move(maps)}, {0});
  auto lists = Edn::integer(1);
  for (int i = 0; i != deep; ++i) lists = Edn::vector({std::move(lists)});
  auto const db = people();
  for (auto const& form : {maps, lists}) {
    auto const map = Edn::map_of({Edn::keyword("friend"), form}, {0});
    CHECK(refusal(db, Edn::vector({map})) == Errc::edn_limit);
    CHECK(refusal(db, Edn::vector({Edn::vector({Edn::keyword("db/add"), Edn::integer(100), Edn::keyword("friend"), form})})) == Errc::edn_limit);
    CHECK(refusal(db, Edn::vector({Edn::vector({Edn::keyword("db.fn/call"), Edn::keyword("f"), form})})) == Errc::edn_limit);
    CHECK(refusal(db, Edn::map({{Edn::keyword("tx-data"), Edn::vector({})}, {Edn::keyword("tx-meta"), map}})) == Errc::edn_limit);
  }
  CHECK_THROWS_AS(to_value(lists), Error);
  auto as_deep_as_text = Edn::string("leaf");
  for (std::uint32_t i = 1; i != notation::ReaderOptions{}.max_depth; ++i) {
    as_deep_as_text = Edn::map_of({Edn::keyword("key"), std::move(as_deep_as_text)}, {0});
  }
  auto const data = Edn::vector({as_deep_as_text});
  CHECK_NOTHROW(TxData{notation::parse(notation::write(data))});
  CHECK_NOTHROW(TxData{data});
  auto list = Edn::integer(1);
  for (std::uint32_t i = 0; i != notation::ReaderOptions{}.max_depth; ++i) list = Edn::vector({std::move(list)});
  CHECK(to_value(notation::parse(notation::write(list))) == to_value(list));
}

TEST_CASE("a number that would leave none for new entities is refused") {
  auto const db = people();
  CHECK(refusal(db, R"([{:db/id 281474976710655 :age 1}])") == Errc::entity_id_syntax);
  CHECK(refusal(db, R"([{:db/id 1 :friend 281474976710655}])") == Errc::entity_id_syntax);
  auto const far = after(db, R"([{:db/id 281470681743360 :age 1}])");
  CHECK(after(far, R"([{:age 2}])").max_eid() == 281470681743361);
  CHECK(refusal(after(far, R"([{:age 2}])"), R"([{:db/id 281470681743361 :age 3}])") == std::nullopt);
}

TEST_CASE("a part of a tuple keeps its name") {
  auto const db = after(people(), R"([{:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one
                                       :db/tupleAttrs [:age :kind]}])");
  CHECK(refusal(db, R"([{:db/id :age :db/ident :years}])") == Errc::transact_schema);
  CHECK(refusal(db, R"([{:db/id :note :db/ident :remark}])") == std::nullopt);
}

TEST_CASE("what is no number is no big number, and nothing that a store would have to refuse") {
  auto const db = after(empty_db(), R"([
    {:db/ident :int :db/valueType :db.type/bigint :db/cardinality :db.cardinality/many}
    {:db/ident :dec :db/valueType :db.type/bigdec :db/cardinality :db.cardinality/many}
    {:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one}])");
  auto const free = empty_db(true, SchemaFlexibility::read);
  for (auto const* text : {"", "-", "12x", "+1", "1.0", "1e3", "hello", " 1"}) {
    INFO(text);
    CHECK(refusal(db, add(100, ":int", BigInt{text})) == Errc::transact_schema);
    CHECK(refusal(db, add(100, ":pair", std::vector<Value>{1, BigInt{text}})) == Errc::transact_schema);
    CHECK(refusal(free, add(100, ":any", std::vector<Value>{std::vector<Value>{BigInt{text}}})) ==
          Errc::transact_schema);
  }
  for (auto const* text : {"", "-", ".", "1..2", "1.2.3", "hello", "1e", "1e+", "e5", "--1", "1-2", "1e2e3", "1e2.5"}) {
    INFO(text);
    CHECK(refusal(db, add(100, ":dec", BigDecimal{text})) == Errc::transact_schema);
    CHECK(refusal(db, add(100, ":pair", std::vector<Value>{BigDecimal{text}, 1})) == Errc::transact_schema);
    CHECK(refusal(free, add(100, ":any", BigDecimal{text})) == Errc::transact_schema);
  }
  for (auto const* text : {"0", "-12", "12345678901234567890"})
    CHECK(refusal(db, add(100, ":int", BigInt{text})) == std::nullopt);
  for (auto const* text : {"0", "-12", "+5", "1.10", "1E+3", "1e-3", "-0.5E7", ".5", "1."}) {
    CHECK(refusal(db, add(100, ":dec", BigDecimal{text})) == std::nullopt);
  }
  CHECK(Value{BigInt{"007"}} == Value{BigInt{"7"}});
  CHECK(Value{BigInt{"007"}}.hash() == Value{BigInt{"7"}}.hash());
}

TEST_CASE("a tuple is no deeper than what can be read again, whatever made it") {
  auto const nested = [](int levels, Value inner) {
    for (int i = 0; i != levels; ++i) inner = Value{std::vector<Value>{inner}};
    return inner;
  };
  auto const free = empty_db(true, SchemaFlexibility::read);
  CHECK(refusal(free, add(1, ":x", nested(codec::max_tuple_depth, 1))) == std::nullopt);
  CHECK(refusal(free, add(1, ":x", nested(codec::max_tuple_depth + 1, 1))) == Errc::transact_schema);
  TxValue list = TxValue::list({});
  for (int i = 0; i != codec::max_tuple_depth - 1; ++i) list = TxValue::list({list});
  CHECK(refusal(free, add(1, ":x", list)) == std::nullopt);
  CHECK(refusal(free, add(1, ":x", TxValue::list({list}))) == Errc::transact_schema);

  auto const composed = after(free, R"([{:db/ident :ab :db/valueType :db.type/tuple :db/tupleAttrs [:a :b]
                                         :db/cardinality :db.cardinality/one}])");
  CHECK(refusal(composed, add(40, ":a", nested(codec::max_tuple_depth - 1, 1))) == std::nullopt);
  CHECK(refusal(composed, add(40, ":a", nested(codec::max_tuple_depth, 1))) == Errc::transact_schema);

  ByteWriter out;
  CHECK_NOTHROW(codec::write(out, nested(codec::max_tuple_depth, 1)));
  CHECK_THROWS_AS(codec::write(out, nested(codec::max_tuple_depth + 1, 1)), Error);
  CHECK_THROWS_AS(codec::write(out, Value{BigInt{"12x"}}), Error);
}

}  // namespace
}  // namespace cairn::test::refusal_test
