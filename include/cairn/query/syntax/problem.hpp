// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is wrong with a query: known to a constant expression, made an exception at run time.
#pragma once

#include <cairn/edn/char_buffer.hpp>
#include <cairn/edn/position.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/function/builtins.hpp>

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

/// How many of something are given, and how many are taken.
struct Count {
  std::string_view of{};  ///< "argument"; empty: nothing was counted
  std::size_t given = 0;
  std::size_t least = 0;
  std::size_t most = 0;  ///< `any_number`: as many as one likes
};

/// The first mistake of a text, or none. `reason` is static text, `hint` that or a part of the texts.
struct Problem {
  Fault fault = Fault::none;
  Errc code = Errc::parser_query;
  std::size_t offset = 0;  ///< of the form that is wrong
  std::size_t length = 0;
  std::string_view reason{};  ///< says what to do
  std::string_view hint{};    ///< the known name that was probably meant, or nothing
  bool in_rules = false;      ///< the place is in the text of the rules
  Count count{};              ///< of what is given in another number than `reason` takes, which says who that is

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return fault != Fault::none; }
};

/// "this function takes 2 to 3 arguments, and is given 1".
template <class Text = std::string>
[[nodiscard]] constexpr Text words_of(Problem const& problem) {
  Text text{problem.reason};
  Count const& count = problem.count;
  if (count.of.empty()) return text;
  text += " takes ";
  text += notation::detail::to_text(count.least).view();
  if (count.most == any_number) {
    text += " or more";
  } else if (count.most != count.least) {
    text += " to ";
    text += notation::detail::to_text(count.most).view();
  }
  text += ' ';
  text += count.of;
  if (count.most != 1) text += 's';
  text += ", and is given ";
  text += notation::detail::to_text(count.given).view();
  return text;
}

/// The exception for a problem of `text`, which is that of the rules where `problem.in_rules`: line, column, reason,
/// the text with a caret; data `{:line 1 :column 5 :offset 4 :form "?x"}`. Requires: there is a problem.
template <meta::Lazy = {}>
[[nodiscard]] inline Error error_of(std::string_view text, Problem const& problem) {
  std::string what;
  if (problem.in_rules) what += "in the rules: ";
  what += words_of(problem);
  if (!problem.hint.empty()) what.append("; the nearest is ").append(problem.hint);
  auto const at = notation::position(text, problem.offset);
  return Error{problem.code, notation::explain(text, problem.offset, what),
               "{:line " + std::to_string(at.line) + " :column " + std::to_string(at.column) + " :offset " +
                   std::to_string(problem.offset) + "}"};
}

}  // namespace cairn::query::syntax
