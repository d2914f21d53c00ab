// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection knows of the log: how far it goes and what the roots are there; recovered and followed.
#pragma once

#include <cairn/backends/file/active_segment.hpp>
#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/compaction.hpp>
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
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::file::details {

/// What a connection may do with the store's files.
enum class Access : std::uint8_t { all, reading };

/// Not safe to use from two threads at once, but for `is_poisoned` and `poison`; whoever calls `recover` or `catch_up`
/// holds the store's lock. The file of the lock holds the mark.
template <class Io>
class KnownLog {
 public:
  KnownLog(Config const& config, std::string const& directory, StoredFrames<Io>& frames, OpenFile<Io> const& lock_file,
           Access access = Access::all)
      : sync_{config.sync},
        layout_{config.layout},
        is_alone_{config.exclusive},
        only_reads_{access == Access::reading},
        segment_size_{config.segment_size.bytes},
        directory_{directory},
        frames_{frames},
        lock_file_{lock_file} {}

  [[nodiscard]] Position const& end() const noexcept { return end_; }
  [[nodiscard]] Roots const& roots() const noexcept { return roots_; }
  [[nodiscard]] ActiveSegment<Io>& active() noexcept { return active_; }
  /// What is known to be synced, of the active segment.
  [[nodiscard]] Durable const& durable() const noexcept { return durable_; }
  /// Whether anything was written or found since the hint was.
  [[nodiscard]] bool is_grown() const noexcept { return is_grown_; }
  [[nodiscard]] bool is_committed(Address const& address) const noexcept {
    return address.segment < end_.segment || (address.segment == end_.segment && address.offset() < end_.offset);
  }

  [[nodiscard]] bool is_poisoned() const noexcept { return poisoned_.load(); }
  void poison() noexcept {
    if (!poisoned_.exchange(true)) log_poisoned(directory_);
  }
  /// Of what was written nothing is known, so that trying again is no remedy, whatever the error.
  [[noreturn]] void give_up(std::int64_t result, std::string_view doing, std::string const& path) {
    poison();
    raise_io(result, doing, path, false);
  }

  /// Takes the last segment for the whole log, up to what a hint says.
  void recover() {
    auto const listing = list_store<Io>(directory_);
    if (!listing.is_store()) raise_absent(directory_);
    if (listing.has_temporary && !only_reads_) remove_file<Io>(path_in(directory_, temporary_name));
    if (listing.has_compacted && !only_reads_) remove_compaction_file<Io>(directory_);
    auto const last = listing.segments.back();
    auto file = open_segment(last);
    auto const header = read_header(file, last);
    if (header.layout != layout_) raise_mismatch(header.layout);
    frames_.belong_to(header.store, header.layout);
    auto const mark = valid_mark();
    if (mark && mark->durable.segment > last) raise_corrupt(mark->durable.segment, 0, "the file is missing.");
    if (!mark || mark->end.segment < last) sync_names();
    start_at(std::move(file), last);
    start_at_hint();
  }

  /// Under the store's lock: takes in all that is committed, cuts off what is not, and leaves the log such that what is
  /// in it is on the medium, where commits are to be. Who only reads leaves all as it is, and passes over what is not committed.
  void catch_up() {
    if (is_alone_ && is_settled_) return;
    auto const mark = valid_mark();
    is_settled_ = is_up_to_date(mark);
    if (is_settled_) return;
    if (auto const newest = newest_segment(mark); newest > end_.segment) go_to(newest);
    // A writer that was killed may have begun a segment without saying so, and without making sure of its name.
    for (auto next = open_segment(end_.segment + 1); next.is_open(); next = open_segment(end_.segment + 1)) {
      auto const header = read_header(next, end_.segment + 1);
      if (auto const size = active_.file().size(); size < header.previous_length) {
        raise_corrupt(end_.segment, size, "the file is shorter than it was when it was closed.");
      }
      sync_names();
      start_at(std::move(next), end_.segment + 1);
    }
    if (mark && mark->durable.segment == end_.segment && mark->durable.offset > durable_.offset) {
      durable_.offset = mark->durable.offset;
    }
    take_in_tail();
    // The disk may be full, and the store is to be read all the same. What is not marked is not acknowledged.
    if (!only_reads_ && (!mark || mark->end != end_ || mark->durable != durable_)) static_cast<void>(try_write_mark());
    is_settled_ = true;
  }

  /// Something is about to be written behind the end, and may stay there without becoming part of the log.
  void unsettle() noexcept { is_settled_ = false; }

  /// Without the store's lock: goes as far as the mark says that there are commits. False where no mark says it, so that one has to `catch_up`.
  /// `store/does-not-exist` where the store was deleted, or its lock is another file.
  [[nodiscard]] bool refresh() {
    if (is_alone_) return true;
    for (int attempt = 0; attempt != 100; ++attempt) {
      auto const mark = valid_mark();
      if (!mark) continue;  // somebody is writing it
      if (mark->end.segment < end_.segment || (mark->end.segment == end_.segment && mark->end.offset <= end_.offset)) {
        check_there(lock_file_);
        return true;
      }
      if (mark->end.segment != end_.segment) {
        auto file = open_segment(mark->end.segment);
        if (!file.is_open()) continue;  // it was closed and swept since: there is a new mark
        if (!try_start_at(std::move(file), mark->end.segment)) continue;  // it was closed and compacted since
      }
      if (mark->end.offset == end_.offset) return true;
      // What the mark says is believed when it is there: frames are read for as far as the file goes.
      auto [found, roots] = scan(std::min(mark->end.offset, active_.file().size()));
      if (found.committed != mark->end) {
        raise_corrupt(end_.segment, found.reached.offset, "what was committed there is not readable.");
      }
      end_ = found.committed;
      roots_ = std::move(roots);
      if (mark->durable.segment == end_.segment) durable_.offset = std::max(durable_.offset, mark->durable.offset);
      return true;
    }
    return false;
  }

  /// A frame was written that ends at `position`, and synced where it had to be: from now on it has happened.
  void grow(FrameType type, std::string_view branch, Address const& address, Position const& position) {
    apply_change(roots_, FrameHeader{address.length, type, position.sequence, 0, position.chain}, address, branch);
    end_ = position;
    if (sync_ == Sync::durable) durable_ = {end_.segment, end_.offset};
    is_settled_ = is_grown_ = true;
    // Nobody follows who could not find the end by himself, and what is durable has not changed.
    if (!is_alone_ || sync_ == Sync::durable) write_mark();
    if (end_.offset >= hinted_offset_ + hint_interval) write_hint();
  }

  /// Says that a next segment may be there soon, so that whoever has the store next looks for it.
  void announce_segment() {
    unsettle();
    auto const result = try_write_mark(true);
    if (result < 0) raise_io(result, "write", lock_file_.path());
  }

  /// Goes to a new segment, which begins with the roots as they are.
  void go_on_in(OpenFile<Io> file, Position const& end) {
    active_ = ActiveSegment{std::move(file), segment_size_};
    end_ = end;
    durable_ = {end_.segment, end_.offset};
    hinted_offset_ = 0;
    is_settled_ = true;
    write_mark();
  }

  void make_durable() {
    if (durable_ == Durable{end_.segment, end_.offset}) return;
    if (auto const result = active_.try_sync(); result < 0) {
      give_up(result, "sync", active_.path());
    }
    durable_ = {end_.segment, end_.offset};
  }

  /// Makes durable what relaxed commits of this object left behind, while somebody else holds the store: under its lock
  /// alone that could be noted.
  void sync_unnoted() {
    if (sync_ == Sync::durable || durable_ == Durable{end_.segment, end_.offset}) return;
    if (auto const result = active_.try_sync(); result < 0) {
      give_up(result, "sync", active_.path());
    }
  }

  /// The commit that it tells of has happened. But others look here, and would miss the next one.
  void write_mark() noexcept {
    is_grown_ = true;
    if (try_write_mark() < 0) poison();
  }

  /// Only of what is durable: else a loss of power could leave a hint to what it took.
  void write_hint() noexcept try {
    if (durable_ != Durable{end_.segment, end_.offset}) return;
    if (try_write_hint<Io>(path_in(directory_, hint_name), Hint{store(), end_, roots_})) hinted_offset_ = end_.offset;
  } catch (...) {  // NOLINT(bugprone-empty-catch): without a hint the next opening reads one segment
  }

  /// Nothing more is to be hinted at until something is written.
  void rest() noexcept { is_grown_ = false; }

 private:
  static constexpr std::uint64_t hint_interval = std::uint64_t{8} << 20U;

  [[nodiscard]] Uuid const& store() const noexcept { return frames_.store(); }

  /// Whether nobody wrote since this object did: nothing behind the end, and no segment after it.
  [[nodiscard]] bool is_up_to_date(std::optional<Mark> const& mark) {
    return mark && mark->end == end_ && mark->durable == durable_ && !mark->is_rolling &&
           (sync_ == Sync::relaxed || durable_.offset == end_.offset) && active_.ends_at(end_.offset);
  }

  [[noreturn]] void raise_mismatch(Layout layout) const {
    std::string const there = layout == Layout::dir ? ":dir" : ":log";
    raise(Errc::config_mismatch,
          "The store in " + directory_ + " was created with :layout " + there + ": connect with that.",
          "{:layout " + there + "}");
  }

  [[noreturn]] void raise_corrupt(std::uint32_t segment, std::uint64_t offset, std::string const& what) const {
    details::raise_corrupt(frames_.path(segment), segment, offset, what);
  }

  OpenFile<Io> open_segment(std::uint32_t segment) const {
    return OpenFile<Io>::open_if_there(frames_.path(segment), only_reads_ ? O_RDONLY : O_RDWR);
  }
  void sync_names() const {
    if (!only_reads_) sync_directory<Io>(directory_);
  }

  /// Goes to the beginning of a segment, where the roots are written down.
  void start_at(OpenFile<Io> file, std::uint32_t segment) {
    if (try_start_at(std::move(file), segment)) return;
    raise_corrupt(segment, 0, "it was closed, and the segment behind it is missing.");
  }

  /// False where the segment was compacted: then it is not the last, and has no beginning.
  [[nodiscard]] bool try_start_at(OpenFile<Io> file, std::uint32_t segment) {
    auto const header = read_header(file, segment);
    if (header.is_compacted()) return false;
    if (header.store != store()) raise_corrupt(segment, 0, "the file belongs to another store.");
    auto beginning = read_beginning(file, header);
    if (!beginning) raise_corrupt(segment, header.start().offset, "the roots are not there.");
    roots_ = std::move(beginning->roots);
    end_ = beginning->end;
    durable_ = {segment, end_.offset};
    active_ = ActiveSegment{std::move(file), segment_size_};
    hinted_offset_ = 0;
    frames_.forget_all();
    return true;
  }

  void start_at_hint() {
    auto hint = read_hint<Io>(path_in(directory_, hint_name));
    if (!hint || hint->store != store() || hint->end.segment != end_.segment || hint->end.offset <= end_.offset) return;
    FrameReader reader{active_.file(), segment_key(store(), end_.segment), active_.file().size()};
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
    auto mark = read_mark(lock_file_);
    if (mark && mark->store != store()) mark.reset();
    return mark;
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
    auto const size = active_.file().size();
    if (size < end_.offset) raise_corrupt(end_.segment, size, "the file is shorter than what was committed.");
    auto [found, roots] = scan(size);
    if (found.committed.offset < durable_.offset) {
      raise_corrupt(end_.segment, found.reached.offset, "what was committed there is not readable.");
    }
    // Behind a whole log there are zeros or nothing, and these claim nothing.
    if (found.reached.offset != size) {
      FrameReader reader{active_.file(), segment_key(store(), end_.segment), size};
      if (is_claimed_durable(reader, found.reached.offset)) {
        raise_corrupt(end_.segment, found.reached.offset, "later commits say that what is there was on the disk.");
      }
    }
    if (!only_reads_) {
      if (auto const result = active_.try_cut_written(found.committed.offset, size); result < 0) {
        raise_io(result, "cut", active_.path());
      }
      tell_of_cut(found.committed.offset, size);
      if (sync_ == Sync::durable && found.committed.offset != durable_.offset) {
        write_again(durable_.offset, found.committed.offset);
        durable_.offset = found.committed.offset;
      }
      if (found.committed != end_) is_grown_ = true;
    }
    end_ = found.committed;
    roots_ = std::move(roots);
  }

  /// Room that held nothing is no news.
  void tell_of_cut(std::uint64_t end, std::uint64_t size) const {
    if (size <= end || !logs(LogLevel::warning) || active_.file().size() >= size) return;
    log(LogLevel::warning, LogEvent::store_recovered, [&] {
      auto const number = [](std::uint64_t what) { return std::to_string(what); };
      return std::pair{"The end of a write that was cut off was removed from " + active_.path() + ", behind offset " + number(end) +
                           ": no commit that was acknowledged was in it.",
                       "{:path " + quoted_text(active_.path()) + " :segment " + number(end_.segment) + " :offset " + number(end) + " :bytes " +
                           number(size - end) + "}"};
    });
  }

  std::pair<ScanResult, Roots> scan(std::uint64_t limit) {
    auto roots = roots_;
    FrameReader reader{active_.file(), segment_key(store(), end_.segment), limit};
    auto const found = scan_frames(reader, end_, [&](FrameView const& frame) {
      if (!apply_frame(roots, frame, end_.segment))
        raise_corrupt(end_.segment, frame.offset, "the frame there is malformed.");
    });
    return {found, std::move(roots)};
  }

  void write_again(std::uint64_t from, std::uint64_t to) {
    if (auto const failure = active_.try_write_again(from, to); failure.result < 0) {
      give_up(failure.result, failure.doing, active_.path());
    }
  }

  std::int64_t try_write_mark(bool is_rolling = false) noexcept {
    return lock_file_.try_write_at(0, encode_mark(mark_buffer_, Mark{store(), end_, durable_, is_rolling}));
  }

  Sync sync_;
  Layout layout_;
  bool is_alone_;
  bool only_reads_;
  std::uint64_t segment_size_;
  std::string directory_;
  StoredFrames<Io>& frames_;
  OpenFile<Io> const& lock_file_;
  Buffer mark_buffer_ = mark_buffer();  // its room is there when a commit has happened and must not fail any more
  std::atomic<bool> poisoned_{false};

  ActiveSegment<Io> active_;
  Position end_;
  Durable durable_;
  Roots roots_;
  std::uint64_t hinted_offset_ = 0;
  bool is_grown_ = false;
  bool is_settled_ = false;  ///< the segment has nothing behind the end that this object does not know of
};

}  // namespace cairn::backends::file::details
