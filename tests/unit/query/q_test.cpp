// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries at run time: inputs, clauses, results, limits.
#include "oracle/oracle.hpp"
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/query.hpp>
#include <cairn/query/run/plan_cache.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn::q_test {
namespace {

using Database = Db<persistent_set_tag>;
using Edn = notation::Value;

Database after(Database const& db, std::string_view tx) {
  return transact(db, TxData{notation::parse(tx)}, Instant{1000}).db_after;
}

Database const& people() {
  static Database const db = [] {
    Database empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    auto const schema = after(empty, R"([
      {:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
      {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
      {:db/ident :height :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
      {:db/ident :sex :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one}
      {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
      {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}])");
    return after(schema, R"([
      {:db/id 101 :name "Ivan" :age 15 :height 1.8 :sex :male :tag ["a" "b"]}
      {:db/id 102 :name "Petr" :age 37 :sex :male :friend [101 103] :tag "b"}
      {:db/id 103 :name "Olga" :age 37 :height 1.7 :sex :female :friend 101}
      {:db/id 104 :name "Anna" :age 20 :sex :female}])");
  }();
  return db;
}

/// A thousand numbers and more, so that there are several batches.
Database const& numbers() {
  static Database const db = [] {
    Database empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    auto const schema = after(empty, R"([
      {:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
      {:db/ident :half :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
      {:db/ident :text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
      {:db/ident :next :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])");
    std::string tx = "[";
    for (int i = 0; i != 5000; ++i) {
      tx += "{:db/id " + std::to_string(1000 + i) + " :n " + std::to_string(i) + " :half " + std::to_string(i / 2) + ".5 :text \"t" +
            std::to_string(i % 7) + "\"";
      if (i != 0) tx += " :next " + std::to_string(1000 + i - 1);
      tx += "}";
    }
    return after(schema, tx + "]");
  }();
  return db;
}

/// In an order, so that results that have none can be compared.
std::string sorted(Edn const& edn) {
  if (!edn.is_vector() && !edn.is_set()) return notation::write(edn);
  std::vector<Edn> items{edn.items().begin(), edn.items().end()};
  std::ranges::sort(items, [](Edn const& left, Edn const& right) { return compare(left, right) < 0; });
  return notation::write(edn.is_set() ? Edn::set(items) : Edn::vector(items), {.sorted = true});
}

template <class... Inputs>
std::string ask(std::string_view text, Inputs const&... inputs) {
  return sorted(q(people(), text, inputs...).to_edn());
}

template <class Call>
std::optional<Errc> refusal(Call const& call) {
  try {
    static_cast<void>(call());
    return std::nullopt;
  } catch (Error const& error) {
    CHECK(std::string_view{error.what()}.size() > 10);
    CHECK_NOTHROW(notation::parse(error.data()));
    return error.code();
  }
}
template <class... Inputs>
std::optional<Errc> refused(std::string_view text, Inputs const&... inputs) {
  return refusal([&] { return q(people(), text, inputs...); });
}

TEST_CASE("inputs are bound by their forms") {
  CHECK(ask("[:find ?e :in $ ?n :where [?e :name ?n]]", "Ivan") == "#{[101]}");
  CHECK(ask("[:find ?n :in $ ?s :where [?e :sex ?s] [?e :name ?n]]", kw(":female")) == R"(#{["Anna"] ["Olga"]})");
  CHECK(ask("[:find ?n :in $ [?a ...] :where [?e :age ?a] [?e :name ?n]]", std::vector<int>{15, 37, 15}) ==
        R"(#{["Ivan"] ["Olga"] ["Petr"]})");
  CHECK(ask("[:find ?n :in $ [?a ?s] :where [?e :age ?a] [?e :sex ?s] [?e :name ?n]]", std::tuple{37, kw("male")}) == R"(#{["Petr"]})");
  std::vector<std::pair<std::string, int>> const relation{{"Ivan", 15}, {"Petr", 1}, {"Anna", 20}};
  CHECK(ask("[:find ?n :in $ [[?n ?a]] :where [?e :name ?n] [?e :age ?a]]", relation) == R"(#{["Anna"] ["Ivan"]})");
  CHECK(ask("[:find ?n ?x :in $ [[?n _ [?x ...]]]]", edn(R"([["a" 0 [1 2]] ["b" 0 []]])")) == R"(#{["a" 1] ["a" 2]})");
  CHECK(ask("[:find ?n :in $ _ ?n]", 1, 2) == "#{[2]}");
  CHECK(ask("[:find ?k ?v :in $ [[?k ?v]]]", edn("{:a 1 :b 2}")) == "#{[:a 1] [:b 2]}");
  CHECK(ask("[:find ?x :in $ [?x ...]]", edn("nil")) == "#{}");
  CHECK(ask("[:find ?x ?y :in $ [?x ...] [?y ...]]", std::array{1, 2}, std::set<std::string>{"a", "b"}) ==
        R"(#{[1 "a"] [1 "b"] [2 "a"] [2 "b"]})");
  CHECK(ask("[:find ?a :in $ ?e :where [?e :age ?a]]", lookup(":name", "Petr")) == "#{[37]}");
  CHECK(ask("[:find ?a :in $ [?e ...] :where [?e :age ?a]]", std::vector{lookup(":name", "Petr"), lookup(":name", "Nobody")}) == "#{[37]}");
  CHECK(ask("[:find ?x ?y :in $ ?x ?y]", BigDecimal{"1.50"}, BigInt{"12"}) == "#{[1.50M 12N]}");  // the values that have a text of their own

  CHECK(refused("[:find ?x :in $ [?x ...]]", 5) == Errc::query_where);
  CHECK(refused("[:find ?x :in $ [?x ?y]]", edn("[1]")) == Errc::query_where);
  CHECK(refused("[:find ?x :in $ ?x]") == Errc::parser_query);
  CHECK(refused("[:find ?x :in $ ?x]", 1, 2) == Errc::parser_query);
  CHECK(refused("[:find ?x :in $ ?x]", people()) == Errc::query_where);
}

TEST_CASE("sources are databases of any view, and collections of rows") {
  auto const older = after(people(), "[[:db/add 101 :age 16]]");
  CHECK(sorted(q(older, "[:find ?a ?b :in $ $old :where [?e :name \"Ivan\"] [?e :age ?a] [$old ?e :age ?b]]", people()).to_edn()) ==
        "#{[16 15]}");
  CHECK(sorted(q(older, "[:find ?a ?o :in $ $h :where [$h ?e :age ?a _ ?o] [?e :name \"Ivan\"]]", older.history()).to_edn()) ==
        "#{[15 false] [15 true] [16 true]}");
  std::vector<std::pair<std::string, int>> const rows{{"Ivan", 1}, {"Ivan", 2}, {"Nobody", 3}};
  CHECK(ask("[:find ?n ?x :in $ $2 :where [?e :name ?n] [$2 ?n ?x]]", rows) == R"(#{["Ivan" 1] ["Ivan" 2]})");
  CHECK(ask("[:find ?x :in $ $2 :where [$2 ?x ?x]]", edn("[[1 1] [1 2] [3] [4 4 5]]")) == "#{[1] [4]}");
  // A rule that is asked of a source has all its clauses ask that, those in others, too.
  CHECK(ask("[:find ?x :in $ $2 % :where [$2 _ ?x] ($2 last ?x)]", edn("[[1 2] [2 3]]"), rules("[[(last ?x) (not [?x _])]]")) == "#{[3]}");
  CHECK(ask("[:find ?x :in $ $2 % :where ($2 any ?x)]", edn("[[1 2] [2 3]]"), rules("[[(any ?x) (or [?x 3] (and [?x 2] [2 3]))]]")) == "#{[1] [2]}");
  CHECK(ask("[:find ?y :in $ $2 % :where ($2 far 1 ?y)]", edn("[[1 2] [2 3] [3 4]]"),
            rules("[[(far ?x ?y) [?x ?y] (not [?y 4])] [(far ?x ?y) [?x ?t] (not [?t 9]) (far ?t ?y)]]")) == "#{[2] [4]}");
  CHECK(refused("[:find ?x :in $ $2 :where [$2 ?x]]", 5) == Errc::query_where);
  CHECK(refused("[:find ?x :in $ $2 :where [$2 ?x _] [(get-else $2 ?x :a 1) ?y]]", edn("[[1 2]]")) == Errc::query_where);
}

TEST_CASE("clauses") {
  CHECK(ask("[:find ?n :where [?e :age ?a] [?e :name ?n] [(< 15 ?a 37)]]") == R"(#{["Anna"]})");
  CHECK(ask("[:find ?n ?m :where [?e :age ?a] [?f :age ?b] [(< ?a ?b)] [?e :name ?n] [?f :name ?m] [?e :sex ?s] [?f :sex ?s]]") ==
        R"(#{["Anna" "Olga"] ["Ivan" "Petr"]})");
  CHECK(ask("[:find ?n :where [?e :height ?h] [(> ?h 1.75)] [?e :name ?n]]") == R"(#{["Ivan"]})");
  CHECK(ask("[:find ?x :where [?e :age ?a] [(+ ?a 1) ?x]]") == "#{[16] [21] [38]}");
  CHECK(ask("[:find ?x :where [?e :age ?a] [(- 40 ?a) ?x] [(* ?x ?x) ?y] [(> ?y 300)]]") == "#{[20] [25]}");
  CHECK(ask("[:find ?e :where [?e :age ?a] [(inc ?a) ?b] [?f :age ?c] [(+ ?c 1) ?b] [?f :name \"Ivan\"]]") == "#{[101]}");
  CHECK(ask("[:find ?x ?y :where [(ground [[1 2] [3 4]]) [[?x ?y]]]]") == "#{[1 2] [3 4]}");
  CHECK(ask("[:find ?x :where [(ground [1 [2 2] 3]) [_ [?x ?x] _]]]") == "#{[2]}");
  CHECK(ask("[:find ?n ?x :where [?e :name ?n] [(get-else $ ?e :height 0.5) ?x]]") ==
        R"(#{["Anna" 0.5] ["Ivan" 1.8] ["Olga" 1.7] ["Petr" 0.5]})");
  CHECK(ask("[:find ?n ?x :where [?e :name ?n] [(get-some $ ?e :height :age) ?x]]") ==
        R"(#{["Anna" [:age 20]] ["Ivan" [:height 1.8]] ["Olga" [:height 1.7]] ["Petr" [:age 37]]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] [(missing? $ ?e :height)]]") == R"(#{["Anna"] ["Petr"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] [(missing? $ ?e :_friend)]]") == R"(#{["Anna"] ["Petr"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] (not [(missing? $ ?e :_friend)])]") == R"(#{["Ivan"] ["Olga"]})");
  CHECK(ask("[:find ?n ?a :in $ [?a ...] :where [?e :name ?n] [(missing? $ ?e ?a)]]", edn("[:_friend :height]")) ==
        R"(#{["Anna" :_friend] ["Anna" :height] ["Petr" :_friend] ["Petr" :height]})");
  CHECK(ask("[:find ?n :in $ [?n ...] :where [(vector :name ?n) ?e] [(missing? $ ?e :_friend)]]", edn("[\"Ivan\" \"Anna\" \"Nobody\"]")) ==
        R"(#{["Anna"] ["Nobody"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] [(missing? $ ?e :_age)]]") == R"(#{["Anna"] ["Ivan"] ["Olga"] ["Petr"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] [(missing? $ ?e :_nothing)]]") == R"(#{["Anna"] ["Ivan"] ["Olga"] ["Petr"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] [(missing? $ ?e :db/id)]]") == "#{}");
  CHECK(ask("[:find ?n ?x :where [?e :name ?n] [(get-else $ ?e :_friend 0) ?x] [(= ?n \"Ivan\")]]") == R"(#{["Ivan" 0]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] (not [?e :friend _])]") == R"(#{["Anna"] ["Ivan"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] (not [?e :age ?a] (not [?e :sex :male]) [(> ?a 20)])]") ==
        R"(#{["Anna"] ["Ivan"] ["Petr"]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] (or [?e :age 15] (and [?e :sex :female] [?e :age 20]))]") == R"(#{["Anna"] ["Ivan"]})");
  CHECK(ask("[:find ?n ?x :where [?e :name ?n] (or-join [?e ?x] [?e :age ?x] (and [?e :friend ?f] [?f :name ?x]))]") ==
        R"(#{["Anna" 20] ["Ivan" 15] ["Olga" 37] ["Olga" "Ivan"] ["Petr" 37] ["Petr" "Ivan"] ["Petr" "Olga"]})");
  CHECK(ask("[:find ?m :where [(q [:find (max ?a) . :where [_ :age ?a]] $) ?m]]") == "#{[37]}");
  CHECK(ask("[:find ?n ?c :where [?e :age ?x] [(q [:find ?n ?a :in $ ?a :where [?f :age ?a] [?f :name ?n]] $ ?x) [[?n ?c]]]]") ==
        R"(#{["Anna" 20] ["Ivan" 15] ["Olga" 37] ["Petr" 37]})");
  // Rules that are written among the arguments of an inner query.
  CHECK(ask("[:find ?n :where [(q [:find [?n ...] :in $ % :where (grown ?e) [?e :name ?n]] $ [[(grown ?e) [?e :age ?a] [(> ?a 18)]]]) [?n ...]]]") ==
        R"(#{["Anna"] ["Olga"] ["Petr"]})");
  CHECK(ask("[:find ?n ?c :where [?e :name ?n] [(q {:find [(count ?f) .] :in [% $ ?e] :where [(knows ?e ?f)]} "
            "'[[(knows ?a ?b) [?a :friend ?b]] [(knows ?a ?b) [?a :friend ?c] (knows ?c ?b)]] $ ?e) ?c]]") ==
        R"(#{["Olga" 1] ["Petr" 2]})");
  CHECK(ask("[:find ?n :where [?e :name ?n] [(q [:find ?e . :in $ % ?e :where (grown ?e)] $ \"[[(grown ?e) [?e :age 20]]]\" ?e) ?x]]") ==
        R"(#{["Anna"]})");
  CHECK(ask("[:find ?x :where [(q [:find [?x ...] :in [[?x]]] [[(a)] [(b)]]) [?x ...]]]") == "#{[[a]] [[b]]}");  // rows, and no rules
  CHECK(refused("[:find ?n :where [(q [:find ?n :in $ % :where (gron ?n)] $ [[(grown ?e) [?e :age 20]]]) [[?n]]]]") == Errc::query_where);
  CHECK(refused("[:find ?n :where [(q [:find ?n :in $ % :where (grown ?n 1)] $ [[(grown ?e) [?e :age 20]]]) [[?n]]]]") == Errc::query_where);
  CHECK(refused("[:find ?n :where [(q [:find ?n :in $ % :where (grown ?n)] $ [[(grown ?e) [$x ?e :age 20]]]) [[?n]]]]") == Errc::parser_query);
  CHECK(refused("[:find ?n :where [(q [:find ?n :in $ % :where (grown ?n)] $ [[(grown) [?e :age 20]]]) [[?n]]]]") == Errc::parser_where);
  CHECK(refused("[:find ?n :where [(q [:find ?n :in $ % :where (grown ?n)] $ [1]) [[?n]]]]") == Errc::parser_where);
  CHECK(refused("[:find ?x :where [?e :age ?a] [(/ ?a 0) ?x]]") == Errc::query_arithmetic);
  CHECK(refused("[:find ?x :where [?e :age ?a] [(+ ?a 9223372036854775807) ?x]]") == Errc::query_arithmetic);
  CHECK(refused("[:find ?x :where [?e :name ?a] [(+ ?a 1) ?x]]") == Errc::query_where);
  CHECK(refused("[:find ?x :where [?e :age ?a] [(ground ?a) [?x ?y]]]") == Errc::query_where);
}

