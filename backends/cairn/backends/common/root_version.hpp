// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Versions of roots for backends that keep a root's tail beside its state.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/random/draw.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
[[nodiscard]] inline Version root_version(std::string_view epoch, std::uint64_t frames) {
  std::string token;
  token.reserve(epoch.size() + sizeof frames);
  token.append(epoch).append(big_endian(frames));
  return Version{std::move(token)};
}

/// The same comparison as with `root_version`, which it does not make.
[[nodiscard]] inline bool is_root_version(Version const& version, std::string_view epoch, std::uint64_t frames) noexcept {
  std::string_view const token{version.token()};
  if (token.size() != epoch.size() + sizeof frames || !token.starts_with(epoch)) return false;
  std::uint64_t number = 0;
  for (auto const byte : token.substr(epoch.size())) number = number << 8U | static_cast<unsigned char>(byte);
  return number == frames;
}

/// `unknown` and why: without the reason where there is no memory for it, since nothing may be thrown once a commit may have landed.
[[nodiscard]] inline CommitResult lost_commit(char const* why) noexcept {
  CommitResult lost{CommitResult::unknown};
  try {
    lost.reason = why;
  } catch (...) {  // NOLINT(bugprone-empty-catch): see above
  }
  return lost;
}

}  // namespace cairn::backends::common
