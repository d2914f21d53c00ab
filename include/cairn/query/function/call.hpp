// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Calls of the built-in functions.
#pragma once

#include <cairn/db/value_type.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/function/arithmetic.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/collections.hpp>
#include <cairn/query/function/compare.hpp>
#include <cairn/query/function/refuse.hpp>
#include <cairn/query/function/regex_hook.hpp>
#include <cairn/query/function/text.hpp>
#include <cairn/random/split_mix.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn::query {

/// Neither nil nor false: what a predicate must give for a row to stay.
[[nodiscard]] inline bool is_truthy(Value const& value) noexcept {
  return !value.is_nil() && !(value.is(ValueKind::boolean) && !value.as_boolean());
}

namespace detail {

/// A comparison of any number of values: whether it holds between all neighbours.
template <meta::Lazy = {}>
[[nodiscard]] inline bool holds_throughout(FunctionId id, Arguments arguments) {
  // `not=` says that not all are equal, not that each two neighbours differ.
  auto const each = id == FunctionId::not_equal ? FunctionId::equal : id;
  bool all = true;
  for (std::size_t i = 1; i < arguments.size() && all; ++i) all = compare_values(each, *arguments[i - 1], *arguments[i]);
  return all != (id == FunctionId::not_equal);
}

/// `(- 5)` is `(- 0 5)`, `(/ 5)` is `(/ 1 5)`.
template <meta::Lazy = {}>
[[nodiscard]] inline Value fold(FunctionId id, Arguments arguments) {
  Value const unit{id == FunctionId::multiply || id == FunctionId::divide ? 1 : 0};
  if (arguments.empty()) return unit;
  if (arguments.size() == 1) return calculate(id, unit, *arguments[0]);
  auto result = calculate(id, *arguments[0], *arguments[1]);
  for (auto const* next : arguments.subspan(2)) result = calculate(id, result, *next);
  return result;
}

/// The first of those that none exceeds.
template <meta::Lazy = {}>
[[nodiscard]] inline Value extreme(FunctionId id, Arguments arguments) {
  auto const* best = arguments[0];
  for (auto const* one : arguments.subspan(1)) {
    auto const order = order_of(*one, *best);
    if (id == FunctionId::maximum ? order > 0 : order < 0) best = one;
  }
  return *best;
}

template <meta::Lazy = {}>
[[nodiscard]] inline bool has_sign(FunctionId id, Value const& number) {
  if (!number.is_number()) refuse(info_of(id).name, "a number", number);
  auto const order = order_of(number, Value{0});
  return id == FunctionId::is_zero ? order == 0 : id == FunctionId::is_positive ? order > 0 : order < 0;
}

template <meta::Lazy = {}>
[[nodiscard]] inline bool has_parity(FunctionId id, Value const& number) {
  bool odd = false;
  if (number.is(ValueKind::integer)) {
    odd = number.as_integer() % 2 != 0;
  } else if (number.is(ValueKind::bigint)) {
    odd = (number.as_string().back() - '0') % 2 != 0;
  } else {
    refuse(info_of(id).name, "an integer", number);
  }
  return odd == (id == FunctionId::is_odd);
}

/// The keyword of a value's type: `:db.type/long`, and `:map`, `:set`, `:character` and `:tagged` for what no attribute has.
template <meta::Lazy = {}>
[[nodiscard]] inline Value type_of(Value const& value) {
  if (value.is_nil()) return {};
  if (!value.is(ValueKind::edn)) return Keyword{cairn::name(static_cast<ValueType>(value.kind()))};
  auto const text = value.as_string();
  return Keyword{text.starts_with('{')    ? "map"
                 : text.starts_with("#{") ? "set"
                 : text.starts_with('\\') ? "character"
                                          : "tagged"};
}

/// `(rand)`, `(rand 10)`, `(rand-int 10)`.
template <meta::Lazy = {}>
[[nodiscard]] inline Value random_number(FunctionId id, Arguments arguments) {
  auto const name = info_of(id).name;
  if (!arguments.empty() && !arguments[0]->is_number()) refuse(name, "a number", *arguments[0]);
  double const limit = arguments.empty() ? 1 : to_double(*arguments[0]);
  double const drawn = random::of_this_thread().unit() * limit;
  if (id == FunctionId::random) return drawn;
  if (!(std::abs(limit) < 0x1p53)) refuse(name, "a number below 2^53", *arguments[0]);
  return static_cast<std::int64_t>(drawn);
}

}  // namespace detail

/// What the calls of one function in a query share. Used by one thread.
struct CallMemory {
  detail::ReadCollection collection{};
  meta::Watch watch{};  ///< asked where one call may take long
};

