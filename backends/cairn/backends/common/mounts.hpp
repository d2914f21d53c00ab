// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a file system is mounted, as Linux tells it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace cairn::backends::common {

/// What a line of /proc/self/mountinfo (proc(5)) says of a device, "8:1": whether anybody may write to its file system.
enum class MountLine : std::uint8_t { of_another, writable, read_only };

/// Of a machine's own disks. What others serve is written to by them, however it is mounted here.
inline constexpr std::array local_file_systems{std::string_view{"ext2"},  std::string_view{"ext3"},     std::string_view{"ext4"},  std::string_view{"xfs"},
                                               std::string_view{"btrfs"}, std::string_view{"squashfs"}, std::string_view{"erofs"}, std::string_view{"iso9660"},
                                               std::string_view{"udf"},   std::string_view{"vfat"},     std::string_view{"tmpfs"}, std::string_view{"f2fs"}};

[[nodiscard]] constexpr MountLine read_mount_line(std::string_view line, std::string_view device) noexcept {
  auto const field = [](std::string_view text, std::size_t number) {
    while (number-- != 0) {
      auto const space = text.find(' ');
      text = space == text.npos ? std::string_view{} : text.substr(space + 1);
    }
    return text.substr(0, text.find(' '));
  };
  if (field(line, 2) != device) return MountLine::of_another;
  auto const separator = line.find(" - ");
  if (separator == line.npos) return MountLine::writable;
  auto const file_system = line.substr(separator + 3);
  if (std::ranges::find(local_file_systems, field(file_system, 0)) == local_file_systems.end()) return MountLine::writable;
  auto options = field(file_system, 2);
  while (!options.empty()) {
    auto const comma = options.find(',');
    if (options.substr(0, comma) == "ro") return MountLine::read_only;
    options = comma == options.npos ? std::string_view{} : options.substr(comma + 1);
  }
  return MountLine::writable;
}

/// Whether nobody writes to the file system that a directory is on, for as long as it is mounted so: a disk of this machine that is
/// read-only itself. Not so where this mount of it alone is, as a container's is of a volume that others write to; nor where the system
/// does not say.
[[nodiscard]] inline bool nobody_writes_to(std::string const& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return false;
  auto const device = std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
  std::ifstream mounts{"/proc/self/mountinfo"};
  for (std::string line; std::getline(mounts, line);) {
    if (auto const found = read_mount_line(line, device); found != MountLine::of_another) return found == MountLine::read_only;
  }
  return false;
}

}  // namespace cairn::backends::common
