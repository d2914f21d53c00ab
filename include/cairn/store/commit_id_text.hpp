// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the names of commits come from, and how they are written.
#pragma once

#include <cairn/edn/uuid.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/random/names.hpp>
#include <cairn/store/commit_id.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

template <meta::Lazy>
CommitId CommitId::random() {
  CommitId id;
  random::fill_name(id.bytes);
  return id;
}

template <meta::Lazy>
std::string to_text(CommitId const& id) {
  notation::UuidBytes bytes;
  std::ranges::transform(id.bytes, bytes.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return notation::format_uuid(bytes);
}

template <meta::Lazy>
std::optional<CommitId> commit_id_of(std::string_view text) {
  auto const bytes = notation::parse_uuid(text);
  if (!bytes) return std::nullopt;
  CommitId id;
  std::ranges::transform(*bytes, id.bytes.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
  return id;
}

}  // namespace cairn
