// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The LMDB backend: stores in memory-mapped B-trees. Needs lmdb (CMake: `cairn::lmdb`).
#pragma once

#include <cairn/backends/lmdb/config.hpp>
#include <cairn/backends/lmdb/connection.hpp>
#include <cairn/backends/lmdb/life_cycle.hpp>
#include <cairn/backends/lmdb/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <cstdint>
#include <string_view>

namespace cairn::backends::lmdb {

/// The smallest map that a store fits into, and the largest that there is room for.
inline constexpr ByteSize smallest_map{std::uint64_t{1} << 20U};
inline constexpr ByteSize largest_map{std::uint64_t{32} << 40U};

/// Stores in LMDB environments of this machine, each in a directory of its own.
struct Backend {
  static constexpr std::string_view backend_id = "lmdb";
  using index_tag = persistent_set_tag;
  using Config = lmdb::Config;
  using Connection = lmdb::Connection;

  static constexpr auto config_spec =
      cairn::config_spec(range(&Config::map_size, smallest_map, largest_map), range(&Config::max_readers, 1, 65'536));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::lock,
      .sharing = Sharing::machine,
      .zero_copy_reads = true,
      .durable_append = true,
      .needs = "liblmdb",
  };

  /// Creates an empty store, and the directories on the way to it; `store/exists` where there is one.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Removes the store's files, and its directory where nothing else is in it. Nothing happens where there is none. Whoever is
  /// connected gets `store/does-not-exist` at the next look at a root.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none, `store/format` where the files are not LMDB's.
  static Connection connect_store(Config const& config) { return Connection{config}; }
};

}  // namespace cairn::backends::lmdb

static_assert(cairn::check_store_backend<cairn::backends::lmdb::Backend>());
