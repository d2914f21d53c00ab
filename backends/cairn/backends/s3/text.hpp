// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Text in the forms that S3 wants: percent-encoded, hexadecimal, hashed.
#pragma once

#include <cairn/error/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <openssl/evp.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::backends::s3::details {

using ByteSpan = std::span<std::byte const>;

inline ByteSpan bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span{text.data(), text.size()}); }
inline std::string_view text_of(ByteSpan bytes) noexcept { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Each byte but the unreserved ones, and those in `kept`, as an escape and two digits. With `%` and upper case it is the only form that
/// signatures count.
inline std::string escaped(std::string_view text, std::string_view kept, char escape = '%') {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string made;
  made.reserve(text.size());
  for (char const c : text) {
    if (is_alphanumeric(c) || kept.find(c) != std::string_view::npos) {
      made += c;
    } else {
      auto const byte = static_cast<unsigned char>(c);
      made += escape;
      made += digits[byte >> 4U];
      made += digits[byte & 15U];
    }
  }
  return made;
}
/// A part of a query.
inline std::string percent_encoded(std::string_view text) { return escaped(text, "-_.~"); }
/// A path: its slashes stay.
inline std::string path_encoded(std::string_view text) { return escaped(text, "-_.~/"); }

inline int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// The text again; nothing where an escape is not one.
inline std::optional<std::string> unescaped(std::string_view text, char escape = '%') {
  std::string made;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != escape) {
      made += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    int const high = digit_of(text[i + 1]);
    int const low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    made += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return made;
}

template <class Bytes>
std::string hexadecimal(Bytes const& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made;
  for (auto const byte : bytes) {
    auto const bits = static_cast<unsigned char>(byte);
    made += digits[bits >> 4U];
    made += digits[bits & 15U];
  }
  return made;
}
/// Fills `bytes` from twice as many digits in lower case; false where they are none.
template <class Bytes>
bool read_hexadecimal(std::string_view text, Bytes& bytes) {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (digit_of(text[i]) < 0 || (text[i] >= 'A' && text[i] <= 'F')) return false;
  }
  for (std::size_t i = 0; i != bytes.size(); ++i) {
    using Byte = typename Bytes::value_type;
    bytes[i] = static_cast<Byte>(digit_of(text[2 * i]) * 16 + digit_of(text[2 * i + 1]));
  }
  return true;
}

/// The SHA-256 of some bytes in 64 digits. O(size).
inline std::string sha256(ByteSpan bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = digest.size();
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    raise(Errc::io_error, "OpenSSL could not make a SHA-256: look at its configuration.");
  return hexadecimal(digest);
}

}  // namespace cairn::backends::s3::details
