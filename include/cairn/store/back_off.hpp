// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How often, and after how long, a commit that others overtook is tried again.
#pragma once

#include <cairn/random/pause.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace cairn {

/// How often a commit that others overtook is tried again before `commit/conflict` tells the caller.
inline constexpr int max_commit_attempts = 256;
/// After how many attempts the store is held against other writers for the next one, where its backend can do that: whoever
/// commits without a pause is not to keep others from it.
inline constexpr int patient_commit_attempts = 8;

namespace detail {

/// Between the attempts at one thing: waits a random time that doubles, so that two writers do not go on meeting each other. It grows to 13 ms, and where an attempt takes long, to
/// sixteen times that, two seconds at the most: who is further from the store than the others, and would be overtaken each time, tries for so long that they pause meanwhile.
class BackOff {
 public:
  /// After the attempt of that number, from 0 on; the first ones are followed at once.
  void operator()(int attempt) {
    using namespace std::chrono_literals;
    constexpr int at_once = 4;
    if (attempt >= at_once) {
      auto const took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_);
      auto const doubled = attempt - at_once;
      auto const most = (std::min)((std::max)(50us * (1 << (std::min)(doubled, 8)), took * (1 << (std::min)(doubled, 4))), std::chrono::microseconds{2s});
      std::this_thread::sleep_for(random::pause(most));
    }
    begun_ = Clock::now();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begun_ = Clock::now();  // the attempt that is being made
};

}  // namespace detail

}  // namespace cairn
