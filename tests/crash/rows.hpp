// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The fault matrix of the file backend: each row makes states of a store that faults leave, and has each judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace cairn::test {

/// How far to count.
struct Extent {
  std::uint64_t seed = 0;
  /// 10 in a long run, 1 otherwise.
  std::size_t times = std::getenv("CAIRN_LONG") != nullptr ? 10 : 1;
  /// Under a sanitizer one state of so many.
  std::size_t thinned = 1;
  /// One violation is enough.
  bool stops_at_first = false;
};

struct Tally {
  std::size_t states = 0;
  std::size_t violations = 0;
  std::string first{};  ///< what the first violation was

  /// Counts a state; `what()` says which one it is.
  template <class What>
  void see(std::optional<std::string> const& wrong, What what) {
    ++states;
    if (wrong && violations++ == 0) first = what() + ": " + *wrong;
  }
  /// Counts something that must be so and is no state by itself.
  void must(bool condition, std::string const& what) {
    if (!condition && violations++ == 0) first = what;
  }
  [[nodiscard]] bool is_over(Extent const& extent) const { return extent.stops_at_first && violations != 0; }
  Tally& operator+=(Tally const& other) {
    states += other.states;
    if (violations == 0) first = other.first;
    violations += other.violations;
    return *this;
  }
};

// Power.
Tally power_lost_at_every_call(Extent const& extent);
Tally torn_and_reordered_sectors(Extent const& extent);
Tally lost_names_and_undone_renames(Extent const& extent);
Tally power_lost_in_recovery(Extent const& extent);
Tally relaxed_commits_lose_a_suffix(Extent const& extent);
/// Sweeps that remove segments and compact others.
Tally power_lost_in_a_sweep(Extent const& extent);
Tally power_lost_with_blobs_in_files(Extent const& extent);
Tally clocks_that_jump(Extent const& extent);
// Calls that fail.
Tally syncs_that_fail(Extent const& extent);
Tally writes_that_fail(Extent const& extent);
Tally short_writes_and_interruptions(Extent const& extent);
Tally reads_that_fail(Extent const& extent);
Tally connections_after_failures(Extent const& extent);
/// The control: the states are those of disks that acknowledge syncs and do nothing, and the judge must notice.
Tally disks_that_lie(Extent const& extent);
// Bytes that change.
Tally flipped_bits(Extent const& extent);
Tally flipped_bits_of_compacted_segments(Extent const& extent);
Tally truncations(Extent const& extent);
/// Zeros behind the log, which are room, and where it was, which are damage.
Tally damage_with_room(Extent const& extent);
Tally moved_blocks(Extent const& extent);
// Writers that meet.
Tally writers_that_meet(Extent const& extent);
// Processes, descriptors and disks of this machine.
Tally kills_at_exact_calls(Extent const& extent);
Tally locks_that_stay(Extent const& extent);
/// Whether `full_disks` can mount a disk here.
bool may_mount();
Tally full_disks(Extent const& extent);
/// No file may grow beyond a size, which is raised when it is reached.
Tally limited_files(Extent const& extent);
Tally readers_during_sweeps(Extent const& extent);

}  // namespace cairn::test
