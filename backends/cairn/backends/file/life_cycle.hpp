// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating and deleting a store such that a crash at any moment leaves a store or none.
#pragma once

#include <cairn/backends/file/blob_files.hpp>
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/lock.hpp>
#include <cairn/backends/file/marks.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/scan.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/error/error.hpp>
#include <cairn/random/draw.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <string>

namespace cairn::backends::file::details {

inline Uuid random_uuid() {
  Uuid uuid{};
  random::fill(uuid);
  return uuid;
}

/// Makes the directory and those above it, each durable in the one that it is in.
template <class Io>
void make_directories(std::filesystem::path const& path) {
  auto const result = Io::make_directory(path.string());
  if (result == -EEXIST) return;
  auto const parent = path.parent_path();
  if (result == -ENOENT && !parent.empty() && parent != path) {
    make_directories<Io>(parent);
    auto const again = Io::make_directory(path.string());
    if (again < 0 && again != -EEXIST) raise_io(again, "make the directory", path.string());
  } else if (result < 0) {
    raise_io(result, "make the directory", path.string());
  }
  sync_directory<Io>(parent.empty() ? "." : parent.string());
}

/// The lock file, made where there is none, locked; nothing held where it was removed meanwhile.
template <class Io>
struct LockedStore {
  explicit LockedStore(std::string const& path, int flags) {
    auto const descriptor = uninterrupted([&] { return Io::open(path, O_RDWR | flags); });
    if (descriptor == -ENOENT) return;
    if (descriptor < 0) raise_io(descriptor, "open", path);
    file = OpenFile<Io>{descriptor, path};
    enter(file, false);  // whoever has the store alone keeps the lock
    auto const result = uninterrupted([&] { return Io::lock(descriptor); });
    if (result < 0) raise_io(result, "lock", path);
    is_held = Io::links(descriptor) > 0;
  }
  OpenFile<Io> file;  // the lock goes with the descriptor
  bool is_held = false;
};

/// `store/format` where no segment is there and the file of the lock's name is somebody else's: a store's holds a mark, or
/// nothing yet, or the zeros that a loss of power may leave.
template <class Io>
void refuse_foreign_lock(Listing const& listing, OpenFile<Io> const& file) {
  if (!listing.segments.empty()) return;
  std::array<std::byte, mark_magic.size()> bytes{};
  auto const start = ByteSpan{bytes}.first(file.read_at(0, bytes));
  if (is_zero(start) || text_of(start) == mark_magic) return;
  raise(Errc::store_format, file.path() + " is not the lock of a store of Cairn's, nothing was changed: look at the path.");
}

/// Removes the files of blobs, and their directory where nothing else is in it.
template <class Io>
void remove_blobs(std::string const& directory) {
  BlobFiles<Io> const files{directory};
  for (auto const& address : files.list()) remove_file<Io>(files.path(address));
  Io::remove_directory(files.directory());
}

/// Removes the files of a store that is marked as deleted, all but the lock.
template <class Io>
void finish_deletion(std::string const& directory) {
  auto const listing = list_store<Io>(directory);
  for (auto const segment : listing.segments) remove_file<Io>(path_in(directory, segment_name(segment)));
  if (listing.has_hint) remove_file<Io>(path_in(directory, hint_name));
  if (listing.has_temporary) remove_file<Io>(path_in(directory, temporary_name));
  if (listing.has_compacted) remove_file<Io>(path_in(directory, compacted_name));
  if (listing.has_blobs) remove_blobs<Io>(directory);
  // The sync stands between: a segment that outlived the marker would be a store again.
  sync_directory<Io>(directory);
  remove_file<Io>(path_in(directory, deleted_name));
}

template <class Io>
void create_store(Config const& config) {
  if (config.path.empty()) raise(Errc::config_missing, "The file backend needs a :path, the directory of the store.");
  auto const path = config.path.lexically_normal();
  auto const directory = config.path.string();
  for (;;) {
    make_directories<Io>(path.has_filename() ? path : path.parent_path());
    LockedStore<Io> const locked{path_in(directory, lock_name), O_CREAT};
    if (!locked.is_held) continue;
    auto const listing = list_store<Io>(directory);
    if (listing.is_store()) {
      raise(Errc::store_exists, "There is a store in " + directory + " already: connect to it, or delete it first.");
    }
    refuse_foreign_lock(listing, locked.file);
    if (listing.is_deleted) finish_deletion<Io>(directory);
    if (auto const result = locked.file.try_truncate(0); result < 0) raise_io(result, "cut", locked.file.path());
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(Io::Clock::now().time_since_epoch()).count();
    if (config.layout == Layout::dir) {
      make_directories<Io>(BlobFiles<Io>{directory}.directory());
      sync_directory<Io>(directory);
    }
    make_segment<Io>(
        directory,
        SegmentHeader{
            .segment = 1, .store = random_uuid(), .created = static_cast<std::uint64_t>(now), .layout = config.layout},
        Roots{});
    sync_directory<Io>(directory);
    return;
  }
}

template <class Io>
void delete_store(Config const& config) {
  auto const directory = config.path.string();
  auto const listing = list_store<Io>(directory);
  if (!listing.is_directory || (!listing.has_ours() && !listing.has_others)) return;
  if (!listing.has_ours()) {
    raise(Errc::store_format, directory + " is not a store of Cairn's, nothing was removed: look at the path.");
  }
  LockedStore<Io> const locked{path_in(directory, lock_name), O_CREAT};
  if (!locked.is_held) return;
  refuse_foreign_lock(listing, locked.file);
  auto const marker = path_in(directory, deleted_name);
  auto const descriptor = uninterrupted([&] { return Io::open(marker, O_RDWR | O_CREAT); });
  if (descriptor < 0) raise_io(descriptor, "create", marker);
  Io::close(descriptor);
  sync_directory<Io>(directory);
  finish_deletion<Io>(directory);
  remove_file<Io>(path_in(directory, lock_name));
  sync_directory<Io>(directory);
  // Files that are not ours keep the directory.
  Io::remove_directory(directory);
}

}  // namespace cairn::backends::file::details
