// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values: accessors, equality and order.
#include "small_stack.hpp"
#include <cairn/edn/edn.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using cairn::edn;
using Value = edn::Value;

std::string message_of(auto&& call) {
  try {
    (void)call();
  } catch (cairn::Error const& error) {
    CHECK(error.code() == cairn::Errc::edn_syntax);
    return error.message();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a value tells what it is", "[edn]") {
  CHECK(Value{}.is_nil());
  CHECK_FALSE(Value{}.is_truthy());
  CHECK_FALSE(edn("false").is_truthy());
  CHECK(edn("0").is_truthy());
  CHECK(edn("true").as_boolean());
  CHECK(edn("-7").as_integer() == -7);
  CHECK(edn("-0.5").as_real() == -0.5);
  CHECK(edn("+12N").as_bigint() == "12");
  CHECK(edn("-0N").as_bigint() == "0");
  CHECK(edn("+1.50E+03M").as_decimal() == "1.50e3");
  CHECK(edn("-0.00M").as_decimal() == "0.00");
  CHECK(edn("\\a").as_character() == U'a');
  CHECK(edn("\"x\"").as_string() == "x");
  CHECK(edn("a/b").as_symbol() == "a/b");
  CHECK(edn(":a.b/c").as_keyword() == "a.b/c");
  CHECK(edn(":a.b/c").namespace_part() == "a.b");
  CHECK(edn(":a.b/c").name_part() == "c");
  CHECK(edn("c").namespace_part().empty());
  CHECK(edn("c").name_part() == "c");
  CHECK(edn("/").name_part() == "/");
  CHECK(edn("ns//").name_part() == "/");
  CHECK(edn(":a").is_keyword(":a"));
  CHECK(edn(":a").is_keyword("a"));
  CHECK_FALSE(edn("a").is_keyword("a"));
  CHECK(edn("a").is_symbol("a"));
  CHECK(edn("#inst \"1970-01-01T00:00:01Z\"").instant() == 1000);
  CHECK(edn("#uuid \"00000000-0000-0000-0000-0000000000ff\"").uuid()->back() == 0xFF);
  CHECK_FALSE(edn("#t \"1970\"").instant().has_value());
  CHECK(edn("#a/b 1").tag() == "a/b");
  CHECK(edn("#a/b 1").tagged_value() == edn("1"));
}

TEST_CASE("items, entries and lookups", "[edn]") {
  Value const vector = edn("[1 :a \"b\"]");
  CHECK(vector.size() == 3);
  CHECK(vector[2].as_string() == "b");
  CHECK(message_of([&] { return vector[3]; }) == "expected an item at place 3, found 3 items");

  Value const map = edn("{:z 1 \"s\" 2 3 4 :a/b 5 nil 6 [1] 7 a 8 :a 9}");
  CHECK(map.size() == 8);
  CHECK(map.key(0) == edn(":z"));
  CHECK(map.value(1) == edn("2"));
  CHECK(map.at(":z").as_integer() == 1);
  CHECK(map.at("a/b").as_integer() == 5);
  CHECK(map.find(":a")->as_integer() == 9);
  CHECK(map.find("s") == nullptr);
  CHECK(map.find(edn("\"s\""))->as_integer() == 2);
  CHECK(map.find(edn("(1)"))->as_integer() == 7);
  CHECK(map.find(Value{})->as_integer() == 6);
  CHECK(map.find(edn("3.0")) == nullptr);
  CHECK(map.contains(edn("3")));
  CHECK(edn("1").find(":a") == nullptr);
  CHECK(message_of([&] { return map.at(":missing"); }) == "the key :missing is missing in this map");
  CHECK(message_of([&] { return edn("[]").at(":a"); }) == "expected a map, found a vector");
  CHECK(message_of([&] { return edn("[]").as_integer(); }) == "expected an integer, found a vector");
  CHECK(edn("#{1 [2]}").contains(edn("[2]")));
  CHECK_FALSE(edn("#{1 [2]}").contains(edn("2")));
  CHECK(edn("{}").find(":a") == nullptr);
}

TEST_CASE("a large map finds each of its keys", "[edn]") {
  std::vector<std::pair<Value, Value>> entries;
  for (std::int64_t i = 0; i != 1000; ++i) {
    entries.emplace_back(Value::keyword("k" + std::to_string(i * 7919 % 1000)), Value::integer(i));
  }
  Value const map = Value::map(entries);
  for (std::int64_t i = 0; i != 1000; ++i) {
    Value const* const found = map.find("k" + std::to_string(i * 7919 % 1000));
    REQUIRE(found != nullptr);
    CHECK(found->as_integer() == i);
  }
  CHECK(map.find("k1000") == nullptr);
}

TEST_CASE("equality is Clojure's, but that numbers of two types differ", "[edn]") {
  for (auto const& [left, right] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"(1 2)", "[1 2]"},
           {"[1 (2 [3])]", "(1 [2 (3)])"},
           {"{:a 1 :b 2}", "{:b 2 :a 1}"},
           {"#{1 2 #{3 4}}", "#{#{4 3} 2 1}"},
           {"{[1] :x}", "{(1) :x}"},
           {"##NaN", "##NaN"},
           {"0.0", "-0.0"},
           {"1e2", "100.0"},
           {"10e1M", "10E+1M"},
           {"#inst \"2020\"", "#inst \"2020-01-01T00:00:00.000Z\""},
           {"#uuid \"01234567-89AB-cdef-0123-456789abcdef\"", "#uuid \"01234567-89ab-cdef-0123-456789abcdef\""},
       }) {
    INFO(left << " and " << right);
    CHECK(edn::parse(left) == edn::parse(right));
    CHECK(edn::compare(edn::parse(left), edn::parse(right)) == 0);
  }
  std::vector<std::string_view> const different{"nil",   "false", "true",  "1",      "1N",   "1.0",   "1M",    "1.0M",
                                                "1.00M", "\\a",   "\"a\"", "a",      ":a",   "a/a",   ":a/a",  "()",
                                                "(1)",   "[1 2]", "#{}",   "#{1}",   "{}",   "{1 2}", "{1 3}", "#a 1",
                                                "#b 1",  "#a 2",  "##Inf", "##-Inf", "##NaN"};
  for (std::size_t i = 0; i != different.size(); ++i) {
    for (std::size_t j = 0; j != different.size(); ++j) {
      INFO(different[i] << " and " << different[j]);
      Value const left = edn::parse(different[i]);
      Value const right = edn::parse(different[j]);
      CHECK((left == right) == (i == j));
      CHECK((edn::compare(left, right) == 0) == (i == j));
      CHECK((edn::compare(left, right) < 0) == (edn::compare(right, left) > 0));
    }
  }
}

