// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store in an LMDB environment, and deleting both.
#pragma once

#include <cairn/backends/common/medium.hpp>
#include <cairn/backends/lmdb/config.hpp>
#include <cairn/backends/lmdb/environment.hpp>
#include <cairn/backends/lmdb/shared_store.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/system_errc.hpp>
#include <cairn/random/draw.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <lmdb.h>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace cairn::backends::lmdb::details {

/// The directory, locked against others that create or delete a store in it.
class DirectoryLock {
 public:
  explicit DirectoryLock(std::filesystem::path const& directory) : descriptor_{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    if (descriptor_ < 0) raise_errno(directory);
    while (::flock(descriptor_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      ::close(descriptor_);
      raise_errno(directory);
    }
  }
  DirectoryLock(DirectoryLock const&) = delete;
  DirectoryLock& operator=(DirectoryLock const&) = delete;
  ~DirectoryLock() { ::close(descriptor_); }

  /// An empty file, where there is none: LMDB takes it for a new environment.
  void make_file(std::filesystem::path const& path) const {
    int const made = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (made < 0) raise_errno(path);
    ::close(made);
  }
  /// Makes durable what was made or removed in it.
  void sync() const noexcept { ::fsync(descriptor_); }

 private:
  [[noreturn]] static void raise_errno(std::filesystem::path const& path) {
    auto const error = errno;
    raise(errc_of_system(error), "Could not open or lock " + path.string() + ": " + std::generic_category().message(error) + ". " + std::string{common::advice_on_rights(error)});
  }

  int descriptor_;
};

/// Whether there is anything of another program's in the environment.
inline bool has_other_keys(MDB_txn* transaction) {
  MDB_dbi all = 0;
  check(mdb_dbi_open(transaction, nullptr, 0, &all), "look for trees");
  auto const cursor = open_cursor(transaction, all);
  MDB_val key{};
  MDB_val value{};
  int result = MDB_SUCCESS;
  while ((result = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
    if (!Trees::is_name(text_of(key))) return true;
  }
  if (result != MDB_NOTFOUND) check(result, "look for trees");
  return false;
}

inline void create_store(Config const& config) {
  if (config.path.empty()) raise(Errc::config_missing, "The LMDB backend needs a :path, the directory of the store.");
  common::make_directories(config.path);
  DirectoryLock const lock{config.path};
  lock.make_file(data_file(config.path));
  auto const environment = open_environment(config);
  auto const trees_lock = environment->lock_trees();
  with_room(*environment, [&] {
    Transaction transaction{environment, 0};
    Trees trees;
    if (has_other_keys(transaction.get())) {
      raise(Errc::store_format, "There is another program's LMDB environment in " + config.path.string() + ", with trees or keys that are not Cairn's; nothing was changed: look at the path.");
    }
    trees.open(transaction.get(), MDB_CREATE);
    if (own_number(transaction.get(), trees.store))
      raise(Errc::store_exists, "There is a store in " + config.path.string() + " already: connect to it, or delete it first.");
    trees.empty(transaction.get());  // what a deletion that was cut off left
    auto const own = random::number();
    put(transaction.get(), trees.store, "format", {&format, 1});
    put(transaction.get(), trees.store, "own", {reinterpret_cast<char const*>(&own), sizeof own});
    check(transaction.try_commit(), "create the store");
  });
  lock.sync();
}

/// Nothing happens where there is no store. What another program has beside the store stays, and with it the files. Whoever has it open finds it
/// empty at its next look, and then the files go: nobody can have begun another store in them meanwhile, since that takes the directory's lock.
inline void delete_store(Config const& config) {
  std::error_code error;
  if (!std::filesystem::exists(data_file(config.path), error)) return;
  {
    DirectoryLock const lock{config.path};
    if (!std::filesystem::exists(data_file(config.path), error)) return;
    auto const environment = open_environment(config);
    auto const trees_lock = environment->lock_trees();
    bool const is_all = with_room(*environment, [&] {
      Transaction transaction{environment, 0};
      MDB_dbi store = 0;
      auto const result = mdb_dbi_open(transaction.get(), "cairn.store", 0, &store);
      if (result != MDB_NOTFOUND) check(result, "open its trees");
      if (result == MDB_NOTFOUND || !own_number(transaction.get(), store)) return false;
      bool const has_others = has_other_keys(transaction.get());
      if (has_others) {
        Trees trees;
        trees.open(transaction.get(), 0);
        trees.empty(transaction.get());
      } else {
        check(mdb_drop(transaction.get(), store, 0), "empty the store");
      }
      check(transaction.try_commit(), "delete the store");
      return !has_others;
    });
    if (!is_all) return;
    std::filesystem::remove(data_file(config.path), error);
    std::filesystem::remove(config.path / "lock.mdb", error);
    lock.sync();
  }
  std::filesystem::remove(config.path, error);  // files that are not ours keep the directory
}

}  // namespace cairn::backends::lmdb::details
