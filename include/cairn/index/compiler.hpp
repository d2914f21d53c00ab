// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The compiler extensions that pay.
#pragma once

#if defined(__GNUC__) || defined(__clang__)
#define CAIRN_NOINLINE [[gnu::noinline, gnu::cold]]
#define CAIRN_ALWAYS_INLINE [[gnu::always_inline]] inline
#else
#define CAIRN_NOINLINE
#define CAIRN_ALWAYS_INLINE inline
#endif

#include <cstddef>

namespace cairn::detail {

/// Asks for the cache lines of `[address, address + size)`; a hint without effect on meaning.
inline void prefetch([[maybe_unused]] void const* address, [[maybe_unused]] std::size_t size) noexcept {
#if defined(__GNUC__) || defined(__clang__)
  auto const* byte = static_cast<char const*>(address);
  for (std::size_t at = 0; at < size; at += 64) __builtin_prefetch(byte + at);
#endif
}

}  // namespace cairn::detail
