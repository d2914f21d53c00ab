// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The log of a store, as a connection and its writers share it.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/known_log.hpp>
#include <cairn/backends/file/lock.hpp>
#include <cairn/backends/file/milestones.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/backends/file/stored_frames.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::file::details {

/// What a connection and its writers share. Two locks: the store's, without which nothing is written, and `mutex_`,
/// under which this object's idea of the log changes. Whoever takes both takes the store's first. Nothing of another
/// writer is found by a reader while a writer of this object holds the store's, so what that writer reads here stands
/// still.
template <class Io>
class Log {
 public:
  using Hold = typename StoreLock<Io>::Hold;

  explicit Log(Config const& config)
      : config_{config},
        directory_{directory_of(config)},
        frames_{directory_},
        lock_{open_lock_file()},
        known_{config, directory_, frames_, lock_.file(), refused_ == 0 ? Access::all : Access::reading},
        process_{Io::process()} {
    enter(lock_.file(), config.exclusive);
    auto const hold = lock_.acquire();
    known_.recover();
    known_.catch_up();
    pass_milestone();
    if (config.exclusive) lock_.keep();
  }
  Log(Log const&) = delete;
  Log& operator=(Log const&) = delete;
  ~Log() {
    try {
      close();
    } catch (...) {  // NOLINT(bugprone-empty-catch): what is lost is a hint; `close` tells whoever asks
    }
  }

  // What readers do.

  /// Of the file that everybody locks who has the store open.
  [[nodiscard]] int lock_descriptor() const noexcept { return lock_.file().descriptor(); }

