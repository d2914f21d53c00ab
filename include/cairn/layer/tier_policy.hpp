// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What goes to which half of a tiered store; the words are Datahike's.
#pragma once

#include <cstdint>

namespace cairn {

/// Where writes go. But for `frontend_only`, a commit is the back's, and its root too.
enum class WritePolicy : std::uint8_t {
  write_through,  ///< to the back, and when that has committed, to the front, before the commit is acknowledged
  write_behind,   ///< to the back; a thread takes it to the front after the commit is acknowledged, at the latest on release
  write_around,   ///< to the back; the front gets what is read
  frontend_only,  ///< to the front: the back is only read, and what is committed here is seen nowhere else
};

/// Where blobs are read.
enum class ReadPolicy : std::uint8_t {
  frontend_first,  ///< in the front, and what is not there, in the back; the front gets it
  frontend_only,   ///< in the front: what is not there is an error
};

}  // namespace cairn
