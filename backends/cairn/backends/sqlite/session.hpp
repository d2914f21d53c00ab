// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One handle on an SQLite file with the statements of a store prepared: what one thread uses at a time.
#pragma once

#include <cairn/backends/common/medium.hpp>
#include <cairn/backends/common/mounts.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/sqlite/config.hpp>
#include <cairn/backends/sqlite/statement.hpp>
#include <cairn/backends/sqlite/tables.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cairn::backends::sqlite::details {

/// How many files this process has open by SQLite. To SQLite, a child of a fork still has what its parent had open, locks included, that
/// the system does not give it: it must not open anything.
class OpenFiles {
 public:
  static void add() {
    auto& all = instance();
    std::lock_guard const guard{all.mutex_};
    if (all.count_ != 0 && all.process_ != ::getpid()) {
      raise(Errc::store_poisoned, "This process was forked while SQLite files were open, and may not open any: begin a program of its own (exec) first.");
    }
    all.process_ = ::getpid();
    ++all.count_;
  }
  static void remove() noexcept {
    auto& all = instance();
    std::lock_guard const guard{all.mutex_};
    --all.count_;
  }

 private:
  static OpenFiles& instance() {
    static OpenFiles files;
    return files;
  }
  std::mutex mutex_;
  pid_t process_ = 0;
  std::size_t count_ = 0;
};

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept {
    sqlite3_close_v2(database);
    OpenFiles::remove();
  }
};
using DatabasePtr = std::unique_ptr<sqlite3, CloseDatabase>;

inline void execute(sqlite3* database, std::string const& text, std::string_view what) {
  if (sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) raise_last(database, what);
}

/// The name by which SQLite takes a file for one that nobody changes: it makes no files beside it, and locks none.
inline std::string immutable_name(std::string const& path) {
  std::string name = "file:";
  for (char const character : path) {
    switch (character) {
      case '%': name += "%25"; break;
      case '?': name += "%3f"; break;
      case '#': name += "%23"; break;
      default: name += character;
    }
  }
  return name + "?immutable=1";
}

/// Whether a file lies where nobody writes, and all that was committed is in it. Where a log was left behind, whoever opens the file has to
/// write first.
inline bool is_immutable(std::string const& path) {
  if (!common::nobody_writes_to(std::filesystem::path{path}.parent_path().string())) return false;
  auto const has = [&](char const* log) {
    std::error_code error;
    auto const size = std::filesystem::file_size(path + log, error);
    return error != std::errc::no_such_file_or_directory && (error || size != 0);
  };
  return !has("-wal") && !has("-journal");
}

/// The file, opened; nothing where it is not there and must not be made. Where nobody writes it is for reading.
inline DatabasePtr open_database(Config const& config, bool create) {
  if (config.path.empty()) raise(Errc::config_missing, "The SQLite backend needs a :path, the database file.");
  // Absolute: "" and ":memory:" are no files to SQLite.
  std::error_code error;
  auto const path = std::filesystem::absolute(config.path, error).string();
  if (error) raise(Errc::io_error, "The directory that " + config.path.string() + " is relative to is gone: " + error.message() + ".");
  if (!create && !std::filesystem::exists(path, error) && !error) return nullptr;
  OpenFiles::add();
  sqlite3* made = nullptr;
  // A cache of its own, whatever the program has set: the version that it counts would be that of all sessions together.
  auto const flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  auto const result = !create && is_immutable(path)
                          ? sqlite3_open_v2(immutable_name(path).c_str(), &made, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr)
                          : sqlite3_open_v2(path.c_str(), &made, flags | SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), nullptr);
  DatabasePtr database{made};
  if (!database) OpenFiles::remove();
  if (result != SQLITE_OK)
    raise_result(result, database ? sqlite3_errmsg(database.get()) : sqlite3_errstr(result), "open " + path, path.c_str());
  sqlite3_busy_timeout(database.get(), static_cast<int>(config.busy_timeout.count()));
  return database;
}

