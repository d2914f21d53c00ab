// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The variables that a configuration may come from: Cairn's, and Datahike's for those who come from there.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/meta/lazy.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::config {

/// What the names of variables begin with. Cairn's win over Datahike's.
inline constexpr std::array<std::string_view, 2> variable_prefixes{"CAIRN_", "DATAHIKE_"};

/// The variable of an option of the database: `CAIRN_KEEP_HISTORY` for `keep-history`.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string option_variable(std::string_view prefix, std::string_view option) {
  std::string name{prefix};
  for (char const c : option) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

/// The variable of a field of the store: `CAIRN_STORE_SEGMENT_SIZE` for `segment-size`. `backend` is the name of a
/// backend, as `:backend` has it, `config` a whole configuration, as an EDN map; no field may be called so.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string store_variable(std::string_view prefix, std::string_view field) {
  return option_variable(std::string{prefix}.append("STORE_"), field);
}

/// A variable's text. One that is set to nothing counts as not set: that is how shells and container files leave one
/// out.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> variable(Environment const& environment, std::string_view name) {
  auto found = environment.get(name);
  if (found.has_value() && found->empty()) found.reset();
  return found;
}

}  // namespace cairn::config
