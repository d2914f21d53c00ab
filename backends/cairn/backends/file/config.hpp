// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the file backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <cstdint>
#include <filesystem>

namespace cairn::backends::file {

/// The smallest and the largest size at which a segment may be closed.
inline constexpr ByteSize smallest_segment{std::uint64_t{4} << 10U};
inline constexpr ByteSize largest_segment{std::uint64_t{16} << 30U};

/// Where a store is on disk, and how it is written.
struct Config {
  /// The directory of the store. Required.
  std::filesystem::path path;
  /// When a commit is acknowledged. `relaxed` keeps the order of commits, so that a loss of power leaves a prefix of
  /// them.
  Sync sync = Sync::durable;
  /// A segment file that has reached this size is closed and the next one begun. Garbage is given back by whole
  /// segments.
  ByteSize segment_size{std::uint64_t{64} << 20U};
};

}  // namespace cairn::backends::file
