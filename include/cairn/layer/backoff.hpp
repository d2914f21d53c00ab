// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How long to wait before something is tried again.
#pragma once

#include <cairn/random/pause.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

namespace cairn::layer {

/// Waits that double up to a limit, each anything between nothing and the whole, so that those who failed together don't come back
/// together.
struct Backoff {
  std::chrono::milliseconds first{50};
  std::chrono::milliseconds longest{5000};

  /// The longest that is waited before attempt `number`, the second of all being 1.
  [[nodiscard]] std::chrono::milliseconds limit(std::uint32_t number) const noexcept {
    auto wait = first;
    for (std::uint32_t i = 1; i < number && wait < longest; ++i) wait *= 2;
    return std::min(wait, longest);
  }

  void wait(std::uint32_t number) const { std::this_thread::sleep_for(random::pause(limit(number))); }
};

}  // namespace cairn::layer
