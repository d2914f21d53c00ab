// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the LMDB backend.
#pragma once

#include <cairn/backends/lmdb/config.hpp>
#include <cairn/backends/lmdb/environment.hpp>
#include <cairn/backends/lmdb/free_pages.hpp>
#include <cairn/backends/lmdb/root_table.hpp>
#include <cairn/backends/lmdb/shared_store.hpp>
#include <cairn/backends/lmdb/writer.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lmdb.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::lmdb {

/// An open store. Any number of connections, in any processes of the machine, may have the same store open and write to it.
///
/// Errors: `io/error`, `io/full`, `store/corrupt` for what LMDB says, with its result code in the data; `store/does-not-exist` after the
/// store was deleted; `store/poisoned` after a commit that could not be finished, and in a child of a fork. Thread safety: every member
/// may be called at once from any thread.
class Connection {
 public:
  using Address = lmdb::Address;
  using Writer = lmdb::Writer;

  explicit Connection(Config const& config) : store_{std::make_shared<details::SharedStore>(config)} {}

  /// The blob where it lies, not a copy. O(log n). While its bytes are held the store can't use again what later commits free.
  [[nodiscard]] Bytes read(Address const& address) const { return store_->read(address); }
  /// The root of that name as it is now, commits of other processes included. Linear in the bytes of what was appended since this connection
  /// read that root last; where its state was replaced, or another root was read meanwhile, in those of state and tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto const transaction = store_->begin(MDB_RDONLY);
    details::RootTable const root{transaction.get(), store_->trees(), branch};
    return root.is_there() ? std::optional{root.record(store_->last_root())} : std::nullopt;
  }
  /// The names of all roots, sorted.
  [[nodiscard]] std::vector<std::string> roots() const {
    auto const transaction = store_->begin(MDB_RDONLY);
    return details::names_of_roots(transaction.get(), store_->trees());
  }
  /// How many snapshots other processes are reading from.
  [[nodiscard]] std::optional<std::size_t> others() const { return store_->environment()->count_readers_elsewhere(); }
  /// Takes nothing yet: the store is held from the writer's `hold`, or for the length of its commit.
  [[nodiscard]] Writer begin() { return Writer{store_}; }

  /// Removes every blob that was put before `cutoff` and is not live, a thousand in a transaction. LMDB uses their room again; what is
  /// more than a fifth of the file's is given back to the file system, as holes.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    auto const before = std::chrono::floor<std::chrono::milliseconds>(cutoff.time_since_epoch()).count();
    store_->check_usable();
    store_->environment()->clear_dead_readers();
    Address last;
    for (bool is_more = true; is_more;) {
      auto const found = blobs_after(last, before, is_more);
      if (!found.empty()) last = found.back();
      // Foreign code, which may read this very store: outside the transaction.
      std::vector<Address> dead;
      for (auto const& address : found) {
        if (!live(address)) dead.push_back(address);
      }
      if (!dead.empty()) remove(dead);
    }
    details::give_back_free_pages(*store_);
  }

  /// Calls `visit(address, bytes, put_by)` for every blob there was when it began: one transaction, which keeps pages from being used
  /// again as long as it runs.
  template <class Visit>
  void for_each_blob(Visit visit) const {
    auto const transaction = store_->begin(MDB_RDONLY);
    auto const cursor = details::open_cursor(transaction.get(), store_->trees().blob);
    MDB_val key{};
    MDB_val value{};
    auto result = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
    for (; result == MDB_SUCCESS; result = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
      auto const address = address_in(key);
      visit(address, std::uint64_t{value.mv_size}, TimePoint{std::chrono::milliseconds{address.put_at()}});
    }
    if (result != MDB_NOTFOUND) details::check(result, "list blobs");
  }

 private:
  static constexpr std::size_t at_a_time = 1024;

  [[nodiscard]] static Address address_in(MDB_val const& key) {
    Address address;
    auto const bytes = details::bytes_of(key);
    for (std::size_t i = 0; i != address.bytes.size() && i != bytes.size(); ++i) address.bytes[i] = std::to_integer<std::uint8_t>(bytes[i]);
    return address;
  }

  /// Addresses follow the time of their put, so the first that is too young ends the list.
  [[nodiscard]] std::vector<Address> blobs_after(Address const& last, std::int64_t before, bool& is_more) const {
    std::vector<Address> found;
    auto const transaction = store_->begin(MDB_RDONLY);
    auto const cursor = details::open_cursor(transaction.get(), store_->trees().blob);
    auto key = details::value_of(last);
    MDB_val value{};
    auto result = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
    for (; result == MDB_SUCCESS; result = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
      auto const address = address_in(key);
      if (address == last) continue;
      if (found.size() == at_a_time) return found;
      if (address.put_at() >= before) break;
      found.push_back(address);
    }
    if (result != MDB_SUCCESS && result != MDB_NOTFOUND) details::check(result, "list blobs");
    is_more = false;
    return found;
  }

  void remove(std::vector<Address> const& dead) {
    details::with_room(*store_->environment(), [&] {
      auto transaction = store_->begin(0);
      for (auto const& address : dead) {
        auto key = details::value_of(address);
        auto const result = mdb_del(transaction.get(), store_->trees().blob, &key, nullptr);
        if (result != MDB_NOTFOUND) details::check(result, "remove a blob");
      }
      details::check(transaction.try_commit(), "remove blobs");
    });
  }

  std::shared_ptr<details::SharedStore> store_;
};

}  // namespace cairn::backends::lmdb
