// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows that come in under :in.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace cairn::query::compiled {

/// What a collection, a tuple or a relation gives, each row once. The values of a variable are of one kind, and borrowed.
struct InputRows {
  std::vector<std::uint16_t> variables{};
  StoredRows rows{0};
};

/// The rows that a binding of single values makes of a value, which must outlive them. Nothing where the run-time engine has to do
/// it: where the value is of another shape, or a variable's values are of several kinds.
template <meta::Lazy = {}>
[[nodiscard]] std::optional<InputRows> input_rows(PlanView const& plan, Binding const& binding, Value const& value);

}  // namespace cairn::query::compiled
