// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Pull, pattern by pattern.
#include "sanitized.hpp"
#include "small_stack.hpp"
#include "unit/db/db_test.hpp"
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/pull.hpp>
#include <cairn/edn/edn.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cairn::test::pull_test {
namespace {

constexpr char const* family_schema = R"([
  {:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :aka :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
  {:db/ident :child :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
  {:db/ident :person/boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
  {:db/ident :part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}])";

constexpr char const* family_facts = R"([
  {:db/id 101 :name "Petr" :age 60 :aka ["Devil" "Tupen"] :child [102 103]}
  {:db/id 102 :name "David" :age 30 :person/boss 101}
  {:db/id 103 :name "Thomas" :person/boss 101 :child [104]}
  {:db/id 104 :name "Lucy"}
  {:db/id 110 :name "box" :part [111 112]}
  {:db/id 111 :name "lid" :part [113]}
  {:db/id 112 :name "floor"}
  {:db/id 113 :name "knob"}])";

TestDb family() { return after(after(empty_db(), family_schema), family_facts); }

/// Equal, whatever the order of a map's keys.
void check(TestDb const& db, char const* pattern, EntityRef const& entity, char const* expected) {
  auto const found = pull(db, pattern, entity);
  INFO(pattern << " of " << detail::to_text(entity) << " is " << notation::write(found));
  CHECK(found == notation::parse(expected));
}

Error refused(std::function<void()> const& run) {
  try {
    run();
  } catch (Error const& error) {
    CHECK_NOTHROW(notation::parse(error.data()));
    return error;
  }
  FAIL("nothing was refused");
  throw std::logic_error{"unreachable"};
}

TEST_CASE("attributes, values and references") {
  auto const db = family();
  check(db, "[:name :aka]", 101, R"({:name "Petr" :aka ["Devil" "Tupen"]})");
  check(db, "[:db/id :person/boss]", 102, "{:db/id 102 :person/boss {:db/id 101}}");
  check(db, "[:child]", 101, "{:child [{:db/id 102} {:db/id 103}]}");
  check(db, "[:child]", 104, "nil");
  check(db, "[]", 101, "nil");
  check(db, "(:name)", 104, R"({:name "Lucy"})");
  check(db, R"([":name" "aka" "person/boss"])", 101, R"({":name" "Petr" "aka" ["Devil" "Tupen"]})");
  check(db, "[:name]", lookup(":name", "Lucy"), R"({:name "Lucy"})");
  // As it is printed: the keys stand as the pattern has them.
  CHECK(notation::write(pull(db, "[:name :age :db/id]", 101)) == R"({:name "Petr" :age 60 :db/id 101})");
  CHECK(pull(db, "[:name :age]", 101).find(":age")->as_integer() == 60);
}

TEST_CASE("everything, with what a pattern names besides") {
  auto const db = family();
  check(db, "[*]", 101,
        R"({:db/id 101 :name "Petr" :age 60 :aka ["Devil" "Tupen"] :child [{:db/id 102} {:db/id 103}]})");
  for (auto const* star : {"[\"*\"]", "[:*]", "[* *]"}) CHECK(pull(db, star, 101) == pull(db, "[*]", 101));
  check(db, "[*]", 9999, "{:db/id 9999}");
  check(db, "[* {:person/boss [:name]}]", 102, R"({:db/id 102 :name "David" :age 30 :person/boss {:name "Petr"}})");
  check(db, "[(:name :as :n) * :_child]", 104, R"({:db/id 104 :n "Lucy" :_child [{:db/id 103}]})");
  // What is named is shown as it is named, and not once more by the star.
  check(db, "[* (:name :as :n)]", 104, R"({:db/id 104 :n "Lucy"})");
  check(db, "[* (:name :as :n) (:name :as :m)]", 104, R"({:db/id 104 :n "Lucy" :m "Lucy"})");
  check(db, "[* {(:child :limit 1 :as :c) [:name]}]", 101,
        R"({:db/id 101 :name "Petr" :age 60 :aka ["Devil" "Tupen"] :c [{:name "David"}]})");
  check(db, "[* {:person/boss [:part]}]", 102, R"({:db/id 102 :name "David" :age 30})");
  // A set is a pattern, too.
  check(db, "#{:name {:person/boss #{:name}}}", 102, R"({:name "David" :person/boss {:name "Petr"}})");
  check(db, "#{* (:name :as :n)}", 104, R"({:db/id 104 :n "Lucy"})");
  // What is named under a key that was found by the star takes its place; where it is not there, what was found stays.
  check(db, "[(:name :as :age) *]", 102, R"({:db/id 102 :age "David" :person/boss {:db/id 101}})");
  check(db, "[* (:aka :as :age)]", 102, R"({:db/id 102 :name "David" :age 30 :person/boss {:db/id 101}})");
  CHECK(notation::write(pull(db, "[*]", 104)) == R"({:db/id 104 :name "Lucy"})");
}

