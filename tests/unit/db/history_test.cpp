// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a database remembers.
#include "db_test.hpp"

namespace cairn::test::history_test {
namespace {

constexpr EntityId tx0 = first_transaction;  // of the schema

TEST_CASE("every moment stays as it was") {
  auto db = people();
  db = after(db, R"([{:key "a" :age 1 :tag ["x" "y"]}])");   // 1
  db = after(db, R"([{:key "a" :age 2}])");                  // 2
  db = after(db, R"([[:db/retract [:key "a"] :tag "x"]])");  // 3
  db = after(db, R"([[:db/retractEntity [:key "a"]]])");     // 4
  db = after(db, R"([{:db/id 9 :key "a" :age 1}])");         // 5
  CHECK(by_key(db.as_of(tx0), ":age").empty());
  CHECK(by_key(db.as_of(tx0 + 1), ":age") == "a 1");
  CHECK(by_key(db.as_of(tx0 + 2), ":age") == "a 2");
  CHECK(by_key(db.as_of(tx0 + 2), ":tag") == R"(a "x", a "y")");
  CHECK(by_key(db.as_of(tx0 + 3), ":tag") == R"(a "y")");
  CHECK(show(db.as_of(tx0 + 4).datoms(eavt)).empty());
  CHECK(by_key(db.as_of(tx0 + 99), ":age") == "a 1");
  CHECK(by_key(db.as_of(db.last_instant()), ":age") == "a 1");
  CHECK(by_key(db.as_of(Instant{1001}), ":age") == "a 1");  // the clock stood at 1000: 1000 is the schema's
  CHECK(by_key(db.as_of(Instant{0}), ":age").empty());

  CHECK(show(db.history().datoms(eavt, 9, ":age")) == "9 :age 1\n9 :age 1 -\n9 :age 1\n9 :age 2\n9 :age 2 -\n");
  CHECK(show(db.history().rseek_datoms(eavt, 9, ":age")) ==
        "9 :age 2 -\n9 :age 2\n9 :age 1\n9 :age 1 -\n9 :age 1\n9 :key \"a\"\n9 :key \"a\" -\n9 :key \"a\"\n");
  CHECK(show(db.history().as_of(tx0 + 2).datoms(eavt, 9, ":age")) == "9 :age 1\n9 :age 1 -\n9 :age 2\n");
  CHECK(show(db.history().since(tx0 + 3).datoms(eavt, 9, ":age")) == "9 :age 1\n9 :age 2 -\n");
  CHECK(show(db.since(tx0 + 4).datoms(eavt)) == "9 :key \"a\"\n9 :age 1\n");
  CHECK(show(db.as_of(tx0 + 3).since(tx0 + 1).datoms(eavt)) == "9 :age 2\n");
  CHECK(db.as_of(tx0 + 1).entid(lookup(":key", "a")) == 9);
  CHECK(db.as_of(tx0 + 4).entid(lookup(":key", "a")) == std::nullopt);
}

TEST_CASE("a fact that was asserted again has all its operations") {
  auto db = after(people(), R"([{:key "a"}])");
  for (int i = 0; i != 3; ++i) {
    db = after(db, R"([[:db/add 9 :tag "x"]])");
    db = after(db, R"([[:db/add 9 :tag "x"]])");
    db = after(db, R"([[:db/retract 9 :tag "x"]])");
  }
  std::string operations;
  for (auto const& datom : db.history().datoms(aevt, ":tag")) operations += datom.added ? '+' : '-';
  CHECK(operations == "+-+-+-");
  CHECK(db.datoms(aevt, ":tag").empty());
}

TEST_CASE("what needs no history has none") {
  auto db = after(people(), R"([{:key "a" :note "one" :age 1}])");
  db = after(db, R"([{:key "a" :note "two" :age 2}])");
  CHECK(show(db.history().datoms(aevt, ":note")) == "9 :note \"two\"\n");
  CHECK(by_key(db.as_of(tx0 + 1), ":note").empty());  // it is not known any more
  CHECK(by_key(db.as_of(tx0 + 2), ":note") == "a \"two\"");

  auto present = after(people(false), R"([{:key "a" :age 1}])");
  present = after(present, R"([{:key "a" :age 2}])");
  CHECK(present.snapshot().temporal.eavt.empty());
  CHECK(by_key(present, ":age") == "a 2");
}

TEST_CASE("the present and the past have no datom in common") {
  auto db = after(people(), R"([{:key "a" :age 1} {:key "b" :friend [[:key "a"]]}])");
  db = after(db, R"([{:key "a" :age 2 :kind :k} [:db/retractEntity [:key "b"]]])");
  auto const& snapshot = db.snapshot();
  CHECK(db.history().size() == snapshot.current.eavt.size() + snapshot.temporal.eavt.size());
  for (auto cursor = snapshot.temporal.eavt.begin(); cursor.valid(); cursor.next()) {
    CHECK_FALSE(snapshot.current.eavt.contains(*cursor));
  }
}

}  // namespace
}  // namespace cairn::test::history_test
