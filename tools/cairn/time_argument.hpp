// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a point in time is written on a command line.
#pragma once

#include "backends.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cairn::tool {

/// The one form that a text is; nothing where it is none.
[[nodiscard]] inline std::optional<Edn> form_of(std::string const& text) {
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text, nodes);
  if (result.status != notation::ReadStatus::form) return std::nullopt;
  return Edn::of({text, nodes.data(), result.root});
}

/// A transaction's number, or an instant with or without its `#inst`; nothing where it is neither.
[[nodiscard]] inline std::optional<std::variant<EntityId, Instant>> time_of(std::string const& text) {
  if (auto const form = form_of(text); form && form->is_integer()) return form->as_integer();
  auto const form = form_of(text.starts_with('#') ? text : "#inst \"" + text + "\"");
  if (auto const instant = form ? form->instant() : std::nullopt) return Instant{*instant};
  return std::nullopt;
}

}  // namespace cairn::tool
