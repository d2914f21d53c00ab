// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A look at all blobs of a store.
#pragma once

#include <cairn/backends/file/compaction.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/log.hpp>
#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cairn::backends::file::details {

/// How long the log is in a segment that is closed: the next one says it. Where that is gone, all of the file counts.
template <class Io>
[[nodiscard]] std::uint64_t closed_length(Log<Io>& log, std::uint32_t number) {
  auto const next = log.frames().segment(number + 1);
  return next ? read_header(next->file(), number + 1).previous_length : UINT64_MAX;
}

/// `visit(address, bytes, put_by)`. Of a blob in the log it is known when its segment was closed, and when this connection saw it.
template <class Io, class Visit>
void for_each_blob(Log<Io>& log, Visit visit) {
  if (log.layout() == Layout::dir) {
    auto const& files = log.frames().blobs();
    for (auto const& address : files.list()) {
      auto const created = files.created(address);
      visit(address, frame_size(address.length), created ? time_of(*created) : TimePoint{});
    }
    return;
  }
  log.check_usable();
  auto const segments = list_store<Io>(log.directory()).segments;
  for (std::size_t i = 0; i != segments.size(); ++i) {
    auto const number = segments[i];
    auto const segment = log.frames().segment(number);
    if (!segment) continue;  // swept since
    bool const is_last = i + 1 == segments.size();
    auto const put_by = is_last ? TimePoint::max() : log.frames().created(segments[i + 1]);
    // Behind what is whole in the last one there is room, or what somebody is about to commit.
    static_cast<void>(survey_segment(*segment, is_last ? UINT64_MAX : closed_length(log, number), segment_key(log.store(), number),
                                     [&](FrameView const& frame) {
                                       if (frame.header.type != FrameType::blob) return true;
                                       auto const seen = log.time_of_place({number, frame.offset});
                                       visit(frame.address(number), frame_size(frame.header.length), (std::min)(put_by, seen));
                                       return true;
                                     }));
  }
}

}  // namespace cairn::backends::file::details
