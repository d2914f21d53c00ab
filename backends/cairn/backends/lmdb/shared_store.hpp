// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection and its writers share: the environment, the latest snapshot, and whether the store may still be written.
#pragma once

#include <cairn/backends/common/inode.hpp>
#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/lmdb/config.hpp>
#include <cairn/backends/lmdb/environment.hpp>
#include <cairn/backends/lmdb/root_table.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <lmdb.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cairn::backends::lmdb::details {

/// What the trees look like; a store with a greater number was made by a later release.
inline constexpr char format = 1;

/// The store's own number in its environment, or nothing where no store is; `store/format` where it is another release's.
inline std::optional<std::uint64_t> own_number(MDB_txn* transaction, MDB_dbi store) {
  auto key = value_of("format");
  MDB_val value{};
  auto result = mdb_get(transaction, store, &key, &value);
  if (result == MDB_NOTFOUND) return std::nullopt;
  check(result, "read its trees");
  if (text_of(value) != std::string_view{&format, 1})
    raise(Errc::store_format, "The LMDB store was made by another release of Cairn: use that one.");
  key = value_of("own");
  check(mdb_get(transaction, store, &key, &value), "read its trees");
  std::uint64_t own = 0;
  if (value.mv_size == sizeof own) std::memcpy(&own, value.mv_data, sizeof own);
  return own;
}

inline void put(MDB_txn* transaction, MDB_dbi tree, std::string_view name, std::string_view bytes) {
  auto key = value_of(name);
  auto value = value_of(bytes);
  check(mdb_put(transaction, tree, &key, &value, 0), "write its own tree");
}

/// The store as it was at one moment, for as long as anybody holds bytes of it.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<Environment> const& environment)
      : transaction_{environment, MDB_RDONLY} {}

  /// Whether it found the blob.
  [[nodiscard]] bool read(Trees const& trees, Address const& address, ByteSpan& bytes) {
    std::lock_guard const guard{mutex_};  // LMDB wants one reader at a time in a transaction
    auto key = value_of(address);
    MDB_val value{};
    auto const result = mdb_get(transaction_.get(), trees.blob, &key, &value);
    if (result == MDB_NOTFOUND) return false;
    check(result, "read a blob");
    bytes = bytes_of(value);
    return true;
  }

 private:
  Transaction transaction_;
  std::mutex mutex_;
};

/// Thread safety: every member may be called at once from any thread.
class SharedStore {
 public:
  explicit SharedStore(Config const& config) {
    if (config.path.empty()) raise(Errc::config_missing, "The LMDB backend needs a :path, the directory of the store.");
    std::error_code error;
    // The working directory may change while the store is open.
    file_ = std::filesystem::absolute(data_file(config.path), error);
    if (error) raise(Errc::io_error, "The directory that " + config.path.string() + " is relative to is gone: " + error.message() + ".");
    if (!std::filesystem::exists(file_, error) && !error) raise_missing(config.path);
    environment_ = open_environment(config);
    auto const lock = environment_->lock_trees();
    // A transaction, since LMDB keeps handles on trees only for one that was committed.
    Transaction transaction{environment_, MDB_RDONLY};
    MDB_dbi store = 0;
    auto const result = mdb_dbi_open(transaction.get(), "cairn.store", 0, &store);
    if (result != MDB_NOTFOUND) check(result, "open its trees");
    auto const own = result == MDB_SUCCESS ? own_number(transaction.get(), store) : std::nullopt;
    if (!own) raise_missing(config.path);
    own_ = *own;
    trees_.open(transaction.get(), 0);
    check(transaction.try_commit(), "open its trees");
  }

  [[nodiscard]] std::shared_ptr<Environment> const& environment() const noexcept { return environment_; }
  [[nodiscard]] Trees const& trees() const noexcept { return trees_; }
  [[nodiscard]] common::LastRoot& last_root() noexcept { return last_root_; }

  /// The blob where it lies; the snapshot that it is in lives as long as the bytes.
  [[nodiscard]] Bytes read(Address const& address) {
    check_process();
    ByteSpan bytes;
    auto snapshot = snapshot_with(address, bytes);
    if (!snapshot)
      raise_absent_blob("There is no such blob in the LMDB store in " + environment_->path().string() +
                        ": it was never committed, or swept.");
    return Bytes{std::move(snapshot), bytes};
  }

