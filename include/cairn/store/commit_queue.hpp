// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Threads that have something to commit, and how they come to share a commit.
#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <thread>

namespace cairn {

/// Requests of many threads, taken in groups in the order in which they came. The thread whose request is the oldest leads: it
/// takes all that wait and does their work while the others sleep; what comes meanwhile is the next group.
///
/// `Request` is derived from `CommitQueue<Request>::Entry` and belongs to the thread that waits for it. Thread safety: all
/// members may be called from any thread.
template <class Request>
class CommitQueue {
 public:
  /// The largest group: a checkpoint names that many commits and as many of those before them.
  static constexpr std::size_t largest_group = 128;

  class Entry {
    friend class CommitQueue;
    Request* next_ = nullptr;
    bool done_ = false;
    bool leads_ = false;
    std::condition_variable* waits_for_ = nullptr;
  };

  /// Returns when `request` is done, by this thread or by another. A thread that leads locks `turn`, calls
  /// `work(std::span<Request* const>)` with a group, its own request first, and unlocks `turn`. Requires: `work` doesn't
  /// throw, and neither does `turn.lock()`.
  template <class Turn, class Work>
  void run(Request& request, Turn& turn, Work work) noexcept {
    std::unique_lock lock{mutex_};
    bool const is_oldest = first_ == nullptr;
    add(request);
    auto& entry = static_cast<Entry&>(request);
    if (is_led_) {
      entry.waits_for_ = is_oldest ? &lead_ : &done_[groups_ % done_.size()];
      entry.waits_for_->wait(lock, [&] { return entry.done_ || entry.leads_; });
      if (entry.done_) return;
    }
    is_led_ = true;
    lock.unlock();
    std::array<Request*, largest_group> group;
    std::size_t size = 0;
    {
      std::lock_guard const has_turn{turn};
      gather();
      size = take(group);
      work(std::span<Request* const>{group.data(), size});
    }
    lock.lock();
    last_group_ = size;
    // An entry may end as soon as its thread sees that it is done; what is notified belongs to the queue, and nobody whom it
    // wakes has to wait for this lock.
    std::array<bool, 2> wakes{};
    for (auto* const one : std::span{group.data(), size}) {
      auto& done = static_cast<Entry&>(*one);
      done.done_ = true;
      for (std::size_t i = 0; i != done_.size(); ++i) wakes[i] = wakes[i] || done.waits_for_ == &done_[i];
    }
    is_led_ = first_ != nullptr;
    std::condition_variable* next = nullptr;
    if (is_led_) {
      auto& leader = static_cast<Entry&>(*first_);
      leader.leads_ = true;
      next = leader.waits_for_;
    }
    lock.unlock();
    if (next != nullptr) next->notify_all();
    for (std::size_t i = 0; i != done_.size(); ++i) {
      if (wakes[i]) done_[i].notify_all();
    }
  }

  /// How many requests wait that no group has taken yet.
  [[nodiscard]] std::size_t waiting() const noexcept {
    std::lock_guard const lock{mutex_};
    return waiting_;
  }

 private:
  void add(Request& request) noexcept {
    if (first_ == nullptr) {
      first_ = &request;
    } else {
      static_cast<Entry&>(*last_).next_ = &request;
    }
    last_ = &request;
    ++waiting_;
  }

  /// Those of the last group are about to come back with their next request, when the processors let them: worth a moment,
  /// since this group's sync would make them wait for a whole one.
  void gather() const noexcept {
    auto const expected = (std::min)(last_group(), largest_group);
    for (int i = 0; i != most_yields && waiting() < expected; ++i) std::this_thread::yield();
  }
  [[nodiscard]] std::size_t last_group() const noexcept {
    std::lock_guard const lock{mutex_};
    return last_group_;
  }

  std::size_t take(std::array<Request*, largest_group>& group) noexcept {
    std::lock_guard const lock{mutex_};
    std::size_t size = 0;
    for (; first_ != nullptr && size != group.size(); ++size) {
      group[size] = first_;
      first_ = static_cast<Entry&>(*first_).next_;
    }
    waiting_ -= size;
    ++groups_;
    return size;
  }

  static constexpr int most_yields = 16;

  mutable std::mutex mutex_{};  // guards the rest, and what is in the entries
  Request* first_ = nullptr;
  Request* last_ = nullptr;
  std::size_t waiting_ = 0;
  std::size_t last_group_ = 1;
  std::size_t groups_ = 0;  // that were taken
  bool is_led_ = false;

  // Where threads wait: the one whose request is the oldest to lead, the others for their group to be done. Those of one group
  // wait together, and apart from those of the next, so that a group is woken at once and nobody else.
  std::condition_variable lead_{};
  std::array<std::condition_variable, 2> done_{};
};

}  // namespace cairn
