// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A closed segment written anew, without what is dead.
#pragma once

#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/scan.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/backends/file/stored_segment.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <vector>

namespace cairn::backends::file::details {

/// What of a segment is to be kept.
struct Survey {
  std::vector<Extent> kept;
  std::uint64_t kept_units = 0;
  std::uint64_t all_units = 0;
};

/// Asks `keep(frame)` of every frame; nothing where one is damaged, since what it held cannot be told. `length` is that
/// of the log in the segment: behind it may be room still, because power went when it was closed.
template <class Io, class Keep>
std::optional<Survey> survey_segment(StoredSegment<Io> const& segment, std::uint64_t length, std::uint64_t key,
                                     Keep keep) {
  Survey survey;
  for (auto const& extent : segment.extents()) {
    FrameReader reader{segment, key, std::min(std::uint64_t{extent.end} * 8, length)};
    for (auto offset = std::uint64_t{extent.begin} * 8; offset != reader.limit();) {
      auto const frame = reader.at(offset);
      if (!frame) return std::nullopt;
      Extent const whole{static_cast<std::uint32_t>(offset / 8), static_cast<std::uint32_t>(frame->end() / 8)};
      survey.all_units += whole.end - whole.begin;
      if (keep(*frame)) {
        survey.kept_units += whole.end - whole.begin;
        if (!survey.kept.empty() && survey.kept.back().end == whole.begin) {
          survey.kept.back().end = whole.end;
        } else {
          survey.kept.push_back(whole);
        }
      }
      offset = frame->end();
    }
  }
  return survey;
}

/// The file that a compacted segment is written to, under a name that is nobody's yet. Whoever holds its lock is the
/// one that compacts. Not open where that is somebody else.
template <class Io>
OpenFile<Io> take_compaction_file(std::string const& directory) {
  auto const path = path_in(directory, compacted_name);
  for (;;) {
    auto const descriptor = uninterrupted([&] { return Io::open(path, O_RDWR | O_CREAT); });
    if (descriptor < 0) raise_io(descriptor, "create", path);
    OpenFile<Io> file{descriptor, path};
    auto const result = Io::try_lock(descriptor);
    if (result == -EAGAIN || result == -EACCES) return {};
    if (result < 0) raise_io(result, "lock", path);
    // Since it was opened it may have become a segment, which is not ours to write to.
    auto const there = OpenFile<Io>::open_if_there(path, O_RDONLY);
    if (!there.is_open() || Io::identity(there.descriptor()) != Io::identity(descriptor)) continue;
    if (auto const cut = file.try_truncate(0); cut < 0) raise_io(cut, "cut", path);
    return file;
  }
}

/// Removes what a compaction left that did not come to its end.
template <class Io>
void remove_compaction_file(std::string const& directory) {
  auto const file = take_compaction_file<Io>(directory);
  if (file.is_open()) remove_file<Io>(path_in(directory, compacted_name));
}

/// Writes the segment with what is kept of it to `into`, and syncs that. The frames are the bytes that they were, at
/// offsets that the table of runs gives back to them. 0 or `-errno`; `store/corrupt` where a frame is not what it was
/// when it was surveyed.
template <class Io>
std::int64_t write_compacted(OpenFile<Io> const& into, StoredSegment<Io> const& segment, std::uint64_t key,
                             std::vector<Extent> const& kept) {
  constexpr std::size_t enough = std::size_t{1} << 20U;
  auto header = read_header(segment.file(), segment.number());
  header.runs = static_cast<std::uint32_t>(kept.size());
  Buffer bytes;
  add_segment_header(bytes, header);
  Buffer table;
  auto physical = static_cast<std::uint32_t>((segment_header_size + size_of_runs(header.runs)) / 8);
  for (auto const& extent : kept) {
    add(table, extent.begin);
    add(table, physical);
    physical += extent.end - extent.begin;
  }
  add(bytes, ByteSpan{table});
  add(bytes, checksum_of_runs(table, header));

  std::uint64_t written = 0;
  auto const flush = [&] {
    auto const result = into.try_write_at(written, bytes);
    written += bytes.size();
    bytes.clear();
    return result;
  };
  for (auto const& extent : kept) {
    FrameReader reader{segment, key, std::uint64_t{extent.end} * 8};
    for (auto offset = std::uint64_t{extent.begin} * 8; offset != reader.limit();) {
      auto const frame = reader.at(offset);
      if (!frame) raise_corrupt(segment.file().path(), segment.number(), offset, "the frame there became unreadable.");
      add(bytes, frame->bytes);
      offset = frame->end();
      if (bytes.size() < enough) continue;
      if (auto const result = flush(); result < 0) return result;
    }
  }
  if (auto const result = flush(); result < 0) return result;
  return into.try_sync();
}

}  // namespace cairn::backends::file::details
