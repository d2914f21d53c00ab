// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bytes, encrypted and bound to their place by XChaCha20-Poly1305. On disk: see docs/format.md.
#pragma once

#include <cairn/concepts/bytes.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/encryption_keys.hpp>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::layer {

/// A random number that no two boxes share.
using Nonce = std::array<std::byte, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;
static_assert(sizeof(Nonce) == 24);

[[nodiscard]] inline Nonce random_nonce() noexcept {
  Nonce nonce;
  randombytes_buf(nonce.data(), nonce.size());
  return nonce;
}

/// How much longer bytes become.
inline constexpr std::size_t seal_overhead = crypto_aead_xchacha20poly1305_ietf_ABYTES + sizeof(Nonce);

/// The encrypted bytes, their tag, and the nonce. `place` is not stored; who opens the box has to say the same.
[[nodiscard]] inline std::vector<std::byte> seal(EncryptionKey const& key, std::string_view place, Nonce const& nonce,
                                                 std::span<std::byte const> bytes) {
  std::vector<std::byte> box(bytes.size() + seal_overhead);
  auto* const out = reinterpret_cast<unsigned char*>(box.data());
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out, &size, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(),
                                             reinterpret_cast<unsigned char const*>(place.data()), place.size(), nullptr,
                                             reinterpret_cast<unsigned char const*>(nonce.data()), key.data());
  std::copy(nonce.begin(), nonce.end(), box.begin() + static_cast<std::ptrdiff_t>(size));
  return box;
}

/// The nonce of a box; nothing where the bytes are too few to be one.
[[nodiscard]] inline std::optional<Nonce> nonce_of(std::span<std::byte const> box) noexcept {
  if (box.size() < seal_overhead) return std::nullopt;
  Nonce nonce;
  std::ranges::copy(box.last(nonce.size()), nonce.begin());
  return nonce;
}

/// What was sealed for that place with that key; nothing where the bytes are anything else.
[[nodiscard]] inline std::optional<Bytes> open_box(EncryptionKey const& key, std::string_view place, std::span<std::byte const> box) {
  auto const nonce = nonce_of(box);
  if (!nonce.has_value()) return std::nullopt;
  auto const sealed = box.first(box.size() - nonce->size());
  std::vector<std::byte> bytes(box.size() - seal_overhead);
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(bytes.data()), &size, nullptr,
                                                 reinterpret_cast<unsigned char const*>(sealed.data()), sealed.size(),
                                                 reinterpret_cast<unsigned char const*>(place.data()), place.size(),
                                                 reinterpret_cast<unsigned char const*>(nonce->data()), key.data()) != 0) {
    return std::nullopt;
  }
  return Bytes{std::move(bytes)};
}

[[noreturn]] inline void raise_tampered(std::string const& what) {
  raise(Errc::store_corrupt, what + " is not what this store wrote there: its bytes have changed, or it was put in the place of another. "
                                    "Restore the store from a backup, and ask who can write to it.");
}

}  // namespace cairn::layer
