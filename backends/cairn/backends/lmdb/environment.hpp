// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An LMDB environment, open once a process, and its transactions.
#pragma once

#include <cairn/backends/common/inode.hpp>
#include <cairn/backends/common/medium.hpp>
#include <cairn/backends/common/mounts.hpp>
#include <cairn/backends/common/open_once.hpp>
#include <cairn/backends/common/process.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/lmdb/config.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/system_errc.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <lmdb.h>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace cairn::backends::lmdb {

/// The key of a blob.
using Address = common::TimedKey;

namespace details {

inline Errc errc_of_result(int result) noexcept {
  switch (result) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND: return Errc::store_corrupt;
    case MDB_PANIC: return Errc::store_poisoned;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return Errc::store_format;
    default: return errc_of_system(result);  // LMDB's own numbers are below zero
  }
}

inline std::string_view advice(int result) noexcept {
  switch (result) {
    case MDB_READERS_FULL: return "Give a greater :max-readers to whoever opens the store first.";
    case MDB_PANIC: return "Close all connections of this process, and connect again.";
    case ENOSPC:
    case EDQUOT: return "Make room and do it again; nothing has changed.";
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH: return "What is there is no LMDB environment of this version: look at :path.";
    default: break;
  }
  auto const rights = common::advice_on_rights(result);
  return rights.empty() ? "Look at the directory and the system's log." : rights;
}

[[noreturn]] inline void raise_result(int result, std::string_view what) {
  raise(errc_of_result(result),
        "LMDB could not " + std::string{what} + ": " + mdb_strerror(result) + " (" + std::to_string(result) + "). " +
            std::string{advice(result)},
        "{:lmdb/result " + std::to_string(result) + "}");
}

/// Thrown where the map has no room: the transaction is void, and whoever runs it does it again on a greater map.
struct MapIsFull {};

inline void check(int result, std::string_view what) {
  if (result == MDB_MAP_FULL) throw MapIsFull{};
  if (result != MDB_SUCCESS) raise_result(result, what);
}

inline std::filesystem::path data_file(std::filesystem::path const& directory) { return directory / "data.mdb"; }

/// Which file it is, whatever its name.
struct FileId {
  pid_t process = 0;  ///< a child of a fork shares nothing with its parent
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  friend bool operator==(FileId const&, FileId const&) = default;

  [[nodiscard]] static FileId of(std::filesystem::path const& path) {
    common::Inode file;
    if (auto const error = common::look_at(path.c_str(), file); error != 0) raise_error(error, "look at", path);
    return {::getpid(), file.device, file.number};
  }
  [[nodiscard]] static FileId of(int descriptor) {
    common::Inode file;
    if (auto const error = common::look_at(descriptor, file); error != 0)
      raise_error(error, "look at", "the store's file");
    return {::getpid(), file.device, file.number};
  }
  [[nodiscard]] std::string key() const {
    return std::to_string(process) + ':' + std::to_string(device) + ':' + std::to_string(number);
  }
  [[nodiscard]] bool is(common::Inode const& file) const noexcept {
    return device == file.device && number == file.number;
  }

  [[noreturn]] static void raise_error(int error, std::string_view what, std::filesystem::path const& path) {
    raise(error == ENOENT ? Errc::store_does_not_exist : errc_of_system(error),
          "Could not " + std::string{what} + " " + path.string() + ": " + std::generic_category().message(error) + ". " + std::string{common::advice_on_rights(error)});
  }
};

/// The trees of a store inside its environment.
///
///     store  "format" -> the tables' format (1 byte), "own" -> the store's own number (8)
///     blob   address -> bytes
///     root   hash of the name -> epoch (16 random bytes, new with each commit), length of the name (4), name, state
///     tail   hash of the name, place of the frame (8, most significant byte first) -> bytes
struct Trees {
  MDB_dbi store = 0;
  MDB_dbi blob = 0;
  MDB_dbi root = 0;
  MDB_dbi tail = 0;

  void open(MDB_txn* transaction, unsigned flags) {
    each([&](char const* name, MDB_dbi& tree) { check(mdb_dbi_open(transaction, name, flags, &tree), "open its trees"); });
  }
  /// Requires that they are open.
  void empty(MDB_txn* transaction) {
    each([&](char const*, MDB_dbi& tree) { check(mdb_drop(transaction, tree, 0), "empty the store"); });
  }
  [[nodiscard]] static bool is_name(std::string_view key) {
    bool is_ours = false;
    Trees{}.each([&](char const* name, MDB_dbi&) { is_ours = is_ours || key == name; });
    return is_ours;
  }

