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

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <lmdb.h>
#include <random>
#include <string>
#include <string_view>
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

inline void create_store(Config const& config) {
  if (config.path.empty()) raise(Errc::config_missing, "The LMDB backend needs a :path, the directory of the store.");
  std::error_code error;
  std::filesystem::create_directories(config.path, error);
  if (error) common::raise_unmade(config.path.string(), error);
  DirectoryLock const lock{config.path};
  lock.make_file(data_file(config.path));
  auto const environment = open_environment(config);
  auto const trees_lock = environment->lock_trees();
  with_room(*environment, [&] {
    Transaction transaction{environment, 0};
    Trees trees;
    trees.open(transaction.get(), MDB_CREATE);
    if (own_number(transaction.get(), trees.store))
      raise(Errc::store_exists, "There is a store in " + config.path.string() + " already: connect to it, or delete it first.");
    std::random_device device;
    auto const own = std::uint64_t{device()} << 32U | device();
    put(transaction.get(), trees.store, "format", {&format, 1});
    put(transaction.get(), trees.store, "own", {reinterpret_cast<char const*>(&own), sizeof own});
    check(transaction.try_commit(), "create the store");
  });
  lock.sync();
}

/// Nothing happens where there is no store. Whoever has it open finds it empty at its next look, and then the files go: nobody can
/// have begun another store in them meanwhile, since that takes the directory's lock.
inline void delete_store(Config const& config) {
  std::error_code error;
  if (!std::filesystem::exists(data_file(config.path), error)) return;
  {
    DirectoryLock const lock{config.path};
    if (!std::filesystem::exists(data_file(config.path), error)) return;
    auto const environment = open_environment(config);
    auto const trees_lock = environment->lock_trees();
    bool const is_store = with_room(*environment, [&] {
      Transaction transaction{environment, 0};
      MDB_dbi store = 0;
      auto const result = mdb_dbi_open(transaction.get(), "cairn.store", 0, &store);
      if (result != MDB_NOTFOUND) check(result, "open its trees");
      if (result == MDB_NOTFOUND || !own_number(transaction.get(), store)) return false;
      check(mdb_drop(transaction.get(), store, 0), "empty the store");
      check(transaction.try_commit(), "delete the store");
      return true;
    });
    if (!is_store) return;
    std::filesystem::remove(data_file(config.path), error);
    std::filesystem::remove(config.path / "lock.mdb", error);
    lock.sync();
  }
  std::filesystem::remove(config.path, error);  // files that are not ours keep the directory
}

}  // namespace cairn::backends::lmdb::details
