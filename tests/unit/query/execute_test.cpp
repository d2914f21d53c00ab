// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Static queries that run as loops: their rows are those of the run-time engine, in every view, and come without allocations.
#include "laws/temporary_directory.hpp"
#include "unit/query/rows_of.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {
std::size_t allocations = 0;
std::ptrdiff_t live_allocations = 0;
}  // namespace

// Not inline: g++ 12 takes the pairs for others then.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  ++live_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory != nullptr) --live_allocations;
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace cairn {
namespace {

struct Person {
  std::string name;
  std::string nick;
  std::int64_t age = 0;
  double height = 0;
  std::int64_t salary = 0;
  Keyword sex;
  std::string email;
  Ref<Person> boss;
  std::vector<Ref<Person>> follows;
};
using People = Schema<Person>;

/// People with gaps between their numbers, some without a nick or a boss, most of them in more than one leaf of each attribute. A
/// later transaction makes a third of them older.
std::array<std::string, 3> const& transactions() {
  static std::array<std::string, 3> const texts = [] {
    std::string schema = "[";
    for (auto const* attribute : {":name :db.type/string true", ":nick :db.type/string false", ":age :db.type/long true",
                                  ":height :db.type/double true", ":salary :db.type/long false", ":sex :db.type/keyword true"}) {
      std::string const text = attribute;
      auto const type = text.find(' ');
      auto const index = text.find(' ', type + 1);
      schema += "{:db/ident " + text.substr(0, type) + " :db/valueType " + text.substr(type + 1, index - type - 1) +
                " :db/cardinality :db.cardinality/one :db/index " + text.substr(index + 1) + "}";
    }
    schema += "{:db/ident :email :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}"
              "{:db/ident :boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}"
              "{:db/ident :follows :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]";
    static constexpr std::array names{"Ivan", "Petr", "Sergei", "Oleg", "Yuri", "Dmitry", "Fedor", "Denis"};
    std::string data = "[";
    std::string later = "[";
    for (int i = 0; i != 1500; ++i) {
      auto const number = [](int of) { return std::to_string(1000 + of + of / 7 * 3); };
      auto const id = number(i);
      data += "{:db/id " + id + " :name \"" + names[static_cast<std::size_t>(i * 7 % 8)] + "\" :age " + std::to_string(i * 31 % 100) +
              " :height " + std::to_string(150 + i % 50) + ".5 :salary " + std::to_string(i * 7919 % 1000) + " :sex " +
              (i % 2 == 0 ? ":male" : ":female") + " :email \"e" + std::to_string(i) + "\"";
      if (i % 3 != 0) data += " :nick \"N" + std::to_string(i % 11) + "\"";
      if (i % 4 != 0) data += " :boss " + number(i * 13 % 100);
      if (i % 5 == 0) data += " :follows [" + number((i + 5) % 1500) + " " + number((i + 10) % 1500) + "]";
      data += "}";
      if (i % 3 == 1) later += "[:db/add " + id + " :age " + std::to_string(i * 31 % 100 + 100) + "]";
    }
    return std::array{schema, data + "]", later + "]"};
  }();
  return texts;
}
template <class IndexTag>
Db<IndexTag> const& people() {
  static Db<IndexTag> const db = [] {
    Db<IndexTag> made{initial_snapshot<IndexTag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    std::int64_t at = 0;
    for (auto const& text : transactions()) made = transact(made, TxData{notation::parse(text)}, Instant{at += 1000}).db_after;
    return made;
  }();
  return db;
}

/// The same in a store; by default next to none of its leaves stay in memory.
class StoredPeople {
  using Store = cairn::Store<backends::file::Backend>;

 public:
  StoredPeople() {
    Store::create({.path = directory_.path() / "store"});
    auto connection = connect();
    for (auto const& text : transactions()) connection.transact(text);
    connection.release();
  }
  [[nodiscard]] Store::Connection connect(std::string const& budget = "4KiB") const {
    return Store::connect("{:store {:backend :file :path \"" + (directory_.path() / "store").string() +
                          "\"} :index-config {:node-cache \"" + budget + "\"}}");
  }

 private:
  test::TemporaryDirectory directory_{};
};

using test::Rows;
using test::rows_of;

/// That a query runs compiled, and finds the same in both ways; `size` and a second pass agree.
template <meta::fixed_string Text, class IndexTag, class... Inputs>
void check_same(Db<IndexTag> const& db, Inputs const&... inputs) {
  CAPTURE(Text.view());
  static_assert(query::compiled::is_compiled<query::compiled::StaticQuery<Text, query::compiled::NoRules>>);
  auto const rows = q<Text>(db, inputs...);
  auto const compiled = rows_of(rows);
  auto const wanted = rows_of(q(db, Text.view(), inputs...));
  CHECK(compiled == wanted);
  CHECK(rows.size() == wanted.size());
  CHECK(rows.empty() == wanted.empty());
  CHECK(rows_of(rows) == compiled);
}

/// Whether the loops answer it, and not the run-time engine.
template <meta::fixed_string Text, class... Inputs>
bool runs_as_loops(Inputs const&... inputs) {
  using Query = query::compiled::StaticQuery<Text, query::compiled::NoRules>;
  auto const& db = query::compiled::input_at<query::compiled::place_of_database<Query>()>(inputs...);
  query::compiled::BorrowedInput const given[] = {query::compiled::BorrowedInput{inputs}...};
  auto const& compiled = query::compiled::compiled_query<Query, typename std::remove_cvref_t<decltype(db)>::index_tag>;
  return query::compiled::run_compiled(compiled, db, given).owner != nullptr;
}

template <class IndexTag>
std::vector<Db<IndexTag>> views(Db<IndexTag> const& now) {
  return {now,
          now.as_of(now.max_tx() - 1),
          now.since(now.max_tx() - 1),
          now.history(),
          now.history().as_of(now.max_tx() - 1),
          now.filter([](Db<IndexTag> const&, Datom const& datom) { return datom.e % 3 != 0; })};
}

template <class IndexTag>
void check_scans(Db<IndexTag> const& db) {
  check_same<"[:find ?e :where [?e :name \"Ivan\"]]">(db);
  check_same<"[:find ?e :where [?e :name \"Nobody\"]]">(db);
  check_same<"[:find ?e :where [?e :color \"red\"]]">(db);
  check_same<"[:find ?e :where [?e :age \"old\"]]">(db);
  check_same<"[:find ?e :where [?e :nick \"N3\"]]">(db);
  check_same<"[:find ?e :where [?e :salary 7]]">(db);
  check_same<"[:find ?e ?n :where [?e :name ?n]]">(db);
  check_same<"[:find ?n :where [?e :name ?n]]">(db);
  check_same<"[:find [?n ...] :where [_ :nick ?n]]">(db);
  check_same<"[:find ?e ?f :where [?e :follows ?f]]">(db);
  check_same<"[:find ?e ?a ?tx :where [?e :age ?a ?tx]]">(db);
  check_same<"[:find ?e ?a ?tx ?op :where [?e :age ?a ?tx ?op]]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a _ false]]">(db);
  check_same<"[:find ?a :where [1000 :age ?a]]">(db);
  check_same<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db, "Petr");
  check_same<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db, 5);
  check_same<"[:find ?e :in $ ?n :where [?e :salary ?n]]">(db, 5);
  check_same<"[:find ?e :in $ ?b :where [?e :boss ?b]]">(db, lookup(":email", "e13"));
  check_same<"[:find ?t :in $ ?t :where [?e :boss 1000 ?t]]">(db, db.max_tx());
  check_same<"[:find ?e ?f :where [?e :follows ?f] [?e :follows ?g]]">(db);
}

template <class IndexTag>
void check_limits(Db<IndexTag> const& db) {
  check_same<"[:find ?e ?a :where [?e :age ?a] [(> ?a 50)]]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a] [(>= ?a 50)] [(< ?a 60)]]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a] [(> ?a 50.5)] [(<= ?a 60.0)]]">(db);
  check_same<"[:find ?e ?s :where [?e :salary ?s] [(> ?s 500)] [(<= ?s 600)]]">(db);
  check_same<"[:find ?e ?s :where [?e :salary ?s] [(> ?s 9223372036854775807)]]">(db);
  check_same<"[:find ?e ?n :where [?e :name ?n] [(> ?n \"Oleg\")]]">(db);
  check_same<"[:find ?e ?n :where [?e :nick ?n] [(>= ?n \"N5\")] [(< ?n \"N7\")]]">(db);
  check_same<"[:find ?e ?h :where [?e :height ?h] [(>= ?h 160)]]">(db);
  check_same<"[:find ?e ?a :in $ ?min :where [?e :age ?a] [(> ?a ?min)]]">(db, 50);
  check_same<"[:find ?e ?a :in $ ?min :where [?e :age ?a] [(> ?a ?min)]]">(db, 50.5);
  check_same<"[:find ?e ?a :in $ ?min :where [?e :age ?a] [(> ?a ?min)]]">(db, "a text");
  check_same<"[:find ?e ?s :in $ ?min ?max :where [?e :salary ?s] [(> ?s ?min)] [(< ?s ?max)]]">(db, 100, 200);
  check_same<"[:find ?x ?e :where [?x :name \"Fedor\"] [?x :age ?a] [?e :age ?b] [(< ?b ?a)] [(> ?a 97)]]">(db);
  check_same<"[:find ?e ?a :where [?e :name \"Fedor\"] [?e :age ?a] [(> ?a 30)]]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a] [(!= ?a 31)] [(= ?a ?a)]]">(db);
  check_same<"[:find ?e :where [?e :age ?a] [?e :salary ?s] [(= ?a ?s)]]">(db);
  check_same<"[:find ?e :where [?e :age ?a] [?e :height ?h] [(< ?h ?a)]]">(db);
}

template <class IndexTag>
void check_joins(Db<IndexTag> const& db) {
  check_same<"[:find ?e ?a :where [?e :name \"Ivan\"] [?e :age ?a]]">(db);
  check_same<"[:find ?e ?k ?a :where [?e :name \"Ivan\"] [?e :nick ?k] [?e :age ?a] [?e :sex :male]]">(db);
  check_same<"[:find ?e1 ?k ?a :where [?e :name \"Ivan\"] [?e :age ?a] [?e1 :age ?a] [?e1 :nick ?k]]">(db);
  check_same<"[:find ?e ?n ?k ?a ?s :where [?e :name ?n] [?e :nick ?k] [?e :age ?a] [?e :salary ?s] [?e :sex :male]]">(db);
  check_same<"[:find ?n ?m :where [?e :boss ?b] [?b :name ?n] [?e :name ?m]]">(db);
  check_same<"[:find ?e ?n :where [?e :boss ?b] [?b :boss ?c] [?c :name ?n]]">(db);
  check_same<"[:find ?n ?m :where [?b :name ?n] [?b :age 31] [?e :boss ?b] [?e :name ?m]]">(db);
  check_same<"[:find ?e ?f ?n :where [?e :name \"Yuri\"] [?e :follows ?f] [?f :name ?n]]">(db);
  check_same<"[:find ?e ?f :where [?e :email ?m] [?f :email ?m]]">(db);
  check_same<"[:find ?e ?f :where [?e :nick ?k] [?f :nick ?k] [?e :salary 7]]">(db);
  check_same<"[:find ?e ?x :where [?e :name \"Ivan\"] [?x :sex :male] [?x :age 7] [?e :age 7]]">(db);
  check_same<"[:find ?n ?a :in $ ?e :where [?e :name ?n] [?e :age ?a]]">(db, 1000);
  check_same<"[:find ?n ?a :in $ ?e :where [?e :name ?n] [?e :age ?a]]">(db, -7);
  check_same<"[:find ?n ?a :in $ ?e :where [?e :name ?n] [?e :age ?a]]">(db, "nobody");
  check_same<"[:find ?n :in $ ?e :where [?e :name ?n]]">(db, lookup(":email", "e7"));
  check_same<"[:find ?e ?a ?t :where [?e :nick \"N4\"] [?e :age ?a ?t]]">(db);
  check_same<"[:find ?e ?a ?w :where [?e :age ?a ?t] [?t :db/txInstant ?w]]">(db);
  check_same<"[:find ?e ?e :where [?e :name \"Ivan\"]]">(db);
  check_same<"[:find ?n :with ?e :where [?e :name ?n]]">(db);
}

template <class IndexTag>
void check_inputs(Db<IndexTag> const& db) {
  using Strings = std::vector<std::string>;
  using Numbers = std::vector<std::int64_t>;
  Strings const names{"Petr", "Ivan", "Nobody", "Ivan"};
  Numbers entities(2000);
  std::iota(entities.begin(), entities.end(), 999);
  check_same<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, names);
  check_same<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, Strings{});
  check_same<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, Numbers{3, 4});
  check_same<"[:find ?n :in $ [?n ...] :where [?e :name ?n]]">(db, names);
  check_same<"[:find ?e ?a :in $ [_ ...] :where [?e :age ?a]]">(db, names);
  check_same<"[:find ?e ?a :in $ [_ ...] :where [?e :age ?a]]">(db, Strings{});
  check_same<"[:find ?e :in $ [?e ...] :where [?e :age]]">(db, entities);
  check_same<"[:find ?e ?n ?m :in $ [?e ...] :where [?e :boss ?b] [?b :name ?n] [?e :name ?m]]">(db, entities);
  check_same<"[:find ?x ?e :in $ [?x ...] :where [?e :boss ?b] [?b :age ?x] [?e :sex :male]]">(db, Numbers{31, 7, 62});
  check_same<"[:find ?e ?n ?a :in $ [[?n ?a]] :where [?e :name ?n] [?e :age ?a]]">(
      db, std::vector<std::tuple<std::string, std::int64_t>>{{"Ivan", 31}, {"Petr", 7}, {"Ivan", 31}, {"Nobody", 31}, {"Ivan", 24}});
  check_same<"[:find ?e :in $ [?n _ ?a] :where [?e :name ?n] [?e :age ?a]]">(db, std::tuple{"Ivan", 5, 24});
  check_same<"[:find ?e ?n ?a :in $ [?n ...] [?a ...] :where [?e :name ?n] [?e :age ?a]]">(db, names, Numbers{24, 7, 31, 7});
  check_same<"[:find ?e ?n ?a :in $ [?n ...] [?a ...] :where [?e :name ?n] [?e :age ?a]]">(db, names, Numbers{});
  check_same<"[:find ?n (count ?e) (sum ?a) :in $ [?n ...] :where [?e :name ?n] [?e :age ?a]]">(db, names);
  // What the run-time engine has to do.
  check_same<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, edn("[\"Ivan\" 5 :k]"));
  check_same<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, edn("#{\"Ivan\" \"Petr\"}"));
  CHECK_THROWS_AS(q<"[:find ?e ?n ?a :in $ [[?n ?a]] :where [?e :name ?n] [?e :age ?a]]">(db, edn("[[\"Ivan\"]]")), Error);
}

