// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The name of one attempt to commit.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/edn/uuid.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace cairn {

/// 128 random bits that an attempt to commit carries, so that a writer whose reply was lost finds out from the root whether
/// it was its own commit that landed. A checkpoint in a store that names commits (`BlobStoreNamesCommits`) is called by its content besides.
struct CommitId {
  std::array<std::byte, 16> bytes{};

  /// From the system's source of randomness: two processes never draw the same.
  [[nodiscard]] static CommitId random() {
    thread_local std::random_device source;  // asks the processor what it can do when it is made: dearer than a commit's datoms
    CommitId id;
    for (std::size_t i = 0; i != id.bytes.size(); i += sizeof(std::random_device::result_type)) {
      auto const word = source();
      std::memcpy(id.bytes.data() + i, &word, sizeof word);
    }
    return id;
  }

  friend bool operator==(CommitId const&, CommitId const&) = default;
};

/// As a UUID is written; `cairn log` prints it.
[[nodiscard]] inline std::string to_text(CommitId const& id) {
  notation::UuidBytes bytes;
  std::ranges::transform(id.bytes, bytes.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return notation::format_uuid(bytes);
}

/// Reads it again; nothing where the text is anything else.
[[nodiscard]] inline std::optional<CommitId> commit_id_of(std::string_view text) {
  auto const bytes = notation::parse_uuid(text);
  if (!bytes) return std::nullopt;
  CommitId id;
  std::ranges::transform(*bytes, id.bytes.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
  return id;
}

namespace codec {

inline void write(ByteWriter& out, CommitId const& id) { out.raw(id.bytes); }

inline CommitId read_commit_id(ByteReader& in) {
  CommitId id;
  std::ranges::copy(in.raw(id.bytes.size()), id.bytes.begin());
  return id;
}

}  // namespace codec

}  // namespace cairn
