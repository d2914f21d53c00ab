// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The keys of a signed store.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/audit_hash.hpp>
#include <cairn/layer/encryption_keys.hpp>

#include <sodium.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::layer {

/// Of Ed25519.
using PublicKey = std::array<std::byte, crypto_sign_PUBLICKEYBYTES>;
using Signature = std::array<std::byte, crypto_sign_BYTES>;
static_assert(sizeof(PublicKey) == 32 && sizeof(Signature) == 64);

/// As configurations and programs write it: 64 hexadecimal digits.
[[nodiscard]] inline std::string to_hex(PublicKey const& key) { return hex_of(key); }

/// Reads it; nothing where the text is anything else.
[[nodiscard]] inline std::optional<PublicKey> public_key_of(std::string_view text) {
  PublicKey key;
  if (!read_hex(text, reinterpret_cast<unsigned char*>(key.data()))) return std::nullopt;
  return key;
}

[[nodiscard]] inline bool is_signed_by(PublicKey const& key, std::span<std::byte const> message, Signature const& signature) noexcept {
  return crypto_sign_verify_detached(reinterpret_cast<unsigned char const*>(signature.data()), reinterpret_cast<unsigned char const*>(message.data()),
                                     message.size(), reinterpret_cast<unsigned char const*>(key.data())) == 0;
}

/// Signs with a secret key, which is overwritten when it goes.
class Signer {
 public:
  explicit Signer(EncryptionKey const& seed) noexcept {
    crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key_.data()), secret_.data(), seed.data());
  }
  Signer(Signer const&) = delete;
  Signer& operator=(Signer const&) = delete;
  ~Signer() { sodium_memzero(secret_.data(), secret_.size()); }

  [[nodiscard]] PublicKey const& public_key() const noexcept { return public_key_; }
  [[nodiscard]] Signature sign(std::span<std::byte const> message) const noexcept {
    Signature signature;
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, reinterpret_cast<unsigned char const*>(message.data()),
                         message.size(), secret_.data());
    return signature;
  }

 private:
  static_assert(crypto_sign_SEEDBYTES == EncryptionKey::size);
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_{};
  PublicKey public_key_{};
};

/// The signer of a configuration, from 64 hexadecimal digits or the variable that has them; null where neither says anything.
/// Errors: `config/range`, without what was given.
[[nodiscard]] inline std::unique_ptr<Signer> read_signer(Secret const& given, std::string const& variable) {
  Secret text = given;
  if (text.empty() && !variable.empty()) text = Secret{process_environment().get_or(variable, {})};
  if (text.empty()) return nullptr;
  EncryptionKey seed;
  if (!read_hex(text.reveal(), seed.data())) {
    raise(Errc::config_range, "The :key of an audited store is 64 hexadecimal digits, and this is something else; it is not shown.", "{:key :key}");
  }
  return std::make_unique<Signer>(seed);
}

/// The public key of a configuration; nothing where it says none. Errors: `config/range`.
[[nodiscard]] inline std::optional<PublicKey> read_public_key(std::string const& text) {
  if (text.empty()) return std::nullopt;
  auto key = public_key_of(text);
  if (!key) raise(Errc::config_range, "The :public-key of an audited store is 64 hexadecimal digits, and this is something else.", "{:key :public-key}");
  return key;
}

}  // namespace cairn::layer