TEST_CASE("rules") {
  CHECK(ask("[:find ?n :in $ % :where (grown ?e) [?e :name ?n]]", rules("[[(grown ?e) [?e :age ?a] [(> ?a 18)]]]")) ==
        R"(#{["Anna"] ["Olga"] ["Petr"]})");
  CHECK(ask("[:find ?n :in $ % :where (grown ?e) [?e :name ?n]]", "[[(grown ?e) [?e :age ?a] [(> ?a 18)]]]") ==
        R"(#{["Anna"] ["Olga"] ["Petr"]})");
  auto const reach = rules("[[(reach ?a ?b) [?a :next ?b]] [(reach ?a ?b) [?a :next ?t] (reach ?t ?b)]]");
  CHECK(q(numbers(), "[:find ?b :in $ % ?a :where (reach ?a ?b)]", reach, 1100).size() == 100);
  CHECK(refused("[:find ?n :in $ % :where (grown ?n)]", 5) == Errc::query_where);
}

TEST_CASE("a query without :in needs a database only if it reads one") {
  auto const alone = [](std::string_view text) { return sorted(query_with(text, {}).to_edn()); };
  CHECK(alone("[:find ?v :where [(ground [:a :e]) [?v ...]]]") == "#{[:a] [:e]}");
  CHECK(alone("[:find ?v . :where [(ground 5) ?x] (or [(+ ?x 1) ?v] [(+ ?x 2) ?v]) [(odd? ?v)]]") == "7");
  CHECK(ask("[:find ?v :where [(ground [:a :e]) [?v ...]]]") == "#{[:a] [:e]}");
  CHECK(alone("[:find ?x :where [(q [:find ?y . :where [(ground 5) ?y]]) ?x]]") == "#{[5]}");
  CHECK(ask("[:find ?n ?x :where [?e :name ?n] [(q [:find ?y . :where [(ground 5) ?y]]) ?x] [?e :age 15]]") == R"(#{["Ivan" 5]})");
  CHECK(ask("[:find ?x :where [(q [:find ?y . :where [(ground 5) ?y]] $) ?x]]") == "#{[5]}");
  for (auto const* text : {"[:find ?e :where [?e :name]]", "[:find ?x :where [(ground 1) ?x] (not [?x :name])]", "[:find ?x :in $ :where [(ground 5) ?x]]",
                           "[:find (pull ?x [*]) :where [(ground 101) ?x]]", "[:find ?x :where [(ground 101) ?x] [(missing? $ ?x :name)]]"}) {
    CAPTURE(text);
    CHECK(refusal([&] { return query_with(text, {}); }) == Errc::parser_query);
  }
  CHECK(refused("[:find ?x :where [(ground 5) ?x]]", 1) == Errc::parser_query);
  CHECK(refused("[:find ?x :where [(q [:find ?e :where [?e :name]]) ?x]]") == Errc::parser_query);
}

