// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions of the shell that ask queries and pull.
#pragma once

#include "value.hpp"

#include <span>

namespace cairn::tool {

/// `(q query & inputs)`; `query` is a query, its text, or a map with `:query`, the inputs in `:args` or behind it.
[[nodiscard]] ShellValue call_q(std::span<ShellValue const> arguments);
/// The same of `(explain query & inputs)`: text, a line a step of the plan.
[[nodiscard]] ShellValue call_explain(std::span<ShellValue const> arguments);
/// `(pull db pattern entity)`, `(pull db {:selector pattern :eid entity})`.
[[nodiscard]] ShellValue call_pull(std::span<ShellValue const> arguments);
/// `(pull-many db pattern entities)`, `(pull-many db {:selector pattern :eids entities})`.
[[nodiscard]] ShellValue call_pull_many(std::span<ShellValue const> arguments);

}  // namespace cairn::tool
