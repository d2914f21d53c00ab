// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the RocksDB backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <cstdint>
#include <filesystem>

namespace cairn::backends::rocksdb {

/// Where a store is on disk, and how it is written.
struct Config {
  /// The directory of the store. Required.
  std::filesystem::path path;
  /// When a commit is acknowledged. `relaxed` leaves the sync to the system: a loss of power leaves a prefix of the commits.
  Sync sync = Sync::durable;
  /// What RocksDB keeps in memory of the blocks that it read. Who opens the store first decides.
  ByteSize block_cache{std::uint64_t{64} << 20U};
};

}  // namespace cairn::backends::rocksdb
