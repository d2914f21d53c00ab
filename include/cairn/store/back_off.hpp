// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How often, and after how long, a commit that others overtook is tried again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

namespace cairn {

/// How often a commit that others overtook is tried again before `commit/conflict` tells the caller.
inline constexpr int max_commit_attempts = 256;
/// After how many attempts the store is held against other writers for the next one, where its backend can do that: whoever
/// commits without a pause is not to keep others from it.
inline constexpr int patient_commit_attempts = 8;

namespace detail {

/// Waits a random time that doubles, so that two writers do not go on meeting each other.
inline void back_off(int attempt) {
  if (attempt < 4) return;
  thread_local std::minstd_rand random{std::random_device{}()};
  auto const most = std::int64_t{50} << (std::min)(attempt - 4, 8);
  std::this_thread::sleep_for(std::chrono::microseconds{std::uniform_int_distribution<std::int64_t>{0, most}(random)});
}

}  // namespace detail

}  // namespace cairn
