// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The Redis backend: stores in the keys of a Redis server or cluster. Needs hiredis (CMake: `cairn::redis`).
#pragma once

#include <cairn/backends/redis/config.hpp>
#include <cairn/backends/redis/connection.hpp>
#include <cairn/backends/redis/life_cycle.hpp>
#include <cairn/backends/redis/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <chrono>
#include <string_view>

namespace cairn::backends::redis {

/// Stores on Redis servers and clusters, several in one database by their prefixes. Durable on that one server: replicas follow it later, so
/// that a failover loses the last commits that were acknowledged.
struct Backend {
  static constexpr std::string_view backend_id = "redis";
  using index_tag = persistent_set_tag;
  using Config = redis::Config;
  using Connection = redis::Connection;

  static constexpr auto config_spec =
      cairn::config_spec(non_empty(&Config::host), range(&Config::port, 1, 65535), optional(&Config::socket), optional(&Config::user),
                         non_empty(&Config::prefix), range(&Config::timeout, std::chrono::milliseconds{1}, std::chrono::hours{1}));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::network,
      .zero_copy_reads = false,
      .durable_append = true,
      .needs = "libhiredis",
  };

  /// Creates an empty store; `store/exists` where there is one under that prefix, `config/mismatch` where it is to be durable and the server
  /// is not.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Removes the store's keys; nothing happens where there is none. Looks at every key of the server's database. Whoever is connected
  /// gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none, `config/mismatch` where it is to be durable and the server is not.
  static Connection connect_store(Config const& config) { return Connection{config}; }
};

}  // namespace cairn::backends::redis

static_assert(cairn::check_store_backend<cairn::backends::redis::Backend>());
