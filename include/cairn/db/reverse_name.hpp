// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `:person/_friend`: an attribute from its value's side.
#pragma once

#include <cairn/datom/keyword.hpp>
#include <cairn/meta/lazy.hpp>

#include <string>

namespace cairn::detail {

[[nodiscard]] inline bool is_reverse(Keyword name) noexcept { return name.name().size() > 1 && name.name().front() == '_'; }

/// The attribute that a reverse name means. Requires: `is_reverse(name)`.
template <meta::Lazy = {}>
[[nodiscard]] Keyword forward(Keyword name) {
  auto const text = std::string{name.name().substr(1)};
  return Keyword{name.ns().empty() ? text : std::string{name.ns()} + "/" + text};
}

}  // namespace cairn::detail
