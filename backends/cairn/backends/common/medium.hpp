// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What to do where a place on a disk cannot be written to.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/error/system_errc.hpp>

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace cairn::backends::common {

inline constexpr std::string_view mount_for_writing =
    "The file system is mounted read-only: mount it for writing, or copy the store to where it may be written.";
inline constexpr std::string_view give_rights =
    "Give this user the right to read and write the store and its directory, or run as the user who has it.";

/// What helps where a place is read-only, or a right is missing; else nothing.
[[nodiscard]] constexpr std::string_view advice_on_rights(Errc code) noexcept {
  if (code == Errc::io_read_only) return mount_for_writing;
  return code == Errc::io_denied ? give_rights : std::string_view{};
}
[[nodiscard]] constexpr std::string_view advice_on_rights(int error) noexcept { return advice_on_rights(errc_of_system(error)); }

/// Why a file or directory can't be written to, for who is told no more than that: `io/read-only` where its file system is mounted so, `io/denied` where
/// this user may not; nothing where neither is so.
[[nodiscard]] inline std::optional<Errc> why_not_writable(std::string const& path) noexcept {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0) return Errc::io_read_only;
  return ::access(path.c_str(), W_OK) != 0 && errno == EACCES ? std::optional{Errc::io_denied} : std::nullopt;
}

/// Whether a file system has no room for so many bytes. Not where it does not say.
[[nodiscard]] inline bool lacks_room(std::string const& path, std::uint64_t bytes) noexcept {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0 || status.f_blocks == 0) return false;
  return std::uint64_t{status.f_bavail} * status.f_frsize < bytes;
}

/// Makes the names in a directory durable.
[[nodiscard]] inline std::error_code try_sync_directory(std::filesystem::path const& path) {
  int const descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = descriptor < 0 ? -1 : 0;
  if (descriptor >= 0) {
    while ((result = ::fsync(descriptor)) != 0 && errno == EINTR) {
    }
  }
  auto const error = result == 0 ? std::error_code{} : std::error_code{errno, std::generic_category()};
  if (descriptor >= 0) ::close(descriptor);
  return error;
}

/// A directory could not be made.
[[noreturn]] inline void raise_unmade(std::string const& path, std::error_code error) {
  auto const code = errc_of_system(error.value());
  std::string const advice{code == Errc::io_full ? "Make room and do it again." : advice_on_rights(code)};
  raise(code, "Could not make the directory " + path + ": " + error.message() + "." + (advice.empty() ? "" : " " + advice));
}

/// Makes the directory and those above it, each durable in the one that it is in; nothing where it is there.
inline void make_directories(std::filesystem::path const& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return;
  auto const parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  auto const in = parent.empty() ? std::filesystem::path{"."} : parent;
  if (!parent.empty() && parent != path) make_directories(parent);
  std::filesystem::create_directory(path, error);
  if (!error) error = try_sync_directory(in);
  if (error) raise_unmade(path.string(), error);
}

}  // namespace cairn::backends::common
