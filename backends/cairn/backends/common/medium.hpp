// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What to do where a place on a disk cannot be written to.
#pragma once

#include <cairn/error/error.hpp>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/statvfs.h>
#include <system_error>

namespace cairn::backends::common {

inline constexpr std::string_view mount_for_writing =
    "The file system is mounted read-only: mount it for writing. A store is written to by whoever opens it, readers too.";
inline constexpr std::string_view give_rights =
    "Give this user the right to read and write the store and its directory, or run as the user who has it.";
inline constexpr std::string_view mount_or_give_rights =
    "This user may not write there, or the file system is mounted read-only: a store is written to by whoever opens it, readers too.";

/// What helps against an error of the system that has to do with rights; else nothing.
[[nodiscard]] constexpr std::string_view advice_on_rights(int error) noexcept {
  if (error == EROFS) return mount_for_writing;
  return error == EACCES || error == EPERM ? give_rights : std::string_view{};
}

/// Whether a file system has no room for so many bytes. Not where it does not say.
[[nodiscard]] inline bool lacks_room(std::string const& path, std::uint64_t bytes) noexcept {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0 || status.f_blocks == 0) return false;
  return std::uint64_t{status.f_bavail} * status.f_frsize < bytes;
}

/// A directory could not be made.
[[noreturn]] inline void raise_unmade(std::string const& path, std::error_code error) {
  bool const is_full = error == std::errc::no_space_on_device || error.value() == EDQUOT;
  std::string const advice{is_full ? "Make room and do it again." : advice_on_rights(error.value())};
  raise(is_full ? Errc::io_full : Errc::io_error, "Could not make the directory " + path + ": " + error.message() + "." + (advice.empty() ? "" : " " + advice));
}

}  // namespace cairn::backends::common