template <class IndexTag>
void check_get_else(Db<IndexTag> const& db) {
  check_same<"[:find ?e ?k :where [?e :name \"Ivan\"] [(get-else $ ?e :nick \"none\") ?k]]">(db);
  check_same<"[:find ?e ?k :where [?e :name ?n] [(get-else $ ?e :nick ?n) ?k]]">(db);
  check_same<"[:find ?e ?n :where [?e :sex :male] [(get-else $ ?e :boss 1000) ?b] [?b :name ?n]]">(db);
  check_same<"[:find ?c (count ?e) :where [?e :name \"Ivan\"] [(get-else $ ?e :color \"red\") ?c]]">(db);
  check_same<"[:find ?e ?k :in $ [?e ...] ?o :where [(get-else $ ?e :nick ?o) ?k]]">(db, std::vector<std::int64_t>{1000, 1001, 7, 1001}, "none");
  // What the run-time engine has to do.
  check_same<"[:find ?e ?k :in $ [?e ...] ?o :where [(get-else $ ?e :nick ?o) ?k]]">(db, std::vector<std::int64_t>{1000, 1001, 7}, 5);
  check_same<"[:find ?e ?k :in $ [?e ...] ?o :where [(get-else $ ?e :nick ?o) ?k]]">(
      db, std::vector{lookup(":email", "e7"), lookup(":email", "e8")}, "none");
}

