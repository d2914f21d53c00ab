// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A program that does with a database what programs do, on whichever backend of its list it is told: backend_size.py looks at its size.
#include "../backends.hpp"

#include <cairn/store/any_connection.hpp>

#include <cstdio>
#include <exception>

int main(int count, char const* const* arguments) try {
  using cairn::benchmarks::Backends;
  char const* const config = count > 1 ? arguments[1] : "{:store {:backend :mem :id \"t\"}}";
  cairn::create<Backends>(config);
  auto connection = cairn::connect<Backends>(config);
  connection.transact(R"([{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
  connection.transact(R"([{:name "Ivan"}])");
  connection.checkpoint();
  std::printf("%zu datoms\n", static_cast<std::size_t>(connection.sync().size()));
  connection.release();
  cairn::destroy<Backends>(config);
} catch (std::exception const& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
