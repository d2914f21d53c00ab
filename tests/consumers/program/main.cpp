// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Writes a name into a store in memory and one on disk, and reads both again.
#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/cairn.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <unistd.h>

#include "second.hpp"

namespace {

constexpr auto schema =
    R"([{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])";

template <class Store, class Config>
void write_name(Config const& config) {
  Store::create(config);
  auto connection = Store::connect(config);
  connection.transact(schema);
  connection.transact(R"([{:name "Ivan"}])");
}

}  // namespace

int main() {
  namespace backends = cairn::backends;
  using InMemory = cairn::Store<backends::mem::Backend>;
  using OnDisk = cairn::Store<backends::file::Backend>;

  write_name<InMemory>(backends::mem::Config{.id = "consumer"});
  auto const names = count_names();
  InMemory::destroy({.id = "consumer"});

  auto const path = std::filesystem::temp_directory_path() / ("cairn_consumer_" + std::to_string(::getpid()));
  backends::file::Config config{};
  config.path = path.string();
  write_name<OnDisk>(config);
  auto const is_there = OnDisk::exists(config);
  OnDisk::destroy(config);

  std::cout << names << " name in memory, the store on disk " << (is_there ? "is" : "is not") << " there\n";
  return names == 1 && is_there && !OnDisk::exists(config) ? EXIT_SUCCESS : EXIT_FAILURE;
}
