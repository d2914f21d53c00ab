// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The lock by which the writers of a session take turns.
#pragma once

#include <cairn/error/error.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace cairn {

/// A mutex that says so where a thread would wait for itself: a function that a transaction calls runs during its thread's
/// turn, and what it asks of the connection would wait for that turn to end. For `std::lock_guard`.
class WritersMutex {
 public:
  /// Errors: `transact/syntax` where this thread has its turn already.
  void require_not_mine() const {
    // Each thread writes no id but its own, so that what it compares to its own is never out of date.
    if (writer_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      raise(Errc::transact_syntax,
            "A function that a transaction calls used the transaction's own connection, and would wait for itself for ever. "
            "Use the database that the function is given, and return operations.");
    }
  }
  /// Errors: the same.
  void lock() {
    require_not_mine();
    mutex_.lock();
    writer_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  void unlock() noexcept {
    writer_.store(std::thread::id{}, std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  std::mutex mutex_{};
  std::atomic<std::thread::id> writer_{};
};

}  // namespace cairn
