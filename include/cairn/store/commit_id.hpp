// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The name of one attempt to commit.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

/// 128 random bits that an attempt to commit carries, so that a writer whose reply was lost finds out from the root whether
/// it was its own commit that landed. A checkpoint in a store that names commits (`BlobStoreNamesCommits`) is called by its content besides.
struct CommitId {
  std::array<std::byte, 16> bytes{};

  /// From the system's source of randomness: two processes never draw the same, children of a fork included.
  template <meta::Lazy = {}>
  [[nodiscard]] static CommitId random();

  friend bool operator==(CommitId const&, CommitId const&) = default;
};

/// As a UUID is written; `cairn log` prints it.
template <meta::Lazy = {}>
[[nodiscard]] std::string to_text(CommitId const& id);

/// Reads it again; nothing where the text is anything else.
template <meta::Lazy = {}>
[[nodiscard]] std::optional<CommitId> commit_id_of(std::string_view text);

namespace codec {

inline void write(ByteWriter& out, CommitId const& id) { out.raw(id.bytes); }

inline CommitId read_commit_id(ByteReader& in) {
  CommitId id;
  auto const from = in.raw(id.bytes.size());
  std::copy(from.begin(), from.end(), id.bytes.begin());
  return id;
}

}  // namespace codec

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/store/commit_id_text.hpp>
#endif
