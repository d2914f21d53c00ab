// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names of the functions that clauses can call, and what a parser and a planner must know of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query {

/// What a function does. Names that mean the same share one: `!=` and `not=`, `before?` and `<`.
enum class FunctionId : std::uint8_t {
  // comparisons: `compare_values` decides two values
  equal,
  number_equal,
  not_equal,
  less,
  greater,
  at_most,
  at_least,
  compare,
  // arithmetic
  add,
  subtract,
  multiply,
  divide,
  quotient,
  remainder,
  modulo,
  increment,
  decrement,
  maximum,
  minimum,
  is_zero,
  is_positive,
  is_negative,
  is_even,
  is_odd,
  random,
  random_integer,
  // logic
  is_true,
  is_false,
  is_nil,
  is_some,
  negation,
  conjunction,
  disjunction,
  complement,
  // values
  identity,
  ground,
  untuple,
  meta,
  type,
  name,
  name_space,
  // collections
  tuple,
  set,
  map,
  count,
  range,
  not_empty,
  empty,
  contains,
  differ,
  // text
  text,
  readable_text,
  spaced_text,
  text_line,
  readable_line,
  substring,
  pattern,
  find_match,
  match_whole,
  all_matches,
  // steps of a plan of their own: `call` does not know them
  get_else,
  get_some,
  missing,
  query,
};

/// As `FunctionInfo::most`: as many as one likes.
inline constexpr std::uint16_t any_number = 0xFFFF;

struct FunctionInfo {
  std::string_view name;
  std::uint16_t least;  ///< arguments, a source among them
  std::uint16_t most;
  FunctionId id;
  bool predicate = false;    ///< the result is true or false
  bool takes_source = false;  ///< its first argument is a source
  bool own_step = false;     ///< not for `call`: it looks at a source or asks a query
  bool pure = true;          ///< the same arguments give the same result
};

