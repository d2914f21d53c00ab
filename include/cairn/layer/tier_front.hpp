// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The front of a tier: copies of the back's blobs, which may be lost at any time.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/front_kind.hpp>
#include <cairn/layer/front_record.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/store_identity.hpp>
#include <cairn/meta/start_thread.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn {

/// What the front of a tier has done so far.
struct FrontFigures {
  std::uint64_t hits = 0;    ///< blobs that were read from it
  std::uint64_t misses = 0;  ///< that were not there
  std::uint64_t kept = 0;    ///< that it was given, each time they were
  std::string fault{};       ///< why it is out of use since; empty while it is in use
};

namespace layer {

/// Copies of the back's blobs in a store of `Front`. Whatever goes wrong there puts it out of use until the next connection, and is no error:
/// the back has everything.
///
/// Thread safety: every member may be called at once from any thread; giving it blobs takes turns.
template <class Front, class BackAddress>
class TierFront {
 public:
  using Connection = ConnectionOf<Front>;
  using Address = typename Connection::Address;
  using Record = FrontRecord<BackAddress>;
  using Blob = std::pair<BackAddress, Bytes>;

  /// The front of the store of that identity. One that has another store's copies, or is not there, begins anew, empty.
  /// A store without an identity has none: nobody could tell whose copies they are. Errors: `config/mismatch` where it has more than copies.
  TierFront(typename Front::Config const& config, std::optional<std::string> identity)
      : config_{config}, identity_{std::move(identity).value_or(std::string{})} {
    bool is_cache = true;
    guarded([&] {
      if (identity_.empty()) raise(Errc::io_error, "the back could not be given an identity: it cannot be written to");
      connect();
      is_cache = !connection_.has_value() || has_copies_only(*connection_);
      if (!is_cache || (connection_.has_value() && belongs())) return;
      connection_.reset();
      Front::delete_store(config_);
      Front::empty_store(config_);
      connect();
      static_cast<void>(belongs());
    });
    if (!is_cache) raise_no_front();
  }
  /// A front that holds more than copies, connected already, which is never emptied; it is marked. Errors: `config/mismatch` where it belongs to
  /// another store; those of the mark.
  TierFront(typename Front::Config const& config, std::string identity, Connection connection)
      : config_{config}, identity_{std::move(identity)}, connection_{std::move(connection)} {
    if (!belongs()) raise(Errc::config_mismatch, "The front belongs to another store than the back: give each back a front of its own.", "{:key :frontend-config}");
    if (connection_->root(overlay_root()).has_value()) return;
    auto const marked = connection_->begin().commit(overlay_root(), Version{}, {});
    if (!(marked == CommitResult::committed || marked == CommitResult::conflict))
      raise(Errc::io_error, "The front of the tier could not be marked as one that has more than copies: " + marked.reason);
  }
  TierFront(TierFront const&) = delete;
  TierFront& operator=(TierFront const&) = delete;
  ~TierFront() { close(); }

  /// The copy of a blob, if there is one.
  [[nodiscard]] std::optional<Bytes> read(BackAddress const& address) {
    if (is_lost()) return std::nullopt;
    try {
      auto const record = connection_->read(front_address<Address>(address));
      if (Record::owner(record) == address) {
        hits_.fetch_add(1, std::memory_order_relaxed);
        return Record::bytes(record);
      }
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): it is not there, most likely; if it is more than that, writing will tell
    }
    misses_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }

  /// The blob, if it is there, of a front that has more than copies: that it is given none any more keeps nobody from reading. Else `fault` says
  /// what came instead, `io/error` where the blob is not there, as `is_absent_blob` says, or the medium failed.
  [[nodiscard]] std::optional<Bytes> read_own(BackAddress const& address, std::optional<Error>& fault) {
    try {
      auto const record = connection_->read(front_address<Address>(address));
      auto const owner = Record::owner(record);
      if (owner == address) {
        hits_.fetch_add(1, std::memory_order_relaxed);
        return Record::bytes(record);
      }
      if (!owner.has_value()) raise(Errc::store_corrupt, "A blob in the front of the tier is damaged: its bytes are not those that were written.");
      raise_absent_blob("Another blob is in its place.");
    } catch (Error const& error) {
      fault = error;
    }
    misses_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }

