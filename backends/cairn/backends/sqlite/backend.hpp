// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The SQLite backend: stores in the tables of an SQLite database file. Needs sqlite3 (CMake: `cairn::sqlite`).
#pragma once

#include <cairn/backends/sqlite/config.hpp>
#include <cairn/backends/sqlite/connection.hpp>
#include <cairn/backends/sqlite/life_cycle.hpp>
#include <cairn/backends/sqlite/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <chrono>
#include <string_view>

namespace cairn::backends::sqlite {

/// Stores in SQLite files of this machine, several in one file by their table prefixes.
struct Backend {
  static constexpr std::string_view backend_id = "sqlite";
  using index_tag = persistent_set_tag;
  using Config = sqlite::Config;
  using Connection = sqlite::Connection;

  static constexpr auto config_spec =
      cairn::config_spec(non_empty(&Config::table_prefix), range(&Config::busy_timeout, std::chrono::milliseconds{0}, std::chrono::hours{1}));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::machine,
      .zero_copy_reads = false,
      .durable_append = true,
      .needs = "libsqlite3",
  };

  /// Creates an empty store, and the file where there is none; `store/exists` where the file has a store of that prefix.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Drops the store's tables; the file stays, since others may have it open. Nothing happens where there is none; `store/format` where
  /// the file is no SQLite database. Whoever is connected gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none.
  static Connection connect_store(Config const& config) { return Connection{config}; }
};

}  // namespace cairn::backends::sqlite

static_assert(cairn::check_store_backend<cairn::backends::sqlite::Backend>());
