// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every query of data/queries.edn four times in one process: planned by the compiler, planned now, and as loops written by hand
// over an absl::btree_set and over sorted columns. All rows are counted and summed up, and the counts must agree.
//
// usage: query_benchmark [DATASCRIPT_RESULTS]   what peers/datascript.js printed
#include "../peers/hand_loops.hpp"
#include "report.hpp"
#include "workload.hpp"
#include <cairn/backends/mem/backend.hpp>
#include <cairn/cairn.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::benchmarks {
namespace {

using Store = cairn::Store<backends::mem::Backend>;
using Database = decltype(std::declval<cairn::Connection<backends::mem::Backend>&>().db());

/// The first number that is given to what the facts tell of; below are the entities of the schema.
constexpr std::int64_t first_entity = 1001;

Value value_of(Fact const& fact) {
  auto const type = attributes_of_work[fact.a].type;
  if (type == ":db.type/string") return Value{texts().text_of(fact.v)};
  if (type == ":db.type/keyword") return Value{kw(texts().text_of(fact.v))};
  return Value{fact.v};
}

/// A database in memory with the facts in one transaction, and with what a second one changes.
class Databases {
 public:
  explicit Databases(std::string id, bool keep_history = false) : connection_{opened(std::move(id), keep_history)} {
    std::string schema = "[";
    for (auto const& [ident, type, many] : attributes_of_work) {
      schema += "{:db/ident " + std::string{ident} + " :db/valueType " + std::string{type} + " :db/cardinality :db.cardinality/" +
                (many ? "many" : "one") + " :db/index true}";
    }
    connection_.transact(schema + "]");
  }
  /// The transaction.
  EntityId add(Facts const& facts) {
    std::vector<TxOp> operations;
    for (auto const& fact : facts) operations.push_back(cairn::add(fact.e, attributes_of_work[fact.a].ident, value_of(fact)));
    return connection_.transact(TxData{std::move(operations)}).tx;
  }
  [[nodiscard]] Database db() const { return connection_.db(); }

