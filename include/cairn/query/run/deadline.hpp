// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// When a query is to end.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/options.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>

namespace cairn::query {

/// The limits of time of a query, from when it is asked on: of its planning, its run, and the queries inside of it.
class Deadline {
 public:
  explicit Deadline(QueryOptions const& options) : cancelled_{options.cancelled} {
    if (!options.timeout) return;
    // Whoever gives the largest duration there is means none, and it must not overflow.
    constexpr std::chrono::nanoseconds longest = std::chrono::hours{24 * 365 * 100};
    given_ = (std::min<std::chrono::nanoseconds>)(*options.timeout, longest);
    at_ = std::chrono::steady_clock::now() + given_;
  }

  /// False. Errors: `query/timeout`.
  bool poll() const {
    if (at_ || cancelled_ != nullptr) check();
    return false;
  }

 private:
  template <meta::Lazy = {}>
  void check() const {
    if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed))
      raise(Errc::query_timeout, "The query was cancelled.", "{:cancelled true}");
    if (at_ && std::chrono::steady_clock::now() >= *at_) {
      auto const milliseconds = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(given_).count());
      raise(Errc::query_timeout,
            "The query ran longer than the " + milliseconds + " ms that it was given. Ask for less, or give it more time.",
            "{:timeout " + milliseconds + "}");
    }
  }

  std::atomic<bool> const* cancelled_;
  std::chrono::nanoseconds given_{};
  std::optional<std::chrono::steady_clock::time_point> at_{};
};

}  // namespace cairn::query
