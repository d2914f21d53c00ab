// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every query of data/queries.edn five times in one process: planned by the compiler, at run time as a query that is asked again,
// read and planned now, and as loops written by hand over an absl::btree_set and over sorted columns. All rows are counted and summed up, and the counts must agree. Then pulls, and
// what queries need of memory.
//
// usage: query_benchmark [DATASCRIPT_RESULTS]   what peers/datascript.js printed
#include "query_contest.hpp"
#include "query_databases.hpp"
#include "query_memory.hpp"

#include <cairn/query/run/prepared.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn::benchmarks {
namespace {

// ---- rows are looked at

void touch(RowSink& row, EntityId number) { row.sum += static_cast<std::uint64_t>(number); }
void touch(RowSink& row, double number) { row.sum += static_cast<std::uint64_t>(number); }
void touch(RowSink& row, std::string_view text) { row.sum += text.size(); }
// Both engines' values in the loop itself: a call each would be most of what a short row costs.
template <class AnyValue>
requires std::same_as<AnyValue, Value> || std::same_as<AnyValue, ValueView>
[[gnu::always_inline]] inline void touch(RowSink& row, AnyValue const& value) {
  switch (value.kind()) {
    case ValueKind::integer: return touch(row, value.as_integer());
    case ValueKind::float64: return touch(row, value.as_double());
    case ValueKind::string: return touch(row, value.as_string());
    default: ++row.sum;
  }
}
template <class... Parts>
void touch(RowSink& row, std::tuple<Parts...> const& parts) {
  std::apply([&](auto const&... part) { (touch(row, part), ...); }, parts);
}
// In a sink of their own, which is kept in registers as that of a loop without a call is.
template <class Rows>
void touch_all(RowSink& sink, Rows&& rows) {
  RowSink row = sink;
  for (auto&& one : rows) {
    ++row.rows;
    touch(row, one);
  }
  sink = row;
}
/// Of a row at run time, what the row that the compiler makes of the same query has: by type, as one reads who knows the query; as a
/// value where the compiler does not know the type either.
template <class T>
[[gnu::always_inline]] inline void touch_column(RowSink& row, QueryRow const& one, std::size_t column) {
  if constexpr (std::same_as<T, ValueView>) {
    touch(row, one[column]);
  } else {
    touch(row, one.get<T>(column));
  }
}
template <class Row>
struct ColumnsOf {
  static void touch(RowSink& row, QueryRow const& one) { touch_column<Row>(row, one, 0); }
};
template <class... Parts>
struct ColumnsOf<std::tuple<Parts...>> {
  [[gnu::always_inline]] static void touch(RowSink& row, QueryRow const& one) {
    std::size_t column = 0;
    (touch_column<Parts>(row, one, column++), ...);
  }
};
template <class StaticRows>
void touch_rows(RowSink& sink, QueryResult const& rows) {
  RowSink row = sink;
  for (auto const& one : rows) {
    ++row.rows;
    ColumnsOf<std::ranges::range_value_t<StaticRows>>::touch(row, one);
  }
  sink = row;
}

/// As `q`, but that nothing of an earlier call is used.
template <class... Inputs>
[[nodiscard]] QueryResult ask_anew(std::string_view text, Inputs const&... inputs) {
  std::array<query::GivenInput, sizeof...(Inputs)> const given{query::GivenInput{inputs}...};
  query::Prepared const prepared{text, given, {}, query::Deadline{QueryOptions{}}};
  return query::run_plan(prepared.view(), given);
}

/// A query all ways. The text is written once.
#define CAIRN_QUERY(named, text, db, loops, loop, ...)                                                                   \
  contest.query(                                                                                                         \
      named, [&](RowSink& row) { touch_all(row, cairn::q<text>(db __VA_OPT__(, ) __VA_ARGS__)); },                       \
      [&](RowSink& row) {                                                                                                \
        touch_rows<decltype(cairn::q<text>(db __VA_OPT__(, ) __VA_ARGS__))>(row, cairn::q(db, text __VA_OPT__(, ) __VA_ARGS__)); \
      },                                                                                                                 \
      [&](RowSink& row) {                                                                                                \
        touch_rows<decltype(cairn::q<text>(db __VA_OPT__(, ) __VA_ARGS__))>(row, ask_anew(text, db __VA_OPT__(, ) __VA_ARGS__)); \
      },                                                                                                                 \
      [&](RowSink& row) { (loops##_of_tree).loop(row); }, [&](RowSink& row) { (loops##_of_columns).loop(row); })

void people_queries(Contest& contest) {
  Databases databases{"people"};
  auto const facts = people_and_follows();
  databases.add(facts);
  auto const db = databases.db();
  HandTree const tree{facts};
  HandColumns const columns{facts};
  HandLoops<HandTree> const loops_of_tree{tree};
  HandLoops<HandColumns> const loops_of_columns{columns};

  CAIRN_QUERY("q1", R"([:find ?e :where [?e :name "Ivan"]])", db, loops, q1);
  CAIRN_QUERY("q2", R"([:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a]])", db, loops, q2);
  CAIRN_QUERY("q2-switch", R"([:find ?e ?a :where [?e :age ?a] [?e :name "Ivan"]])", db, loops, q2);
  CAIRN_QUERY("q3", R"([:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a] [?e :sex :male]])", db, loops, q3);
  CAIRN_QUERY("q4", R"([:find ?e ?l ?a :where [?e :name "Ivan"] [?e :last-name ?l] [?e :age ?a] [?e :sex :male]])", db, loops, q4);
  CAIRN_QUERY("q5", R"([:find ?e1 ?l ?a :where [?e :name "Ivan"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l]])", db, loops, q5);
  CAIRN_QUERY("qpred1", "[:find ?e ?s :where [?e :salary ?s] [(> ?s 50000)]]", db, loops, qpred);
  CAIRN_QUERY("qpred2", "[:find ?e ?s :in $ ?min :where [?e :salary ?s] [(> ?s ?min)]]", db, loops, qpred, 50000);
  CAIRN_QUERY("q-or", R"([:find ?e :where (or [?e :name "Ivan"] [?e :name "Petr"])])", db, loops, q_or);
  CAIRN_QUERY("q-not", "[:find ?e ?a :where [?e :age ?a] (not [?e :sex :male])]", db, loops, q_not);
  CAIRN_QUERY("q-or-join", R"([:find ?e ?a :where [?e :age ?a] (or-join [?e] [?e :name "Ivan"] [?e :name "Petr"])])", db, loops, q_or_join);
  CAIRN_QUERY("q-not-join", "[:find ?e ?a :where [?e :age ?a] (not-join [?e] [?e :sex :male])]", db, loops, q_not);
  CAIRN_QUERY("q-pred-range", "[:find ?e ?s :where [?e :salary ?s] [(> ?s 50000)] [(< ?s 80000)]]", db, loops, q_pred_range);
  CAIRN_QUERY("q-5-merge", "[:find ?e ?n ?l ?a ?s :where [?e :name ?n] [?e :last-name ?l] [?e :age ?a] [?e :salary ?s] [?e :sex :male]]", db, loops, q_5_merge);
  CAIRN_QUERY("agg-avg", "[:find (avg ?s) :where [?e :salary ?s]]", db, loops, agg_avg);
  CAIRN_QUERY("agg-group", "[:find ?x (avg ?s) (count ?e) :where [?e :sex ?x] [?e :salary ?s]]", db, loops, agg_group);
  CAIRN_QUERY("agg-filter", "[:find (avg ?s) (min ?s) (max ?s) :where [?e :salary ?s] [?e :sex :male]]", db, loops, agg_filter);
  CAIRN_QUERY("agg-pred", "[:find ?x (avg ?s) :where [?e :salary ?s] [?e :sex ?x] [(> ?s 50000)]]", db, loops, agg_pred);
  CAIRN_QUERY("agg-multi", "[:find ?x ?n (avg ?s) :where [?e :sex ?x] [?e :name ?n] [?e :salary ?s]]", db, loops, agg_multi);
  CAIRN_QUERY("agg-stats", "[:find (avg ?s) (variance ?s) (stddev ?s) (median ?s) :where [?e :salary ?s]]", db, loops, agg_stats);
  contest.query(
      "q-rule",
      [&](RowSink& row) {
        touch_all(row, cairn::q<"[:find ?e1 ?e2 :in $ % :where (follow ?e1 ?e2)]">(db, cairn::rules<"[[(follow ?a ?b) [?a :follows ?b]]]">));
      },
      [&](RowSink& row) {
        touch_rows<std::span<std::tuple<EntityId, EntityId> const>>(row, cairn::q(db, "[:find ?e1 ?e2 :in $ % :where (follow ?e1 ?e2)]", cairn::rules("[[(follow ?a ?b) [?a :follows ?b]]]")));
      },
      [&](RowSink& row) {
        touch_rows<std::span<std::tuple<EntityId, EntityId> const>>(row, ask_anew("[:find ?e1 ?e2 :in $ % :where (follow ?e1 ?e2)]", db, cairn::rules("[[(follow ?a ?b) [?a :follows ?b]]]")));
      },
      [&](RowSink& row) { loops_of_tree.q_rule(row); }, [&](RowSink& row) { loops_of_columns.q_rule(row); });
}

void join_queries(Contest& contest) {
  Databases databases{"joins"};
  auto const facts = joins_facts(first_entity);
  databases.add(facts);
  auto const db = databases.db();
  HandTree const tree{facts};
  HandColumns const columns{facts};
  HandLoops<HandTree> const loops_of_tree{tree};
  HandLoops<HandColumns> const loops_of_columns{columns};

  CAIRN_QUERY("join-ref-1", R"([:find ?pn ?dn :where [?d :d/name "dept-99"] [?d :d/budget ?b] [?e :p/dept ?d] [?e :p/name ?pn] [?d :d/name ?dn]])", db, loops, join_ref_1);
  CAIRN_QUERY("join-ref-10", "[:find ?pn ?dn :where [?d :d/budget ?b] [(> ?b 450000)] [?d :d/name ?dn] [?e :p/dept ?d] [?e :p/name ?pn]]", db, loops, join_ref_10);
  CAIRN_QUERY("join-pred", "[:find ?pn ?dn :where [?d :d/budget ?b] [(> ?b 400000)] [?d :d/name ?dn] [?e :p/dept ?d] [?e :p/name ?pn]]", db, loops, join_pred);
  CAIRN_QUERY("join-chain", "[:find ?pn ?dn ?vn :where [?e :p/name ?pn] [?e :p/dept ?d] [?d :d/name ?dn] [?d :d/div ?v] [?v :div/name ?vn]]", db, loops, join_chain);
  CAIRN_QUERY("join-selective", "[:find ?pn ?dn :where [?e :p/salary ?s] [(> ?s 90000)] [?e :p/name ?pn] [?e :p/dept ?d] [?d :d/name ?dn]]", db, loops, join_selective);
}

void closure_of(Contest& contest, std::string const& named, Facts const& facts) {
  Databases databases{named};
  databases.add(facts);
  auto const db = databases.db();
  HandTree const tree{facts};
  HandColumns const columns{facts};
  constexpr std::string_view reach = "[[(reach ?x ?y) [?x :follows ?y]] [(reach ?x ?y) [?x :follows ?t] (reach ?t ?y)]]";
  contest.query(
      named,
      [&](RowSink& row) {
        touch_all(row, cairn::q<"[:find ?e ?e2 :in $ % :where (reach ?e ?e2)]">(
                           db, cairn::rules<"[[(reach ?x ?y) [?x :follows ?y]] [(reach ?x ?y) [?x :follows ?t] (reach ?t ?y)]]">));
      },
      [&](RowSink& row) { touch_rows<std::span<std::tuple<EntityId, EntityId> const>>(row, cairn::q(db, "[:find ?e ?e2 :in $ % :where (reach ?e ?e2)]", cairn::rules(reach))); },
      [&](RowSink& row) { touch_rows<std::span<std::tuple<EntityId, EntityId> const>>(row, ask_anew("[:find ?e ?e2 :in $ % :where (reach ?e ?e2)]", db, cairn::rules(reach))); },
      [&](RowSink& row) { closure_by_tree(tree, row); }, [&](RowSink& row) { closure_by_search(columns, row); });
}

void time_travel_queries(Contest& contest) {
  Databases databases{"temporal", true};
  auto const facts = people_facts(first_entity);
  auto const first = databases.add(facts);
  auto const second = databases.add(birthdays(facts));
  auto const now = databases.db();
  auto const as_of = now.as_of(first);
  auto const history = now.history();

  Facts present;
  HandHistory<TreeOfOperations> operations_in_tree;
  HandHistory<SortedOperations> operations_in_columns;
  auto const add = [&](Fact const& fact, EntityId tx, bool added) {
    operations_in_tree.add(fact, tx, added);
    operations_in_columns.add(fact, tx, added);
  };
  for (auto const& fact : facts) {
    add(fact, first, true);
    bool const changed = grows_older(fact);
    if (changed) {
      add(fact, second, false);
      add({fact.e, age, fact.v + 100}, second, true);
    }
    present.push_back({fact.e, fact.a, changed ? fact.v + 100 : fact.v});
  }
  operations_in_tree.finish();
  operations_in_columns.finish();
  HandTree const tree{present};
  HandColumns const columns{present};
  HandLoops<HandTree> const loops_of_tree{tree};
  HandLoops<HandColumns> const loops_of_columns{columns};
  HistoryLoops<HandHistory<TreeOfOperations>> const past_of_tree{operations_in_tree, first};
  HistoryLoops<HandHistory<SortedOperations>> const past_of_columns{operations_in_columns, first};

  CAIRN_QUERY("current-q1", R"([:find ?e :where [?e :name "Ivan"]])", now, loops, q1);
  CAIRN_QUERY("current-q2", R"([:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a]])", now, loops, q2);
  CAIRN_QUERY("as-of-q1", R"([:find ?e :where [?e :name "Ivan"]])", as_of, past, as_of_q1);
  CAIRN_QUERY("as-of-q2", R"([:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a]])", as_of, past, as_of_q2);
  CAIRN_QUERY("as-of-q3", R"([:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a] [?e :sex :male]])", as_of, past, as_of_q3);
  CAIRN_QUERY("history-q1", "[:find ?e :where [?e :name]]", history, past, history_q1);
  CAIRN_QUERY("history-q2", "[:find ?e ?a ?tx :where [?e :age ?a ?tx]]", history, past, history_q2);
  CAIRN_QUERY("history-q3", "[:find ?e ?n ?a :where [?e :name ?n] [?e :age ?a]]", history, past, history_q3);
  CAIRN_QUERY("history-retracted", "[:find ?e ?a :where [?e :age ?a _ false]]", history, past, history_retracted);
}

// ---- pull

void pulls(Contest& contest) {
  Databases databases{"pulled"};
  databases.add(people_facts(first_entity));
  auto const db = databases.db();
  // As in peers/datascript.js: the pattern's text for each entity. And as who pulls many writes it.
  auto const one_by_one = [&](char const* pattern) {
    return [&db, pattern] {
      for (std::int64_t e = first_entity; e != first_entity + 1000; ++e) static_cast<void>(cairn::pull(db, pattern, e));
    };
  };
  auto const many = [&](char const* pattern) {
    return [&db, pattern] {
      static_cast<void>(cairn::pull_many(db, pattern, std::views::iota(first_entity, first_entity + 1000)));
    };
  };
  constexpr auto four = "[:name :last-name :sex :age]";
  auto const us = microseconds({one_by_one(four), one_by_one("[*]"), many(four), many("[*]")});
  contest.pull("pull 4 attributes", us[0]);
  contest.pull("pull *", us[1]);
  contest.pull("pull 4 attributes", us[2], "of 1,000 entities at once");
  contest.pull("pull *", us[3], "of 1,000 entities at once");
}

// ---- memory

void memory_of_queries() {
  auto const print = [](std::string const& named, std::string_view text, std::vector<query::GivenInput> const& inputs) {
    auto const memory = memory_of(text, inputs);
    print_row(named + ": memory beside the result", "bytes", Better::less, static_cast<double>(memory.beside), "largest intermediate relation",
              static_cast<double>(memory.intermediate), 2 * static_cast<double>(memory.intermediate));
  };
  Databases people{"people in memory"};
  people.add(people_and_follows());
  query::GivenInput const db{people.db()};
  print("q5", R"([:find ?e1 ?l ?a :where [?e :name "Ivan"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l]])", {db});
  print("q-5-merge", "[:find ?e ?n ?l ?a ?s :where [?e :name ?n] [?e :last-name ?l] [?e :age ?a] [?e :salary ?s] [?e :sex :male]]", {db});
  print("agg-multi", "[:find ?x ?n (avg ?s) :where [?e :sex ?x] [?e :name ?n] [?e :salary ?s]]", {db});
  print("agg-pred", "[:find ?x (avg ?s) :where [?e :salary ?s] [?e :sex ?x] [(> ?s 50000)]]", {db});
  print("count-distinct", "[:find ?x (count-distinct ?s) :where [?e :sex ?x] [?e :salary ?s]]", {db});
  print("agg-stats", "[:find (avg ?s) (variance ?s) (stddev ?s) (median ?s) :where [?e :salary ?s]]", {db});
  Databases joins{"joins in memory"};
  joins.add(joins_facts(first_entity));
  print("join-chain", "[:find ?pn ?dn ?vn :where [?e :p/name ?pn] [?e :p/dept ?d] [?d :d/name ?dn] [?d :d/div ?v] [?v :div/name ?vn]]",
        {query::GivenInput{joins.db()}});
}

}  // namespace
}  // namespace cairn::benchmarks

int main(int count, char** arguments) {
  using namespace cairn::benchmarks;
  Contest contest{count > 1 ? arguments[1] : nullptr};
  people_queries(contest);
  join_queries(contest);
  closure_of(contest, "closure wide_7x3", graph_facts("wide_7x3.tsv", first_entity));
  closure_of(contest, "closure long_30x5", graph_facts("long_30x5.tsv", first_entity));
  closure_of(contest, "closure 2,000 nodes, 6,000 edges", random_graph_facts(2000, 6000, first_entity));
  time_travel_queries(contest);
  pulls(contest);
  memory_of_queries();
  contest.finish();
}
