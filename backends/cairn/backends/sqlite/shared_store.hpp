// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection and its writers share: sessions, numbers for blobs, and whether the store may still be written.
#pragma once

#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/common/process.hpp>
#include <cairn/backends/common/sql_tables.hpp>
#include <cairn/backends/sqlite/address.hpp>
#include <cairn/backends/sqlite/config.hpp>
#include <cairn/backends/sqlite/session.hpp>
#include <cairn/backends/sqlite/tables.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::sqlite::details {

/// Numbers of blobs that nobody else gets.
struct NumberRange {
  std::int64_t next = 0;
  std::int64_t end = 0;
  [[nodiscard]] bool is_empty() const noexcept { return next == end; }
};

/// Thread safety: every member may be called at once from any thread; a lease belongs to one thread.
class SharedStore {
 public:
  explicit SharedStore(Config const& config) : config_{config}, tables_{config} {
    auto const missing = [&] {
      raise(Errc::store_does_not_exist, "There is no store \"" + config_.table_prefix + "\" in " + config_.path.string() + ": create it first.");
    };
    auto database = open_database(config_, false);
    if (!database || !has_table(database.get(), config_.table_prefix + "_store")) missing();
    // `VACUUM INTO` and `.dump` leave the log out. One who uses the file meanwhile keeps it so until somebody connects again, and the session is synced for that.
    if (sqlite3_db_readonly(database.get(), "main") == 0) static_cast<void>(Statement{database.get(), "PRAGMA journal_mode = WAL"}.try_step());
    auto session = std::make_unique<Session>(std::move(database), config_, tables_);
    {
      Running const running{session->store};
      if (!running->step()) missing();
      common::check_sql_format(std::to_string(running->number(0)), std::to_string(format));
      own_ = running->number(1);
    }
    idle_.push_back(std::move(session));
  }
  SharedStore(SharedStore const&) = delete;
  SharedStore& operator=(SharedStore const&) = delete;
  ~SharedStore() {
    // To SQLite a child of a fork must not even close what its parent opened: that would drop the parent's locks.
    if (!is_foreign_process()) return;
    for (auto& session : idle_) static_cast<void>(session.release());
  }

  [[nodiscard]] Config const& config() const noexcept { return config_; }

  struct GiveBack {
    SharedStore* store = nullptr;
    void operator()(Session* session) const noexcept { store->take_back(std::unique_ptr<Session>{session}); }
  };
  /// A session for one thread's use, given back at the end of the scope.
  using Lease = std::unique_ptr<Session, GiveBack>;

  [[nodiscard]] Lease lease() {
    {
      std::lock_guard const guard{mutex_};
      if (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return leased(std::move(session));
      }
    }
    auto database = open_database(config_, false);
    if (!database) raise(Errc::store_does_not_exist, "The file " + config_.path.string() + " is gone: create the store and connect again.");
    return leased(std::make_unique<Session>(std::move(database), config_, tables_));
  }

  /// The number that the store was given when it was created.
  [[nodiscard]] std::int64_t own() const noexcept { return own_; }

  [[nodiscard]] common::LastRoot& last_root() noexcept { return last_root_; }

  /// A number for a blob, outside of any transaction. One short transaction for every few thousand of them, durable in a relaxed store, too: what is more
  /// durable, as the front of a tier, may know blobs by these numbers.
  [[nodiscard]] std::int64_t next_number() {
    std::lock_guard const guard{numbers_mutex_};
    if (numbers_.is_empty()) {
      auto session = lease();
      session->sync_always(true);
      if (!session->try_begin_write()) raise_result(SQLITE_BUSY, "database is locked", "reserve numbers for blobs");
      Transaction const transaction{*session};
      auto const reserved = reserve(*session, 4096);
      if (session->try_commit() != SQLITE_OK) raise_last(session->database(), "reserve numbers for blobs");
      numbers_ = reserved;
    }
    return numbers_.next++;
  }
  /// The same inside a transaction: they are taken back with it. It has to be one that is always synced.
  [[nodiscard]] NumberRange reserve(Session& session, std::int64_t count) const {
    Running const running{session.reserve};
    running->bind(1, count);
    if (!running->step() || running->number(1) != own_)
      raise_deleted();
    return {running->number(0), running->number(0) + count};
  }

  [[nodiscard]] bool is_foreign_process() const noexcept { return common::process_number() != process_; }
  /// Of no use any more: whether the last commit is on the medium is not known.
  void poison() noexcept {
    if (!is_poisoned_.exchange(true)) log_poisoned("the SQLite store");
  }
  void check_process() const {
    if (is_foreign_process()) {
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: a child that is to have one of its own begins a program of its own (exec) first.");
    }
  }
  /// `store/poisoned` after a commit whose outcome is not known, and in a child of a fork.
  void check_usable() const {
    check_process();
    if (is_poisoned_) raise(Errc::store_poisoned, "A commit failed on its way to the medium: connect again to see what is there.");
  }

 private:
  [[nodiscard]] Lease leased(std::unique_ptr<Session> session) noexcept { return {session.release(), GiveBack{this}}; }
  void take_back(std::unique_ptr<Session> session) noexcept {
    if (is_foreign_process()) {
      static_cast<void>(session.release());
      return;
    }
    session->rollback();
    try {
      session->sync_always(false);
      std::lock_guard const guard{mutex_};
      idle_.push_back(std::move(session));
    } catch (...) {
      session.reset();  // the next one is opened anew
    }
  }

  Config config_;
  Tables tables_;
  std::int64_t own_ = 0;
  std::int64_t process_ = common::process_number();
  std::atomic<bool> is_poisoned_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_;
  std::mutex numbers_mutex_;
  NumberRange numbers_;
  common::LastRoot last_root_;
};

}  // namespace cairn::backends::sqlite::details
