// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the SQLite backend.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/sqlite/address.hpp>
#include <cairn/backends/sqlite/session.hpp>
#include <cairn/backends/sqlite/shared_store.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::sqlite {

/// Gathers blobs and writes them with one change of a root, in one transaction of SQLite. After a conflict it still has what was
/// put, for another attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but
/// garbage.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread.
class Writer {
 public:
  explicit Writer(std::shared_ptr<details::SharedStore> store) noexcept : store_{std::move(store)} {}

  /// Takes the file's one place for a writer: nobody else writes to it, to other stores in it neither, until this writer commits or
  /// is destroyed. `store/locked` where others had it for longer than `:busy-timeout`. What it commits is durable, in a relaxed store, too.
  void hold() {
    store_->check_usable();
    if (session_) return;
    auto session = store_->lease();
    session->sync_always(true);  // with the numbers of blobs that it gives
    if (!session->try_begin_write()) details::raise_result(SQLITE_BUSY, "database is locked", "begin a transaction");
    session_ = std::move(session);
  }

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 8 MiB goes to the file at once.
  Address put(std::span<std::byte const> bytes) {
    auto const address = reserve();
    put(address, bytes);
    return address;
  }
  /// An address for a `put` to come: O(1), and one of some dozens writes to the file.
  Address reserve() {
    store_->check_usable();
    return Address{next_number()};
  }
  /// The same under an address that is known before; what is there is replaced.
  void put(Address const& address, std::span<std::byte const> bytes) {
    store_->check_usable();
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    blobs_.push_back({address.number, std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), {bytes.begin(), bytes.end()}});
    buffered_ += bytes.size();
    if (buffered_ > most_buffered) flush();
  }

  /// Replaces the root's state and empties its tail.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(branch, expected, [&](details::Session& session, details::RootHead& head) {
      head.epoch = common::random_epoch();
      head.frames = 0;
      if (head.is_there) {
        session.set_root.bind(1, head.number).bind(2, head.epoch).bind(3, state);
        session.run(session.set_root);
        session.clear_tail.bind(1, head.number);
        session.run(session.clear_tail);
      } else {
        add_root(session, branch, head, state);
      }
    });
  }

  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  /// Adds one row to one table.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(branch, expected, [&](details::Session& session, details::RootHead& head) {
      if (!head.is_there) {
        head.epoch = common::random_epoch();
        add_root(session, branch, head, {});
      }
      session.add_frame.bind(1, head.number).bind(2, head.frames++).bind(3, frame);
      session.run(session.add_frame);
    });
  }

  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(branch, expected, [](details::Session& session, details::RootHead& head) {
      if (head.is_there) {
        session.remove_root.bind(1, head.number);
        session.run(session.remove_root);
        session.clear_tail.bind(1, head.number);
        session.run(session.clear_tail);
      }
      head = {};
    });
  }

 private:
  struct Blob {
    std::int64_t number;
    std::int64_t put_at;
    std::vector<std::byte> bytes;
  };
  static constexpr std::size_t most_buffered = std::size_t{8} << 20U;

  [[nodiscard]] std::int64_t next_number() {
    if (!session_) return store_->next_number();
    if (held_numbers_.is_empty()) held_numbers_ = store_->reserve(*session_, 64);
    return held_numbers_.next++;
  }

  static void add_root(details::Session& session, std::string_view branch, details::RootHead& head, details::ByteSpan state) {
    details::Running const running{session.add_root};
    running->bind(1, branch).bind(2, head.epoch).bind(3, state);
    running->step();
    head.number = running->number(0);
    head.is_there = true;
  }

  void insert_blobs(details::Session& session) {
    for (auto const& blob : blobs_) {
      session.put_blob.bind(1, blob.number).bind(2, blob.put_at).bind(3, details::ByteSpan{blob.bytes});
      session.run(session.put_blob);
    }
  }
  void forget_blobs() noexcept {
    blobs_.clear();
    buffered_ = 0;
  }

  template <class Step>
  auto undone_by_throwing(Step step) {
    try {
      return step();
    } catch (...) {
      release();
      throw;
    }
  }

  /// Writes what was put, unnamed by any root yet: in the transaction that is held, or in one of its own.
  void flush() {
    if (session_) {
      undone_by_throwing([&] { insert_blobs(*session_); });
    } else {
      auto session = store_->lease();
      if (!session->try_begin_write()) details::raise_result(SQLITE_BUSY, "database is locked", "write blobs");
      details::Transaction const transaction{*session};
      insert_blobs(*session);
      if (auto const result = session->try_commit(); result != SQLITE_OK) {
        details::raise_result(result, sqlite3_errmsg(session->database()), "write blobs");
      }
    }
    forget_blobs();
  }

  /// `change(session, head)` makes of the root what `head` says then.
  template <class Change>
  CommitResult change(std::string_view branch, Version const& expected, Change change) {
    return undone_by_throwing([&]() -> CommitResult {
      store_->check_usable();
      bool const is_held = static_cast<bool>(session_);
      if (!is_held) {
        session_ = store_->lease();
        if (!session_->try_begin_write()) {
          session_.reset();
          return {CommitResult::failed, std::string{"another writer held the file for longer than :busy-timeout"}};
        }
      }
      auto head = session_->head_to_change(branch, store_->own());
      if (!head.is_at(expected)) {
        if (!is_held) release();
        return CommitResult::conflict;
      }
      insert_blobs(*session_);
      change(*session_, head);
      CommitResult done{CommitResult::committed, head.version()};
      auto const result = session_->try_commit(branch, std::move(head));
      if (result == SQLITE_OK) {
        forget_blobs();
        release();
        return done;
      }
      // A full disk and a lock leave the transaction unwritten; of all else nobody knows how much is on the medium.
      bool const is_undone = (result & 0xff) == SQLITE_FULL || (result & 0xff) == SQLITE_BUSY;
      if (is_undone) details::raise_result(result, sqlite3_errmsg(session_->database()), "commit");
      store_->poison();
      release();
      return common::lost_commit("SQLite could not finish the transaction: connect again and look at the root");
    });
  }

  /// Gives the session back; what it has not committed is undone.
  void release() noexcept {
    session_.reset();
    held_numbers_ = {};
  }

  std::shared_ptr<details::SharedStore> store_;  // before the lease, which goes back to it
  details::SharedStore::Lease session_;
  details::NumberRange held_numbers_;  ///< reserved inside the transaction that is held
  std::vector<Blob> blobs_;
  std::size_t buffered_ = 0;
};

}  // namespace cairn::backends::sqlite