namespace detail {

inline constexpr bool yes = true;

/// All of them, those first that are called most.
inline constexpr std::array builtins{
    FunctionInfo{"=", 1, any_number, FunctionId::equal, yes},
    FunctionInfo{"==", 1, any_number, FunctionId::number_equal, yes},
    FunctionInfo{"not=", 1, any_number, FunctionId::not_equal, yes},
    FunctionInfo{"!=", 1, any_number, FunctionId::not_equal, yes},
    FunctionInfo{"<", 1, any_number, FunctionId::less, yes},
    FunctionInfo{">", 1, any_number, FunctionId::greater, yes},
    FunctionInfo{"<=", 1, any_number, FunctionId::at_most, yes},
    FunctionInfo{">=", 1, any_number, FunctionId::at_least, yes},
    FunctionInfo{"before?", 1, any_number, FunctionId::less, yes},
    FunctionInfo{"after?", 1, any_number, FunctionId::greater, yes},
    FunctionInfo{"identical?", 2, 2, FunctionId::equal, yes},
    FunctionInfo{"compare", 2, 2, FunctionId::compare},
    FunctionInfo{"+", 0, any_number, FunctionId::add},
    FunctionInfo{"-", 1, any_number, FunctionId::subtract},
    FunctionInfo{"*", 0, any_number, FunctionId::multiply},
    FunctionInfo{"/", 1, any_number, FunctionId::divide},
    FunctionInfo{"quot", 2, 2, FunctionId::quotient},
    FunctionInfo{"rem", 2, 2, FunctionId::remainder},
    FunctionInfo{"mod", 2, 2, FunctionId::modulo},
    FunctionInfo{"inc", 1, 1, FunctionId::increment},
    FunctionInfo{"dec", 1, 1, FunctionId::decrement},
    FunctionInfo{"max", 1, any_number, FunctionId::maximum},
    FunctionInfo{"min", 1, any_number, FunctionId::minimum},
    FunctionInfo{"zero?", 1, 1, FunctionId::is_zero, yes},
    FunctionInfo{"pos?", 1, 1, FunctionId::is_positive, yes},
    FunctionInfo{"neg?", 1, 1, FunctionId::is_negative, yes},
    FunctionInfo{"even?", 1, 1, FunctionId::is_even, yes},
    FunctionInfo{"odd?", 1, 1, FunctionId::is_odd, yes},
    FunctionInfo{.name = "rand", .least = 0, .most = 1, .id = FunctionId::random, .pure = false},
    FunctionInfo{.name = "rand-int", .least = 1, .most = 1, .id = FunctionId::random_integer, .pure = false},
    FunctionInfo{"true?", 1, 1, FunctionId::is_true, yes},
    FunctionInfo{"false?", 1, 1, FunctionId::is_false, yes},
    FunctionInfo{"nil?", 1, 1, FunctionId::is_nil, yes},
    FunctionInfo{"some?", 1, 1, FunctionId::is_some, yes},
    FunctionInfo{"not", 1, 1, FunctionId::negation, yes},
    FunctionInfo{"and", 0, any_number, FunctionId::conjunction},
    FunctionInfo{"or", 0, any_number, FunctionId::disjunction},
    FunctionInfo{"complement", 1, 1, FunctionId::complement},
    FunctionInfo{"identity", 1, 1, FunctionId::identity},
    FunctionInfo{"ground", 1, 1, FunctionId::ground},
    FunctionInfo{"untuple", 1, 1, FunctionId::untuple},
    FunctionInfo{"meta", 1, 1, FunctionId::meta},
    FunctionInfo{"type", 1, 1, FunctionId::type},
    FunctionInfo{"name", 1, 1, FunctionId::name},
    FunctionInfo{"namespace", 1, 1, FunctionId::name_space},
    FunctionInfo{"vector", 0, any_number, FunctionId::tuple},
    FunctionInfo{"tuple", 0, any_number, FunctionId::tuple},
    FunctionInfo{"list", 0, any_number, FunctionId::tuple},
    FunctionInfo{"set", 1, 1, FunctionId::set},
    FunctionInfo{"hash-map", 0, any_number, FunctionId::map},
    FunctionInfo{"array-map", 0, any_number, FunctionId::map},
    FunctionInfo{"count", 1, 1, FunctionId::count},
    FunctionInfo{"range", 0, 3, FunctionId::range},
    FunctionInfo{"not-empty", 1, 1, FunctionId::not_empty},
    FunctionInfo{"empty?", 1, 1, FunctionId::empty},
    FunctionInfo{"contains?", 2, 2, FunctionId::contains, yes},
    FunctionInfo{"-differ?", 0, any_number, FunctionId::differ, yes},
    FunctionInfo{"str", 0, any_number, FunctionId::text},
    FunctionInfo{"pr-str", 0, any_number, FunctionId::readable_text},
    FunctionInfo{"print-str", 0, any_number, FunctionId::spaced_text},
    FunctionInfo{"println-str", 0, any_number, FunctionId::text_line},
    FunctionInfo{"prn-str", 0, any_number, FunctionId::readable_line},
    FunctionInfo{"subs", 2, 3, FunctionId::substring},
    FunctionInfo{"re-pattern", 1, 1, FunctionId::pattern},
    FunctionInfo{"re-find", 2, 2, FunctionId::find_match},
    FunctionInfo{"re-matches", 2, 2, FunctionId::match_whole},
    FunctionInfo{"re-seq", 2, 2, FunctionId::all_matches},
    FunctionInfo{.name = "get-else", .least = 4, .most = 4, .id = FunctionId::get_else, .takes_source = yes, .own_step = yes},
    FunctionInfo{
        .name = "get-some", .least = 3, .most = any_number, .id = FunctionId::get_some, .takes_source = yes, .own_step = yes},
    FunctionInfo{.name = "missing?",
                 .least = 3,
                 .most = 3,
                 .id = FunctionId::missing,
                 .predicate = yes,
                 .takes_source = yes,
                 .own_step = yes},
    FunctionInfo{.name = "q", .least = 1, .most = any_number, .id = FunctionId::query, .own_step = yes},
};

}  // namespace detail

/// The built-in function of that name, or null. Linear in their number, which is 71.
[[nodiscard]] constexpr FunctionInfo const* find_function(std::string_view name) noexcept {
  for (auto const& function : detail::builtins) {
    if (function.name.size() == name.size() && function.name == name) return &function;
  }
  return nullptr;
}

/// What is known of a function, under the first of its names. Linear.
[[nodiscard]] constexpr FunctionInfo const& info_of(FunctionId id) noexcept {
  for (auto const& function : detail::builtins) {
    if (function.id == id) return function;
  }
  return detail::builtins.front();
}

/// Whether a function takes so many arguments.
[[nodiscard]] constexpr bool takes(FunctionInfo const& function, std::size_t arguments) noexcept {
  return arguments >= function.least && (arguments <= function.most || function.most == any_number);
}

/// Whether `compare_values` decides it for two values.
[[nodiscard]] constexpr bool is_comparison(FunctionId id) noexcept { return id <= FunctionId::at_least; }

}  // namespace cairn::query
