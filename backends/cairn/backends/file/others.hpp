// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Who else has a store open.
#pragma once

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace cairn::backends::file::details {

/// How many connections beside one of ours have a lock file open, of those that the kernel shows to this process: each holds a lock of the whole
/// file. Nothing where not even ours is shown (no /proc, or a file system whose files have other numbers there).
[[nodiscard]] inline std::optional<std::size_t> count_others(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return std::nullopt;
  char file[64];
  std::snprintf(file, sizeof file, " %02x:%02x:%llu ", ::gnu_dev_major(status.st_dev), ::gnu_dev_minor(status.st_dev),
                static_cast<unsigned long long>(status.st_ino));
  std::ifstream locks{"/proc/locks"};
  std::size_t found = 0;
  for (std::string line; std::getline(locks, line);) {
    // Those that wait are behind an arrow.
    bool const holds = line.find(": FLOCK ") != std::string::npos;
    if (holds && line.find(file) != std::string::npos) ++found;
  }
  if (found == 0) return std::nullopt;
  return found - 1;
}

}  // namespace cairn::backends::file::details
