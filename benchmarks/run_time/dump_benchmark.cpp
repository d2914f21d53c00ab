// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database with a history as a file and back: people of five datoms, of whom two attributes were changed once, all indexed. The peer is what
// `.dump` and `.read` of SQLite's shell do: a row a datom as an INSERT, the indexes made at the end.
//
// usage: dump_benchmark [DATOMS]: of that many (10000000), once, without the peer, each part in a process of its own, with the most memory that it had.
#include "people.hpp"
#include "program.hpp"
#include "report.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/dump/file.hpp>
#include <cairn/dump/restore.hpp>
#include <cairn/engine.hpp>

#include <sqlite3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace cairn::benchmarks;
using Backend = cairn::backends::file::Backend;
using Store = cairn::Store<Backend>;

constexpr std::size_t number = 20'000;
constexpr std::size_t copies = 10;
constexpr std::size_t datoms_of_copy = 9 * number;
constexpr std::size_t rounds = 3;
constexpr auto peer = "SQLite's .dump and .read, a row a datom, 3 orders";

class Sqlite {
 public:
  explicit Sqlite(std::filesystem::path const& file) { check(::sqlite3_open(file.c_str(), &database_)); }
  Sqlite(Sqlite const&) = delete;
  Sqlite& operator=(Sqlite const&) = delete;
  ~Sqlite() { ::sqlite3_close(database_); }

  void run(std::string const& sql) const { check(::sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr)); }
  void make_table() const {
    run("PRAGMA synchronous=FULL");
    run("PRAGMA cache_size=-262144");
    run("BEGIN");
    run("CREATE TABLE datoms (e INTEGER, a INTEGER, v, tx INTEGER, added INTEGER)");
  }
  void make_indexes() const {
    run("CREATE INDEX eavt ON datoms (e, a, v, tx)");
    run("CREATE INDEX aevt ON datoms (a, e, v, tx)");
    run("CREATE INDEX avet ON datoms (a, v, e, tx)");
    run("COMMIT");
  }
  template <class Visit>
  void for_each_insert(Visit visit) const {
    ::sqlite3_stmt* rows = nullptr;
    check(::sqlite3_prepare_v2(database_,
                               "SELECT 'INSERT INTO datoms VALUES(' || e || ',' || a || ',' || quote(v) || ',' || tx || ',' || added || ');' FROM datoms",
                               -1, &rows, nullptr));
    while (::sqlite3_step(rows) == SQLITE_ROW) visit(reinterpret_cast<char const*>(::sqlite3_column_text(rows, 0)));
    ::sqlite3_finalize(rows);
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) throw std::runtime_error{::sqlite3_errmsg(database_)};
  }
  ::sqlite3* database_ = nullptr;
};

void make_store(Store::Config const& config, std::vector<Person> const& all, std::size_t times) {
  Store::create(config);
  auto conn = Store::connect(config);
  conn.transact(people_schema);
  for (std::size_t copy = 0; copy != times; ++copy) {
    for (bool const changed : {false, true}) {
      std::vector<cairn::TxOp> operations;
      for (std::size_t i = 0; i != all.size(); ++i) {
        auto const entity = static_cast<cairn::EntityId>(1000 + copy * all.size() + i);
        auto const add = [&](char const* attribute, cairn::Value value) { operations.push_back(cairn::add(entity, attribute, std::move(value))); };
        add(":age", all[i].age + (changed ? 1 : 0));
        add(":salary", all[i].salary + (changed ? 1000 : 0));
        if (changed) continue;
        add(":name", all[i].name);
        add(":last-name", all[i].last_name);
        add(":sex", cairn::kw(all[i].female ? ":female" : ":male"));
      }
      conn.transact(cairn::TxData{std::move(operations)});
    }
  }
}

void write_dump(cairn::Db<cairn::persistent_set_tag> const& db, std::string const& file, cairn::DumpEncoding encoding) {
  cairn::DumpFile out{file};
  cairn::dump(db, out.sink(), {.encoding = encoding});
  out.finish();
}
void read_dump(std::string const& file, Store::Config const& to) {
  cairn::detail::OpenFile const in{file, O_RDONLY};
  cairn::restore<Backend>(to, cairn::read_from(in.number(), in.name()));
}

/// The most memory that this process has had, in MB.
double most_memory() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024 / 1e6;
  }
  return 0;
}

/// One part, in this process: says how long it took, in seconds, and how much memory.
void run_part(std::string const& part, std::filesystem::path const& place, std::size_t datoms) {
  auto const edn = (place / "dump.edn").string();
  auto const cbor = (place / "dump.cbor").string();
  auto const stored = [&] { return Store::connect({.path = place / "cairn"}).db(); };
  std::cout << seconds_of([&] {
    if (part == "make") make_store({.path = place / "cairn"}, people(number), datoms / datoms_of_copy);
    if (part == "dump, EDN") write_dump(stored(), edn, cairn::DumpEncoding::edn);
    if (part == "dump, CBOR") write_dump(stored(), cbor, cairn::DumpEncoding::cbor);
    if (part == "restore, EDN") read_dump(edn, {.path = place / "of-edn"});
    if (part == "restore, CBOR") read_dump(cbor, {.path = place / "of-cbor"});
    if (part == "copy") cairn::copy_database<Backend>(stored(), {.path = place / "copy"});
  }) << "\n"
            << most_memory() << std::endl;
}

