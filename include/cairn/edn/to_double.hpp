// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Decimal text to double, correctly rounded, in a constant expression too.
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace cairn::notation::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The parts of `[+-] digits [. digits] [e [+-] digits]`. Requires: the text has that form.
struct DecimalParts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;  ///< As written, held between -10^12 and 10^12.
};

constexpr DecimalParts decimal_parts(std::string_view text) noexcept {
  DecimalParts parts;
  std::size_t at = 0;
  if (text[0] == '-' || text[0] == '+') parts.negative = text[at++] == '-';
  std::size_t begin = at;
  while (at != text.size() && is_digit(text[at])) ++at;
  parts.whole = text.substr(begin, at - begin);
  if (at != text.size() && text[at] == '.') {
    begin = ++at;
    while (at != text.size() && is_digit(text[at])) ++at;
    parts.fraction = text.substr(begin, at - begin);
  }
  if (at != text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    bool const down = at != text.size() && text[at] == '-';
    if (at != text.size() && (down || text[at] == '+')) ++at;
    for (; at != text.size() && is_digit(text[at]); ++at) {
      if (parts.exponent < 100'000'000'000) parts.exponent = parts.exponent * 10 + (text[at] - '0');
    }
    if (down) parts.exponent = -parts.exponent;
  }
  return parts;
}

/// An unsigned integer of as many bits as a shifted 800-digit decimal and its power of ten need.
class BigUnsigned {
 public:
  constexpr void multiply_add(std::uint32_t factor, std::uint32_t summand) noexcept {
    std::uint64_t carry = summand;
    for (std::size_t i = 0; i != size_; ++i) {
      carry += std::uint64_t{limbs_[i]} * factor;
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs_[size_++] = static_cast<std::uint32_t>(carry);
  }

  constexpr void multiply_by_power_of_ten(std::int64_t exponent) noexcept {
    for (; exponent >= 9; exponent -= 9) multiply_add(1'000'000'000, 0);
    for (; exponent > 0; --exponent) multiply_add(10, 0);
  }

  constexpr void shift_left(std::size_t bits) noexcept {
    std::size_t const whole = bits / 32;
    for (std::size_t i = size_; i-- > 0;) limbs_[i + whole] = limbs_[i];
    for (std::size_t i = 0; i != whole; ++i) limbs_[i] = 0;
    size_ += whole;
    if (bits % 32 != 0) multiply_add(std::uint32_t{1} << (bits % 32), 0);
  }

  [[nodiscard]] constexpr std::int64_t bit_width() const noexcept {
    return size_ == 0 ? 0 : static_cast<std::int64_t>(size_ * 32) - std::countl_zero(limbs_[size_ - 1]);
  }

  [[nodiscard]] constexpr bool is_zero() const noexcept { return size_ == 0; }

  [[nodiscard]] constexpr bool at_least(BigUnsigned const& other) const noexcept {
    if (size_ != other.size_) return size_ > other.size_;
    for (std::size_t i = size_; i-- > 0;) {
      if (limbs_[i] != other.limbs_[i]) return limbs_[i] > other.limbs_[i];
    }
    return true;
  }

  /// Requires: `at_least(other)`.
  constexpr void subtract(BigUnsigned const& other) noexcept {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i != size_; ++i) {
      std::uint64_t const taken = borrow + (i < other.size_ ? other.limbs_[i] : 0U);
      borrow = limbs_[i] < taken ? 1 : 0;
      limbs_[i] = static_cast<std::uint32_t>(limbs_[i] - taken);
    }
    while (size_ != 0 && limbs_[size_ - 1] == 0) --size_;
  }

 private:
  // 800 digits are 2,658 bits, ten to the 1,200th is 3,987; a shift aligns the smaller with the larger.
  std::array<std::uint32_t, 160> limbs_{};
  std::size_t size_ = 0;
};

/// `numerator / denominator`, rounded half to even. Both above zero. Long division, a bit at a time.
constexpr double divide(BigUnsigned numerator, BigUnsigned denominator) noexcept {
  std::int64_t const distance = numerator.bit_width() - denominator.bit_width();
  if (distance > 0) denominator.shift_left(static_cast<std::size_t>(distance));
  if (distance < 0) numerator.shift_left(static_cast<std::size_t>(-distance));
  // Now the ratio lies in (1/2, 2): 64 steps leave 63 or 64 significant bits and a remainder that says if there is
  // more.
  std::uint64_t quotient = 0;
  for (int i = 0; i != 64; ++i) {
    quotient <<= 1;
    if (numerator.at_least(denominator)) {
      numerator.subtract(denominator);
      quotient |= 1;
    }
    numerator.multiply_add(2, 0);
  }
  bool const inexact = !numerator.is_zero();
  std::int64_t const width = 64 - std::countl_zero(quotient);
  std::int64_t const exponent = width - 64 + distance;
  if (exponent > 1023) return std::numeric_limits<double>::infinity();
  bool const subnormal = exponent < -1022;
  std::int64_t const precision = subnormal ? 53 - (-1022 - exponent) : 53;
  if (precision < 0) return 0.0;
  std::int64_t const dropped = width - precision;
  std::uint64_t mantissa = dropped == 64 ? 0 : quotient >> dropped;
  std::uint64_t const rest = dropped == 64 ? quotient : quotient & ((std::uint64_t{1} << dropped) - 1);
  std::uint64_t const half = std::uint64_t{1} << (dropped - 1);
  if (rest > half || (rest == half && (inexact || (mantissa & 1) != 0))) ++mantissa;
  if (subnormal) return std::bit_cast<double>(mantissa);  // a carry makes it the smallest normal number, as it should
  std::uint64_t const biased = static_cast<std::uint64_t>(exponent + 1023);
  return std::bit_cast<double>((biased << 52) + (mantissa - (std::uint64_t{1} << 52)));
}

/// The double nearest to the number, half to even; infinity where it is too large. Requires: see `decimal_parts`.
/// Exact for up to 800 significant digits and, by a sticky digit, beyond (no two halfway points differ only there).
constexpr double portable_to_double(std::string_view text) noexcept {
  DecimalParts const parts = decimal_parts(text);
  constexpr std::size_t most_digits = 800;
  std::uint64_t small = 0;
  std::size_t significant = 0;
  bool sticky = false;
  BigUnsigned digits;
  std::int64_t exponent = parts.exponent;
  auto const take = [&](char c, bool after_point) {
    if (significant == 0 && c == '0') {
      if (after_point) --exponent;
      return;
    }
    if (significant < most_digits) {
      ++significant;
      auto const digit = static_cast<std::uint32_t>(c - '0');
      if (significant <= 19) small = small * 10 + digit;
      digits.multiply_add(10, digit);
      if (after_point) --exponent;
    } else {
      sticky = sticky || c != '0';
      if (!after_point) ++exponent;
    }
  };
  for (char const c : parts.whole) take(c, false);
  for (char const c : parts.fraction) take(c, true);
  double const sign = parts.negative ? -1.0 : 1.0;
  if (significant == 0) return sign * 0.0;
  std::int64_t const magnitude = exponent + static_cast<std::int64_t>(significant);
  if (magnitude > 310) return sign * std::numeric_limits<double>::infinity();
  if (magnitude < -330) return sign * 0.0;
  // Both factors are exact doubles, so one rounding happens (Clinger's fast path).
  if (significant <= 19 && small <= (std::uint64_t{1} << 53) && exponent >= -22 && exponent <= 22) {
    double power = 1.0;
    for (std::int64_t i = exponent < 0 ? -exponent : exponent; i != 0; --i) power *= 10.0;
    auto const value = static_cast<double>(small);
    return sign * (exponent < 0 ? value / power : value * power);
  }
  if (sticky) {
    digits.multiply_add(10, 1);
    --exponent;
  }
  BigUnsigned power;
  power.multiply_add(0, 1);
  (exponent < 0 ? power : digits).multiply_by_power_of_ten(exponent < 0 ? -exponent : exponent);
  return sign * divide(digits, power);
}

/// As `portable_to_double`, through the standard library where that is running and has it.
constexpr double to_double(std::string_view text) noexcept {
#if defined(__cpp_lib_to_chars) && __cpp_lib_to_chars >= 201611L
  if (!std::is_constant_evaluated()) {
    std::string_view const unsigned_plus = text[0] == '+' ? text.substr(1) : text;
    double value = 0;
    auto const [end, code] = std::from_chars(unsigned_plus.data(), unsigned_plus.data() + unsigned_plus.size(), value);
    if (code == std::errc{} && end == unsigned_plus.data() + unsigned_plus.size()) return value;
  }
#endif
  return portable_to_double(text);
}

}  // namespace cairn::notation::detail
