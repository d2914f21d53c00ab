// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is written reads back as it was.
#include <cairn/edn/abbreviate.hpp>
#include <cairn/edn/edn.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using cairn::edn;
using Value = edn::Value;

/// Makes values of all kinds, deterministic in its seed.
class RandomValues {
 public:
  explicit RandomValues(std::uint32_t seed) : engine_{seed} {}

  Value value(int depth) {
    switch (below(depth > 0 ? 15 : 10)) {
      case 0:
        return {};
      case 1:
        return Value::boolean(below(2) == 0);
      case 2:
        return Value::integer(static_cast<std::int64_t>(bits()));
      case 3:
        return Value::bigint((below(2) == 0 ? "-" : "") + digits());
      case 4:
        return Value::real(real());
      case 5:
        return Value::decimal(digits() + "." + digits() + "e" + std::to_string(static_cast<int>(below(40)) - 20));
      case 6:
        return Value::character(point());
      case 7:
        return Value::string(string());
      case 8:
        return Value::symbol(name());
      case 9:
        return Value::keyword(name());
      case 10:
        return Value::list(items(depth));
      case 11:
        return Value::vector(items(depth));
      case 12: {
        std::vector<Value> unique;
        for (Value& item : items(depth)) {
          if (!has(unique, item)) unique.push_back(std::move(item));
        }
        return Value::set(std::move(unique));
      }
      case 13: {
        std::vector<Value> keys;
        std::vector<std::pair<Value, Value>> entries;
        for (Value& key : items(depth)) {
          if (has(keys, key)) continue;
          keys.push_back(key);
          entries.emplace_back(std::move(key), value(depth - 1));
        }
        return Value::map(std::move(entries));
      }
      default:
        switch (below(3)) {
          case 0:
            return Value::instant(static_cast<std::int64_t>(bits()));
          case 1: {
            edn::UuidBytes bytes{};
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>(below(256));
            return Value::uuid(bytes);
          }
          default:
            return Value::tagged("t" + name(), value(depth - 1));
        }
    }
  }

 private:
  std::uint64_t bits() { return engine_() >> below(64); }
  std::size_t below(std::size_t limit) { return engine_() % limit; }

  static bool has(std::vector<Value> const& values, Value const& wanted) {
    for (Value const& value : values) {
      if (value == wanted) return true;
    }
    return false;
  }

  std::vector<Value> items(int depth) {
    std::vector<Value> result;
    for (std::size_t count = below(6); count != 0; --count) result.push_back(value(depth - 1));
    return result;
  }

  std::string digits() {
    std::string text = std::to_string(below(9) + 1);
    for (std::size_t count = below(30); count != 0; --count) text += std::to_string(below(10));
    return text;
  }

  double real() {
    switch (below(4)) {
      case 0:
        return static_cast<double>(static_cast<std::int64_t>(below(2000)) - 1000) / 8;
      case 1:
        return std::numeric_limits<double>::infinity() * (below(2) == 0 ? 1 : -1);
      default:
        return std::bit_cast<double>(engine_());
    }
  }

  char32_t point() {
    switch (below(4)) {
      case 0:
        return static_cast<char32_t>(below(0x20));
      case 1:
        return static_cast<char32_t>(0xE000 + below(0x102000));
      case 2:
        return static_cast<char32_t>(below(0xD800));
      default:
        return static_cast<char32_t>(below(0x80));
    }
  }

  std::string string() {
    std::string text;
    for (std::size_t count = below(12); count != 0; --count) text += cairn::notation::utf8::encode(point()).view();
    return text;
  }

  std::string name() {
    constexpr std::string_view first = "abcxyzABC.*!_?$%&=<>|";
    constexpr std::string_view rest = "abcxyz019.*+!-_?$%&=<>#'|";
    auto const part = [&] {
      std::string text{first[below(first.size())]};
      if (text == ".") text += 'a';
      for (std::size_t count = below(6); count != 0; --count) text += rest[below(rest.size())];
      return text;
    };
    std::string const local = part();
    return below(3) == 0 ? part() + "/" + local : local;
  }

  std::mt19937_64 engine_;
};

}  // namespace

TEST_CASE("random values survive writing and reading", "[edn]") {
  std::uint32_t const seed = Catch::getSeed();
  UNSCOPED_INFO("seed " << seed);
  RandomValues random{seed};
  for (int i = 0; i != 5000; ++i) {
    Value const value = random.value(4);
    for (bool const sorted : {false, true}) {
      std::string const text = edn::write(value, {.sorted = sorted});
      INFO("seed " << seed << ", value " << i << ": " << text);
      Value const again = edn::parse(text);
      REQUIRE(again == value);
      REQUIRE(edn::write(again, {.sorted = sorted}) == text);
    }
  }
}