template <class IndexTag>
void check_others(Db<IndexTag> const& db) {
  check_same<"[:find ?e ?a :where [?e :age ?a] (not [?e :sex :male])]">(db);
  check_same<"[:find ?e :where [?e :name ?n] (not [?e :nick])]">(db);
  check_same<"[:find ?e :where [?e :name \"Ivan\"] (not [?e :nick ?k] [(> ?k \"N5\")])]">(db);
  check_same<"[:find ?e :where [?e :name \"Ivan\"] (not [?e :color \"red\"])]">(db);
  check_same<"[:find ?e :where [?e :name \"Ivan\"] (not [?e :boss ?b] (not [?b :sex :male]))]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a] (not-join [?e] [?e :sex :male])]">(db);
  check_same<"[:find ?e :where (or [?e :name \"Ivan\"] [?e :name \"Petr\"])]">(db);
  check_same<"[:find ?e :where (or [?e :name \"Ivan\"] [?e :age 31])]">(db);
  check_same<"[:find ?e :where (or [?e :name \"Ivan\"] [?e :salary 7])]">(db);
  check_same<"[:find ?e ?a :where [?e :age ?a] (or-join [?e] [?e :name \"Ivan\"] [?e :name \"Petr\"])]">(db);
  check_same<"[:find (avg ?s) :where [?e :salary ?s]]">(db);
  check_same<"[:find ?x (avg ?s) (count ?e) :where [?e :sex ?x] [?e :salary ?s]]">(db);
  check_same<"[:find (avg ?s) (min ?s) (max ?s) :where [?e :salary ?s] [?e :sex :male]]">(db);
  check_same<"[:find ?x (sum ?s) :with ?e :where [?e :salary ?s] [?e :sex ?x] [(> ?s 500)]]">(db);
  check_same<"[:find ?n (max 2 ?a) (count-distinct ?k) :where [?e :name ?n] [?e :age ?a] [?e :nick ?k]]">(db);
  check_same<"[:find ?n (sum ?s) :where [?e :name ?n] [?e :salary ?s] :having [(> (sum ?s) 90000)]]">(db);
  check_same<"[:find ?e ?n :keys who named :where [?e :name ?n]]">(db);
  check_same<"[:find ?e ?s :where [?e :salary ?s] :order-by [?s :desc ?e :asc] :limit 7 :offset 3]">(db);
  check_same<"[:find ?e :where [?e :name \"Ivan\"] :limit 0]">(db);
  check_same<"[:find (variance ?s) (stddev ?s) (median ?s) :where [?e :salary ?s]]">(db);
}

