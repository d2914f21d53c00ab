// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a blob is that was packed into an object with others.
#pragma once

#include <cairn/backends/common/timed_key.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace cairn::backends::common {

/// A blob's place: the key of its pack (16 bytes), its offset there (4) and its size (4), each with the most
/// significant byte first. All zero is nowhere. On disk: do not reorder.
struct PackedAddress {
  std::array<std::uint8_t, 24> bytes{};
  friend constexpr auto operator<=>(PackedAddress const&, PackedAddress const&) = default;

  [[nodiscard]] static constexpr PackedAddress of(TimedKey const& pack, std::uint32_t offset, std::uint32_t size) noexcept {
    PackedAddress made;
    for (std::size_t i = 0; i != pack.bytes.size(); ++i) made.bytes[i] = pack.bytes[i];
    for (std::size_t i = 0; i != 4; ++i) {
      made.bytes[16 + i] = static_cast<std::uint8_t>(offset >> (24 - 8 * i));
      made.bytes[20 + i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
    }
    return made;
  }

  [[nodiscard]] constexpr TimedKey pack() const noexcept {
    TimedKey key;
    for (std::size_t i = 0; i != key.bytes.size(); ++i) key.bytes[i] = bytes[i];
    return key;
  }
  [[nodiscard]] constexpr std::uint32_t offset() const noexcept { return number(16); }
  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return number(20); }

 private:
  [[nodiscard]] constexpr std::uint32_t number(std::size_t at) const noexcept {
    std::uint32_t made = 0;
    for (std::size_t i = 0; i != 4; ++i) made = made << 8U | bytes[at + i];
    return made;
  }
};

}  // namespace cairn::backends::common
