// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Schemas that change inside a transaction, in several steps: what the steps make is what is stored.
#include "db_test.hpp"

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/schema_codec.hpp>
#include <cairn/db/verify.hpp>

namespace cairn::test::schema_change_test {
namespace {

/// Whether a database's schema can be stored, read again, and is the same then; and its indexes are as the schema says.
bool is_sound(TestDb const& db) {
  ByteWriter out;
  codec::write(out, db.schema());
  ByteReader in{out.view()};
  bool const same = codec::read_schema(in, db.snapshot().options->attribute_refs) == db.schema();
  (void)verify(db);
  return same;
}

constexpr char const* name_and_age = R"([
  {:db/id 1 :db/ident :nme :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
  {:db/id 2 :db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/id 50 :db/doc "nobody yet"}])";

TEST_CASE("an attribute that loses its name and gets another in one transaction is renamed") {
  auto const db = after(after(empty_db(), name_and_age), R"([{:db/id 100 :age 42}])");
  auto const renamed = after(db, R"([[:db/retract :nme :db/ident] [:db/add 1 :db/ident :name] [:db/add 101 :name "x"]])");
  CHECK(is_sound(renamed));
  CHECK(show(renamed.datoms(aevt, ":name")) == "101 :name \"x\"\n");
  CHECK(renamed.schema().next_attribute() == db.schema().next_attribute());
  auto const used = after(db, "[[:db/retract :age :db/ident] [:db/add 2 :db/ident :years] [:db/add 101 :years 7]]");
  CHECK(is_sound(used));
  CHECK(show(used.datoms(aevt, ":years")) == "100 :years 42\n101 :years 7\n");
  auto const purged = after(db, R"([[:db.purge/entity 1]
    {:db/id 1 :db/ident :name :db/valueType :db.type/long :db/cardinality :db.cardinality/many} {:db/id 101 :name [1 2]}])");
  CHECK(is_sound(purged));
  CHECK(show(purged.datoms(aevt, ":name")) == "101 :name 1\n101 :name 2\n");
  auto const read = after(after(empty_db(true, SchemaFlexibility::read), name_and_age), R"([[:db/add 100 :nme "x"]])");
  auto const read_renamed = after(read, R"([[:db/retract :nme :db/ident] [:db/add 1 :db/ident :name] [:db/add 101 :name "y"]])");
  CHECK(is_sound(read_renamed));
  CHECK(show(read_renamed.datoms(aevt, ":name")) == "100 :name \"x\"\n101 :name \"y\"\n");
  CHECK(refusal(db, "[[:db/retract :nme :db/ident] [:db/add 1 :db/ident :age]]") == Errc::transact_unique);
  CHECK(refusal(db, "[[:db/retractEntity :nme] [:db/retractEntity :age] [:db/add 1 :db/ident :age]]") == Errc::transact_schema);
}

TEST_CASE("names change places in one transaction") {
  auto const db = after(after(empty_db(), name_and_age), R"([{:db/id 100 :age 42 :nme "x"}])");
  auto const swapped = after(db, R"([[:db/add :nme :db/ident :t] [:db/add :age :db/ident :nme] [:db/add :t :db/ident :age]])");
  CHECK(is_sound(swapped));
  CHECK(show(swapped.datoms(eavt)) == "100 :age \"x\"\n100 :nme 42\n");
  // The old name goes to an entity of a lower number, which makes no attribute of it.
  auto const lower = after(after(empty_db(), R"([{:db/id 60 :db/ident :z :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                                                 {:db/id 5 :db/doc "lower"}])"),
                           "[[:db/add 60 :db/ident :zz] [:db/add 5 :db/ident :z]]");
  CHECK(is_sound(lower));
  CHECK(lower.schema().described_by(5) == nullptr);
  CHECK(lower.schema().described_by(60)->ident == kw(":zz"));
}

