// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Branches, the commits behind them, and merges.
#include "laws/code_of.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/three_way_diff.hpp>
#include <cairn/layer/retrying.hpp>
#include <cairn/store/branching.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace branching_test {
namespace {

using cairn::Errc;
using cairn::Keyword;
using cairn::laws::code_of;
using cairn::lookup;
using cairn::Value;
using Store = cairn::Store<cairn::backends::mem::Backend>;

/// A store of its own, with some people in it.
struct People {
  Store::Config config{"branching-test-" + std::to_string(++number)};
  Store::Connection conn = open(config);

  ~People() {
    conn.release();
    Store::destroy(config);
  }

  static Store::Connection open(Store::Config const& config) {
    Store::create(config);
    auto conn = Store::connect(config);
    conn.transact(R"([{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
                      {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                      {:db/ident :likes :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
                      {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}])");
    conn.transact(R"([{:name "Ivan" :age 15 :likes ["tea" "chess"]} {:name "Petr" :age 37} {:name "Oleg" :age 20 :friend [:name "Petr"]}])");
    return conn;
  }
  static inline int number = 0;
};

template <class Db>
std::vector<Value> values(Db const& db, std::string const& name, char const* attribute) {
  std::vector<Value> found;
  auto const entity = db.entid(lookup(":name", name));
  if (!entity) return found;
  for (auto const& datom : db.datoms(cairn::eavt, *entity, attribute)) found.push_back(datom.v);
  return found;
}

/// The conflicts of a merge, to be read where there should be none.
template <class Report>
std::string conflicts(Report const& report) {
  std::string found;
  for (auto const& [e, a, base, ours, theirs] : report.conflicts) {
    found += std::to_string(e) + " " + std::string{a.text()};
    for (auto const& value : {base, ours, theirs}) found += " " + (value ? cairn::edn::write(cairn::to_edn(*value)) : "-");
    found += "\n";
  }
  return found;
}

void report(auto const&...) {}
void show(auto const&...) {}

/// What is true, without who said it.
template <class Db>
std::vector<std::string> facts(Db const& db) {
  std::vector<std::string> found;
  for (auto const& datom : db.datoms(cairn::eavt)) {
    found.push_back(std::to_string(datom.e) + std::string{datom.a.text()} + cairn::edn::write(cairn::to_edn(datom.v)));
  }
  return found;
}

}  // namespace

TEST_CASE("a branch begins as what it was made of, and each goes its own way") {
  People people;
  auto& conn = people.conn;
  cairn::create_branch(conn, "draft");
  CHECK(cairn::branches(conn) == std::vector<std::string>{"db", "draft"});
  auto draft = cairn::connect_branch(conn, "draft");
  CHECK(facts(draft.db()) == facts(conn.db()));
  draft.transact(R"([{:name "Vera"}])");
  conn.transact(R"([{:name "Anna"}])");
  CHECK(values(draft.db(), "Vera", ":name").size() == 1);
  CHECK(values(draft.db(), "Anna", ":name").empty());
  CHECK(values(conn.sync(), "Vera", ":name").empty());
  CHECK(facts(cairn::branch_as_db(conn, "draft")) == facts(draft.db()));

  CHECK(code_of([&] { cairn::create_branch(conn, "draft"); }) == Errc::store_exists);
  CHECK(code_of([&] { cairn::create_branch(conn, ""); }) == Errc::config_range);
  CHECK(code_of([&] { static_cast<void>(cairn::connect_branch(conn, "none")); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { cairn::delete_branch(conn, "none"); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { cairn::delete_branch(conn, "db"); }) == Errc::config_range);
  draft.release();
  cairn::delete_branch(conn, "draft");
  CHECK(cairn::branches(conn) == std::vector<std::string>{"db"});
}

TEST_CASE("the log names every checkpoint with what it was made from, and each can be read and branched from") {
  People people;
  auto& conn = people.conn;
  auto const first = cairn::commit_id(conn);
  CHECK(cairn::commit_id(conn) == first);  // nothing to commit
  auto const then = facts(conn.db());
  conn.transact(R"([[:db/add [:name "Ivan"] :age 16]])");
  auto const second = cairn::commit_id(conn);
  auto const log = cairn::commit_log(conn);
  REQUIRE(log.size() >= 3);
  CHECK(log[0].id == second);
  CHECK(log[0].parents == std::vector{first});
  CHECK(log[1].id == first);
  CHECK(log.back().parents.empty());
  CHECK(cairn::commit_log(conn, {}, 1).size() == 1);
  CHECK(cairn::commit_id_of(cairn::to_text(first)) == first);
  CHECK_FALSE(cairn::commit_id_of("no id"));

  CHECK(facts(cairn::commit_as_db(conn, first)) == then);
  CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(conn, cairn::CommitId::random())); }) == Errc::store_does_not_exist);
  cairn::create_branch(conn, "old", first);
  CHECK(facts(cairn::branch_as_db(conn, "old")) == then);

  auto const made = conn.db().with(R"([{:name "Zoe"}])").db_after;
  auto const forced = cairn::force_branch(conn, made, "old", std::array{first, second});
  auto const log_of_old = cairn::commit_log(conn, "old");
  REQUIRE_FALSE(log_of_old.empty());
  CHECK(log_of_old[0].id == forced);
  CHECK(log_of_old[0].parents == std::vector{first, second});
  CHECK(facts(cairn::branch_as_db(conn, "old")) == facts(made));
  People others;
  CHECK(code_of([&] { cairn::force_branch(conn, others.conn.db(), "old", {}); }) == Errc::config_mismatch);
}

