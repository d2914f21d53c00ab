// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Garbage collection: what is dead is removed, and what is mostly dead is written anew.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/compaction.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/log.hpp>
#include <cairn/backends/file/milestones.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/backends/file/survey.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/log.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::file::details {

/// How much a sweep writes anew: what is mostly dead; or all that has anything dead in it.
enum class Thoroughness : std::uint8_t { sparse_only, leaves_nothing };

/// One run of a sweep. Holds the store only to look at the roots, to remove, to put a compacted segment in the
/// place of the old one, and to close the last segment; in between others write. A crash at any moment leaves each segment as it was or as
/// it is to be.
///
/// Segments of which less than `compact_below` is kept are written anew, and of the others the emptiest, until what is dead is at most a sixth of
/// all.
template <class Io>
class Sweep {
 public:
  Sweep(Log<Io>& log, LiveSet<Address> const& live, TimePoint cutoff, Thoroughness how = Thoroughness::sparse_only)
      : log_{log}, live_{live}, cutoff_{cutoff}, how_{how} {}

  void run() {
    log_.check_usable();
    old_end_ = log_.reached_before(cutoff_);
    close_last();
    auto const segments = list_store<Io>(log_.directory()).segments;
    if (segments.size() > 1) {
      // The list comes first: of the segments in it that are closed nothing can be needed that these roots don't need.
      note_needed(log_.settle());
      for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
        bool const is_old = log_.frames().created(segments[i + 1]) <= cutoff_;
        if (is_old) old_end_ = (std::max)(old_end_, LogPlace{segments[i] + 1, 0});
        if (is_old || segments[i] <= old_end_.segment) look_at(segments[i]);
      }
      remove_dead();
      for (auto const& one : chosen()) compact(one.segment, one.length);
    }
    if (log_.layout() == Layout::dir) remove_dead_files();
  }

 private:
  /// The last segment is not closed before it has grown to this, however little there is.
  static constexpr std::uint64_t smallest_closed = std::uint64_t{64} << 10U;

  /// A segment that would be smaller if it were written anew.
  struct Candidate {
    std::uint32_t segment;
    std::uint64_t length;  ///< of the log in it
    std::uint64_t dead_units;
    double part_kept;
  };

  /// Of a place in the log: its segment and unit.
  using Place = std::pair<std::uint32_t, std::uint32_t>;

  void note_needed(Roots const& roots) {
    for (auto const& [ignored, root] : roots) {
      needed_.emplace_back(root.state.segment, root.state.unit);
      for (auto const& address : root.tail) needed_.emplace_back(address.segment, address.unit);
    }
    std::sort(needed_.begin(), needed_.end());
  }

  [[nodiscard]] std::uint64_t key(std::uint32_t segment) const { return segment_key(log_.store(), segment); }

  /// What of a segment is live or needed; nothing where that cannot be told.
  [[nodiscard]] std::optional<Survey> survey(StoredSegment<Io> const& segment, std::uint64_t length) const {
    bool const has_blobs = log_.layout() == Layout::log;
    auto const number = segment.number();
    return survey_segment(segment, length, key(number), [&](FrameView const& frame) {
      auto const address = frame.address(number);
      if (frame.header.type == FrameType::blob) return has_blobs && (LogPlace{number, frame.offset} >= old_end_ || live_(address));
      return std::binary_search(needed_.begin(), needed_.end(), Place{number, address.unit});
    });
  }

  /// Whether there is something to gain.
  [[nodiscard]] bool has_dead(Survey const& survey) const noexcept {
    if (how_ == Thoroughness::leaves_nothing) return survey.kept_units < survey.all_units;
    return survey.kept_units * 8 + size_of_runs(survey.kept.size()) < survey.all_units * 8;
  }

  /// What is to be compacted.
  [[nodiscard]] std::vector<Candidate> const& chosen() {
    auto const below = log_.config().compact_below;
    if (how_ == Thoroughness::leaves_nothing) return candidates_;
    if (below <= 0) candidates_.clear();
    std::sort(candidates_.begin(), candidates_.end(), [](Candidate const& left, Candidate const& right) { return left.part_kept < right.part_kept; });
    auto all = all_units_;
    auto end = candidates_.begin();
    for (; end != candidates_.end() && (end->part_kept < below || all * 5 > kept_units_ * 6); ++end) all -= end->dead_units;
    candidates_.erase(end, candidates_.end());
    return candidates_;
  }

  void look_at(std::uint32_t number) {
    auto const segment = log_.frames().segment(number);
    if (!segment) return;
    auto const length = closed_length(log_, number);
    auto const found = survey(*segment, length);
    if (!found) {
      if (how_ == Thoroughness::leaves_nothing) raise_corrupt(segment->file().path(), number, 0, "a frame in it is not readable, so that nothing can be erased.");
      return;
    }
    if (found->kept.empty()) {
      dead_.push_back(number);
      return;
    }
    all_units_ += found->all_units;
    kept_units_ += found->kept_units;
    if (has_dead(*found)) {
      candidates_.push_back({number, length, found->all_units - found->kept_units,
                             static_cast<double>(found->kept_units) / static_cast<double>(found->all_units)});
    }
  }

  void remove_dead() {
    if (dead_.empty()) return;
    auto const hold = log_.acquire();
    for (auto const segment : dead_) {
      remove_file<Io>(log_.frames().path(segment));
      log_.frames().forget(segment);
    }
    sync_directory<Io>(log_.directory());
  }

  void compact(std::uint32_t number, std::uint64_t length) {
    auto const& directory = log_.directory();
    auto const file = take_compaction_file<Io>(directory);
    if (!file.is_open()) return;
    // Whoever had that file before may have compacted this very segment, so it is looked at once more.
    log_.frames().forget(number);
    auto const segment = log_.frames().segment(number);
    auto const found = segment ? survey(*segment, length) : std::nullopt;
    auto const temporary = path_in(directory, compacted_name);
    typename Log<Io>::Hold hold;
    try {
      // Where nothing is left to keep, the next sweep removes it.
      if (found && !found->kept.empty() && has_dead(*found)) {
        if (auto const result = write_compacted(file, *segment, key(number), found->kept); result < 0)
          raise_io(result, "write", temporary);
        hold = log_.acquire();
      }
      // Another sweep may have removed the segment: then it must not come back.
      auto const path = log_.frames().path(number);
      if (!hold || !OpenFile<Io>::open_if_there(path, O_RDONLY).is_open()) return remove_file<Io>(temporary);
      if (auto const result = Io::rename(temporary, path); result < 0) raise_io(result, "rename", temporary);
    } catch (...) {
      Io::remove(temporary);
      throw;
    }
    log_.frames().forget(number);
    sync_directory<Io>(directory);
    log(LogLevel::info, LogEvent::store_compacted, [&] {
      return std::pair{"Segment " + std::to_string(number) + " of " + directory + " was written anew, with " + std::to_string(found->kept_units * 8) + " of its " +
                           std::to_string(found->all_units * 8) + " bytes.",
                       "{:path " + quoted_text(directory) + " :segment " + std::to_string(number) + " :bytes " + std::to_string(found->kept_units * 8) +
                           " :before " + std::to_string(found->all_units * 8) + "}"};
    });
  }

  /// Begins a next segment where the last one has grown large beside what there is: so it can be swept.
  void close_last() {
    std::uint64_t bytes = 0;
    for (auto const segment : list_store<Io>(log_.directory()).segments) {
      if (auto const found = log_.frames().segment(segment)) bytes += found->file().size();
    }
    auto const is_large = [&] { return log_.end().offset > smallest_closed && log_.end().offset > bytes / 8; };
    try {
      auto const hold = log_.acquire();
      if (how_ == Thoroughness::leaves_nothing || is_large()) log_.roll(log_.end());
    } catch (Error const& error) {
      if (error.code() != Errc::io_full || how_ == Thoroughness::leaves_nothing) throw;
    }
  }

  /// A file of a blob is dead when nothing reaches it and it is old, or was never finished by a writer that is gone.
  void remove_dead_files() {
    auto const& files = log_.frames().blobs();
    auto dead = files.list();
    std::erase_if(dead, live_);
    if (dead.empty()) return;
    static_cast<void>(log_.settle());
    constexpr std::size_t most_at_once = 256;
    for (std::size_t i = 0; i < dead.size(); i += most_at_once) {
      auto const hold = log_.acquire();
      for (auto j = i; j != std::min(dead.size(), i + most_at_once); ++j) {
        auto const created = files.created(dead[j]);
        if (!created || time_of(*created) <= cutoff_) remove_file<Io>(files.path(dead[j]));
      }
    }
    sync_directory<Io>(files.directory());
  }

  Log<Io>& log_;
  LiveSet<Address> const& live_;
  TimePoint cutoff_;
  Thoroughness how_;
  LogPlace old_end_;  ///< what lies before that is older than the cutoff
  std::vector<Place> needed_;
  std::vector<std::uint32_t> dead_;
  std::vector<Candidate> candidates_;
  std::uint64_t all_units_ = 0;   ///< of the segments that stay
  std::uint64_t kept_units_ = 0;  ///< of those
};

}  // namespace cairn::backends::file::details
