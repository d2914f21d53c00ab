// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// 20,000 people of five datoms each, all indexed, in one durable transaction: a new file store without history, closed
// again, and a new database of SQLite, closed again.
#include "people.hpp"
#include "report.hpp"
#include "sqlite_people.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/cairn.hpp>

namespace {

using namespace cairn::benchmarks;
using Store = cairn::Store<cairn::backends::file::Backend>;

constexpr std::size_t number = 20'000;
constexpr std::size_t datoms = number * 5;
constexpr std::size_t rounds = 5;

}  // namespace

int main() {
  ScratchDirectory const scratch;
  auto const all = people(number);
  double bytes_of_cairn = 0;
  double bytes_of_sqlite = 0;

  auto const import_into_cairn = [&] {
    auto const directory = scratch.path() / "cairn";
    std::filesystem::remove_all(directory);
    Store::Config const config{.path = directory};
    Store::create(config, {.keep_history = false});
    auto conn = Store::connect(config);
    conn.transact(people_schema);
    auto const seconds = seconds_of([&] {
      std::vector<cairn::TxOp> operations;
      operations.reserve(all.size());
      for (auto const& person : all) operations.push_back(operation_of(person));
      conn.transact(cairn::TxData{std::move(operations)});
      conn.release();
    });
    bytes_of_cairn = static_cast<double>(bytes_below(directory));
    return datoms / seconds;
  };
  auto const import_into_sqlite = [&] {
    auto const directory = scratch.path() / "sqlite";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
    auto database = std::make_unique<SqlitePeople>(directory / "people", "DELETE");
    auto const seconds = seconds_of([&] {
      database->begin();
      for (auto const& person : all) database->insert(person);
      database->commit();
      database.reset();
    });
    bytes_of_sqlite = static_cast<double>(bytes_below(directory));
    return datoms / seconds;
  };

  auto const medians = medians_in_turn(rounds, {import_into_cairn, import_into_sqlite});
  constexpr auto peer = "SQLite, rollback journal, synchronous=FULL, 3 orders";
  print_row("bulk import of 100,000 datoms, one transaction", "/s", Better::more, medians[0], peer, medians[1]);
  print_row("bytes a datom on disk after it", "B", Better::less, bytes_of_cairn / datoms, peer,
            bytes_of_sqlite / datoms);
}
