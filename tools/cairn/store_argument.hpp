// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a store is named on a command line.
#pragma once

#include <cairn/edn/write.hpp>

#include <string>
#include <string_view>

namespace cairn::tool {

inline constexpr char const* store_help =
    "a directory, a URI (cairn:file:///var/people), or a configuration ({:store {:backend :file :path \"people\"}})";

/// A configuration or URI as it is; anything else is the path of a file store.
[[nodiscard]] inline std::string store_config(std::string_view argument) {
  auto const first = argument.find_first_not_of(" \t\n");
  if (first != std::string_view::npos && argument[first] == '{') return std::string{argument};
  if (argument.starts_with("cairn:")) return std::string{argument};
  std::string config = "{:store {:backend :file :path ";
  notation::write_string_to(config, argument);
  return config + "}}";
}

}  // namespace cairn::tool
