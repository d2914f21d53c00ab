// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reads the frames of a segment one after the other, believing nothing that its checksum does not say.
#pragma once

#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace cairn::backends::file::details {

/// A frame whose checksum is right. The payload is valid until the reader is used again.
struct FrameView {
  FrameHeader header;
  std::uint64_t offset = 0;
  ByteSpan payload;
  ByteSpan bytes;  ///< header, payload and padding

  [[nodiscard]] std::uint64_t end() const noexcept { return offset + frame_size(header.length); }
  [[nodiscard]] Address address(std::uint32_t segment) const noexcept {
    return {segment, static_cast<std::uint32_t>(offset / 8), header.length,
            static_cast<std::uint32_t>(header.checksum)};
  }
};

/// Reads frames of one segment through a window, so that many small ones cost one read. `Source` has
/// `std::size_t read_at(std::uint64_t offset, std::span<std::byte>) const`, which is short only at the end. Never holds
/// more than a window and one frame, and never a frame that is longer than `limit` allows.
template <class Source>
class FrameReader {
 public:
  FrameReader(Source const& source, std::uint64_t key, std::uint64_t limit)
      : source_{source}, key_{key}, limit_{limit} {}

  /// The frame at `offset`, or nothing where none is whole and right before the limit.
  std::optional<FrameView> at(std::uint64_t offset) {
    auto const header = header_at(offset);
    if (!header || limit_ - offset < frame_size(header->length)) return std::nullopt;
    auto const bytes = window(offset, static_cast<std::size_t>(frame_size(header->length)));
    if (bytes.empty()) return std::nullopt;
    auto const payload = bytes.subspan(frame_header_size, header->length);
    if (frame_checksum(key_, offset, bytes.data(), payload) != header->checksum) return std::nullopt;
    return FrameView{*header, offset, payload, bytes};
  }

  /// What may be a header at `offset`, its checksum not looked at.
  std::optional<FrameHeader> header_at(std::uint64_t offset) {
    if (offset > limit_ || limit_ - offset < frame_header_size) return std::nullopt;
    return parse_frame_header(window(offset, frame_header_size));
  }

  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }

 private:
  static constexpr std::size_t window_size = std::size_t{256} << 10U;

  /// Requires `offset + count <= limit_`. Empty where the source ends earlier.
  ByteSpan window(std::uint64_t offset, std::size_t count) {
    if (offset < start_ || offset + count > start_ + buffer_.size()) {
      auto const wanted = std::max<std::uint64_t>(count, std::min<std::uint64_t>(window_size, limit_ - offset));
      buffer_.resize(static_cast<std::size_t>(wanted));
      start_ = offset;
      buffer_.resize(source_.read_at(offset, buffer_));
      if (buffer_.size() < count) return {};
    }
    return ByteSpan{buffer_}.subspan(static_cast<std::size_t>(offset - start_), count);
  }

  Source const& source_;
  std::uint64_t key_;
  std::uint64_t limit_;
  std::uint64_t start_ = 0;
  Buffer buffer_;
};

inline bool is_zero(ByteSpan bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

/// Whether there is nothing but zeros, or nothing.
template <class Source>
bool is_zero_between(Source const& source, std::uint64_t from, std::uint64_t to) {
  std::array<std::byte, 4096> chunk;
  while (from < to) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), to - from));
    auto const count = source.read_at(from, std::span{chunk}.first(wanted));
    if (!is_zero(ByteSpan{chunk}.first(count))) return false;
    if (count != wanted) return true;
    from += count;
  }
  return true;
}

struct ScanResult {
  Position committed;  ///< behind the last frame that ends a commit
  Position reached;    ///< behind the last valid frame
};

/// Visits the frames that follow `from`, each the successor of the one before it, up to the limit or the first that is
/// not.
template <class Source, class Visit>
ScanResult scan_frames(FrameReader<Source>& reader, Position from, Visit visit) {
  ScanResult result{from, from};
  while (result.reached.offset != reader.limit()) {
    auto const frame = reader.at(result.reached.offset);
    if (!frame || frame->header.sequence != result.reached.sequence + 1 ||
        frame->header.previous != result.reached.chain)
      break;
    result.reached = {from.segment, frame->end(), frame->header.sequence, frame->header.checksum, frame->offset};
    visit(*frame);
    if (frame->header.type != FrameType::blob) result.committed = result.reached;
  }
  return result;
}

/// Whether any valid frame behind `bad` says that the log was durable beyond `bad`: then what is bad there is damage,
/// and not the end of a write that power or the process did not live to finish. Looks at every place where a frame may
/// begin; gives up, and says yes, when what must be hashed for that is far more than the segment has.
template <class Source>
bool is_claimed_durable(FrameReader<Source>& reader, std::uint64_t bad) {
  auto const limit = reader.limit();
  std::uint64_t budget = (std::uint64_t{64} << 20U) + 8 * (limit - bad);
  for (auto offset = bad + 8; offset + frame_header_size <= limit;) {
    auto const header = reader.header_at(offset);
    if (!header || limit - offset < frame_size(header->length)) {
      offset += 8;
      continue;
    }
    if (header->length > budget) return true;
    budget -= header->length;
    auto const frame = reader.at(offset);
    if (!frame) {
      offset += 8;
      continue;
    }
    if (changes_root(frame->header.type)) {
      auto const change = parse_root_change(frame->payload);
      if (change && change->durable_upto > bad) return true;
    }
    offset = frame->end();
  }
  return false;
}

}  // namespace cairn::backends::file::details
