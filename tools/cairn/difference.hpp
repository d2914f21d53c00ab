// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What databases do not have in common, as EDN.
#pragma once

#include "backends.hpp"

#include <cairn/db/merge.hpp>

#include <vector>

namespace cairn::tool {

/// `[{:e 1 :a :name :base .. :ours .. :theirs ..}]`; nil where there was no value.
[[nodiscard]] Edn conflicts_as_edn(std::vector<MergeConflict> const& conflicts);

/// `{:removed [[e a v tx added] ..] :added [..]}`: what leads from one to the other.
[[nodiscard]] Edn difference_as_edn(Database const& before, Database const& after);

/// `{:ours {:removed [..] :added [..]} :theirs {..} :conflicts [..]}`: what both made of the base.
[[nodiscard]] Edn difference_as_edn(Database const& base, Database const& ours, Database const& theirs);

}  // namespace cairn::tool
