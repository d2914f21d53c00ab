// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries that the compiler reads: what is wrong with one does not compile, and rows have types.

// [static-query]
#include <cairn/backends/mem/backend.hpp>
#include <cairn/cairn.hpp>
#include <cairn/query/compiled/q.hpp>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

struct Person {
  cairn::Unique<std::string> name;
  std::int64_t age = 0;
  std::vector<cairn::Ref<Person>> follows = {};
};
using People = cairn::Schema<Person>;

bool is_adult(std::int64_t age) { return age >= 18; }

int main() {
  using Store = cairn::Store<cairn::backends::mem::Backend>;
  Store::create({.id = "people"});
  auto conn = Store::connect({.id = "people"});
  conn.transact(cairn::schema<People>());
  conn.transact({Person{"Ivan", 15}, Person{"Petra", 37, {cairn::lookup(":name", "Ivan")}}});
  conn.transact(Person{"Olga", 42, {cairn::lookup(":name", "Petra")}});
  auto const db = conn.db();

  // With a schema a row is a tuple of what its attributes are: here std::string_view and std::int64_t.
  for (auto const& [name, age] : cairn::q<"[:find ?n ?a :where [?e :name ?n] [?e :age ?a] [(adult? ?a)]]", People,
                                          cairn::fn<"adult?", is_adult>>(db)) {
    std::cout << name << " is " << age << '\n';
  }

  // A scalar is an optional value; inputs follow the database.
  auto const age = cairn::q<"[:find ?a . :in $ ?n :where [?e :name ?n] [?e :age ?a]]", People>(db, "Ivan");
  std::cout << "Ivan is " << age.value_or(0) << '\n';

  // Whom Olga follows, and whom they follow.
  auto const names = cairn::q<"[:find [?n ...] :in $ % ?who :where [?w :name ?who] (reach ?w ?x) [?x :name ?n]]", People>(
      db, cairn::rules<"[[(reach ?x ?y) [?x :follows ?y]] [(reach ?x ?y) [?x :follows ?t] (reach ?t ?y)]]">, "Olga");
  for (auto const name : names) std::cout << "Olga reaches " << name << '\n';

  std::cout << cairn::explain<"[:find ?n :where [?e :name ?n] [?e :age 42]]">();
  return age == 15 && names.size() == 2 ? 0 : 1;
}
// [/static-query]
