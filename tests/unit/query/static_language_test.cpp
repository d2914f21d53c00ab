// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every construct of the language in a query that the compiler reads: it finds what the same text finds at run time.
#include "laws/code_of.hpp"
#include "queries/static_asking.hpp"
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn::static_language_test {
namespace {

using Database = Db<persistent_set_tag>;
using laws::code_of;
using notation::Value;

struct Person {
  Unique<std::string> name;
  std::int64_t age = 0;
  std::optional<Ref<Person>> boss;
  std::vector<std::string> likes;
};
using People = Schema<Person>;

/// Ada, whose people are Bob and Cy, whose is Dee; in a second transaction Dee grows older.
Database const& people() {
  static Database const db = [] {
    Database const empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    auto const after = [](Database const& before, TxData tx) { return transact(before, std::move(tx), Instant{1000}).db_after; };
    auto const data = R"([{:db/id 101 :name "Ada" :age 70 :likes ["chess" "tea"]} {:db/id 102 :name "Bob" :age 40 :boss 101}
                          {:db/id 103 :name "Cy" :age 41 :boss 101 :likes "go"} {:db/id 104 :name "Dee" :age 8 :boss 103}])";
    return after(after(after(empty, schema<People>()), TxData{notation::parse(data)}), TxData{notation::parse("[[:db/add 104 :age 9]]")});
  }();
  return db;
}

using Texts = std::vector<std::string>;

Texts sorted(Texts texts) {
  std::ranges::sort(texts);
  return texts;
}

/// Rows as text; one value is a row of one.
Texts texts_of(QueryResult const& result) {
  Texts texts;
  for (auto const row : result) {
    notation::Values cells;
    for (auto const& cell : row) cells.push_back(query::to_edn(cell));
    texts.push_back(notation::write(Value::vector(std::move(cells))));
  }
  return texts;
}
template <class Row>
std::string text_of_row(Row const& row) {
  auto edn = queries::edn_of_row(row);
  if constexpr (!requires { std::tuple_size<Row>::value; }) edn = Value::vector({edn});
  return notation::write(edn);
}
template <class Found>
Texts texts_of(Found const& found) {
  Texts texts;
  if constexpr (requires { found.has_value(); }) {
    if (found.has_value()) texts.push_back(text_of_row(*found));
  } else {
    for (auto const& row : found) texts.push_back(text_of_row(row));
  }
  return texts;
}

/// That both front ends find the same, and something.
template <meta::fixed_string Text, class... Extra, class... Inputs>
void same(Inputs const&... inputs) {
  CAPTURE(Text.view());
  std::array<query::GivenInput, sizeof...(Inputs)> const given{query::GivenInput{inputs}...};
  auto const expected = sorted(texts_of(query_with(Text.view(), given)));
  CHECK_FALSE(expected.empty());
  CHECK(sorted(texts_of(q<Text, Extra...>(inputs...))) == expected);
}

TEST_CASE("what a comparison in loops refuses is shown", "[static_query]") {
  auto const message = [](auto ask) -> std::string {
    try {
      ask();
    } catch (Error const& error) {
      return error.what();
    }
    return "nothing was refused";
  };
  auto const said = message([] { static_cast<void>(std::ranges::distance(q<"[:find ?e :where [?e :name ?n] [?e :age ?a] [(== ?n ?a)]]">(people()))); });
  CHECK(said.find("line 1, column 47: == wants numbers") != std::string::npos);
  CHECK(said.ends_with("\n  [:find ?e :where [?e :name ?n] [?e :age ?a] [(== ?n ?a)]]\n                                                ^"));
  auto const in_rules = message([] {
    static_cast<void>(std::ranges::distance(q<"[:find ?e :in $ % :where (same ?e)]">(people(), rules<"[[(same ?e) [?e :name ?n] [?e :age ?a] [(== ?n ?a)]]]">)));
  });
  CHECK(in_rules.find("in the rules: == wants numbers") != std::string::npos);
}

