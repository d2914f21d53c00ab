// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bytes, compressed where that makes them smaller. On disk: see docs/format.md.
#pragma once

#include <cairn/concepts/bytes.hpp>
#include <cairn/error/error.hpp>

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::layer {

/// The last byte of what is stored. On disk: do not renumber.
enum class Packing : std::uint8_t {
  none = 0,  ///< the bytes as they were are before it
  zstd = 1,  ///< a frame of zstd and the size of what is in it, 4 bytes, the least significant first, are before it
};

/// What is larger is stored as it is, and nothing that says it would become larger is read.
inline constexpr std::size_t largest_packed = std::size_t{256} << 20U;
/// What is smaller is stored as it is: a frame of zstd and the size have some twenty bytes of their own.
inline constexpr std::size_t smallest_packed = 64;

namespace detail {

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

/// Contexts are large and take long to make: a thread has one of each.
[[nodiscard]] inline ZSTD_CCtx* packing_context() {
  thread_local std::unique_ptr<ZSTD_CCtx, FreeZstd> const context{ZSTD_createCCtx()};
  if (!context) throw std::bad_alloc{};
  return context.get();
}
[[nodiscard]] inline ZSTD_DCtx* unpacking_context() {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeZstd> const context{ZSTD_createDCtx()};
  if (!context) throw std::bad_alloc{};
  return context.get();
}

[[noreturn]] inline void raise_packed(std::string const& what) {
  raise(Errc::store_corrupt, "A compressed blob " + what + ". Its bytes have changed, or the store was not created with compression. Run "
                             "`cairn verify` on the store and restore it from a backup.");
}

}  // namespace detail

/// The bytes as they are stored: compressed, if they are smaller then. At most one byte longer than they were.
[[nodiscard]] inline std::vector<std::byte> pack(std::span<std::byte const> bytes, int level) {
  constexpr std::size_t trailer = 5;
  if (bytes.size() >= smallest_packed && bytes.size() <= largest_packed) {
    // A frame that is no smaller is given up in the middle: there is no room for it.
    std::vector<std::byte> packed(bytes.size());
    auto const size = ZSTD_compressCCtx(detail::packing_context(), packed.data(), packed.size() - trailer, bytes.data(), bytes.size(), level);
    if (ZSTD_isError(size) == 0U) {
      packed.resize(size + trailer);
      for (std::size_t i = 0; i != 4; ++i) packed[size + i] = static_cast<std::byte>(bytes.size() >> (8 * i));
      packed[size + 4] = static_cast<std::byte>(Packing::zstd);
      packed.shrink_to_fit();
      return packed;
    }
  }
  std::vector<std::byte> stored(bytes.size() + 1);
  if (!bytes.empty()) std::memcpy(stored.data(), bytes.data(), bytes.size());
  stored.back() = static_cast<std::byte>(Packing::none);
  return stored;
}

/// What `pack` was given. Errors: `store/corrupt` for bytes that it cannot have made. Takes no more memory than the size that is
/// recorded, and that is refused where so few bytes can't become so many.
[[nodiscard]] inline Bytes unpack(Bytes const& stored) {
  auto const all = stored.view();
  if (all.empty()) detail::raise_packed("is empty");
  if (all.back() == static_cast<std::byte>(Packing::none)) return stored.slice(0, stored.size() - 1);
  if (all.back() != static_cast<std::byte>(Packing::zstd) || all.size() < 5) detail::raise_packed("is not one");
  auto const frame = all.first(all.size() - 5);
  std::size_t size = 0;
  for (std::size_t i = 4; i-- != 0;) size = size << 8U | std::to_integer<std::size_t>(all[frame.size() + i]);
  // A block of zstd has at least 4 bytes and becomes at most 128 KiB.
  if (size > largest_packed || size / (std::size_t{128} << 10U) > frame.size() / 4) {
    detail::raise_packed("says that its " + std::to_string(all.size()) + " bytes become " + std::to_string(size) + ", which is refused");
  }
  std::vector<std::byte> bytes(size);
  auto const made = ZSTD_decompressDCtx(detail::unpacking_context(), bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(made) != 0U) detail::raise_packed(std::string{"cannot be read: "}.append(ZSTD_getErrorName(made)));
  if (made != size) detail::raise_packed("has not the size that it says");
  return Bytes{std::move(bytes)};
}

}  // namespace cairn::layer
