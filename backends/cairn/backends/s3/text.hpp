// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Text in the forms that S3 wants: percent-encoded, hashed.
#pragma once

#include <cairn/backends/common/text.hpp>
#include <cairn/error/error.hpp>

#include <array>
#include <openssl/evp.h>
#include <string>
#include <string_view>

namespace cairn::backends::s3::details {

// What all stores of objects share.
using namespace common;  // NOLINT(google-build-using-namespace)

/// A part of a query. With `%` and upper case it is the only form that signatures count.
inline std::string percent_encoded(std::string_view text) { return escaped(text, "-_.~"); }
/// A path: its slashes stay.
inline std::string path_encoded(std::string_view text) { return escaped(text, "-_.~/"); }

/// The SHA-256 of some bytes in 64 digits. O(size).
inline std::string sha256(ByteSpan bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = digest.size();
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    raise(Errc::io_error, "OpenSSL could not make a SHA-256: look at its configuration.");
  return hexadecimal(digest);
}

}  // namespace cairn::backends::s3::details