#ifndef CAIRN_TEST_IN_SHORT
TEST_CASE("loops find what the run-time engine finds, in every view", "[static_query]") {
  for (auto const& db : views(people<persistent_set_tag>())) {
    check_scans(db);
    check_limits(db);
    check_joins(db);
    check_inputs(db);
    check_get_else(db);
    check_others(db);
  }
  auto const& now = people<persistent_set_tag>();
  for (auto const& db : {now, now.as_of(now.max_tx() - 1), now.history()}) {
    check_same<"[:find ?a :where [[:email \"e3\"] :age ?a]]">(db);
  }
}
#endif

TEST_CASE("what is of one kind runs as loops", "[static_query]") {
  auto const& db = people<persistent_set_tag>();
  std::vector<std::string> const names{"Ivan", "Petr"};
  CHECK(runs_as_loops<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, names));
  CHECK(runs_as_loops<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, edn("[\"Ivan\" \"Petr\"]")));
  CHECK(runs_as_loops<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, std::vector<std::string>{}));
  CHECK_FALSE(runs_as_loops<"[:find ?e ?n :in $ [?n ...] :where [?e :name ?n]]">(db, edn("[\"Ivan\" 5]")));
  CHECK(runs_as_loops<"[:find ?e :in $ [?n _ ?a] :where [?e :name ?n] [?e :age ?a]]">(db, std::tuple{"Ivan", 5, 24}));
  CHECK(runs_as_loops<"[:find ?e ?n ?a :in $ [[?n ?a]] :where [?e :name ?n] [?e :age ?a]]">(db, std::vector<std::pair<std::string, int>>{{"Ivan", 1}}));
  CHECK(runs_as_loops<"[:find ?c (count ?e) :where [?e :name \"Ivan\"] [(get-else $ ?e :color \"red\") ?c]]">(db));
  constexpr meta::fixed_string looked_up = "[:find ?e ?k :in $ [?e ...] ?o :where [(get-else $ ?e :nick ?o) ?k]]";
  std::vector<std::int64_t> const some{1000, 1001};
  CHECK(runs_as_loops<looked_up>(db, some, "none"));
  CHECK_FALSE(runs_as_loops<looked_up>(db, some, 5));
  CHECK_FALSE(runs_as_loops<looked_up>(db.history(), some, "none"));
}

