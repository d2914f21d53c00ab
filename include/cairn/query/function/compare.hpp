// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The comparisons of queries.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/refuse.hpp>

#include <algorithm>
#include <cmath>
#include <compare>

namespace cairn::query {

namespace detail {

[[nodiscard]] inline bool is_real(Value const& value) noexcept {
  return value.is(ValueKind::float64) || value.is(ValueKind::float32);
}

[[nodiscard]] inline bool is_whole(Value const& value) noexcept {
  return value.is(ValueKind::integer) || value.is(ValueKind::bigint);
}

/// Of numbers of different kinds, by value alone, exactly.
template <meta::Lazy = {}>
[[nodiscard]] inline std::strong_ordering order_of_numbers(Value const& left, Value const& right) {
  using namespace cairn::detail;
  if (is_real(left) && is_real(right)) return compare(left.as_double(), right.as_double());
  // What is not finite stands outside of all other numbers: NaN last, the infinities at the ends.
  auto const outside = [](Value const& value) { return is_real(value) && !std::isfinite(value.as_double()); };
  if (outside(left)) return left.as_double() < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  if (outside(right)) return right.as_double() < 0 ? std::strong_ordering::greater : std::strong_ordering::less;
  if (left.is(ValueKind::integer) && is_real(right)) return compare(left.as_integer(), right.as_double());
  if (is_real(left) && right.is(ValueKind::integer)) return 0 <=> compare(right.as_integer(), left.as_double());
  auto const decimal = [](Value const& value) {
    return value.is(ValueKind::integer) ? decimal_of(value.as_integer())
           : is_real(value)             ? decimal_of(value.as_double())
                                        : decimal_of(value.as_string());
  };
  return compare(decimal(left), decimal(right));
}

template <class Type>
[[nodiscard]] constexpr bool holds(FunctionId comparison, Type const& left, Type const& right) noexcept {
  switch (comparison) {
    case FunctionId::equal:
    case FunctionId::number_equal:
      return left == right;
    case FunctionId::not_equal:
      return left != right;
    case FunctionId::less:
      return left < right;
    case FunctionId::greater:
      return left > right;
    case FunctionId::at_most:
      return left <= right;
    case FunctionId::at_least:
      return left >= right;
    default:
      return false;
  }
}

}  // namespace detail

/// The order of `<` and its kin, of `compare`, `max` and `min`: that of values, but that numbers are compared by value alone:
/// 1 and 1.0 are neither less nor greater. Of values of different types the order is that of their types, so that it can be
/// read from an index.
[[nodiscard]] inline std::strong_ordering order_of(Value const& left, Value const& right) {
  bool const mixed = left.kind() != right.kind() && left.is_number() && right.is_number();
  return mixed ? detail::order_of_numbers(left, right) : compare(left, right);
}

/// `=`, as Clojure has it: numbers of one category are equal where their values are, longs and bigints, doubles and floats,
/// bigdecs; 1 is not 1.0. Tuples where their elements are; all else of equal type and value, as joins have it of numbers, too.
[[nodiscard]] inline bool equals(Value const& left, Value const& right) {
  if (left.kind() != right.kind()) {
    bool const one_category = (detail::is_real(left) && detail::is_real(right)) || (detail::is_whole(left) && detail::is_whole(right));
    return one_category && detail::order_of_numbers(left, right) == 0;
  }
  if (left.is(ValueKind::string)) return left.as_string() == right.as_string();
  if (left.is(ValueKind::tuple)) {
    return std::ranges::equal(left.as_tuple(), right.as_tuple(), [](Value const& a, Value const& b) { return equals(a, b); });
  }
  return compare(left, right) == 0;
}

namespace detail {

template <meta::Lazy = {}>
[[nodiscard]] inline bool compare_others(FunctionId comparison, Value const& left, Value const& right) {
  switch (comparison) {
    case FunctionId::equal:
      return equals(left, right);
    case FunctionId::not_equal:
      return !equals(left, right);
    case FunctionId::number_equal:
      for (auto const* one : {&left, &right}) {
        if (!one->is_number()) refuse("==", "numbers", *one);
      }
      return order_of(left, right) == 0;
    default: {
      auto const order = order_of(left, right);
      return holds(comparison, order < 0 ? -1 : order > 0 ? 1 : 0, 0);
    }
  }
}

}  // namespace detail

/// Whether a comparison holds between two values. Requires: `is_comparison(comparison)`. Fast where both are integers or both
/// doubles. Errors: `query/where` from `==` for what is no number.
[[nodiscard]] inline bool compare_values(FunctionId comparison, Value const& left, Value const& right) {
  if (left.is(ValueKind::integer) && right.is(ValueKind::integer)) {
    return detail::holds(comparison, left.as_integer(), right.as_integer());
  }
  if (left.is(ValueKind::float64) && right.is(ValueKind::float64)) {
    double const a = left.as_double();
    double const b = right.as_double();
    // NaN equals itself and follows all numbers, unlike the language's own operators have it.
    if (a == a && b == b) return detail::holds(comparison, a, b);
  }
  return detail::compare_others(comparison, left, right);
}

}  // namespace cairn::query
