// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Addresses of audited blobs, which say what is there.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/layer/audit_hash.hpp>

#include <sodium.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cairn::layer {

using BlobDigest = std::array<std::byte, 16>;

/// Where a blob is, and the hash of what was put there. On disk.
template <class Inner>
struct AuditedAddress {
  Inner inner{};
  BlobDigest digest{};
  friend bool operator==(AuditedAddress const&, AuditedAddress const&) = default;
  /// Whatever has become of the blob.
  [[nodiscard]] constexpr AuditedAddress place() const noexcept { return {blob_place(inner), {}}; }
};

/// Random bytes behind a blob, drawn when it is put. A hash of 16 bytes is enough with them: who would exchange a blob needs other bytes for
/// a hash that is there already, and can't have prepared two of one hash before.
inline constexpr std::size_t salt_size = 16;

[[nodiscard]] inline BlobDigest digest_of(std::span<std::byte const> salted) noexcept {
  return audit_hash<sizeof(BlobDigest)>(HashPurpose::blob, salted);
}

[[nodiscard]] inline std::vector<std::byte> salted(std::span<std::byte const> bytes) {
  std::vector<std::byte> made;
  made.reserve(bytes.size() + salt_size);
  made.assign(bytes.begin(), bytes.end());
  made.resize(bytes.size() + salt_size);
  randombytes_buf(made.data() + bytes.size(), salt_size);
  return made;
}

/// The blob of that hash; nothing where the bytes are anything else.
[[nodiscard]] inline std::optional<Bytes> unsalted(Bytes const& stored, BlobDigest const& digest) {
  if (stored.size() < salt_size || digest_of(stored) != digest) return std::nullopt;
  return stored.slice(0, stored.size() - salt_size);
}

}  // namespace cairn::layer
