// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bulk loading: the 20,000 people of data/people20k.tsv, five datoms each, all indexed, into a new file store without history
// and into a new database of SQLite. Once over as one transaction, with the closing of the store; fifty times over with
// their numbers shifted, a million people and 5 million datoms, as an import; and how long it takes to open that and to
// answer for one person. Within a copy people come in the order of the file, which is not that of their numbers.
#include "people.hpp"
#include "report.hpp"
#include "sqlite_people.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>

#include <ranges>

namespace {

using namespace cairn::benchmarks;
using Store = cairn::Store<cairn::backends::file::Backend>;

constexpr std::size_t number = 20'000;
constexpr std::size_t datoms = number * 5;
constexpr std::size_t rounds = 5;
constexpr std::size_t copies = 50;
constexpr std::size_t copies_for_sqlite = 10;  // its rate falls with the size, and a round of all would take a minute
constexpr std::size_t rounds_of_import = 3;
constexpr std::size_t rounds_of_open = 9;

constexpr auto peer = "SQLite, rollback journal, synchronous=FULL, 3 orders";

Store::Config new_store(std::filesystem::path const& directory) {
  std::filesystem::remove_all(directory);
  Store::Config const config{.path = directory};
  Store::create(config, {.keep_history = false});
  Store::connect(config).transact(people_schema);
  return config;
}

double import_into_sqlite(std::filesystem::path const& directory, std::vector<Person> const& all, std::size_t times) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);
  auto database = std::make_unique<SqlitePeople>(directory / "people", "DELETE");
  auto const seconds = seconds_of([&] {
    database->begin();
    for (std::size_t i = 0; i != times; ++i) {
      for (auto const& person : all) database->insert(person);
    }
    database->commit();
    database.reset();
  });
  return static_cast<double>(times * datoms) / seconds;
}

void compare_transactions(ScratchDirectory const& scratch, std::vector<Person> const& all) {
  double bytes_of_cairn = 0;
  double bytes_of_sqlite = 0;
  auto const into_cairn = [&] {
    auto const config = new_store(scratch.path() / "cairn");
    auto conn = Store::connect(config);
    auto const seconds = seconds_of([&] {
      std::vector<cairn::TxOp> operations;
      operations.reserve(all.size());
      for (auto const& person : all) operations.push_back(operation_of(person));
      conn.transact(cairn::TxData{std::move(operations)});
      conn.release();
    });
    bytes_of_cairn = static_cast<double>(bytes_below(config.path));
    return datoms / seconds;
  };
  auto const into_sqlite = [&] {
    auto const rate = import_into_sqlite(scratch.path() / "sqlite", all, 1);
    bytes_of_sqlite = static_cast<double>(bytes_below(scratch.path() / "sqlite"));
    return rate;
  };
  auto const medians = medians_in_turn(rounds, {into_cairn, into_sqlite});
  print_row("100,000 datoms in one transaction", "/s", Better::more, medians[0], peer, medians[1]);
  print_row("bytes a datom on disk after it", "B", Better::less, bytes_of_cairn / datoms, peer, bytes_of_sqlite / datoms);
}

/// The entity of a person in one of the copies, behind those of the schema.
cairn::EntityId entity_of(std::size_t copy, std::int64_t id) { return 1000 + static_cast<cairn::EntityId>(copy * number) + id; }

/// The fact at a place: people one after the other, each copy with entities of its own.
cairn::ImportFact fact_at(std::vector<Person> const& all, std::size_t at) {
  auto const& person = all[at / 5 % number];
  return fact_of(person, entity_of(at / datoms, person.id), at);
}

void compare_imports(ScratchDirectory const& scratch, std::vector<Person> const& all) {
  auto const directory = scratch.path() / "cairn";
  auto const directory_of_sqlite = scratch.path() / "sqlite";
  auto const facts = std::views::iota(std::size_t{0}, copies * datoms) |
                     std::views::transform([&](std::size_t at) { return fact_at(all, at); });
  auto const into_cairn = [&] {
    auto conn = Store::connect(new_store(directory));
    return static_cast<double>(copies * datoms) / seconds_of([&] {
             conn.import(facts);
             conn.release();
           });
  };
  auto const medians = medians_in_turn(
      rounds_of_import, {into_cairn, [&] { return import_into_sqlite(directory_of_sqlite, all, copies_for_sqlite); }});
  print_row("import of 5,000,000 datoms", "/s", Better::more, medians[0], std::string{peer} + ", 1,000,000 rows", medians[1], 1e6);
  print_row("bytes a datom on disk after it", "B", Better::less,
            static_cast<double>(bytes_below(directory)) / static_cast<double>(copies * datoms),
            std::string{peer} + ", 1,000,000 rows",
            static_cast<double>(bytes_below(directory_of_sqlite)) / static_cast<double>(copies_for_sqlite * datoms), 10);

  std::size_t next = 0;
  auto const open_cairn = [&] {
    auto const which = (next += 7919) % (copies * number);
    auto const entity = entity_of(which / number, static_cast<std::int64_t>(which % number) + 1);
    return 1000 * seconds_of([&] {
             auto const conn = Store::connect(Store::Config{.path = directory});
             if (conn.db().entity(entity).get(":salary").value().as_integer() < 0) throw std::runtime_error{"no salary"};
           });
  };
  auto const open_sqlite = [&] {
    auto const entity = static_cast<std::int64_t>(1 + (next += 7919) % (copies_for_sqlite * number));
    return 1000 * seconds_of([&] {
             ::sqlite3* database = nullptr;
             ::sqlite3_stmt* statement = nullptr;
             ::sqlite3_open((directory_of_sqlite / "people").c_str(), &database);
             ::sqlite3_prepare_v2(database, "SELECT v FROM datoms WHERE e = ? AND a = 5", -1, &statement, nullptr);
             ::sqlite3_bind_int64(statement, 1, entity);
             bool const found = ::sqlite3_step(statement) == SQLITE_ROW;
             ::sqlite3_finalize(statement);
             ::sqlite3_close(database);
             if (!found) throw std::runtime_error{"no salary"};
           });
  };
  auto const opened = medians_in_turn(rounds_of_open, {open_cairn, open_sqlite});
  print_row("opening it and answering for one entity", "ms", Better::less, opened[0], "SQLite, 1,000,000 rows", opened[1], 5);
}

}  // namespace

int main() {
  ScratchDirectory const scratch;
  auto const all = people_of(std::filesystem::path{CAIRN_BENCHMARK_DATA} / "people20k.tsv");
  if (all.size() != number) throw std::runtime_error{"people20k.tsv has other people"};
  compare_transactions(scratch, all);
  compare_imports(scratch, all);
}