  /// While a writer of the front holds, the front is given no copies: whoever reads may be the thread that holds, and would wait for itself.
  void hold() noexcept { ++holders_; }
  void let_go() noexcept { --holders_; }

  /// Keeps copies, in one commit of the front, now.
  void keep(std::vector<Blob> const& blobs) {
    if (blobs.empty() || !is_open()) return;
    guarded([&] {
      std::lock_guard const guard{writing_};
      auto writer = connection_->begin();
      for (auto const& [address, bytes] : blobs) writer.put(front_address<Address>(address), Record::make(address, bytes));
      for (int attempt = 0; attempt != 20; ++attempt) {
        auto result = writer.commit(identity_root(), version_, bytes_of(identity_));
        if (result == CommitResult::committed) {
          version_ = std::move(result.version);
          kept_.fetch_add(blobs.size(), std::memory_order_relaxed);
          return;
        }
        // Not tried again: it may have waited long for this already, and so has the commit that the back has.
        if (!(result == CommitResult::conflict)) raise(Errc::io_error, "the front could not be written to: " + result.reason);
        // Another connection has given it something.
        if (!belongs()) raise(Errc::store_does_not_exist, "the front belongs to another store now");
      }
      raise(Errc::io_error, "others keep writing to the front");
    });
  }

  /// Keeps a copy soon: with the next that make a batch, or on release.
  void keep_soon(BackAddress const& address, Bytes bytes) {
    if (!is_open()) return;
    guarded([&] {
      std::vector<Blob> batch;
      {
        std::lock_guard const guard{waiting_};
        soon_bytes_ += bytes.size();
        soon_.emplace_back(address, std::move(bytes));
        if (soon_.size() < batch_blobs && soon_bytes_ < batch_bytes) return;
        batch = take_soon();
      }
      keep(batch);
    });
  }

  /// Has a thread keep copies. Waits where that is far behind.
  void keep_behind(std::vector<Blob> blobs) {
    if (blobs.empty() || !is_open()) return;
    guarded([&] {
      std::unique_lock lock{waiting_};
      worker_->caught_up.wait(lock, [&] { return behind_.size() < most_behind; });
      if (!worker_->thread.joinable()) worker_->thread = meta::start_thread([this] { work(); });
      behind_.push_back(std::move(blobs));
      worker_->arrived.notify_one();
    });
  }

  /// Removes the copies that are not live and were put before `cutoff`: of what was committed since, nobody has said whether it is live.
  template <class Live>
  void sweep(Live const& live, TimePoint cutoff) {
    if (!is_open()) return;
    guarded([&] {
      if (!has_copies_only(*connection_)) raise(Errc::config_mismatch, "the front has more than copies by now");
      sweep_records<BackAddress>(*connection_, live, cutoff);
    });
  }

  /// Gives the front all that waits for it, and lets go of it. Does nothing the second time. In a child of a fork, lets go only: the
  /// thread is the parent's, and so may be whoever has a lock, or waits for a condition, which must not be destroyed then.
  void close() noexcept {
    if (is_foreign_process()) {
      static_cast<void>(worker_.release());
      is_lost_.store(true, std::memory_order_release);
      return;
    }
    {
      std::lock_guard const guard{waiting_};
      is_closing_ = true;
      worker_->arrived.notify_one();
    }
    if (worker_->thread.joinable()) worker_->thread.join();
    try {
      std::unique_lock lock{waiting_};
      auto const batch = take_soon();
      lock.unlock();
      keep(batch);
      if (connection_.has_value() && !is_closed_) release_part<Front>(config_, *connection_);
    } catch (...) {  // NOLINT(bugprone-empty-catch): it has copies only
    }
    is_closed_ = true;
    is_lost_.store(true, std::memory_order_release);
  }

