// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a frame is in the log.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::backends::file {

/// Where a frame is, how long its payload is, and part of its checksum: enough to read it with one call, and to know
/// that what is there is what was put. Frames begin at multiples of 8, so 32 bits of offset reach 32 GiB into a
/// segment.
struct Address {
  std::uint32_t segment = 0;  ///< counted from 1; 0 is nowhere
  std::uint32_t unit = 0;     ///< the offset of the frame in its segment, in units of 8 bytes
  std::uint32_t length = 0;   ///< of the payload
  std::uint32_t check = 0;    ///< the low half of the frame's checksum
  friend constexpr auto operator<=>(Address const&, Address const&) = default;

  [[nodiscard]] constexpr std::uint64_t offset() const noexcept { return std::uint64_t{unit} * 8; }
  [[nodiscard]] constexpr bool is_nowhere() const noexcept { return segment == 0; }
};

namespace details {

/// EDN that names a place in the log, for the data of an error.
inline std::string place(std::uint32_t segment, std::uint64_t offset, std::string_view path) {
  std::string text = "{:segment " + std::to_string(segment) + " :offset " + std::to_string(offset) + " :path \"";
  for (char const character : path) {
    if (character == '"' || character == '\\') text += '\\';
    text += character;
  }
  return text + "\"}";
}

}  // namespace details
}  // namespace cairn::backends::file
