// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How much memory a query uses, and how much it may.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <string>

namespace cairn::query {

class MemoryMeter {
 public:
  explicit MemoryMeter(std::size_t limit) noexcept : limit_{limit} {}

  /// So many bytes more are in use. Errors: `query/memory`.
  void charge(std::size_t bytes) {
    in_use_ += bytes;
    if (in_use_ > most_used_) most_used_ = in_use_;
    if (in_use_ > limit_) refuse();
  }
  void discharge(std::size_t bytes) noexcept { in_use_ -= bytes; }

  [[nodiscard]] std::size_t most_used() const noexcept { return most_used_; }
  /// What is left of the limit.
  [[nodiscard]] std::size_t left() const noexcept { return limit_ > in_use_ ? limit_ - in_use_ : 0; }

 private:
  template <meta::Lazy = {}>
  [[noreturn]] void refuse() const {
    raise(Errc::query_memory,
          "The query needs more than the " + std::to_string(limit_) +
              " bytes of memory that it was given. Ask for less, or give it more.",
          "{:memory " + std::to_string(limit_) + "}");
  }

  std::size_t limit_;
  std::size_t in_use_ = 0;
  std::size_t most_used_ = 0;
};

}  // namespace cairn::query
