// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What configurations call backends, and which one they name.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/variable.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/meta/lazy.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::config {

/// The id that a text means, as `backend_id` has it: without a colon, and `memory` is `mem`.
[[nodiscard]] constexpr std::string_view canonical_backend_id(std::string_view text) noexcept {
  if (text.starts_with(':')) text.remove_prefix(1);
  return text == "memory" ? std::string_view{"mem"} : text;
}

namespace detail {

/// The backend that an EDN map names with `:backend`, a keyword or a string.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> backend_in(std::optional<notation::Form> map) {
  if (!map.has_value() || !map->is(notation::Kind::map)) return std::nullopt;
  auto const found = map->find("backend");
  if (!found.has_value()) return std::nullopt;
  if (found->is(notation::Kind::string)) return found->string();
  return found->is(notation::Kind::keyword) ? std::optional<std::string>{found->name()} : std::nullopt;
}

/// The backend that the variables of one prefix name.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> backend_in(Environment const& environment, std::string_view prefix) {
  if (auto named = variable(environment, store_variable(prefix, "backend"))) return named;
  auto const text = variable(environment, store_variable(prefix, "config"));
  if (!text.has_value()) return std::nullopt;
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(*text, nodes);
  if (result.status != notation::ReadStatus::form) return std::nullopt;  // reported by who finds no backend, or reads its fields
  return backend_in(notation::Form{*text, nodes.data(), result.root});
}

}  // namespace detail
}  // namespace cairn::config
