// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Arithmetic of bigints and bigdecs. Including this anywhere in a program gives it to all of the program's queries.
#pragma once

#include <cairn/datom/decimal_text.hpp>
#include <cairn/datom/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/query/function/arithmetic.hpp>
#include <cairn/query/function/builtins.hpp>

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cairn::query::detail {

/// A number is `digits * 10^-scale`. A bigint has the scale 0.
struct BigNumber {
  boost::multiprecision::cpp_int digits{};
  std::int64_t scale = 0;
};

/// Digits of operands and results: short text must not stand for hours of work, and a rule may square what it finds again and
/// again.
inline constexpr std::int64_t most_digits = 20'000;
/// EDN has no larger exponents, whatever the place of the point.
inline constexpr std::int64_t largest_exponent = 999'999 - 2 * most_digits;

[[noreturn]] inline void refuse_digits(FunctionId operation) {
  raise(Errc::query_arithmetic,
        std::string{info_of(operation).name} + " would calculate with more than " + std::to_string(most_digits) + " digits, or an exponent beyond " +
            std::to_string(largest_exponent) + ".",
        "{:function " + std::string{info_of(operation).name} + "}");
}

[[nodiscard]] inline boost::multiprecision::cpp_int power_of_ten(FunctionId operation, std::int64_t exponent) {
  if (exponent > most_digits) refuse_digits(operation);
  return boost::multiprecision::pow(boost::multiprecision::cpp_int{10}, static_cast<unsigned>(exponent));
}

/// Requires: a long, a bigint or a bigdec.
[[nodiscard]] inline BigNumber big_number(FunctionId operation, Value const& value) {
  if (value.is(ValueKind::integer)) return {boost::multiprecision::cpp_int{value.as_integer()}, 0};
  auto text = value.as_string();
  BigNumber number;
  bool const negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  bool sound = true;
  if (auto const mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    auto exponent = text.substr(mark + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::int64_t power = 0;
    auto const [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
    sound = error == std::errc{} && end == exponent.data() + exponent.size();
    if (power > largest_exponent || power < -largest_exponent) refuse_digits(operation);
    number.scale = -power;
    text = text.substr(0, mark);
  }
  std::string digits{text};
  if (auto const point = digits.find('.'); point != std::string::npos) {
    number.scale += static_cast<std::int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  if (static_cast<std::int64_t>(digits.size()) > most_digits) refuse_digits(operation);
  sound = sound && !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!sound) refuse(info_of(operation).name, "numbers", value);
  digits.erase(0, digits.find_first_not_of('0'));  // the library reads what begins with 0 as octal
  if (!digits.empty()) number.digits.assign(digits);
  if (negative) number.digits = -number.digits;
  return number;
}

/// Gives both the larger scale.
inline void align(FunctionId operation, BigNumber& left, BigNumber& right) {
  auto& low = left.scale < right.scale ? left : right;
  auto const scale = (std::max)(left.scale, right.scale);
  low.digits *= power_of_ten(operation, scale - low.scale);
  low.scale = scale;
}

[[nodiscard]] inline Value value_of(FunctionId operation, BigNumber const& number, bool decimal) {
  auto digits = number.digits.str();
  bool const long_exponent = number.scale > largest_exponent || number.scale < -largest_exponent;
  if (static_cast<std::int64_t>(digits.size()) > most_digits + 1 || long_exponent) refuse_digits(operation);
  if (!decimal) return BigInt{std::move(digits)};
  return BigDecimal{cairn::detail::decimal_text(std::move(digits), number.scale)};
}

/// The quotient, where it has an end: its scale is the difference of the scales, or as large as it must be.
[[nodiscard]] inline BigNumber exact_quotient(BigNumber const& left, BigNumber const& right) {
  using boost::multiprecision::cpp_int;
  cpp_int const common = boost::multiprecision::gcd(left.digits, right.digits);
  cpp_int above = left.digits / common;
  cpp_int below = right.digits / common;
  if (below < 0) {
    above = -above;
    below = -below;
  }
  BigNumber result{std::move(above), left.scale - right.scale};
  auto const take_out = [&below](unsigned prime) {
    unsigned count = 0;
    for (; below % prime == 0; ++count) below /= prime;
    return count;
  };
  // 1 / (2^twos * 5^fives) is a whole number of 10^-places.
  auto const twos = take_out(2);
  auto const fives = take_out(5);
  auto const places = (std::max)(twos, fives);
  if (below != 1) {
    raise(Errc::query_arithmetic, "/ of bigdecs has no end: the quotient has no finite decimal. Divide doubles.", "{:function /}");
  }
  result.digits *= boost::multiprecision::pow(cpp_int{2}, places - twos) * boost::multiprecision::pow(cpp_int{5}, places - fives);
  result.scale += places;
  return result;
}

/// Requires: neither operand is a double, one is a bigint or a bigdec, and `right` is not 0 where it divides.
[[nodiscard]] inline Value calculate_big(FunctionId operation, Value const& left_value, Value const& right_value) {
  bool const decimal = left_value.is(ValueKind::bigdec) || right_value.is(ValueKind::bigdec);
  auto left = big_number(operation, left_value);
  auto right = big_number(operation, right_value);
  BigNumber result;
  switch (operation) {
    case FunctionId::multiply:
      result = {left.digits * right.digits, left.scale + right.scale};
      return value_of(operation, result, decimal);
    case FunctionId::divide:
      if (decimal) return value_of(operation, exact_quotient(left, right), true);
      if (left.digits % right.digits == 0) return value_of(operation, {left.digits / right.digits, 0}, false);
      return of_doubles(operation, to_double(left_value), to_double(right_value));
    default:
      break;
  }
  align(operation, left, right);
  result.scale = left.scale;
  switch (operation) {
    case FunctionId::add:
      result.digits = left.digits + right.digits;
      break;
    case FunctionId::subtract:
      result.digits = left.digits - right.digits;
      break;
    case FunctionId::quotient:
      result = {left.digits / right.digits, 0};
      break;
    case FunctionId::remainder:
      result.digits = left.digits % right.digits;
      break;
    default:
      result.digits = left.digits % right.digits;
      if (result.digits != 0 && (result.digits < 0) != (right.digits < 0)) result.digits += right.digits;
      break;
  }
  return value_of(operation, result, decimal);
}

inline bool const big_arithmetic_is_here = (big_arithmetic.store(&calculate_big, std::memory_order_release), true);

}  // namespace cairn::query::detail
