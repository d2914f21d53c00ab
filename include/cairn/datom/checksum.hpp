// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The checksum at the end of every stored block.
#pragma once

#include <cairn/datom/byte_io.hpp>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cairn {

/// XXH3, 64 bits (https://github.com/Cyan4973/xxHash): finds what a medium does to bytes, not what an adversary does.
[[nodiscard]] inline std::uint64_t checksum(std::span<std::byte const> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// Appends the checksum of all that `out` holds, so that `unseal` can tell whether it came back as it was.
inline void seal(ByteWriter& out) { out.u64(checksum(out.view())); }

/// The block without its checksum; a block that has changed is an `Error`, `store/corrupt`, that says `what` it was. `before` is what to look at before
/// one takes it for damage.
[[nodiscard]] inline std::span<std::byte const> unseal(std::span<std::byte const> block, std::string_view what, std::string_view before = {}) {
  constexpr std::size_t size = sizeof(std::uint64_t);
  if (block.size() >= size) {
    auto const content = block.first(block.size() - size);
    if (ByteReader{block.last(size)}.u64() == checksum(content)) return content;
  }
  raise(Errc::store_corrupt, std::string{what} + " does not have the checksum that it was written with: its bytes have changed. " + std::string{before} +
                             (before.empty() ? "Run" : "run") + " `cairn verify` on the store and restore it from a backup.");
}

}  // namespace cairn
