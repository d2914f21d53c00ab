// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database on a backend of one's own, chosen by its id out of a list.
#include "shelf/backend.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string_view>

int main() {
  // [list]
  using Backends = cairn::BackendList<cairn::backends::mem::Backend, shelf::Backend>;
  constexpr std::string_view config = R"({:store {:backend :shelf :id "books"}})";

  cairn::create<Backends>(config);
  auto connection = cairn::connect<Backends>(config);
  // [/list]
  connection.transact(R"([{:db/ident :title :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
  connection.transact(R"([{:title "The Art of Computer Programming"}])");
  connection.release();

  // The same shelf, found again by its id; this time by the backend's own type.
  // [type]
  using Store = cairn::Store<shelf::Backend>;
  auto again = Store::connect({.id = "books"});
  // [/type]
  std::size_t books = 0;
  for (auto const& datom : again.db().datoms(cairn::aevt, ":title")) {
    std::cout << datom.v.as_string() << '\n';
    ++books;
  }
  again.release();
  Store::destroy({.id = "books"});
  return books == 1 && !Store::exists({.id = "books"}) ? EXIT_SUCCESS : EXIT_FAILURE;
}