  /// Requires that it was made with one.
  [[nodiscard]] Connection& connection() noexcept { return *connection_; }

  [[nodiscard]] FrontFigures figures() const {
    FrontFigures made{hits_.load(std::memory_order_relaxed), misses_.load(std::memory_order_relaxed), kept_.load(std::memory_order_relaxed), {}};
    std::lock_guard const guard{waiting_};
    made.fault = fault_;
    return made;
  }

 private:
  static constexpr std::size_t batch_blobs = 64;
  static constexpr std::size_t batch_bytes = std::size_t{1} << 20U;
  static constexpr std::size_t most_behind = 64;

  /// Of a thread that takes copies to the front.
  struct Worker {
    std::condition_variable arrived{}, caught_up{};
    std::thread thread{};
  };

  [[nodiscard]] bool is_lost() const noexcept { return is_lost_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_foreign_process() const noexcept { return ::getpid() != process_; }
  /// Whether it may be given copies.
  [[nodiscard]] bool is_open() const noexcept { return !is_lost() && holders_ == 0 && !is_foreign_process(); }

  template <class Work>
  void guarded(Work work) noexcept {
    try {
      return work();
    } catch (std::exception const& error) {
      lose(error.what());
    } catch (...) {
      lose("the front failed");
    }
  }
  void lose(char const* why) noexcept {
    is_lost_.store(true, std::memory_order_release);
    try {
      std::lock_guard const guard{waiting_};
      if (fault_.empty()) fault_ = why;
    } catch (...) {  // NOLINT(bugprone-empty-catch): no room for words
    }
  }

  void connect() {
    try {
      connection_.emplace(Front::connect_store(config_));
    } catch (Error const& error) {
      if (error.code() != Errc::store_does_not_exist) throw;
    }
  }
  /// Whether the front is this store's; one that is nobody's yet becomes it.
  [[nodiscard]] bool belongs() {
    auto const record = connection_->root(identity_root());
    if (record.has_value()) {
      version_ = record->version;
      return text_of(record->state) == identity_;
    }
    if (!connection_->roots().empty()) return false;
    auto writer = connection_->begin();
    auto result = writer.commit(identity_root(), Version{}, bytes_of(identity_));
    if (result == CommitResult::committed) version_ = std::move(result.version);
    if (result == CommitResult::conflict) return belongs();
    return result == CommitResult::committed;
  }

  [[nodiscard]] std::vector<Blob> take_soon() noexcept {
    soon_bytes_ = 0;
    return std::exchange(soon_, {});
  }

  void work() {
    std::unique_lock lock{waiting_};
    for (;;) {
      worker_->arrived.wait(lock, [&] { return is_closing_ || !behind_.empty(); });
      if (behind_.empty()) return;
      auto const all = std::exchange(behind_, {});
      worker_->caught_up.notify_all();
      lock.unlock();
      for (auto const& blobs : all) keep(blobs);
      lock.lock();
    }
  }

  typename Front::Config config_;
  std::string identity_;
  std::optional<Connection> connection_{};  // set before others see this, and not changed since

  std::mutex writing_{};  // guards version_
  Version version_{};

  mutable std::mutex waiting_{};  // guards what follows
  std::vector<Blob> soon_{};
  std::size_t soon_bytes_ = 0;
  std::vector<std::vector<Blob>> behind_{};
  std::string fault_{};
  bool is_closing_ = false;

  bool is_closed_ = false;
  pid_t process_ = ::getpid();
  std::unique_ptr<Worker> worker_ = std::make_unique<Worker>();
  std::atomic<int> holders_{0};
  std::atomic<bool> is_lost_{false};
  std::atomic<std::uint64_t> hits_{0}, misses_{0}, kept_{0};
};

}  // namespace layer
}  // namespace cairn
