// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The PostgreSQL backend: stores in the tables of a PostgreSQL database. Needs libpq (CMake: `cairn::postgres`).
#pragma once

#include <cairn/backends/postgres/config.hpp>
#include <cairn/backends/postgres/connection.hpp>
#include <cairn/backends/postgres/life_cycle.hpp>
#include <cairn/backends/postgres/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <chrono>
#include <string_view>

namespace cairn::backends::postgres {

/// Stores on PostgreSQL servers, several in one database by their schemas and table prefixes.
struct Backend {
  static constexpr std::string_view backend_id = "postgres";
  using index_tag = persistent_set_tag;
  using Config = postgres::Config;
  using Connection = postgres::Connection;

  static constexpr auto config_spec = cairn::config_spec(
      optional(&Config::conninfo), optional(&Config::host), optional(&Config::dbname), optional(&Config::user), optional(&Config::password),
      optional(&Config::schema), range(&Config::port, 0, 65535), non_empty(&Config::table_prefix), range(&Config::max_connections, 2, 1000),
      range(&Config::reply_timeout, std::chrono::milliseconds{1}, std::chrono::hours{24}),
      range(&Config::reconnect_for, std::chrono::milliseconds{0}, std::chrono::hours{1}));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::network,
      .zero_copy_reads = false,
      .durable_append = true,
      .needs = "libpq",
  };

  /// Creates the tables of an empty store, and the schema where one is named and there is none; `store/exists` where they are there.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Drops the store's tables; the schema stays. Nothing happens where there are none. Whoever is connected gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none, `config/mismatch` where the server does not sync and the store is to be durable.
  static Connection connect_store(Config const& config) { return Connection{details::connect_store(config)}; }
};

}  // namespace cairn::backends::postgres

static_assert(cairn::check_store_backend<cairn::backends::postgres::Backend>());