TEST_CASE("what a static query finds", "[static_query]") {
  auto const& db = people();
  same<"{:find [?n ?a] :where [[?e :name ?n] [?e :age ?a]]}">(db);
  same<"[:find [?n ...] :where [_ :name ?n]]">(db);
  same<"[:find [?n ?a] :where [103 :name ?n] [103 :age ?a]]", People>(db);
  same<"[:find ?n . :where [103 :name ?n]]", People>(db);
  same<"[:find (sum ?one) . :with ?e :where [?e :likes] [(ground 1) ?one]]">(db);
  same<"[:find (pull ?e [:name {:boss [:name]}]) ?n :in $ ?n :where [?e :name ?n]]">(db, "Dee");
  same<"[:find (pull ?e ?pattern) :in $ ?pattern :where [?e :age 9]]">(db, edn("[:name :age]"));
  same<"[:find ?n ?a :keys name age :where [?e :name ?n] [?e :age ?a]]">(db);
  same<"[:find ?b (count ?e) :in $ ?least :where [?e :boss ?m] [?m :name ?b] :having [(> (count ?e) ?least)]]", People>(db, 1);
  same<"[:find ?n ?a :keys :name :age :where [?e :name ?n] [?e :age ?a]]">(db);
  same<"[:find ?n :where [?e :name ?n] [(missing? $ ?e :_boss)]]", People>(db);
  same<"[:find ?n :where [?e :name ?n] (not [(missing? $ ?e :_boss)])]">(db);
  same<"[:find ?x :where [(ground 5) ?x]]">();
  same<"[:find ?x :where [(ground 5) ?x]]">(db);
  same<"[:find [?x ...] :where [(ground [5 6]) [?x ...]] [(q [:find ?y . :where [(ground 5) ?y]]) ?x]]", People>();
  CHECK(texts_of(q<"[:find ?x :where [(ground 5) ?x]]">(QueryOptions{})) == Texts{"[5]"});
  same<"[:find [?n ?a] :strs name age :where [?e :age 9] [?e :name ?n] [?e :age ?a]]">(db);
  same<"[:find ?n :syms name :where [_ :name ?n]]">(db);
  auto const rows = q<"[:find ?n ?a :where [?e :name ?n] [?e :age ?a] :order-by [?a :desc] :offset 1 :limit 2]", People>(db);
  CHECK(texts_of(rows) == Texts{"[\"Cy\" 41]", "[\"Bob\" 40]"});
}

TEST_CASE("what a static query aggregates", "[static_query]") {
  auto const& db = people();
  same<"[:find (sum ?a) (avg ?a) (min ?a) (max ?a) (min 2 ?a) (max 2 ?a) (count ?a) (median ?a) :where [_ :age ?a]]", People>(db);
  same<"[:find (count-distinct ?b) (distinct ?b) (variance ?a) (stddev ?a) :where [?e :boss ?b] [?e :age ?a]]">(db);
  same<"[:find ?b (count ?e) :where [?e :boss ?m] [?m :name ?b] :having [(> (count ?e) 1)]]", People>(db);
  same<"[:find ?b (count ?e) :where [?e :boss ?m] [?m :name ?b] :order-by [(count ?e) :desc]]">(db);
  CHECK(q<"[:find (rand ?a) . :where [_ :age ?a]]", People>(db).has_value());
  CHECK(q<"[:find (sample 2 ?a) (rand 3 ?a) :where [_ :age ?a]]">(db).size() == 1);
}

