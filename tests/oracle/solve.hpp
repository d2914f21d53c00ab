// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Clauses are answered one by one.
#pragma once

#include "bindings.hpp"
#include "source.hpp"

#include <span>

namespace cairn::oracle {

class RuleTable;

/// What is around a clause.
struct Context {
  Sources const& sources;
  RuleTable& rules;
  std::string source = "$";  ///< what patterns without a source of their own are matched with
};

/// The bindings of `in` extended with all that make the clauses true. In the order of the text, but that a clause waits
/// until its variables are bound, and negations wait for everything else. What finds a variable that a function
/// may give by name waits for the function, unless this needs what it finds. Nothing where some clause waits in vain.
[[nodiscard]] std::optional<Bindings> solve(Context const& context, std::span<Value const> clauses, Bindings in);

/// Whether a clause may give a variable a value that a function makes, and that may be a name of an entity.
[[nodiscard]] bool computes(RuleTable const& rules, Value const& clause, Variable const& variable);

}  // namespace cairn::oracle
