// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the SQLite backend.
#pragma once

#include <cairn/backends/common/followed_root.hpp>
#include <cairn/backends/sqlite/address.hpp>
#include <cairn/backends/sqlite/session.hpp>
#include <cairn/backends/sqlite/shared_store.hpp>
#include <cairn/backends/sqlite/writer.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::sqlite {

/// An open store. Any number of connections, in any processes of the machine, may have the same store open and write to it; each
/// thread that reads or writes at the same time has a handle of SQLite's of its own.
///
/// Errors: `io/error`, `io/full`, `store/corrupt`, `store/locked` for what SQLite says, with its result code in the data;
/// `store/does-not-exist` after the store was deleted; `store/poisoned` after a commit that could not be finished, and in a child of a
/// fork. Thread safety: every member may be called at once from any thread.
class Connection {
 public:
  using Address = sqlite::Address;
  using Writer = sqlite::Writer;

  explicit Connection(Config const& config) : store_{std::make_shared<details::SharedStore>(config)} {}

  /// A copy of the blob. O(log n + size).
  [[nodiscard]] Bytes read(Address address) const {
    store_->check_process();
    auto session = store_->lease();
    details::Running const running{session->read_blob};
    running->bind(1, address.number);
    if (!running->step()) {
      raise_absent_blob(
          "There is no blob " + std::to_string(address.number) + " in this store: it was never committed, or swept.",
          "{:address " + std::to_string(address.number) + "}");
    }
    return Bytes::copy(running->bytes(0));
  }

  /// The root of that name as it is now, commits of other processes included. Linear in the bytes of what was appended since this connection
  /// read that root last; where its state was replaced, or another root was read meanwhile, in those of state and tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    store_->check_usable();
    auto session = store_->lease();
    session->begin_read();  // the state and the tail are of one moment
    details::Transaction const transaction{*session};
    auto const head = session->head_of(branch, store_->own());
    if (!head.is_there) return std::nullopt;
    auto const read_state = [&] {
      details::Running const state{session->state};
      state->bind(1, head.number);
      state->step();
      return Bytes::copy(state->bytes(0));
    };
    return common::read_root(store_->last_root(), branch, head.epoch, static_cast<std::uint64_t>(head.frames), read_state,
                             [&](std::uint64_t place, std::vector<Bytes>& frames) {
                               details::Running const tail{session->tail};
                               tail->bind(1, head.number).bind(2, static_cast<std::int64_t>(place));
                               while (tail->step()) frames.push_back(Bytes::copy(tail->bytes(0)));
                             });
  }

  /// The names of all roots, sorted.
  [[nodiscard]] std::vector<std::string> roots() const {
    store_->check_usable();
    auto session = store_->lease();
    session->begin_read();
    details::Transaction const transaction{*session};
    session->check_own(store_->own());
    details::Running const running{session->names};
    std::vector<std::string> names;
    while (running->step()) names.push_back(running->text(0));
    return names;
  }

  /// Takes nothing yet: the file is held from the writer's `hold`, or for the length of its commit.
  [[nodiscard]] Writer begin() { return Writer{store_}; }

  /// Removes every blob that was put before `cutoff` and is not live, a thousand in a transaction, and gives what room that makes
  /// at the file's end back to the file system, and that of the write-ahead log where nobody reads or writes. Reads every page of blobs once.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    store_->check_usable();
    auto session = store_->lease();
    auto const before = std::chrono::floor<std::chrono::milliseconds>(cutoff.time_since_epoch()).count();
    constexpr std::int64_t at_a_time = 1024;
    Address last{std::numeric_limits<std::int64_t>::min()};  // numbers that somebody else gave may be negative
    std::vector<Address> found;
    do {
      found.clear();
      {
        details::Running const old{session->old_blobs};
        old->bind(1, last.number).bind(2, before).bind(3, at_a_time);
        while (old->step()) found.push_back({old->number(0)});
      }
      if (!found.empty()) last = found.back();
      // Foreign code, which may read this very store: outside the transaction.
      std::vector<Address> dead;
      for (auto const& address : found) {
        if (!live(address)) dead.push_back(address);
      }
      if (!dead.empty()) remove(*session, dead);
    } while (found.size() == static_cast<std::size_t>(at_a_time));
    details::execute(session->database(), "PRAGMA incremental_vacuum", "give back room");
    static_cast<void>(try_empty_log(*session, std::chrono::milliseconds{0}));
  }

  /// The same, and then writes the whole file anew (`VACUUM`), other programs' tables too, and empties the write-ahead log. Needs room for twice the
  /// file. `store/locked` where somebody keeps reading or writing for longer than `:busy-timeout`.
  void erase(LiveSet<Address> const& live, TimePoint cutoff) {
    sweep(live, cutoff);
    auto session = store_->lease();
    details::execute(session->database(), "VACUUM", "write the file anew");
    if (!try_empty_log(*session, store_->config().busy_timeout)) {
      raise(Errc::store_locked,
            "Another connection reads or writes the SQLite file, so that its write-ahead log, which still has what is to be erased, can't be emptied: "
            "erase again when it has ended.");
    }
  }

  /// Calls `visit(address, bytes, put_by)` for every blob. Reads every page of blobs once.
  template <class Visit>
  void for_each_blob(Visit visit) const {
    struct Found {
      Address address;
      std::uint64_t bytes;
      TimePoint put_at;
    };
    store_->check_usable();
    auto session = store_->lease();
    constexpr std::int64_t at_a_time = 1024;
    std::vector<Found> found;
    Address last{std::numeric_limits<std::int64_t>::min()};
    do {
      found.clear();
      {
        details::Running const blobs{session->list_blobs};
        blobs->bind(1, last.number).bind(2, at_a_time);
        while (blobs->step()) {
          found.push_back({{blobs->number(0)},
                           static_cast<std::uint64_t>(blobs->number(1)),
                           TimePoint{std::chrono::milliseconds{blobs->number(2)}}});
        }
      }
      if (!found.empty()) last = found.back().address;
      // Foreign code, which may read this very store.
      for (auto const& blob : found) visit(blob.address, blob.bytes, blob.put_at);
    } while (found.size() == static_cast<std::size_t>(at_a_time));
  }

 private:
  /// Moves all that is in the write-ahead log to the file; false where somebody needs it for longer than `patience`.
  bool try_empty_log(details::Session& session, std::chrono::milliseconds patience) {
    sqlite3_busy_timeout(session.database(), static_cast<int>(patience.count()));
    auto const result = sqlite3_wal_checkpoint_v2(session.database(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(session.database(), static_cast<int>(store_->config().busy_timeout.count()));
    if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY && (result & 0xff) != SQLITE_LOCKED) details::raise_last(session.database(), "empty its write-ahead log");
    return result == SQLITE_OK;
  }

  void remove(details::Session& session, std::vector<Address> const& dead) {
    if (!session.try_begin_write()) details::raise_result(SQLITE_BUSY, "database is locked", "remove blobs");
    details::Transaction const transaction{session};
    session.check_own(store_->own());
    for (auto const& address : dead) {
      session.remove_blob.bind(1, address.number);
      session.run(session.remove_blob);
    }
    if (session.try_commit() != SQLITE_OK) details::raise_last(session.database(), "remove blobs");
  }

  std::shared_ptr<details::SharedStore> store_;
};

}  // namespace cairn::backends::sqlite