TEST_CASE("the order of values is total", "[edn]") {
  std::vector<std::string_view> const ascending{"nil",
                                                "false",
                                                "true",
                                                "##-Inf",
                                                "-1e300",
                                                "-9223372036854775809",
                                                "-9223372036854775808",
                                                "-1.5",
                                                "-1",
                                                "-1N",
                                                "-1.0",
                                                "-1M",
                                                "0",
                                                "0N",
                                                "0.0",
                                                "0M",
                                                "0.00M",
                                                "5e-324",
                                                "0.1M",
                                                "0.1",
                                                "0.10000000000000002",
                                                "1",
                                                "1.0",
                                                "1.0M",
                                                "1.00M",
                                                "1.5",
                                                "1.5M",
                                                "2",
                                                "10",
                                                "9007199254740992",
                                                "9007199254740992.0",
                                                "9007199254740993",
                                                "9223372036854775807",
                                                "9223372036854775807N",
                                                "9223372036854775808",
                                                "9223372036854775808.0",
                                                "1e300M",
                                                "1e300",
                                                "1e999M",
                                                "##Inf",
                                                "##NaN",
                                                "\\a",
                                                "\\b",
                                                "\"\"",
                                                "\"A\"",
                                                "\"a\"",
                                                "\"a\\u0000\"",
                                                "\"b\"",
                                                "\"\\u00e9\"",
                                                "\"\\uFFFD\"",
                                                "\"\\uD83D\\uDE00\"",
                                                "a",
                                                "b",
                                                "a/a",
                                                "a/b",
                                                "b/a",
                                                ":a",
                                                ":b",
                                                ":a/a",
                                                ":a-b/a",
                                                "[]",
                                                "[1]",
                                                "(1 2)",
                                                "[2]",
                                                "[:a]",
                                                "#{}",
                                                "#{1}",
                                                "#{2 1}",
                                                "#{2}",
                                                "{}",
                                                "{:a 1}",
                                                "{:b 0 :a 1}",
                                                "{:a 2}",
                                                "#a 1",
                                                "#b 0",
                                                "#inst \"-0001-01-01T00:00:00Z\"",
                                                "#inst \"0001-01-01T00:00:00Z\"",
                                                "#inst \"2020\"",
                                                "#inst \"+10000-01-01T00:00:00Z\""};
  for (std::size_t i = 0; i != ascending.size(); ++i) {
    for (std::size_t j = 0; j != ascending.size(); ++j) {
      INFO(ascending[i] << " and " << ascending[j]);
      CHECK(edn::compare(edn::parse(ascending[i]), edn::parse(ascending[j])) == (i <=> j));
    }
  }
}

