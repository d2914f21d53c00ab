// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a test knows of the server that ctest started for it: cairn_test_backend's SERVICE.
#pragma once

#include <charconv>
#include <concepts>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#ifndef CAIRN_TEST_SERVICE
#error "CAIRN_TEST_SERVICE is not defined: the target needs SERVICE (cairn_test_backend, cairn_add_test)"
#endif

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

/// The same of the test's own service.
[[nodiscard]] inline std::string service(std::string_view key) { return service_value(CAIRN_TEST_SERVICE, key); }

/// The same as a number: `service<int>("port")`.
template <std::integral Number>
[[nodiscard]] Number service(std::string_view key) {
  auto const text = service(key);
  Number number{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) throw std::runtime_error{std::string{key} + "=" + text + " is no number of that type"};
  return number;
}

}  // namespace cairn::test
