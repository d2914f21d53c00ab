// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The time now.
#pragma once

#include <cairn/datom/value.hpp>

#include <chrono>

namespace cairn {

/// The clock that transactions and checkpoints are stamped with: the system's, in milliseconds.
[[nodiscard]] inline Instant current_instant() {
  auto const since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

}  // namespace cairn