TEST_CASE("loops find the same where leaves are forgotten while they are read", "[static_query]") {
  StoredPeople const stored;
  auto const connection = stored.connect();
  for (auto const& db : views(connection.db())) {
    check_joins(db);
    check_get_else(db);
#ifndef CAIRN_TEST_IN_SHORT
    check_scans(db);
    check_limits(db);
    check_inputs(db);
    check_others(db);
#endif
  }
}

TEST_CASE("rows and iterators may outlive the connection and the database", "[static_query]") {
  StoredPeople const stored;
  std::vector<std::string> names;
  {
    auto const rows = [&] { return q<"[:find ?e ?n :where [?e :name ?n]]", People>(stored.connect().db()); }();
    std::vector<std::string_view> shown;
    auto at = rows.begin();
    for (; at != rows.end(); ++at) shown.push_back(std::get<1>(*at));
    for (auto const& row : rows) static_cast<void>(row);  // another pass may have the pins of the first
    names.assign(shown.begin(), shown.end());
  }
  CHECK(names.size() == 1500);
  CHECK(std::ranges::count(names, "Ivan") == std::ranges::distance(q<"[:find ?e :where [?e :name \"Ivan\"]]">(people<persistent_set_tag>())));

  auto left = [&] {
    auto const rows = q<"[:find ?e ?n :where [?e :name ?n]]">(stored.connect().db());
    static_cast<void>(rows.size());
    return rows.begin();
  }();
  left = {};
  {
    auto const unread = q<"[:find ?e ?n :where [?e :name ?n]]">(stored.connect().db());
    CHECK_FALSE(unread.empty());
  }
  auto const grouped = [&] { return q<"[:find ?n (count ?e) :where [?e :name ?n]]", People>(stored.connect().db()); }();
  CHECK(grouped.size() == 8);
  CHECK(std::get<1>(*grouped.begin()) > 100);
}