TEST_CASE("a merge takes what the other branch changed, and what is new there under numbers of its own") {
  People people;
  auto& conn = people.conn;
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");
  draft.transact(R"([[:db/add [:name "Ivan"] :age 16] [:db/add [:name "Ivan"] :likes "go"] [:db/retract [:name "Ivan"] :likes "tea"]
                     {:name "Vera" :friend [[:name "Ivan"] {:name "Nina"}]} [:db/retractEntity [:name "Petr"]]
                     {:db/ident :email :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
  draft.transact(R"([[:db/add [:name "Vera"] :email "vera@example.org"]])");
  conn.transact(R"([{:name "Anna" :age 1} [:db/add [:name "Oleg"] :age 21] {:name "Nina" :age 9}])");
  auto const anna = conn.db().require_entity(lookup(":name", "Anna"));

  auto const report = cairn::merge(conn, "draft");
  REQUIRE(report.merged());
  REQUIRE(report.report);
  auto const db = conn.db();
  CHECK(values(db, "Ivan", ":age") == std::vector<Value>{16});
  CHECK(values(db, "Ivan", ":likes") == std::vector<Value>{"chess", "go"});
  CHECK(values(db, "Oleg", ":age") == std::vector<Value>{21});
  CHECK(values(db, "Oleg", ":friend").empty());
  CHECK_FALSE(db.entid(lookup(":name", "Petr")));
  CHECK(db.entid(lookup(":name", "Anna")) == anna);
  CHECK(values(db, "Vera", ":email") == std::vector<Value>{"vera@example.org"});
  // Both have a Nina, and she is one.
  CHECK(values(db, "Nina", ":age") == std::vector<Value>{9});
  auto const friends = values(db, "Vera", ":friend");
  CHECK(friends.size() == 2);
  CHECK(std::ranges::find(friends, Value{db.require_entity(lookup(":name", "Nina"))}) != friends.end());

  auto const log = cairn::commit_log(conn, {}, 1);
  CHECK(log[0].parents.size() == 2);
  CHECK_FALSE(cairn::merge(conn, "draft").report);  // again: nothing is left to merge

  // And on from there, both ways: a number means the same on both, and Nina is still one.
  draft.transact(R"([[:db/add [:name "Vera"] :age 30] [:db/add [:name "Nina"] :likes "tea"] {:name "Olga"}])");
  conn.transact(R"([{:name "Boris"}])");
  auto const second = cairn::merge(conn, "draft");
  INFO(conflicts(second));
  REQUIRE(second.report);
  CHECK(values(conn.db(), "Vera", ":age") == std::vector<Value>{30});
  CHECK(values(conn.db(), "Nina", ":likes") == std::vector<Value>{"tea"});
  CHECK(values(conn.db(), "Nina", ":age") == std::vector<Value>{9});
  CHECK(conn.db().entid(lookup(":name", "Vera")) == draft.db().entid(lookup(":name", "Vera")));
  draft.transact(R"([[:db/retractEntity [:name "Nina"]] {:name "Pavel"}])");
  conn.transact(R"([{:name "Roman"}])");
  // Of her age, which this branch alone says, the other knew nothing when it took her away.
  auto const third = cairn::merge(conn, "draft");
  REQUIRE(third.conflicts.size() == 1);
  CHECK(third.conflicts[0] == cairn::MergeConflict{*conn.db().entid(lookup(":name", "Nina")), Keyword{":age"}, std::nullopt, Value{9}, std::nullopt});
  REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::theirs).report);
  CHECK_FALSE(conn.db().entid(lookup(":name", "Nina")));
  CHECK(conn.db().entid(lookup(":name", "Roman")) != conn.db().entid(lookup(":name", "Pavel")));
  REQUIRE(cairn::merge(draft, "db").report);
  CHECK(values(draft.db(), "Anna", ":age") == std::vector<Value>{1});
}

