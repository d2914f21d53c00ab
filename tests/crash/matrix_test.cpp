// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The fault matrix of the file backend, a test a row. Each prints how many states it judged.
#include "count_states.hpp"
#include "rows.hpp"

#include <catch2/catch_test_macros.hpp>

using cairn::test::count_states;
namespace test = cairn::test;

TEST_CASE("power lost at every call of 200 transactions takes nothing that was acknowledged and leaves nothing half") {
  count_states("power lost at every call, all unsynced lost", test::power_lost_at_every_call);
}
TEST_CASE("sectors that power tore and reordered are never taken for what was written") {
  count_states("torn and reordered sectors", test::torn_and_reordered_sectors);
}
TEST_CASE("names and renames that power undid take no commit with them") {
  count_states("lost names and undone renames", test::lost_names_and_undone_renames);
}
TEST_CASE("power lost in three recoveries, one after the other, takes nothing more") {
  count_states("power lost in recovery, three deep", test::power_lost_in_recovery);
}
TEST_CASE("relaxed commits lose a suffix at most, whatever power does") {
  count_states("relaxed commits, power lost", test::relaxed_commits_lose_a_suffix);
}
TEST_CASE("power lost in a sweep or a compaction takes nothing that is live, and the next sweep ends it") {
  count_states("power lost in sweeps and compactions", test::power_lost_in_a_sweep);
}
TEST_CASE("power lost while blobs are files of their own takes nothing either") {
  count_states("power lost, blobs in files", test::power_lost_with_blobs_in_files);
}
TEST_CASE("a clock that jumps sweeps nothing that is live") {
  count_states("clocks that jump", test::clocks_that_jump);
}
TEST_CASE("a sync that fails poisons its connection, and what the next one shows survives") {
  count_states("failed syncs, once and for good", test::syncs_that_fail);
}
TEST_CASE("each call that fails in turn, with five errors, is told as what it is and loses nothing") {
  count_states("failed calls, five errors", test::writes_that_fail);
}
TEST_CASE("short reads, short writes and interruptions are nobody's business") {
  count_states("short and interrupted calls", test::short_writes_and_interruptions);
}
TEST_CASE("a read that fails is an error, and never the end of the log") {
  count_states("failed reads", test::reads_that_fail);
}
TEST_CASE("after a full disk the same connection goes on, after a failed sync it does not") {
  count_states("connections after failures", test::connections_after_failures);
}
TEST_CASE("the judge notices a disk that lies about its syncs") {
  count_states("disks that lie, noticed", test::disks_that_lie);
}
TEST_CASE("writers on several connections are fenced by versions") {
  count_states("interleaved writers", test::writers_that_meet);
}
TEST_CASE("a process killed at an exact call loses nothing that it acknowledged") {
  count_states("kills at exact calls", test::kills_at_exact_calls);
}
TEST_CASE("the lock stays through forks and closed descriptors, and keeps a second connection out") {
  count_states("locks, forks and double opens", test::locks_that_stay);
}
TEST_CASE("a disk that is really full refuses commits, shows all, and goes on when there is room") {
  if (!test::may_mount()) SKIP("mounting a small disk is not permitted here");
  count_states("full disks", test::full_disks);
}
TEST_CASE("files that may not grow any more refuse commits, show all, and go on when they may") {
  count_states("limited files", test::limited_files);
}
TEST_CASE("four processes read snapshots that never change while a fifth writes, sweeps and compacts") {
  count_states("snapshots read during sweeps and compactions", test::readers_during_sweeps);
}
