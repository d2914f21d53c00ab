// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The key of an encrypted store, and those that are derived from it. On disk: see docs/format.md.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/error/error.hpp>

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::layer {

/// What a derived key is for: no bytes that were written for one purpose can be read for another. On disk: do not renumber.
enum class KeyPurpose : std::uint8_t { check = 1, blob = 2, state = 3, frame = 4 };

/// A key of 32 bytes, overwritten when it goes.
class EncryptionKey {
 public:
  static constexpr std::size_t size = 32;

  EncryptionKey() noexcept = default;
  EncryptionKey(EncryptionKey const&) = delete;
  EncryptionKey& operator=(EncryptionKey const&) = delete;
  ~EncryptionKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

  [[nodiscard]] unsigned char* data() noexcept { return bytes_.data(); }
  [[nodiscard]] unsigned char const* data() const noexcept { return bytes_.data(); }

 private:
  std::array<unsigned char, size> bytes_{};
};

/// Errors: `io/error` where the library finds no source of random numbers.
inline void require_sodium() {
  static bool const is_ready = sodium_init() >= 0;
  if (!is_ready) raise(Errc::io_error, "libsodium could not start: the system gives it no random numbers.");
}

/// Reads 32 bytes, written as 64 hexadecimal digits; false where the text is anything else.
[[nodiscard]] inline bool read_hex(std::string_view text, unsigned char* into) noexcept {
  std::size_t size = 0;
  char const* end = nullptr;
  return text.size() == 2 * EncryptionKey::size && sodium_hex2bin(into, EncryptionKey::size, text.data(), text.size(), nullptr, &size, &end) == 0 &&
         size == EncryptionKey::size && end == text.data() + text.size();
}

/// Reads the key of a configuration: 64 hexadecimal digits. Errors: `config/missing`, `config/range`, without what was given.
inline void read_key(Secret const& given, std::string const& variable, EncryptionKey& key) {
  Secret text = given;
  if (text.empty() && !variable.empty()) text = Secret{process_environment().get_or(variable, {})};
  if (text.empty()) {
    raise(Errc::config_missing,
          "The encrypted store has no key: give it :key, 64 hexadecimal digits (`openssl rand -hex 32` makes some), in the configuration or in "
          "CAIRN_ENCRYPTION_KEY, or name a variable that has it with :key-variable.",
          "{:key :key}");
  }
  if (!read_hex(text.reveal(), key.data())) {
    raise(Errc::config_range, "The :key of an encrypted store is 64 hexadecimal digits, and this is something else; it is not shown.", "{:key :key}");
  }
}

/// The keys of one store: BLAKE2b of its salt under the given key, and from that a key for each purpose.
class StoreKeys {
 public:
  static constexpr std::size_t salt_size = 32;

  StoreKeys(EncryptionKey const& given, std::span<std::byte const, salt_size> salt) {
    EncryptionKey own;
    crypto_generichash(own.data(), EncryptionKey::size, reinterpret_cast<unsigned char const*>(salt.data()), salt.size(), given.data(),
                       EncryptionKey::size);
    for (std::size_t i = 0; i != keys_.size(); ++i)
      crypto_kdf_derive_from_key(keys_[i].data(), EncryptionKey::size, i + 1, "cairnenc", own.data());
  }

  [[nodiscard]] EncryptionKey const& operator[](KeyPurpose purpose) const noexcept { return keys_[static_cast<std::size_t>(purpose) - 1]; }

 private:
  static_assert(crypto_generichash_KEYBYTES == EncryptionKey::size && crypto_kdf_KEYBYTES == EncryptionKey::size &&
                crypto_aead_xchacha20poly1305_ietf_KEYBYTES == EncryptionKey::size);
  std::array<EncryptionKey, 4> keys_{};
};

}  // namespace cairn::layer