 private:
  static cairn::Connection<backends::mem::Backend> opened(std::string id, bool keep_history) {
    backends::mem::Config const config{.id = std::move(id)};
    Store::create(config, {.keep_history = keep_history});
    return Store::connect(config);
  }
  cairn::Connection<backends::mem::Backend> connection_;
};

// ---- rows are looked at

void touch(RowSink& row, EntityId number) { row.sum += static_cast<std::uint64_t>(number); }
void touch(RowSink& row, double number) { row.sum += static_cast<std::uint64_t>(number); }
void touch(RowSink& row, std::string_view text) { row.sum += text.size(); }
void touch(RowSink& row, Value const& value) {
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
template <class Rows>
void touch_all(RowSink& row, Rows&& rows) {
  for (auto&& one : rows) {
    ++row.rows;
    touch(row, one);
  }
}
template <class Rows>
void touch_rows(RowSink& row, Rows const& rows) {
  for (auto const& one : rows) {
    ++row.rows;
    for (std::size_t i = 0; i != one.size(); ++i) touch(row, one[i]);
  }
}

// ---- the contest

/// Microseconds of one call: the median of nine samples, of 20 ms each, in which the contenders take turns.
std::vector<double> microseconds(std::vector<std::function<void()>> const& contenders) {
  std::vector<std::function<double()>> timed;
  for (auto const& work : contenders) {
    double const once = seconds_of(work);
    auto const times = static_cast<std::size_t>(std::ceil(0.02 / std::max(once, 1e-7)));
    timed.push_back([&work, times] {
      return 1e6 / static_cast<double>(times) * seconds_of([&] {
               for (std::size_t i = 0; i != times; ++i) work();
             });
    });
  }
  return medians_in_turn(9, timed);
}

using Answer = std::function<void(RowSink&)>;

/// Sums of logarithms, for geometric means.
struct Mean {
  double sum = 0;
  int count = 0;
  double worst = 0;
  void add(double ratio) {
    sum += std::log(ratio);
    ++count;
    worst = std::max(worst, ratio);
  }
  [[nodiscard]] double value() const { return count == 0 ? 0 : std::exp(sum / count); }
};

class Contest {
 public:
  explicit Contest(std::map<std::string, double, std::less<>> datascript) : datascript_{std::move(datascript)} {}

  void query(std::string const& named, Answer const& fixed, Answer const& now, Answer const& tree, Answer const& columns) {
    std::vector<std::uint64_t> rows;
    std::vector<std::function<void()>> contenders;
    for (auto const* answer : {&fixed, &now, &tree, &columns}) {
      RowSink row;
      (*answer)(row);
      rows.push_back(row.rows);
      contenders.push_back([answer] {
        RowSink sink;
        (*answer)(sink);
        if (sink.sum == 1) std::cerr << "";  // so that it is computed
      });
    }
    for (auto const count : rows) {
      if (count != rows[2]) throw std::runtime_error{named + ": " + std::to_string(count) + " rows, not " + std::to_string(rows[2])};
    }
    auto const us = microseconds(contenders);
    print_row(named + ": static", "us", Better::less, us[0], "loop over absl::btree_set", us[2]);
    print_row(named + ": static", "us", Better::less, us[0], "loop over sorted columns", us[3]);
    print_row(named + ": at run time", "us", Better::less, us[1], "Cairn, static", us[0]);
    to_tree_.add(us[0] / us[2]);
    to_columns_.add(us[0] / us[3]);
    to_static_.add(us[1] / us[0]);
    if (auto const found = datascript_.find(named); found != datascript_.end()) {
      print_row(named + ": static", "us", Better::less, us[0], "DataScript, node", found->second);
      to_datascript_.add(us[0] / found->second);
    }
  }

  void finish() const {
    auto const line = [](std::string_view what, Mean const& mean) {
      if (mean.count == 0) return;
      print_row(std::string{what} + ", geometric mean of " + std::to_string(mean.count), "x", Better::less, mean.value(), "itself", 1);
      print_row(std::string{what} + ", worst", "x", Better::less, mean.worst, "itself", 1);
    };
    line("static, times of loops over absl::btree_set", to_tree_);
    line("static, times of loops over sorted columns", to_columns_);
    line("at run time, times of static", to_static_);
    line("static, times of DataScript", to_datascript_);
  }

 private:
  std::map<std::string, double, std::less<>> datascript_;
  Mean to_tree_, to_columns_, to_static_, to_datascript_;
};

std::map<std::string, double, std::less<>> datascript_results(char const* file) {
  std::map<std::string, double, std::less<>> results;
  if (file == nullptr) return results;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    auto const name_at = line.find(R"("name":")") + 8;
    auto const us_at = line.find(R"("us":)") + 5;
    results[line.substr(name_at, line.find('"', name_at) - name_at)] = std::strtod(line.c_str() + us_at, nullptr);
  }
  return results;
}

/// A query both ways. The text is written once.
#define CAIRN_QUERY(named, text, db, loops, loop, ...)                                                                   \
  contest.query(                                                                                                         \
      named, [&](RowSink& row) { touch_all(row, cairn::q<text>(db __VA_OPT__(, ) __VA_ARGS__)); },                       \
      [&](RowSink& row) { touch_rows(row, cairn::q(db, text __VA_OPT__(, ) __VA_ARGS__)); },                             \
      [&](RowSink& row) { (loops##_of_tree).loop(row); }, [&](RowSink& row) { (loops##_of_columns).loop(row); })

void people_queries(Contest& contest) {
  Databases databases{"people"};
  auto facts = people_facts(first_entity);
  for (auto const& fact : follows_facts(first_entity)) facts.push_back(fact);
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
        touch_rows(row, cairn::q(db, "[:find ?e1 ?e2 :in $ % :where (follow ?e1 ?e2)]", cairn::rules("[[(follow ?a ?b) [?a :follows ?b]]]")));
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
      [&](RowSink& row) { touch_rows(row, cairn::q(db, "[:find ?e ?e2 :in $ % :where (reach ?e ?e2)]", cairn::rules(reach))); },
      [&](RowSink& row) { closure_by_tree(tree, row); }, [&](RowSink& row) { closure_by_search(columns, row); });
}

void time_travel_queries(Contest& contest) {
  Databases databases{"temporal", true};
  auto const facts = people_facts(first_entity);
  auto const first = databases.add(facts);
  Facts changes;
  for (auto const& fact : facts) {
    if (fact.a == age && fact.e < first_entity + 2000) changes.push_back({fact.e, age, fact.v + 100});
  }
  auto const second = databases.add(changes);
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
    bool const changed = fact.a == age && fact.e < first_entity + 2000;
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

}  // namespace
}  // namespace cairn::benchmarks

int main(int count, char** arguments) {
  using namespace cairn::benchmarks;
  Contest contest{datascript_results(count > 1 ? arguments[1] : nullptr)};
  people_queries(contest);
  join_queries(contest);
  closure_of(contest, "closure wide_7x3", graph_facts("wide_7x3.tsv", first_entity));
  closure_of(contest, "closure long_30x5", graph_facts("long_30x5.tsv", first_entity));
  closure_of(contest, "closure 2,000 nodes, 6,000 edges", random_graph_facts(2000, 6000, first_entity));
  time_travel_queries(contest);
  contest.finish();
}
