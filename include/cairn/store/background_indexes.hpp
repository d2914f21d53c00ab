// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Making a version's indexes while commits go on.
#pragma once

#include <cairn/db/lazy_snapshot.hpp>
#include <cairn/meta/start_thread.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <new>
#include <pthread.h>
#include <shared_mutex>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace cairn {

namespace detail {

/// A fork waits until no indexes are being made: the child would have the locks of whoever makes them, but not that
/// thread.
class NoFork {
 public:
  NoFork() : lock_{mutex()} { is_mine() = true; }
  NoFork(NoFork const&) = delete;
  NoFork& operator=(NoFork const&) = delete;
  ~NoFork() { is_mine() = false; }
  /// Forks wait from the first call on.
  static void prepare() { static_cast<void>(mutex()); }

 private:
  [[nodiscard]] static std::shared_mutex& mutex() {
    static auto* const made = [] {
      auto* const mutex = new std::shared_mutex;  // never destroyed: a thread may be at it when the program ends
      if (::pthread_atfork(before_fork, in_parent, in_child) != 0) throw std::bad_alloc{};
      return mutex;
    }();
    return *made;
  }
  /// A store that is read from may fork itself.
  [[nodiscard]] static bool& is_mine() noexcept {
    static constinit thread_local bool mine = false;
    return mine;
  }
  static void before_fork() {
    if (!is_mine()) mutex().lock();
  }
  static void in_parent() {
    if (!is_mine()) mutex().unlock();
  }
  /// It is locked by a thread that has another number now, which cannot unlock it.
  static void in_child() {
    ::new (&mutex()) std::shared_mutex;
    if (is_mine()) mutex().lock_shared();
  }

  std::shared_lock<std::shared_mutex> lock_;
};

}  // namespace detail

/// Asks versions that are due for their snapshots, one at a time, on a thread of its own for each. That changes no
/// answer: whoever needs a snapshot before makes it, and where it fails whoever needs it makes it again and is told.
/// Its end waits for the thread.
///
/// Thread safety: none; versions as `LazySnapshot`.
template <class IndexTag>
class BackgroundIndexes {
  using Version = std::shared_ptr<detail::LazySnapshot<IndexTag> const>;

 public:
  BackgroundIndexes() { detail::NoFork::prepare(); }
  BackgroundIndexes(BackgroundIndexes const&) = delete;
  BackgroundIndexes& operator=(BackgroundIndexes const&) = delete;
  ~BackgroundIndexes() { wait(); }

  /// Begins with that, where nothing is under way and there can be a thread; does nothing otherwise. O(1): a thread is
  /// started.
  void make(Version version) noexcept {
    if (thread_ && process_ == ::getpid() && !is_over_->load(std::memory_order_acquire)) return;
    wait();
    try {
      is_over_ = std::make_shared<std::atomic<bool>>(false);
      process_ = ::getpid();
      auto thread = std::make_unique<std::thread>();
      *thread = meta::start_thread([is_over = is_over_, version = std::move(version)]() mutable {
        detail::NoFork const no_fork;
        try {
          static_cast<void>(version->snapshot());
        } catch (...) {  // NOLINT(bugprone-empty-catch): whoever needs it is told
        }
        version.reset();  // before a fork can be: its nodes may go with it
        is_over->store(true, std::memory_order_release);
      });
      thread_ = std::move(thread);
    } catch (std::exception const&) {  // NOLINT(bugprone-empty-catch): whoever needs the snapshot makes it
    }
  }

 private:
  /// In a child of a fork there is no thread to wait for, and none that could be let go. And whoever lets go of the
  /// last thing that a version knows, a function with a connection in it, may do so on that very thread.
  void wait() noexcept {
    if (!thread_) return;
    if (process_ != ::getpid()) {
      static_cast<void>(thread_.release());
    } else if (thread_->get_id() == std::this_thread::get_id()) {
      thread_->detach();
    } else {
      thread_->join();
    }
    thread_.reset();
  }

  std::shared_ptr<std::atomic<bool>> is_over_{};
  pid_t process_ = 0;
  std::unique_ptr<std::thread> thread_{};
};

}  // namespace cairn
