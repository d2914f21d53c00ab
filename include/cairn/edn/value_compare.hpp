// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The order and the equality of values.
#pragma once

#include <cairn/edn/number.hpp>
#include <cairn/edn/value_class.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::notation {

namespace detail {

/// A number as sign, significant digits without zeros at either end, and the power of ten of the first digit.
struct ExactNumber {
  int sign = 0;  // -1, 0, 1
  std::int64_t magnitude = 0;
  std::string digits{};
};

template <meta::Lazy = {}>
inline ExactNumber exact_of_text(std::string_view text) {
  DecimalParts const parts = decimal_parts(text);
  ExactNumber number;
  number.digits = parts.whole;
  number.digits += parts.fraction;
  std::size_t const first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  number.digits.erase(0, first);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  number.sign = parts.negative ? -1 : 1;
  number.magnitude = static_cast<std::int64_t>(parts.whole.size()) - static_cast<std::int64_t>(first) + parts.exponent;
  return number;
}

/// Requires: `value` is finite. Every double has a finite decimal expansion, of at most 767 significant digits.
template <meta::Lazy = {}>
inline ExactNumber exact_of(double value) {
  char buffer[800];
  auto const [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, 766);
  return exact_of_text({buffer, static_cast<std::size_t>(end - buffer)});
}

template <meta::Lazy = {}>
inline std::weak_ordering compare_exact(ExactNumber const& left, ExactNumber const& right) noexcept {
  if (left.sign != right.sign || left.sign == 0) return left.sign <=> right.sign;
  ExactNumber const& low = left.sign > 0 ? left : right;
  ExactNumber const& high = left.sign > 0 ? right : left;
  if (low.magnitude != high.magnitude) return low.magnitude <=> high.magnitude;
  return low.digits.compare(high.digits) <=> 0;
}

/// NaN equals NaN and follows everything.
template <meta::Lazy = {}>
inline std::weak_ordering compare_reals(double left, double right) noexcept {
  bool const left_is_nan = left != left;
  bool const right_is_nan = right != right;
  if (left_is_nan || right_is_nan) return left_is_nan <=> right_is_nan;
  return left < right   ? std::weak_ordering::less
         : left > right ? std::weak_ordering::greater
                        : std::weak_ordering::equivalent;
}

/// Exact, also where the integer has no double of its own.
template <meta::Lazy = {}>
inline std::weak_ordering compare_mixed(std::int64_t left, double right) noexcept {
  if (right != right || right >= 0x1p63) return std::weak_ordering::less;
  if (right < -0x1p63) return std::weak_ordering::greater;
  auto const whole = static_cast<std::int64_t>(right);  // towards zero
  if (left != whole) return left <=> whole;
  return compare_reals(static_cast<double>(whole), right);
}

template <meta::Lazy = {}>
inline std::weak_ordering compare_names(std::string_view left, std::string_view right) noexcept {
  if (auto const order = namespace_part(left).compare(namespace_part(right)) <=> 0; order != 0) return order;
  return name_part(left).compare(name_part(right)) <=> 0;
}

template <meta::Lazy = {}>
inline std::weak_ordering compare_numbers(Value const& left, Value const& right) {
  auto const is_infinite_or_nan = [](Value const& value) {
    return value.is_real() && value.as_real() - value.as_real() != 0;
  };
  auto const exact = [](Value const& value) {
    if (value.is_integer()) return exact_of_text(std::to_string(value.as_integer()));
    if (value.is_real()) return exact_of(value.as_real());
    return exact_of_text(value.is_bigint() ? value.as_bigint() : value.as_decimal());
  };
  if (left.is_integer() && right.is_integer()) return left.as_integer() <=> right.as_integer();
  if (left.is_real() && right.is_real()) return compare_reals(left.as_real(), right.as_real());
  std::weak_ordering order = std::weak_ordering::equivalent;
  if (left.is_integer() && right.is_real()) {
    order = compare_mixed(left.as_integer(), right.as_real());
  } else if (left.is_real() && right.is_integer()) {
    order = 0 <=> compare_mixed(right.as_integer(), left.as_real());
  } else if (is_infinite_or_nan(left)) {
    return left.as_real() < 0 ? std::weak_ordering::less : std::weak_ordering::greater;
  } else if (is_infinite_or_nan(right)) {
    return right.as_real() < 0 ? std::weak_ordering::greater : std::weak_ordering::less;
  } else {
    order = compare_exact(exact(left), exact(right));
  }
  if (order != 0 || left.kind() != right.kind()) return order != 0 ? order : left.kind() <=> right.kind();
  // One value at two scales: 1.0M and 1.00M.
  return left.is_decimal() ? left.as_decimal().compare(right.as_decimal()) <=> 0 : order;
}

/// The class of kinds that are compared with each other, and the place of the class in the order.
constexpr int rank(Kind kind) noexcept {
  switch (kind) {
    case Kind::nil:
      return 0;
    case Kind::boolean:
      return 1;
    case Kind::integer:
    case Kind::bigint:
    case Kind::real:
    case Kind::decimal:
      return 2;
    case Kind::character:
      return 3;
    case Kind::string:
      return 4;
    case Kind::symbol:
      return 5;
    case Kind::keyword:
      return 6;
    case Kind::list:
    case Kind::vector:
      return 7;
    case Kind::set:
      return 8;
    case Kind::map:
      return 9;
    case Kind::tagged:
      return 10;
  }
  return 11;
}

}  // namespace detail

