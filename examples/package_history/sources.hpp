// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the machine keeps what it knows of its packages, and what stands in where it keeps nothing.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace package_history {

/// Which files to read. Where one is not there, the file of the same kind in `fixture` is read in its place.
struct Paths {
  std::filesystem::path log = "/var/log/dpkg.log";  ///< with the older ones beside it, `dpkg.log.1`, `dpkg.log.2.gz`
  std::filesystem::path status = "/var/lib/dpkg/status";
  std::filesystem::path available{};  ///< nothing: what `apt-cache dumpavail` says
  std::filesystem::path fixture{};
};

/// A text and where it is from.
struct Source {
  std::string text;
  std::string origin;
  bool is_stand_in = false;
};

/// Empty where there is no such file.
[[nodiscard]] inline std::string read_file(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  std::error_code unknown;
  auto const size = std::filesystem::file_size(path, unknown);
  std::string text;
  if (!file || unknown) return text;
  text.resize(size);
  file.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// What a command of the shell writes; empty where it fails.
[[nodiscard]] inline std::string read_command(std::string const& command) {
  auto const close = [](std::FILE* pipe) { static_cast<void>(pclose(pipe)); };
  std::unique_ptr<std::FILE, decltype(close)> pipe{popen((command + " 2>/dev/null").c_str(), "r"), close};
  std::string text;
  if (!pipe) return text;
  std::string block(std::size_t{1} << 20U, '\0');
  while (auto const count = std::fread(block.data(), 1, block.size(), pipe.get())) text.append(block, 0, count);
  return pclose(pipe.release()) == 0 ? text : std::string{};
}

/// A path as one word of the shell.
[[nodiscard]] inline std::string quoted(std::filesystem::path const& path) {
  std::string word = "'";
  for (char const c : path.string()) word += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return word + "'";
}

namespace detail {

inline Source or_stand_in(Source source, std::filesystem::path const& fixture) {
  if (!source.text.empty()) return source;
  return {read_file(fixture), source.origin, true};
}

}  // namespace detail

/// The log and those that were rotated away, the oldest first.
[[nodiscard]] inline Source read_log(Paths const& paths) {
  std::string text;
  int files = 0;
  constexpr int oldest = 99;
  for (int age = oldest; age >= 0; --age) {
    auto const path = age == 0 ? paths.log : std::filesystem::path{paths.log.string() + "." + std::to_string(age)};
    auto const packed = std::filesystem::path{path.string() + ".gz"};
    auto part = read_file(path);
    if (part.empty() && std::filesystem::exists(packed)) part = read_command("gzip -dc -- " + quoted(packed));
    if (part.empty()) continue;
    text += part;
    if (text.back() != '\n') text += '\n';
    ++files;
  }
  auto const others = files > 1 ? " and " + std::to_string(files - 1) + " older" : std::string{};
  return detail::or_stand_in({std::move(text), paths.log.string() + others}, paths.fixture / "dpkg.log");
}

[[nodiscard]] inline Source read_status(Paths const& paths) {
  return detail::or_stand_in({read_file(paths.status), paths.status.string()}, paths.fixture / "status");
}

[[nodiscard]] inline Source read_available(Paths const& paths) {
  auto source = paths.available.empty() ? Source{read_command("apt-cache dumpavail"), "apt-cache dumpavail"}
                                        : Source{read_file(paths.available), paths.available.string()};
  return detail::or_stand_in(std::move(source), paths.fixture / "available");
}

}  // namespace package_history
