// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What lies in the segments of a store, read by address, and the words for it when it is not what was written.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/backends/file/scan.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

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

/// The segments as a place to read from. Safe to use from any thread at once.
template <class Io>
class StoredFrames {
 public:
  explicit StoredFrames(std::string directory) : directory_{std::move(directory)}, files_{directory_} {}

  /// Says whose segments these are. Called once, before anything is read.
  void belong_to(Uuid const& store) noexcept { store_ = store; }
  [[nodiscard]] Uuid const& store() const noexcept { return store_; }
  [[nodiscard]] std::string path(std::uint32_t segment) const { return files_.path(segment); }
  void forget(std::uint32_t segment) { files_.forget(segment); }

  /// The payload of the frame of that type at that address. `is_committed(address)` is asked where the file ends too
  /// early: whether that is damage or an address that nobody was given.
  template <class IsCommitted>
  Bytes read(Address const& address, FrameType type, IsCommitted is_committed) {
    auto const file = files_.get(address.segment);
    if (!file) {
      raise(Errc::io_error,
            "There is no segment " + std::to_string(address.segment) + " in " + directory_ +
                ": what was there was swept, or the file is missing.",
            place(address.segment, address.offset(), path(address.segment)));
    }
    // A length that a damaged address made up must not become an allocation.
    constexpr std::uint32_t surely_small = std::uint32_t{1} << 20U;
    bool const is_short = address.length > surely_small && file->size() < address.offset() + frame_size(address.length);
    Buffer bytes(is_short ? 0 : frame_header_size + address.length);
    if (is_short || file->read_at(address.offset(), bytes) != bytes.size())
      raise_missing(address, is_committed(address));
    auto const header = parse_frame_header(bytes);
    auto const payload = ByteSpan{bytes}.subspan(frame_header_size);
    if (!header || header->type != type || header->length != address.length ||
        static_cast<std::uint32_t>(header->checksum) != address.check ||
        frame_checksum(segment_key(store_, address.segment), address.offset(), bytes.data(), payload) !=
            header->checksum) {
      raise_damaged(address, "the frame there is not the one that was written.");
    }
    return Bytes{std::move(bytes)}.slice(frame_header_size, address.length);
  }

  template <class IsCommitted>
  RootRecord read_root(RootEntry const& entry, IsCommitted is_committed) {
    RootRecord record;
    record.version = entry.version();
    if (!entry.state.is_nowhere()) record.state = content(entry.state, FrameType::commit, is_committed);
    record.tail.reserve(entry.tail.size());
    for (auto const& address : entry.tail) record.tail.push_back(content(address, FrameType::append, is_committed));
    return record;
  }

  /// When a segment was begun; the end of time where it is gone.
  TimePoint created(std::uint32_t segment) {
    auto const file = files_.get(segment);
    if (!file) return TimePoint::max();
    auto const milliseconds = read_header(*file, segment).created;
    // A time that the clock can't say was never said by it.
    auto const latest = std::chrono::duration_cast<std::chrono::milliseconds>(TimePoint::max().time_since_epoch());
    if (milliseconds > static_cast<std::uint64_t>(latest.count())) return TimePoint::max();
    return TimePoint{std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)}};
  }

  /// Whether anything in a closed segment is live; a damaged one is kept, since what it held cannot be told.
  bool has_live(std::uint32_t segment, LiveSet<Address> const& live) {
    auto const file = files_.get(segment);
    if (!file) return true;
    auto const header = read_header(*file, segment);
    FrameReader reader{*file, segment_key(store_, segment), file->size()};
    for (auto offset = header.start().offset; offset != reader.limit();) {
      auto const frame = reader.at(offset);
      if (!frame) return true;
      if (frame->header.type == FrameType::blob && live(frame->address(segment))) return true;
      offset = frame->end();
    }
    return false;
  }

 private:
  [[noreturn]] void raise_damaged(Address const& address, std::string const& what) const {
    raise_corrupt(path(address.segment), address.segment, address.offset(), what);
  }

  [[noreturn]] void raise_missing(Address const& address, bool is_committed) const {
    if (is_committed) raise_damaged(address, "the file ends before the frame does.");
    raise(Errc::io_error,
          "There is no blob at offset " + std::to_string(address.offset()) + " of segment " +
              std::to_string(address.segment) + ": it was never committed.",
          place(address.segment, address.offset(), path(address.segment)));
  }

  template <class IsCommitted>
  Bytes content(Address const& address, FrameType type, IsCommitted is_committed) {
    auto const payload = read(address, type, is_committed);
    auto const change = parse_root_change(payload.view());
    if (!change) raise_damaged(address, "the frame there is malformed.");
    return payload.slice(payload.size() - change->content.size(), change->content.size());
  }

  std::string directory_;
  SegmentFiles<Io> files_;
  Uuid store_{};
};

}  // namespace cairn::backends::file::details
