// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What tells a store from every other, so that a copy of one's blobs is never taken for another's.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/random/draw.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::layer {

/// The root that holds a store's identity, 16 random bytes. On disk: do not rename.
[[nodiscard]] inline std::string identity_root() { return hidden_root("identity"); }

[[nodiscard]] inline std::string text_of(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::span<std::byte const> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

[[nodiscard]] inline std::string random_identity() { return random::text(16); }

/// The identity of a store, where it has one. One read of a root.
template <class Connection>
[[nodiscard]] std::optional<std::string> identity_of(Connection const& connection) {
  auto const record = connection.root(identity_root());
  if (!record.has_value() || record->state.empty()) return std::nullopt;
  return text_of(record->state);
}

/// Gives a store an identity, unless it has one. What it is then; nothing where it could not be written.
template <class Connection>
std::optional<std::string> give_identity(Connection& connection) {
  if (auto known = identity_of(connection)) return known;
  try {
    auto writer = connection.begin();
    static_cast<void>(writer.commit(identity_root(), Version{}, bytes_of(random_identity())));
  } catch (Error const&) {  // NOLINT(bugprone-empty-catch): a store that is only read
  }
  return identity_of(connection);  // whoever gave it
}

}  // namespace cairn::layer
