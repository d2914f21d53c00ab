// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What two databases made of a third.
#pragma once

#include <cairn/db/diff.hpp>
#include <cairn/db/merge.hpp>

#include <vector>

namespace cairn {

/// What each of two sides changed, and where the two contradict.
struct ThreeWayDiff {
  DbDiff ours{};    ///< what leads from the base to ours
  DbDiff theirs{};  ///< what leads from the base to theirs
  std::vector<MergeConflict> conflicts{};  ///< by entity and attribute, as a merge of theirs into ours finds them

  [[nodiscard]] bool empty() const noexcept { return ours.empty() && theirs.empty(); }
};

/// What `ours` and `theirs` made of `base`, each for itself, and what of it contradicts (`plan_merge` says when). Nothing is changed: what a merge
/// would do is looked at before it is made.
///
/// Requires: `ours` and `theirs` come from `base` on branches of one store, where no number is given to two entities; all three are of the present.
/// Complexity: linear in what the two sides changed, and a few lookups for each change; of stored values only nodes that they do not share are read, and the ways to what is
/// looked up. Memory: the answer. Errors: those of reading.
template <class IndexTag>
[[nodiscard]] ThreeWayDiff diff(Db<IndexTag> const& base, Db<IndexTag> const& ours, Db<IndexTag> const& theirs) {
  ThreeWayDiff result{diff(base, ours), diff(base, theirs), {}};
  result.conflicts = detail::MergePlanner<IndexTag>{base, ours, theirs, MergePreference::none}.plan(result.theirs, &result.ours).conflicts;
  return result;
}

}  // namespace cairn
