// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which file a name or a descriptor means.
#pragma once

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace cairn::backends::common {

/// A file, whatever its names are.
struct Inode {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::uint64_t links = 0;  ///< how many names it has; none once it was removed, while somebody has it open
};

/// The file of a name, relative to the open directory `directory`, or, with `AT_EMPTY_PATH` and no name, that of the
/// descriptor. 0, or `errno`. One system call. Thread-safe.
///
/// Its times are not asked for: once they were, Linux (from 6.13, where file systems have times of fine grain) gives
/// the file a new one at its next write, and the sync after that write has more to do: looked at before each commit,
/// commits of LMDB took a third longer.
[[nodiscard]] inline int look_at(int directory, char const* name, int flags, Inode& found) noexcept {
#ifdef STATX_INO
  struct statx extended {};
  if (::statx(directory, name, flags, STATX_INO | STATX_NLINK, &extended) == 0) {
    found = {::gnu_dev_makedev(extended.stx_dev_major, extended.stx_dev_minor), extended.stx_ino, extended.stx_nlink};
    return 0;
  }
  // Else a filter of system calls may not know it.
  if (errno == ENOENT || errno == ENOTDIR) return errno;
#endif
  struct stat status {};
  if (::fstatat(directory, name, &status, flags) != 0) return errno;
  found = {status.st_dev, status.st_ino, status.st_nlink};
  return 0;
}
[[nodiscard]] inline int look_at(char const* path, Inode& found) noexcept { return look_at(AT_FDCWD, path, 0, found); }
[[nodiscard]] inline int look_at(int descriptor, Inode& found) noexcept {
  return look_at(descriptor, "", AT_EMPTY_PATH, found);
}

}  // namespace cairn::backends::common