TEST_CASE("a change of schema that its facts alone do not tell is refused") {
  auto const db = after(empty_db(), name_and_age);
  auto const again = [&](char const* data) {
    auto const code = refusal(db, data);
    if (!code) CHECK(is_sound(after(db, data)));
    return code;
  };
  // Another entity takes the attribute, and who had it becomes another one.
  CHECK(again(R"([[:db/retract :nme :db/ident]
                  {:db/id 50 :db/ident :nme :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
                  [:db/add 1 :db/ident :name]])") == Errc::transact_schema);
  // The attribute of the name that is taken was renamed and then lost.
  CHECK(again("[[:db/add :age :db/ident :t] [:db/add :nme :db/ident :age] [:db/retractEntity 2]]") == Errc::transact_schema);
  CHECK(again(R"([[:db/retract :nme :db/ident]
                  {:db/id 50 :db/ident :nme :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
                  [:db/add 50 :db/ident :z] [:db/retract 1 :db/valueType] [:db/retract 1 :db/cardinality]])") == Errc::transact_schema);
  CHECK(again(R"([[:db/retract :nme :db/ident]
                  {:db/id 50 :db/ident :nme :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
                  [:db/add 50 :db/ident :z] [:db/add 1 :db/ident :nme]])") == Errc::transact_schema);
  try {
    (void)after(db, "[[:db/add :age :db/ident :t] [:db/add :nme :db/ident :age] [:db/retractEntity 2]]");
  } catch (Error const& error) {
    CHECK(std::string{error.what()}.find("two transactions") != std::string::npos);
  }
}

TEST_CASE("a schema in which two attributes have one name is not written") {
  DatabaseSchema schema;
  schema.restore({.id = 64, .ident = kw(":a")});
  schema.restore({.id = 65, .ident = kw(":b")});
  ByteWriter out;
  codec::write(out, schema);
  schema.restore({.id = 66, .ident = kw(":a")});
  try {
    codec::write(out, schema);
    FAIL("it was written");
  } catch (Error const& error) {
    CHECK(error.code() == Errc::transact_schema);
  }
}

TEST_CASE("an attribute is handed to another entity, of a lower number as of a higher") {
  for (bool const to_lower : {true, false}) {
    auto const* const giver = to_lower ? "200" : "101";
    auto const* const taker = to_lower ? "101" : "200";
    auto db = after(empty_db(), std::string{"[{:db/id "} + giver +
                                    R"( :db/ident :old :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                                    {:db/id 250 :db/doc "x"}])");
    db = after(db, "[[:db/add 300 :old 7]]");
    db = after(db, std::string{"[[:db/retractEntity :old] {:db/id "} + taker +
                       " :db/ident :old :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}]");
    CHECK(is_sound(db));
    CHECK(std::to_string(db.schema().find(kw(":old"))->entity) == taker);
    db = after(db, "[[:db/add 300 :old 8]]");
    CHECK(show(db.datoms(avet, ":old")) == "300 :old 8\n");
  }
}

constexpr char const* properties = R"([
  {:db/id 1 :db/ident :email :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/id 2 :db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/id 3 :db/ident :each :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one
   :db/tupleTypes [:db.type/long :db.type/string]}])";

TEST_CASE("what is switched off and on again in a transaction is checked at its end") {
  auto const db = after(after(empty_db(), properties), R"([{:db/id 10 :email "x" :n 1}])");
  auto const change = [&](char const* data) { return refusal(db, data); };
  CHECK(change(R"([[:db/retract :email :db/unique] [:db/add 11 :email "x"] [:db/add :email :db/unique :db.unique/identity]])") ==
        Errc::transact_schema);
  CHECK(change(R"([[:db/retract :email :db/unique] [:db/add 11 :email "x"] [:db/add :email :db/unique :db.unique/identity]
                   [:db/retract 10 :email]])") == std::nullopt);
  CHECK(change(R"([[:db/add :n :db/cardinality :db.cardinality/many] [:db/add 10 :n 2] [:db/add :n :db/cardinality :db.cardinality/one]])") ==
        Errc::transact_schema);
  CHECK(change(R"([{:db/ident :new :db/valueType :db.type/long :db/cardinality :db.cardinality/many} {:db/id 10 :new [1 2]}
                   [:db/add :new :db/cardinality :db.cardinality/one]])") == Errc::transact_schema);
  CHECK(change(R"([[:db/retract :each :db/tupleTypes] [:db/add 10 :each [1 2 3]] [:db/add :each :db/tupleTypes [:db.type/long :db.type/string]]])") ==
        Errc::transact_schema);
  CHECK(change(R"([[:db/retract :each :db/tupleTypes] [:db/add 10 :each [1 "x"]] [:db/add :each :db/tupleTypes [:db.type/long :db.type/string]]])") ==
        std::nullopt);
  // Without its name an attribute has no properties either.
  auto const read = after(after(empty_db(true, SchemaFlexibility::read), properties), R"([{:db/id 10 :email "x" :n 1}])");
  CHECK(refusal(read, R"([[:db/retract :n :db/valueType] [:db/add 11 :n "no long"] [:db/add :n :db/valueType :db.type/long]])") ==
        Errc::transact_schema);
  CHECK(refusal(read, R"([[:db/retract :email :db/ident] [:db/add 11 :email "x"] [:db/add 1 :db/ident :email]])") == Errc::transact_schema);
  CHECK(refusal(read, R"([[:db/retract :n :db/ident] [:db/add 11 :n "no long"] [:db/add 2 :db/ident :n]])") == Errc::transact_schema);
  CHECK(refusal(read, R"([[:db/retract :n :db/ident] [:db/add 11 :n 2] [:db/add 2 :db/ident :n]])") == std::nullopt);
}

constexpr char const* composite = R"([
  {:db/ident :p :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :q :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :pq :db/valueType :db.type/tuple :db/tupleAttrs [:p :q] :db/cardinality :db.cardinality/one :db/unique :db.unique/value}])";

