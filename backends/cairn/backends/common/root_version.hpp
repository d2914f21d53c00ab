// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Versions of roots for backends that keep a root's tail beside its state.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/random/draw.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace cairn::backends::common {

inline constexpr std::size_t epoch_size = 16;

/// 16 random bytes: a root has new ones with each commit of its state.
[[nodiscard]] inline std::string random_epoch() { return random::text(epoch_size); }

/// 8 bytes, the most significant first: such numbers are in order as texts, too.
[[nodiscard]] inline std::string big_endian(std::uint64_t number) {
  std::string made(8, '\0');
  for (std::size_t i = made.size(); i-- != 0; number >>= 8U) made[i] = static_cast<char>(number & 0xffU);
  return made;
}

/// The version of a root: its epoch, and how many frames its tail has. So an append is one more frame and changes nothing else,
/// and no version comes again.
[[nodiscard]] inline Version root_version(std::string epoch, std::uint64_t frames) {
  return Version{std::move(epoch.append(big_endian(frames)))};
}

}  // namespace cairn::backends::common