TEST_CASE("what a static query is given", "[static_query]") {
  auto const& db = people();
  same<"[:find ?e :in $ ?n :where [?e :name ?n]]", People>(db, "Bob");
  same<"[:find ?e :in $ [?n ?a] :where [?e :name ?n] [?e :age ?a]]", People>(db, std::tuple{"Bob", 40});
  same<"[:find ?e :in $ [?n ...] :where [?e :name ?n]]", People>(db, std::vector<std::string>{"Bob", "Cy"});
  same<"[:find ?e ?x :in $ [[?n ?x]] :where [?e :name ?n]]", People>(db, std::map<std::string, std::int64_t>{{"Bob", 1}, {"Cy", 2}});
  // What is the greatest stays what it is.
  same<"[:find ?x :where [_ :age ?a] [(max ?a 40.5) ?x]]", People>(db);
  same<"[:find ?x :where [?e :age ?a] [(min ?a 100 ?e) ?x]]", People>(db);
  // A negation and a branch say nothing of the values that are not in them.
  same<"[:find ?x :in $ [?x ...] :where [_ :age 9] (not [_ :name ?x])]", People>(db, edn("[1 \"Bob\" :k]"));
  same<"[:find ?x :in $ [?x ...] :where (or [_ :name ?x] [_ :age ?x])]", People>(db, edn("[9 \"Bob\" :k]"));
  same<"[:find ?x :in $ [?y ...] :where (or-join [?y ?x] (and [(identity ?y) ?x] [_ :name ?x]) (and [(identity ?y) ?x] [(= ?x :k)]))]", People>(
      db, edn("[9 \"Bob\" :k]"));
  same<"[:find ?e :in $ [[?n _]] _ :where [?e :name ?n]]">(db, edn("[[\"Bob\" 1]]"), 5);
  same<"[:find ?a ?x :in $ [?a [?x ...]] :where [_ :age ?a]]">(db, edn("[40 [1 2]]"));
  same<"[:find ?n ?old :in $ $2 :where [?e :name ?n] [?e :age 9] [$2 ?e :age ?old]]", People>(db, db.as_of(db.max_tx() - 1));
  same<"[:find ?n ?p :in $ $prices :where [?e :likes ?l] [?e :name ?n] [$prices ?l ?p]]", People>(
      db, std::vector<std::tuple<std::string, std::int64_t>>{{"tea", 3}, {"go", 20}});
  same<"[:find ?x :in ?x]">(5);
  same<"[:find ?a :in $ ?who :where [?who :age ?a]]", People>(db, lookup(":name", "Dee"));
  same<"[:find ?a :where [[:name \"Dee\"] :age ?a]]", People>(db);
}

TEST_CASE("what a static query asks for", "[static_query]") {
  auto const& db = people();
  same<"[:find ?e :where [?e :boss]]">(db);
  same<"[:find ?e ?at ?v :where [?e :age 40] [?e ?a ?v] [(identity ?a) ?at] [?at :db/ident]]">(db);
  same<"[:find ?a ?t ?op :where [104 :age ?a ?t ?op]]", People>(db.history());
  same<"[:find ?n :where [?e :age ?a] [(> ?a 40)] [(<= ?a 70)] [?e :name ?n]]", People>(db);
  same<"[:find ?n ?x ?y :where [?e :name ?n] [(ground [1 2]) [?x ?y]]]">(db);
  same<"[:find ?n ?x :where [?e :name ?n] [(ground [1 2]) [?x ...]]]">(db);
  same<"[:find ?x ?y :where [(ground [[1 2] [3 4]]) [[?x ?y]]] [_ :age 40]]">(db);
  same<"[:find ?n ?v ?b :where [?e :name ?n] [(get-else $ ?e :age 0) ?v] [(get-some $ ?e :boss :age) [?b _]]]">(db);
  same<"[:find ?n ?t ?x :where [?e :name ?n] [(missing? $ ?e :boss)] [(tuple ?e ?n) ?t] [(untuple ?t) [?x _]] [(-differ? ?x ?n)]]">(db);
  same<"[:find ?n :where [?e :name ?n] (not [?e :boss])]", People>(db);
  same<"[:find ?n :where [?e :name ?n] (not-join [?e] [?other :boss ?e] [?other :age ?a] [(< ?a 40)])]", People>(db);
  same<"[:find ?n :where [?e :name ?n] (or [?e :likes \"go\"] (and [?e :age 9] [?e :boss 103]))]", People>(db);
  same<"[:find ?n :where [?e :name ?n] (or-join [[?e]] [?e :likes \"tea\"] (and [?e :boss ?b] [?b :name \"Cy\"]))]", People>(db);
  same<"[:find ?n :where [(q [:find (max ?a) . :where [_ :age ?a]] $) ?top] [?e :age ?top] [?e :name ?n]]">(db);
  same<"[:find ?n :where [?e :name ?n] [(q [:find ?x . :in $ % ?x :where (under 101 ?x)] $ [[(under ?a ?b) [?b :boss ?a]]"
       " [(under ?a ?b) [?b :boss ?c] (under ?a ?c)]] ?e) ?x]]",
       People>(db);
  same<"[:find ?n :where [?e :name ?n] [(q [:find ?b . :in $ ?e :where [?e :boss ?b]] $ ?e)]]", People>(db);
  same<"[:find ?n :where [?e :name ?n] (not [(get-else $ ?e :boss 0)] [(get-some $ ?e :likes)])]", People>(db);
  same<"[:find ?n ?l :in $ $2 :where [$2 ?e :name ?n] ($2 not [?e :boss]) [?e :likes ?l]]">(db, db);
}

