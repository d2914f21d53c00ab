// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which process this is, for what a child of a fork must leave alone.
#pragma once

#include <cairn/random/emptied_by_fork.hpp>

#include <atomic>
#include <cstdint>
#include <unistd.h>

namespace cairn::backends::common {

/// The number of this process. Asked for at every call of a user's, so the answer is kept: no system call but for the first. Thread-safe.
[[nodiscard]] inline std::int64_t process_number() noexcept {
  static auto* const known = random::emptied_by_fork<std::atomic<std::int64_t>>();
  if (known == nullptr) return ::getpid();
  auto number = known->load(std::memory_order_relaxed);
  if (number == 0) known->store(number = ::getpid(), std::memory_order_relaxed);
  return number;
}

}  // namespace cairn::backends::common
