// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database in a directory: write, change, and look at what was before.

// [first-program]
#include <cairn/backends/file/backend.hpp>
#include <cairn/cairn.hpp>

#include <iostream>

using Store = cairn::Store<cairn::backends::file::Backend>;

int main(int count, char const* const* arguments) {
  std::filesystem::path const path = count > 1 ? arguments[1] : "first-people";
  Store::destroy({.path = path});  // what an earlier run has left
  Store::create({.path = path});
  auto conn = Store::connect({.path = path});

  conn.transact(R"([{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one
                     :db/unique :db.unique/identity}
                    {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}])");
  conn.transact(R"([{:name "Ivan" :age 41} {:name "Petra" :age 37}])");  // durable when it returns

  auto const before = conn.db();  // an immutable value: keep it, copy it, send it to a thread
  auto const ivan = cairn::lookup(":name", "Ivan");
  conn.transact({cairn::add(ivan, ":age", 42)});

  auto const age = [&](auto const& db) { return db.entity(ivan).get(":age").value().as_integer(); };
  std::cout << "Ivan is " << age(conn.db()) << ", was " << age(before) << '\n';

  for (auto const& [e, a, v, tx, added] : conn.db().history().datoms(cairn::eavt, ivan, ":age")) {
    std::cout << (added ? "  + " : "  - ") << v.as_integer() << " in transaction " << tx << '\n';
  }
}
// [/first-program]
