// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection of ours to an SQL server and its writers share: the sessions, bounded in number, and keys for blobs.
#pragma once

#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::backends::common {

/// Held by a std::shared_ptr. Thread safety: every member may be called at once from any thread; a lease belongs to one thread.
template <SqlSession Session>
class SqlStore : public std::enable_shared_from_this<SqlStore<Session>> {
 public:
  using Settings = typename Session::Settings;

  /// `first` is a session of that store, `own` the store's own bytes. `patience` is how long a lost connection is tried anew.
  /// Requires two sessions at the least.
  SqlStore(Settings settings, std::unique_ptr<Session> first, std::string own, std::size_t most_sessions, std::chrono::milliseconds patience)
      : settings_{std::move(settings)}, own_{std::move(own)}, most_{most_sessions}, patience_{patience} {
    idle_.reserve(most_);
    idle_.push_back(std::move(first));
  }
  SqlStore(SqlStore const&) = delete;
  SqlStore& operator=(SqlStore const&) = delete;
  ~SqlStore() {
    // A child of a fork that closed what its parent opened would say goodbye to the server in the parent's name.
    if (!is_foreign_process()) return;
    for (auto& session : idle_) static_cast<void>(session.release());
  }

  /// What a session is asked for. Changes may wait for each other on the server, so they never take the last session: whoever they wait
  /// for may need it to read.
  enum class Use : bool { read, change };

  /// A session for one thread's use, given back at the end of the scope.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : store_{std::exchange(other.store_, nullptr)}, use_{other.use_}, generation_{other.generation_}, session_{std::move(other.session_)} {}
    Lease& operator=(Lease&& other) noexcept {
      if (this != &other) {
        give_back();
        store_ = std::exchange(other.store_, nullptr);
        use_ = other.use_;
        generation_ = other.generation_;
        session_ = std::move(other.session_);
      }
      return *this;
    }
    ~Lease() { give_back(); }

    explicit operator bool() const noexcept { return session_ != nullptr; }
    Session* operator->() const noexcept { return session_.get(); }
    Session& operator*() const noexcept { return *session_; }
    void give_back() noexcept {
      if (store_ != nullptr) std::exchange(store_, nullptr)->take_back(std::move(session_), use_, generation_);
    }
    /// Closes it instead: it is of no use any more, and those that nobody uses may have died with it, unnoticed until they are asked.
    void discard() noexcept {
      if (store_ != nullptr && !store_->is_foreign_process()) {
        session_.reset();
        store_->begin_anew();
      }
      give_back();
    }

   private:
    friend SqlStore;
    Lease(std::shared_ptr<SqlStore> store, Use use) noexcept : store_{std::move(store)}, use_{use} {}
    std::shared_ptr<SqlStore> store_;
    Use use_ = Use::read;
    std::uint64_t generation_ = 0;
    std::unique_ptr<Session> session_;
  };

  /// Waits while all sessions are in use. A server that is not reached is tried for as long as the patience lasts, which begins when
  /// that is noticed, then `io/error`;
  /// the session's own errors are not tried again.
  [[nodiscard]] Lease lease(Use use) {
    return patiently([&] { return try_lease(use); });
  }

  /// Runs `work` with a session, and again where the connection is lost, on a new one, or the server gave up: only for what may be done twice.
  template <class Work>
  auto reach(Use use, Work work) {
    return patiently([&] {
      auto session = try_lease(use);
      try {
        return work(*session);
      } catch (LostConnection const&) {
        session.discard();
        throw;
      } catch (Error const& error) {
        heed(error);
        throw;
      }
    });
  }
  /// After an error of the server's: one that became read-only is not asked again on the connections that there are. Behind the same
  /// address there may be another by now.
  void heed(Error const& error) noexcept {
    if (error.code() == Errc::io_read_only) begin_anew();
  }

  [[noreturn]] static void raise_lost(std::string const& reason) {
    raise(Errc::io_error, "The server cannot be reached: " + reason + " Look at the server and the network; nothing was changed by this call.");
  }

  /// Held by the one writer of this store that holds on the server: the others would wait there with a session each.
  [[nodiscard]] std::unique_lock<std::mutex> wait_for_hold() { return std::unique_lock{holding_}; }

  /// The bytes that the store was given when it was created.
  [[nodiscard]] std::string const& own() const noexcept { return own_; }
  [[nodiscard]] TimedKeys& keys() noexcept { return keys_; }
  [[nodiscard]] LastRoot& last_root() noexcept { return last_root_; }

  /// `store/poisoned` in a child of a fork.
  void check_process() const {
    if (is_foreign_process()) {
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: connect again in the child.");
    }
  }

 private:
  [[nodiscard]] bool is_foreign_process() const noexcept { return ::getpid() != process_; }

  /// No session that there is now is used again.
  void begin_anew() noexcept {
    std::lock_guard const guard{mutex_};
    ++generation_;
    idle_.clear();
  }

  template <class Work>
  auto patiently(Work work) {
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> end;  // counted from the first failure, which may itself have been long in coming
    std::uint64_t attempt = 0;
    for (std::chrono::milliseconds pause{10};; pause = (std::min)(pause * 2, std::chrono::milliseconds{500})) {
      ++attempt;
      auto const is_over = [&] {
        auto const now = Clock::now();
        if (!end) end = now + patience_;
        return now + pause > *end;
      };
      try {
        return work();
      } catch (LostConnection const& lost) {
        if (is_over()) raise_lost(lost.reason);
        is_lost_.store(true, std::memory_order_relaxed);
        log_retry("The server cannot be reached: " + lost.reason, attempt);
      } catch (TryAgain const& given_up) {
        if (is_over()) raise_given_up(given_up);
        log_retry("The server gave up for another transaction's sake: " + given_up.reason, attempt);
      }
      std::this_thread::sleep_for(pause);
    }
  }

  [[nodiscard]] Lease try_lease(Use use) {
    check_process();
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return leased_ != most_ && (use == Use::read || changing_ + 1 != most_); });
    Lease made{this->shared_from_this(), use};
    ++leased_;
    if (use == Use::change) ++changing_;
    made.generation_ = generation_;
    while (!idle_.empty()) {
      made.session_ = std::move(idle_.back());
      idle_.pop_back();
      if (made.session_->is_alive()) return made;
    }
    lock.unlock();  // before `made` is destroyed should the next line throw
    made.session_ = std::make_unique<Session>(settings_);
    if (is_lost_.exchange(false, std::memory_order_relaxed)) {
      log(LogLevel::info, LogEvent::store_reconnected, [] { return std::pair{std::string{"There is a new connection to the server."}, std::string{"{}"}}; });
    }
    return made;
  }

  void take_back(std::unique_ptr<Session> session, Use use, std::uint64_t generation) noexcept {
    if (is_foreign_process()) {
      static_cast<void>(session.release());
      return;
    }
    if (session) session->give_up();
    std::lock_guard const guard{mutex_};
    --leased_;
    if (use == Use::change) --changing_;
    if (session && generation == generation_ && session->is_alive()) idle_.push_back(std::move(session));  // has room
    changed_.notify_all();
  }

  Settings settings_;
  std::string own_;
  std::size_t most_;
  std::chrono::milliseconds patience_;
  pid_t process_ = ::getpid();
  TimedKeys keys_;
  LastRoot last_root_;
  std::atomic<bool> is_lost_{false};  // a connection, since there was a new one
  std::mutex holding_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t leased_ = 0;
  std::size_t changing_ = 0;
  std::uint64_t generation_ = 0;  ///< of sessions: older ones are closed when they are given back
  std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace cairn::backends::common
