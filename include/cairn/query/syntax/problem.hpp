// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is wrong with a query: known to a constant expression, made an exception at run time.
#pragma once

#include <cairn/edn/position.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::query::syntax {

/// The kinds of mistakes that a compiler tells apart by name.
enum class Fault : std::uint8_t {
  none,
  not_edn,           ///< The text is not one EDN form.
  bad_query,         ///< A part is missing, unknown, there twice or not of its form.
  bad_find,          ///< `:find` can't be read.
  bad_input,         ///< `:in` can't be read.
  bad_clause,        ///< A clause can't be read.
  bad_rule,          ///< A rule can't be read.
  repeated_name,     ///< A name twice where once is meant.
  unbound_variable,  ///< `:find` or `:with` name what nothing binds.
  unbound_argument,  ///< A clause waits for what nothing binds.
  unknown_source,
  unknown_rule,
  unknown_function,
  unknown_aggregate,
  wrong_arguments,  ///< A function, aggregate, rule or query is given another number of arguments than it takes.
  too_big,
};

/// The first mistake of a text, or none. `reason` and `hint` are static text.
struct Problem {
  Fault fault = Fault::none;
  Errc code = Errc::parser_query;
  std::size_t offset = 0;  ///< of the form that is wrong
  std::size_t length = 0;
  std::string_view reason{};  ///< says what to do
  std::string_view hint{};    ///< the known name that was probably meant, or nothing
  bool in_rules = false;      ///< the place is in the text of the rules

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return fault != Fault::none; }
};

/// The exception for a problem of `text`, which is that of the rules where `problem.in_rules`: line, column, reason,
/// the text with a caret; data `{:line 1 :column 5 :offset 4 :form "?x"}`. Requires: there is a problem.
template <meta::Lazy = {}>
[[nodiscard]] inline Error error_of(std::string_view text, Problem const& problem) {
  std::string what;
  if (problem.in_rules) what += "in the rules: ";
  what += problem.reason;
  if (!problem.hint.empty()) what.append("; the nearest is ").append(problem.hint);
  auto const at = notation::position(text, problem.offset);
  return Error{problem.code, notation::explain(text, problem.offset, what),
               "{:line " + std::to_string(at.line) + " :column " + std::to_string(at.column) + " :offset " +
                   std::to_string(problem.offset) + "}"};
}

}  // namespace cairn::query::syntax
