// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The same people in SQLite: a row a datom, in three orders as Cairn keeps them.
#pragma once

#include "people.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cairn::benchmarks {

/// A database with the table `datoms (e, a, v, tx)`. Its primary key is the order eavt (WITHOUT ROWID: the table is
/// that index, which is smaller and quicker than a third index beside a table); aevt and avet are indexes. Commits are
/// as durable as Cairn's: synchronous=FULL.
class SqlitePeople {
 public:
  /// Requires: no such file. `journal` is a journal mode of SQLite's: "WAL", "DELETE".
  SqlitePeople(std::filesystem::path const& file, std::string_view journal) {
    check(::sqlite3_open(file.c_str(), &database_));
    run("PRAGMA journal_mode=" + std::string{journal});
    run("PRAGMA synchronous=FULL");
    run("PRAGMA cache_size=-262144");  // 256 MiB: all of it, as Cairn has it
    run("CREATE TABLE datoms (e INTEGER, a INTEGER, v, tx INTEGER, PRIMARY KEY (e, a, v, tx)) WITHOUT ROWID");
    run("CREATE INDEX aevt ON datoms (a, e, v, tx)");
    run("CREATE INDEX avet ON datoms (a, v, e, tx)");
    prepare("INSERT INTO datoms VALUES (?, ?, ?, ?)", insert_);
    prepare("BEGIN IMMEDIATE", begin_);
    prepare("COMMIT", commit_);
  }
  SqlitePeople(SqlitePeople const&) = delete;
  SqlitePeople& operator=(SqlitePeople const&) = delete;
  ~SqlitePeople() {
    for (auto* const statement : {insert_, begin_, commit_}) ::sqlite3_finalize(statement);
    ::sqlite3_close(database_);
  }

  void begin() { step(begin_); }
  void commit() {
    step(commit_);
    ++transaction_;
  }
  /// Five rows.
  void insert(Person const& person) {
    ++entity_;
    insert(1, person.name);
    insert(2, person.last_name);
    insert(3, person.female ? std::string_view{":female"} : std::string_view{":male"});
    insert(4, person.age);
    insert(5, person.salary);
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
      throw std::runtime_error{::sqlite3_errmsg(database_)};
  }
  void run(std::string const& sql) const { check(::sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr)); }
  void prepare(char const* sql, ::sqlite3_stmt*& statement) const {
    check(::sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr));
  }
  void step(::sqlite3_stmt* statement) const {
    check(::sqlite3_step(statement));
    check(::sqlite3_reset(statement));
  }
  void insert(int attribute, std::int64_t value) {
    check(::sqlite3_bind_int64(insert_, 3, value));
    insert(attribute);
  }
  void insert(int attribute, std::string_view value) {
    check(::sqlite3_bind_text(insert_, 3, value.data(), static_cast<int>(value.size()), nullptr));
    insert(attribute);
  }
  void insert(int attribute) {
    check(::sqlite3_bind_int64(insert_, 1, entity_));
    check(::sqlite3_bind_int(insert_, 2, attribute));
    check(::sqlite3_bind_int64(insert_, 4, transaction_));
    step(insert_);
  }

  ::sqlite3* database_ = nullptr;
  ::sqlite3_stmt* insert_ = nullptr;
  ::sqlite3_stmt* begin_ = nullptr;
  ::sqlite3_stmt* commit_ = nullptr;
  std::int64_t entity_ = 0;
  std::int64_t transaction_ = 1;
};

}  // namespace cairn::benchmarks
