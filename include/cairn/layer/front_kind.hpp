// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What keeps a store with something of its own from being taken for a front of copies, which anybody may empty.
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/store_identity.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace cairn::layer {

/// The root of a front that has more than copies, from its first connection on. On disk: do not rename.
[[nodiscard]] inline std::string overlay_root() { return hidden_root("overlay"); }

/// Whether a store has no root but the identity, so that emptying it loses nothing. One read of the names.
template <class Connection>
[[nodiscard]] bool has_copies_only(Connection const& connection) {
  auto const names = connection.roots();
  return std::ranges::all_of(names, [](std::string const& name) { return name == identity_root(); });
}

[[noreturn]] inline void raise_no_front() {
  raise(Errc::config_mismatch,
        "The front of the tier is a database, or the front of a tier that writes to it alone, and no cache: it is left as it is. Give this tier "
        "a front of its own.",
        "{:key :frontend-config}");
}

/// Whether a store is there. Errors: of connecting, but for that one.
template <class Backend>
[[nodiscard]] std::optional<ConnectionOf<Backend>> connect_if_there(typename Backend::Config const& config) {
  try {
    return Backend::connect_store(config);
  } catch (Error const& error) {
    if (error.code() != Errc::store_does_not_exist) throw;
    return std::nullopt;
  }
}

/// What deletes a front looks here first. Errors: `config/mismatch` where it is none (or, unless `is_overlay`, has more than copies); those
/// of connecting, since what can't be looked at may be anything.
template <class Front>
void check_is_front(typename Front::Config const& config, bool is_overlay) {
  auto connection = connect_if_there<Front>(config);
  if (!connection.has_value()) return;
  bool const is_front = has_copies_only(*connection) || (is_overlay && identity_of(*connection).has_value());
  release_part<Front>(config, *connection);
  if (!is_front) raise_no_front();
}

}  // namespace cairn::layer
