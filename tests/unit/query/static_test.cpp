// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries by the compiler: their rows are those that the same text gives at run time, and of the types that they should be.
#include "unit/query/rows_of.hpp"

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::static_test {
namespace {

using Database = Db<persistent_set_tag>;

struct Person {
  std::string name;
  std::string last_name;
  std::int64_t age = 0;
  double height = 0;
  std::int64_t salary = 0;
  Keyword sex;
  std::vector<Ref<Person>> follows;
};
using People = Schema<Person>;

/// People whose attributes are all there are, 600 of them; the first hundred grew older in a second transaction.
Database const& people() {
  static Database const db = [] {
    Database const empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    auto const after = [](Database const& before, std::string const& tx) {
      return transact(before, TxData{notation::parse(tx)}, Instant{1000}).db_after;
    };
    std::string schema = "[";
    for (auto const* attribute : {":name :db.type/string", ":last-name :db.type/string", ":age :db.type/long",
                                  ":height :db.type/double", ":salary :db.type/long", ":sex :db.type/keyword"}) {
      std::string const text = attribute;
      auto const space = text.find(' ');
      schema += "{:db/ident " + text.substr(0, space) + " :db/valueType " + text.substr(space + 1) +
                " :db/cardinality :db.cardinality/one :db/index true}";
    }
    schema += "{:db/ident :follows :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]";
    static constexpr std::array names{"Ivan", "Petr", "Sergei", "Oleg", "Yuri", "Dmitry", "Fedor", "Denis"};
    std::string data = "[";
    std::string later = "[";
    for (int i = 0; i != 600; ++i) {
      auto const id = std::to_string(1000 + i);
      data += "{:db/id " + id + " :name \"" + names[static_cast<std::size_t>(i * 7 % 8)] + "\" :last-name \"L" +
              std::to_string(i % 6) + "\" :age " + std::to_string(i * 31 % 100) + " :height " +
              std::to_string(150 + i % 50) + ".5 :salary " + std::to_string(i * 7919 % 100000) + " :sex " +
              (i % 2 == 0 ? ":male" : ":female") + (i % 5 == 0 ? " :follows " + std::to_string(1000 + (i + 5) % 600) : "") + "}";
      if (i < 100) later += "[:db/add " + id + " :age " + std::to_string(i * 31 % 100 + 100) + "]";
    }
    return after(after(after(empty, schema), data + "]"), later + "]");
  }();
  return db;
}

using test::Rows;
using test::rows_of;

/// That a query finds the same in both ways, in each view.
template <meta::fixed_string Text, class... Inputs>
void check_same(Database const& db, Inputs const&... inputs) {
  CAPTURE(Text.view());
  auto const compiled = rows_of(q<Text>(db, inputs...));
  CHECK(compiled == rows_of(q(db, Text.view(), inputs...)));
  auto const typed = rows_of(q<Text, People>(db, inputs...));
  CHECK(typed == compiled);
}

TEST_CASE("static queries find what the same text finds at run time, in every view", "[static_query]") {
  auto const& now = people();
  std::array const views{now, now.as_of(now.max_tx() - 1), now.since(now.max_tx() - 1), now.history(),
                         now.filter([](Database const&, Datom const& datom) { return datom.e % 3 != 0; })};
  for (auto const& db : views) {
    check_same<"[:find ?e :where [?e :name \"Ivan\"]]">(db);
    check_same<"[:find ?e ?l ?a :where [?e :name \"Ivan\"] [?e :last-name ?l] [?e :age ?a] [?e :sex :male]]">(db);
    check_same<"[:find ?e1 ?l ?a :where [?e :name \"Ivan\"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l]]">(db);
    check_same<"[:find ?e ?s :in $ ?min :where [?e :salary ?s] [(> ?s ?min)] [(< ?s 80000)]]">(db, 50000);
    check_same<"[:find ?e :where (or [?e :name \"Ivan\"] [?e :name \"Petr\"])]">(db);
    check_same<"[:find ?e ?a :where [?e :age ?a] (not [?e :sex :male])]">(db);
    check_same<"[:find ?x (count ?e) (max ?s) :where [?e :sex ?x] [?e :salary ?s]]">(db);
    check_same<"[:find ?e ?a ?tx :where [?e :age ?a ?tx]]">(db);
    check_same<"[:find [?n ...] :in $ [?l ...] :where [?e :last-name ?l] [?e :name ?n]]">(db, std::vector<std::string>{"L1", "L2"});
    check_same<"[:find ?e ?b :where [?e :age ?a] [(+ ?a 1) ?b]]">(db);
  }
}

TEST_CASE("rows that follow each other are found once by a static query", "[static_query]") {
  // The operations on a fact are neighbours in a history, whatever its value is of.
  std::string later = "[";
  for (int i = 0; i != 600; i += 3) {
    auto const id = std::to_string(1000 + i);
    later += "[:db/add " + id + " :name \"Another\"] [:db/add " + id + " :height 1.5] [:db/add " + id + " :age 500]";
  }
  auto const db = transact(people(), TxData{notation::parse(later + "]")}, Instant{1000}).db_after.history();
  CHECK(q<"[:find ?e ?n :where [?e :name ?n]]">(db).size() == 800);
  check_same<"[:find ?e ?n :where [?e :name ?n]]">(db);
  check_same<"[:find ?n ?e :where [?e :name ?n]]">(db);
  check_same<"[:find ?h ?e :where [?e :height ?h]]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a]]">(db);
  check_same<"[:find ?e ?a ?added :where [?e :age ?a _ ?added]]">(db);
  check_same<"[:find ?e ?x ?a :in $ ?x :where [?e :age ?a]]">(db, "text");
}

TEST_CASE("one entity by two names is found once by a static query", "[static_query]") {
  auto const names = notation::parse("[:name [:db/ident :name]]");
  CHECK(q<"[:find ?i :in $ [?e ...] :where [?e :db/ident ?i]]">(people(), names).size() == 1);
  CHECK(q<"[:find ?i ?t :in $ [?e ...] :where [?e :db/ident ?i] [?e :db/valueType ?t]]">(people(), names).size() == 1);
}

TEST_CASE("static queries ask rules", "[static_query]") {
  constexpr std::string_view text =
      "[[(reach ?x ?y) [?x :follows ?y]] [(reach ?x ?y) [?x :follows ?t] (reach ?t ?y)]]";
  auto const compiled = q<"[:find ?y :in $ % ?x :where (reach ?x ?y)]">(
      people(), rules<"[[(reach ?x ?y) [?x :follows ?y]] [(reach ?x ?y) [?x :follows ?t] (reach ?t ?y)]]">, 1000);
  CHECK(rows_of(compiled) == rows_of(q(people(), "[:find ?y :in $ % ?x :where (reach ?x ?y)]", rules(text), 1000)));
  CHECK(compiled.size() == 120);
}

bool is_tall(double height) { return height > 180; }
std::int64_t spread(std::vector<std::int64_t> const& values) {
  auto const [least, most] = std::ranges::minmax(values);
  return most - least;
}

TEST_CASE("static queries call functions of the program", "[static_query]") {
  std::size_t count = 0;
  for (auto const& [e, height] : q<"[:find ?e ?h :where [?e :height ?h] [(tall? ?h)]]", People, fn<"tall?", is_tall>>(people())) {
    CHECK(height > 180);
    ++count;
  }
  CHECK(count == q(people(), "[:find ?e :where [?e :height ?h] [(> ?h 180)]]").size());
  auto const twice = q<"[:find ?b . :in ?a :where [(twice ?a) ?b]]", fn<"twice", [](std::int64_t x) { return 2 * x; }>>(21);
  CHECK(twice == Value{42});
  auto const widest = q<"[:find (spread ?a) . :where [?e :age ?a]]", People, fn<"spread", spread>>(people());
  static_assert(std::same_as<decltype(widest), std::optional<std::int64_t> const>);
  CHECK(widest == 199 - 0);
  try {
    static_cast<void>(q<"[:find ?e :where [?e :name ?h] [(tall? ?h)]]", fn<"tall?", is_tall>>(people()));
    FAIL("a string is not a height");
  } catch (Error const& error) {
    CHECK(error.code() == Errc::query_where);
  }
}

TEST_CASE("rows have the types that the compiler can know", "[static_query]") {
  auto const plain = q<"[:find ?e ?n ?tx :where [?e :name ?n ?tx]]">(people());
  static_assert(std::same_as<std::ranges::range_value_t<decltype(plain)>, std::tuple<EntityId, ValueView, EntityId>>);
  auto const typed = q<"[:find ?e ?n ?h ?x ?f :where [?e :name ?n] [?e :height ?h] [?e :sex ?x] [?e :follows ?f]]", People>(people());
  using Row = std::tuple<EntityId, std::string_view, double, Keyword, EntityId>;
  static_assert(std::same_as<std::ranges::range_value_t<decltype(typed)>, Row>);
  static_assert(std::ranges::input_range<decltype(typed)> && std::ranges::view<std::remove_const_t<decltype(typed)>>);
  CHECK(std::ranges::distance(typed) == 120);

  auto const tuple = q<"[:find [?n ?a] :in $ ?e :where [?e :name ?n] [?e :age ?a]]", People>(people(), 1000);
  static_assert(std::same_as<decltype(tuple), std::optional<std::tuple<std::string, std::int64_t>> const>);
  CHECK(tuple == std::tuple{std::string{"Ivan"}, std::int64_t{100}});
  CHECK_FALSE(q<"[:find [?n ?a] :in $ ?e :where [?e :name ?n] [?e :age ?a]]">(people(), 7).has_value());
  CHECK(q<"[:find (count ?e) . :where [?e :name]]">(people()) == 600);
  CHECK(q<"[:find (avg ?a) . :where [?e :height ?a]]", People>(people()).value_or(0) > 150);
}

TEST_CASE("a result keeps its database", "[static_query]") {
  auto const rows = [] {
    Database const copy = people();
    return q<"[:find ?n ?s :where [?e :name ?n] [(str ?n \"!\") ?s]]", People>(copy);
  }();
  for (auto const& [name, text] : rows) CHECK(text == std::string{name} + "!");
  CHECK(rows.size() == 8);
  auto const pulled = q<"[:find [(pull ?e [:name]) ...] :where [?e :name \"Ivan\"]]">(people());
  for (auto const& value : pulled) CHECK(value.as_string() == "{:name \"Ivan\"}");
}

TEST_CASE("a database of another schema is refused", "[static_query]") {
  struct Other {
    std::int64_t name = 0;
  };
  try {
    auto const rows = q<"[:find ?n :where [?e :name ?n]]", Schema<Other>>(people());
    for (auto const& [name] : rows) CHECK(name == 0);
    FAIL("a name is a string");
  } catch (Error const& error) {
    CHECK(error.code() == Errc::query_where);
  }
}

TEST_CASE("a schema speaks of databases, not of collections", "[static_query]") {
  std::vector<std::tuple<EntityId, Keyword, std::string_view>> const rows{{1000, kw(":age"), "old"}, {1001, kw(":color"), "red"}};
  auto const ages = q<"[:find ?a :in $ $rows :where [?e :name] [$rows ?e :age ?a]]", People>(people(), rows);
  REQUIRE(ages.size() == 1);
  CHECK(std::get<0>(*ages.begin()).as_string() == "old");
  auto const colored = q<"[:find ?n :in $ $rows ?c :where [?e :name ?n] [$rows ?e :color ?c]]", People>(people(), rows, "red");
  CHECK(colored.size() == 1);
}

TEST_CASE("a plan can be read", "[static_query]") {
  auto const text = explain<"[:find ?e ?n :where [?e :name ?n] [?e :age 42]]">();
  CHECK(text.find("[?e :name ?n]") != std::string::npos);
  CHECK(text.find("[?e :age 42]") != std::string::npos);
}

}  // namespace
}  // namespace cairn::static_test
