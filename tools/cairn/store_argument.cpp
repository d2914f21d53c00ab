// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "store_argument.hpp"

#include "backends.hpp"

#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <ios>
#include <system_error>

namespace cairn::tool {

namespace {

/// What stands before the first colon of a text that is meant as a URI and is none of Cairn's, as `file:///var/people`, `file:/var/people`
/// and `sqlite:people.db`; empty for anything else.
std::string_view foreign_scheme(std::string_view argument) {
  auto const scheme = argument.substr(0, argument.find(':'));
  if (scheme.size() == argument.size()) return {};
  bool const is_scheme = std::ranges::all_of(scheme, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; });
  bool const has_place = argument.substr(scheme.size()).starts_with(":/") || argument.find("://") != std::string_view::npos;
  return is_scheme && (has_place || Backends::contains(scheme)) ? scheme : std::string_view{};
}

}  // namespace

bool is_sqlite_file(std::string const& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // what is read of a pipe is gone
  std::array<char, 16> begin{};
  std::ifstream file{path, std::ios::binary};
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         std::string_view{begin.data(), begin.size()} == std::string_view{"SQLite format 3\0", 16};
}

std::string store_config(std::string_view argument) {
  auto const first = argument.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  if (argument[first] == '{') return std::string{argument};
  if (argument.starts_with("cairn:")) return std::string{argument};
  if (auto const scheme = foreign_scheme(argument); !scheme.empty()) {
    // What has a user may have a password, which is not to be printed.
    bool const can_be_shown = Backends::contains(scheme) && argument.find('@') == std::string_view::npos;
    raise(Errc::config_type, "A store's URI begins with cairn: and the backend, as cairn:file:///var/people, and what was given does not." +
                                 (can_be_shown ? " Did you mean cairn:" + std::string{argument} + "?" : std::string{}) +
                                 " A directory of such a name is written with ./ before it.");
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