TEST_CASE("results") {
  CHECK(ask("[:find ?a :where [_ :age ?a]]") == "#{[15] [20] [37]}");
  CHECK(ask("[:find [?a ...] :where [_ :age ?a]]") == "[15 20 37]");
  CHECK(ask("[:find [?n ?a] :where [?e :name ?n] [?e :age ?a] [?e :sex :female] [?e :friend]]") == R"([37 "Olga"])");
  CHECK(ask("[:find ?a . :where [?e :name \"Ivan\"] [?e :age ?a]]") == "15");
  CHECK(ask("[:find ?a . :where [?e :name \"Nobody\"] [?e :age ?a]]") == "nil");
  CHECK(ask("[:find [?a ?n] :where [?e :name \"Nobody\"] [?e :age ?a] [?e :name ?n]]") == "nil");
  CHECK(ask("[:find ?a :with ?e :where [?e :age ?a]]") == "[[15] [20] [37] [37]]");
  CHECK(ask("[:find ?n ?n :where [101 :name ?n]]") == R"(#{["Ivan" "Ivan"]})");
  CHECK(ask("[:find ?n ?a :keys name age :where [?e :name ?n] [?e :age ?a] [?e :sex :female]]") ==
        R"([{:age 20 :name "Anna"} {:age 37 :name "Olga"}])");
  CHECK(ask("[:find ?n ?a :keys :name :my/age :where [?e :name ?n] [?e :age ?a] [?e :sex :female]]") ==
        R"([{:name "Anna" :my/age 20} {:name "Olga" :my/age 37}])");
  CHECK(ask("{:find [?n] :keys [:name] :where [[101 :name ?n]]}") == R"([{:name "Ivan"}])");
  CHECK(ask("[:find ?n :strs :name :where [101 :name ?n]]") == R"([{"name" "Ivan"}])");
  CHECK(ask("[:find [?n] :syms :name :where [101 :name ?n]]") == R"({name "Ivan"})");
  CHECK(ask("[:find ?a :where [_ :age ?a] :limit -1 :offset -1]") == "#{[15] [20] [37]}");
  CHECK(ask("[:find (pull ?e #{:name {:friend #{:name}}}) . :where [?e :age 37] [?e :sex :female]]") ==
        R"({:name "Olga" :friend [{:name "Ivan"}]})");
  CHECK(ask("[:find (pull ?e ?p) . :in $ ?p :where [?e :name \"Ivan\"]]", edn("#{:age}")) == "{:age 15}");
  CHECK(ask("[:find ?n :strs name :where [101 :name ?n]]") == R"([{"name" "Ivan"}])");
  CHECK(ask("[:find [?n ?a] :syms name age :where [101 :name ?n] [101 :age ?a]]") == R"({name "Ivan" age 15})");
  CHECK(ask("[:find ?e (pull ?e [:name {:friend [:name]}]) :where [?e :friend]]") ==
        R"([[102 {:friend [{:name "Ivan"} {:name "Olga"}] :name "Petr"}] [103 {:friend [{:name "Ivan"}] :name "Olga"}]])");
  CHECK(ask("[:find (pull ?e ?p) . :in $ ?p :where [?e :name \"Ivan\"]]", edn("[:age]")) == "{:age 15}");
}