TEST_CASE("components are shown whole, unless a pattern says how") {
  auto const db = family();
  check(db, "[:part]", 110,
        R"({:part [{:db/id 111 :name "lid" :part [{:db/id 113 :name "knob"}]} {:db/id 112 :name "floor"}]})");
  check(db, "[{:part [:name]}]", 110, R"({:part [{:name "lid"} {:name "floor"}]})");
  check(db, "[:_part]", 111, "{:_part {:db/id 110}}");
  check(db, "[{:_part [:name]}]", 111, R"({:_part {:name "box"}})");
  auto const circle = after(db, "[[:db/add 113 :part 110]]");
  check(circle, "[:part]", 111, R"({:part [{:db/id 113 :name "knob" :part [{:db/id 110 :name "box" :part [
        {:db/id 111 :name "lid" :part [{:db/id 113}]} {:db/id 112 :name "floor"}]}]}]})");
}

TEST_CASE("reverse names lead to those that refer") {
  auto const db = family();
  check(db, "[:name :person/_boss]", 101, R"({:name "Petr" :person/_boss [{:db/id 102} {:db/id 103}]})");
  check(db, "[{:person/_boss [:name]}]", 101, R"({:person/_boss [{:name "David"} {:name "Thomas"}]})");
  check(db, "[(:person/_boss :limit 1 :as :first)]", 101, "{:first [{:db/id 102}]}");
  check(db, "[(:_child :default 0)]", 101, "{:_child 0}");
  check(db, R"(["_child" ":person/_boss"])", 102, R"({"_child" [{:db/id 101}]})");
  CHECK(refused([&] { (void)pull(db, "[:_age]", 101); }).code() == Errc::transact_schema);
}

TEST_CASE("patterns in patterns, and patterns that go on into themselves") {
  auto const db = family();
  check(db, "[:name {:child [:name {:child [:age :name]}]}]", 101,
        R"({:name "Petr" :child [{:name "David"} {:name "Thomas" :child [{:name "Lucy"}]}]})");
  check(db, "[{:child [:age]}]", 101, "{:child [{:age 30}]}");
  check(db, "[{:child [:age]}]", 103, "nil");
  check(db, "[{(:child :limit 1) [:name]} {[:person/boss :as :b] [:name]}]", 101, R"({:child [{:name "David"}]})");
  check(db, "[:name {:child 1}]", 101, R"({:name "Petr" :child [{:name "David"} {:name "Thomas"}]})");
  for (auto const* endless : {"[:name {:child ...}]", R"([:name {:child "..."}])", "[:name {:child 2}]"}) {
    check(db, endless, 101, R"({:name "Petr" :child [{:name "David"} {:name "Thomas" :child [{:name "Lucy"}]}]})");
  }
  auto const circle = after(db, "[[:db/add 104 :child 103]]");
  check(circle, "[:name {:child ...}]", 104,
        R"({:name "Lucy" :child [{:name "Thomas" :child [{:name "Lucy" :child [{:db/id 103}]}]}]})");
  // The name of the result is what counts levels: each has its own.
  check(db, "[:db/id {:child 1 :person/_boss 1}]", 101, R"({:db/id 101
        :child [{:db/id 102} {:db/id 103}] :person/_boss [{:db/id 102} {:db/id 103 :child [{:db/id 104}]}]})");
}

