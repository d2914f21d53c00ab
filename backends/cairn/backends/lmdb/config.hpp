// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the LMDB backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <cstdint>
#include <filesystem>

namespace cairn::backends::lmdb {

/// Where a store is on disk, and how it is written.
struct Config {
  /// The directory of the store. Required.
  std::filesystem::path path;
  /// When a commit is acknowledged. `relaxed` leaves one of LMDB's two syncs out: a loss of power may take the last commit.
  Sync sync = Sync::durable;
  /// How much address space is mapped at first. It is no memory and no room on disk, and doubles when it is full.
  ByteSize map_size{std::uint64_t{64} << 30U};
  /// How many snapshots can be open at a time, in all processes together. Who opens the store first decides.
  std::uint32_t max_readers = 1024;
};

}  // namespace cairn::backends::lmdb
