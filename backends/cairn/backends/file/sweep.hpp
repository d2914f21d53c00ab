// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Garbage collection: what is dead is removed, and what is mostly dead is written anew.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/compaction.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/log.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::file::details {

/// One run of a sweep. Holds the store only to look at the roots, to remove, and to put a compacted segment in the
/// place of the old one; in between others write. A crash at any moment leaves each segment as it was or as it is to
/// be.
template <class Io>
class Sweep {
 public:
  Sweep(Log<Io>& log, LiveSet<Address> const& live, TimePoint cutoff) : log_{log}, live_{live}, cutoff_{cutoff} {}

  void run() {
    log_.check_usable();
    auto const segments = list_store<Io>(log_.directory()).segments;
    if (segments.size() > 1) {
      // The list comes first: of the segments in it that are closed nothing can be needed that these roots don't need.
      note_needed(log_.settle());
      for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
        if (log_.frames().created(segments[i + 1]) <= cutoff_) look_at(segments[i]);
      }
      remove_dead();
      for (auto const& [segment, length] : sparse_) compact(segment, length);
    }
    if (log_.layout() == Layout::dir) remove_dead_files();
  }

 private:
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

  /// How long the log is in a segment that is closed: the next one says it. Where that is gone, all of the file counts.
  [[nodiscard]] std::uint64_t length_of(std::uint32_t number) {
    auto const next = log_.frames().segment(number + 1);
    return next ? read_header(next->file(), number + 1).previous_length : UINT64_MAX;
  }

  /// What of a segment is live or needed; nothing where that cannot be told.
  [[nodiscard]] std::optional<Survey> survey(StoredSegment<Io> const& segment, std::uint64_t length) const {
    bool const has_blobs = log_.layout() == Layout::log;
    auto const number = segment.number();
    return survey_segment(segment, length, key(number), [&](FrameView const& frame) {
      auto const address = frame.address(number);
      if (frame.header.type == FrameType::blob) return has_blobs && live_(address);
      return std::binary_search(needed_.begin(), needed_.end(), Place{number, address.unit});
    });
  }

  [[nodiscard]] bool is_sparse(Survey const& survey) const noexcept {
    auto const kept = static_cast<double>(survey.kept_units);
    return kept < log_.config().compact_below * static_cast<double>(survey.all_units) &&
           survey.kept_units * 8 + size_of_runs(survey.kept.size()) < survey.all_units * 8;
  }

  void look_at(std::uint32_t number) {
    auto const segment = log_.frames().segment(number);
    if (!segment) return;
    auto const length = length_of(number);
    auto const found = survey(*segment, length);
    if (!found) return;
    if (found->kept.empty()) {
      dead_.push_back(number);
    } else if (is_sparse(*found)) {
      sparse_.emplace_back(number, length);
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
      if (found && !found->kept.empty() && is_sparse(*found)) {
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
  std::vector<Place> needed_;
  std::vector<std::uint32_t> dead_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> sparse_;  ///< and the length of the log in each
};

}  // namespace cairn::backends::file::details