TEST_CASE("options of attributes") {
  auto const db = family();
  check(db, R"([(:name :as "N") [:age :as nil]])", 102, R"({"N" "David" nil 30})");
  check(db, "[(:age :default 0) (:aka :default [])]", 103, "{:age 0 :aka []}");
  check(db, "[(default :age false)]", 103, "{:age false}");
  check(db, "[(:aka :limit 1)]", 101, R"({:aka ["Devil"]})");
  check(db, "[(limit :aka 1) [limit :child 1]]", 101, R"({:aka ["Devil"] :child [{:db/id 102}]})");
  check(db, "[:aka (:aka :as :first :limit 1) (:aka :as :n :xform count)]", 101,
        R"({:aka ["Devil" "Tupen"] :first ["Devil"] :n 2})");

  std::string many = "[";
  for (int i = 0; i != 1500; ++i) many += "[:db/add 104 :aka \"" + std::to_string(10000 + i) + "\"]";
  auto const wide = after(db, many + "[:db/add 104 :person/boss 101]]");
  auto const length = [&](char const* pattern) { return pull(wide, pattern, 104).value(0).size(); };
  CHECK(length("[:aka]") == 1000);
  CHECK(length("[(:aka :limit 1200)]") == 1200);
  CHECK(length("[(limit :aka nil)]") == 1500);
  check(wide, "[:name (:person/boss :as :b)]", 104, R"({:name "Lucy" :b {:db/id 101}})");
  check(wide, "[* (:aka :limit 2)]", 104,
        R"({:db/id 104 :name "Lucy" :aka ["10000" "10001"] :person/boss {:db/id 101}})");
}

TEST_CASE("functions change what was found") {
  auto db = family();
  check(db, "[(:age :xform inc) (:name :xform vector) (:db/id :xform str)]", 101,
        R"({:age 61 :name ["Petr"] :db/id "101"})");
  check(db, "[(:aka :xform last) (:child :xform first :as :heir)]", 101, R"({:aka "Tupen" :heir {:db/id 102}})");
  check(db, R"([(:aka :xform "set") (:age :xform :dec)])", 101, R"({:aka #{"Devil" "Tupen"} :age 59})");
  check(db, "[(:name :xform keyword) (:name :xform name :as :n) (:age :xform not :as :no)]", 101,
        R"({:name :Petr :n "Petr" :no false})");
  check(db, "[(:age :xform inc) (:aka :xform count :default 0)]", 104, "{:aka 0}");
  CHECK(refused([&] { (void)pull(db, "[(:name :xform inc)]", 101); }).code() == Errc::query_where);
  CHECK(refused([&] { (void)pull(db, "[(:name :xform my/initial)]", 101); }).code() == Errc::query_where);

  auto snapshot = db.snapshot();
  Functions<persistent_set_tag> functions;
  functions.transform("my/initial",
                      [](notation::Value const& name) { return edn::Value::string(name.as_string().substr(0, 1)); });
  functions.transform(":my/none", [](notation::Value const&) { return edn::Value{}; });
  snapshot.functions = std::make_shared<Functions<persistent_set_tag> const>(std::move(functions));
  db = TestDb{std::move(snapshot)};
  check(db, "[(:name :xform my/initial) (:age :xform my/none)]", 101, R"({:name "P"})");
  check(db, "[{(:child :xform count) [:name]}]", 101, "{:child 2}");
  auto bound = PullPattern{"[(:name :xform my/initial)]"}.on(db, [](std::string_view name) -> Transform {
    if (name == "my/initial") return [](notation::Value const&) { return edn::Value::integer(1); };
    return {};
  });
  CHECK(bound(101) == edn("{:name 1}"));
}

