// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Layers as the suite of backends sees them.
#pragma once

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/lmdb/backend.hpp>
#include <cairn/backends/sqlite/backend.hpp>
#include <cairn/layer/cached.hpp>
#include <cairn/layer/compressed.hpp>
#include <cairn/layer/encrypted.hpp>
#include <cairn/layer/metered.hpp>
#include <cairn/layer/retrying.hpp>
#include <cairn/layer/tiered.hpp>

#include <filesystem>
#include <string>

namespace cairn::test {

/// Everything that a blob can go through, on blobs whose addresses are known before.
using Pile = Metered<Cached<Compressed<Encrypted<Retrying<backends::sqlite::Backend>>>>>;

inline Pile::Config pile_config(std::filesystem::path const& directory) {
  Pile::Config config;
  auto& encrypted = config.store.store.store;
  encrypted.key = Secret{std::string(64, '7')};
  encrypted.store.store.path = directory / "store.sqlite";
  return config;
}

/// A front that is shared by processes and written behind, before a back whose addresses need a tag.
using Tier = Tiered<backends::lmdb::Backend, Encrypted<backends::file::Backend>, WritePolicy::write_behind>;

inline Tier::Config tier_config(std::filesystem::path const& directory) {
  return {.frontend_config = {.path = directory / "front"},
          .backend_config = {.store = {.path = directory / "back"}, .key = Secret{std::string(64, '7')}}};
}

}  // namespace cairn::test