TEST_CASE("each kind is written in one way", "[edn]") {
  for (auto const& [source, written] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"nil", "nil"},
           {"[true,false]", "[true false]"},
           {"+5", "5"},
           {"9223372036854775808", "9223372036854775808N"},
           {"1e0", "1.0"},
           {"100000000000000000000000.0", "1.0e+23"},
           {"1.5e-7", "1.5e-07"},
           {"-0.0", "-0.0"},
           {"0.1", "0.1"},
           {"##Inf", "##Inf"},
           {"##-Inf", "##-Inf"},
           {"##NaN", "##NaN"},
           {"+1.50M", "1.50M"},
           {"[\\space \\u0041 \\u0000 \\u00a0 \\u00e9 \\( \\\\]", "[\\space \\A \\u0000 \\u00A0 \\\xC3\xA9 \\( \\\\]"},
           {R"("a\"\\\n\t\r\b\f\u0001\u007F\u00e9")", "\"a\\\"\\\\\\n\\t\\r\\b\\f\\u0001\\u007F\xC3\xA9\""},
           {"( a/b , :c/d )", "(a/b :c/d)"},
           {"(\\, \\;)", "(\\, \\;)"},
           {"{:b 1,:a 2}", "{:b 1 :a 2}"},
           {"#{3 1 2}", "#{3 1 2}"},
           {"#inst \"2020-01-02\"", "#inst \"2020-01-02T00:00:00.000Z\""},
           {"#a/b  {}", "#a/b {}"},
           {"[[] () {} #{}]", "[[] () {} #{}]"},
       }) {
    CHECK(edn::write(edn::parse(source)) == written);
  }
}

TEST_CASE("sorted, maps and sets are written in the order of values", "[edn]") {
  Value const value = edn("{:b #{3 1 [2] \"x\" 2.5} :a {:z 1 :y/x 2 :c 3}}");
  CHECK(edn::write(value, {.sorted = true}) == "{:a {:c 3 :z 1 :y/x 2} :b #{1 2.5 3 \"x\" [2]}}");
  CHECK(edn::write(value) == "{:b #{3 1 [2] \"x\" 2.5} :a {:z 1 :y/x 2 :c 3}}");
}

TEST_CASE("writing ends where there is too much, of what is shared, too", "[edn]") {
  std::string text;
  CHECK(edn::write_to(text, edn("[1 2 3]"), {.max_bytes = 7}));
  CHECK_FALSE(edn::write_to(text, edn("[1 2 3]"), {.max_bytes = 6}));
  Value value = edn("[1]");
  for (int i = 0; i != 60; ++i) value = Value::vector({value, value});
  text.clear();
  CHECK_FALSE(edn::write_to(text, value, {.max_bytes = 1000}));
  CHECK(text.size() < 1100);
}

TEST_CASE("what is large is short in messages, is EDN, and has its place", "[edn]") {
  CHECK(cairn::notation::abbreviated(edn("{:a [1 \"two\" #inst \"2020-01-02\"]}")) == "{:a [1 \"two\" #inst \"2020-01-02T00:00:00.000Z\"]}");
  auto const excerpt = [](Value const& whole, std::size_t item) { return cairn::notation::excerpt(whole, whole.items()[item]); };
  CHECK(excerpt(edn("{:name \"x\" 5 6}"), 2) == "  {:name \"x\" 5 6}\n             ^");

  std::string const long_text(100'000, 'x');
  Value shared = edn("[1]");
  for (int i = 0; i != 60; ++i) shared = Value::vector({shared, shared});
  std::vector<std::pair<Value, Value>> entries;
  for (int i = 0; i != 1000; ++i) entries.emplace_back(Value::keyword("k" + std::to_string(i)), Value::string(long_text));
  entries.emplace_back(Value::integer(5), shared);
  for (int i = 1000; i != 2000; ++i) entries.emplace_back(Value::keyword("k" + std::to_string(i)), Value::keyword(long_text));
  auto const map = Value::map(entries);
  for (auto const& value : {map, shared, Value::set({map, shared}), Value::string(long_text), Value::bigint(std::string(1000, '7')),
                            Value::tagged("my/tag", map), Value::list({Value::string("é" + std::string(59, '\n') + "éé")})}) {
    auto const text = cairn::notation::abbreviated(value);
    CHECK(text.size() < 1000);
    CHECK_NOTHROW(edn::parse(text));
  }
  auto const shown = excerpt(map, 2000);
  CAPTURE(shown);
  CHECK(shown.size() < 400);
  auto const [line, caret] = std::pair{shown.substr(0, shown.find('\n')), shown.substr(shown.find('\n') + 1)};
  CHECK(line.substr(caret.size() - 1).starts_with("5 [[["));
}

TEST_CASE("writing appends", "[edn]") {
  std::string text = "x ";
  edn::write_to(text, edn("[1]"));
  CHECK(text == "x [1]");
}