TEST_CASE("a pass that is over gives back its memory, or leaves it to the next one", "[static_query]") {
  StoredPeople const stored;
  auto const rows = q<"[:find ?e ?n :where [?e :name ?n]]", People>(stored.connect("64MiB").db());
  CHECK(std::ranges::distance(rows.begin(), rows.end()) == 1500);  // reads the leaves
  auto const kept = live_allocations;
  CHECK(std::ranges::distance(rows.begin(), rows.end()) == 1500);
  CHECK(rows.size() == 1500);
  CHECK_FALSE(rows.empty());
  CHECK(live_allocations == kept);
}

TEST_CASE("a table of an attribute that few entities of many have is not made", "[static_query]") {
  auto const& before = people<persistent_set_tag>();
  std::string text = "[";
  for (int i = 0; i != 200; ++i) {
    text += "{:db/id " + std::to_string(5000 + i) + " :boss " + std::to_string(1000000 + (199 - i) * 1000) + "}{:db/id " +
            std::to_string(1000000 + i * 1000) + " :title \"t" + std::to_string(i) + "\"}";
  }
  auto const titled = transact(before, TxData{notation::parse("[{:db/ident :title :db/valueType :db.type/string :db/cardinality "
                                                             ":db.cardinality/one}]")}, Instant{4000}).db_after;
  auto const db = transact(titled, TxData{notation::parse(text + "]")}, Instant{5000}).db_after;
  check_same<"[:find ?e ?t :where [?e :boss ?b] [?b :title ?t]]">(db);
  check_same<"[:find ?t (count ?e) :where [?e :boss ?b] [?b :title ?t]]">(db);
}

TEST_CASE("an entity that values name in several ways is found once", "[static_query]") {
  DatabaseOptions options;
  options.schema_flexibility = SchemaFlexibility::read;
  Db<persistent_set_tag> db{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(options), Instant{0})};
  for (auto const* text : {"[{:db/ident :names :db/cardinality :db.cardinality/one :db/unique :db.unique/value}"
                           "{:db/ident :boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}]",
                           "[{:db/id 1000 :db/ident :chief} {:db/id 1001 :names :chief} {:db/id 1002 :names 1000} {:db/id 1003 :boss 1000}]"}) {
    db = transact(db, TxData{notation::parse(text)}, Instant{1000}).db_after;
  }
  check_same<"[:find ?e :where [?x :names ?f] [?e :boss ?f]]">(db);
  check_same<"[:find ?e :where [?e :boss ?f] [?x :names ?f]]">(db);
  CHECK(rows_of(q<"[:find ?e :where [?x :names ?f] [?e :boss ?f]]">(db)) == Rows{{EntityId{1003}}});
}

