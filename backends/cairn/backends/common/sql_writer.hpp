// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of backends on SQL servers.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/sql_store.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::common {

/// Gathers blobs and writes them with one change of a root, in one transaction. After a conflict it still has what was put, for another
/// attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but garbage.
///
/// Where the reply to a commit is lost, the root is read on a new connection: the outcome is `committed` where it shows the change, and
/// `unknown` where it doesn't, since the server may still be at it.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread. A writer that holds is
/// committed or destroyed by the thread that called `hold`.
template <SqlSession Session>
class SqlWriter {
 public:
  explicit SqlWriter(std::shared_ptr<SqlStore<Session>> store) noexcept : store_{std::move(store)} {}

  /// Lets no other writer, of any process, change a root that is there until this one commits or is destroyed. Waits for those that are
  /// at it.
  void hold() {
    store_->check_process();
    if (session_) return;
    auto turn = store_->wait_for_hold();
    auto session = store_->lease(Use::change);
    try {
      session->hold();
    } catch (LostConnection const& lost) {
      session.discard();
      SqlStore<Session>::raise_lost(lost.reason);
    } catch (TryAgain const& given_up) {
      raise_given_up(given_up);
    } catch (Error const& error) {
      store_->heed(error);
      throw;
    }
    turn_ = std::move(turn);
    session_ = std::move(session);
  }

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 8 MiB goes to the server at once, unless
  /// this writer holds.
  TimedKey put(std::span<std::byte const> bytes) {
    auto const key = reserve();
    keep({key, {bytes.begin(), bytes.end()}, false});
    return key;
  }
  /// An address for a `put` to come. O(1).
  TimedKey reserve() {
    store_->check_process();
    return store_->keys().next();
  }
  /// The same under an address that is known before; what is there is replaced.
  void put(TimedKey const& key, std::span<std::byte const> bytes) {
    store_->check_process();
    keep({key, {bytes.begin(), bytes.end()}, true});
  }

  /// Replaces the root's state and empties its tail.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(SqlChange::commit, branch, expected, state);
  }
  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(SqlChange::append, branch, expected, frame);
  }
  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    if (!expected.absent()) return change(SqlChange::drop, branch, expected, {});
    bool const is_there = store_->reach(Use::read, [&](Session& session) { return session.root(branch, store_->own()).has_value(); });
    return is_there ? CommitResult{CommitResult::conflict} : CommitResult{CommitResult::committed, Version{}};
  }

 private:
  using Use = typename SqlStore<Session>::Use;
  using Lease = typename SqlStore<Session>::Lease;
  static constexpr std::size_t most_buffered = std::size_t{8} << 20U;
  static constexpr int most_attempts = 16;

  CommitResult change(SqlChange::Kind kind, std::string_view branch, Version const& expected, std::span<std::byte const> bytes) {
    store_->check_process();
    auto made = random_epoch();
    SqlChange const change{kind, branch, expected.token(), made, bytes, blobs_};
    std::string reason;
    for (int attempt = 0; attempt != most_attempts; ++attempt) {
      bool const is_held = static_cast<bool>(session_);
      if (!is_held) session_ = store_->lease(Use::change);
      try {
        if (!session_->apply(change, store_->own())) {
          if (!is_held) release();
          return CommitResult::conflict;
        }
        forget_blobs();
        release();
        return {CommitResult::committed, kind == SqlChange::drop ? Version{} : Version{std::move(made)}};
      } catch (LostConnection const& lost) {
        session_.discard();
        release();
        return look_for(change, lost.reason);
      } catch (TryAgain const& given_up) {
        release();
        reason = given_up.reason;
      } catch (Error const& error) {
        store_->heed(error);
        release();
        throw;
      } catch (...) {
        release();
        throw;
      }
    }
    return {CommitResult::failed, std::move(reason)};
  }

  /// After a lost reply. It waits on the server for whoever has the root, as changes do.
  CommitResult look_for(SqlChange const& change, std::string const& lost) {
    std::string reason = lost;
    try {
      if (store_->reach(Use::change, [&](Session& session) { return session.shows(change); })) {
        forget_blobs();
        return {CommitResult::committed, Version{std::string{change.made}}};
      }
      reason += " The root does not show the change, and the server may still be at it.";
    } catch (Error const& error) {
      reason += std::string{" "} + error.what();
    }
    return {CommitResult::unknown, std::move(reason)};
  }

  void keep(SqlBlob blob) {
    buffered_ += blob.bytes.size();
    blobs_.push_back(std::move(blob));
    // Not while it holds: that transaction may be undone and tried again, with what is kept here; a second session may not be had.
    if (buffered_ > most_buffered && !session_) flush();
  }

  /// Writes what was put, unnamed by any root yet, in a transaction of its own.
  void flush() {
    store_->reach(Use::change, [&](Session& session) { session.put(blobs_); });
    forget_blobs();
  }

  void forget_blobs() noexcept {
    blobs_.clear();
    buffered_ = 0;
  }
  /// Gives the session back; what it has not committed is undone.
  void release() noexcept {
    session_.give_back();
    turn_ = {};
  }

  std::shared_ptr<SqlStore<Session>> store_;  // before the lease, which goes back to it
  std::unique_lock<std::mutex> turn_;
  Lease session_;
  std::vector<SqlBlob> blobs_;
  std::size_t buffered_ = 0;
};

}  // namespace cairn::backends::common
