// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The room of pages that LMDB has free, given back to the file system: the file keeps its length, and has holes.
#pragma once

#include <cairn/backends/lmdb/environment.hpp>
#include <cairn/backends/lmdb/root_table.hpp>
#include <cairn/backends/lmdb/shared_store.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <vector>

namespace cairn::backends::lmdb::details {

/// LMDB's free pages at one moment. Those that it may write to now are those that no snapshot can see and that neither of the two newest states
/// has: the same rule as its own, so that a hole does no more than its next commit might.
class FreePages {
 public:
  /// Requires: the calling thread holds the store, by a transaction that writes and has changed nothing.
  FreePages(SharedStore const& store, MDB_txn* holder) {
    auto const oldest = (std::min)(mdb_txn_id(holder) - 1, store.environment()->oldest_snapshot());
    Transaction const reader{store.environment(), MDB_RDONLY};  // beside it: LMDB shows this tree to no other
    auto const cursor = open_cursor(reader.get(), tree_of_free_pages);
    MDB_val key{};
    MDB_val value{};
    auto result = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
    for (; result == MDB_SUCCESS; result = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
      auto const freed_by = number_at(key, 0);  // a transaction; then the pages, behind how many there are
      auto const count = number_at(value, 0);
      all_ += count;
      for (std::size_t i = 1; freed_by < oldest && i <= count; ++i) unseen_.push_back(number_at(value, i));
    }
    if (result != MDB_NOTFOUND) check(result, "list free pages");
    std::sort(unseen_.begin(), unseen_.end());
  }

  /// How many there are.
  [[nodiscard]] std::size_t all() const noexcept { return all_; }
  /// Calls `visit(first, count)` for each run of those that may be written to, until it returns false.
  template <class Visit>
  void each_run(Visit visit) const {
    for (std::size_t begin = 0; begin != unseen_.size();) {
      auto end = begin + 1;
      while (end != unseen_.size() && unseen_[end] == unseen_[end - 1] + 1) ++end;
      if (!visit(unseen_[begin], end - begin)) return;
      begin = end;
    }
  }

 private:
  static constexpr MDB_dbi tree_of_free_pages = 0;

  static std::size_t number_at(MDB_val const& value, std::size_t place) {
    std::size_t number = 0;
    if (value.mv_size / sizeof number <= place) raise(Errc::store_corrupt, "LMDB's list of free pages is cut short: restore the store from a backup.");
    std::memcpy(&number, static_cast<std::byte const*>(value.mv_data) + place * sizeof number, sizeof number);
    return number;
  }

  std::size_t all_ = 0;
  std::vector<std::size_t> unseen_;
};

/// How much room the file takes on its medium, in bytes.
[[nodiscard]] inline std::uint64_t taken_by(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * 512U : 0;
}

/// Makes holes of the free pages, where more than a fifth of the room that the file takes is theirs; a ninth stays theirs, since LMDB needs
/// pages to free some, and a disk may be full by then. Nothing happens on a file system that knows no holes. Waits for those who write, and
/// they for it, for two seconds at most: a later call goes on. It makes one commit, since the pages of the last one can't be given away.
/// Errors: as of a commit; none where the disk has no room for that.
inline void give_back_free_pages(SharedStore& store) {
  constexpr std::chrono::seconds longest{2};
  auto& environment = *store.environment();
  auto const file = environment.descriptor();
  auto const page = environment.page_size();
  std::uint64_t used = 0;
  {
    auto const holder = store.begin(0);
    used = std::uint64_t{environment.count_pages() - FreePages{store, holder.get()}.all()} * page;
    if (taken_by(file) <= used + used / 4) return;
  }
  try {
    with_room(environment, [&] {
      auto transaction = store.begin(0);
      auto const own = own_number(transaction.get(), store.trees().store);
      if (!own) return;
      put(transaction.get(), store.trees().store, "own", {reinterpret_cast<char const*>(&*own), sizeof *own});
      check(transaction.try_commit(), "give room back");
    });
  } catch (Error const& error) {
    if (error.code() != Errc::io_full) throw;  // what was free before is given back
  }
  auto const holder = store.begin(0);
  try {
    environment.sync();  // what was committed is there without these pages
  } catch (Error const&) {
    store.poison();
    throw;
  }
  auto const end = std::chrono::steady_clock::now() + longest;
  FreePages{store, holder.get()}.each_run([&](std::size_t first, std::size_t count) {
    return taken_by(file) > used + used / 8 && std::chrono::steady_clock::now() < end &&
           ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first * page), static_cast<off_t>(count * page)) == 0;
  });
}

}  // namespace cairn::backends::lmdb::details