TEST_CASE("a keyword that a pattern found is a value, in either order of clauses", "[static_query]") {
  Db<persistent_set_tag> db{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
  for (auto const* text : {"[{:db/ident :kw :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one :db/index true}"
                           "{:db/ident :boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}]",
                           "[{:db/id 1000 :db/ident :chief} {:db/id 1001 :kw :chief} {:db/id 1003 :boss 1000}]"}) {
    db = transact(db, TxData{notation::parse(text)}, Instant{1000}).db_after;
  }
  check_same<"[:find ?e :where [?x :kw ?f] [?e :boss ?f]]">(db);
  check_same<"[:find ?e :where [?e :boss ?f] [?x :kw ?f]]">(db);
  CHECK(rows_of(q<"[:find ?e :where [?x :kw ?f] [?e :boss ?f]]">(db)) == Rows{});
  CHECK(rows_of(q<"[:find ?e :where [?e :boss ?f] [?x :kw ?f]]">(db)) == Rows{});
  CHECK(rows_of(q<"[:find ?e :in $ ?f :where [?x :kw ?f] [?e :boss ?f]]">(db, kw(":chief"))) == Rows{{EntityId{1003}}});
}

TEST_CASE("a variable in a written lookup ref is refused, however deep", "[static_query]") {
  auto const& db = people<persistent_set_tag>();
  CHECK_THROWS_AS(q(db, "[:find ?a :where [[:email ?n] :age ?a] [_ :name ?n]]"), Error);
  CHECK_THROWS_AS(q(db, "[:find ?a :where [[:boss [:name ?n]] :age ?a] [_ :name ?n]]"), Error);
}

TEST_CASE("constants that name no entity are errors of the query, not of its rows", "[static_query]") {
  auto const& db = people<persistent_set_tag>();
  CHECK_THROWS_AS((q<"[:find ?a :where [[:email \"nobody\"] :age ?a]]">(db)), Error);
  CHECK_THROWS_AS((q<"[:find ?a :where [[:name \"Ivan\"] :age ?a]]">(db)), Error);
}

TEST_CASE("typed rows come from loops", "[static_query]") {
  auto const& db = people<persistent_set_tag>();
  auto const rows = q<"[:find ?e ?n ?h ?x ?b :where [?e :name ?n] [?e :height ?h] [?e :sex ?x] [?e :boss ?b]]", People>(db);
  static_assert(std::same_as<std::ranges::range_value_t<decltype(rows)>, std::tuple<EntityId, std::string_view, double, Keyword, EntityId>>);
  CHECK(rows_of(rows) == rows_of(q(db, "[:find ?e ?n ?h ?x ?b :where [?e :name ?n] [?e :height ?h] [?e :sex ?x] [?e :boss ?b]]")));
  CHECK(q<"[:find [?n ?a] :in $ ?e :where [?e :name ?n] [?e :age ?a]]", People>(db, 1000) == std::tuple{std::string{"Ivan"}, std::int64_t{0}});
  CHECK(q<"[:find ?a . :in $ ?e :where [?e :name ?n] [?e :age ?a]]", People>(db, 999) == std::nullopt);
}

TEST_CASE("rows in an order come in that order, and no more of them than wanted", "[static_query]") {
  auto const& db = people<persistent_set_tag>();
  constexpr meta::fixed_string text{"[:find ?s ?e :where [?e :salary ?s] [?e :sex :male] :order-by [?s :desc ?e :asc] :limit 300 :offset 2]"};
  std::vector<std::pair<std::int64_t, EntityId>> found;
  for (auto const& [salary, e] : q<text, People>(db)) found.emplace_back(salary, e);
  std::vector<std::pair<std::int64_t, EntityId>> wanted;
  for (auto const row : q(db, text.view())) wanted.emplace_back(row.get<std::int64_t>(0), row.get<EntityId>(1));
  CHECK(found == wanted);
  CHECK(found.size() == 300);
  CHECK(q<"[:find ?e . :where [?e :age ?a] [?e :sex :male] :order-by [?e :desc] :offset 1]">(db) ==
        q(db, "[:find [?e ...] :where [?e :age ?a] [?e :sex :male] :order-by [?e :desc]]")[1].get<EntityId>(0));
  CHECK(std::ranges::distance(q<"[:find ?e :where [?e :name ?n] :limit 5]">(db)) == 5);
  CHECK(q<"[:find ?e . :where [?e :name ?n] :limit 0]">(db) == std::nullopt);
  CHECK(q<"[:find ?e . :where [?e :name ?n] :order-by ?e :limit 0]">(db) == std::nullopt);
  CHECK(q<"[:find [?e ?n] :where [?e :name ?n] :order-by ?e :limit 0]">(db) == std::nullopt);
}

TEST_CASE("a result is a view that may be copied and outlives its database", "[static_query]") {
  auto rows = [] {
    auto const copy = people<persistent_set_tag>();
    return q<"[:find ?e ?n :where [?e :name ?n] [?e :sex :male]]", People>(copy);
  }();
  static_assert(std::ranges::view<decltype(rows)> && std::ranges::input_range<decltype(rows)> && std::ranges::common_range<decltype(rows)>);
  static_assert(!std::ranges::sized_range<decltype(rows)> && !std::ranges::forward_range<decltype(rows)>);
  auto const other = rows;
  std::vector<std::string_view> names;
  for (auto const& [e, name] : rows | std::views::filter([](auto const& row) { return std::get<0>(row) % 2 == 0; })) names.push_back(name);
  auto const first = *rows.begin();
  rows = {};
  CHECK(rows.empty());
  CHECK(rows.begin() == rows.end());
  CHECK(std::ranges::count(names, "Ivan") > 0);
  CHECK(*other.begin() == first);
  CHECK(std::ranges::distance(other) == static_cast<std::ptrdiff_t>(other.size()));
}

/// The most allocations between two rows, and all of the query.
template <class Ask>
std::pair<std::size_t, std::size_t> allocations_of(Ask const& ask) {
  auto const begin = allocations;
  std::size_t most = 0;
  std::size_t rows = 0;
  auto last = begin;
  {
    auto const found = ask();
    auto at = found.begin();
    last = allocations;
    for (; at != found.end(); ++at) {
      auto const row = *at;
      static_cast<void>(row);
      most = (std::max)(most, allocations - last);
      last = allocations;
      ++rows;
    }
    most = (std::max)(most, allocations - last);
  }
  CHECK(rows > 100);
  return {most, allocations - begin};
}

TEST_CASE("nothing is allocated between the rows of a plan without duplicates", "[static_query]") {
  auto const& db = people<persistent_set_tag>();
  static_cast<void>(db.snapshot());  // makes its indexes
  auto const check = [](std::pair<std::size_t, std::size_t> found) {
    CHECK(found.first == 0);
    CHECK(found.second <= 24);  // cursors, and the table and pins of a look-up
  };
  check(allocations_of([&] { return q<"[:find ?e :where [?e :name \"Ivan\"]]">(db); }));
  check(allocations_of([&] { return q<"[:find ?e ?n ?k ?a :where [?e :name ?n] [?e :nick ?k] [?e :age ?a] [?e :sex :male]]">(db); }));
  check(allocations_of([&] { return q<"[:find ?e ?a :in $ ?min :where [?e :age ?a] [(> ?a ?min)]]">(db, 5); }));
  check(allocations_of([&] { return q<"[:find ?e ?a :where [?e :age ?a] (not [?e :sex :male])]">(db); }));
  check(allocations_of([&] { return q<"[:find ?e :where (or [?e :name \"Ivan\"] [?e :name \"Petr\"])]">(db); }));
  check(allocations_of([&] { return q<"[:find ?e ?b ?n :where [?e :boss ?b] [?b :name ?n]]">(db); }));
}

#ifndef CAIRN_TEST_IN_SHORT
TEST_CASE("nothing is allocated between the rows of a store, once its leaves are in memory", "[static_query]") {
  constexpr int size = 100'000;
  test::TemporaryDirectory const directory;
  using Store = cairn::Store<backends::file::Backend>;
  auto const path = (directory.path() / "store").string();
  Store::create({.path = path});
  auto const config = "{:store {:backend :file :path \"" + path + "\"} :index-config {:node-cache \"256MiB\"}}";
  {
    auto connection = Store::connect(config);
    connection.transact(transactions().front());
    for (int from = 0; from != size; from += size / 10) {
      std::string tx = "[";
      for (int i = from; i != from + size / 10; ++i) {
        auto const id = std::to_string(10'000 + i);
        tx.append("{:db/id ").append(id).append(" :name \"a name that is long enough ").append(id).append("\" :nick \"n").append(id).append("\"}");
      }
      connection.transact(tx + "]");
    }
    connection.release();
  }
  auto const db = Store::connect(config).db();
  auto const check = [](auto const& ask) {
    CHECK(std::ranges::distance(ask()) == size);  // reads the leaves
    auto const [most, all] = allocations_of(ask);
    CHECK(most == 0);
    CHECK(all <= 32);
  };
  check([&] { return q<"[:find ?e ?n :where [?e :name ?n]]", People>(db); });
  check([&] { return q<"[:find ?n ?k :where [?e :name ?n] [?e :nick ?k]]", People>(db); });
  check([&] { return q<"[:find ?e :where [?e :name]]", People>(db); });
}
#endif

}  // namespace
}  // namespace cairn
