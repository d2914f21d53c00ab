// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The files of a store: what is there, and how a segment comes to be.
#pragma once

#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/backends/file/stored_segment.hpp>

#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::file::details {

inline std::string path_in(std::string const& directory, std::string_view name) {
  return directory + "/" + std::string{name};
}

/// What a directory holds.
struct Listing {
  bool is_directory = false;
  bool has_lock = false;
  bool has_hint = false;
  bool has_temporary = false;
  bool has_compacted = false;  ///< a segment that is being compacted, or was when its process was killed
  bool has_blobs = false;      ///< a directory that may be that of the blobs
  bool is_deleted = false;     ///< somebody began to delete the store
  bool has_others = false;     ///< files that are not ours
  std::vector<std::uint32_t> segments;

  /// A store is there exactly when its first segment is: that appears whole, by a rename, as the last step of creation.
  [[nodiscard]] bool is_store() const noexcept { return !is_deleted && !segments.empty(); }
  [[nodiscard]] bool has_ours() const noexcept {
    return has_lock || has_hint || has_temporary || has_compacted || is_deleted || !segments.empty();
  }
};

template <class Io>
Listing list_store(std::string const& directory) {
  std::vector<std::string> names;
  auto const result = Io::list(directory, names);
  Listing listing;
  if (result == -ENOENT || result == -ENOTDIR) return listing;
  if (result < 0) raise_io(result, "list", directory);
  listing.is_directory = true;
  for (auto const& name : names) {
    if (auto const segment = segment_of_name(name)) {
      listing.segments.push_back(*segment);
    } else if (name == lock_name) {
      listing.has_lock = true;
    } else if (name == hint_name) {
      listing.has_hint = true;
    } else if (name == temporary_name) {
      listing.has_temporary = true;
    } else if (name == compacted_name) {
      listing.has_compacted = true;
    } else if (name == blobs_name) {
      listing.has_blobs = true;
    } else if (name == deleted_name) {
      listing.is_deleted = true;
    } else if (name != "." && name != "..") {
      listing.has_others = true;
    }
  }
  std::sort(listing.segments.begin(), listing.segments.end());
  return listing;
}

template <class Io>
void sync_directory(std::string const& directory) {
  auto const result = uninterrupted([&] { return Io::sync_directory(directory); });
  if (result < 0) raise_io(result, "sync", directory);
}

/// Removes a file that may be gone already.
template <class Io>
void remove_file(std::string const& path) {
  auto const result = Io::remove(path);
  if (result < 0 && result != -ENOENT) raise_io(result, "remove", path);
}

template <class Io>
struct NewSegment {
  OpenFile<Io> file;
  Position end;
};

/// Makes the segment of that header with the roots as its first frame. It is written under another name, synced and
/// renamed, so that a segment file is never seen without its beginning: a damaged beginning is damage. The directory is
/// not synced yet.
template <class Io>
NewSegment<Io> make_segment(std::string const& directory, SegmentHeader header, Roots const& roots) {
  auto const temporary = path_in(directory, temporary_name);
  auto const path = path_in(directory, segment_name(header.segment));
  Buffer bytes;
  add_segment_header(bytes, header);
  auto position = header.start();
  auto const snapshot = encode_roots(roots);
  add_frame(bytes, header.store, position, FrameType::roots, {ByteSpan{snapshot}});

  auto const descriptor = uninterrupted([&] { return Io::open(temporary, O_RDWR | O_CREAT | O_TRUNC); });
  if (descriptor < 0) raise_io(descriptor, "create", temporary);
  OpenFile<Io> file{descriptor, path};
  auto const give_up = [&](std::int64_t result, std::string_view doing) {
    Io::remove(temporary);
    raise_io(result, doing, temporary);
  };
  if (auto const result = file.try_write_at(0, bytes); result < 0) give_up(result, "write");
  if (auto const result = file.try_sync(); result < 0) give_up(result, "sync");
  if (auto const result = Io::rename(temporary, path); result < 0) give_up(result, "rename");
  return {std::move(file), position};
}

/// The segments of a store open for reading, the last used ones.
template <class Io>
class SegmentFiles {
 public:
  using Segment = std::shared_ptr<StoredSegment<Io> const>;

  explicit SegmentFiles(std::string directory) : directory_{std::move(directory)} {}

  [[nodiscard]] std::string path(std::uint32_t segment) const { return path_in(directory_, segment_name(segment)); }

  /// Null where there is no such segment. A file stays open for as long as somebody holds it, swept, compacted or not.
  [[nodiscard]] Segment get(std::uint32_t segment) {
    std::lock_guard const guard{mutex_};
    auto const found =
        std::find_if(open_.begin(), open_.end(), [&](auto const& entry) { return entry.first == segment; });
    if (found != open_.end()) {
      std::rotate(open_.begin(), found, found + 1);
      return open_.front().second;
    }
    auto file = OpenFile<Io>::open_if_there(path(segment), O_RDONLY);
    if (!file.is_open()) return nullptr;
    auto opened = std::make_shared<StoredSegment<Io> const>(std::move(file), segment);
    if (open_.size() == most_open) open_.pop_back();
    open_.insert(open_.begin(), {segment, std::move(opened)});
    return open_.front().second;
  }

  void forget(std::uint32_t segment) {
    std::lock_guard const guard{mutex_};
    std::erase_if(open_, [&](auto const& entry) { return entry.first == segment; });
  }

  /// Gives back what keeps the disk from freeing files that others have removed or replaced.
  void forget_all() {
    std::lock_guard const guard{mutex_};
    open_.clear();
  }

 private:
  static constexpr std::size_t most_open = 64;

  std::string directory_;
  std::mutex mutex_;
  std::vector<std::pair<std::uint32_t, Segment>> open_;
};

}  // namespace cairn::backends::file::details
