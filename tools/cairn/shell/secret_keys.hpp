// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a file of past lines must not hold.
#pragma once

#include "../backends.hpp"
#include <cairn/config/describe.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cairn::tool {

inline void add_secret_keys(std::vector<config::FieldSpec> const& fields, std::vector<std::string>& keys) {
  for (auto const& field : fields) {
    if (field.type == "secret") keys.push_back(field.name);
    add_secret_keys(field.fields, keys);
  }
}

/// The keys of secrets in the configurations of all backends, and what such keys are called elsewhere.
[[nodiscard]] inline std::vector<std::string> secret_keys() {
  std::vector<std::string> keys{"password", "secret", "key", "token", "jdbcUrl"};
  for (auto const id : Backends::ids) {
    Backends::dispatch(id, [&]<class Backend>(std::type_identity<Backend>) {
      add_secret_keys(config::describe_backend<Backend>(), keys);
    });
  }
  return keys;
}

/// Whether a text has one of the keys in a map (`:password`) or a URI (`password=`), or a URI that says who it is for
/// (`//me:word@host`).
[[nodiscard]] inline bool may_hold_secret(std::string_view text, std::vector<std::string> const& keys) {
  auto const has = [&](std::string const& words, bool is_whole) {
    for (auto at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) {
      auto const end = at + words.size();
      if (!is_whole || end == text.size() ||
          std::string_view{" \t\n,\"'{}[]()"}.find(text[end]) != std::string_view::npos)
        return true;
    }
    return false;
  };
  auto const authority = text.find("://");
  if (authority != std::string_view::npos && text.find('@', authority) != std::string_view::npos) return true;
  return std::ranges::any_of(keys,
                             [&](std::string const& key) { return has(":" + key, true) || has(key + "=", false); });
}

}  // namespace cairn::tool
