// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store in an SQLite file, and deleting it.
#pragma once

#include <cairn/backends/sqlite/config.hpp>
#include <cairn/backends/sqlite/session.hpp>
#include <cairn/backends/sqlite/statement.hpp>
#include <cairn/backends/sqlite/tables.hpp>
#include <cairn/error/error.hpp>
#include <cairn/random/draw.hpp>

#include <chrono>
#include <cstdint>
#include <sqlite3.h>
#include <string>
#include <thread>

namespace cairn::backends::sqlite::details {

/// Turns the write-ahead log on. SQLite doesn't wait for others there, so two who create at once need patience.
inline void use_write_ahead_log(sqlite3* database, Config const& config) {
  auto const end = std::chrono::steady_clock::now() + config.busy_timeout;
  for (;;) {
    Statement pragma{database, "PRAGMA journal_mode = WAL"};
    auto const result = pragma.try_step();
    if (result == SQLITE_ROW) {
      if (pragma.text(0) == "wal") return;
      raise(Errc::io_error, "SQLite can have no write-ahead log for " + config.path.string() +
                                ", as on a network file system or where memory can't be shared: put the file elsewhere.");
    }
    if ((result & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() >= end) raise_last(database, "turn its write-ahead log on");
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

inline void begin_write(sqlite3* database) { execute(database, "BEGIN IMMEDIATE", "begin a transaction"); }

inline void create_store(Config const& config) {
  Tables const tables{config};
  auto const database = open_database(config, true);
  // Only a file without tables takes it: others keep what room a sweep makes for themselves.
  execute(database.get(), "PRAGMA auto_vacuum = INCREMENTAL", "set up the file");
  use_write_ahead_log(database.get(), config);
  execute(database.get(), "PRAGMA synchronous = EXTRA", "set how it syncs");
  begin_write(database.get());
  if (has_table(database.get(), config.table_prefix + "_store")) {
    raise(Errc::store_exists, "There is a store \"" + config.table_prefix + "\" in " + config.path.string() +
                                  " already: connect to it, delete it first, or choose another :table-prefix.");
  }
  execute(database.get(), tables.creation(), "create its tables");
  // Numbers of blobs begin anywhere: whoever still has an address of a store that was here before finds nothing.
  auto const own = static_cast<std::int64_t>(random::number() >> 1U);
  auto const first = static_cast<std::int64_t>(random::number() >> 32U << 10U) + 1;
  execute(database.get(),
          tables("INSERT INTO $store VALUES(1, ") + std::to_string(format) + ", " + std::to_string(own) + ", " + std::to_string(first) + ")",
          "set up the store");
  execute(database.get(), "COMMIT", "create the store");
}

inline void delete_store(Config const& config) {
  Tables const tables{config};
  auto const database = open_database(config, false);
  if (!database || !has_table(database.get(), config.table_prefix + "_store")) return;
  begin_write(database.get());
  execute(database.get(), tables.deletion(), "delete its tables");
  execute(database.get(), "COMMIT", "delete the store");
  execute(database.get(), "PRAGMA incremental_vacuum", "give back room");
}

}  // namespace cairn::backends::sqlite::details
