// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The log of a store: opened, recovered, followed, grown and swept.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/lock.hpp>
#include <cairn/backends/file/marks.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/backends/file/scan.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/backends/file/stored_frames.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <memory>
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
        lock_{open_lock_file(directory_)},
        process_{Io::process()} {
    auto const hold = lock_.acquire();
    open_last_segment();
    catch_up();
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

  [[nodiscard]] Bytes read(Address const& address) const {
    check_process();
    return frames_.read(address, FrameType::blob, is_committed());
  }

  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) {
    for (int attempt = 0;; ++attempt) {
      auto const entry = find_root(branch);
      if (!entry) return std::nullopt;
      try {
        return frames_.read_root(*entry, is_committed());
      } catch (Error const&) {
        // Another process may have moved the root on and swept what it was, between the look at it and the reading.
        if (attempt == 3 || find_root(branch) == entry) throw;
      }
    }
  }

  [[nodiscard]] std::vector<std::string> roots() {
    check_usable();
    std::lock_guard const guard{mutex_};
    refresh();
    std::vector<std::string> names;
    names.reserve(roots_.size());
    for (auto const& [name, ignored] : roots_) names.push_back(name);
    return names;
  }

  // What writers do, holding what `acquire` gave them.

  /// Takes the store's lock and takes in what others have written.
  [[nodiscard]] Hold acquire() {
    check_usable();
    auto hold = lock_.acquire();
    check_usable();
    std::lock_guard const guard{mutex_};
    catch_up();
    return hold;
  }

  [[nodiscard]] Position const& end() const noexcept { return end_; }
  [[nodiscard]] Uuid const& store() const noexcept { return frames_.store(); }
  [[nodiscard]] bool is_full(Position const& position) const noexcept {
    return position.offset >= config_.segment_size.bytes;
  }
  [[nodiscard]] Version version(std::string_view branch) const { return version_of(roots_, branch); }
  [[nodiscard]] bool is_foreign_process() const noexcept { return Io::process() != process_; }

  /// What a frame written now may claim to be synced, of its own segment.
  [[nodiscard]] std::uint64_t durable_offset() const noexcept {
    return durable_.segment == end_.segment ? durable_.offset : segment_header_size;
  }

  /// Writes at the end of the log. When the disk is full the log is cut back to its last commit and the error is
  /// `io/full`; after any other failure nothing is known about the file, and nothing more is written to it.
  void write(std::uint64_t offset, ByteSpan bytes) {
    auto const result = active_.try_write_at(offset, bytes);
    if (result == 0) return;
    if (!details::is_full(result) || active_.try_truncate(end_.offset) < 0) poison();
    raise_io(result, "write", active_.path());
  }

  /// Forgets what was written behind the last commit.
  void cut_back() noexcept { static_cast<void>(active_.try_truncate(end_.offset)); }

  /// Makes durable what was written, where commits are to be. False, and the log is poisoned, where that failed.
  [[nodiscard]] bool sync() {
    if (config_.sync == Sync::relaxed) return true;
    if (active_.try_sync() == 0) return true;
    poison();
    return false;
  }

  /// A frame was written that ends at `position`, and synced where it had to be: from now on it has happened.
  void publish(FrameType type, std::string_view branch, Address const& address, Position const& position) {
    std::lock_guard const guard{mutex_};
    apply_change(roots_, FrameHeader{address.length, type, position.sequence, 0, position.chain}, address, branch);
    end_ = position;
    if (config_.sync == Sync::durable) durable_ = {end_.segment, end_.offset};
    write_mark();
    if (end_.offset >= hinted_offset_ + hint_interval) write_hint();
  }

  /// Closes the active segment at `position` and begins the next one.
  void roll(Position const& position) {
    if (active_.try_sync() < 0) {
      poison();
      raise(Errc::io_error, "Cannot sync " + active_.path() + ": open the store again.");
    }
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(Io::Clock::now().time_since_epoch()).count();
    auto made = make_segment<Io>(directory_,
                                 SegmentHeader{position.segment + 1, store(), position.sequence, position.chain,
                                               position.offset, static_cast<std::uint64_t>(now), 0},
                                 roots_);
    auto const guard = std::lock_guard{mutex_};
    try {
      sync_directory<Io>(directory_);
    } catch (Error const&) {
      poison();
      throw;
    }
    active_ = std::move(made.file);
    end_ = made.end;
    durable_ = {end_.segment, end_.offset};
    hinted_offset_ = 0;
    write_mark();
  }

  /// `store/poisoned` after a failure, and in a child of a fork.
  void check_usable() const {
    check_process();
    if (!poisoned_.load()) return;
    raise(Errc::store_poisoned,
          "An earlier write to " + directory_ +
              " failed, and what of it is on the disk is not known: release this connection and connect again.");
  }

  // Garbage collection.

  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    check_usable();
    auto const segments = list_store<Io>(directory_).segments;
    std::vector<std::uint32_t> dead;
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
      if (frames_.created(segments[i + 1]) <= cutoff && !frames_.has_live(segments[i], live))
        dead.push_back(segments[i]);
    }
    if (dead.empty()) return;
    auto const hold = acquire();
    // What relaxed commits replaced is garbage only if power can't bring it back. And whoever follows the log from
    // segment to segment needs a mark that is beyond those that go.
    {
      std::lock_guard const guard{mutex_};
      make_durable();
      write_mark();
    }
    check_usable();
    std::erase_if(dead, [&](std::uint32_t segment) { return segment >= end_.segment || is_needed(segment); });
    for (auto const segment : dead) {
      remove_file<Io>(frames_.path(segment));
      frames_.forget(segment);
    }
    if (!dead.empty()) sync_directory<Io>(directory_);
  }

  /// Makes durable what is not and leaves a hint for whoever opens the store next. Does not wait for another writer.
  void close() {
    if (is_foreign_process() || poisoned_.load() || !is_grown_) return;
    auto const hold = lock_.try_acquire();
    if (!hold) return;
    std::lock_guard const guard{mutex_};
    catch_up();
    make_durable();
    write_mark();
    write_hint();
    is_grown_ = false;
  }

 private:
  static constexpr std::uint64_t hint_interval = std::uint64_t{8} << 20U;

  static std::string directory_of(Config const& config) {
    if (config.path.empty()) raise(Errc::config_missing, "The file backend needs a :path, the directory of the store.");
    // The working directory may change while the store is open.
    return std::filesystem::absolute(config.path).string();
  }

  static OpenFile<Io> open_lock_file(std::string const& directory) {
    auto file = OpenFile<Io>::open_if_there(path_in(directory, lock_name), O_RDWR);
    if (file.is_open()) return file;
    // Whoever copied the store may have left the lock file out; whoever has no store gets none by looking for it.
    if (!list_store<Io>(directory).is_store()) raise_absent(directory);
    auto const path = path_in(directory, lock_name);
    auto const descriptor = uninterrupted([&] { return Io::open(path, O_RDWR | O_CREAT); });
    if (descriptor < 0) raise_io(descriptor, "create", path);
    return OpenFile<Io>{descriptor, path};
  }

  void check_process() const {
    if (!is_foreign_process()) return;
    raise(Errc::store_poisoned,
          "This connection was opened before a fork and belongs to the parent: connect again in the child.");
  }

  void poison() noexcept { poisoned_.store(true); }

  std::optional<RootEntry> find_root(std::string_view branch) {
    check_usable();
    std::lock_guard const guard{mutex_};
    refresh();
    auto const found = roots_.find(branch);
    return found == roots_.end() ? std::nullopt : std::optional{found->second};
  }

  void make_durable() {
    if (durable_ == Durable{end_.segment, end_.offset}) return;
    if (auto const result = active_.try_sync(); result < 0) {
      poison();
      raise_io(result, "sync", active_.path());
    }
    durable_ = {end_.segment, end_.offset};
  }

  // Opening and following. All of these change what this object knows: `mutex_` is held, or the object is being made.

  auto is_committed() const {
    return [this](Address const& address) {
      std::lock_guard const guard{mutex_};
      return address.segment < end_.segment || (address.segment == end_.segment && address.offset() < end_.offset);
    };
  }

  [[noreturn]] void raise_corrupt(std::uint32_t segment, std::uint64_t offset, std::string const& what) const {
    details::raise_corrupt(frames_.path(segment), segment, offset, what);
  }

  OpenFile<Io> open_segment(std::uint32_t segment) const {
    return OpenFile<Io>::open_if_there(frames_.path(segment), O_RDWR);
  }

  void open_last_segment() {
    auto const listing = list_store<Io>(directory_);
    if (!listing.is_store()) raise_absent(directory_);
    if (listing.has_temporary) remove_file<Io>(path_in(directory_, temporary_name));
    auto const last = listing.segments.back();
    auto file = open_segment(last);
    frames_.belong_to(read_header(file, last).store);
    auto const mark = valid_mark();
    if (mark && mark->durable.segment > last) raise_corrupt(mark->durable.segment, 0, "the file is missing.");
    if (!mark || mark->end.segment < last) sync_directory<Io>(directory_);
    start_at(std::move(file), last);
    start_at_hint();
  }

  /// Goes to the beginning of a segment, where the roots are written down.
  void start_at(OpenFile<Io> file, std::uint32_t segment) {
    auto const header = read_header(file, segment);
    if (header.store != store()) raise_corrupt(segment, 0, "the file belongs to another store.");
    FrameReader reader{file, segment_key(store(), segment), file.size()};
    auto const start = header.start();
    auto const frame = reader.at(start.offset);
    auto snapshot = frame && frame->header.type == FrameType::roots && frame->header.sequence == start.sequence + 1 &&
                            frame->header.previous == start.chain
                        ? decode_roots(frame->payload)
                        : std::nullopt;
    if (!snapshot) raise_corrupt(segment, start.offset, "the roots are not there.");
    roots_ = *std::move(snapshot);
    end_ = {segment, frame->end(), frame->header.sequence, frame->header.checksum, frame->offset};
    durable_ = {segment, end_.offset};
    active_ = std::move(file);
    hinted_offset_ = 0;
  }

  void start_at_hint() {
    auto const file = OpenFile<Io>::open_if_there(path_in(directory_, hint_name), O_RDONLY);
    if (!file.is_open()) return;
    Buffer bytes(static_cast<std::size_t>(file.size()));
    bytes.resize(file.read_at(0, bytes));
    auto hint = decode_hint(bytes);
    if (!hint || hint->store != store() || hint->end.segment != end_.segment || hint->end.offset <= end_.offset) return;
    FrameReader reader{active_, segment_key(store(), end_.segment), active_.size()};
    auto const frame = reader.at(hint->end.last);
    if (!frame || frame->end() != hint->end.offset || frame->header.checksum != hint->end.chain ||
        frame->header.sequence != hint->end.sequence) {
      durable_.offset = hint->end.offset;  // that frame was there once, and synced
      return;
    }
    roots_ = std::move(hint->roots);
    end_ = hint->end;
    durable_ = {end_.segment, end_.offset};
    hinted_offset_ = end_.offset;
  }

  std::optional<Mark> valid_mark() const {
    auto mark = read_mark(lock_.file());
    if (mark && mark->store != store()) mark.reset();
    return mark;
  }

  /// Under the store's lock: takes in all that is committed, cuts off what is not, and leaves the log such that what is
  /// in it is on the medium, where commits are to be.
  void catch_up() {
    auto const mark = valid_mark();
    if (auto const newest = newest_segment(mark); newest > end_.segment) go_to(newest);
    // A writer that was killed may have begun a segment without saying so, and without making sure of its name.
    for (auto next = open_segment(end_.segment + 1); next.is_open(); next = open_segment(end_.segment + 1)) {
      auto const header = read_header(next, end_.segment + 1);
      if (active_.size() < header.previous_length) {
        raise_corrupt(end_.segment, active_.size(), "the file is shorter than it was when it was closed.");
      }
      sync_directory<Io>(directory_);
      start_at(std::move(next), end_.segment + 1);
    }
    if (mark && mark->durable.segment == end_.segment && mark->durable.offset > durable_.offset) {
      durable_.offset = mark->durable.offset;
    }
    take_in_tail();
    // The disk may be full, and the store is to be read all the same. What is not marked is not acknowledged.
    if (!mark || mark->end != end_ || mark->durable != durable_) static_cast<void>(try_write_mark());
  }

  std::uint32_t newest_segment(std::optional<Mark> const& mark) const {
    if (mark) return mark->end.segment;
    auto const listing = list_store<Io>(directory_);
    if (!listing.is_store()) raise_absent(directory_);
    return listing.segments.back();
  }

  void go_to(std::uint32_t segment) {
    auto file = open_segment(segment);
    if (!file.is_open()) raise_corrupt(segment, 0, "the file is missing.");
    start_at(std::move(file), segment);
  }

  void take_in_tail() {
    auto const size = active_.size();
    if (size < end_.offset) raise_corrupt(end_.segment, size, "the file is shorter than what was committed.");
    auto [found, roots] = scan(size);
    if (found.committed.offset < durable_.offset) {
      raise_corrupt(end_.segment, found.reached.offset, "what was committed there is not readable.");
    }
    if (found.reached.offset != size) {
      FrameReader reader{active_, segment_key(store(), end_.segment), size};
      if (is_claimed_durable(reader, found.reached.offset)) {
        raise_corrupt(end_.segment, found.reached.offset, "later commits say that what is there was on the disk.");
      }
    }
    if (size != found.committed.offset) {
      if (auto const result = active_.try_truncate(found.committed.offset); result < 0) {
        raise_io(result, "cut", active_.path());
      }
    }
    if (config_.sync == Sync::durable && found.committed.offset != durable_.offset) {
      write_again(durable_.offset, found.committed.offset);
      durable_.offset = found.committed.offset;
    }
    if (found.committed != end_) is_grown_ = true;
    end_ = found.committed;
    roots_ = std::move(roots);
  }

  std::pair<ScanResult, Roots> scan(std::uint64_t limit) {
    auto roots = roots_;
    FrameReader reader{active_, segment_key(store(), end_.segment), limit};
    auto const found = scan_frames(reader, end_, [&](FrameView const& frame) {
      if (!apply_frame(roots, frame, end_.segment))
        raise_corrupt(end_.segment, frame.offset, "the frame there is malformed.");
    });
    return {found, std::move(roots)};
  }

  /// Somebody wrote this and did not live to say that it was synced, or was told that it could not be. The page cache
  /// may then hold, as clean, what the medium never got, and a sync of that does nothing. So the same bytes are written
  /// again.
  void write_again(std::uint64_t from, std::uint64_t to) {
    Buffer chunk;
    while (from != to) {
      chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(to - from, std::uint64_t{1} << 20U)));
      if (active_.read_at(from, chunk) != chunk.size()) raise_corrupt(end_.segment, from, "the file became shorter.");
      if (auto const result = active_.try_write_at(from, chunk); result < 0) {
        poison();
        raise_io(result, "write", active_.path());
      }
      from += chunk.size();
    }
    if (auto const result = active_.try_sync(); result < 0) {
      poison();
      raise_io(result, "sync", active_.path());
    }
  }

  /// Without the store's lock: goes as far as the mark says that there are commits.
  void refresh() {
    for (int attempt = 0; attempt != 100; ++attempt) {
      auto const mark = valid_mark();
      if (!mark) continue;  // somebody is writing it
      if (mark->end.segment < end_.segment) return;
      if (mark->end.segment == end_.segment && mark->end.offset <= end_.offset) return;
      if (mark->end.segment != end_.segment) {
        auto file = open_segment(mark->end.segment);
        if (!file.is_open()) continue;  // it was closed and swept since: there is a new mark
        start_at(std::move(file), mark->end.segment);
      }
      if (mark->end.offset == end_.offset) return;
      auto [found, roots] = scan(mark->end.offset);
      if (found.committed != mark->end) {
        raise_corrupt(end_.segment, found.reached.offset, "what was committed there is not readable.");
      }
      end_ = found.committed;
      roots_ = std::move(roots);
      if (mark->durable.segment == end_.segment) durable_.offset = std::max(durable_.offset, mark->durable.offset);
      return;
    }
  }

  // The records beside the log.

  [[nodiscard]] bool try_write_mark() noexcept {
    try {
      return lock_.file().try_write_at(0, encode_mark(Mark{store(), end_, durable_})) == 0;
    } catch (...) {
      return false;
    }
  }

  /// The commit that it tells of has happened. But others look here, and would miss the next one.
  void write_mark() noexcept {
    is_grown_ = true;
    if (!try_write_mark()) poison();
  }

  /// Only of what is durable: else a loss of power could leave a hint to what it took.
  void write_hint() noexcept try {
    if (durable_ != Durable{end_.segment, end_.offset}) return;
    auto const bytes = encode_hint(Hint{store(), end_, roots_});
    auto const path = path_in(directory_, hint_name);
    auto const descriptor = uninterrupted([&] { return Io::open(path, O_RDWR | O_CREAT); });
    if (descriptor < 0) return;
    OpenFile<Io> const file{descriptor, path};
    if (file.try_write_at(0, bytes) == 0) static_cast<void>(file.try_truncate(bytes.size()));
    hinted_offset_ = end_.offset;
  } catch (...) {  // NOLINT(bugprone-empty-catch): without a hint the next opening reads one segment
  }

  bool is_needed(std::uint32_t segment) const {
    return std::any_of(roots_.begin(), roots_.end(), [&](auto const& entry) {
      auto const& root = entry.second;
      return root.state.segment == segment ||
             std::any_of(root.tail.begin(), root.tail.end(),
                         [&](Address const& address) { return address.segment == segment; });
    });
  }

  Config config_;
  std::string directory_;
  mutable StoredFrames<Io> frames_;
  StoreLock<Io> lock_;
  std::int64_t process_;
  std::atomic<bool> poisoned_{false};

  mutable std::mutex mutex_;
  OpenFile<Io> active_;
  Position end_;
  Durable durable_;
  Roots roots_;
  std::uint64_t hinted_offset_ = 0;
  bool is_grown_ = false;
};

}  // namespace cairn::backends::file::details
