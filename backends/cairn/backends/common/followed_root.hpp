// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reading a root of which a part is known already, for backends whose versions are epochs and numbers of frames.
#pragma once

#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::backends::common {

/// The root of that name, which is at `epoch` with so many frames. As long as the epoch is the same its state and its first frames are,
/// so that what was read last is not read again: `read_state()` gives the state, where it is not known, and `read_frames(place, tail)`
/// adds the frames from that place on. All of it is of one moment, the transaction or the snapshot of whoever calls.
template <class ReadState, class ReadFrames>
[[nodiscard]] RootRecord read_root(LastRoot& roots, std::string_view branch, std::string const& epoch, std::uint64_t frames, ReadState read_state,
                                   ReadFrames read_frames) {
  auto const last = roots.find(branch);
  bool const is_known = last && last->version == root_version(epoch, last->tail.size());
  RootRecord record{{}, is_known ? last->state : read_state(), {}};
  if (is_known) {
    // Another thread may have read what came after this moment.
    auto const count = static_cast<std::size_t>((std::min)(std::uint64_t{last->tail.size()}, frames));
    constexpr std::size_t few = 64;  // for what comes, so that all the rest is not moved for it
    record.tail.reserve(count + few);
    record.tail.assign(last->tail.begin(), last->tail.begin() + static_cast<std::ptrdiff_t>(count));
  }
  std::uint64_t const known = record.tail.size();
  if (known != frames) read_frames(known, record.tail);
  record.version = root_version(epoch, record.tail.size());
  bool const has_news = !is_known || known != frames;
  // Of a damaged tail, one with gaps, nothing is kept: its frames are not at their places.
  if (has_news && record.tail.size() == frames) roots.keep(branch, record);
  return record;
}

}  // namespace cairn::backends::common
