// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the RocksDB backend.
#pragma once

#include <cairn/backends/rocksdb/config.hpp>
#include <cairn/backends/rocksdb/database.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::rocksdb {

/// Gathers blobs and writes them with one change of a root, in one batch of RocksDB. After a conflict it still has what was put, for
/// another attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but garbage.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread. A writer that holds is
/// committed or destroyed by the thread that called `hold`.
class Writer {
 public:
  Writer(std::shared_ptr<details::Database> database, std::uint64_t own, Sync sync) noexcept
      : database_{std::move(database)}, own_{own}, sync_{sync} {}

  /// Lets no other writer of the process change a root until this one commits or is destroyed.
  void hold() {
    database_->check_usable(own_);
    if (!held_.owns_lock()) held_ = std::unique_lock{database_->fence()};
  }

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 8 MiB goes to the log at once, without
  /// a sync: that of the commit is behind it in the same log.
  Address put(std::span<std::byte const> bytes) {
    auto const address = reserve();
    put(address, bytes);
    return address;
  }
  /// An address for a `put` to come. O(1).
  Address reserve() { return database_->keys().next(); }
  /// The same under an address that is known before; what is there is replaced.
  void put(Address const& address, std::span<std::byte const> bytes) {
    database_->check_usable(own_);
    details::check(batch_.Put(details::blob_key(address), details::slice_of(bytes)), "keep a blob");
    if (batch_.GetDataSize() > most_buffered) {
      if (auto const status = write(batch_, false); !status.ok()) details::raise_status(status, "write blobs");
      batch_.Clear();
    }
  }

  /// Replaces the root's state and empties its tail.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(branch, expected, [&](::rocksdb::WriteBatch& batch, details::RootHead const& head) {
      auto epoch = common::random_epoch();
      put_root(batch, branch, epoch, state);
      clear_tail(batch, branch, head);
      return details::RootHead{.is_there = true, .epoch = std::move(epoch)};
    });
  }
  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  /// Writes one key.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(branch, expected, [&](::rocksdb::WriteBatch& batch, details::RootHead head) {
      if (!head.is_there) put_root(batch, branch, head.epoch = common::random_epoch(), {});
      details::check(batch.Put(details::tail_prefix(branch) + common::big_endian(head.frames), details::slice_of(frame)), "append a frame");
      return details::RootHead{.is_there = true, .epoch = std::move(head.epoch), .frames = head.frames + 1};
    });
  }
  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(branch, expected, [&](::rocksdb::WriteBatch& batch, details::RootHead const& head) {
      details::check(batch.Delete(details::root_key(branch)), "remove a root");
      clear_tail(batch, branch, head);
      return details::RootHead{};
    });
  }

 private:
  static constexpr std::size_t most_buffered = std::size_t{8} << 20U;

  static void put_root(::rocksdb::WriteBatch& batch, std::string_view branch, std::string const& epoch, details::ByteSpan state) {
    auto value = epoch;
    value.append(reinterpret_cast<char const*>(state.data()), state.size());
    details::check(batch.Put(details::root_key(branch), value), "write a root");
  }
  static void clear_tail(::rocksdb::WriteBatch& batch, std::string_view branch, details::RootHead const& head) {
    auto const prefix = details::tail_prefix(branch);
    for (std::uint64_t place = 0; place != head.frames; ++place)
      details::check(batch.Delete(prefix + common::big_endian(place)), "empty a tail");
  }

  ::rocksdb::Status write(::rocksdb::WriteBatch& batch, bool is_commit) {
    database_->require_room(batch.GetDataSize());
    ::rocksdb::WriteOptions options;
    options.sync = is_commit && sync_ == Sync::durable;
    return database_->db().Write(options, &batch);
  }

  template <class Change>
  CommitResult change(std::string_view branch, Version const& expected, Change change) {
    bool const was_held = held_.owns_lock();
    if (!was_held) held_ = std::unique_lock{database_->fence()};
    try {
      database_->check_usable(own_);
      auto const head = database_->head_to_change(branch);
      if (!head.is_at(expected)) {
        if (!was_held) held_.unlock();
        return CommitResult::conflict;
      }
      batch_.SetSavePoint();
      details::Database::Changed changed{std::string{branch}, change(batch_, head)};
      CommitResult done{CommitResult::committed, changed.head.version()};
      auto const status = write(batch_, true);
      if (status.ok()) database_->note(std::move(changed));
      held_.unlock();
      if (!status.ok()) {
        // The log may have the batch or not; RocksDB refuses to write from here on, too.
        database_->poison();
        return common::lost_commit("RocksDB could not write: close all connections, connect again and look at the root");
      }
      batch_.Clear();
      return done;
    } catch (...) {
      static_cast<void>(batch_.RollbackToSavePoint());
      if (held_.owns_lock()) held_.unlock();
      throw;
    }
  }

  std::shared_ptr<details::Database> database_;
  std::uint64_t own_;
  Sync sync_;
  std::unique_lock<std::mutex> held_;
  ::rocksdb::WriteBatch batch_;
};

}  // namespace cairn::backends::rocksdb
