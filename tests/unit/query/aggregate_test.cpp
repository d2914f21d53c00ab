// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "call_text.hpp"
#include "oracle/functions.hpp"
#include <cairn/query/aggregate/accumulator.hpp>
#include <cairn/query/function/nearest.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <set>

namespace cairn::query::aggregate_test {
namespace {

static_assert(detail::aggregates.size() == 12);
static_assert([] {
  for (auto const& one : detail::aggregates) {
    if (&info_of(one.id) != &one || find_aggregate(one.name) != &one) return false;
  }
  return find_aggregate("average") == nullptr;
}());

std::vector<Value> values_of(notation::Value const& items) {
  std::vector<Value> values;
  for (auto const& item : items.items()) values.push_back(to_value(item));
  return values;
}
/// Of `(name (argument) (value ...))`.
Value aggregated(notation::Value const& form) {
  auto accumulator = Accumulator::of(find_aggregate(form[0].as_symbol())->id, values_of(form[1]));
  accumulator.add(std::span<Value const>{values_of(form[2])});
  return accumulator.result();
}
std::string answer(std::string_view text) {
  return test::outcome_text([&] { return aggregated(notation::parse(text)); });
}

TEST_CASE("aggregates give Datahike's numbers and refuse what they do not take") {
  struct Case {
    std::string_view form;
    std::string_view answer;
  };
  static constexpr std::array cases{
      Case{"(sum () (1 2 3))", "6"},
      Case{"(sum () ())", "0"},
      Case{"(sum () (1 2.5))", "3.5"},
      Case{"(sum () (9223372036854775807 1))", "! query/arithmetic"},
      Case{"(sum () (-9223372036854775808 -1))", "! query/arithmetic"},
      Case{"(sum () (9223372036854775807 1 -1))", "9223372036854775807"},
      Case{"(sum () (-9223372036854775808))", "-9223372036854775808"},
      Case{"(sum () (9223372036854775807 9223372036854775807 0.0))", "18446744073709551616.0"},
      Case{"(sum () (\"a\"))", "! query/where"},
      Case{"(sum () (nil))", "! query/where"},
      Case{"(sum (1) (1))", "! query/where"},
      Case{"(sum () (1N))", "! query/where"},
      Case{"(avg () (1 2))", "1.5"},
      Case{"(avg () (2 4))", "3.0"},
      Case{"(avg () (9223372036854775807 9223372036854775807))", "9223372036854775808.0"},
      Case{"(variance () (9223372036854775807 9223372036854775807))", "0.0"},
      Case{"(stddev () (9223372036854775807 9223372036854775807 9223372036854775807))", "0.0"},
      Case{"(avg () (:a))", "! query/where"},
      Case{"(avg () ())", "nil"},
      Case{"(min () (3 1.5 2))", "1.5"},
      Case{"(max () (\"b\" \"c\" \"a\"))", "\"c\""},
      Case{"(max () (nil))", "nil"},
      Case{"(min (2) (3 1 2 1))", "[1 1]"},
      Case{"(max (3) (15 64 22 37 17))", "[22 37 64]"},
      Case{"(max (9) (2 1))", "[1 2]"},
      Case{"(min (0) (2 1))", "[]"},
      Case{"(min (-1) (2 1))", "! query/where"},
      Case{"(min (1.5) (2 1))", "! query/where"},
      Case{"(min (1 2) (2 1))", "! query/where"},
      Case{"(count () (1 1 nil))", "3"},
      Case{"(count () ())", "0"},
      Case{"(count-distinct () (1 1 1.0 {} {}))", "3"},
      Case{"(distinct () (3 1 \"a\" 1 {:a 1} [2]))", "#{1 3 \"a\" [2] {:a 1}}"},
      Case{"(median () (3 1 2))", "2.0"},
      Case{"(median () (1 9 4 2))", "3.0"},
      Case{"(median () (1 ##NaN 3))", "3.0"},
      Case{"(median () (1 :a))", "! query/where"},
      Case{"(variance () (1 2 4 9))", "9.5"},
      Case{"(variance () (5))", "0.0"},
      Case{"(stddev () (2 4))", "1.0"},
      Case{"(stddev () (2 nil))", "! query/where"},
      Case{"(rand () (7))", "7"},
      Case{"(rand (3) (7))", "[7 7 7]"},
      Case{"(rand (1000001) (7))", "! query/memory"},
      Case{"(sample (2) (7))", "[7]"},
      Case{"(sample (0) (7))", "[]"},
      Case{"(sample () (7))", "! query/where"},
  };
  std::set<std::string_view> seen;
  for (auto const& [form, expected] : cases) {
    INFO(form);
    CHECK(answer(form) == expected);
    seen.insert(form.substr(1, form.find(' ') - 1));
  }
  CHECK(seen.size() == detail::aggregates.size());
  CHECK(nearest_aggregate("agv") == "avg");
}

TEST_CASE("the variance of numbers that lie close together keeps its digits") {
  CHECK(aggregated(notation::parse("(variance () (1000000001.0 1000000002.0 1000000003.0 1000000004.0))")).as_double() ==
        Catch::Approx(1.25));
}

TEST_CASE("the variance of small longs is exact, and beside other numbers what it is of all") {
  auto const variance_of = [](std::vector<Value> const& values) {
    auto accumulator = Accumulator::of(AggregateId::variance);
    accumulator.add(std::span<Value const>{values});
    return accumulator.result().as_double();
  };
  constexpr std::int64_t large = (std::int64_t{1} << 31) - 1;
  CHECK(variance_of({large, -large}) == static_cast<double>(large) * static_cast<double>(large));
  CHECK(variance_of({large, large - 1, large, large - 1}) == 0.25);
  CHECK(variance_of({-large, -large + 1, -large + 2}) == 2.0 / 3.0);
  CHECK(variance_of({1, 2, 3.0, 4.0}) == 1.25);
  CHECK(variance_of({1, std::int64_t{1} << 40, 5}) == Catch::Approx(variance_of({1.0, 0x1p40, 5.0})));
  // Many of them, whose sums need more than 64 bits.
  std::vector<std::int64_t> many;
  for (std::int64_t i = 0; i != 100'000; ++i) many.push_back(i % 2 == 0 ? large : large - 4);
  auto accumulator = Accumulator::of(AggregateId::variance);
  accumulator.add(IntegerColumn{many});
  CHECK(accumulator.result().as_double() == 4.0);
}

TEST_CASE("the median of numbers in order, in none, and with NaN") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  auto const median_of = [](std::vector<double> const& numbers) {
    auto accumulator = Accumulator::of(AggregateId::median);
    for (auto const number : numbers) accumulator.add(Value{number});
    return accumulator.result().as_double();
  };
  CHECK(median_of({1, 2, 3, 10}) == 2.5);
  CHECK(median_of({10, 1, 3, 2}) == 2.5);
  CHECK(median_of({2, 2, 1}) == 2);
  CHECK(median_of({nan, 1, 3}) == 3);
  CHECK(median_of({3, nan, 1, 2}) == 2.5);
  CHECK(std::isnan(median_of({1, nan})));
  CHECK(std::isnan(median_of({nan, 1, nan})));
  CHECK(std::isnan(median_of({nan, 1, nan, nan})));
}

TEST_CASE("samples are of the values, without repetition, and each value has its turn") {
  std::set<std::int64_t> drawn;
  for (int i = 0; i != 200; ++i) {
    auto const sample = aggregated(notation::parse("(sample (3) (0 1 2 3 4 5 6 7))"));
    REQUIRE(sample.as_tuple().size() == 3);
    std::set<std::int64_t> distinct;
    for (auto const& value : sample.as_tuple()) distinct.insert(value.as_integer());
    CHECK(distinct.size() == 3);
    drawn.insert(distinct.begin(), distinct.end());
    auto const one = aggregated(notation::parse("(rand () (0 1 2))")).as_integer();
    CHECK((one >= 0 && one < 3));
  }
  CHECK(drawn == std::set<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("a column of longs is what its longs are one by one") {
  std::mt19937_64 generator{std::random_device{}()};
  std::vector<Value> values;
  for (int i = 0; i != 1'000; ++i) values.push_back(static_cast<std::int64_t>(generator() >> 20U) - (std::int64_t{1} << 43U));
  values.push_back(std::numeric_limits<std::int64_t>::min() / 2);
  static_assert(sizeof(Value) == 16);
  std::vector<std::int64_t> words;
  for (auto const& value : values) words.push_back(value.as_integer());
  std::vector<std::array<std::int64_t, 3>> spread;
  for (auto const word : words) spread.push_back({0, word, 0});
  for (auto const& info : detail::aggregates) {
    if (!info.pure) continue;
    for (std::size_t argument = 0; argument <= info.most; ++argument) {
      std::vector<Value> const arguments(argument, Value{5});
      auto one_by_one = Accumulator::of(info.id, arguments);
      for (auto const& value : values) one_by_one.add(value);
      auto dense = Accumulator::of(info.id, arguments);
      dense.add(IntegerColumn{std::span<std::int64_t const>{words}.first(400)});
      dense.add(std::span<Value const>{values}.subspan(400, 100));
      dense.add(IntegerColumn{std::span<std::int64_t const>{words}.subspan(500)});
      auto strided = Accumulator::of(info.id, arguments);
      strided.add(IntegerColumn{&spread[0][1], sizeof spread[0], spread.size()});
      INFO(info.name);
      CHECK(dense.result() == one_by_one.result());
      CHECK(strided.result() == one_by_one.result());
      auto copy = dense;
      copy.add(Value{1'000'000});
      CHECK(dense.result() == one_by_one.result());
    }
  }
}

TEST_CASE("an aggregate of the program sees all values of a group") {
  CustomAggregate const widest{"widest", [](std::span<Value const> values) -> Value {
                                 return static_cast<std::int64_t>(values.size()) * 100 + values[0].as_integer();
                               }};
  auto accumulator = Accumulator::of(widest);
  accumulator.add(Value{7});
  std::vector<std::int64_t> const more{8, 9};
  accumulator.add(IntegerColumn{std::span<std::int64_t const>{more}});
  CHECK(accumulator.result() == Value{307});
}

TEST_CASE("aggregates agree with the oracle's on random values") {
  auto const* given = std::getenv("CAIRN_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  std::uint64_t const seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  int const runs = std::getenv("CAIRN_LONG") != nullptr ? 2'000 : 200;  // NOLINT(concurrency-mt-unsafe)
  std::mt19937_64 generator{seed};
  auto const below = [&](std::size_t limit) { return static_cast<std::size_t>(generator() % limit); };
  static constexpr std::array<std::string_view, 12> numbers{"0",   "1",    "2",        "3",     "-5",   "1000000007",
                                                            "0.5", "-2.5", "1.0e10", "100.0", "7",    "64"};
  static constexpr std::array<std::string_view, 4> texts{"\"a\"", "\"b\"", "\"\"", "\"größe\""};
  std::size_t refused = 0;
  for (int run = 0; run != runs; ++run) {
    for (auto const& info : detail::aggregates) {
      if (!info.pure) continue;
      std::vector<notation::Value> arguments;
      if (info.most != 0 && below(2) == 0) arguments.push_back(notation::Value::integer(static_cast<std::int64_t>(below(4))));
      bool const textual = below(5) == 0;
      std::vector<notation::Value> items;
      for (auto left = 1 + below(8); left != 0; --left) {
        items.push_back(notation::parse(textual ? texts[below(texts.size())] : numbers[below(numbers.size())]));
      }
      auto const form = notation::Value::list({notation::Value::symbol(info.name), notation::Value::list(arguments),
                                               notation::Value::list(items)});
      INFO("CAIRN_TEST_SEED=" << seed << " repeats it: " << notation::write(form));
      auto const got = test::outcome_text([&] { return aggregated(form); });
      std::string expected;
      notation::Value value;
      try {
        value = oracle::aggregate(info.name, arguments, items);
        expected = notation::write(detail::canonical(value), {.sorted = true});
      } catch (Error const& error) {
        expected = "! " + std::string{name(error.code())};
        ++refused;
      }
      if (value.is_real() && !got.starts_with("! ")) {
        CHECK(notation::parse(got).as_real() == Catch::Approx(value.as_real()).epsilon(1e-12));
      } else {
        CHECK(got == expected);
      }
    }
  }
  CHECK(refused > 20);
}

}  // namespace
}  // namespace cairn::query::aggregate_test
