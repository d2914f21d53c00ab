// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The file backend with one mistake in it: the fault matrix must go red. `mutants NAME ROW` passes when that row does,
// and is green without the mistake; `mutants` alone tries every mistake on every row and prints who catches what.
#include "rows.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::test {
extern int mutant;
int mutant = 0;  // NOLINT: what the copies of the headers look at
}  // namespace cairn::test

namespace {

using cairn::test::Extent;
using cairn::test::Tally;

constexpr std::array names{
#include "mutants.inc"
};

struct Row {
  std::string_view name;
  Tally (*count)(Extent const&);
};

constexpr std::array rows{
    Row{"power_lost_at_every_call", cairn::test::power_lost_at_every_call},
    Row{"torn_and_reordered_sectors", cairn::test::torn_and_reordered_sectors},
    Row{"lost_names_and_undone_renames", cairn::test::lost_names_and_undone_renames},
    Row{"power_lost_in_recovery", cairn::test::power_lost_in_recovery},
    Row{"relaxed_commits_lose_a_suffix", cairn::test::relaxed_commits_lose_a_suffix},
    Row{"power_lost_in_a_sweep", cairn::test::power_lost_in_a_sweep},
    Row{"power_lost_with_blobs_in_files", cairn::test::power_lost_with_blobs_in_files},
    Row{"syncs_that_fail", cairn::test::syncs_that_fail},
    Row{"writes_that_fail", cairn::test::writes_that_fail},
    Row{"short_writes_and_interruptions", cairn::test::short_writes_and_interruptions},
    Row{"reads_that_fail", cairn::test::reads_that_fail},
    Row{"flipped_bits", cairn::test::flipped_bits},
    Row{"truncations", cairn::test::truncations},
    Row{"damage_with_room", cairn::test::damage_with_room},
    Row{"moved_blocks", cairn::test::moved_blocks},
    Row{"writers_that_meet", cairn::test::writers_that_meet},
    Row{"locks_that_stay", cairn::test::locks_that_stay},
};

Tally run(Row const& row, int mutant) {
  cairn::test::mutant = mutant;
  try {
    return row.count({.seed = 1, .times = 1, .stops_at_first = true});
  } catch (std::exception const& error) {
    Tally tally;
    tally.must(false, error.what());
    return tally;
  }
}

int numbered(std::string_view name) {
  auto const found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? 0 : static_cast<int>(found - names.begin()) + 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3) {
    auto const mutant = numbered(arguments[1]);
    auto const row = std::find_if(rows.begin(), rows.end(), [&](Row const& each) { return each.name == arguments[2]; });
    if (mutant == 0 || row == rows.end()) {
      std::printf("There is no mutant %s, or no row %s.\n", arguments[1], arguments[2]);
      return 2;
    }
    if (auto const sound = run(*row, 0); sound.violations != 0) {
      std::printf("%s is red without a mistake: %s\n", arguments[2], sound.first.c_str());
      return 1;
    }
    auto const caught = run(*row, mutant);
    std::printf("%s: %s by %s after %zu states%s%s\n", arguments[1], caught.violations != 0 ? "caught" : "NOT CAUGHT",
                arguments[2], caught.states, caught.violations != 0 ? ": " : "", caught.first.c_str());
    return caught.violations != 0 ? 0 : 1;
  }
  bool are_all_caught = true;
  for (auto const* name : names) {
    std::string caught_by;
    for (auto const& row : rows) {
      if (run(row, numbered(name)).violations != 0) caught_by += " " + std::string{row.name};
    }
    are_all_caught = are_all_caught && !caught_by.empty();
    std::printf("%s:%s\n", name, caught_by.empty() ? " NOT CAUGHT" : caught_by.c_str());
    std::fflush(stdout);
  }
  return are_all_caught ? 0 : 1;
}
