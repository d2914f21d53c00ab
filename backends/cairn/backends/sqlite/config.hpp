// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the SQLite backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace cairn::backends::sqlite {

/// Which store in which database file, and how it is written.
struct Config {
  /// The database file. It may have other stores and tables of other programs in it. Required.
  std::filesystem::path path;
  /// What the names of the store's tables begin with: letters, digits and `_`. Two stores of one file have two prefixes.
  std::string table_prefix = "cairn";
  /// When a commit is acknowledged. `relaxed` is SQLite's `synchronous=NORMAL`: a loss of power leaves a prefix of the commits. `EXTRA` else.
  Sync sync = Sync::durable;
  /// How long a commit waits for another writer of the file before it is refused.
  std::chrono::milliseconds busy_timeout{10'000};
};

}  // namespace cairn::backends::sqlite
