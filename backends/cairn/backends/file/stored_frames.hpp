// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What lies in the segments of a store, read by address, and the words for it when it is not what was written.
#pragma once

#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/blob_files.hpp>
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/backends/file/scan.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/backends/file/stored_segment.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::file::details {

/// A number of milliseconds since 1970 that was read; the end of time where the clock can't say it, and never did.
inline TimePoint time_of(std::uint64_t milliseconds) noexcept {
  auto const latest = std::chrono::duration_cast<std::chrono::milliseconds>(TimePoint::max().time_since_epoch());
  if (milliseconds > static_cast<std::uint64_t>(latest.count())) return TimePoint::max();
  return TimePoint{std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)}};
}

/// The segments, and the files of blobs beside them, as a place to read from. Safe to use from any thread at once.
template <class Io>
class StoredFrames {
 public:
  explicit StoredFrames(std::string const& directory)
      : directory_{directory}, segments_{directory}, blobs_{directory} {}

  /// Says whose segments these are, and where the blobs are. Called once, before anything is read.
  void belong_to(Uuid const& store, Layout layout) noexcept {
    store_ = store;
    layout_ = layout;
  }
  [[nodiscard]] Uuid const& store() const noexcept { return store_; }
  [[nodiscard]] Layout layout() const noexcept { return layout_; }
  [[nodiscard]] BlobFiles<Io> const& blobs() const noexcept { return blobs_; }
  [[nodiscard]] std::string path(std::uint32_t segment) const { return segments_.path(segment); }
  [[nodiscard]] std::shared_ptr<StoredSegment<Io> const> segment(std::uint32_t segment) {
    return segments_.get(segment);
  }
  void forget(std::uint32_t segment) { segments_.forget(segment); }
  void forget_all() { segments_.forget_all(); }

  /// The payload of the frame of that type at that address. `is_committed(address)` is asked where the file ends too
  /// early: whether that is damage or an address that nobody was given.
  template <class IsCommitted>
  Bytes read(Address const& address, FrameType type, IsCommitted is_committed) {
    if (type == FrameType::blob && layout_ == Layout::dir) return read_file(address);
    auto segment = segments_.get(address.segment);
    // One that is open may be from before a compaction, and have what is gone; one that was opened since has not.
    if (!segment || segment->is_dropped(address.offset())) {
      raise_absent_blob("There is nothing at offset " + std::to_string(address.offset()) + " of segment " +
                            std::to_string(address.segment) + " in " + directory_ +
                            ": what was there was swept, or the file is missing.",
                        place(address.segment, address.offset(), path(address.segment)));
    }
    bool const is_there =
        is_plausible(address, [&](std::uint64_t size) { return segment->holds(address.offset(), size); });
    Buffer bytes(is_there ? frame_header_size + address.length : 0);
    if (!is_there || segment->read_at(address.offset(), bytes) != bytes.size())
      raise_missing(address, is_committed(address));
    // What lies behind the end of the log is room for frames to come.
    if (is_zero(ByteSpan{bytes}.first(frame_header_size)) && !is_committed(address)) raise_missing(address, false);
    return checked_payload(std::move(bytes), address, type, segment->file().path());
  }

  /// What the root at `entry` says. Of the one that was read last only what was added since is read: whoever follows a root looks at it after
  /// each commit of others, and at one address there are the same bytes for ever.
  template <class IsCommitted>
  RootRecord read_root(std::string_view branch, RootEntry const& entry, IsCommitted is_committed) {
    auto const last = last_root_.find(branch);
    if (last && last->entry == entry) return last->record;
    RootRecord record;
    record.version = entry.version();
    if (!entry.state.is_nowhere()) {
      record.state = last && last->entry.state == entry.state ? last->record.state : content(entry.state, FrameType::commit, is_committed);
    }
    auto const known = last ? std::ranges::mismatch(entry.tail, last->entry.tail).in1 - entry.tail.begin() : 0;
    record.tail.reserve(entry.tail.size());
    if (last) record.tail.assign(last->record.tail.begin(), last->record.tail.begin() + known);
    for (auto const& address : std::span{entry.tail}.subspan(static_cast<std::size_t>(known))) {
      record.tail.push_back(content(address, FrameType::append, is_committed));
    }
    last_root_.keep(branch, {entry, record});
    return record;
  }

  /// When a segment was begun; the end of time where it is gone.
  TimePoint created(std::uint32_t segment) {
    auto const found = segments_.get(segment);
    return found ? time_of(read_header(found->file(), segment).created) : TimePoint::max();
  }

 private:
  struct ReadRoot {
    RootEntry entry{};
    RootRecord record{};
  };

  /// A length that a damaged address made up must not become an allocation.
  template <class Holds>
  static bool is_plausible(Address const& address, Holds holds) {
    constexpr std::uint32_t surely_small = std::uint32_t{1} << 20U;
    return address.length <= surely_small || holds(frame_size(address.length));
  }

  Bytes read_file(Address const& address) const {
    auto const name = blobs_.path(address);
    auto const file = blobs_.open(address);
    if (!file.is_open()) {
      raise_absent_blob("There is no file " + name + ": the blob was swept or never committed, or the file is missing.",
                        place(address.segment, address.offset(), name));
    }
    bool const is_there = is_plausible(address, [&](std::uint64_t size) { return file.size() >= size; });
    Buffer bytes(is_there ? frame_header_size + address.length : 0);
    if (!is_there || file.read_at(0, bytes) != bytes.size())
      raise_corrupt(name, address.segment, address.offset(), "the file ends before the blob does.");
    return checked_payload(std::move(bytes), address, FrameType::blob, name);
  }

  /// The payload of a frame that was read from the file `name`, if it is the one that was written at that address.
  Bytes checked_payload(Buffer bytes, Address const& address, FrameType type, std::string const& name) const {
    auto const header = parse_frame_header(bytes);
    auto const payload = ByteSpan{bytes}.subspan(frame_header_size);
    if (!header || header->type != type || header->length != address.length ||
        static_cast<std::uint32_t>(header->checksum) != address.check ||
        frame_checksum(segment_key(store_, address.segment), address.offset(), bytes.data(), payload) !=
            header->checksum) {
      raise_corrupt(name, address.segment, address.offset(), "the frame there is not the one that was written.");
    }
    return Bytes{std::move(bytes)}.slice(frame_header_size, address.length);
  }

  [[noreturn]] void raise_damaged(Address const& address, std::string const& what) const {
    raise_corrupt(path(address.segment), address.segment, address.offset(), what);
  }

  [[noreturn]] void raise_missing(Address const& address, bool is_committed) const {
    if (is_committed) raise_damaged(address, "the file ends before the frame does.");
    raise_absent_blob("There is no blob at offset " + std::to_string(address.offset()) + " of segment " +
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
  SegmentFiles<Io> segments_;
  BlobFiles<Io> blobs_;
  Uuid store_{};
  Layout layout_ = Layout::log;
  common::LastOf<ReadRoot> last_root_;
};

}  // namespace cairn::backends::file::details
