// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reads that tell what is in a store, whatever copies of it there are.
#pragma once

namespace cairn::layer {

/// While one is alive, what this thread reads through a layer that keeps copies comes from the store below it (of a tier: the back, whatever the policy).
class PastCopies {
 public:
  PastCopies() noexcept { ++alive_; }
  PastCopies(PastCopies const&) = delete;
  PastCopies& operator=(PastCopies const&) = delete;
  ~PastCopies() { --alive_; }

  [[nodiscard]] static bool are_wanted() noexcept { return alive_ != 0; }

 private:
  static inline thread_local int alive_ = 0;
};

}  // namespace cairn::layer
