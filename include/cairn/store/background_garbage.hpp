// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Collecting garbage now and then, on a thread of its own.
#pragma once

#include <cairn/meta/start_thread.hpp>
#include <cairn/store/garbage.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace cairn {

/// How a collection in the background ended: with a report, or with what was thrown.
using GarbageOutcome = std::function<void(GarbageReport const& report, std::exception_ptr const& error)>;

/// Collects again and again until it is destroyed, which ends a collection that is under way.
class BackgroundGarbage {
 public:
  /// Each time `interval` after the end of the one before it. `collect(options)` is what collects.
  template <class Collect>
  BackgroundGarbage(std::chrono::milliseconds interval, GarbageOptions options, GarbageOutcome outcome, Collect collect)
      : state_{std::make_shared<State>()},
        thread_{meta::start_thread([state = state_, interval, options = ending_with(state_, std::move(options)),
                                    outcome = std::move(outcome), collect = std::move(collect)] {
          while (!state->ends_within(interval)) {
            GarbageReport report;
            std::exception_ptr error;
            try {
              report = collect(options);
            } catch (Ended const&) {
              return;
            } catch (...) {
              error = std::current_exception();
            }
            try {
              if (outcome) outcome(report, error);
            } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody to tell
            }
          }
        })} {}
  BackgroundGarbage(BackgroundGarbage const&) = delete;
  BackgroundGarbage& operator=(BackgroundGarbage const&) = delete;
  ~BackgroundGarbage() {
    state_->end();
    // Whoever hears of an outcome may let go of all: then nothing follows that needs it.
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

 private:
  struct Ended {};

  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool is_ending = false;

    void end() {
      std::lock_guard const lock{mutex};
      is_ending = true;
      changed.notify_all();
    }
    bool ends_within(std::chrono::milliseconds time) {
      std::unique_lock lock{mutex};
      return changed.wait_for(lock, time, [&] { return is_ending; });
    }
  };

  static GarbageOptions ending_with(std::shared_ptr<State> state, GarbageOptions options) {
    options.progress = [state = std::move(state), progress = std::move(options.progress)](GarbageProgress const& now) {
      if (state->ends_within(std::chrono::milliseconds{0})) throw Ended{};
      if (progress) progress(now);
    };
    return options;
  }

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace cairn
