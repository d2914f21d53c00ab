// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The servers that scripts/bench has started, which a benchmark hears of as arguments NAME=DIRECTORY.
#pragma once

#include "laws/service.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace cairn::benchmarks {

/// A server, and what its script says of it.
class Service {
 public:
  explicit Service(std::filesystem::path directory) : directory_{std::move(directory)} {}
  [[nodiscard]] std::string operator()(std::string_view key) const { return test::service_value(directory_, key); }
  [[nodiscard]] int port() const { return test::service_number<int>(directory_, "port"); }

 private:
  std::filesystem::path directory_;
};

/// Those of the arguments that are `NAME=DIRECTORY`.
[[nodiscard]] inline std::map<std::string, Service, std::less<>> services_of(int count, char const* const* arguments) {
  std::map<std::string, Service, std::less<>> services;
  for (int i = 1; i < count; ++i) {
    std::string_view const argument = arguments[i];
    auto const end = argument.find('=');
    if (end != std::string_view::npos) services.emplace(argument.substr(0, end), Service{argument.substr(end + 1)});
  }
  return services;
}

}  // namespace cairn::benchmarks
