// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include <cairn/backends/common/mounts.hpp>

namespace cairn::backends::common {
namespace {

constexpr bool says(MountLine expected, char const* line) { return read_mount_line(line, "98:0") == expected; }

static_assert(says(MountLine::read_only, "36 35 98:0 / /mnt ro,noatime master:1 - ext4 /dev/sda1 ro,errors=continue"));
static_assert(says(MountLine::read_only, "36 35 98:0 / /mnt rw - squashfs /dev/loop0 ro"));
// A mount of it alone is read-only.
static_assert(says(MountLine::writable, "36 35 98:0 /a /mnt ro,noatime master:1 - ext4 /dev/sda1 rw,errors=continue"));
// What another machine writes to.
static_assert(says(MountLine::writable, "36 35 98:0 / /mnt ro - nfs4 server:/a ro,vers=4.2"));
static_assert(says(MountLine::writable, "36 35 98:0 / /mnt ro - fuse.sshfs a ro"));
static_assert(says(MountLine::of_another, "36 35 98:10 / /mnt ro - ext4 /dev/sda1 ro"));
static_assert(says(MountLine::writable, "36 35 98:0 / /mnt ro"));
static_assert(says(MountLine::of_another, ""));

}  // namespace
}  // namespace cairn::backends::common
