// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store in a RocksDB database, and deleting both.
#pragma once

#include <cairn/backends/common/medium.hpp>
#include <cairn/backends/rocksdb/config.hpp>
#include <cairn/backends/rocksdb/database.hpp>
#include <cairn/error/error.hpp>

#include <filesystem>
#include <mutex>
#include <rocksdb/db.h>
#include <system_error>

namespace cairn::backends::rocksdb::details {

inline void create_store(Config const& config) {
  if (config.path.empty()) raise(Errc::config_missing, "The RocksDB backend needs a :path, the directory of the store.");
  common::make_directories(config.path);
  auto const database = open_database(config, true);
  database->check_process();
  std::lock_guard const guard{database->fence()};
  if (database->own() != 0) raise(Errc::store_exists, "There is a store in " + config.path.string() + " already: connect to it, or delete it first.");
  if (!database->is_empty()) {
    raise(Errc::store_format, "There is another program's database in " + config.path.string() + ", with keys that are not Cairn's; nothing was changed: look at the path.");
  }
  database->create();
}

/// Nothing happens where there is no store. Where another program has keys beside the store's, these and the files stay. Who is connected in this
/// process finds it gone at the next look at a root; then the files stay until the store is created again and deleted.
inline void delete_store(Config const& config) {
  std::error_code error;
  if (!std::filesystem::exists(config.path / "CURRENT", error)) return;
  {
    auto with_what_is_readable = config;
    with_what_is_readable.sync = Sync::relaxed;  // a damaged log is no reason to keep it
    auto const database = open_database(with_what_is_readable, false);
    database->check_process();
    std::lock_guard const guard{database->fence()};
    if (database->own() == 0) return;
    database->destroy();
    if (!database->is_empty()) return;
  }
  open_databases().while_closed(key_of(config.path), [&] {
    check(::rocksdb::DestroyDB(config.path.string(), {}), "remove its files");
    std::filesystem::remove(config.path, error);  // files that are not ours keep the directory
  });
}

}  // namespace cairn::backends::rocksdb::details
