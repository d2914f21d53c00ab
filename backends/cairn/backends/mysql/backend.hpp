// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The MySQL backend: stores in the tables of a MySQL or MariaDB database. Needs libmariadb (CMake: `cairn::mysql`).
#pragma once

#include <cairn/backends/mysql/config.hpp>
#include <cairn/backends/mysql/connection.hpp>
#include <cairn/backends/mysql/life_cycle.hpp>
#include <cairn/backends/mysql/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <chrono>
#include <string_view>

namespace cairn::backends::mysql {

/// Stores on MySQL and MariaDB servers, several in one database by their table prefixes.
struct Backend {
  static constexpr std::string_view backend_id = "mysql";
  using index_tag = persistent_set_tag;
  using Config = mysql::Config;
  using Connection = mysql::Connection;

  static constexpr auto config_spec = cairn::config_spec(
      optional(&Config::host), optional(&Config::socket), optional(&Config::user), optional(&Config::password), optional(&Config::tls_ca),
      optional(&Config::tls_cert), optional(&Config::tls_key), optional(&Config::option_file), range(&Config::port, 0, 65535),
      non_empty(&Config::table_prefix), range(&Config::max_connections, 2, 1000),
      range(&Config::reply_timeout, std::chrono::seconds{1}, std::chrono::hours{24}),
      range(&Config::reconnect_for, std::chrono::milliseconds{0}, std::chrono::hours{1}));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::network,
      .zero_copy_reads = false,
      .durable_append = true,
      .needs = "libmariadb",
  };

  /// Creates the tables of an empty store in a database that is there; `store/exists` where they are there.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Drops the store's tables; the database stays. Nothing happens where there are none. Whoever is connected gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none, `config/mismatch` where the server's settings don't
  /// let a durable store be durable.
  static Connection connect_store(Config const& config) { return Connection{details::connect_store(config)}; }
};

}  // namespace cairn::backends::mysql

static_assert(cairn::check_store_backend<cairn::backends::mysql::Backend>());
