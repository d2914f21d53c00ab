// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An audited store as the suite of backends sees it, on one that is in the hands of an adversary.
#pragma once

#include "../laws/adversary.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/layer/audited.hpp>
#include <cairn/layer/encrypted.hpp>

#include <filesystem>
#include <string>

namespace cairn::test {

/// Of the longest addresses that there are.
using AuditedStore = Audited<Adversary<Encrypted<backends::file::Backend>>>;
static_assert(sizeof(ConnectionOf<AuditedStore>::Address) == max_address_size);

/// Signed.
inline AuditedStore::Config audited_config(std::filesystem::path const& directory) {
  return {.store = {.store = {.path = directory / "store"}, .key = Secret{std::string(64, '3')}}, .key = Secret{std::string(64, '7')}};
}

}  // namespace cairn::test
