// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names that a program adds to those of the language.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace cairn::query::syntax {

/// What a query may call besides the built-ins. Each list is searched from its begin for every call of such a name.
struct Names {
  std::span<std::string_view const> functions{};
  std::span<std::string_view const> aggregates{};
  bool any = false;  ///< Every name is let through; whoever runs the query says which ones there are.

  [[nodiscard]] constexpr bool has_function(std::string_view name) const noexcept {
    return any || std::find(functions.begin(), functions.end(), name) != functions.end();
  }
  [[nodiscard]] constexpr bool has_aggregate(std::string_view name) const noexcept {
    return any || std::find(aggregates.begin(), aggregates.end(), name) != aggregates.end();
  }
};

}  // namespace cairn::query::syntax
