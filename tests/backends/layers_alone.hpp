// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Layers by themselves, as the suite of backends sees them: in a pile one may make up for another.
#pragma once

#include "unsteady.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/lmdb/backend.hpp>
#include <cairn/backends/sqlite/backend.hpp>
#include <cairn/layer/cached.hpp>
#include <cairn/layer/compressed.hpp>
#include <cairn/layer/encrypted.hpp>
#include <cairn/layer/metered.hpp>
#include <cairn/layer/retrying.hpp>
#include <cairn/layer/tiered.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace cairn::test {

// Over `file`, whose addresses get a tag from `Encrypted`, which piles and tiers have, or over `sqlite`, whose stay as they are.
using CachedAlone = Cached<backends::file::Backend>;
using CompressedAlone = Compressed<backends::file::Backend>;
using EncryptedAlone = Encrypted<backends::sqlite::Backend>;
using MeteredAlone = Metered<backends::sqlite::Backend>;
/// Over one that fails so often that a suite without the layer ends at once.
using RetryingAlone = Retrying<UnsteadyFile>;
using TieredAlone = Tiered<backends::lmdb::Backend, backends::file::Backend>;

/// Of one over a single store.
template <class Layer>
typename Layer::Config alone_config(std::filesystem::path const& directory) {
  typename Layer::Config config;
  config.store.path = directory / "store";
  if constexpr (requires { config.key; }) config.key = Secret{std::string(64, '7')};
  if constexpr (requires { config.attempts; }) {
    config.attempts = 100;
    config.first_delay = std::chrono::milliseconds{0};
  }
  return config;
}
inline TieredAlone::Config tiered_alone_config(std::filesystem::path const& directory) {
  return {.frontend_config = {.path = directory / "front"}, .backend_config = {.path = directory / "back"}};
}

}  // namespace cairn::test
