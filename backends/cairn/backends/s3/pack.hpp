// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bytes with their checksums: packs of blobs, and roots.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/s3/text.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::s3::details {

using Buffer = std::vector<std::byte>;

inline void add(Buffer& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline void add(Buffer& to, std::string_view text) { add(to, bytes_of(text)); }
inline void add_number(Buffer& to, std::uint64_t number) { add(to, common::big_endian(number)); }
inline void add_count(Buffer& to, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::byte>(number >> static_cast<unsigned>(shift)));
}

/// Reads what those wrote. After a read beyond the end it is bad, and gives nothing but zeros.
class Input {
 public:
  explicit Input(ByteSpan bytes) noexcept : left_{bytes} {}

  ByteSpan take(std::size_t size) noexcept {
    if (size > left_.size()) is_bad_ = true;
    if (is_bad_) return {};
    auto const taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  std::uint64_t number() noexcept { return read(8); }
  /// Of things that take at least `smallest` bytes each, or of bytes.
  std::size_t count(std::size_t smallest = 1) noexcept {
    auto const made = static_cast<std::size_t>(read(4));
    if (made > left_.size() / smallest) is_bad_ = true;
    return is_bad_ ? 0 : made;
  }
  [[nodiscard]] bool is_bad() const noexcept { return is_bad_; }
  [[nodiscard]] bool is_at_end() const noexcept { return !is_bad_ && left_.empty(); }

 private:
  std::uint64_t read(std::size_t size) noexcept {
    std::uint64_t made = 0;
    for (auto const byte : take(size)) made = made << 8U | std::to_integer<std::uint64_t>(byte);
    return made;
  }
  ByteSpan left_;
  bool is_bad_ = false;
};

inline constexpr std::size_t checksum_size = 8;

inline void add_checksum(Buffer& to) { add_number(to, XXH3_64bits(to.data(), to.size())); }
/// The bytes before their checksum; nothing where it is another's.
inline std::optional<ByteSpan> without_checksum(ByteSpan bytes) noexcept {
  if (bytes.size() < checksum_size) return std::nullopt;
  auto const body = bytes.first(bytes.size() - checksum_size);
  if (Input{bytes.last(checksum_size)}.number() != XXH3_64bits(body.data(), body.size())) return std::nullopt;
  return body;
}

/// A blob in a pack is its checksum, which knows its place, and its bytes.
inline std::uint64_t checksum_of(Address const& address, ByteSpan bytes) noexcept {
  auto const place = XXH3_64bits(address.bytes.data(), address.bytes.size());
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), place);
}
inline constexpr std::size_t stored_size(std::uint32_t size) noexcept { return checksum_size + std::size_t{size}; }
/// The blob's bytes out of what is stored of it; nothing where that is not what was put at the address.
inline std::optional<ByteSpan> blob_of(Address const& address, ByteSpan stored) noexcept {
  if (stored.size() != stored_size(address.size())) return std::nullopt;
  auto const bytes = stored.subspan(checksum_size);
  if (Input{stored.first(checksum_size)}.number() != checksum_of(address, bytes)) return std::nullopt;
  return bytes;
}

/// Blobs that become one object. Behind them it has a table of contents, which a sweep reads: offset (4 bytes) and size (4) of each, the
/// time at which the last was put in milliseconds since 1970 (8), their number (4), and a checksum of the table (8).
struct Pack {
  common::TimedKey key;
  Buffer bytes;
  std::vector<Address> blobs;
  bool is_sealed = false;  ///< whether it has its table

  Address put(ByteSpan blob) {
    auto const address = Address::of(key, static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(blob.size()));
    bytes.reserve(bytes.size() + stored_size(address.size()));
    add_number(bytes, checksum_of(address, blob));
    add(bytes, blob);
    blobs.push_back(address);
    return address;
  }
  void seal(std::int64_t now) {
    Buffer table;
    for (auto const& blob : blobs) {
      add_count(table, blob.offset());
      add_count(table, blob.size());
    }
    add_number(table, static_cast<std::uint64_t>(now));
    add_count(table, blobs.size());
    add_checksum(table);
    add(bytes, table);
    is_sealed = true;
  }
};

struct Contents {
  std::vector<Address> blobs;
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
inline std::optional<Contents> read_contents(common::TimedKey const& key, ByteSpan table) {
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
    made.blobs.push_back(Address::of(key, static_cast<std::uint32_t>(both >> 32U), static_cast<std::uint32_t>(both)));
  }
  made.sealed_at = static_cast<std::int64_t>(in.number());
  return made;
}

}  // namespace cairn::backends::s3::details