TEST_CASE("what both changed is a conflict, by entity and attribute, and nothing is merged unless one side is to win") {
  People people;
  auto& conn = people.conn;
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");
  draft.transact(R"([[:db/add [:name "Ivan"] :age 16] [:db/add [:name "Petr"] :likes "tea"] [:db/retractEntity [:name "Oleg"]]
                     {:name "Nina" :age 5} [:db/add [:name "Ivan"] :likes "go"]])");
  conn.transact(R"([[:db/add [:name "Ivan"] :age 17] [:db/retractEntity [:name "Petr"]] [:db/add [:name "Oleg"] :likes "rowing"]
                    {:name "Nina" :age 6}])");
  auto const before = facts(conn.db());
  auto const ivan = conn.db().require_entity(lookup(":name", "Ivan"));
  auto const oleg = conn.db().require_entity(lookup(":name", "Oleg"));
  auto const nina = conn.db().require_entity(lookup(":name", "Nina"));

  auto const report = cairn::merge(conn, "draft");
  CHECK_FALSE(report.merged());
  CHECK_FALSE(report.report);
  CHECK(facts(conn.db()) == before);
  using Conflict = cairn::MergeConflict;
  auto const has = [&](Conflict const& conflict) { return std::ranges::find(report.conflicts, conflict) != report.conflicts.end(); };
  CHECK(report.conflicts.size() == 4);
  CHECK(has({ivan, Keyword{":age"}, Value{15}, Value{17}, Value{16}}));
  CHECK(has({nina, Keyword{":age"}, std::nullopt, Value{6}, Value{5}}));
  CHECK(has({oleg, Keyword{":likes"}, std::nullopt, Value{"rowing"}, std::nullopt}));
  CHECK(std::ranges::count(report.conflicts, std::optional{Value{"tea"}}, &Conflict::theirs) == 1);

  SECTION("ours") {
    REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::ours).report);
    auto const db = conn.db();
    CHECK(values(db, "Ivan", ":age") == std::vector<Value>{17});
    CHECK(values(db, "Ivan", ":likes") == std::vector<Value>{"chess", "go", "tea"});
    CHECK(values(db, "Oleg", ":likes") == std::vector<Value>{"rowing"});
    CHECK(values(db, "Nina", ":age") == std::vector<Value>{6});
    CHECK_FALSE(db.entid(lookup(":name", "Petr")));
  }
  SECTION("theirs") {
    REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::theirs).report);
    auto const db = conn.db();
    CHECK(values(db, "Ivan", ":age") == std::vector<Value>{16});
    CHECK_FALSE(db.entid(lookup(":name", "Oleg")));
    CHECK(values(db, "Nina", ":age") == std::vector<Value>{5});
  }
}