TEST_CASE("static queries and their rules", "[static_query]") {
  auto const& db = people();
  same<"[:find ?n :in $ % :where (above 101 ?e) [?e :name ?n]]", People>(
      db, rules<"[[(above ?a ?b) [?b :boss ?a]] [(above ?a ?b) [?b :boss ?m] (above ?a ?m)]]">);
  same<"[:find ?b :in $ % :where (even 101 ?b)]", People>(
      db, rules<"[[(odd ?a ?b) [?b :boss ?a]] [(odd ?a ?b) [?m :boss ?a] (even ?m ?b)] [(even ?a ?b) [?m :boss ?a] (odd ?m ?b)]]">());
  same<"[:find ?n :in $ % :where [?e :age ?a] (old ?a) [?e :name ?n]]">(db, rules<"[[(old [?a]) [(> ?a 40)]]]">);
}

TEST_CASE("rules that are known when a static query runs", "[static_query]") {
  auto const& db = people();
  auto const above = rules("[[(above ?a ?b) [?b :boss ?a]] [(above ?a ?b) [?b :boss ?m] (above ?a ?m)]]");
  same<"[:find ?n ?x :in $ % :where (above ?x ?e) [?e :name ?n]]", People>(db, above);
  same<"[:find ?n :in $ % :where [?e :name ?n] (not (above 101 ?e))]", People>(db, above);
  same<"[:find [?b ...] :in $ % ?a :where (or (above ?a ?b) (and [?b :age 40] [?a :age 41]))]">(db, above, 103);
  // What the query itself says is known; of what only rules bind, nothing is.
  auto const typed = q<"[:find ?n ?x :in $ % :where (above ?x ?e) [?e :name ?n]]", People>(db, above);
  static_assert(std::same_as<std::ranges::range_value_t<decltype(typed)>, std::tuple<std::string_view, ValueView>>);
  CHECK(code_of([&] { static_cast<void>(q<"[:find ?e :in $ % :where (below 101 ?e)]">(db, above)); }) == Errc::query_where);
  CHECK(code_of([&] { static_cast<void>(q<"[:find ?e :in $ % :where (above 101 ?e)]">(db, rules("[[above]]"))); }) ==
        Errc::parser_where);
}

TEST_CASE("a static query with options", "[static_query]") {
  auto const& db = people();
  using namespace std::chrono_literals;
  QueryOptions options;
  options.limit = 2;
  options.offset = 1;
  options.order_by = "[?a :desc]";
  CHECK(texts_of(q<"[:find ?n ?a :where [?e :name ?n] [?e :age ?a]]", People>(options, db)) == Texts{"[\"Cy\" 41]", "[\"Bob\" 40]"});
  options = {};
  options.limit = 1;
  CHECK(q<"[:find ?n :where [_ :name ?n] :order-by ?n]">(options, db).size() == 1);
  CHECK(q<"[:find [?n ...] :in $ ?a :where [?e :age ?a] [?e :name ?n]]">(options, db, 40).size() == 1);
  std::atomic<bool> const cancelled{true};
  options = {};
  options.cancelled = &cancelled;
  auto const ask = [&] { static_cast<void>(q<"[:find ?n ?m :where [_ :name ?n] [_ :name ?m] [_ :name]]">(options, db)); };
  CHECK(code_of(ask) == Errc::query_timeout);
  options = {};
  options.timeout = 0ns;
  CHECK(code_of(ask) == Errc::query_timeout);
  options = {};
  options.memory = 1;
  CHECK(code_of(ask) == Errc::query_memory);
}

