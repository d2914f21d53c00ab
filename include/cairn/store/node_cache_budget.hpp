// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How much memory a connection may keep leaves of its indexes in.
#pragma once

#include <cairn/config/edn_text.hpp>
#include <cairn/config/load.hpp>
#include <cairn/config/quantities.hpp>
#include <cairn/index/node_cache.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn {

/// `:node-cache` of an `:index-config`, `{:node-cache "64MiB"}`: what `NodeCache` keeps within. Other settings, Datahike's
/// among them, are not looked at. Errors: `config/type`, `config/range`; `edn/syntax` where the text is no EDN.
[[nodiscard]] inline std::size_t node_cache_budget(EdnText const& index_config) {
  ByteSize size{NodeCache::default_budget};
  if (!index_config.empty()) {
    auto const document = config::read_map_text(std::string{index_config.text()});
    auto const settings = document.root();
    auto const found = settings.is(notation::Kind::map) ? settings.find("node-cache") : std::nullopt;
    config::Problems problems;
    config::Place const place{problems, "in the EDN map", "index-config"};
    if (found.has_value()) config::FieldCodec<ByteSize>::read(*found, size, place.field("node-cache"));
    problems.raise_if_any("the database");
  }
  return static_cast<std::size_t>(std::min<std::uint64_t>(size.bytes, SIZE_MAX / 2));
}

}  // namespace cairn
