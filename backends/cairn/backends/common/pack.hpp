// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Blobs that become one object.
#pragma once

#include <cairn/backends/common/encoding.hpp>
#include <cairn/backends/common/packed_address.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/common/timed_key.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cairn::backends::common {

/// A blob in a pack is its checksum, which knows its place, and its bytes.
inline std::uint64_t checksum_of(PackedAddress const& address, ByteSpan bytes) noexcept {
  auto const place = XXH3_64bits(address.bytes.data(), address.bytes.size());
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), place);
}
inline constexpr std::size_t stored_size(std::uint32_t size) noexcept { return checksum_size + std::size_t{size}; }
/// The blob's bytes out of what is stored of it; nothing where that is not what was put at the address.
inline std::optional<ByteSpan> blob_of(PackedAddress const& address, ByteSpan stored) noexcept {
  if (stored.size() != stored_size(address.size())) return std::nullopt;
  auto const bytes = stored.subspan(checksum_size);
  if (Input{stored.first(checksum_size)}.number() != checksum_of(address, bytes)) return std::nullopt;
  return bytes;
}

/// The table of contents of a pack with these blobs.
inline Buffer contents_of(std::vector<PackedAddress> const& blobs, std::int64_t now) {
  Buffer table;
  for (auto const& blob : blobs) {
    add_count(table, blob.offset());
    add_count(table, blob.size());
  }
  add_number(table, static_cast<std::uint64_t>(now));
  add_count(table, blobs.size());
  add_checksum(table);
  return table;
}

/// Blobs that become one object, which a sweep needs a table of contents of: offset (4 bytes) and size (4) of each, the time at which the
/// last was put in milliseconds since 1970 (8), their number (4), and a checksum of the table (8). On disk: do not change.
struct Pack {
  TimedKey key;
  Buffer bytes;
  std::vector<PackedAddress> blobs;
  bool is_sealed = false;  ///< whether it has its table

  PackedAddress put(ByteSpan blob) {
    auto const address = PackedAddress::of(key, static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(blob.size()));
    add_number(bytes, checksum_of(address, blob));
    add(bytes, blob);
    blobs.push_back(address);
    return address;
  }
  /// Puts the table behind the blobs.
  void seal(std::int64_t now) {
    add(bytes, contents_of(blobs, now));
    is_sealed = true;
  }
};

struct Contents {
  std::vector<PackedAddress> blobs;
  std::int64_t sealed_at = 0;
};
inline constexpr std::size_t smallest_contents = 8 + 4 + checksum_size;

/// How long the table at the end of `tail` is, whose last bytes are a pack's; nothing where there is none.
inline std::optional<std::size_t> contents_size(ByteSpan tail) noexcept {
  if (tail.size() < smallest_contents) return std::nullopt;
  Input in{tail.last(4 + checksum_size)};
  std::size_t number = 0;
  for (auto const byte : in.take(4)) number = number << 8U | std::to_integer<std::size_t>(byte);
  return smallest_contents + 8 * number;
}
inline std::optional<Contents> read_contents(TimedKey const& key, ByteSpan table) {
  auto const size = contents_size(table);
  if (!size || *size > table.size()) return std::nullopt;
  auto const body = without_checksum(table.last(*size));
  if (!body) return std::nullopt;
  Input in{*body};
  Contents made;
  auto const number = (*size - smallest_contents) / 8;
  made.blobs.reserve(number);
  for (std::size_t i = 0; i != number; ++i) {
    auto const both = in.number();
    made.blobs.push_back(PackedAddress::of(key, static_cast<std::uint32_t>(both >> 32U), static_cast<std::uint32_t>(both)));
  }
  made.sealed_at = static_cast<std::int64_t>(in.number());
  return made;
}

}  // namespace cairn::backends::common
