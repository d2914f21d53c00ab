// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a backend promises, as data.
#pragma once

#include <cstdint>
#include <string_view>

namespace cairn {

/// What makes the second of two writers who read the same root fail.
enum class Fence : std::uint8_t {
  none,              ///< nothing does: updates would be lost silently, so `Store<Backend>` does not compile
  compare_and_swap,  ///< a commit compares the root's version and replaces it in one atomic step
  lock,              ///< one writer at a time holds the store exclusively
};

/// Who can have the same store open at the same time.
enum class Sharing : std::uint8_t {
  connection,  ///< one connection
  process,     ///< any number of connections of one process
  machine,     ///< processes of one machine
  network,     ///< processes of any machine that reaches it
};

/// What a backend promises. The engine chooses its paths from it and the law tests choose their cases from it, so that a claim that is not true
/// fails a test, with these exceptions, which are for tests of your own: what a server syncs, and names of files that were not; other machines than
/// the one that tests; which of the two fences it is; what an append sends to a server or writes through a mapped file; and a promise that is too modest.
/// Every backend has `static constexpr Capabilities capabilities{...}`.
struct Capabilities {
  /// An acknowledged commit survives `kill -9` and the loss of power.
  bool durable = false;
  Fence fence = Fence::none;
  Sharing sharing = Sharing::connection;
  /// `read` hands out the bytes where they lie.
  bool zero_copy_reads = false;
  /// `append` costs the frame's own bytes and one sync; otherwise it rewrites the tail.
  bool durable_append = false;
  /// The library that programs need for it, if any: for people, and the table of backends.
  std::string_view needs{};

  friend constexpr bool operator==(Capabilities const&, Capabilities const&) = default;
};

}  // namespace cairn