template <meta::Lazy>
inline std::weak_ordering compare(Value const& left, Value const& right) {
  if (auto const order = detail::rank(left.kind()) <=> detail::rank(right.kind()); order != 0) return order;
  switch (left.kind()) {
    case Kind::nil:
      return std::weak_ordering::equivalent;
    case Kind::boolean:
      return left.as_boolean() <=> right.as_boolean();
    case Kind::integer:
    case Kind::bigint:
    case Kind::real:
    case Kind::decimal:
      return detail::compare_numbers(left, right);
    case Kind::character:
      return left.as_character() <=> right.as_character();
    case Kind::string:
      return left.as_string().compare(right.as_string()) <=> 0;
    case Kind::symbol:
    case Kind::keyword:
      return detail::compare_names(left.text(), right.text());
    default:
      return Value::compare_compounds(left, right);
  }
}

// Without recursion: values may be nested deeper than the stack would bear.
template <meta::Lazy>
inline std::weak_ordering Value::compare_compounds(Value const& left, Value const& right) {
  struct Walk {
    Value const* left;
    Value const* right;
    std::size_t at;
  };
  Walk here{&left, &right, 0};
  std::vector<Walk> outer;
  for (;;) {
    auto const a = here.left->items();
    auto const b = here.right->items();
    if (a.data() == b.data() || here.at == (std::min)(a.size(), b.size())) {
      if (auto const order = a.size() <=> b.size(); order != 0) return order;
      if (outer.empty()) return std::weak_ordering::equivalent;
      here = outer.back();
      outer.pop_back();
      continue;
    }
    auto const at = here.at++;
    auto const place = [&](Value const& compound) {
      auto const sorted = compound.order();
      return compound.is_map() ? sorted[at / 2] + at % 2 : compound.is_set() ? sorted[at] : at;
    };
    if (here.left->is_tagged() && at == 1) {
      if (auto const time = here.left->instant()) {
        if (auto const order = *time <=> *here.right->instant(); order != 0) return order;
        continue;
      }
    }
    auto const& x = a[place(*here.left)];
    auto const& y = b[place(*here.right)];
    bool const nested = detail::rank(x.kind()) == detail::rank(y.kind()) && !x.items().empty() && !y.items().empty();
    if (nested) {
      outer.push_back(here);
      here = {&x, &y, 0};
    } else if (auto const order = compare(x, y); order != 0) {
      return order;
    }
  }
}

template <meta::Lazy>
inline bool operator==(Value const& left, Value const& right) {
  if (left.kind() != right.kind() && !(left.is_sequence() && right.is_sequence())) return false;
  if (left.items().size() != right.items().size()) return false;
  return compare(left, right) == 0;
}

}  // namespace cairn::notation
