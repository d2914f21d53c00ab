// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Servers that a test may do anything to.
#pragma once

#include "laws/service.hpp"
#include "laws/temporary_directory.hpp"

#include <unistd.h>

#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::test {

/// A service of one test alone, started in a directory of its own and stopped when this goes; where the test is killed, by the script's
/// next `stop` of ctest's own service. One thread uses it.
class OwnService {
 public:
  /// `script` as for SERVICE of cairn_test_backend.
  explicit OwnService(std::string script) : place_{place_for(script)}, script_{std::move(script)} {
    std::ofstream{place_.path() / "owner"} << ::getpid();
    run("start");
  }
  OwnService(OwnService const&) = delete;
  OwnService& operator=(OwnService const&) = delete;
  ~OwnService() { static_cast<void>(try_run("stop")); }

  /// As a crash would.
  void kill() { run("kill"); }
  /// On the same data and ports; returns when the server answers.
  void restart() { run("restart"); }
  /// What `service_directory()` of a test would be, were it the test's own.
  [[nodiscard]] std::filesystem::path const& directory() const noexcept { return place_.path(); }
  [[nodiscard]] std::string value(std::string_view key) const { return service_value(place_.path(), key); }
  template <std::integral Number>
  [[nodiscard]] Number value(std::string_view key) const {
    return service_number<Number>(place_.path(), key);
  }

 private:
  [[nodiscard]] static std::filesystem::path place_for(std::filesystem::path const& script) {
    auto const place = std::filesystem::path{CAIRN_TEST_OWN_SERVICES} / script.filename() / "own";
    std::filesystem::create_directories(place);
    return place;
  }
  [[nodiscard]] bool try_run(std::string_view verb) const {
    auto const command = "'" + script_ + "' " + std::string{verb} + " '" + place_.path().string() + "'";
    return std::system(command.c_str()) == 0;  // NOLINT(concurrency-mt-unsafe): one thread does that
  }
  void run(std::string_view verb) const {
    if (!try_run(verb)) throw std::runtime_error{script_ + " " + std::string{verb} + " failed"};
  }

  TemporaryDirectory place_;
  std::string script_;
};

}  // namespace cairn::test