TEST_CASE("aggregates") {
  CHECK(ask("[:find (sum ?a) . :where [_ :age ?a]]") == "72");
  CHECK(ask("[:find (sum ?a) . :with ?e :where [?e :age ?a]]") == "109");
  CHECK(ask("[:find ?s (count ?e) (max ?a) :where [?e :sex ?s] [?e :age ?a]]") == "[[:female 2 37] [:male 2 37]]");
  CHECK(ask("[:find (min 2 ?a) . :where [_ :age ?a]]") == "[15 20]");
  CHECK(ask("[:find (max ?n ?a) . :in $ ?n :where [_ :age ?a]]", 2) == "[20 37]");
  CHECK(ask("[:find (count ?a) . :where [?e :name \"Nobody\"] [?e :age ?a]]") == "nil");
  CHECK(ask("[:find ?s (count ?e) :where [?e :sex ?s] [?e :age ?a] [(> ?a 20)] :having [(> 1 0)]]") == "[[:female 1] [:male 1]]");
  CHECK(sorted(q(numbers(), "[:find ?t (count ?e) (sum ?n) (avg ?h) :where [?e :text ?t] [?e :n ?n] [?e :half ?h] [(< ?n 14)]]").to_edn()) ==
        R"([["t0" 2 7 2.0] ["t1" 2 9 2.5] ["t2" 2 11 3.0] ["t3" 2 13 3.5] ["t4" 2 15 4.0] ["t5" 2 17 4.5] ["t6" 2 19 5.0]])");
  CHECK(q(numbers(), "[:find ?n (count ?e) :where [?e :n ?n]]").size() == 5000);
}

TEST_CASE("order, pages and having") {
  auto const text = "[:find ?n ?a :where [?e :name ?n] [?e :age ?a] :order-by [?a :desc ?n :asc]]";
  CHECK(notation::write(q(people(), text).to_edn()) == R"([["Olga" 37] ["Petr" 37] ["Anna" 20] ["Ivan" 15]])");
  CHECK(notation::write(q(people(), text, QueryOptions{.limit = 2, .offset = 1}).to_edn()) == R"([["Petr" 37] ["Anna" 20]])");
  CHECK(notation::write(q(people(), text, QueryOptions{.limit = 1, .order_by = "[?a ?n]"}).to_edn()) == R"([["Ivan" 15]])");
  CHECK(refusal([&] { return q(people(), text, QueryOptions{.order_by = "[?x]"}); }) == Errc::parser_query);
  // Inputs that are one value are seen by :having.
  CHECK(ask("[:find ?n (count ?f) :in $ ?least :where [?e :friend ?f] [?e :name ?n] :having [(> (count ?f) ?least)]]", 1) == R"([["Petr" 2]])");
  CHECK(ask("[:find ?n ?a :in $ ?low [?x ...] ?high :where [?e :name ?n] [?e :age ?a] [(identity ?x) ?a] :having [(< ?low ?a ?high)]]", 15,
            std::vector{15, 20, 37}, 37) == R"(#{["Anna" 20]})");
  CHECK(ask("[:find ?low :in $ ?low :where [_ :age ?low] :having [(= ?low 15)]]", 15) == "#{[15]}");
  CHECK(refused("[:find ?a :in $ [?x ...] :where [_ :age ?a] :having [(< ?x ?a)]]", std::vector{1}) == Errc::parser_query);
  CHECK(refused("[:find ?a :in $ ?x :where [?e :age ?a] :having [(< ?x ?e)]]", 1) == Errc::parser_query);
  CHECK(q(numbers(), "[:find ?e :where [?e :n]]", QueryOptions{.limit = 7}).size() == 7);
  CHECK(q(numbers(), "[:find ?e :where [?e :n]]", QueryOptions{.limit = 0}).empty());
  CHECK(q(numbers(), "[:find ?e :where [?e :n]]", QueryOptions{.offset = 4990}).size() == 10);
  for (std::string_view const order : {"", " :order-by ?e", " :having [(> ?e 0)]"}) {
    CHECK(ask("[:find ?e . :where [?e :name \"Ivan\"]" + std::string{order} + " :limit 0]") == "nil");
    CHECK(ask("[:find [?e] :where [?e :name \"Ivan\"]" + std::string{order} + " :limit 0]") == "nil");
    CHECK(ask("[:find ?e . :where [?e :name \"Ivan\"]" + std::string{order} + " :limit 2]") == "101");
  }
}

