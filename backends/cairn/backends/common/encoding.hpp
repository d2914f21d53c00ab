// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Numbers, texts and checksums in stored bytes.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/text.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::backends::common {

using Buffer = std::vector<std::byte>;

inline void add(Buffer& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline void add(Buffer& to, std::string_view text) { add(to, bytes_of(text)); }
inline void add_number(Buffer& to, std::uint64_t number) { add(to, big_endian(number)); }
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

}  // namespace cairn::backends::common
