// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The file backend: a store in a directory, as an append-only log of checksummed frames.
#pragma once

#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/connection.hpp>
#include <cairn/backends/file/life_cycle.hpp>
#include <cairn/backends/file/posix_io.hpp>
#include <cairn/backends/file/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <string_view>

namespace cairn::backends::file {

/// Stores in directories of this machine. `Io` makes the system calls; `Backend` is the one to use.
template <class Io>
struct BasicBackend {
  static constexpr std::string_view backend_id = "file";
  using index_tag = persistent_set_tag;
  using Config = file::Config;
  using Connection = BasicConnection<Io>;

  static constexpr auto config_spec =
      cairn::config_spec(range(&Config::segment_size, smallest_segment, largest_segment),
                         range(&Config::compact_below, 0.0, 1.0));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::machine,
      .zero_copy_reads = false,
      .durable_append = true,
  };

  /// Creates an empty store and the directories on the way to it; `store/exists` where there is one, `store/format` where
  /// the directory holds a file `lock` that is not a store's.
  static void empty_store(Config const& config) { details::create_store<Io>(config); }
  /// Removes the files of a store, and its directory where nothing else is in it. Nothing happens where there is none;
  /// `store/format` where the directory holds only files that are not a store's, be it a `lock`. Whoever is connected gets
  /// `store/does-not-exist` at the next commit; who has it alone keeps it, and `store/locked` tells.
  static void delete_store(Config const& config) { details::delete_store<Io>(config); }
  /// Connects; `store/does-not-exist` where there is none, `store/corrupt` where it is damaged, `store/locked` where somebody
  /// has it alone, or has it and this connection is to be alone (`Config::exclusive`). Waits for a writer of
  /// another process. Reads at most one segment, and only what is behind the hint where one was left.
  static Connection connect_store(Config const& config) { return Connection{config}; }
  /// Makes durable what is not, and leaves the hint.
  static void release_store(Config const&, Connection& connection) { connection.close(); }
};

using Backend = BasicBackend<PosixIo>;

}  // namespace cairn::backends::file

template <class Io>
inline constexpr bool cairn::is_cairn_backend<cairn::backends::file::BasicBackend<Io>> = true;

static_assert(cairn::check_store_backend<cairn::backends::file::Backend>());