/// The result of a built-in function. Requires: `takes(*find_function(name), arguments.size())`; not one that is a step of its
/// own. Linear in the size of the arguments at most; recurses as deep as they are nested.
///
/// Thread safety: any thread.
/// Errors: `query/where` for what a function does not take, `query/arithmetic` for what does not fit and for zero divisors,
/// `query/memory` for a result beyond `largest_value`, `most_elements` or `deepest_value`.
template <meta::Lazy = {}>
[[nodiscard]] inline Value call(FunctionId id, Arguments arguments, CallMemory& memory) {
  auto const first = [&]() -> Value const& { return *arguments[0]; };
  switch (id) {
    case FunctionId::equal:
    case FunctionId::number_equal:
    case FunctionId::not_equal:
    case FunctionId::less:
    case FunctionId::greater:
    case FunctionId::at_most:
    case FunctionId::at_least:
      return detail::holds_throughout(id, arguments);
    case FunctionId::compare: {
      auto const order = order_of(first(), *arguments[1]);
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    case FunctionId::add:
    case FunctionId::subtract:
    case FunctionId::multiply:
    case FunctionId::divide:
    case FunctionId::quotient:
    case FunctionId::remainder:
    case FunctionId::modulo:
      return detail::fold(id, arguments);
    case FunctionId::increment:
      return calculate(FunctionId::add, first(), Value{1}, "inc");
    case FunctionId::decrement:
      return calculate(FunctionId::subtract, first(), Value{1}, "dec");
    case FunctionId::maximum:
    case FunctionId::minimum:
      return detail::extreme(id, arguments);
    case FunctionId::is_zero:
    case FunctionId::is_positive:
    case FunctionId::is_negative:
      return detail::has_sign(id, first());
    case FunctionId::is_even:
    case FunctionId::is_odd:
      return detail::has_parity(id, first());
    case FunctionId::random:
    case FunctionId::random_integer:
      return detail::random_number(id, arguments);
    case FunctionId::is_true:
      return first().is(ValueKind::boolean) && first().as_boolean();
    case FunctionId::is_false:
      return first().is(ValueKind::boolean) && !first().as_boolean();
    case FunctionId::is_nil:
      return first().is_nil();
    case FunctionId::is_some:
      return !first().is_nil();
    case FunctionId::negation:
      return !is_truthy(first());
    case FunctionId::conjunction: {
      if (arguments.empty()) return true;
      auto const stop = std::ranges::find_if_not(arguments, [](Value const* one) { return is_truthy(*one); });
      return stop == arguments.end() ? *arguments.back() : **stop;
    }
    case FunctionId::disjunction: {
      if (arguments.empty()) return {};
      auto const stop = std::ranges::find_if(arguments, [](Value const* one) { return is_truthy(*one); });
      return stop == arguments.end() ? *arguments.back() : **stop;
    }
    case FunctionId::complement:
      raise(Errc::query_where, "complement makes a function, and no value of a query is one. Write (not (f ?x)) as a clause.",
            "{:function complement}");
    case FunctionId::identity:
    case FunctionId::ground:
    case FunctionId::untuple:
      return first();
    case FunctionId::meta:
      return {};
    case FunctionId::type:
      return detail::type_of(first());
    case FunctionId::name:
    case FunctionId::name_space:
      return detail::part_of_name(id, first());
    case FunctionId::tuple:
      return detail::tuple_of(arguments);
    case FunctionId::set:
      return detail::set_of_elements(first());
    case FunctionId::map:
      return detail::map_of_arguments(arguments);
    case FunctionId::count:
      return detail::count_of(id, first());
    case FunctionId::range:
      return detail::range_of(arguments);
    case FunctionId::not_empty:
      return detail::count_of(id, first()) == 0 ? Value{} : first();
    case FunctionId::empty:
      return detail::empty_of(first());
    case FunctionId::contains:
      return detail::contains_key(first(), *arguments[1], memory.collection);
    case FunctionId::differ:
      return detail::halves_differ(arguments);
    case FunctionId::text:
    case FunctionId::readable_text:
    case FunctionId::spaced_text:
    case FunctionId::text_line:
    case FunctionId::readable_line:
      return detail::joined(id, arguments);
    case FunctionId::substring:
      return detail::substring(arguments);
    case FunctionId::pattern:
      return detail::match(id, first(), Value{""}, memory.watch);
    case FunctionId::find_match:
    case FunctionId::match_whole:
    case FunctionId::all_matches:
      return detail::match(id, first(), *arguments[1], memory.watch);
    case FunctionId::get_else:
    case FunctionId::get_some:
    case FunctionId::missing:
    case FunctionId::query:
      break;
  }
  raise(Errc::query_where, std::string{info_of(id).name} + " looks at a source, and has none here.",
        "{:function " + std::string{info_of(id).name} + "}");
}
/// The same of a call that stands alone.
template <meta::Lazy = {}>
[[nodiscard]] inline Value call(FunctionId id, Arguments arguments) {
  CallMemory memory;
  return call(id, arguments, memory);
}

}  // namespace cairn::query