TEST_CASE("a composite tuple is what its parts are") {
  auto const db = after(after(empty_db(), composite), "[{:db/id 40 :p 1 :q 2}]");
  auto const change = [&](char const* data) { return refusal(db, data); };
  CHECK(change("[[:db/retract 40 :pq]]") == Errc::transact_syntax);
  CHECK(change("[[:db.fn/retractAttribute 40 :pq]]") == Errc::transact_syntax);
  CHECK(change("[[:db.purge/attribute 40 :pq]]") == Errc::transact_syntax);
  CHECK(change("[[:db/add :p :db/cardinality :db.cardinality/many]]") == Errc::transact_schema);
  CHECK(refusal(after(empty_db(), composite), "[[:db/add :p :db/valueType :db.type/tuple]]") == Errc::transact_schema);
  auto const early = after(empty_db(), R"([
    {:db/ident :pq :db/valueType :db.type/tuple :db/tupleAttrs [:p :q] :db/cardinality :db.cardinality/one}])");
  CHECK(refusal(early, "[{:db/ident :p :db/valueType :db.type/long :db/cardinality :db.cardinality/many}]") == Errc::transact_schema);
  CHECK(refusal(early, "[{:db/ident :p :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one}]") == Errc::transact_schema);
  CHECK(refusal(early, "[{:db/ident :p :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]") == std::nullopt);
}

TEST_CASE("a composite tuple follows what the transaction says of itself") {
  auto const db = after(empty_db(), composite);
  auto const of_itself = after(db, "{:tx-data [] :tx-meta {:p 5 :q 7}}");
  CHECK(of_itself.datoms(aevt, ":pq").begin()->v == Value{std::vector<Value>{5, 7}});
}