TEST_CASE("rows are values that live as long as the result") {
  std::optional<QueryResult> kept;
  {
    auto const db = after(people(), R"([{:db/id 200 :name "A name that is long enough to be anywhere" :age 99}])");
    kept = q(db, "[:find ?n ?a ?t :where [200 :name ?n] [200 :age ?a] [(str ?n \" and more\") ?t]]");
  }
  REQUIRE(kept->size() == 1);
  auto const row = (*kept)[0];
  CHECK(row[0] == Value{"A name that is long enough to be anywhere"});
  CHECK(row.get<std::string_view>(2) == "A name that is long enough to be anywhere and more");
  CHECK(row.get<std::int64_t>(1) == 99);
  CHECK(row.get<int>(1) == 99);
  CHECK(refusal([&] { return row.get<double>(1); }) == Errc::query_where);
  CHECK(refusal([&] { return row.get<std::int8_t>(0); }) == Errc::query_where);
  CHECK(refusal([&] { return row.get<std::int64_t>(row.size()); }) == Errc::query_where);
  static_assert(std::ranges::random_access_range<QueryResult>);
  auto const result = q(people(), "[:find ?e ?s ?h :where [?e :sex ?s] [?e :height ?h]]");
  std::set<std::int64_t> found;
  for (auto const each : result) {
    CHECK(each.size() == 3);
    found.insert(each.get<EntityId>(0));
    CHECK(each.get<double>(2) > 1.0);
    CHECK(each.get<Keyword>(1).name().ends_with("male"));
  }
  CHECK(found == std::set<std::int64_t>{101, 103});
  // Values are made when the first is asked for; a row that was there before shows the same ones.
  auto const early = result[1];
  auto const& first = early[0];
  CHECK(&first == &result[1][0]);
  CHECK(&early[2] == &result[1][2]);
  for (auto const each : result) CHECK(each[2] == Value{each.get<double>(2)});
  for (auto const each : q(people(), "[:find ?a (pull ?e [:name]) ?n :where [?e :name ?n] [?e :age ?a]]")) {
    CHECK(each[0] == Value{each.get<std::int64_t>(0)});
    CHECK(each[1] == query::to_value(each.edn(1)));
    CHECK(each[2] == Value{each.get<std::string_view>(2)});
  }
  // A result is a relation for another query.
  CHECK(ask("[:find ?e :in $ [[?e _ ?h]] :where [(> ?h 1.75)]]", result) == "#{[101]}");
}

TEST_CASE("functions of the program") {
  FunctionRegistry functions;
  functions.predicate("adult?", 1, [](query::Arguments arguments) { return arguments[0]->as_integer() >= 18; });
  functions.function("twice", 1, [](query::Arguments arguments) -> Value { return arguments[0]->as_integer() * 2; });
  functions.aggregate("range", [](std::span<Value const> values) -> Value {
    auto const [low, high] = std::ranges::minmax(values);
    return high.as_integer() - low.as_integer();
  });
  QueryOptions const options{.functions = &functions};
  CHECK(sorted(q(people(), "[:find ?x :where [_ :age ?a] [(adult? ?a)] [(twice ?a) ?x]]", options).to_edn()) == "#{[40] [74]}");
  CHECK(sorted(q(people(), "[:find (range ?a) . :where [_ :age ?a]]", options).to_edn()) == "22");
  CHECK(refused("[:find ?x :where [_ :age ?a] [(twice ?a) ?x]]") == Errc::query_where);
  // Another number of arguments shows where there is no row, too.
  for (auto const* text : {"[:find ?x :where [_ :nothing ?a] [(twice ?a ?a) ?x]]", "[:find ?a :where [_ :nothing ?a] (not [(adult? ?a 1)])]",
                           "[:find ?a :where [_ :nothing ?a] :having [(adult? ?a 1)]]"}) {
    CAPTURE(text);
    CHECK(refusal([&] { return q(people(), text, options); }) == Errc::query_where);
  }
  CHECK(q(people(), "[:find ?x :where [_ :nothing ?a] [(twice ?a) ?x]]", options).empty());
  CHECK(refusal([&] { return q(people(), "[:find ?x :where [_ :age ?a] [(thrice ?a) ?x]]", options); }) == Errc::query_where);
}

TEST_CASE("a query ends where it has no more time or memory") {
  auto const product = "[:find ?a ?b ?c :where [?x :n ?a] [?y :n ?b] [?z :n ?c]]";
  CHECK(refusal([&] { return q(numbers(), product, QueryOptions{.timeout = std::chrono::milliseconds{20}}); }) == Errc::query_timeout);
  CHECK(refusal([&] { return q(numbers(), product, QueryOptions{.memory = 1U << 22U}); }) == Errc::query_memory);
  std::atomic<bool> const cancelled{true};
  CHECK(refusal([&] { return q(numbers(), product, QueryOptions{.cancelled = &cancelled}); }) == Errc::query_timeout);
  CHECK(refusal([&] {
          return q(numbers(), "[:find ?s :where [?x :n ?a] [?y :n ?b] [(str ?a \" and \" ?b) ?s]]", QueryOptions{.memory = 1U << 22U});
        }) == Errc::query_memory);
  CHECK(q(numbers(), "[:find ?n . :where [1007 :n ?n]]", QueryOptions{.timeout = std::chrono::seconds{60}, .memory = 1U << 22U}).value() ==
        Value{7});
  // One is enough of a scalar: the product is not made.
  CHECK(q(numbers(), "[:find ?a . :where [?x :n ?a] [?y :n ?b] [?z :n ?c]]").size() == 1);
}

TEST_CASE("many batches") {
  auto const& db = numbers();
  CHECK(q(db, "[:find ?e ?n :where [?e :n ?n]]").size() == 5000);
  CHECK(q(db, "[:find ?e ?n :where [?e :n ?n] [(even? ?n)]]").size() == 2500);
  CHECK(q(db, "[:find ?n :where [?e :n ?n] [?e :half ?h] [(> ?n ?h)]]").size() == 4999);
  CHECK(q(db, "[:find ?x :where [?e :n ?n] [(quot ?n 2) ?x]]").size() == 2500);
  CHECK(q(db, "[:find ?e :where [?e :n ?n] (not [?e :text \"t3\"])]").size() == 5000 - 714);
  CHECK(q(db, "[:find ?e :where (or [?e :text \"t3\"] [?e :n 1] [?e :n 3])]").size() == 714 + 1);
  CHECK(q(db, "[:find ?t ?u :where [?e :text ?t] [?e :next ?f] [?f :text ?u]]").size() == 7);
  CHECK(q(db, "[:find ?x :where [?e :n ?n] [(get-else $ ?e :next :none) ?x]]").size() == 5000);
  CHECK(q(db, "[:find ?e :where [?e :n] [(missing? $ ?e :next)]]").size() == 1);
  CHECK(q(db, "[:find ?m :in $ [?n ...] :where [?e :n ?n] [?f :next ?e] [?f :n ?m]]", std::views::iota(0, 3000)).size() == 3000);
  std::vector<std::pair<int, int>> rows;
  for (int i = 0; i != 3000; ++i) rows.emplace_back(i, i % 10);
  CHECK(q(db, "[:find ?d :in $ $r :where [?e :n ?n] [$r ?n ?d] [(< ?n 20)]]", rows).size() == 10);
}