TEST_CASE("a merge hands a unique value from one entity to another") {
  People people;
  auto& conn = people.conn;
  auto const at = [&](char const* name) { return conn.db().require_entity(lookup(":name", name)); };
  auto const ivan = at("Ivan");
  auto const petr = at("Petr");
  auto const oleg = at("Oleg");
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");

  SECTION("whichever has the lower number, and in a circle") {
    // Ivan becomes Petr, Petr becomes Oleg, Oleg becomes Ivan.
    draft.transact({cairn::retract(ivan, ":name", "Ivan"), cairn::retract(petr, ":name", "Petr"), cairn::retract(oleg, ":name", "Oleg")});
    draft.transact({cairn::add(ivan, ":name", "Petr"), cairn::add(petr, ":name", "Oleg"), cairn::add(oleg, ":name", "Ivan")});
    conn.transact({cairn::add(petr, ":age", 38)});
    auto const report = cairn::merge(conn, "draft");
    INFO(conflicts(report));
    REQUIRE(report.report);
    CHECK(std::vector{at("Petr"), at("Oleg"), at("Ivan")} == std::vector{ivan, petr, oleg});
    CHECK(values(conn.db(), "Oleg", ":age") == std::vector<Value>{38});
  }
  SECTION("to one that had none, and is then without it itself") {
    draft.transact({cairn::retract(petr, ":name", "Petr")});
    draft.transact({cairn::add(ivan, ":name", "Petr")});
    conn.transact({cairn::add(petr, ":age", 38)});
    REQUIRE(cairn::merge(conn, "draft").report);
    CHECK(at("Petr") == ivan);
    CHECK(conn.db().datoms(cairn::eavt, petr, ":name").empty());
  }
  SECTION("of one that it took away, and of which this one says something new") {
    draft.transact({cairn::retract_entity(oleg)});
    draft.transact({cairn::add(ivan, ":name", "Oleg")});
    conn.transact({cairn::add(oleg, ":age", 21)});
    CHECK_FALSE(cairn::merge(conn, "draft").merged());
    SECTION("ours") {
      REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::ours).report);
      CHECK(std::vector{at("Oleg"), at("Ivan")} == std::vector{oleg, ivan});
    }
    SECTION("theirs") {
      REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::theirs).report);
      CHECK(at("Oleg") == ivan);
      CHECK(conn.db().datoms(cairn::eavt, oleg).empty());
    }
  }
  SECTION("unless the other side has given it to a third: a conflict") {
    draft.transact({cairn::add(ivan, ":name", "Nina")});
    conn.transact({cairn::add(petr, ":name", "Nina")});
    auto const report = cairn::merge(conn, "draft");
    CHECK(report.conflicts == std::vector{cairn::MergeConflict{petr, Keyword{":name"}, Value{"Petr"}, Value{"Nina"}, Value{"Petr"}}});
    SECTION("ours") {
      REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::ours).report);
      CHECK(at("Nina") == petr);
      CHECK(at("Ivan") == ivan);
    }
    SECTION("theirs") {
      REQUIRE(cairn::merge(conn, "draft", cairn::MergePreference::theirs).report);
      CHECK(at("Nina") == ivan);
      CHECK(conn.db().datoms(cairn::eavt, petr, ":name").empty());
    }
  }
}

TEST_CASE("what a merge adds to the schema is committed with its data, or not at all") {
  People people;
  auto& conn = people.conn;
  conn.transact(R"([{:db/ident :row :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                    {:db/ident :column :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                    {:db/ident :place :db/valueType :db.type/tuple :db/tupleAttrs [:row :column] :db/cardinality :db.cardinality/one
                     :db/unique :db.unique/value}])");
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");
  draft.transact(R"([{:db/ident :note :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
  auto const before = conn.db().max_tx();

  SECTION("in two transactions, of which the first can be seen") {
    std::vector<cairn::EntityId> heard;
    conn.listen([&](auto const& report) { heard.push_back(report.tx); });
    draft.transact(R"([{:name "Ivan" :note "a friend"}])");
    auto const merged = cairn::merge(conn, "draft");
    REQUIRE(merged.report);
    CHECK(heard == std::vector{before + 1, before + 2});
    CHECK(conn.db().max_tx() == before + 2);
    CHECK(conn.db().as_of(before + 1).schema().find(Keyword{":note"}) != nullptr);
    CHECK(values(conn.db().as_of(before + 1), "Ivan", ":note").empty());
    CHECK(values(conn.db(), "Ivan", ":note") == std::vector<Value>{"a friend"});
    CHECK(cairn::commit_log(conn).front().parents.size() == 2);
  }
  SECTION("where its data is refused") {
    draft.transact(R"([{:name "Ivan" :row 1 :column 2}])");
    conn.transact(R"([{:name "Petr" :row 1 :column 2}])");
    CHECK(code_of([&] { cairn::merge(conn, "draft"); }) == Errc::transact_unique);
    CHECK(conn.db().schema().find(Keyword{":note"}) == nullptr);
    CHECK(conn.db().max_tx() == before + 1);
  }
  SECTION("where a conflict is one by the new schema only") {
    draft.transact(R"([{:db/ident :age :db/unique :db.unique/value}])");
    draft.transact(R"([{:name "Ivan" :age 99}])");
    conn.transact(R"([{:name "Petr" :age 99}])");
    auto const merged = cairn::merge(conn, "draft");
    CHECK(merged.conflicts.size() == 1);
    CHECK(conn.db().schema().find(Keyword{":note"}) == nullptr);
    CHECK(conn.db().max_tx() == before + 1);
  }
}

