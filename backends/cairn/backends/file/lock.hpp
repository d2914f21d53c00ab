// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One writer at a time, among threads and among processes.
#pragma once

#include <cairn/backends/file/open_file.hpp>
#include <cairn/error/error.hpp>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace cairn::backends::file::details {

[[noreturn]] inline void raise_absent(std::string const& directory) {
  raise(Errc::store_does_not_exist, "There is no store in " + directory + ": create it first, or look at the path.",
        "{}");
}

/// `store/does-not-exist` where the lock file has no name any more: the store was deleted, or others lock another file.
template <class Io>
void check_there(OpenFile<Io> const& file) {
  if (Io::links(file.descriptor()) != 0) return;
  raise(Errc::store_does_not_exist, "The store of " + file.path() + " was deleted or replaced while it was open: connect again.");
}

/// Says that the store of a lock file is open, `alone` or beside others, until the descriptor leaves or is closed.
/// `store/locked` where it is open otherwise; `io/error` for `alone` where the file system can't keep others out.
template <class Io>
void enter(OpenFile<Io> const& file, bool alone) {
  auto const result = uninterrupted(
      [&] { return alone ? Io::open_alone(file.descriptor()) : Io::open_shared(file.descriptor()); });
  if (result == 0) return;
  if (result == -EAGAIN) {
    raise(Errc::store_locked,
          alone ? "The store of " + file.path() + " is to be open for this connection alone, and others have it open: close "
                                                   "them, or connect without :exclusive."
                : "The store of " + file.path() + " is open for one connection alone (:exclusive): wait until that is released.");
  }
  // Where the file system has no such locks, nobody can have the store alone.
  if (alone) raise_io(result, "keep others from the store of", file.path());
}

/// The half of a store's lock that is between the threads of this process: all connections to one store share it. It
/// knows who has it, so that a thread which would wait for itself is told.
template <class Io>
class ThreadLock {
 public:
  /// The one of that lock file.
  static std::shared_ptr<ThreadLock> of(typename Io::Identity const& identity) {
    static std::mutex mutex;
    static std::map<typename Io::Identity, std::weak_ptr<ThreadLock>> known;
    std::lock_guard const guard{mutex};
    std::erase_if(known, [](auto const& entry) { return entry.second.expired(); });
    auto& entry = known[identity];
    auto found = entry.lock();
    if (!found) entry = found = std::make_shared<ThreadLock>();
    return found;
  }

  void acquire() {
    std::unique_lock guard{mutex_};
    if (taken_ && holder_ == std::this_thread::get_id()) {
      raise(Errc::store_locked,
            "This thread has a writer that put blobs and was not committed yet: commit or destroy it before writing "
            "again.");
    }
    released_.wait(guard, [&] { return !taken_; });
    take();
  }

  [[nodiscard]] bool try_acquire() {
    std::lock_guard const guard{mutex_};
    if (taken_) return false;
    take();
    return true;
  }

  void release() noexcept {
    {
      std::lock_guard const guard{mutex_};
      taken_ = false;
      holder_ = {};
    }
    released_.notify_one();
  }

 private:
  void take() {
    taken_ = true;
    holder_ = std::this_thread::get_id();
  }

  std::mutex mutex_;
  std::condition_variable released_;
  bool taken_ = false;
  std::thread::id holder_;
};

/// The lock of a store: a lock of the lock file, which keeps out other processes, and in front of it the one between
/// threads.
template <class Io>
class StoreLock {
 public:
  /// Holds the lock until its destruction. Movable, also to another thread. The lock must outlive it.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : lock_{std::exchange(other.lock_, nullptr)} {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(lock_, other.lock_);
      return *this;
    }
    ~Hold() { release(); }

    void release() noexcept {
      if (lock_ != nullptr) std::exchange(lock_, nullptr)->release();
    }
    [[nodiscard]] explicit operator bool() const noexcept { return lock_ != nullptr; }

   private:
    friend StoreLock;
    explicit Hold(StoreLock* lock) noexcept : lock_{lock} {}
    StoreLock* lock_ = nullptr;
  };

  explicit StoreLock(OpenFile<Io> file)
      : file_{std::move(file)},
        threads_{ThreadLock<Io>::of(Io::identity(file_.descriptor()))},
        process_{Io::process()} {}
  StoreLock(StoreLock const&) = delete;
  StoreLock& operator=(StoreLock const&) = delete;
  /// A child of a fork that has the descriptor too does not keep others from the store.
  ~StoreLock() {
    if (Io::process() != process_) return;
    if (is_kept_) uninterrupted([&] { return Io::unlock(file_.descriptor()); });
    uninterrupted([&] { return Io::leave(file_.descriptor()); });
  }

  [[nodiscard]] OpenFile<Io> const& file() const noexcept { return file_; }

  /// Waits for whoever has it. `store/locked` where that is a writer of this very thread, which would wait for ever;
  /// `store/does-not-exist` where the store was deleted.
  [[nodiscard]] Hold acquire() {
    threads_->acquire();
    return lock_file([&] { return uninterrupted([&] { return Io::lock(file_.descriptor()); }); });
  }

  /// What keeps out other processes is not given back from now on. Requires: it is held, and no other thread uses this.
  void keep() noexcept { is_kept_ = true; }

  /// Nothing held where anybody has it.
  [[nodiscard]] Hold try_acquire() {
    if (!threads_->try_acquire()) return {};
    return lock_file([&] { return Io::try_lock(file_.descriptor()); });
  }

 private:
  template <class Lock>
  Hold lock_file(Lock lock) {
    if (is_kept_) return Hold{this};
    auto const result = lock();
    if (result < 0) {
      threads_->release();
      if (result == -EAGAIN || result == -EACCES) return {};
      raise_io(result, "lock", file_.path());
    }
    Hold hold{this};
    check_there(file_);
    return hold;
  }

  void release() noexcept {
    // A forked child shares the parent's lock; giving it back here would take it from the parent.
    if (Io::process() != process_) return;
    if (!is_kept_) uninterrupted([&] { return Io::unlock(file_.descriptor()); });
    threads_->release();
  }

  OpenFile<Io> file_;
  std::shared_ptr<ThreadLock<Io>> threads_;
  std::int64_t process_;
  bool is_kept_ = false;
};

}  // namespace cairn::backends::file::details