 private:
  template <class Visit>
  void each(Visit visit) {
    visit("cairn.store", store);
    visit("cairn.blob", blob);
    visit("cairn.root", root);
    visit("cairn.tail", tail);
  }
};

/// Thread safety: every member may be called at once from any thread.
class Environment {
 public:
  explicit Environment(Config const& config) : path_{config.path} {
    // NOTLS: a snapshot belongs to whoever holds it, not to the thread that took it.
    auto const flags = unsigned{MDB_NOTLS} | (config.sync == Sync::relaxed ? unsigned{MDB_NOMETASYNC} : 0U);
    auto result = try_open(config, flags);
    if (result == EROFS && common::nobody_writes_to(path_.string())) {
      // LMDB needs no table of readers there. Beside writers, who reuse what no reader in that table holds, it needs one.
      is_read_only_ = true;
      result = try_open(config, flags | MDB_RDONLY);
    }
    try {
      check(result, "open " + path_.string());
      clear_dead_readers();
      file_ = FileId::of(descriptor());
      map_size_ = read_map_size();
    } catch (...) {
      mdb_env_close(environment_);
      throw;
    }
  }
  Environment(Environment const&) = delete;
  Environment& operator=(Environment const&) = delete;
  ~Environment() {
    // A child of a fork must leave alone what its parent opened.
    if (!is_foreign_process()) mdb_env_close(environment_);
  }