TEST_CASE("what is not a pattern is refused, and the place shown") {
  auto const db = family();
  for (auto const* pattern : {":name",
                              "{:child [:name]}",
                              "[1]",
                              "[[]]",
                              "[nil]",
                              "[(:name :as)]",
                              "[(:name :else 1)]",
                              "[(:name \"as\" 1)]",
                              "[(:aka :limit 0)]",
                              "[(:aka :limit -1)]",
                              "[(:aka :limit \"x\")]",
                              "[(limit :aka :x)]",
                              "[(limit 3 :aka)]",
                              "[(:name :xform 3)]",
                              "[{:child 0}]",
                              "[{:child -1}]",
                              "[{:child :name}]",
                              "[{:child nil}]",
                              "[{[:child] {}}]",
                              "[{1 [:name]}]",
                              "[\"\"]",
                              "[\"no name\"]",
                              "[{:child [:name {:child [7]}]}]",
                              "[(inc :age)]"}) {
    INFO(pattern);
    CHECK(refused([&] { (void)PullPattern{pattern}; }).code() == Errc::parser_find);
  }
  CHECK(refused([] { (void)PullPattern{"[:name"}; }).code() == Errc::edn_syntax);
  std::string const message = refused([] { (void)PullPattern{"[:name {:child [(:age :else 1)]}]"}; }).what();
  CHECK(message.find("(:age :else 1) in [:name {:child [(:age :else 1)]}]") != std::string::npos);
  auto deep = edn::Value::vector({edn::Value::keyword("name")});
  for (int i = 0; i != 300; ++i) deep = edn::Value::vector({edn::Value::map({{edn::Value::keyword("child"), deep}})});
  CHECK(refused([&] { (void)PullPattern{deep}; }).code() == Errc::parser_find);
  std::string const long_text(100'000, 'x');
  CHECK(refused([&] { (void)PullPattern{"[(:" + long_text + " :limit 0)]"}; }).what() != std::string{});
}

TEST_CASE("what a database does not know is refused") {
  auto const db = family();
  CHECK(refused([&] { (void)pull(db, "[:nobody]", 101); }).code() == Errc::transact_schema);
  CHECK(refused([&] { (void)pull(db, "[{:child [:nobody]}]", 104); }).code() == Errc::transact_schema);
  CHECK(refused([&] { (void)pull(db, "[:name]", lookup(":name", "X")); }).code() == Errc::entity_id_missing);
  CHECK(refused([&] { (void)pull(db, "[:name]", lookup(":age", 60)); }).code() == Errc::lookup_ref_unique);
  CHECK(refused([&] { (void)pull(db, "[:name]", 0); }).code() == Errc::entity_id_syntax);
  CHECK(pull(db, "[:name]", edn(R"([:name "Lucy"])")) == edn(R"({:name "Lucy"})"));
  CHECK(pull(db, "[:db/ident]", edn(":name")) == edn("{:db/ident :name}"));
  CHECK(refused([&] { (void)pull(db, "[:name]", edn("[:name]")); }).code() == Errc::lookup_ref_syntax);
  CHECK(refused([&] { (void)pull(db, "[:name]", edn("\"Lucy\"")); }).code() == Errc::entity_id_syntax);

  auto const free = after(empty_db(true, SchemaFlexibility::read), "[{:db/id 1 :to 2 :name 5} {:db/id 2 :name 6}]");
  check(free, "[:name :nobody :_nobody :to]", 1, "{:name 5 :to 2}");
  check(free, "[:_to {:_to [:name]} (:nobody :default 1)]", 2, "{:_to [{:name 5}] :nobody 1}");
}

/// Entities 2000 and on, each the child of the one before.
TestDb chain_of(int levels) {
  std::string chain = "[";
  for (int i = 0; i != levels; ++i) {
    chain += "[:db/add " + std::to_string(2000 + i) + " :child " + std::to_string(2001 + i) + "]";
  }
  return after(family(), chain + "]");
}

/// How many entities there are under :child, one in another.
int levels_of(notation::Value const& found) {
  auto levels = 0;
  for (auto const* at = &found; at != nullptr; ++levels) {
    at = at->find(":child") != nullptr ? &at->find(":child")->items()[0] : nullptr;
  }
  return levels;
}

TEST_CASE("recursion goes as deep as the data, and needs no stack for it") {
  constexpr int most = is_sanitized ? 12'000 : 20'000;
  auto const deep = chain_of(most);
  // One whose last child is the first again.
  auto const round = after(deep, "[[:db/add " + std::to_string(2000 + most) + " :child 2000]]");
  on_stack_of(std::size_t{256} << 10U, [&] {
    auto const found = pull(deep, "[{:child ...} :db/id]", 2000);
    CHECK(levels_of(found) == most + 1);
    auto const copy = pull(deep, "[{:child ...} :db/id]", 2000);
    CHECK(found == copy);
    CHECK(compare(found, pull(deep, "[{:child ...} :db/id]", 2001)) < 0);
    auto const text = notation::write(found, {.sorted = true});
    CHECK(text.starts_with("{:child [{:child [{:child [{"));
    CHECK(text.ends_with(":db/id 2002}] :db/id 2001}] :db/id 2000}"));
    CHECK(levels_of(pull(deep, "[{:child 9000} :db/id]", 2000)) == 9001);
    CHECK(levels_of(pull(deep, "[{:child 33} :db/id]", 2000)) == 34);
    CHECK(levels_of(pull(round, "[{:child ...}]", 2000)) == most + 3);  // the first again, and the number of the second
    CHECK(levels_of(pull(round, "[{:child ...}]", 2040)) == most + 3);  // the first again, and the number of the second
  });
}

TEST_CASE("text in text that functions make at each level is limited, and text that was there is not") {
  auto const deep = chain_of(80);
  CHECK(refused([&] { (void)pull(deep, "[:db/id {(:child :xform str) ...}]", 2000); }).code() == Errc::query_memory);
  check(deep, "[:db/id {(:child :xform str) 2}]", 2000, R"({:db/id 2000 :child "[{:db/id 2001 :child \"[{:db/id 2002}]\"}]"})");

  auto const long_text = std::string(std::size_t{1} << 20U, 'x');
  std::vector<TxOp> operations;
  for (EntityId e = 102; e != 172; ++e) operations.insert(operations.end(), {add(101, ":child", e), add(e, ":name", long_text + std::to_string(e))});
  auto const large = after(family(), operations);
  CHECK(pull(large, "[{:child [(:name :xform str)]}]", 101).find(":child")->size() == 70);
}

TEST_CASE("components go as deep, and several descents at once") {
  std::string chain = "[";
  for (int i = 0; i != 200; ++i) {
    auto const id = std::to_string(2000 + i);
    auto const next = std::to_string(2001 + i);
    chain.append("[:db/add ").append(id).append(" :part ").append(next).append("]");
    chain.append("[:db/add ").append(id).append(" :child ").append(next).append("]");
    chain.append("[:db/add ").append(id).append(" :person/boss ").append(next).append("]");
  }
  auto const deep = after(family(), chain + "[:db/add 2200 :part 2000]]");
  auto whole = pull(deep, "[:part]", 2000);
  auto levels = 0;
  for (auto const* at = &whole; at->find(":part") != nullptr; at = &at->find(":part")->items()[0]) ++levels;
  CHECK(levels == 202);  // the first is a part of the last, and not among what was followed
  // A level of one is a way into the other; each counts its own, and begins anew behind a pattern.
  auto const mixed = pull(deep, "[:db/id {:child 2} {:person/boss 40}]", 2000);
  auto const* at = &mixed;
  for (levels = 0; at->find(":person/boss") != nullptr; at = at->find(":person/boss")) ++levels;
  CHECK(levels == 40);
  auto const anew = pull(deep, "[:db/id {:child 40} {:person/boss [:db/id {:child 45}]}]", 2000);
  auto const* child = &anew;
  for (int i = 0; i != 40; ++i) child = &child->find(":child")->items()[0];
  CHECK(child->find(":child") == nullptr);
  CHECK(levels_of(*child->find(":person/boss")) == 46);
}

TEST_CASE("graphs that are too wide end as errors") {
  if (is_sanitized) return;  // which makes the million that it takes slow
  std::string dense = "[";
  for (int i = 0; i != 30; ++i) {
    for (int k = 0; k != 30; ++k) {
      dense += "[:db/add " + std::to_string(3000 + i) + " :child " + std::to_string(3000 + k) + "]";
    }
  }
  auto const wide = after(family(), dense + "]");
  CHECK(refused([&] { (void)pull(wide, "[{:child ...}]", 3000); }).code() == Errc::query_memory);
  CHECK_NOTHROW((void)pull(wide, "[{:child 2}]", 3000));
}

TEST_CASE("one pattern serves many entities, databases and moments") {
  PullPattern const pattern{"[:name :age]"};
  auto const before = family();
  auto const now = after(before, R"([[:db/add 104 :age 7] [:db/retract 101 :age 60]])");
  auto const copy = pattern;
  CHECK(copy.edn() == edn("[:name :age]"));
  CHECK(pull_many(now, copy, {104, lookup(":name", "Petr")}) ==
        std::vector<notation::Value>{edn(R"({:name "Lucy" :age 7})"), edn(R"({:name "Petr"})")});
  CHECK(pull_many(now, pattern, std::vector<EntityId>{104, 9999})[1].is_nil());
  CHECK(pattern.of(before, 104) == edn(R"({:name "Lucy"})"));
  CHECK(pattern.of(now.as_of(before.max_tx()), 101) == edn(R"({:name "Petr" :age 60})"));
  CHECK(pattern.of(now.since(before.max_tx()), 104) == edn("{:age 7}"));
  CHECK(pattern.of(now.since(before.max_tx()), 101).is_nil());
  CHECK(pull(now.history(), "[(:age :as :a)]", 101) == edn("{:a 60}"));
  CHECK(pattern.of(now.filter([](auto const&, Datom const& datom) { return datom.a != kw(":name"); }), 104) ==
        edn("{:age 7}"));
  // Attributes have other numbers where the schema came in another order.
  auto const other = after(after(empty_db(),
                                 "[{:db/ident :x :db/valueType :db.type/long :db/cardinality "
                                 ":db.cardinality/one} {:db/ident :age :db/valueType :db.type/long "
                                 ":db/cardinality :db.cardinality/many} {:db/ident :name :db/valueType "
                                 ":db.type/string :db/cardinality :db.cardinality/one}]"),
                           "[{:db/id 104 :x 1 :age [1 2]}]");
  CHECK(pattern.of(other, 104) == edn("{:age [1 2]}"));
  CHECK(pattern.of(now, 104) == edn(R"({:name "Lucy" :age 7})"));

  DatabaseOptions options;
  options.attribute_refs = true;
  auto refs =
      TestDb{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(options), Instant{1})};
  refs = after(after(refs, family_schema), family_facts);
  check(refs, "[* {:person/boss [:name]}]", 102, R"({:db/id 102 :name "David" :age 30 :person/boss {:name "Petr"}})");
}

}  // namespace
}  // namespace cairn::test::pull_test
