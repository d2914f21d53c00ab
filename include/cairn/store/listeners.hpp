// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Telling others what was committed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace cairn {

/// Names a listener, for taking it away again.
enum class ListenerId : std::size_t {};

/// Functions that hear of every commit, one after the other, in the order of the commits.
///
/// A report waits in a queue until whoever delivers has come to it, and no lock is held while a listener runs: it may
/// transact, listen and unlisten. With several writers a report may be delivered by another's thread, after the commit
/// that made it has returned to its caller.
template <class Report>
class Listeners {
 public:
  using Listener = std::function<void(Report const&)>;

  ListenerId add(Listener listener) {
    std::shared_ptr<All const> before;  // goes after the lock: what a listener holds may use the listeners when it goes
    std::lock_guard lock{mutex_};
    auto const id = ListenerId{next_++};
    auto all = std::make_shared<All>(*listeners_);
    all->emplace_back(id, std::move(listener));
    before = std::exchange(listeners_, std::move(all));
    return id;
  }
  /// After this returns no new call begins, of a report neither that is being delivered; one that another thread has begun
  /// may still run.
  void remove(ListenerId id) {
    std::shared_ptr<All const> before;  // as above, so the others are copied, and none is erased from a copy
    std::lock_guard lock{mutex_};
    auto all = std::make_shared<All>();
    std::ranges::copy_if(*listeners_, std::back_inserter(*all), [id](auto const& one) { return one.first != id; });
    before = std::exchange(listeners_, std::move(all));
  }

  /// Puts a report at the end of the queue: under the lock that orders commits. The commit is done, so that nothing may
  /// be thrown any more; where memory is short the listeners miss it.
  void put(Report const& report) noexcept {
    std::lock_guard lock{mutex_};
    try {
      if (!listeners_->empty()) queue_.push_back(report);
    } catch (...) {  // NOLINT(bugprone-empty-catch): see above
    }
  }
  /// Delivers what waits, unless somebody does already, this thread's own caller perhaps. What a listener throws is lost:
  /// the commit is done, and its caller has no part in it.
  void deliver() noexcept {
    std::unique_lock lock{mutex_};
    if (delivering_) return;
    delivering_ = true;
    while (!queue_.empty()) {
      auto const report = std::move(queue_.front());
      queue_.pop_front();
      auto all = listeners_;
      for (auto const& [id, listener] : *all) {
        if (!is_listed(id)) continue;  // anew for each call: another listener or thread may have taken it away meanwhile
        lock.unlock();
        try {
          listener(report);
        } catch (...) {  // NOLINT(bugprone-empty-catch): see above
        }
        lock.lock();
      }
      lock.unlock();
      all.reset();
      lock.lock();
    }
    delivering_ = false;
  }

 private:
  using All = std::vector<std::pair<ListenerId, Listener>>;

  [[nodiscard]] bool is_listed(ListenerId id) const noexcept {
    return std::ranges::find(*listeners_, id, &All::value_type::first) != listeners_->end();
  }

  mutable std::mutex mutex_{};
  std::shared_ptr<All const> listeners_ = std::make_shared<All const>();  // replaced whole, so that calls need no lock
  std::deque<Report> queue_{};
  std::size_t next_ = 1;
  bool delivering_ = false;
};

}  // namespace cairn