  [[nodiscard]] bool is_foreign_process() const noexcept { return common::process_number() != process_; }
  /// Whether its file system is mounted read-only.
  [[nodiscard]] bool is_read_only() const noexcept { return is_read_only_; }
  /// To be held by whoever opens trees: LMDB wants one transaction at a time that does.
  [[nodiscard]] std::unique_lock<std::mutex> lock_trees() { return std::unique_lock{trees_mutex_}; }
  [[nodiscard]] common::TimedKeys& addresses() noexcept { return addresses_; }
  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }
  [[nodiscard]] FileId const& file() const noexcept { return file_; }

  /// A transaction, reading or writing. A thread may read beside a writing one of its own: the map stays where it is as long as that, so that whoever waits to move it is not
  /// waited for.
  [[nodiscard]] MDB_txn* begin(unsigned flags) {
    if (is_read_only_ && (flags & MDB_RDONLY) == 0) raise_result(EROFS, "begin a transaction");
    for (bool has_cleared = false;;) {
      bool const is_beside = enter();
      MDB_txn* made = nullptr;
      auto const result = mdb_txn_begin(environment_, nullptr, flags, &made);
      if (result == MDB_SUCCESS) {
        if ((flags & MDB_RDONLY) == 0) note_writing(made);
        return made;
      }
      leave();
      int dead = 0;
      if (result == MDB_READERS_FULL && !std::exchange(has_cleared, true) && mdb_reader_check(environment_, &dead) == MDB_SUCCESS && dead != 0) {
        continue;  // processes that were killed had their places
      }
      if (result != MDB_MAP_RESIZED || is_beside) raise_result(result, "begin a transaction");
      resize([] { return std::size_t{0}; });  // another process has grown it: its size is taken
    }
  }
  void abort(MDB_txn* transaction) noexcept {
    note_ending(transaction);
    mdb_txn_abort(transaction);
    leave();
  }
  [[nodiscard]] int commit(MDB_txn* transaction) noexcept {
    note_ending(transaction);
    auto const result = mdb_txn_commit(transaction);
    leave();
    return result;
  }

  /// Whether a commit that ended with EIO was one for which there was no room, and nothing of it counts: LMDB says EIO where less could be
  /// written than was asked for. The page that makes a commit count is written last, and where that fails, nothing may be begun any more.
  [[nodiscard]] bool had_no_room() {
    constexpr std::uint64_t few = std::uint64_t{64} << 10U;
    if (!common::lacks_room(path_.string(), few)) return false;
    try {
      abort(begin(MDB_RDONLY));
    } catch (Error const&) {
      return false;
    }
    return true;
  }

  [[nodiscard]] std::size_t map_size() const noexcept { return map_size_; }
  /// How many snapshots other processes read from at the moment, by the table in which they enter themselves.
  [[nodiscard]] std::size_t count_readers_elsewhere() {
    clear_dead_readers();
    std::size_t found = 0;
    each_snapshot([&](long process, std::size_t) { found += process != long{::getpid()} ? 1U : 0U; });
    return found;
  }
  /// The transaction after which the oldest snapshot was taken that somebody reads from, in any process; the greatest number where nobody does.
  [[nodiscard]] std::size_t oldest_snapshot() {
    auto oldest = (std::numeric_limits<std::size_t>::max)();
    each_snapshot([&](long, std::size_t snapshot) { oldest = (std::min)(oldest, snapshot); });
    return oldest;
  }
  [[nodiscard]] int descriptor() const {
    int descriptor = -1;
    check(mdb_env_get_fd(environment_, &descriptor), "look at its file");
    return descriptor;
  }
  [[nodiscard]] std::size_t page_size() const {
    MDB_stat stat{};
    check(mdb_env_stat(environment_, &stat), "look at its pages");
    return stat.ms_psize;
  }
  /// Of the file, free ones too.
  [[nodiscard]] std::size_t count_pages() const {
    MDB_envinfo info{};
    check(mdb_env_info(environment_, &info), "look at its pages");
    return info.me_last_pgno + 1;
  }
  /// All that is committed is on the medium, however commits sync.
  void sync() { check(mdb_env_sync(environment_, 1), "sync"); }
  /// Gives back what readers that were killed in the middle of a snapshot keep from being used again; whether there were any.
  bool clear_dead_readers() {
    int dead = 0;
    check(mdb_reader_check(environment_, &dead), "look for readers that died");
    return dead != 0;
  }
  /// Doubles the map, unless it is greater than `seen` already, or dead readers had room. Waits for those who read from it; `io/full` where they don't end.
  void grow(std::size_t seen) {
    if (clear_dead_readers()) return;
    resize([&] { return map_size_ == seen ? seen * 2 : 0; });
  }
  /// From now on commits are durable, whatever others in the process asked for: it is one environment for all of them.
  void sync_always() { check(mdb_env_set_flags(environment_, MDB_NOMETASYNC, 0), "set how it syncs"); }

 private:
  /// What opening says. An environment that could not be opened may only be closed: there is a new one for each attempt.
  [[nodiscard]] int try_open(Config const& config, unsigned flags) {
    if (environment_ != nullptr) mdb_env_close(std::exchange(environment_, nullptr));
    check(mdb_env_create(&environment_), "make an environment");
    auto result = mdb_env_set_mapsize(environment_, static_cast<std::size_t>(config.map_size.bytes));
    if (result == MDB_SUCCESS) result = mdb_env_set_maxreaders(environment_, config.max_readers);
    if (result == MDB_SUCCESS) result = mdb_env_set_maxdbs(environment_, 8);  // trees
    return result == MDB_SUCCESS ? mdb_env_open(environment_, path_.c_str(), flags, 0644) : result;
  }

  /// By the table in which readers enter themselves: `visit(process, transaction)`.
  template <class Visit>
  void each_snapshot(Visit visit) {
    // A line each, behind a heading: the process, its thread, and the transaction or a dash.
    auto const read = [](char const* line, void* context) {
      long process = 0;
      std::size_t snapshot = 0;
      if (std::sscanf(line, "%ld %*s %zu", &process, &snapshot) == 2) (*static_cast<Visit*>(context))(process, snapshot);
      return 0;
    };
    auto const result = mdb_reader_list(environment_, read, &visit);
    if (result < 0) raise_result(result, "list its readers");
  }

  /// Whether it is beside a writing transaction of this thread's.
  bool enter() {
    std::unique_lock lock{mutex_};
    bool const is_beside = writing_ != nullptr && writer_ == std::this_thread::get_id();
    if (is_beside) return ++transactions_, true;
    changed_.wait(lock, [&] { return !is_resizing_; });
    if (is_lost_) {
      raise(Errc::store_poisoned, "The LMDB store in " + path_.string() +
                                      " could not be mapped again when it grew, for want of address space: close all connections of this "
                                      "process, and connect again.");
    }
    ++transactions_;
    return false;
  }
  void note_writing(MDB_txn* transaction) {
    std::lock_guard const guard{mutex_};
    writing_ = transaction;
    writer_ = std::this_thread::get_id();
  }
  /// Before it has ended, and another one may begin.
  void note_ending(MDB_txn const* transaction) noexcept {
    std::lock_guard const guard{mutex_};
    if (transaction == writing_) writing_ = nullptr;
  }
  void leave() noexcept {
    std::lock_guard const guard{mutex_};
    --transactions_;
    changed_.notify_all();
  }

  /// The map moves, so nobody may look into it: new transactions wait, and the ones under way are waited for. 0: to the size that the
  /// file says.
  template <class Size>
  void resize(Size wanted) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !is_resizing_; });
    is_resizing_ = true;
    bool const is_alone = changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return transactions_ == 0; });
    auto const before = map_size_.load();
    auto result = MDB_SUCCESS;
    if (is_alone && !is_lost_) {
      result = mdb_env_set_mapsize(environment_, wanted());
      // LMDB has let go of the old map by then.
      is_lost_ = result != MDB_SUCCESS && mdb_env_set_mapsize(environment_, before) != MDB_SUCCESS;
      if (!is_lost_) map_size_ = read_map_size();
    }
    is_resizing_ = false;
    changed_.notify_all();
    if (!is_alone) {
      raise(Errc::io_full,
            "The map of the LMDB store in " + path_.string() +
                " is full and can't grow while bytes that were read from it are held. Give a greater :map-size, or let go of them.",
            "{:lmdb/result " + std::to_string(MDB_MAP_FULL) + "}");
    }
    check(result, "resize its map");
  }
  [[nodiscard]] std::size_t read_map_size() const noexcept {
    MDB_envinfo info{};
    return mdb_env_info(environment_, &info) == MDB_SUCCESS ? info.me_mapsize : 0;
  }

  std::filesystem::path path_;
  MDB_env* environment_ = nullptr;
  FileId file_;
  std::atomic<std::size_t> map_size_ = 0;
  std::int64_t process_ = common::process_number();
  common::TimedKeys addresses_;
  std::mutex trees_mutex_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t transactions_ = 0;
  MDB_txn const* writing_ = nullptr;  ///< the one that writes, and whose it is
  std::thread::id writer_;
  bool is_resizing_ = false;
  bool is_read_only_ = false;
  bool is_lost_ = false;  ///< there is no map any more
};

