// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Counting references, without locking the bus for nobody.
#pragma once

#include <atomic>
#include <cstdint>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace cairn::detail {

/// Whether the process has one thread. Counting is a locked addition, which is dear where there is nobody to lock out; a process
/// that has not started a thread yet needs none. Starting one publishes what was counted before.
[[nodiscard]] inline bool single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

inline void count_up(std::atomic<std::uint32_t>& count) noexcept {
  if (single_threaded()) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  } else {
    count.fetch_add(1, std::memory_order_relaxed);
  }
}
/// What is left. Nobody else's use of the object comes after the one that counts to zero.
[[nodiscard]] inline std::uint32_t count_down(std::atomic<std::uint32_t>& count) noexcept {
  if (single_threaded()) {
    auto const left = count.load(std::memory_order_relaxed) - 1;
    count.store(left, std::memory_order_relaxed);
    return left;
  }
  return count.fetch_sub(1, std::memory_order_acq_rel) - 1;
}

}  // namespace cairn::detail
