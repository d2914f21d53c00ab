// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The order of numbers of any type and size, exactly.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::detail {

/// Whether text is a number in the form in which `Value` holds big ones: `-12`, or where it is a decimal one also
/// `1.10`, `1E+3`.
[[nodiscard]] inline bool is_number_text(std::string_view text, bool decimal) noexcept {
  auto const skip_digits = [&text] {
    auto const before = text.size();
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
    return text.size() != before;
  };
  auto const skip_sign = [&text](bool plus) {
    if (text.starts_with('-') || (plus && text.starts_with('+'))) text.remove_prefix(1);
  };
  skip_sign(decimal);
  bool any = skip_digits();
  if (!decimal) return any && text.empty();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    any = skip_digits() || any;
  }
  if (any && (text.starts_with('e') || text.starts_with('E'))) {
    text.remove_prefix(1);
    skip_sign(true);
    any = skip_digits();
  }
  return any && text.empty();
}

/// A number as sign, decimal digits and the place of the point: `0.digits * 10^magnitude`, digits without zeros at either
/// end. The form in which numbers of different types meet: every double and every decimal has exactly one.
struct Decimal {
  bool negative = false;
  std::string digits;          // empty: zero
  std::int64_t magnitude = 0;
};

/// From `[+-]digits[.digits][e[+-]digits]`. The exponent saturates at +-10^9, far outside of what the reader admits.
inline Decimal decimal_of(std::string_view text) {
  Decimal result;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    result.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::int64_t exponent = 0;
  if (auto mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    auto digits = text.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    bool const below = digits.starts_with('-');
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec == std::errc::result_out_of_range) {
      exponent = below ? -1'000'000'000 : 1'000'000'000;
    }
    text = text.substr(0, mark);
  }
  auto point = text.find('.');
  auto whole = text.substr(0, point);
  result.digits = whole;
  if (point != std::string_view::npos) result.digits += text.substr(point + 1);
  result.magnitude = static_cast<std::int64_t>(whole.size()) + exponent;
  auto first = result.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  result.digits.erase(0, first);
  result.magnitude -= static_cast<std::int64_t>(first);
  result.digits.erase(result.digits.find_last_not_of('0') + 1);
  return result;
}

inline Decimal decimal_of(std::int64_t number) { return decimal_of(std::to_string(number)); }

/// The exact value of a finite double.
inline Decimal decimal_of(double number) {
  std::array<char, 1100> text{};  // a sign, 1 digit, a point, 1074 digits, the exponent
  auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific, 1074);
  return decimal_of(std::string_view{text.data(), static_cast<std::size_t>(end - text.data())});
}

inline std::strong_ordering compare(Decimal const& left, Decimal const& right) noexcept {
  auto sign = [](Decimal const& number) { return number.digits.empty() ? 0 : number.negative ? -1 : 1; };
  if (auto by_sign = sign(left) <=> sign(right); by_sign != 0) return by_sign;
  auto by_size = left.magnitude <=> right.magnitude;
  if (by_size == 0) by_size = left.digits <=> right.digits;  // no zeros at the end, so a prefix is the smaller
  return left.negative ? 0 <=> by_size : by_size;
}

/// An integer against a double that is not NaN, exactly: the cast of either to the other's type would round.
inline std::strong_ordering compare(std::int64_t left, double right) noexcept {
  if (right >= 0x1p63) return std::strong_ordering::less;
  if (right < -0x1p63) return std::strong_ordering::greater;
  auto const whole = static_cast<std::int64_t>(right);  // toward zero
  if (auto by_whole = left <=> whole; by_whole != 0) return by_whole;
  double const rest = right - static_cast<double>(whole);
  return rest > 0 ? std::strong_ordering::less : rest < 0 ? std::strong_ordering::greater : std::strong_ordering::equal;
}

/// NaN equal to itself and after all numbers, -0.0 as 0.0.
inline std::strong_ordering compare(double left, double right) noexcept {
  if (left < right) return std::strong_ordering::less;
  if (left > right) return std::strong_ordering::greater;
  if (left == right) return std::strong_ordering::equal;
  return std::isnan(left) <=> std::isnan(right);
}

}  // namespace cairn::detail