  /// A transaction in which the store is still the one that was connected to; where it writes, in a file that is still at its place.
  [[nodiscard]] Transaction begin(unsigned flags) const {
    check_usable();
    Transaction transaction{environment_, flags};
    bool const writes = (flags & MDB_RDONLY) == 0;
    if (!(writes && follows_own(transaction.get())) && own_number(transaction.get(), trees_.store) != own_)
      raise(Errc::store_does_not_exist, "The LMDB store in " + environment_->path().string() + " was deleted: create it and connect again.");
    if (writes) check_place();
    return transaction;
  }

  /// A root that was changed through this, and the transaction.
  struct Changed {
    std::size_t transaction = 0;
    std::string name{};
    RootHead head{};
  };
  /// The root as this has left it, where nobody has changed anything in the environment since; nothing where it has to be looked up. The transaction is one that writes: there is
  /// one at a time in all processes, and its number is one more than that of the last that was committed.
  [[nodiscard]] std::optional<RootHead> known_root(MDB_txn* transaction, std::string_view name) const {
    std::lock_guard const guard{mutex_};
    if (!is_next(transaction) || changed_.name != name) return std::nullopt;
    return changed_.head;
  }
  /// One that is committed.
  void note(Changed changed) noexcept {
    std::lock_guard const guard{mutex_};
    if (changed_.transaction < changed.transaction) changed_ = std::move(changed);
  }

  /// Of no use any more: whether the last commit is on the medium is not known.
  void poison() noexcept {
    if (!is_poisoned_.exchange(true)) log_poisoned(environment_->path().native());
  }
  void check_process() const {
    if (environment_->is_foreign_process())
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: a child that is to have one of its own begins a program of its own (exec) first.");
  }
  /// `store/poisoned` after a commit whose outcome is not known, and in a child of a fork.
  void check_usable() const {
    check_process();
    if (is_poisoned_) raise(Errc::store_poisoned, "A commit failed on its way to the medium: connect again to see what is there.");
  }

 private:
  /// Whether the last transaction in the environment was one of this store's connection, which had looked whether it is there.
  [[nodiscard]] bool follows_own(MDB_txn* transaction) const {
    std::lock_guard const guard{mutex_};
    return is_next(transaction);
  }
  [[nodiscard]] bool is_next(MDB_txn* transaction) const noexcept {
    return changed_.transaction != 0 && changed_.transaction + 1 == mdb_txn_id(transaction);
  }
  /// What is committed to a file that nobody finds is lost.
  void check_place() const {
    common::Inode file;
    auto const error = common::look_at(file_.c_str(), file);
    bool const is_there = error == 0;
    if (!is_there && error != ENOENT && error != ENOTDIR) FileId::raise_error(error, "look at", file_);
    if (is_there && environment_->file().is(file)) return;
    raise(is_there ? Errc::io_error : Errc::store_does_not_exist,
          file_.string() + " is not where it was opened any more: it was moved, replaced or deleted, and nothing was committed. Connect again to see what is there.");
  }

  [[noreturn]] static void raise_missing(std::filesystem::path const& path) {
    raise(Errc::store_does_not_exist, "There is no LMDB store in " + path.string() + ": create it first.");
  }

  /// The snapshot that somebody holds already, if it has the blob, or a new one. None is kept without a holder, since what it shows can't
  /// be overwritten and the file would grow.
  [[nodiscard]] std::shared_ptr<Snapshot> snapshot_with(Address const& address, ByteSpan& bytes) {
    std::shared_ptr<Snapshot> snapshot;
    {
      std::lock_guard const guard{mutex_};
      snapshot = latest_.lock();
    }
    if (snapshot && snapshot->read(trees_, address, bytes)) return snapshot;
    snapshot = std::make_shared<Snapshot>(environment_);
    if (!snapshot->read(trees_, address, bytes)) return nullptr;
    std::lock_guard const guard{mutex_};
    latest_ = snapshot;
    return snapshot;
  }

  std::filesystem::path file_;
  std::shared_ptr<Environment> environment_;
  Trees trees_;
  std::uint64_t own_ = 0;
  std::atomic<bool> is_poisoned_ = false;
  std::mutex mutable mutex_;  // guards what follows
  std::weak_ptr<Snapshot> latest_;
  Changed changed_{};
  common::LastRoot last_root_;  // guards itself
};

}  // namespace cairn::backends::lmdb::details
