// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How verbs report: one map on one line.
#pragma once

#include "terminal.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace cairn::tool {

/// Prints `{:key value ...}`; the values are EDN.
inline void print_map(std::vector<std::pair<std::string, std::string>> const& entries) {
  Progress::clear();
  std::string text = "{";
  for (char const* separator = ""; auto const& [key, value] : entries) {
    text += std::exchange(separator, " ");
    text += ":" + key + " " + value;
  }
  std::puts((text + "}").c_str());
}

}  // namespace cairn::tool