/// The environment of a directory, whose data file must be there: the one that this process has open, or a new one. Told apart by
/// the file and not by its name, so that nobody gets what was deleted.
[[nodiscard]] inline std::shared_ptr<Environment> open_environment(Config const& config) {
  // LMDB must not open one twice in a process: closing the second would drop the locks of the first.
  static common::OpenOnce<Environment> environments;
  for (;;) {
    auto const file = FileId::of(data_file(config.path));
    auto environment = environments.get(file.key(), [&] { return std::make_unique<Environment>(config); });
    if (environment->file() != file) continue;  // somebody deleted it, and made another
    if (config.sync == Sync::durable && !environment->is_read_only()) environment->sync_always();
    return environment;
  }
}

/// Does `work` again on a greater map as often as it finds the map full.
template <class Work>
auto with_room(Environment& environment, Work work) {
  for (;;) {
    auto const size = environment.map_size();
    try {
      return work();
    } catch (MapIsFull const&) {
      environment.grow(size);
    }
  }
}

/// A transaction, undone at the end of the scope unless it was committed. Belongs to the thread that began it, where it writes.
class Transaction {
 public:
  Transaction() = default;
  Transaction(std::shared_ptr<Environment> environment, unsigned flags)
      : environment_{std::move(environment)}, transaction_{environment_->begin(flags)} {}
  Transaction(Transaction&& other) noexcept
      : environment_{std::move(other.environment_)}, transaction_{std::exchange(other.transaction_, nullptr)} {}
  Transaction& operator=(Transaction&& other) noexcept {
    if (this != &other) {
      abort();
      environment_ = std::move(other.environment_);
      transaction_ = std::exchange(other.transaction_, nullptr);
    }
    return *this;
  }
  ~Transaction() { abort(); }

  explicit operator bool() const noexcept { return transaction_ != nullptr; }
  [[nodiscard]] MDB_txn* get() const noexcept { return transaction_; }
  void abort() noexcept {
    if (transaction_ == nullptr) return;
    auto* const ended = std::exchange(transaction_, nullptr);
    // In a child of a fork it is the parent's.
    if (!environment_->is_foreign_process()) environment_->abort(ended);
  }
  /// MDB_SUCCESS, or what went wrong; it is over either way.
  [[nodiscard]] int try_commit() noexcept { return environment_->commit(std::exchange(transaction_, nullptr)); }

 private:
  std::shared_ptr<Environment> environment_;
  MDB_txn* transaction_ = nullptr;
};

using ByteSpan = std::span<std::byte const>;

inline MDB_val value_of(ByteSpan bytes) noexcept {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};  // LMDB does not write through it
}
inline MDB_val value_of(std::string_view text) noexcept { return value_of(std::as_bytes(std::span{text.data(), text.size()})); }
inline MDB_val value_of(Address const& address) noexcept { return value_of(std::as_bytes(std::span{address.bytes})); }
inline ByteSpan bytes_of(MDB_val const& value) noexcept { return {static_cast<std::byte const*>(value.mv_data), value.mv_size}; }
inline std::string_view text_of(MDB_val const& value) noexcept { return {static_cast<char const*>(value.mv_data), value.mv_size}; }

}  // namespace details
}  // namespace cairn::backends::lmdb