void run_parts(std::size_t datoms) {
  ScratchDirectory const scratch;
  datoms = datoms / datoms_of_copy * datoms_of_copy;
  std::printf("%zu datoms, each part a process of its own\n%-14s %12s %10s\n", datoms, "", "datoms/s", "MB");
  for (char const* const part : {"make", "dump, EDN", "dump, CBOR", "restore, EDN", "restore, CBOR", "copy"}) {
    Program program{{"--part", part, scratch.path().string(), std::to_string(datoms)}};
    auto const seconds = std::stod(program.line());
    auto const memory = std::stod(program.line());
    if (!program.wait()) throw std::runtime_error{std::string{part} + " failed"};
    if (part == std::string{"make"}) continue;
    std::printf("%-14s %12.0f %10.0f\n", part, static_cast<double>(datoms) / seconds, memory);
    std::fflush(stdout);
  }
  for (char const* const file : {"dump.edn", "dump.cbor"}) std::printf("%-14s %12ju bytes\n", file, std::filesystem::file_size(scratch.path() / file));
  std::printf("%-14s %12ju bytes\n", "restored", bytes_below(scratch.path() / "of-edn"));
}

void make_table(Sqlite const& sqlite, cairn::Db<cairn::persistent_set_tag> const& db) {
  sqlite.make_table();
  for (auto const& datom : db.history().datoms(cairn::eavt)) {
    std::string quoted = cairn::to_text(datom.v);
    if (datom.v.is(cairn::ValueKind::string)) quoted = "'" + std::string{datom.v.as_string()} + "'";
    if (datom.v.is(cairn::ValueKind::keyword) || datom.v.is(cairn::ValueKind::instant)) quoted = "'" + quoted + "'";
    sqlite.run("INSERT INTO datoms VALUES(" + std::to_string(datom.e) + "," + std::to_string(db.attribute(datom.a)->id) + "," + quoted + "," +
               std::to_string(datom.tx) + "," + (datom.added ? "1" : "0") + ");");
  }
  sqlite.make_indexes();
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> const words(arguments + 1, arguments + count);
  if (words.size() == 4 && words[0] == "--part") return run_part(words[1], words[2], std::stoul(words[3])), 0;
  if (words.size() == 1) return run_parts(std::stoul(words[0])), 0;
  ScratchDirectory const scratch;
  Store::Config const config{.path = scratch.path() / "cairn"};
  make_store(config, people(number), copies);
  auto const conn = Store::connect(config);
  auto const db = conn.db();
  auto const datoms = static_cast<double>(db.snapshot().current.eavt.size() + db.snapshot().temporal.eavt.size());
  auto const sqlite = std::make_unique<Sqlite>(scratch.path() / "sqlite");
  make_table(*sqlite, db);

  auto const file = [&](cairn::DumpEncoding encoding) { return (scratch.path() / (encoding == cairn::DumpEncoding::edn ? "dump.edn" : "dump.cbor")).string(); };
  auto const dump = [&](cairn::DumpEncoding encoding) {
    return [&, encoding] {
      return datoms / seconds_of([&] { write_dump(db, file(encoding), encoding); });
    };
  };
  auto const restore = [&](cairn::DumpEncoding encoding) {
    return [&, encoding] {
      Store::Config const to{.path = scratch.path() / "restored"};
      Store::destroy(to);
      return datoms / seconds_of([&] { read_dump(file(encoding), to); });
    };
  };
  auto const text_of_sqlite = scratch.path() / "dump.sql";
  auto const dump_sqlite = [&] {
    return datoms / seconds_of([&] {
             auto* const out = std::fopen(text_of_sqlite.c_str(), "w");
             sqlite->for_each_insert([&](char const* line) {
               std::fputs(line, out);
               std::fputc('\n', out);
             });
             std::fclose(out);
           });
  };
  auto const restore_sqlite = [&] {
    auto const to = scratch.path() / "sqlite2";
    std::filesystem::remove(to);
    return datoms / seconds_of([&] {
             Sqlite const made{to};
             made.make_table();
             std::ifstream in{text_of_sqlite};
             for (std::string line; std::getline(in, line);) made.run(line);
             made.make_indexes();
           });
  };
  using enum cairn::DumpEncoding;
  auto const dumped = medians_in_turn(rounds, {dump(edn), dump(cbor), dump_sqlite});
  print_row("dump of 1,800,000 datoms with a history, EDN", "/s", Better::more, dumped[0], peer, dumped[2], 300'000);
  print_row("the same, CBOR", "/s", Better::more, dumped[1], peer, dumped[2], 300'000);
  auto const size_of = [&](auto const& path) { return static_cast<double>(std::filesystem::file_size(path)) / datoms; };
  print_row("bytes a datom of it, EDN", "B", Better::less, size_of(file(edn)), peer, size_of(text_of_sqlite));
  print_row("the same, CBOR", "B", Better::less, size_of(file(cbor)), peer, size_of(text_of_sqlite));
  auto const restored = medians_in_turn(rounds, {restore(edn), restore(cbor), restore_sqlite});
  print_row("restoring it, EDN", "/s", Better::more, restored[0], peer, restored[2], 300'000);
  print_row("the same, CBOR", "/s", Better::more, restored[1], peer, restored[2], 300'000);
}
