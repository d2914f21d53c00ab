// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How long to wait before something is tried again.
#pragma once

#include <cairn/random/split_mix.hpp>

#include <chrono>
#include <cstdint>

namespace cairn::random {

/// A time between nothing and `longest`, each as likely: those who failed together don't come back together.
[[nodiscard]] inline std::chrono::microseconds pause(std::chrono::microseconds longest) {
  if (longest <= std::chrono::microseconds::zero()) return std::chrono::microseconds::zero();
  return std::chrono::microseconds{static_cast<std::int64_t>(of_this_thread().below(static_cast<std::uint64_t>(longest.count()) + 1))};
}

}  // namespace cairn::random
