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

/// Where the blobs of a store are: said when it is created, and the same ever after.
enum class Layout : std::uint8_t {
  log,  ///< in the log, with everything else: one write and one sync a commit
  dir,  ///< a file each, in a directory of their own; the log has the roots
};

/// Where a store is on disk, and how it is written.
struct Config {
  /// The directory of the store. Required.
  std::filesystem::path path;
  /// When a commit is acknowledged. `relaxed` keeps the order of commits, so that a loss of power leaves a prefix of
  /// them.
  Sync sync = Sync::durable;
  /// A segment file that has reached this size is closed and the next one begun.
  ByteSize segment_size{std::uint64_t{64} << 20U};
  /// Where the blobs are. `config/mismatch` where the store was created with the other one.
  Layout layout = Layout::log;
  /// Whether nobody else may have the store open meanwhile: then no commit needs a lock, nor a look at what others did.
  /// `store/locked` where somebody has, and for whoever tries to; `io/error` on file systems of a network.
  bool exclusive = false;
  /// A sweep writes a closed segment anew, without what is dead, where less than this part of it is live. 0 for never.
  double compact_below = 0.5;
};

}  // namespace cairn::backends::file
