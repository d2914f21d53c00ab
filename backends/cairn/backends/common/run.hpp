// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which blobs one request brings.
#pragma once

#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/common/packed_address.hpp>
#include <cairn/backends/common/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cairn::backends::common {

/// Blobs of one pack that lie close together, as those do that were put one after the other: a request costs more, in money and in
/// time, than the bytes between them.
struct Run {
  std::vector<std::size_t> places{};  ///< which of the addresses
  std::uint64_t from = 0;             ///< its bytes in the pack
  std::uint64_t to = 0;

  /// What is stored of one of its blobs. Requires: `bytes` are those of the run.
  [[nodiscard]] ByteSpan stored(PackedAddress const& address, ByteSpan bytes) const noexcept {
    return bytes.subspan(static_cast<std::size_t>(address.offset() - from), stored_size(address.size()));
  }
};

inline constexpr std::uint64_t widest_gap = std::uint64_t{4} << 10U;
/// More than one blob is no longer than that, so that what is large comes over many connections: as much as one of them brings in a
/// millisecond or less, which is what a request takes at least.
inline constexpr std::uint64_t longest_run = std::uint64_t{32} << 10U;

/// The runs that the addresses at `places` are in. With 0 as the longest each blob is one.
inline std::vector<Run> runs_of(std::span<PackedAddress const> addresses, std::span<std::size_t const> places, std::uint64_t longest = longest_run) {
  std::vector<std::size_t> sorted{places.begin(), places.end()};
  std::sort(sorted.begin(), sorted.end(), [&](std::size_t left, std::size_t right) { return addresses[left] < addresses[right]; });
  std::vector<Run> runs;
  for (auto const place : sorted) {
    auto const& address = addresses[place];
    std::uint64_t const begin = address.offset();
    std::uint64_t const end = begin + stored_size(address.size());
    if (!runs.empty() && addresses[runs.back().places.front()].pack() == address.pack()) {
      auto& run = runs.back();
      auto const to = (std::max)(run.to, end);
      if (begin <= run.to + widest_gap && to - run.from <= longest) {
        run.places.push_back(place);
        run.to = to;
        continue;
      }
    }
    runs.push_back({{place}, begin, end});
  }
  return runs;
}

}  // namespace cairn::backends::common
