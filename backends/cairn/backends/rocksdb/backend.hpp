// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The RocksDB backend: stores in log-structured merge trees. Needs RocksDB (CMake: `cairn::rocksdb`).
#pragma once

#include <cairn/backends/rocksdb/config.hpp>
#include <cairn/backends/rocksdb/connection.hpp>
#include <cairn/backends/rocksdb/life_cycle.hpp>
#include <cairn/backends/rocksdb/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <string_view>

namespace cairn::backends::rocksdb {

/// Stores in RocksDB databases of this machine, each in a directory of its own.
struct Backend {
  static constexpr std::string_view backend_id = "rocksdb";
  using index_tag = persistent_set_tag;
  using Config = rocksdb::Config;
  using Connection = rocksdb::Connection;

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::process,
      .zero_copy_reads = false,
      .durable_append = true,
      .needs = "librocksdb",
  };

  /// Creates an empty store, and the directories on the way to it; `store/exists` where there is one.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Removes the store's files, and its directory where nothing else is in it. Nothing happens where there is none; `store/locked` where
  /// another process has it open. Whoever is connected in this process gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none, `store/locked` where another process has it open.
  static Connection connect_store(Config const& config) { return Connection{config}; }
};

}  // namespace cairn::backends::rocksdb

static_assert(cairn::check_store_backend<cairn::backends::rocksdb::Backend>());
