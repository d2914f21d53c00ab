// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The frame: the unit of the log. docs/format.md describes its bytes.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/error/error.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::backends::file::details {

enum class FrameType : std::uint8_t {
  blob = 1,    ///< a node
  commit = 2,  ///< a root's new state
  append = 3,  ///< one more frame of a root's tail
  drop = 4,    ///< a root's end
  roots = 5,   ///< all roots as they are: the first frame of a segment
};

using Uuid = std::array<std::byte, 16>;

inline constexpr std::size_t frame_header_size = 32;
inline constexpr std::array frame_magic{std::byte{'C'}, std::byte{'R'}, std::byte{'N'}};
inline constexpr std::uint64_t longest_payload = std::numeric_limits<std::uint32_t>::max() - 4096;

constexpr std::uint64_t padded(std::uint64_t size) noexcept { return (size + 7) & ~std::uint64_t{7}; }
constexpr std::uint64_t frame_size(std::uint64_t length) noexcept { return frame_header_size + padded(length); }

/// How far a log goes: the end of its last frame, and what the next one must follow.
struct Position {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;    ///< where the next frame begins
  std::uint64_t sequence = 0;  ///< of the last frame
  std::uint64_t chain = 0;     ///< the checksum of the last frame
  std::uint64_t last = 0;      ///< where the last frame begins; 0 when that is the segment's header
  friend bool operator==(Position const&, Position const&) = default;
};

struct FrameHeader {
  std::uint32_t length = 0;
  FrameType type{};
  std::uint64_t sequence = 0;
  std::uint64_t previous = 0;
  std::uint64_t checksum = 0;
};

/// What binds a frame to its place: no frame of another store or another segment has a valid checksum here.
inline std::uint64_t segment_key(Uuid const& store, std::uint32_t segment) noexcept {
  std::array<std::byte, sizeof(Uuid) + sizeof segment> bytes{};
  for (std::size_t i = 0; i != store.size(); ++i) bytes[i] = store[i];
  details::store(bytes.data() + store.size(), segment);
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// Over everything in the header before it, the payload and the place: what was written elsewhere in the segment, or
/// lies inside a blob, is not a frame. Requires a whole frame header at `header`.
inline std::uint64_t frame_checksum(std::uint64_t key, std::uint64_t offset, std::byte const* header,
                                    ByteSpan payload) noexcept {
  auto const seed = XXH3_64bits_withSeed(header, frame_header_size - sizeof(std::uint64_t), key + offset);
  return XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
}

/// Reads a header without believing it: nothing where it cannot be one.
inline std::optional<FrameHeader> parse_frame_header(ByteSpan bytes) noexcept {
  if (bytes.size() < frame_header_size) return std::nullopt;
  auto const type = static_cast<std::uint8_t>(bytes[4]);
  if (type < static_cast<std::uint8_t>(FrameType::blob) || type > static_cast<std::uint8_t>(FrameType::roots))
    return std::nullopt;
  for (std::size_t i = 0; i != frame_magic.size(); ++i) {
    if (bytes[5 + i] != frame_magic[i]) return std::nullopt;
  }
  return FrameHeader{load<std::uint32_t>(bytes.data()), static_cast<FrameType>(type),
                     load<std::uint64_t>(bytes.data() + 8), load<std::uint64_t>(bytes.data() + 16),
                     load<std::uint64_t>(bytes.data() + 24)};
}

/// Adds a frame to the end of `buffer` and moves `position` behind it. The payload is the `parts`, one after the other.
inline Address add_frame(Buffer& buffer, Uuid const& store_id, Position& position, FrameType type,
                         std::initializer_list<ByteSpan> parts) {
  std::uint64_t length = 0;
  for (auto const part : parts) length += part.size();
  if (length > longest_payload) {
    raise(Errc::config_range, "A blob of " + std::to_string(length) + " bytes is more than a frame holds (4 GiB).");
  }
  auto const start = buffer.size();
  if (start == 0) buffer.reserve(frame_size(length));
  buffer.resize(start + frame_header_size);
  for (auto const part : parts) add(buffer, part);
  buffer.resize(start + frame_size(length));
  auto* const header = buffer.data() + start;
  details::store(header, static_cast<std::uint32_t>(length));
  header[4] = static_cast<std::byte>(type);
  for (std::size_t i = 0; i != frame_magic.size(); ++i) header[5 + i] = frame_magic[i];
  details::store(header + 8, position.sequence + 1);
  details::store(header + 16, position.chain);
  auto const checksum = frame_checksum(segment_key(store_id, position.segment), position.offset, header,
                                       ByteSpan{header + frame_header_size, static_cast<std::size_t>(length)});
  details::store(header + 24, checksum);
  Address const address{position.segment, static_cast<std::uint32_t>(position.offset / 8),
                        static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(checksum)};
  position = {position.segment, position.offset + frame_size(length), position.sequence + 1, checksum, position.offset};
  return address;
}

/// What a frame that changes a root says.
struct RootChange {
  std::uint64_t durable_upto =
      0;  ///< an offset in the same segment: everything before it was synced when this was written
  std::string_view branch;
  ByteSpan content;
};

inline std::optional<RootChange> parse_root_change(ByteSpan payload) noexcept {
  Fields fields{payload};
  RootChange change;
  change.durable_upto = fields.take<std::uint64_t>();
  auto const length = fields.take<std::uint32_t>();
  change.branch = text_of(fields.take_bytes(length));
  change.content = fields.rest();
  return fields.good() ? std::optional{change} : std::nullopt;
}

constexpr bool changes_root(FrameType type) noexcept {
  return type == FrameType::commit || type == FrameType::append || type == FrameType::drop;
}

}  // namespace cairn::backends::file::details
