// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a program syncs, and what power would leave of a file.
#pragma once

#include <climits>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace cairn::test {

/// Calls `seen(path)` after each sync of a file or a directory, for as long as it lives: whoever made it, the libraries that the program is linked with included.
class SeenSyncs {
 public:
  using Seen = std::function<void(std::filesystem::path const&)>;

  explicit SeenSyncs(Seen seen) {
    std::lock_guard const guard{mutex_};
    seen_ = std::move(seen);
  }
  SeenSyncs(SeenSyncs const&) = delete;
  SeenSyncs& operator=(SeenSyncs const&) = delete;
  ~SeenSyncs() {
    std::lock_guard const guard{mutex_};
    seen_ = {};
  }

  static int sync(long call, int file) {
    auto const result = static_cast<int>(::syscall(call, file));
    std::lock_guard const guard{mutex_};
    if (result != 0 || !seen_) return result;
    char name[PATH_MAX];
    auto const size = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), name, sizeof name);
    if (size > 0) seen_(std::string(name, static_cast<std::size_t>(size)));
    return result;
  }

 private:
  static inline std::mutex mutex_;
  static inline Seen seen_;
};

[[nodiscard]] inline std::string content_of(std::filesystem::path const& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace cairn::test

// Instead of the C library's, for the whole program.
extern "C" {
[[gnu::used]] inline int fsync(int file) { return cairn::test::SeenSyncs::sync(SYS_fsync, file); }
[[gnu::used]] inline int fdatasync(int file) { return cairn::test::SeenSyncs::sync(SYS_fdatasync, file); }
}
