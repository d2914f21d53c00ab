// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Arithmetic: longs that are checked, doubles, and a place for numbers of any size.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/edn/to_double.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/compare.hpp>
#include <cairn/query/function/refuse.hpp>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::query {

namespace detail {

using BigArithmetic = Value (*)(FunctionId operation, Value const& left, Value const& right);

/// What calculates with bigints and bigdecs, where `cairn/query/function/big_numbers.hpp` is included by any unit of the program:
/// the library for it takes a compiler longer than all else that a query needs.
inline constinit std::atomic<BigArithmetic> big_arithmetic{nullptr};

template <meta::Lazy = {}>
[[noreturn]] inline void raise_overflow(FunctionId operation) {
  raise(Errc::query_arithmetic,
        "The result of " + std::string{info_of(operation).name} + " does not fit a long. Give it a double (2.0) or a bigint (2N).",
        "{:function " + std::string{info_of(operation).name} + "}");
}

[[nodiscard]] constexpr bool divides(FunctionId operation) noexcept {
  return operation >= FunctionId::divide && operation <= FunctionId::modulo;
}

/// Requires: `right` is not 0 where it divides.
template <meta::Lazy = {}>
[[nodiscard]] inline Value of_integers(FunctionId operation, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  bool overflows = false;
  if (operation == FunctionId::add) {
    overflows = __builtin_add_overflow(left, right, &result);
  } else if (operation == FunctionId::subtract) {
    overflows = __builtin_sub_overflow(left, right, &result);
  } else if (operation == FunctionId::multiply) {
    overflows = __builtin_mul_overflow(left, right, &result);
  } else if (right == -1) {
    // Apart from the others, for the smallest long's sake: no long is its quotient by -1.
    bool const wants_rest = operation == FunctionId::remainder || operation == FunctionId::modulo;
    overflows = !wants_rest && __builtin_sub_overflow(std::int64_t{0}, left, &result);
  } else {
    auto const rest = left % right;
    if (operation == FunctionId::quotient) return left / right;
    if (operation == FunctionId::remainder) return rest;
    if (operation == FunctionId::modulo) return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
    return rest == 0 ? Value{left / right} : Value{static_cast<double>(left) / static_cast<double>(right)};
  }
  if (overflows) raise_overflow(operation);
  return result;
}

[[nodiscard]] inline double of_doubles(FunctionId operation, double left, double right) noexcept {
  switch (operation) {
    case FunctionId::add:
      return left + right;
    case FunctionId::subtract:
      return left - right;
    case FunctionId::multiply:
      return left * right;
    case FunctionId::divide:
      return left / right;
    case FunctionId::quotient:
      return std::trunc(left / right);
    case FunctionId::remainder:
      return std::fmod(left, right);
    default: {
      double const rest = std::fmod(left, right);
      return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
    }
  }
}

}  // namespace detail

/// The nearest double. Requires: a number.
template <meta::Lazy = {}>
[[nodiscard]] inline double to_double(Value const& number) {
  if (number.is(ValueKind::integer)) return static_cast<double>(number.as_integer());
  return detail::is_real(number) ? number.as_double() : notation::detail::to_double(number.as_string());
}

/// `add` to `modulo` of two values. Longs give a long, but that `/` gives a double where something remains; with a double among
/// them the result is one; bigints and bigdecs give their like.
/// Errors: `query/where` for what is no number, `query/arithmetic` for what does not fit and for a divisor that is 0.
/// `named` is whom messages speak of.
template <meta::Lazy = {}>
[[nodiscard]] inline Value calculate(FunctionId operation, Value const& left, Value const& right, std::string_view named = {}) {
  for (auto const* operand : {&left, &right}) {
    if (!operand->is_number()) detail::refuse(named.empty() ? info_of(operation).name : named, "numbers", *operand);
  }
  if (detail::divides(operation) && order_of(right, Value{0}) == 0) {
    raise(Errc::query_arithmetic, std::string{info_of(operation).name} + " divides by zero.",
          "{:function " + std::string{info_of(operation).name} + "}");
  }
  if (left.is(ValueKind::integer) && right.is(ValueKind::integer)) {
    return detail::of_integers(operation, left.as_integer(), right.as_integer());
  }
  if (detail::is_real(left) || detail::is_real(right)) {
    return detail::of_doubles(operation, to_double(left), to_double(right));
  }
  if (auto const big = detail::big_arithmetic.load(std::memory_order_acquire)) return big(operation, left, right);
  raise(Errc::query_where,
        std::string{info_of(operation).name} +
            " cannot calculate with bigints and bigdecs in this program. Let one of its units include "
            "<cairn/query/function/big_numbers.hpp>.",
        "{:function " + std::string{info_of(operation).name} + "}");
}

}  // namespace cairn::query
