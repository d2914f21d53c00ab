// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A segment's name and its header.
#pragma once

#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::backends::file::details {

inline constexpr std::string_view segment_magic = "CAIRNLOG";
/// A segment has the lowest format that can say what it is: 1 a segment of the log as it was written, blobs and all; 2
/// one that was compacted, or whose blobs are elsewhere.
inline constexpr std::uint32_t format_version = 2;
inline constexpr std::size_t segment_header_size = 80;

inline constexpr std::string_view lock_name = "lock";
inline constexpr std::string_view hint_name = "roots.hint";
inline constexpr std::string_view deleted_name = "deleted";
inline constexpr std::string_view temporary_name = "next.tmp";
inline constexpr std::string_view compacted_name = "compact.tmp";
inline constexpr std::string_view blobs_name = "blobs";

inline std::string segment_name(std::uint32_t segment) {
  auto digits = std::to_string(segment);
  return "seg-" + std::string(digits.size() < 10 ? 10 - digits.size() : 0, '0') + digits + ".clog";
}

inline std::optional<std::uint32_t> segment_of_name(std::string_view name) {
  constexpr std::string_view head = "seg-";
  constexpr std::string_view end = ".clog";
  if (name.size() != head.size() + 10 + end.size() || !name.starts_with(head) || !name.ends_with(end))
    return std::nullopt;
  std::uint32_t segment = 0;
  auto const* const last = name.data() + head.size() + 10;
  auto const [stop, error] = std::from_chars(name.data() + head.size(), last, segment);
  if (error != std::errc{} || stop != last || segment == 0) return std::nullopt;
  return segment;
}

struct SegmentHeader {
  std::uint32_t segment = 0;
  Uuid store{};
  std::uint64_t sequence = 0;         ///< of the last frame of the segment before
  std::uint64_t chain = 0;            ///< the checksum of that frame
  std::uint64_t previous_length = 0;  ///< of the segment before, when it was closed
  std::uint64_t created = 0;          ///< milliseconds since 1970
  Layout layout = Layout::log;        ///< of the store
  std::uint32_t runs = 0;             ///< how many a compacted segment has; 0 in one that is as it was written
  std::uint64_t checksum = 0;

  [[nodiscard]] bool is_compacted() const noexcept { return runs != 0; }

  /// Where the first frame goes, and what it follows.
  [[nodiscard]] Position start() const noexcept { return {segment, segment_header_size, sequence, checksum, 0}; }
};

/// Adds the header's bytes to `buffer` and sets its checksum.
inline void add_segment_header(Buffer& buffer, SegmentHeader& header) {
  auto const start = buffer.size();
  add(buffer, bytes_of(segment_magic));
  add(buffer, std::uint32_t{header.layout == Layout::log && !header.is_compacted() ? 1U : 2U});
  add(buffer, header.segment);
  add(buffer, ByteSpan{header.store});
  add(buffer, header.sequence);
  add(buffer, header.chain);
  add(buffer, header.previous_length);
  add(buffer, header.created);
  add(buffer, static_cast<std::uint32_t>(header.layout));
  add(buffer, header.runs);
  header.checksum = XXH3_64bits(buffer.data() + start, buffer.size() - start);
  add(buffer, header.checksum);
}

/// Reads the header of segment `segment`; `store/corrupt` where it is not one, `store/format` where a later version
/// wrote it.
inline SegmentHeader parse_segment_header(ByteSpan bytes, std::uint32_t segment, std::string const& path) {
  Fields fields{bytes};
  auto const magic = fields.take_bytes(segment_magic.size());
  auto const version = fields.take<std::uint32_t>();
  SegmentHeader header;
  header.segment = fields.take<std::uint32_t>();
  auto const store = fields.take_bytes(sizeof(Uuid));
  std::copy(store.begin(), store.end(), header.store.begin());
  header.sequence = fields.take<std::uint64_t>();
  header.chain = fields.take<std::uint64_t>();
  header.previous_length = fields.take<std::uint64_t>();
  header.created = fields.take<std::uint64_t>();
  auto const layout = fields.take<std::uint32_t>();
  header.runs = fields.take<std::uint32_t>();
  header.checksum = fields.take<std::uint64_t>();
  if (!fields.good() || text_of(magic) != segment_magic ||
      header.checksum != XXH3_64bits(bytes.data(), segment_header_size - sizeof header.checksum)) {
    raise(Errc::store_corrupt, "The header of " + path + " is damaged: restore this file from a backup.",
          place(segment, 0, path));
  }
  if (version == 0 || version > format_version || layout > static_cast<std::uint32_t>(Layout::dir)) {
    raise(Errc::store_format, path + " has format " + std::to_string(version) +
                                  ", and this program knows formats up to " + std::to_string(format_version) +
                                  ": open it with the version that wrote it, or a later one.");
  }
  if (header.segment != segment) {
    raise(Errc::store_corrupt,
          path + " holds segment " + std::to_string(header.segment) + ": segment files were renamed.",
          place(segment, 0, path));
  }
  header.layout = static_cast<Layout>(layout);
  return header;
}

}  // namespace cairn::backends::file::details
