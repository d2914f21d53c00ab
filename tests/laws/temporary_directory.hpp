// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A directory that lives as long as a test.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <unistd.h>

namespace cairn::test {

/// Where syncs cost nothing, if there is such a place: for tests of what the medium does not decide.
inline std::filesystem::path directory_in_memory() {
  std::filesystem::path const memory{"/dev/shm"};
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() : TemporaryDirectory{std::filesystem::temp_directory_path()} {}
  explicit TemporaryDirectory(std::filesystem::path const& in) {
    auto pattern = (in / "cairn-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp failed"};
    path_ = pattern;
  }
  TemporaryDirectory(TemporaryDirectory const&) = delete;
  TemporaryDirectory& operator=(TemporaryDirectory const&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cairn::test
