// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A segment as a place to read from: as it was written, or compacted.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::file::details {

/// The error of a damaged place.
[[noreturn]] inline void raise_corrupt(std::string const& path, std::uint32_t segment, std::uint64_t offset,
                                       std::string const& what) {
  raise(Errc::store_corrupt,
        "The store is damaged: segment " + std::to_string(segment) + " at offset " + std::to_string(offset) + " (" +
            path + "): " + what + " Restore it from a backup.",
        place(segment, offset, path));
}

template <class Io>
SegmentHeader read_header(OpenFile<Io> const& file, std::uint32_t segment) {
  std::array<std::byte, segment_header_size> bytes{};
  auto const count = file.read_at(0, bytes);
  return parse_segment_header(ByteSpan{bytes}.first(count), segment, file.path());
}

/// A stretch of the log: whole frames, from one offset to another, in units of 8 bytes.
struct Extent {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(Extent const&, Extent const&) = default;
};

/// What a compacted segment still has, between its header and its frames: for each stretch of the log where that is in
/// the log and where in the file. One ends in the file where the next begins.
struct Run {
  std::uint32_t logical = 0;
  std::uint32_t physical = 0;
};

inline constexpr std::size_t run_size = 8;

constexpr std::uint64_t size_of_runs(std::uint64_t count) noexcept { return count * run_size + sizeof(std::uint64_t); }

/// The hash of a table of runs; of the header too, so that no other segment's table fits.
inline std::uint64_t checksum_of_runs(ByteSpan table, SegmentHeader const& header) noexcept {
  return XXH3_64bits_withSeed(table.data(), table.size(), header.checksum);
}

/// Offsets are those of the log: where a frame was written is where it is read, whether or not the frames before it are
/// still there. Safe to use from any thread at once.
template <class Io>
class StoredSegment {
 public:
  StoredSegment(OpenFile<Io> file, std::uint32_t segment) : file_{std::move(file)}, segment_{segment} {
    auto const header = believable_header();
    if (header && header->is_compacted()) read_runs(*header);
  }

  [[nodiscard]] OpenFile<Io> const& file() const noexcept { return file_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return segment_; }
  [[nodiscard]] bool is_compacted() const noexcept { return !runs_.empty(); }

  /// Whether the place is one of which a compaction left nothing.
  [[nodiscard]] bool is_dropped(std::uint64_t offset) const noexcept { return is_compacted() && !find(offset); }

  /// Whether there are so many bytes.
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t size) const {
    if (!is_compacted()) return offset <= file_.size() && file_.size() - offset >= size;
    auto const found = find(offset);
    return found && found->left >= size;
  }

  /// The number of bytes read; fewer than asked for only where what is stored in one piece ends.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> into) const {
    if (!is_compacted()) return file_.read_at(offset, into);
    auto const found = find(offset);
    if (!found) return 0;
    auto const count = std::min<std::uint64_t>(into.size(), found->left);
    return file_.read_at(found->offset, into.first(static_cast<std::size_t>(count)));
  }

  /// What there is, in the order of the log. The file's size is asked for anew: a segment may grow, a compacted one
  /// not.
  [[nodiscard]] std::vector<Extent> extents() const {
    auto const end = static_cast<std::uint32_t>(file_.size() / 8);
    if (!is_compacted()) return {{segment_header_size / 8, end}};
    std::vector<Extent> extents;
    extents.reserve(runs_.size());
    for (std::size_t i = 0; i != runs_.size(); ++i) {
      auto const next = i + 1 == runs_.size() ? end_ : runs_[i + 1].physical;
      extents.push_back({runs_[i].logical, runs_[i].logical + (next - runs_[i].physical)});
    }
    return extents;
  }

 private:
  struct Found {
    std::uint64_t offset = 0;  ///< in the file
    std::uint64_t left = 0;    ///< bytes from there on in one piece
  };

  /// Nothing where it is damaged: the frames have checksums of their own, and are read by where they are.
  [[nodiscard]] std::optional<SegmentHeader> believable_header() const try {
    return read_header(file_, segment_);
  } catch (Error const& error) {
    if (error.code() != Errc::store_corrupt) throw;
    return std::nullopt;
  }

  void read_runs(SegmentHeader const& header) {
    auto const size = file_.size();
    auto const start = segment_header_size + size_of_runs(header.runs);
    if (size <= start || size / 8 > 0xffffffffU) raise_damaged();
    Buffer table(static_cast<std::size_t>(size_of_runs(header.runs)));
    if (file_.read_at(segment_header_size, table) != table.size()) raise_damaged();
    Fields fields{table};
    runs_.reserve(header.runs);
    for (std::uint32_t i = 0; i != header.runs; ++i) {
      Run run;
      run.logical = fields.take<std::uint32_t>();
      run.physical = fields.take<std::uint32_t>();
      // Ascending, and apart in the log by at least what lies between them in the file.
      bool const follows = i == 0 ? run.physical == start / 8 && run.logical >= segment_header_size / 8
                                  : run.physical > runs_.back().physical && run.logical > runs_.back().logical &&
                                        run.logical - runs_.back().logical >= run.physical - runs_.back().physical;
      if (!follows) raise_damaged();
      runs_.push_back(run);
    }
    end_ = static_cast<std::uint32_t>(size / 8);
    if (fields.take<std::uint64_t>() != checksum_of_runs(ByteSpan{table}.first(table.size() - 8), header) ||
        runs_.back().physical >= end_ || end_ - runs_.back().physical > 0xffffffffU - runs_.back().logical) {
      raise_damaged();
    }
  }

  [[noreturn]] void raise_damaged() const {
    raise_corrupt(file_.path(), segment_, segment_header_size, "the table of what the segment holds is not readable.");
  }

  [[nodiscard]] std::optional<Found> find(std::uint64_t offset) const noexcept {
    auto const after = std::upper_bound(runs_.begin(), runs_.end(), offset / 8,
                                        [](std::uint64_t unit, Run const& run) { return unit < run.logical; });
    if (after == runs_.begin()) return std::nullopt;
    auto const& run = *std::prev(after);
    auto const place = std::uint64_t{run.physical} * 8 + (offset - std::uint64_t{run.logical} * 8);
    auto const end = std::uint64_t{after == runs_.end() ? end_ : after->physical} * 8;
    return place < end ? std::optional{Found{place, end - place}} : std::nullopt;
  }

  OpenFile<Io> file_;
  std::uint32_t segment_;
  std::vector<Run> runs_;  ///< of a compacted segment
  std::uint32_t end_ = 0;  ///< of its file
};

}  // namespace cairn::backends::file::details
