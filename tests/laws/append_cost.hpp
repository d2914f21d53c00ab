// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether an append costs its own bytes, as far as the system can tell.
#pragma once

#include "laws/blob_words.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

namespace cairn::laws {

/// What this process has handed to the system to write into files and pipes so far; 0 where the system doesn't say. What goes to sockets or
/// through a mapped file is not in it.
[[nodiscard]] inline std::uint64_t bytes_written() {
  std::ifstream file{"/proc/self/io"};
  std::string key;
  for (std::uint64_t number = 0; file >> key >> number;) {
    if (key == "wchar:") return number;
  }
  return 0;
}

/// A frame at the end of a long tail is written without the tail.
template <class Connection>
void check_append_cost(Connection& connection) {
  if (bytes_written() == 0) {
    SUCCEED("what an append writes can't be told here");
    return;
  }
  constexpr std::size_t frame_size = std::size_t{1} << 20U;
  constexpr std::size_t frames = 4;
  auto version = commit(connection, "main", Version{}, "state");
  for (unsigned i = 0; i != frames; ++i) version = append(connection, "main", version, pattern(frame_size, i));
  // The least of some, since a backend's own threads may write meanwhile.
  auto least = (std::numeric_limits<std::uint64_t>::max)();
  for (int i = 0; i != 5; ++i) {
    auto const before = bytes_written();
    version = append(connection, "main", version, "frame");
    least = (std::min)(least, bytes_written() - before);
  }
  CHECK(least < frame_size);
  CHECK(tail_of(connection, "main").size() == frames + 5);
}

}  // namespace cairn::laws
