// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of a static query as a result, declared.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/feed.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/result.hpp>
#include <cairn/query/run/source.hpp>

#include <memory>

namespace cairn::query::compiled {

/// A feed's rows as the run-time engine has them: in groups, without those that are there twice, and what is asked of the whole
/// done. `owner`: of what rows show. Errors: those of the store, of aggregates and of functions.
template <meta::Lazy = {}>
[[nodiscard]] QueryResult collect(RowFeed& feed, bool has_duplicates, PlanView const& plan, std::shared_ptr<Source const> database,
                                  std::shared_ptr<void const> owner);

}  // namespace cairn::query::compiled
