// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bytes that nobody can foretell, for whatever is to be told from all that others made.
#pragma once

#include <cairn/error/error.hpp>

#include <sys/random.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace cairn::random {

/// Fills `bytes`, at most 256, from the system; false where it has none to give. One system call, nothing kept: what a fork's child draws is another. Thread-safe.
[[nodiscard]] inline bool try_fill(std::span<std::byte> bytes) noexcept { return ::getentropy(bytes.data(), bytes.size()) == 0; }

/// The same. Errors: `io/error` where the system has none to give.
inline void fill(std::span<std::byte> bytes) {
  if (!try_fill(bytes)) raise(Errc::io_error, "The system gave no random bytes (getentropy): look at what the process is allowed to call.");
}

/// `size` such bytes, at most 256. Errors: as of `fill`.
[[nodiscard]] inline std::string text(std::size_t size) {
  std::string drawn(size, '\0');
  fill(std::as_writable_bytes(std::span{drawn}));
  return drawn;
}

/// 64 such bits. Errors: as of `fill`.
[[nodiscard]] inline std::uint64_t number() {
  std::uint64_t drawn = 0;
  fill(std::as_writable_bytes(std::span{&drawn, 1}));
  return drawn;
}

}  // namespace cairn::random