TEST_CASE("a composite tuple follows parts that changed while it was none") {
  auto const db = after(after(empty_db(), composite), "[{:db/id 40 :p 1 :q 2} {:db/id 41 :p 1}]");
  auto const lie = after(db, R"([[:db/retract :pq :db/tupleAttrs] [:db/add 40 :pq ["lie" 9 9 9]] [:db/add :pq :db/tupleAttrs [:p :q]]])");
  CHECK(show(lie.datoms(eavt)) == show(db.datoms(eavt)));
  auto const part = after(db, "[[:db/retract :pq :db/tupleAttrs] [:db/add 40 :p 9] [:db/add :pq :db/tupleAttrs [:p :q]]]");
  CHECK(show(part.datoms(eavt, 40)) == "40 :p 9\n40 :q 2\n40 :pq [9 2]\n");
  auto const renamed = after(db, "[[:db/add :p :db/ident :r] [:db/add 40 :r 9] [:db/add :r :db/ident :p]]");
  CHECK(show(renamed.datoms(eavt, 40)) == "40 :p 9\n40 :q 2\n40 :pq [9 2]\n");
  CHECK(refusal(db, "[[:db/retract :pq :db/tupleAttrs] [:db/add 41 :q 2] [:db/add :pq :db/tupleAttrs [:p :q]]]") == Errc::transact_unique);
  auto const read = after(after(empty_db(true, SchemaFlexibility::read), composite), "[{:db/id 40 :p 1 :q 2} [:db/add 41 :x [1 2]]]");
  CHECK(refusal(read, R"([{:db/ident :x :db/valueType :db.type/tuple :db/tupleAttrs [:p :q] :db/cardinality :db.cardinality/one}])") ==
        Errc::transact_schema);
}

TEST_CASE("with attribute references a schema says what is known, whichever way it is said") {
  DatabaseOptions options;
  options.attribute_refs = true;
  auto const made = std::make_shared<DatabaseOptions const>(options);
  auto const db = after(TestDb{initial_snapshot<persistent_set_tag>(made, Instant{1})},
                        "[{:db/ident :b :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]");
  auto const change = [&](char const* data) { return refusal(db, data); };
  CHECK(change("[{:db/ident :a :db/valueType {:db/ident :nothing} :db/cardinality :db.cardinality/one}]") == Errc::transact_schema);
  CHECK(change("[[:db/add :b :db/unique {:db/ident :nothing}]]") == Errc::transact_schema);
  CHECK(change("[{:db/ident :nothing :db/_valueType :b}]") == Errc::transact_schema);
  CHECK(change("[{:db/ident :nothing :db/_unique :b}]") == Errc::transact_schema);
  CHECK(change("[{:db/ident :nothing :db/_cardinality [:b]}]") == Errc::transact_schema);
  CHECK(change("[{:db/id :db.unique/value :db/_unique :b}]") == std::nullopt);
}

TEST_CASE("an attribute that the transaction itself uses cannot go") {
  auto const db = after(empty_db(), properties);
  CHECK(refusal(db, "[[:db/add 201 :n 1] [:db/retractEntity :n]]") == Errc::transact_schema);
  CHECK(refusal(db, "[[:db/add 201 :n 1] [:db/retract 201 :n] [:db/retractEntity :n]]") == std::nullopt);
  CHECK(refusal(db, R"([{:db/ident :new :db/valueType :db.type/long :db/cardinality :db.cardinality/one} [:db/add 201 :new 1]
                        [:db/retractEntity :new]])") == Errc::transact_schema);
}

TEST_CASE("what was purged and said again counts once, and what was purged does not count") {
  auto const db = after(after(empty_db(true, SchemaFlexibility::read), R"([
    {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}])"),
                        R"([[:db/add 104 :tag "c"] [:db/add 105 :any 1]])");
  auto const again = after(db, R"([[:db.purge/entity 104] [:db/add 104 :tag "c"] [:db/add :tag :db/cardinality :db.cardinality/one]])");
  CHECK(is_sound(again));
  CHECK(show(again.history().datoms(aevt, ":tag")) == "104 :tag \"c\"\n");
  auto const replaced = after(db, R"([[:db/retract 105 :any 1]])");
  auto const to_string = R"({:db/ident :any :db/valueType :db.type/string :db/cardinality :db.cardinality/one})";
  CHECK(refusal(replaced, std::string{"["} + to_string + "]") == Errc::transact_schema);
  CHECK(refusal(replaced, std::string{"[[:db.purge/entity 105] "} + to_string + "]") == std::nullopt);
}

}  // namespace
}  // namespace cairn::test::schema_change_test