// [cpp-functions]
std::int64_t half(std::int64_t number) { return number / 2; }
std::int64_t spread(std::vector<std::int64_t> const& all) { return std::ranges::max(all) - std::ranges::min(all); }
// [/cpp-functions]

TEST_CASE("functions and options of a static query", "[static_query]") {
  QueryOptions options;
  options.limit = 1;
  auto const halves = q<"[:find ?h :where [_ :age ?a] [(half ?a) ?h] :order-by [?h :desc]]", People, fn<"half", half>>(options, people());
  CHECK(texts_of(halves) == Texts{"[35]"});
}

TEST_CASE("what the guide shows of queries in C++", "[static_query]") {
  auto const& db = people();
  std::int64_t sum = 0;
  // [cpp-rows]
  // Read and planned by the compiler: what is wrong does not compile, and with a schema rows are tuples of what attributes are.
  for (auto const& [name, age] : cairn::q<"[:find ?n ?a :where [?e :name ?n] [?e :age ?a]]", People>(db)) {
    sum += age + static_cast<std::int64_t>(name.size());  // std::int64_t and std::string_view
  }
  // Read and planned when it runs: the text may come from anywhere.
  for (auto const row : cairn::q(db, "[:find ?n ?a :where [?e :name ?n] [?e :age ?a]]")) {
    sum += row.get<std::int64_t>(1) + static_cast<std::int64_t>(row[0].as_string().size());
  }
  // [/cpp-rows]
  CHECK(sum == 2 * (70 + 40 + 41 + 9 + 3 + 3 + 2 + 3));
  // [cpp-inputs]
  std::optional<std::int64_t> const age = cairn::q<"[:find ?a . :in $ ?n :where [?e :name ?n] [?e :age ?a]]", People>(db, "Bob");
  std::vector<std::string> const names{"Bob", "Dee"};
  auto const bosses = cairn::q<"[:find [?b ...] :in $ [?n ...] :where [?e :name ?n] [?e :boss ?m] [?m :name ?b]]", People>(db, names);
  auto const under = cairn::q(db, "[:find ?n :in $ ?b % :where (above ?b ?e) [?e :name ?n]]", cairn::lookup(":name", "Ada"),
                              cairn::rules("[[(above ?a ?b) [?b :boss ?a]] [(above ?a ?b) [?b :boss ?m] (above ?a ?m)]]"));
  // [/cpp-inputs]
  CHECK(age == 40);
  CHECK(sorted(texts_of(bosses)) == Texts{"[\"Ada\"]", "[\"Cy\"]"});
  CHECK(under.size() == 3);
  // [cpp-extras]
  auto const halves = cairn::q<"[:find ?n ?h :where [?e :name ?n] [?e :age ?a] [(half ?a) ?h]]", People, cairn::fn<"half", half>>(db);
  auto const range = cairn::q<"[:find (spread ?a) . :where [_ :age ?a]]", People, cairn::fn<"spread", spread>>(db);
  cairn::FunctionRegistry functions;
  functions.add(cairn::fn<"half", half>{});
  auto const same = cairn::q(db, "[:find ?n ?h :where [?e :name ?n] [?e :age ?a] [(half ?a) ?h]]", {.functions = &functions});
  // [/cpp-extras]
  CHECK(sorted(texts_of(halves)) == sorted(texts_of(same)));
  CHECK(range == 61);
  using namespace std::chrono_literals;
  // [cpp-options]
  cairn::QueryOptions options{.timeout = 1s, .memory = 64U << 20U, .limit = 2};
  auto const first = cairn::q<"[:find ?n :where [_ :name ?n] :order-by ?n]", People>(options, db);
  auto const also = cairn::q(db, "[:find ?n :where [_ :name ?n] :order-by ?n]", options);
  // [/cpp-options]
  CHECK(texts_of(first) == Texts{"[\"Ada\"]", "[\"Bob\"]"});
  CHECK(texts_of(also) == texts_of(first));
}

}  // namespace
}  // namespace cairn::static_language_test
