// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Numbers: integers that are checked, and doubles.
#include "functions.hpp"
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>

#include <cmath>

namespace cairn::oracle {

namespace {

bool is_number(Value const& value) {
  return value.is_integer() || value.is_real() || value.is_bigint() || value.is_decimal();
}

[[noreturn]] void raise_overflow() { raise(Errc::query_arithmetic, "The result does not fit a long.", "{}"); }

/// Requires: `right` is neither 0 nor -1.
Value of_a_division(Operation operation, std::int64_t left, std::int64_t right) {
  auto const rest = left % right;
  if (operation == Operation::quotient) return Value::integer(left / right);
  if (operation == Operation::remainder) return Value::integer(rest);
  if (operation == Operation::modulo)
    return Value::integer(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest);
  return rest == 0 ? Value::integer(left / right) : Value::real(static_cast<double>(left) / static_cast<double>(right));
}

/// Requires: `right` is not 0 where it divides.
Value of_integers(Operation operation, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  bool overflows = false;
  if (operation == Operation::add) {
    overflows = __builtin_add_overflow(left, right, &result);
  } else if (operation == Operation::subtract) {
    overflows = __builtin_sub_overflow(left, right, &result);
  } else if (operation == Operation::multiply) {
    overflows = __builtin_mul_overflow(left, right, &result);
  } else if (right == -1) {
    // Apart from the others, for the smallest integer's sake: no long is its quotient by -1.
    bool const wants_rest = operation == Operation::remainder || operation == Operation::modulo;
    overflows = !wants_rest && __builtin_sub_overflow(std::int64_t{0}, left, &result);
  } else {
    return of_a_division(operation, left, right);
  }
  if (overflows) raise_overflow();
  return Value::integer(result);
}

Value of_doubles(Operation operation, double left, double right) {
  switch (operation) {
    case Operation::add:
      return Value::real(left + right);
    case Operation::subtract:
      return Value::real(left - right);
    case Operation::multiply:
      return Value::real(left * right);
    case Operation::divide:
      return Value::real(left / right);
    case Operation::quotient:
      return Value::real(std::trunc(left / right));
    case Operation::remainder:
      return Value::real(std::fmod(left, right));
    case Operation::modulo:
      break;
  }
  double const rest = std::fmod(left, right);
  return Value::real(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest);
}

}  // namespace

double to_double(Value const& number) {
  return number.is_integer() ? static_cast<double>(number.as_integer()) : number.as_real();
}

Value calculate(Operation operation, Value const& left, Value const& right) {
  for (auto const* operand : {&left, &right}) {
    if (!is_number(*operand)) raise(Errc::query_where, notation::write(*operand) + " is not a number.", "{}");
    if (operand->is_bigint() || operand->is_decimal()) throw Unspoken{"arithmetic of bigint and bigdec"};
  }
  bool const divides =
      operation != Operation::add && operation != Operation::subtract && operation != Operation::multiply;
  if (divides && std::fpclassify(to_double(right)) == FP_ZERO) raise(Errc::query_arithmetic, "Divide by zero.", "{}");
  if (left.is_integer() && right.is_integer()) return of_integers(operation, left.as_integer(), right.as_integer());
  return of_doubles(operation, to_double(left), to_double(right));
}

std::weak_ordering compare_loosely(Value const& left, Value const& right) {
  auto const order = order_of(left, right);
  // Numbers that differ in their kind alone: 1 and 1.0. Those of a kind are equal where they are not less or greater.
  if (!is_number(left) || !is_number(right) || left.kind() == right.kind()) return order;
  if (left.is_integer() && right.is_real()) return notation::detail::compare_mixed(left.as_integer(), right.as_real());
  if (left.is_real() && right.is_integer())
    return 0 <=> notation::detail::compare_mixed(right.as_integer(), left.as_real());
  throw Unspoken{"comparing bigint and bigdec with other numbers"};
}

}  // namespace cairn::oracle
