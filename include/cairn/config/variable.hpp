// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The variables that a configuration may come from.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::config {

/// The name of a backend, as `:backend` has it.
inline constexpr std::string_view backend_variable = "CAIRN_STORE_BACKEND";
/// A whole configuration, as an EDN map.
inline constexpr std::string_view config_variable = "CAIRN_STORE_CONFIG";

/// The variable of a field: `CAIRN_STORE_SEGMENT_SIZE` for `segment-size`.
[[nodiscard]] inline std::string variable_name(std::string_view field) {
  std::string name = "CAIRN_STORE_";
  for (char const c : field) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

/// A variable's text. One that is set to nothing counts as not set: that is how shells and container files leave one
/// out.
[[nodiscard]] inline std::optional<std::string> variable(Environment const& environment, std::string_view name) {
  auto found = environment.get(name);
  if (found.has_value() && found->empty()) found.reset();
  return found;
}

}  // namespace cairn::config
