// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a test knows of the server that ctest started for it: cairn_test_backend's SERVICE.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace cairn::test {

/// The value of a line `key=value` of the file that the service's script wrote.
[[nodiscard]] inline std::string service_value(std::filesystem::path const& directory, std::string_view key) {
  std::ifstream file{directory / "service"};
  if (!file) throw std::runtime_error{"No service runs in " + directory.string() + ": let ctest run this test, or start the service by hand"};
  for (std::string line; std::getline(file, line);) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') return line.substr(key.size() + 1);
  }
  throw std::runtime_error{"The service in " + directory.string() + " says no " + std::string{key}};
}

/// The same as a number.
template <std::integral Number>
[[nodiscard]] Number service_number(std::filesystem::path const& directory, std::string_view key) {
  auto const text = service_value(directory, key);
  Number number{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) throw std::runtime_error{std::string{key} + "=" + text + " is no number of that type"};
  return number;
}

#ifdef CAIRN_TEST_SERVICE

/// Where the test's own service is; the variable CAIRN_TEST_SERVICE names another one.
[[nodiscard]] inline std::filesystem::path service_directory() {
  auto const* const other = std::getenv("CAIRN_TEST_SERVICE");  // NOLINT(concurrency-mt-unsafe): reads only
  return other != nullptr ? other : CAIRN_TEST_SERVICE;
}
/// What it says: `service("host")`, `service<int>("port")`.
[[nodiscard]] inline std::string service(std::string_view key) { return service_value(service_directory(), key); }
template <std::integral Number>
[[nodiscard]] Number service(std::string_view key) {
  return service_number<Number>(service_directory(), key);
}

#endif

}  // namespace cairn::test
