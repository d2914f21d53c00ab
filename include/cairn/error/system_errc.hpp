// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an error number of the system means to whoever asked for something.
#pragma once

#include <cairn/error/errc.hpp>

#include <cerrno>

namespace cairn {

/// The code of an `errno`: `io/full` for a disk, a quota or a greatest size of files that is reached, `io/read-only`, `io/denied` where the
/// user lacks a right, and else `io/error`.
[[nodiscard]] constexpr Errc errc_of_system(int error) noexcept {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Errc::io_full;
    case EROFS: return Errc::io_read_only;
    case EACCES:
    case EPERM: return Errc::io_denied;
    default: return Errc::io_error;
  }
}

}  // namespace cairn
