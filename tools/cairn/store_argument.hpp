// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a store is named on a command line.
#pragma once

#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace cairn::tool {

inline constexpr char const* store_help =
    "a directory, a URI (cairn:file:///var/people), or a configuration ({:store {:backend :file :path \"people\"}}); "
    "'' for what CAIRN_STORE_... say";

/// Whether it is a URI of some scheme, `file:///var/people`.
[[nodiscard]] inline bool is_uri(std::string_view argument) {
  auto const colon = argument.find("://");
  return colon != std::string_view::npos && colon != 0 &&
         std::ranges::all_of(argument.substr(0, colon), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; });
}

/// Whether it is the path of a file that SQLite has written.
[[nodiscard]] inline bool is_sqlite_file(std::string const& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // what is read of a pipe is gone
  std::array<char, 16> begin{};
  std::ifstream file{path, std::ios::binary};
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         std::string_view{begin.data(), begin.size()} == std::string_view{"SQLite format 3\0", 16};
}

/// A configuration or URI as it is; one that is empty leaves all to variables; anything else is the path of a file
/// store. Errors: `config/type` for a URI that is not Cairn's, which is no path either, and for a file of SQLite's.
[[nodiscard]] inline std::string store_config(std::string_view argument) {
  auto const first = argument.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  if (argument[first] == '{') return std::string{argument};
  if (argument.starts_with("cairn:")) return std::string{argument};
  if (is_uri(argument)) {
    raise(Errc::config_type, "A store's URI begins with cairn: and the backend, as cairn:file:///var/people. What was given has \"://\" and does not; "
                             "a directory of such a name is written with ./ before it.");
  }
  if (std::string const path{argument}; is_sqlite_file(path)) {
    raise(Errc::config_type,
          path + " is a file of SQLite's, and no directory. A store in it is named by cairn:sqlite:" + path + ".");
  }
  std::string config = "{:store {:backend :file :path ";
  notation::write_string_to(config, argument);
  return config + "}}";
}

}  // namespace cairn::tool