TEST_CASE("a branch on which nothing happened is merged by doing nothing") {
  People people;
  cairn::create_branch(people.conn, "draft");
  auto const before = people.conn.db();
  CHECK_FALSE(cairn::merge(people.conn, "draft").report);
  CHECK(people.conn.db().max_tx() == before.max_tx());
  CHECK(people.conn.db().max_eid() == before.max_eid());
}

TEST_CASE("a transaction may take in commits, whatever it changes") {
  People people;
  auto& conn = people.conn;
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");
  draft.transact(R"([{:name "Nina" :age 5}])");
  auto const own = cairn::commit_id(conn);
  std::vector<cairn::CommitId> const taken{cairn::commit_id(draft)};
  cairn::merge_commits(conn, taken, R"([{:name "Nina" :age 6}])");
  CHECK(values(conn.db(), "Nina", ":age") == std::vector<Value>{6});
  auto const log = cairn::commit_log(conn);
  REQUIRE_FALSE(log.empty());
  auto const& parents = log.front().parents;
  CHECK(parents.size() == 2);
  for (auto const& id : {own, taken[0]}) CHECK(std::ranges::find(parents, id) != parents.end());
}

TEST_CASE("databases that gave one number to two attributes differ by their names") {
  People people;
  auto& conn = people.conn;
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");
  auto const with = [](auto& on, std::string const& first, std::string const& second) {
    for (auto const& name : {first, second}) {
      on.transact("[{:db/ident " + name + " :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]");
    }
  };
  with(conn, ":x", ":y");
  with(draft, ":y", ":z");
  conn.transact(R"([[:db/add [:name "Ivan"] :x 1] [:db/add [:name "Ivan"] :y 2]])");
  draft.transact(R"([[:db/add [:name "Ivan"] :y 2] [:db/add [:name "Ivan"] :z 1]])");
  auto const ivan = conn.db().require_entity(lookup(":name", "Ivan"));
  auto const difference = cairn::diff(conn.db(), draft.db());
  auto const about = [&](std::vector<cairn::Datom> const& datoms) {
    std::vector<std::string> found;
    for (auto const& datom : datoms) {
      if (datom.e == ivan) found.emplace_back(datom.a.text());
    }
    return found;
  };
  CHECK(about(difference.removed) == std::vector<std::string>{"x"});
  CHECK(about(difference.added) == std::vector<std::string>{"z"});
  REQUIRE(cairn::merge(conn, "draft").report);
  CHECK(values(conn.db(), "Ivan", ":z") == std::vector<Value>{1});
}

