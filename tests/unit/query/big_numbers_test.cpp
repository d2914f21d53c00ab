// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "call_text.hpp"
#include <cairn/query/aggregate/accumulator.hpp>
#include <cairn/query/function/big_numbers.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <random>

namespace cairn::query::big_numbers_test {
namespace {

using test::answer;

TEST_CASE("bigints and bigdecs are calculated with exactly") {
  struct Case {
    std::string_view call;
    std::string_view answer;
  };
  static constexpr std::array cases{
      Case{"(+ 1N 2)", "3N"},
      Case{"(+ 9223372036854775807 1N)", "9223372036854775808N"},
      Case{"(- 1N 2N)", "-1N"},
      Case{"(* 123456789012345678901234567890N -10)", "-1234567890123456789012345678900N"},
      Case{"(/ 8N 2)", "4N"},
      Case{"(/ 7N 2)", "3.5"},
      Case{"(/ 7N 0)", "! query/arithmetic"},
      Case{"(quot -7N 2)", "-3N"},
      Case{"(rem -7N 2)", "-1N"},
      Case{"(mod -7N 2)", "1N"},
      Case{"(mod 7N -2)", "-1N"},
      Case{"(+ 1N 0.5)", "1.5"},
      Case{"(+ 1N :a)", "! query/where"},
      Case{"(inc 0.5M)", "1.5M"},
      Case{"(+ 0.10M 1N)", "1.10M"},
      Case{"(+ -0.10M 0.1M)", "0.00M"},
      Case{"(* 1.10M 1.1M)", "1.210M"},
      Case{"(* 1e3M 10M)", "1.0e4M"},
      Case{"(* 0.001M 0.0001M)", "1e-7M"},
      Case{"(* 12.5M 1e-10M)", "1.25e-9M"},
      Case{"(- 1e3M 1)", "999M"},
      Case{"(/ 1M 8)", "0.125M"},
      Case{"(/ -1.00M 2.5M)", "-0.4M"},
      Case{"(/ 100M 0.5M)", "2.0e2M"},
      Case{"(/ 0M 5M)", "0M"},
      Case{"(/ 1M 3M)", "! query/arithmetic"},
      Case{"(/ 1M 0.00M)", "! query/arithmetic"},
      Case{"(quot -7.5M 2)", "-3M"},
      Case{"(rem -7.5M 2M)", "-1.5M"},
      Case{"(mod -7.5M 2M)", "0.5M"},
      Case{"(+ 1e999999M 1M)", "! query/arithmetic"},
      Case{"(* 1e900000M 1e900000M)", "! query/arithmetic"},
      Case{"(* 1e-900000M 1e-900000M)", "! query/arithmetic"},
      Case{"(max 1N 2M 1.5)", "2M"},
  };
  for (auto const& [call, expected] : cases) {
    INFO(call);
    CHECK(answer(call) == expected);
  }
}

TEST_CASE("numbers do not grow without end") {
  Value number{BigInt{"12345678901234567890"}};
  auto const outcome = test::outcome_text([&] {
    for (int step = 0; step != 100; ++step) number = calculate(FunctionId::multiply, number, number);
    return number;
  });
  CHECK(outcome == "! query/arithmetic");
  CHECK(test::outcome_text([] { return calculate(FunctionId::add, Value{BigInt{"12x"}}, Value{1}); }) == "! query/where");
}

TEST_CASE("arithmetic of bigints keeps the laws of division") {
  auto const seed = std::random_device{}();
  std::mt19937_64 generator{seed};
  auto const big = [&](std::size_t digits) {
    std::string text = generator() % 2 == 0 ? "-" : "";
    text += static_cast<char>('1' + generator() % 9);
    while (text.size() < digits) text += static_cast<char>('0' + generator() % 10);
    return Value{BigInt{text}};
  };
  for (int run = 0; run != 200; ++run) {
    auto const a = big(1 + generator() % 60);
    auto const b = big(1 + generator() % 40);
    INFO("seed " << seed << ": " << to_text(a) << " " << to_text(b));
    auto const quotient = calculate(FunctionId::quotient, a, b);
    auto const rest = calculate(FunctionId::remainder, a, b);
    CHECK(calculate(FunctionId::add, calculate(FunctionId::multiply, quotient, b), rest) == a);
    CHECK(calculate(FunctionId::subtract, calculate(FunctionId::add, a, b), b) == a);
    CHECK(calculate(FunctionId::divide, calculate(FunctionId::multiply, a, b), b) == a);
  }
}

TEST_CASE("sums of bigints and bigdecs are exact") {
  auto const sum = [](std::string_view text) {
    return test::outcome_text([&] {
      auto accumulator = Accumulator::of(AggregateId::sum);
      auto const items = notation::parse(text);
      for (auto const& item : items.items()) accumulator.add(to_value(item));
      return accumulator.result();
    });
  };
  CHECK(sum("(1N 2 3)") == "6N");
  CHECK(sum("(0.1M 0.2M)") == "0.3M");
  CHECK(sum("(9223372036854775807 1N)") == "9223372036854775808N");
  CHECK(sum("(1N 0.5)") == "1.5");
  CHECK(sum("(1N :a)") == "! query/where");
}

}  // namespace
}  // namespace cairn::query::big_numbers_test