inline bool has_table(sqlite3* database, std::string_view name) {
  Statement look{database, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = CAST(?1 AS TEXT) COLLATE NOCASE"};
  look.bind(1, name);
  look.step();
  return look.number(0) != 0;
}

/// "wal" where the file has a write-ahead log.
inline std::string journal_mode(sqlite3* database) {
  Statement look{database, "PRAGMA journal_mode"};
  return look.step() ? look.text(0) : std::string{};
}

[[noreturn]] inline void raise_deleted() {
  raise(Errc::store_does_not_exist, std::string{advice(Errc::store_does_not_exist, SQLITE_OK)});
}

/// What must be known of a root before it is changed, or more of it is read.
struct RootHead {
  bool is_there = false;
  std::int64_t number = 0;
  std::string epoch;
  std::int64_t frames = 0;
  [[nodiscard]] Version version() const { return is_there ? common::root_version(epoch, static_cast<std::uint64_t>(frames)) : Version{}; }
  [[nodiscard]] bool is_at(Version const& expected) const noexcept {
    return is_there ? common::is_root_version(expected, epoch, static_cast<std::uint64_t>(frames)) : expected == Version{};
  }
};

class Session {
 public:
  Session(DatabasePtr database, Config const& config, Tables const& tables) : database_{std::move(database)} {
    // Without its log a file that is less than fully synced may be damaged by a loss of power, and not only lose the last commits.
    is_relaxed_ = config.sync == Sync::relaxed && journal_mode(database_.get()) == "wal";
    execute(database_.get(), is_relaxed_ ? relaxed : durable, "set how it syncs");
    auto const prepare = [&](std::string_view text) { return Statement{database_.get(), tables(text)}; };
    begin_read_ = prepare("BEGIN");
    begin_write_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    rollback_ = prepare("ROLLBACK");
    store = prepare("SELECT format, own FROM $store");
    reserve = prepare("UPDATE $store SET next_blob = next_blob + ?1 RETURNING next_blob - ?1, own");
    read_blob = prepare("SELECT bytes FROM $blob WHERE number = ?1");
    put_blob = prepare("INSERT OR REPLACE INTO $blob VALUES(?1, ?2, ?3)");
    old_blobs = prepare("SELECT number FROM $blob WHERE number > ?1 AND put_at < ?2 ORDER BY number LIMIT ?3");
    list_blobs = prepare("SELECT number, length(bytes), put_at FROM $blob WHERE number > ?1 ORDER BY number LIMIT ?2");
    remove_blob = prepare("DELETE FROM $blob WHERE number = ?1");
    names = prepare("SELECT name FROM $root ORDER BY name");
    state = prepare("SELECT state FROM $root WHERE number = ?1");
    tail = prepare("SELECT frame FROM $tail WHERE number >= (?1 << 32) + ?2 AND number < (?1 + 1) << 32 ORDER BY number");
    root_head_ = prepare(
        "SELECT own, r.number, r.epoch, (SELECT max(t.number) FROM $tail t WHERE t.number >= r.number << 32 AND "
        "t.number < (r.number + 1) << 32) FROM $store LEFT JOIN $root r ON r.name = ?1");
    add_root = prepare("INSERT INTO $root(name, epoch, state) VALUES(?1, ?2, ?3) RETURNING number");
    set_root = prepare("UPDATE $root SET epoch = ?2, state = ?3 WHERE number = ?1");
    remove_root = prepare("DELETE FROM $root WHERE number = ?1");
    clear_tail = prepare("DELETE FROM $tail WHERE number >= ?1 << 32 AND number < (?1 + 1) << 32");
    add_frame = prepare("INSERT INTO $tail VALUES((?1 << 32) + ?2, ?3)");
  }

  [[nodiscard]] sqlite3* database() const noexcept { return database_.get(); }
  [[nodiscard]] bool is_in_transaction() const noexcept { return sqlite3_get_autocommit(database_.get()) == 0; }

  /// Whether transactions are synced whatever the configuration says. Not inside of one.
  void sync_always(bool always) {
    if (!is_relaxed_ || always == syncs_always_) return;
    execute(database(), always ? durable : relaxed, "set how it syncs");
    syncs_always_ = always;
  }

  void begin_read() { run(begin_read_); }
  /// Takes the one place for a writer of the file. False where others held it for longer than the timeout. `io/error` where the file is not at its
  /// place any more: what is committed there is lost.
  [[nodiscard]] bool try_begin_write() {
    {
      Running const running{begin_write_};
      auto const result = running->try_step();
      if ((result & 0xff) == SQLITE_BUSY) return false;
      if (result != SQLITE_DONE) raise_last(database(), "begin a transaction");
    }
    int has_moved = 0;
    if (sqlite3_file_control(database(), nullptr, SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK && has_moved != 0) {
      rollback();
      raise_result(SQLITE_READONLY_DBMOVED, "nothing was written", "begin a transaction");
    }
    return true;
  }
  /// SQLITE_OK, or the extended code of what went wrong.
  [[nodiscard]] int try_commit() noexcept {
    auto const result = commit_.try_step();
    commit_.reset();
    return result == SQLITE_DONE ? SQLITE_OK : result;
  }
  /// The same of a transaction that leaves the root as `head` says.
  [[nodiscard]] int try_commit(std::string_view branch, RootHead head) {
    known_.at.reset();
    known_.branch = branch;
    known_.head = std::move(head);
    auto const result = try_commit();
    if (result == SQLITE_OK) known_.at = data_version();
    return result;
  }
  void rollback() noexcept {
    if (!is_in_transaction()) return;
    static_cast<void>(rollback_.try_step());
    rollback_.reset();
  }

  /// Of the root, inside a transaction; `store/does-not-exist` where the store is another than `own`.
  [[nodiscard]] RootHead head_of(std::string_view branch, std::int64_t own) {
    Running const running{root_head_};
    running->bind(1, branch);
    if (!running->step() || running->number(0) != own)
      raise_deleted();
    if (running->is_null(1)) return {};
    auto const number = running->number(1);
    auto const frames = running->is_null(3) ? std::int64_t{0} : running->number(3) - (number << 32) + 1;
    return {true, number, running->text(2), frames};
  }
  /// The same inside a transaction that writes; not looked up where nothing in the file has changed since this session changed the root.
  [[nodiscard]] RootHead head_to_change(std::string_view branch, std::int64_t own) {
    if (known_.at && known_.branch == branch && known_.at == data_version()) return known_.head;
    return head_of(branch, own);
  }

  /// Inside a transaction: `store/does-not-exist` where the store is another than `own`.
  void check_own(std::int64_t own) {
    Running const running{store};
    if (!running->step() || running->number(1) != own)
      raise_deleted();
  }

  /// Runs a statement that gives nothing, with what is bound to it.
  void run(Statement& statement) {
    Running const running{statement};
    running->step();
  }

 private:
  /// Another number after each transaction that changed the file, whoever's it was, as far as a transaction of this session has seen;
  /// nothing where SQLite doesn't say.
  [[nodiscard]] std::optional<std::uint32_t> data_version() noexcept {
    std::uint32_t version = 0;
    if (sqlite3_file_control(database_.get(), nullptr, SQLITE_FCNTL_DATA_VERSION, &version) != SQLITE_OK) return std::nullopt;
    return version;
  }

  // EXTRA is FULL, and where a file has a journal instead of a log, also a sync of the directory that it is removed from.
  static constexpr char const* durable = "PRAGMA synchronous = EXTRA";
  static constexpr char const* relaxed = "PRAGMA synchronous = NORMAL";

  DatabasePtr database_;  // before the statements: they are finalised first

 public:
  Statement store, reserve, read_blob, put_blob, old_blobs, list_blobs, remove_blob, names, state, tail, add_root, set_root, remove_root, clear_tail,
      add_frame;

 private:
  bool is_relaxed_ = false;
  bool syncs_always_ = false;
  Statement begin_read_, begin_write_, commit_, rollback_, root_head_;
  struct {
    std::optional<std::uint32_t> at;  ///< the data version
    std::string branch;
    RootHead head;
  } known_;
};

/// A transaction that is taken back at the end of the scope unless it was committed.
class Transaction {
 public:
  explicit Transaction(Session& session) noexcept : session_{session} {}
  Transaction(Transaction const&) = delete;
  Transaction& operator=(Transaction const&) = delete;
  ~Transaction() { session_.rollback(); }

 private:
  Session& session_;
};

}  // namespace cairn::backends::sqlite::details
