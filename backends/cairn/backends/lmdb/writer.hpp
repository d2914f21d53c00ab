// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the LMDB backend.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/lmdb/environment.hpp>
#include <cairn/backends/lmdb/root_table.hpp>
#include <cairn/backends/lmdb/shared_store.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cerrno>
#include <cstddef>
#include <lmdb.h>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::lmdb {

/// Gathers blobs and writes them with one change of a root, in one transaction of LMDB. After a conflict it still has what was put,
/// for another attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but garbage.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread. A writer that holds must be
/// committed or destroyed by the thread that called `hold`, and that thread must have no other that writes meanwhile.
class Writer {
 public:
  explicit Writer(std::shared_ptr<details::SharedStore> store) noexcept : store_{std::move(store)} {}

  /// Takes the one place for a writer of the store, waiting for others without an end.
  void hold() {
    if (!held_) held_ = store_->begin(0);
  }

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 8 MiB goes to the store at once, unless
  /// this writer holds it.
  Address put(std::span<std::byte const> bytes) {
    auto const address = reserve();
    put(address, bytes);
    return address;
  }
  /// An address for a `put` to come. O(1).
  Address reserve() { return store_->environment()->addresses().next(); }
  /// The same under an address that is known before; what is there is replaced.
  void put(Address const& address, std::span<std::byte const> bytes) {
    store_->check_usable();
    blobs_.push_back({address, {bytes.begin(), bytes.end()}});
    buffered_ += bytes.size();
    if (buffered_ > most_buffered && !held_) {
      auto const result = run_transaction("write blobs", [](MDB_txn*) { return true; });
      if (result != MDB_SUCCESS) details::raise_result(result, "write blobs");
      forget_blobs();
    }
  }

  /// Replaces the root's state and empties its tail.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(branch, expected, [&](details::RootTable& root) { root.commit(state); });
  }
  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(branch, expected, [&](details::RootTable& root) { root.append(frame); });
  }
  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(branch, expected, [](details::RootTable& root) { root.drop(); });
  }

 private:
  struct Blob {
    Address address;
    std::vector<std::byte> bytes;
  };
  static constexpr std::size_t most_buffered = std::size_t{8} << 20U;

  void forget_blobs() noexcept {
    blobs_.clear();
    buffered_ = 0;
  }

  template <class Change>
  CommitResult change(std::string_view branch, Version const& expected, Change change) {
    CommitResult done{CommitResult::committed};
    bool is_conflict = false;
    details::SharedStore::Changed left;
    auto const result = run_transaction("commit", [&](MDB_txn* transaction) {
      details::RootTable root{transaction, store_->trees(), branch, store_->known_root(transaction, branch)};
      is_conflict = !root.is_at(expected);
      if (is_conflict) return false;
      change(root);
      done.version = root.version();
      // A transaction that changes nothing has no number, and to remove what is not there changes nothing.
      if (root.is_there()) left = {mdb_txn_id(transaction), std::string{branch}, root.head()};
      return true;
    });
    if (is_conflict) return CommitResult::conflict;
    if (result == MDB_SUCCESS) {
      store_->note(std::move(left));
      forget_blobs();
      return done;
    }
    store_->poison();
    return common::lost_commit("LMDB could not finish the transaction: connect again and look at the root");
  }

  /// Runs `step` and writes the blobs, in the transaction that is held or in a new one. `step` says whether there is anything to
  /// commit; if not, a transaction that is held stays so. MDB_SUCCESS, or what kept the commit from ending.
  template <class Step>
  int run_transaction(std::string_view what, Step step) {
    return details::with_room(*store_->environment(), [&]() -> int {
      store_->check_usable();
      bool const was_held = static_cast<bool>(held_);
      auto transaction = was_held ? std::move(held_) : store_->begin(0);
      if (!step(transaction.get())) {
        if (was_held) held_ = std::move(transaction);
        return MDB_SUCCESS;
      }
      insert_blobs(transaction.get());
      auto result = transaction.try_commit();
      if (result == EIO && store_->environment()->had_no_room()) result = ENOSPC;
      // Of these it is known that nothing was written that anybody will see.
      if (result == MDB_MAP_FULL) throw details::MapIsFull{};
      if (result == ENOSPC || result == EDQUOT || result == ENOMEM) details::raise_result(result, what);
      return result;
    });
  }

  void insert_blobs(MDB_txn* transaction) {
    for (auto const& blob : blobs_) {
      auto key = details::value_of(blob.address);
      auto value = details::value_of(details::ByteSpan{blob.bytes});
      details::check(mdb_put(transaction, store_->trees().blob, &key, &value, 0), "write a blob");
    }
  }

  std::shared_ptr<details::SharedStore> store_;
  details::Transaction held_;
  std::vector<Blob> blobs_;
  std::size_t buffered_ = 0;
};

}  // namespace cairn::backends::lmdb