TEST_CASE("factories refuse what could not be written", "[edn]") {
  CHECK(Value::keyword(":a/b") == Value::keyword("a/b"));
  CHECK(Value::bigint("12N") == edn("12N"));
  CHECK(Value::decimal("-1.50") == edn("-1.50M"));
  CHECK(Value::decimal("7") == edn("7M"));
  CHECK(Value::instant(1000) == edn("#inst \"1970-01-01T00:00:01Z\""));
  CHECK(Value::tagged("inst", Value::string("2020")) == edn("#inst \"2020\""));
  CHECK(Value::integer(std::numeric_limits<std::int64_t>::min()) == edn("-9223372036854775808"));
  for (std::string_view const text : {"",   "a b", ":",   ":a",   "a/", "/a", "a/b/c", "a:", "(",   "a;",       "1",
                                      "-1", ".1",  "nil", "true", "'a", "#a", "a\xFF", "a@", "a\n", "a\xC2\xA0"}) {
    INFO(text);
    CHECK(message_of([&] { return Value::symbol(text); }) != "no error");
  }
  for (std::string_view const text : {"", ":", "::a", "a b", "/", "a\"", "\xFF"}) {
    INFO(text);
    CHECK(message_of([&] { return Value::keyword(text); }) != "no error");
  }
  for (std::string_view const text : {"", "-", "x", "1.5", "01", "1NN", "N", "1M"}) {
    INFO(text);
    CHECK(message_of([&] { return Value::bigint(text); }) != "no error");
  }
  for (std::string_view const text : {"", "-", "x", "1e", "1N", ".5", "NaN", "M", "1e1000000"}) {
    INFO(text);
    CHECK(message_of([&] { return Value::decimal(text); }) != "no error");
  }
  CHECK(message_of([] { return Value::string("\xC0\x80"); }) != "no error");
  CHECK(message_of([] { return Value::character(0xD800); }) != "no error");
  CHECK(message_of([] { return Value::character(0x110000); }) != "no error");
  CHECK(message_of([] { return Value::set({edn("(1)"), edn("[1]")}); }) != "no error");
  CHECK(message_of([] { return Value::map({{edn("1"), edn("2")}, {edn("1"), edn("3")}}); }) != "no error");
  CHECK(message_of([] { return Value::tagged("inst", edn("1")); }) != "no error");
  CHECK(message_of([] { return Value::tagged("uuid", edn("\"x\"")); }) != "no error");
  CHECK(message_of([] { return Value::tagged("_a", edn("1")); }) != "no error");
  CHECK(message_of([] { return Value::tagged("/", edn("1")); }) == "no error");
}

TEST_CASE("edn is a value and the name under which all is found", "[edn]") {
  Value const value = cairn::edn("[1 2]");
  CHECK(value == edn::parse("[1 2]"));
  CHECK(edn::write(cairn::edn("{:a 1}")) == "{:a 1}");
  CHECK(edn::parse_all("1 ; x\n[2]").size() == 2);
  CHECK(edn::parse_all(" #_ 1 ").empty());
  CHECK(message_of([] { return edn::parse_all("1 [2"); }).starts_with("line 1, column 3:"));
}

TEST_CASE("a value may be nested deeper than the stack would bear", "[edn]") {
  auto const nested = [](int levels, Value const& innermost) {
    Value value = innermost;
    for (int i = 0; i != levels; ++i) {
      value = i % 4 == 0   ? Value::map({{Value::keyword("a"), std::move(value)}, {Value::keyword("b"), Value::integer(i)}})
              : i % 4 == 1 ? Value::vector({std::move(value), Value::integer(i)})
              : i % 4 == 2 ? Value::set({std::move(value)})
                           : Value::tagged("t", std::move(value));
    }
    return value;
  };
  constexpr int levels = 100'000;
  cairn::test::on_stack_of(std::size_t{256} << 10U, [&] {
    auto const value = nested(levels, Value::integer(1));
    auto const same = nested(levels, Value::integer(1));
    auto const greater = nested(levels, Value::integer(2));
    CHECK(value == same);
    CHECK(!(value == greater));
    CHECK(compare(value, greater) < 0);
    CHECK(compare(greater, value) > 0);
    CHECK(compare(value, nested(levels, Value::vector({}))) < 0);
    auto const text = edn::write(value);
    CHECK(text.starts_with("#t #{[{:a #t #{[{:a "));
    CHECK(text.ends_with(" :b 99992} 99993]} :b 99996} 99997]}"));
    CHECK(text == edn::write(same, {.sorted = true}));
  });
  auto const few = nested(50, Value::integer(1));
  CHECK(edn::parse(edn::write(few)) == few);
}

TEST_CASE("a branch of a value that is destroyed may live on", "[edn]") {
  Value kept;
  {
    Value value = Value::integer(1);
    for (int i = 0; i != 100; ++i) {
      value = Value::vector({value, Value::vector({value})});
      if (i == 40) kept = value;
    }
  }
  auto levels = 0;
  for (auto const* at = &kept; at->is_vector(); at = &at->items()[0]) ++levels;
  CHECK(levels == 41);
}