TEST_CASE("one entity by two names is found once") {
  auto const db = after(after(people(), R"([
    {:db/ident :boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
    {:db/ident :width :db/valueType :db.type/float :db/cardinality :db.cardinality/one :db/unique :db.unique/value}])"),
                        "[{:db/id 101 :db/ident :ivan :width 1.5} [:db/add 102 :boss 101]]");
  auto const names = edn(R"([101 :ivan [:name "Ivan"]])");
  auto const found = [&](std::string_view text, auto const&... inputs) { return q(db, text, inputs...).size(); };
  CHECK(found("[:find ?n :in $ [?e ...] :where [?e :name ?n]]", names) == 1);
  CHECK(found("[:find ?n ?a :in $ [?e ...] :where [?e :name ?n] [?e :age ?a]]", names) == 1);
  CHECK(found("[:find ?e :in $ [?b ...] :where [?e :boss ?b]]", names) == 1);
  CHECK(found("[:find ?e ?b :in $ [?b ...] :where [?e :boss ?b]]", names) == 3);
  CHECK(found("[:find ?n :in $ [[?e ?x]] :where [?e :name ?n]]", edn("[[101 0] [:ivan 0]]")) == 1);
  CHECK(found("[:find ?n :where [(ground [101 :ivan]) [?e ...]] [?e :name ?n]]") == 1);
  CHECK(found("[:find ?n :where (or [(ground 101) ?e] [(ground :ivan) ?e]) [?e :name ?n]]") == 1);
  CHECK(found("[:find ?n :in $ $rows :where [$rows ?e ?x] [?e :name ?n]]", edn("[[101 0] [:ivan 0]]")) == 1);
  CHECK(found("[:find ?n :in $ $rows :where [$rows ?e] [?e :name ?n]]", edn("[[101] [:ivan]]")) == 1);
  CHECK(found("[:find ?n :in $ % :where (who ?e) [?e :name ?n]]",
              rules("[[(who ?e) [(ground 101) ?e]] [(who ?e) [(ground :ivan) ?e]]]")) == 1);
  std::vector<Value> const widths{Value{1.5F}, Value{1.5}};
  CHECK(found("[:find ?e :in $ [?w ...] :where [?e :width ?w]]", widths) == 1);
  // What patterns find has one name, and needs no look at duplicates.
  CHECK(found("[:find ?n :where [_ :boss ?b] [?b :name ?n]]") == 1);
}

TEST_CASE("a double finds what is held as a float, where an attribute may hold both") {
  auto const schema = after(people(), R"([
    {:db/ident :weight :db/valueType :db.type/number :db/cardinality :db.cardinality/one :db/index true}])");
  std::vector<TxOp> facts;
  for (int i = 0; i != 3000; ++i) {
    facts.push_back(add(1000 + i, ":weight", i % 2 == 0 ? Value{0.25F * static_cast<float>(i)} : Value{0.25 * i}));
    facts.push_back(add(1000 + i, ":age", i % 5));
  }
  auto const db = transact(schema, TxData{std::move(facts)}, Instant{1000}).db_after;
  auto const found = [&](std::string_view text, auto const&... inputs) { return q(db, text, inputs...).size(); };
  CHECK(found("[:find ?e :where [?e :weight 0.5]]") == 1);
  CHECK(found("[:find ?e :where [?e :weight 0.25]]") == 1);
  CHECK(found("[:find ?e :where [?e :age ?a] [?e :weight 0.5]]") == 1);
  CHECK(found("[:find ?e :in $ ?w :where [?e :weight ?w]]", 0.5) == 1);
  CHECK(found("[:find ?e :in $ [?w ...] :where [?e :weight ?w]]", std::vector{0.25, 0.5}) == 2);
  std::vector<double> all;
  for (int i = 0; i != 3000; ++i) all.push_back(0.25 * i);
  CHECK(found("[:find ?e :in $ [?w ...] :where [?e :weight ?w]]", all) == 3000);
  CHECK(found("[:find ?e :in $ [?w ...] :where [?e :age 2] [?e :weight ?w]]", all) == 600);
}

TEST_CASE("a plan is explained with the rows that its steps gave") {
  auto const text = explain(people(), "[:find ?n :where [?e :age ?a] [(> ?a 18)] [?e :name ?n] (not [?e :sex :male])]");
  CAPTURE(text);
  CHECK(text.find("[?e :age ?a]") != std::string::npos);
  CHECK(text.find("drop if found") != std::string::npos);
  CHECK(text.find(" rows") != std::string::npos);

  // The expected number is that of the data where there is no order to choose, too; what was found is said of a row as well.
  std::string const ages = std::to_string(q(people(), "[:find ?e :where [?e :age]]").size());
  auto const one = explain(people(), "[:find ?e :where [?e :age]]");
  CAPTURE(one);
  CHECK(one.find("expects about " + ages + " rows, found " + ages + "\n") != std::string::npos);
  auto const two = explain(people(), "[:find ?e ?s :where [?e :age] [?e :sex ?s]]");
  CAPTURE(two);
  CHECK(two.find(", 1 for each\n") != std::string::npos);
}

TEST_CASE("what is no query is refused with its text around the place") {
  auto const text = [](std::string_view query) {
    try {
      static_cast<void>(q(people(), query));
      return std::string{};
    } catch (Error const& error) {
      return std::string{error.what()};
    }
  };
  CHECK(text("[:find ?e :where [?e :name").find('^') != std::string::npos);
  CHECK(text("[:find ?x :where [?e :name ?n]]").find("?x") != std::string::npos);
  CHECK(text("[:find ?e :where [?e :name ?n] [(grater ?n 1)]]").find("grater") != std::string::npos);
  CHECK(refused("[:find ?e :where [?e :name ?n] (reach ?e ?n)]") == Errc::parser_query);
  CHECK(refused("[:where [?e :name ?n]]") == Errc::parser_find);
  CHECK(refused("{:find [?e] :where [[?e :name") == Errc::edn_syntax);
}