TEST_CASE("whose reply is lost takes no range of numbers for its own that another has reserved") {
  using Backend = cairn::Retrying<cairn::test::faulty::Backend>;
  Backend::Config const config{.store = {.id = cairn::test::faulty::fresh_id()}, .attempts = 3, .first_delay = std::chrono::milliseconds{0}};
  auto& plan = cairn::test::faulty::plan_of(config.store.id);
  Backend::empty_store(config);
  cairn::EntityId theirs = 0;
  {
    cairn::BackendHandle<Backend> mine{config};
    cairn::BackendHandle<Backend> other{config};
    // The first reservation does not land; before the look whether it has, another does.
    plan.lost_requests = 1;
    plan.next_root = [&] { plan.next_root = [&] { theirs = cairn::detail::reserve_numbers(other, 1); }; };
    auto const ours = cairn::detail::reserve_numbers(mine, 1);
    CHECK(theirs == cairn::EntityId{1} << cairn::detail::number_range_bits);
    CHECK(ours == cairn::EntityId{2} << cairn::detail::number_range_bits);
    // One that did land is its own, and is used.
    plan.lost_replies = 1;
    CHECK(cairn::detail::reserve_numbers(mine, 1) == cairn::EntityId{3} << cairn::detail::number_range_bits);
  }
  Backend::delete_store(config);
}

TEST_CASE("the page on branches runs") {
  People people;
  auto& conn = people.conn;
  // [branches]
  cairn::create_branch(conn, "draft");                 // of what the branch holds now; O(1), the two share everything
  auto draft = cairn::connect_branch(conn, "draft");   // a connection as any other
  draft.transact(R"([{:name "Vera" :age 30}])");

  auto const changed = cairn::diff(conn.db(), draft.db());  // .removed, .added: costs what was changed, not what there is
  auto const merged = cairn::merge(conn, "draft");          // one transaction, or the conflicts and nothing
  for (auto const& conflict : merged.conflicts) report(conflict.e, conflict.a, conflict.base, conflict.ours, conflict.theirs);

  auto const id = cairn::commit_id(conn);              // what the branch holds now, as a commit with a name
  for (auto const& commit : cairn::commit_log(conn, "db")) show(cairn::to_text(commit.id), commit.parents, commit.written);
  auto const then = cairn::commit_as_db(conn, id);     // a database value, whatever was committed since
  cairn::create_branch(conn, "again", id);
  // [/branches]
  CHECK(changed.added.size() == 3);
  CHECK(merged.merged());
  CHECK(facts(then) == facts(conn.db()));
  CHECK(cairn::branches(conn).size() == 3);
  auto const& base = then;
  auto other = cairn::connect_branch(conn, "again");
  conn.transact(R"([[:db/add [:name "Vera"] :age 31] {:name "Olga"}])");
  other.transact(R"([[:db/add [:name "Vera"] :age 32] [:db/add [:name "Ivan"] :age 16]])");
  // [three-way]
  auto const change = cairn::diff(base, conn.db(), other.db());
  show(change.ours.added, change.ours.removed);      // by this branch since
  show(change.theirs.added, change.theirs.removed);  // by the other one
  for (auto const& conflict : change.conflicts) report(conflict.e, conflict.a, conflict.base, conflict.ours, conflict.theirs);
  // [/three-way]
  CHECK(change.ours.removed.size() == 1);
  CHECK(change.theirs.added.size() == 3);
  REQUIRE(change.conflicts.size() == 1);
  CHECK(change.conflicts[0].base == Value{30});
  CHECK(change.conflicts == cairn::merge(conn, "again").conflicts);
  CHECK(cairn::diff(base, base, other.db()).conflicts.empty());
  CHECK(cairn::diff(base, base, base).empty());
}

TEST_CASE("a merge beside writers loses none of their transactions", "[threads]") {
  People people;
  auto& conn = people.conn;
  cairn::create_branch(conn, "draft");
  auto draft = cairn::connect_branch(conn, "draft");
  std::thread writer{[&] {
    for (int i = 0; i != 100; ++i) conn.transact("[{:name \"writer " + std::to_string(i) + "\" :age 1}]");
  }};
  for (int i = 0; i != 10; ++i) {
    draft.transact("[{:name \"draft " + std::to_string(i) + "\" :age 2}]");
    REQUIRE(cairn::merge(conn, "draft").report);
  }
  writer.join();
  auto const db = conn.db();
  std::size_t ones = 0;
  std::size_t twos = 0;
  for (auto const& datom : db.datoms(cairn::aevt, ":age")) {
    ones += datom.v == Value{1} ? 1U : 0U;
    twos += datom.v == Value{2} ? 1U : 0U;
  }
  CHECK(ones == 100);
  CHECK(twos == 10);
}

}  // namespace branching_test
