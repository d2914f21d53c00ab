// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A RocksDB database, open once a process, and the keys of a store in it.
#pragma once

#include <cairn/backends/common/medium.hpp>
#include <cairn/backends/common/open_once.hpp>
#include <cairn/backends/common/process.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/rocksdb/config.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>
#include <cairn/random/draw.hpp>

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cairn::backends::rocksdb {

/// The key of a blob.
using Address = common::TimedKey;

namespace details {

using ByteSpan = std::span<std::byte const>;
using ::rocksdb::Slice;
using ::rocksdb::Status;

/// What the keys look like; a store with a greater number was made by a later release.
inline constexpr char format = 1;

inline Slice slice_of(ByteSpan bytes) noexcept { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }
inline ByteSpan bytes_of(Slice slice) noexcept { return std::as_bytes(std::span{slice.data(), slice.size()}); }

/// RocksDB has no code of its own for it.
inline bool is_locked(std::string const& text) noexcept {
  return text.find("While lock file") != std::string::npos || text.find("lock hold by") != std::string::npos;
}

/// Nor for these.
inline Errc errc_of_text(std::string const& text) noexcept {
  if (is_locked(text)) return Errc::store_locked;
  if (text.find("Read-only file system") != std::string::npos) return Errc::io_read_only;
  return text.find("Permission denied") != std::string::npos ? Errc::io_denied : Errc::io_error;
}

/// Instead of RocksDB's own, a file: on a full disk, librocksdb ends the process where it is built with assertions and cannot write that.
class NoInfoLog : public ::rocksdb::Logger {
 public:
  using ::rocksdb::Logger::Logv;
  void Logv(char const*, va_list) override {}
};

inline constexpr std::string_view restore = "Restore the store from a backup.";
inline constexpr std::string_view restore_or_cut_log =
    "Restore the store from a backup. Where it is the log of writes (*.log) that is damaged, :sync :relaxed opens the store once more, with the commits before the damage and none "
    "behind it: copy the directory first.";

/// `remedy` is for damage.
[[noreturn]] inline void raise_status(Status const& status, std::string_view what, std::string_view remedy = restore) {
  auto code = Errc::io_error;
  std::string_view advice = "Look at the directory and the system's log.";
  if (status.IsCorruption()) {
    code = Errc::store_corrupt;
    advice = remedy;
  } else if (status.IsNoSpace()) {
    code = Errc::io_full;
    advice = "Make room and connect again.";
  } else if (status.IsIOError()) {
    code = errc_of_text(status.ToString());
    if (code == Errc::store_locked) advice = "Another process has the store open, and RocksDB lets one at a time: close it there.";
    if (auto const rights = common::advice_on_rights(code); !rights.empty()) advice = rights;
  }
  raise(code, "RocksDB could not " + std::string{what} + ": " + status.ToString() + ". " + std::string{advice});
}
inline void check(Status const& status, std::string_view what) {
  if (!status.ok()) raise_status(status, what);
}

/// The keys, told apart by their first byte:
///
///     s                         the format (1 byte), the store's own number (8)
///     b address                 a blob
///     r name                    a root: its epoch (16 bytes), its state
///     t length of name (8) name place (8)   a frame of its tail
inline std::string const format_key = "s";
inline std::string blob_key(Address const& address) {
  return "b" + std::string{address.text()};
}
inline std::string root_key(std::string_view name) { return "r" + std::string{name}; }
inline std::string tail_prefix(std::string_view name) { return "t" + common::big_endian(name.size()) + std::string{name}; }

/// What a writer must know of a root before it changes it.
struct RootHead {
  bool is_there = false;
  std::string epoch{};
  std::string state{};
  std::uint64_t frames = 0;
  [[nodiscard]] Version version() const { return is_there ? common::root_version(epoch, frames) : Version{}; }
  [[nodiscard]] bool is_at(Version const& expected) const noexcept {
    return is_there ? common::is_root_version(expected, epoch, frames) : expected == Version{};
  }
};

/// Whether the process is at its end, and objects of librocksdb's own without which no database can be used or closed
/// may be gone.
inline std::atomic<bool> process_ends = false;

/// Objects with static storage are destroyed in the order opposite to that in which they were made. librocksdb makes
/// its own when it opens its first database; this one is made after them and so destroyed before, and a connection that
/// outlives it was made before them.
inline void watch_end_of_process() {
  struct End {
    ~End() { process_ends = true; }
  };
  static End const end;
}

/// Those that are not closed for that: tools that look for lost memory find them here.
struct Unclosed {
  ::rocksdb::DB* database = nullptr;
  Unclosed* next = nullptr;
};
inline std::atomic<Unclosed*> unclosed = nullptr;

/// What RocksDB's threads say of a database, which may be to nobody any more.
struct Health {
  std::string path;
  std::atomic<bool> is_poisoned = false;

  void poison() noexcept {
    if (!is_poisoned.exchange(true)) log_poisoned(path);
  }
};

/// Thread safety: every member may be called at once from any thread.
class Database {
 public:
  /// Hears of what fails in RocksDB's own threads: after that a commit may be on no medium, whoever notices first.
  class Watch : public ::rocksdb::EventListener {
   public:
    explicit Watch(Database const& database) noexcept : health_{database.health_} {}
    void OnBackgroundError(::rocksdb::BackgroundErrorReason, ::rocksdb::Status* status) override {
      if (!status->IsNoSpace())
        health_->poison();  // a full disk is `io/full` to who writes next, and goes on when there is room
    }

   private:
    std::shared_ptr<Health> health_;
  };

  Database(Config const& config, bool create) : health_{std::make_shared<Health>(config.path.string())} {
    ::rocksdb::Options options;
    options.create_if_missing = create;
    options.paranoid_checks = true;
    // RocksDB's own choice ends its log at whatever it can't read, commits that were acknowledged behind it included. That is right where their sync was left out.
    bool const is_durable = config.sync == Sync::durable;
    options.wal_recovery_mode = is_durable ? ::rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords : ::rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.max_open_files = 256;
    options.info_log = std::make_shared<NoInfoLog>();
    options.listeners.push_back(std::make_shared<Watch>(*this));
    // Nodes are written once and read by their keys: their bytes stay out of what is merged.
    options.enable_blob_files = true;
    options.min_blob_size = 1024;
    options.enable_blob_garbage_collection = true;
    ::rocksdb::BlockBasedTableOptions table;
    table.block_cache = ::rocksdb::NewLRUCache(static_cast<std::size_t>(config.block_cache.bytes));
    options.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(table));
    ::rocksdb::DB* made = nullptr;
    auto const status = ::rocksdb::DB::Open(options, path(), &made);
    database_.reset(made);
    watch_end_of_process();
    if (!status.ok()) raise_status(status, "open " + path(), is_durable ? restore_or_cut_log : restore);
    own_ = read_own();
  }
  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;
  ~Database() {
    // A child of a fork has none of the threads that closing waits for, and at the end of a process they may be gone.
    // What was acknowledged is durable.
    if (!is_foreign_process() && !process_ends) return;
    as_unclosed_->database = database_.release();
    as_unclosed_->next = unclosed.exchange(as_unclosed_.get());
    static_cast<void>(as_unclosed_.release());
  }

  [[nodiscard]] bool is_foreign_process() const noexcept { return common::process_number() != process_; }
  void check_process() const {
    if (is_foreign_process())
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: a child that is to have one of its own begins a program of its own (exec) first.");
    if (process_ends)
      raise(Errc::store_poisoned,
            "The process is at its end, and this connection outlives what RocksDB needs: release it before main "
            "returns, or connect before the object that holds it is made.");
  }
  /// `store/does-not-exist` where there is no store with that number any more, `store/poisoned` after a write whose outcome is not
  /// known.
  void check_usable(std::uint64_t own) const {
    check_process();
    if (own_ != own)
      raise(Errc::store_does_not_exist,
            "The RocksDB store in " + path() + " was deleted: create it and connect again.");
    if (health_->is_poisoned)
      raise(Errc::store_poisoned,
            "A commit failed on its way to the medium: close all connections, and connect again to see what is there.");
  }
  /// `io/full` where there is no room for a batch of so many bytes. RocksDB writes nothing any more once a write has failed, and what of that is in its
  /// log is not known: so it is not left to meet the end of the disk.
  void require_room(std::uint64_t bytes) {
    constexpr std::uint64_t margin = std::uint64_t{64} << 10U;
    constexpr std::uint64_t much = std::uint64_t{4} << 30U;  // that nobody fills
    constexpr std::chrono::milliseconds soon{20};            // in this time
    auto const now = std::chrono::steady_clock::now().time_since_epoch();
    if (bytes < much / 8 && now.count() < roomy_until_.load(std::memory_order_relaxed)) return;
    if (!common::lacks_room(path(), bytes + much)) {
      roomy_until_.store((now + soon).count(), std::memory_order_relaxed);
      return;
    }
    if (!common::lacks_room(path(), bytes + margin)) return;
    raise(Errc::io_full, "There is no room for a commit of " + std::to_string(bytes) + " bytes in " + path() +
                             ": make room and do it again; nothing has changed.");
  }
  void poison() noexcept { health_->poison(); }

  [[nodiscard]] ::rocksdb::DB& db() const noexcept { return *database_; }
  [[nodiscard]] std::string const& path() const noexcept { return health_->path; }
  [[nodiscard]] common::TimedKeys& keys() noexcept { return keys_; }
  /// Held by whoever compares a root with what it expects, until it is written: RocksDB itself compares nothing.
  [[nodiscard]] std::mutex& fence() noexcept { return fence_; }

  /// The number that the store was given when it was created; 0 where there is none.
  [[nodiscard]] std::uint64_t own() const noexcept { return own_; }

  /// Whether there is no key at all, of whomever.
  [[nodiscard]] bool is_empty() const {
    std::unique_ptr<::rocksdb::Iterator> const first{database_->NewIterator({})};
    first->SeekToFirst();
    check(first->status(), "look for keys");
    return !first->Valid();
  }
  /// Requires the fence.
  void create() {
    auto const own = random::number() | 1U;
    check(database_->Put(synced(), format_key, std::string(1, format) + common::big_endian(own)), "create the store");
    own_ = own;
  }
  /// Requires the fence. Removes the store's keys: others of this process may have the database open, and then its files stay.
  void destroy() {
    ::rocksdb::WriteBatch batch;
    for (auto const& [first, end] : {std::pair{"b", "c"}, std::pair{"r", "u"}}) check(batch.DeleteRange(Slice{first}, Slice{end}), "delete the store");
    check(database_->Write(synced(), &batch), "delete the store");
    own_ = 0;
    changed_.reset();
  }

  [[nodiscard]] RootHead head_of(std::string_view name, ::rocksdb::ReadOptions const& options = {}) const {
    RootHead head;
    std::string value;
    auto const status = database_->Get(options, root_key(name), &value);
    if (status.IsNotFound()) return head;
    check(status, "read a root");
    if (value.size() < common::epoch_size)
      raise(Errc::store_corrupt,
            "A root of the RocksDB store in " + path() + " is cut short: restore it from a backup.");
    head.is_there = true;
    head.epoch = value.substr(0, common::epoch_size);
    head.state = value.substr(common::epoch_size);
    auto const prefix = tail_prefix(name);
    std::unique_ptr<::rocksdb::Iterator> const last{database_->NewIterator(options)};
    last->SeekForPrev(prefix + std::string(8, '\xff'));
    if (last->Valid() && last->key().starts_with(prefix)) {
      for (auto const byte : last->key().ToStringView().substr(prefix.size())) head.frames = head.frames << 8U | static_cast<unsigned char>(byte);
      ++head.frames;
    }
    check(last->status(), "read a tail");
    return head;
  }

  /// A root that was changed, and what of it is there now, its state aside.
  struct Changed {
    std::string name;
    RootHead head;
  };
  /// What a writer compares with what it expects: the head that the last change left, which nobody outside this process can
  /// have changed since; of another root, what is stored. Requires the fence.
  [[nodiscard]] RootHead head_to_change(std::string_view name) const {
    return changed_ && changed_->name == name ? changed_->head : head_of(name);
  }
  /// Requires the fence.
  void note(Changed changed) noexcept { changed_ = std::move(changed); }

 private:
  static ::rocksdb::WriteOptions synced() {
    ::rocksdb::WriteOptions options;
    options.sync = true;
    return options;
  }
  [[nodiscard]] std::uint64_t read_own() const {
    std::string found;
    auto const status = database_->Get({}, format_key, &found);
    if (status.IsNotFound()) return 0;
    check(status, "read");
    if (found.size() != 9 || found[0] != format)
      raise(Errc::store_format,
            "The RocksDB store in " + path() + " was made by another release of Cairn: use that one.");
    std::uint64_t own = 0;
    for (auto const byte : found.substr(1)) own = own << 8U | static_cast<unsigned char>(byte);
    return own;
  }

  std::shared_ptr<Health> health_;
  std::unique_ptr<Unclosed> as_unclosed_ = std::make_unique<Unclosed>();
  std::unique_ptr<::rocksdb::DB> database_;
  std::int64_t process_ = common::process_number();
  std::atomic<std::uint64_t> own_ = 0;
  common::TimedKeys keys_;
  std::mutex fence_;
  std::optional<Changed> changed_;
  std::atomic<std::chrono::steady_clock::rep> roomy_until_ = std::numeric_limits<std::chrono::steady_clock::rep>::min();
};

/// The databases of this process by directory: RocksDB lets each be open once.
[[nodiscard]] inline common::OpenOnce<Database>& open_databases() {
  static common::OpenOnce<Database> databases;
  return databases;
}
/// A child of a fork shares nothing with its parent.
[[nodiscard]] inline std::string key_of(std::filesystem::path const& directory) {
  std::error_code error;
  auto const canonical = std::filesystem::weakly_canonical(directory, error);
  return std::to_string(::getpid()) + ':' + (error ? directory : canonical).string();
}
/// The database of a directory, opened where this process has not.
[[nodiscard]] inline std::shared_ptr<Database> open_database(Config const& config, bool create) {
  if (process_ends) raise(Errc::store_poisoned, "The process is at its end: connect before main returns.");
  return open_databases().get(key_of(config.path), [&] { return std::make_unique<Database>(config, create); });
}

}  // namespace details
}  // namespace cairn::backends::rocksdb