// ---- against the oracle

/// Small databases and queries that have answers there, one after the other from a seed.
class Guesser {
 public:
  explicit Guesser(std::uint64_t seed) : random_{seed} {}

  std::string transaction() {
    std::string tx = "[";
    for (int e = 101; e != 120; ++e) {
      tx += "{:db/id " + std::to_string(e);
      if (chance(80)) tx += " :name " + name();
      if (chance(80)) tx += " :age " + std::to_string(below(8));
      if (chance(50)) tx += " :height " + std::to_string(below(4)) + ".5";
      if (chance(50)) tx += " :tag [" + name() + " " + name() + "]";
      if (chance(60)) tx += " :friend [" + entity() + " " + entity() + "]";
      if (chance(40)) tx += " :boss " + entity();
      tx += "}";
    }
    return tx + "]";
  }
  std::string changes() {
    std::string tx = "[";
    for (int i = 0; i != 6; ++i) tx += "[:db/add " + entity() + " :age " + std::to_string(below(8)) + "]";
    return tx + "[:db.fn/retractAttribute 103 :tag] [:db/retractEntity 117]]";
  }

  std::string query() {
    bound_.clear();
    std::string where;
    auto const patterns = 1 + below(3);
    for (int i = 0; i != patterns; ++i) where += pattern(true);
    if (chance(30) && bound_.contains("?g")) where += "[(" + one_of({"<", ">", "<=", ">=", "=", "not="}) + " ?g " + std::to_string(below(8)) + ")]";
    if (chance(20) && bound_.contains("?g") && bound_.contains("?h")) where += "[(<= ?g ?h)]";
    if (chance(20) && bound_.contains("?g")) where += "[(+ ?g 1) ?i]", bound_.insert("?i");
    if (chance(15)) where += "[(get-else $ ?e :age -1) ?j]", where += "[?e :name]", bound_.insert({"?j", "?e"});
    if (chance(15)) where += "[?e :name] [(missing? $ ?e :tag)]", bound_.insert("?e");
    if (chance(25)) where += "[?e :name] (not " + pattern(false) + ")", bound_.insert("?e");
    if (chance(25)) {
      where += "(or [?e :age " + std::to_string(below(8)) + "] (and [?e :tag " + name() + "] [?e :name]) [?e :name " + name() + "])";
      bound_.insert("?e");
    }
    if (chance(15)) where += "[(ground [1 2 2]) [?k ...]]", bound_.insert("?k");
    std::string find;
    for (auto const& variable : bound_) {
      if (find.empty() || chance(50)) find += " " + (chance(8) ? "(count " + variable + ")" : variable);
    }
    if (chance(8)) find = " (max " + *bound_.begin() + ") .";
    return "[:find" + find + (chance(10) ? " :with " + unfound(find) : "") + " :where " + where + "]";
  }
  int below(int limit) { return std::uniform_int_distribution<int>{0, limit - 1}(random_); }

 private:
  bool chance(int percent) { return below(100) < percent; }
  std::string one_of(std::vector<std::string> const& texts) { return texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))]; }
  std::string name() { return one_of({"\"a\"", "\"b\"", "\"c\"", "\"d\""}); }
  std::string entity() { return std::to_string(101 + below(19)); }
  std::string unfound(std::string const& find) {
    for (auto const& variable : bound_) {
      if (find.find(variable) == std::string::npos) return variable;
    }
    bound_.insert("?z");
    return "?z :in $ ?z";
  }
  std::string use(std::string const& variable, bool binds) {
    if (binds) bound_.insert(variable);
    return variable;
  }
  /// One that binds what it names only where it is no denial.
  std::string pattern(bool binds) {
    auto const from = binds ? use(one_of({"?e", "?e", "?f"}), true) : std::string{"?e"};
    switch (below(7)) {
      case 0: return "[" + from + " :name " + (chance(40) ? name() : binds ? use("?n", true) : "_") + "]";
      case 1: return "[" + from + " :age " + (chance(30) ? std::to_string(below(8)) : binds ? use(one_of({"?g", "?h"}), true) : "_") + "]";
      case 2: return "[" + from + " :tag " + (chance(30) ? name() : binds ? use(one_of({"?t", "?n"}), true) : "_") + "]";
      case 3: return "[" + from + " :friend " + (chance(20) ? entity() : binds ? use(one_of({"?e", "?f", "?x"}), true) : "_") + "]";
      case 4: return "[" + from + " :boss " + (chance(20) ? entity() : binds ? use(one_of({"?f", "?x"}), true) : "_") + "]";
      case 5: return "[" + from + " :height " + (binds ? use("?d", true) : "_") + (binds && chance(30) ? " " + use("?q", true) : "") + "]";
      default: return binds ? "[" + from + " " + use("?a", true) + " " + use("?v", true) + "]" : "[" + from + " :boss " + entity() + "]";
    }
  }

  std::mt19937_64 random_;
  std::set<std::string> bound_{};
};

