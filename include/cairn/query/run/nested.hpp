// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries inside of queries: what a step that asks one calls. Defined where queries are asked.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/query_context.hpp>

#include <cstdint>
#include <span>

namespace cairn::query {

/// What `(q query $ ?x)` finds for a row; `operands[0]` is the query. Where `as_value`, the rows of a relation are a set, and
/// else they are in no particular order.
template <meta::Lazy = {}>
[[nodiscard]] Value nested_query(QueryContext& context, std::span<Operand const> operands, Batch const& in, std::uint32_t row,
                                 bool as_value);

}  // namespace cairn::query
