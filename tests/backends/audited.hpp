// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An audited store as the suite of backends sees it, on one that is in the hands of an adversary.
#pragma once

#include "../laws/adversary.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/layer/audited.hpp>

#include <filesystem>
#include <string>

namespace cairn::test {

using AuditedFile = Audited<Adversary<backends::file::Backend>>;

/// Signed.
inline AuditedFile::Config audited_config(std::filesystem::path const& directory) {
  return {.store = {.path = directory / "store"}, .key = Secret{std::string(64, '7')}};
}

}  // namespace cairn::test
