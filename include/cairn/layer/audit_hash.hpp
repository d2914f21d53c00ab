// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The hashes of an audited store. On disk: see docs/format.md.
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace cairn::layer {

/// What a hash is of: none of one purpose is one of another. On disk: do not renumber.
enum class HashPurpose : std::uint8_t { blob = 1, commit = 2, state = 3, frame = 4 };

/// BLAKE2b with `Size` bytes, personalised by the purpose, of several pieces one after the other.
template <std::size_t Size, class... Piece>
[[nodiscard]] std::array<std::byte, Size> audit_hash(HashPurpose purpose, Piece const&... pieces) noexcept {
  static_assert(Size >= crypto_generichash_blake2b_BYTES_MIN && Size <= crypto_generichash_blake2b_BYTES_MAX);
  std::array<unsigned char, crypto_generichash_blake2b_PERSONALBYTES> personal{'c', 'a', 'i', 'r', 'n', '.', 'a', 'u', 'd', 'i', 't'};
  personal.back() = static_cast<unsigned char>(purpose);
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init_salt_personal(&state, nullptr, 0, Size, nullptr, personal.data());
  auto const add = [&](std::span<std::byte const> piece) {
    crypto_generichash_blake2b_update(&state, reinterpret_cast<unsigned char const*>(piece.data()), piece.size());
  };
  (add(std::span<std::byte const>{pieces}), ...);
  std::array<std::byte, Size> hash;
  crypto_generichash_blake2b_final(&state, reinterpret_cast<unsigned char*>(hash.data()), Size);
  return hash;
}

[[nodiscard]] inline std::string hex_of(std::span<std::byte const> bytes) {
  std::string text(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
  text.pop_back();
  return text;
}

}  // namespace cairn::layer