  [[nodiscard]] Bytes read(Address const& address) const {
    check_process();
    return frames_.read(address, FrameType::blob, is_committed());
  }

  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) {
    for (int attempt = 0;; ++attempt) {
      auto const entry = find_root(branch);
      if (!entry) return std::nullopt;
      try {
        return frames_.read_root(branch, *entry, is_committed());
      } catch (Error const&) {
        // Another process may have moved the root on and swept what it was, between the look at it and the reading.
        if (attempt == 3 || find_root(branch) == entry) throw;
      }
    }
  }

  [[nodiscard]] std::vector<std::string> roots() {
    auto const guard = follow();
    std::vector<std::string> names;
    names.reserve(known_.roots().size());
    for (auto const& [name, ignored] : known_.roots()) names.push_back(name);
    return names;
  }

  // What writers do, holding what `acquire` gave them.

  /// Takes the store's lock and takes in what others have written. `io/read-only` and `io/denied` where this connection can only read.
  [[nodiscard]] Hold acquire() {
    check_usable();
    if (refused_ != 0) raise_io(refused_, "write to", directory_);
    auto hold = lock_.acquire();
    check_usable();
    std::lock_guard const guard{mutex_};
    known_.catch_up();
    pass_milestone();
    return hold;
  }

  [[nodiscard]] Position const& end() const noexcept { return known_.end(); }
  [[nodiscard]] Uuid const& store() const noexcept { return frames_.store(); }
  [[nodiscard]] Layout layout() const noexcept { return frames_.layout(); }
  [[nodiscard]] bool is_full(Position const& position) const noexcept {
    return position.offset >= config_.segment_size.bytes;
  }
  [[nodiscard]] Version version(std::string_view branch) const { return version_of(known_.roots(), branch); }
  [[nodiscard]] bool is_foreign_process() const noexcept { return Io::process() != process_; }

  /// What a frame written now may claim to be synced, of its own segment.
  [[nodiscard]] std::uint64_t durable_offset() const noexcept {
    return known_.durable().segment == end().segment ? known_.durable().offset : segment_header_size;
  }

  /// Writes at the end of the log. When the disk is full the log is cut back to its last commit and the error is
  /// `io/full`; after any other failure nothing is known about the file, and nothing more is written to it.
  void write(std::uint64_t offset, ByteSpan bytes) {
    known_.unsettle();
    auto const result = known_.active().try_write_at(offset, bytes);
    if (result == 0) return;
    if (details::is_full(result) && known_.active().try_cut(end().offset) == 0) {
      raise_io(result, "write", known_.active().path());
    }
    known_.give_up(result, "write", known_.active().path());
  }

  /// Writes a blob to a file of its own and syncs that, in any case: a frame that a relaxed commit left must not
  /// outlive the blobs that it refers to.
  [[nodiscard]] Address write_file(Position const& position, ByteSpan blob) {
    Address address;
    auto const result = frames_.blobs().try_write(store(), position, blob, address);
    if (result == 0) return address;
    if (details::is_full(result)) raise_io(result, "write", frames_.blobs().path(address));
    known_.give_up(result, "write", frames_.blobs().path(address));
  }

  /// Makes durable the names of the files that were written.
  void sync_files() {
    auto const result = uninterrupted([&] { return Io::sync_directory(frames_.blobs().directory()); });
    if (result == 0) return;
    known_.give_up(result, "sync", frames_.blobs().directory());
  }

  /// Forgets what was written behind the last commit; not of a segment that was closed, because the next one says how
  /// long that is.
  void cut_back() noexcept {
    if (!is_closed_) static_cast<void>(known_.active().try_cut(end().offset));
  }

  /// Makes durable what was written, where commits are to be. False, and the log is poisoned, where that failed.
  [[nodiscard]] bool sync() {
    if (config_.sync == Sync::relaxed) return true;
    if (known_.active().try_sync() == 0) return true;
    known_.poison();
    return false;
  }

  /// A frame was written that ends at `position`, and synced where it had to be: from now on it has happened.
  void publish(FrameType type, std::string_view branch, Address const& address, Position const& position) {
    std::lock_guard const guard{mutex_};
    known_.grow(type, branch, address, position);
    pass_milestone();
  }

  /// Closes the active segment at `position` and begins the next one.
  void roll(Position const& position) {
    known_.active().trim(position.offset);
    if (auto const result = known_.active().try_sync(); result < 0) {
      known_.give_up(result, "sync", known_.active().path());
    }
    {
      // The system tells of a failure once: it may have told a `close` that was at work beside this.
      std::lock_guard const guard{mutex_};
      check_usable();
    }
    known_.announce_segment();
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(Io::Clock::now().time_since_epoch()).count();
    auto made = make_segment<Io>(directory_,
                                 SegmentHeader{.segment = position.segment + 1,
                                               .store = store(),
                                               .sequence = position.sequence,
                                               .chain = position.chain,
                                               .previous_length = position.offset,
                                               .created = static_cast<std::uint64_t>(now),
                                               .layout = layout()},
                                 known_.roots());
    is_closed_ = true;
    std::lock_guard const guard{mutex_};
    if (auto const result = uninterrupted([&] { return Io::sync_directory(directory_); }); result < 0) {
      known_.give_up(result, "sync", directory_);
    }
    known_.go_on_in(std::move(made.file), made.end);
    is_closed_ = false;
  }

  /// `store/poisoned` after a failure, and in a child of a fork.
  void check_usable() const {
    check_process();
    if (!known_.is_poisoned()) return;
    raise(Errc::store_poisoned,
          "An earlier write to " + directory_ +
              " failed, and what of it is on the disk is not known: release this connection and connect again.");
  }

  // What a sweep does.

  [[nodiscard]] std::string const& directory() const noexcept { return directory_; }
  [[nodiscard]] Config const& config() const noexcept { return config_; }
  [[nodiscard]] StoredFrames<Io>& frames() noexcept { return frames_; }

  /// The roots as they are, made durable: what relaxed commits replaced is garbage only if power can't bring it back.
  /// And whoever follows the log from segment to segment needs a mark that is beyond those that go.
  [[nodiscard]] Roots settle() {
    auto const hold = acquire();
    std::lock_guard const guard{mutex_};
    known_.make_durable();
    known_.write_mark();
    check_usable();
    return known_.roots();
  }

  /// How far the log went at a time, as far as this connection has looked: what lies before that is older.
  [[nodiscard]] LogPlace reached_before(TimePoint time) const {
    std::lock_guard const guard{mutex_};
    return milestones_.before(time);
  }
  /// By when what lies there was, as far as this connection has looked.
  [[nodiscard]] TimePoint time_of_place(LogPlace const& place) const {
    std::lock_guard const guard{mutex_};
    return milestones_.time_of(place);
  }

  /// Makes durable what is not and leaves a hint for whoever opens the store next. Does not wait for another writer; beside
  /// one it leaves no hint, and no mark of what it made durable.
  void close() {
    if (is_foreign_process() || known_.is_poisoned() || !known_.is_grown()) return;
    auto const hold = lock_.try_acquire();
    std::lock_guard const guard{mutex_};
    if (!hold) return known_.sync_unnoted();
    known_.catch_up();
    known_.make_durable();
    known_.write_mark();
    known_.write_hint();
    known_.active().trim(end().offset);
    known_.rest();
  }

 private:
  static std::string directory_of(Config const& config) {
    if (config.path.empty()) raise(Errc::config_missing, "The file backend needs a :path, the directory of the store.");
    // The working directory may change while the store is open.
    return std::filesystem::absolute(config.path).string();
  }

  /// Where it may not be written to, for reading: then the store is read.
  OpenFile<Io> open_lock_file() {
    auto const path = path_in(directory_, lock_name);
    auto const try_open = [&](int flags) { return uninterrupted([&] { return Io::open(path, flags); }); };
    auto descriptor = try_open(O_RDWR);
    if (descriptor == -EROFS || descriptor == -EACCES || descriptor == -EPERM) {
      refused_ = descriptor;
      if (auto const readable = try_open(O_RDONLY); readable >= 0) descriptor = readable;
    }
    if (descriptor == -ENOENT || descriptor == -ENOTDIR) {
      // Whoever copied the store may have left the lock file out; whoever has no store gets none by looking for it.
      if (!list_store<Io>(directory_).is_store()) raise_absent(directory_);
      descriptor = try_open(O_RDWR | O_CREAT);
    }
    if (descriptor < 0) raise_io(descriptor, "open", path);
    return OpenFile<Io>{descriptor, path};
  }

  void check_process() const {
    if (!is_foreign_process()) return;
    raise(Errc::store_poisoned,
          "This connection was opened before a fork and belongs to the parent: connect again in the child.");
  }

  /// What was written is there by now, so that nothing may be thrown: without memory a sweep knows of one moment less.
  void pass_milestone() noexcept {
    try {
      milestones_.pass(Io::Clock::now(), {known_.end().segment, known_.end().offset});
    } catch (...) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  /// Takes in what others have committed, and keeps that as it is for as long as what it returns lives. Waits for no writer: where no mark says how far the log
  /// goes, one who holds the store is about to write it.
  [[nodiscard]] std::unique_lock<std::mutex> follow() {
    check_usable();
    std::unique_lock guard{mutex_};
    if (known_.refresh()) return guard;
    guard.unlock();
    auto const hold = lock_.try_acquire();
    guard.lock();
    if (hold) {
      known_.catch_up();
      pass_milestone();
    }
    return guard;
  }

  std::optional<RootEntry> find_root(std::string_view branch) {
    auto const guard = follow();
    auto const found = known_.roots().find(branch);
    return found == known_.roots().end() ? std::nullopt : std::optional{found->second};
  }

  auto is_committed() const {
    return [this](Address const& address) {
      std::lock_guard const guard{mutex_};
      return known_.is_committed(address);
    };
  }

  Config config_;
  std::string directory_;
  mutable StoredFrames<Io> frames_;
  int refused_ = 0;  ///< what the system says to who would write; 0 where one may
  StoreLock<Io> lock_;
  mutable std::mutex mutex_;
  KnownLog<Io> known_;
  Milestones milestones_;
  bool is_closed_ = false;  ///< the active segment, by whoever holds the store: it has a successor
  std::int64_t process_;
};

}  // namespace cairn::backends::file::details
