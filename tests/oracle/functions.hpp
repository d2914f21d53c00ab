// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions that clauses call and the aggregates of find.
#pragma once

#include "bindings.hpp"
#include "source.hpp"

#include <compare>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace cairn::oracle {

/// A value, or a source that was named.
using Argument = std::variant<Value, std::shared_ptr<Source const>>;

[[nodiscard]] bool is_function(std::string_view name);
/// Whether what a call `(f ?x)` gives may be a keyword or a vector, or have one in it, and so name an entity.
[[nodiscard]] bool may_name(Value const& call);
/// Errors: `query/where` for arguments of the wrong number or kind, `query/arithmetic`; `Unspoken`.
[[nodiscard]] Value call_function(std::string_view name, std::span<Argument const> arguments);

[[nodiscard]] bool is_aggregate(std::string_view name);
/// Of at least one value; `arguments` are those before the variable. Errors: as of functions.
[[nodiscard]] Value aggregate(std::string_view name, std::span<Value const> arguments, Values const& values);

// ---- arithmetic

enum class Operation { add, subtract, multiply, divide, quotient, remainder, modulo };
/// Integers give an integer; with a double among them, a double. `/` that leaves a remainder gives a double.
/// Errors: `query/arithmetic` for what does not fit and for a zero divisor, `query/where` for what is no number.
[[nodiscard]] Value calculate(Operation operation, Value const& left, Value const& right);
/// As comparisons see it: numbers by value alone, all else in the order of values.
[[nodiscard]] std::weak_ordering compare_loosely(Value const& left, Value const& right);
/// Requires: a number.
[[nodiscard]] double to_double(Value const& number);

[[nodiscard]] std::u32string code_points(std::string_view text);

}  // namespace cairn::oracle
