// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Instants, UUIDs, doubles and UTF-8.
#include <cairn/edn/instant.hpp>
#include <cairn/edn/position.hpp>
#include <cairn/edn/to_double.hpp>
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/uuid.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace cairn::notation;

TEST_CASE("instants are read as RFC 3339, with less where Clojure allows it", "[edn]") {
  for (auto const& [text, milliseconds] : std::vector<std::pair<std::string_view, std::int64_t>>{
           {"1970", 0},
           {"1970-01", 0},
           {"1970-01-01", 0},
           {"1970-01-01T00", 0},
           {"1970-01-01T00:01", 60'000},
           {"1970-01-01T00:00:01", 1000},
           {"1970-01-01T00:00:00.5", 500},
           {"1970-01-01T00:00:00.123456789Z", 123},
           {"1969-12-31T23:59:59.999Z", -1},
           {"2020-01-02T03:04:05.678Z", 1577934245678},
           {"2020-01-02T03:04:05.678-00:00", 1577934245678},
           {"2020-01-02T05:34:05.678+02:30", 1577934245678},
           {"2020-01-01T19:04:05.678-08:00", 1577934245678},
           {"2020-02-29", 1582934400000},
           {"2000-02-29", 951782400000},
           {"2016-12-31T23:59:60Z", 1483228800000},
           {"0000-01-01", -62167219200000},
           {"-0001-01-01", -62198755200000},
           {"+10000-01-01", 253402300800000},
       }) {
    INFO(text);
    CHECK(parse_instant(text) == milliseconds);
  }
}

TEST_CASE("what is no instant is refused", "[edn]") {
  for (std::string_view const text : {"",
                                      "x",
                                      "20",
                                      "20200101",
                                      "2020-1-1",
                                      "2020-13",
                                      "2020-00",
                                      "2020-04-31",
                                      "2021-02-29",
                                      "1900-02-29",
                                      "2020-01-01T24",
                                      "2020-01-01T00:60",
                                      "2020-01-01T00:00:61",
                                      "2020-01-01T00:00:60",
                                      "2020-01-01T00:00:00.",
                                      "2020-01-01T00:00:00.1234567890",
                                      "2020-01-01T00:00:00z",
                                      "2020-01-01 00:00:00",
                                      "2020-01-01Z",
                                      "2020Z",
                                      "2020-01-01T00:00:00+24:00",
                                      "2020-01-01T00:00:00+0100",
                                      "2020-01-01T00:00:00+01",
                                      "2020-01-01T00:00:00ZZ",
                                      "2020-01-01T",
                                      "2020-",
                                      "+2020000000000-01-01",
                                      "999999999",
                                      "+999999999-01-01",
                                      "-999999999-01-01"}) {
    INFO(text);
    CHECK(parse_instant(text) == std::nullopt);
  }
}

TEST_CASE("every instant is written and read back", "[edn]") {
  CHECK(format_instant(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_instant(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(format_instant(253402300800000) == "+10000-01-01T00:00:00.000Z");
  CHECK(format_instant(-62198755200000) == "-0001-01-01T00:00:00.000Z");
  CHECK(format_instant(std::numeric_limits<std::int64_t>::max()) == "+292278994-08-17T07:12:55.807Z");
  CHECK(format_instant(std::numeric_limits<std::int64_t>::min()) == "-292275055-05-16T16:47:04.192Z");
  CHECK(parse_instant("+292278994-08-17T07:12:55.807Z") == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_instant("+292278994-08-17T07:12:55.808Z") == std::nullopt);
  CHECK(parse_instant("-292275055-05-16T16:47:04.192Z") == std::numeric_limits<std::int64_t>::min());
  CHECK(parse_instant("-292275055-05-16T16:47:04.191Z") == std::nullopt);
  std::uint32_t const seed = Catch::getSeed();
  std::mt19937_64 engine{seed};
  for (int i = 0; i != 20'000; ++i) {
    auto const instant = static_cast<std::int64_t>(engine()) >> (i % 30);
    INFO("seed " << seed << ", instant " << instant);
    REQUIRE(parse_instant(format_instant(instant)) == instant);
  }
}

TEST_CASE("UUIDs go both ways", "[edn]") {
  auto const bytes = parse_uuid("01234567-89AB-cdef-0123-456789abcdef");
  REQUIRE(bytes.has_value());
  CHECK(*bytes ==
        UuidBytes{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF});
  CHECK(format_uuid(*bytes) == "01234567-89ab-cdef-0123-456789abcdef");
  for (std::string_view const text : {"", "01234567-89ab-cdef-0123-456789abcde",
                                      "01234567-89ab-cdef-0123-456789abcdef0", "01234567089ab-cdef-0123-456789abcdef",
                                      "g1234567-89ab-cdef-0123-456789abcdef", "{1234567-89ab-cdef-0123-456789abcde}"}) {
    INFO(text);
    CHECK(parse_uuid(text) == std::nullopt);
  }
}

TEST_CASE("doubles are correctly rounded without the standard library", "[edn]") {
  auto const agrees = [](std::string const& text) {
    INFO(text);
    double const expected = std::strtod(text.c_str(), nullptr);
    CHECK(std::bit_cast<std::uint64_t>(detail::portable_to_double(text)) == std::bit_cast<std::uint64_t>(expected));
  };
  for (std::string_view const text : {
           "0",
           "-0",
           "0.0e99999",
           "1",
           "0.1",
           "123456789012345678",
           "1e22",
           "1e23",
           "9007199254740993",
           "9007199254740992.5",
           "2.2250738585072011e-308",
           "2.2250738585072014e-308",
           "4.9406564584124654e-324",
           "2.4703282292062327e-324",
           "2.4703282292062328e-324",
           "1e-400",
           "1.7976931348623157e308",
           "1.7976931348623158e308",
           "1.7976931348623159e308",
           "1e309",
           "-1e400",
           "1e99999999999999999999",
           "1e-99999999999999999999",
           "0.000000000000000000000000000000000000000000000000000000000000001e63",
           "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664901797758720709633028"
           "64166928879109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555"
           "71366959622842914819860834936475292719074168444365510704342711559699508093042880"}) {
    agrees(std::string{text});
  }
  // Appended, not added: g++ 12 sees an overflow in the sum that is none.
  auto const joined = [](std::string_view head, std::size_t count, char digit, std::string_view tail) {
    std::string text{head};
    text.append(count, digit).append(tail);
    return text;
  };
  std::string_view const halfway = "9007199254740993";
  agrees(joined(halfway, 0, '0', ".0000000000000000000000000000000001"));
  agrees(joined(halfway, 900, '0', "1e-901"));
  agrees(joined("0.", 400, '0', "1e401"));
  agrees(joined("", 900, '9', "e-900"));
  agrees(joined("1", 900, '0', "e-900"));
  std::uint32_t const seed = Catch::getSeed();
  std::mt19937_64 engine{seed};
  for (int i = 0; i != 20'000; ++i) {
    INFO("seed " << seed);
    auto const value = std::bit_cast<double>(engine());
    if (value - value != 0) continue;
    char buffer[900];
    // 17 digits are what identifies a double, fewer round, more stand near the halfway points of none.
    int const precision = i % 3 == 0   ? 16
                          : i % 3 == 1 ? static_cast<int>(engine() % 16)
                                       : static_cast<int>(engine() % 60);
    auto const [end, code] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, precision);
    agrees({buffer, end});
  }
}

TEST_CASE("UTF-8 is checked strictly", "[edn]") {
  for (std::string_view const text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(utf8::is_valid(text));
  }
  for (std::string_view const text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE0\xA0", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF0\x90\x80"}) {
    CHECK_FALSE(utf8::is_valid(text));
  }
  for (char32_t point = 0; point <= 0x10FFFF; point += 37) {
    if (!utf8::is_scalar(point)) continue;
    utf8::Encoded const encoded = utf8::encode(point);
    utf8::Decoded const decoded = utf8::decode(encoded.view(), 0);
    REQUIRE(decoded.point == point);
    REQUIRE(decoded.size == encoded.size);
  }
}

TEST_CASE("positions count lines and code points from one", "[edn]") {
  CHECK(position("abc", 0) == Position{1, 1});
  CHECK(position("a\nbc", 3) == Position{2, 2});
  CHECK(position("a\n\xC3\xA9z", 4) == Position{2, 2});
  CHECK(position("ab", 99) == Position{1, 3});
  CHECK(explain("a\n\xC3\xA9z", 4, "why") == "line 2, column 2: why\n  \xC3\xA9z\n   ^");
}