TEST_CASE("random queries have the oracle's answers on every view") {
  bool const is_long = std::getenv("CAIRN_LONG") != nullptr;
  std::uint64_t const seed = is_long ? std::random_device{}() : 20260301;
  CAPTURE(seed);
  Guesser guesser{seed};
  Database empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
  auto const schema = after(empty, R"([
    {:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}
    {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
    {:db/ident :height :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
    {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
    {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
    {:db/ident :boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])");
  for (int round = 0; round != (is_long ? 30 : 3); ++round) {
    auto const first = after(schema, guesser.transaction());
    auto const second = after(first, guesser.changes());
    auto const filtered = second.filter([](auto const&, Datom const& datom) { return datom.e % 3 != 0; });
    std::array<Database, 5> const views{second, second.as_of(first.max_tx()), second.since(first.max_tx()), second.history(), filtered};
    for (int number = 0; number != 60; ++number) {
      auto const text = guesser.query();
      auto const view = static_cast<std::size_t>(guesser.below(5));
      CAPTURE(round, number, view, text);
      auto const form = notation::parse(text);
      std::vector<Edn> inputs;
      if (text.find(":in $ ?z") != std::string::npos) inputs.push_back(Edn::integer(7));
      std::vector<query::GivenInput> given{query::GivenInput{views[view]}};
      for (auto const& input : inputs) given.emplace_back(input);
      std::string expected;
      std::string got;
      std::optional<Errc> const no = refusal([&] { return expected = sorted(oracle::q(views[view], form, inputs)); });
      std::optional<Errc> const refused = refusal([&] { return got = sorted(query_with(text, given).to_edn()); });
      CHECK(refused == no);
      CHECK(got == expected);
    }
  }
}

/// A database whose store does not answer.
class Unreadable final : public query::Source {
 public:
  [[nodiscard]] bool is_database() const noexcept override { return true; }
  [[nodiscard]] std::unique_ptr<query::StepRunner> pattern(query::StepPlace const&) const override { fail(); }
  [[nodiscard]] query::PatternFacts facts(query::QueryContext const&, query::Step const&) const override { return {}; }
  [[nodiscard]] query::AttributeFacts attribute_facts(Keyword, std::optional<Value> const&, std::optional<Value> const&,
                                                      std::optional<Value> const&) const override {
    fail();
  }
  void first_values(query::QueryContext&, query::Cell, query::Column const&, std::uint32_t,
                    std::optional<query::Cell>*) const override {
    fail();
  }
  [[nodiscard]] std::vector<Edn> pull(Edn const&, std::span<query::Cell const>, meta::Watch const&) const override { fail(); }

 private:
  [[noreturn]] static void fail() { raise(Errc::io_error, "the store does not answer", "{}"); }
};

TEST_CASE("a query is planned once, until its rules, its options or its database are others") {
  auto const prepared = [](Database const& db, std::string_view text, QueryOptions const& options = {}, std::string_view with = {}) {
    std::vector<query::GivenInput> inputs{query::GivenInput{db}};
    if (!with.empty()) inputs.emplace_back(rules(with));
    return query::PlanCache::of_program().prepare(text, inputs, options);
  };
  constexpr std::string_view text = "[:find ?e ?n :where [?e :name ?n] [?e :age 37]]";
  auto const first = prepared(people(), text);
  CHECK(prepared(people(), text) == first);
  CHECK(prepared(people(), std::string{text} + " ") != first);
  CHECK(prepared(people(), text, {.order_by = "[?n]"}) != first);
  FunctionRegistry const functions;
  CHECK(prepared(people(), text, {.functions = &functions}) != first);
  CHECK(prepared(people(), text) == first);

  auto const grown = after(people(), R"([{:db/id 105 :name "Ivo" :age 37} {:db/id 106 :name "Iva" :age 37} {:db/id 107 :name "Ina" :age 37}])");
  CHECK(prepared(grown, text) != first);
  CHECK(prepared(grown.history(), text) != prepared(grown, text));
  auto const changed = after(people(), R"([{:db/ident :more :db/valueType :db.type/long :db/cardinality :db.cardinality/one}])");
  CHECK(prepared(changed, text) != first);
  CHECK(q(people(), text).size() == 2);
  CHECK(q(grown, text).size() == 5);
  CHECK(q(changed, text).size() == 2);

  constexpr std::string_view ask = "[:find ?x :in $ % :where (near 102 ?x)]";
  auto const straight = prepared(people(), ask, {}, "[[(near ?a ?b) [?a :friend ?b]]]");
  CHECK(prepared(people(), ask, {}, "[[(near ?a ?b) [?a :friend ?b]]]") == straight);
  CHECK(prepared(people(), ask, {}, "[[(near ?a ?b) [?b :friend ?a]]]") != straight);
  CHECK(q(people(), ask, rules("[[(near ?a ?b) [?a :friend ?b]]]")).size() == 2);
  CHECK(q(people(), ask, rules("[[(near ?a ?b) [?b :friend ?a]]]")).empty());

  // No more are kept than a few, and none that is long.
  for (int i = 0; i != 1000; ++i) static_cast<void>(prepared(people(), "[:find ?e . :where [?e :age " + std::to_string(i) + "]]"));
  CHECK(prepared(people(), text) != first);
  auto const wide = "[:find ?e :where [?e :age 37]" + std::string(5000, ' ') + "]";
  CHECK(prepared(people(), wide) != prepared(people(), wide));
  std::string rule = "[[(r ?x)";
  for (int i = 0; i != 60; ++i) rule += " [?x :age]";
  std::string many = "[:find ?x :in $ % :where (or";
  for (int i = 0; i != 80; ++i) many += " (r ?x)";
  auto const large = prepared(people(), many + ")]", {}, rule + "]]");
  REQUIRE(large->plan().steps.size() > 4096);
  CHECK(prepared(people(), many + ")]", {}, rule + "]]") != large);

  // One text that is asked of many databases has a plan for each of them.
  std::vector<Database> databases;
  for (int i = 0; i != 12; ++i) databases.push_back(after(people(), "[{:db/ident :more" + std::to_string(i) + "}]"));
  constexpr std::string_view one = "[:find ?n :where [?e :name ?n] [?e :age 20]]";
  std::vector<std::shared_ptr<query::Prepared const>> plans;
  for (auto const& db : databases) plans.push_back(prepared(db, one));
  std::size_t again = 0;
  for (std::size_t i = 0; i != databases.size(); ++i) again += prepared(databases[i], one) == plans[i] ? 1U : 0U;
  CHECK(again > 0);

  std::vector<query::GivenInput> const unreadable{query::GivenInput{std::shared_ptr<query::Source const>{std::make_shared<Unreadable>()}}};
  auto const guess = query::PlanCache::of_program().prepare(one, unreadable, {});
  CHECK(guess->is_guess());
  CHECK(query::PlanCache::of_program().prepare(one, unreadable, {}) != guess);
}

TEST_CASE("one plan answers many threads") {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread != 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i != 200; ++i) {
        auto const found = q(people(), "[:find ?n ?a :where [?e :name ?n] [?e :age ?a] [(> ?a " + std::to_string(i % 20 + 18) + ")]]");
        auto const expected = i % 20 + 18 < 20 ? 3U : i % 20 + 18 < 37 ? 2U : 0U;
        if (found.size() != expected) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("different values are counted group by group") {
  auto const text = [](std::string_view find) { return sorted(q(people(), find).to_edn()); };
  CHECK(text("[:find (count-distinct ?a) :where [_ :age ?a]]") == "[[3]]");
  CHECK(text("[:find ?s (count-distinct ?a) (count ?a) :with ?e :where [?e :sex ?s] [?e :age ?a]]") == "[[:female 2 2] [:male 2 2]]");
  CHECK(text("[:find ?a (count-distinct ?t) :where [?e :age ?a] [?e :tag ?t]]") == "[[15 2] [37 1]]");
  CHECK(text("[:find ?s (count-distinct ?x) (max ?x) :where [?e :sex ?s] (or [?e :name ?x] [?e :age ?x])]") ==
        R"([[:female 4 "Olga"] [:male 4 "Petr"]])");
}

}  // namespace
}  // namespace cairn::q_test
