// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a store is named on a command line.
#pragma once

#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace cairn::tool {

inline constexpr char const* store_help =
    "a directory, a URI (cairn:file:///var/people), or a configuration ({:store {:backend :file :path \"people\"}})";

/// Whether it is a URI of some scheme, `file:///var/people`.
[[nodiscard]] inline bool is_uri(std::string_view argument) {
  auto const colon = argument.find("://");
  return colon != std::string_view::npos && colon != 0 &&
         std::ranges::all_of(argument.substr(0, colon), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; });
}

/// A configuration or URI as it is; anything else is the path of a file store. Errors: `config/type` for a URI that is not Cairn's, which is no path either.
[[nodiscard]] inline std::string store_config(std::string_view argument) {
  auto const first = argument.find_first_not_of(" \t\n");
  if (first != std::string_view::npos && argument[first] == '{') return std::string{argument};
  if (argument.starts_with("cairn:")) return std::string{argument};
  if (is_uri(argument)) {
    raise(Errc::config_type, "A store's URI begins with cairn: and the backend, as cairn:file:///var/people. What was given has \"://\" and does not; "
                             "a directory of such a name is written with ./ before it.");
  }
  std::string config = "{:store {:backend :file :path ";
  notation::write_string_to(config, argument);
  return config + "}}";
}

}  // namespace cairn::tool
