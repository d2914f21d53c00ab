// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include <cairn/datom/codec.hpp>
#include <cairn/db/value_type.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/query/edn_values.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace cairn::query::edn_values_test {
namespace {

Value value(std::string_view text) { return to_value(notation::parse(text)); }

TEST_CASE("all of EDN is a value, and equal EDN is one value") {
  struct Case {
    std::string_view text;
    ValueKind kind;
    std::string_view back;
  };
  static constexpr std::array cases{
      Case{"nil", ValueKind::nil, "nil"},
      Case{"1", ValueKind::integer, "1"},
      Case{"1N", ValueKind::bigint, "1N"},
      Case{"1.50M", ValueKind::bigdec, "1.50M"},
      Case{"#inst \"2020-01-01\"", ValueKind::instant, "#inst \"2020-01-01T00:00:00.000Z\""},
      Case{"#uuid \"123E4567-E89B-12D3-A456-426614174000\"", ValueKind::uuid, "#uuid \"123e4567-e89b-12d3-a456-426614174000\""},
      Case{"#bytes \"AAEC\"", ValueKind::bytes, "#bytes \"AAEC\""},
      Case{"#bytes \"not base64\"", ValueKind::edn, "#bytes \"not base64\""},
      Case{"(1 (2) {})", ValueKind::tuple, "[1 [2] {}]"},
      Case{"\\newline", ValueKind::edn, "\\newline"},
      Case{"#{3 1 2}", ValueKind::edn, "#{1 2 3}"},
      Case{"{:b (1 2) :a #{-0.0}}", ValueKind::edn, "{:a #{0.0} :b [1 2]}"},
      Case{"#foo/bar (1)", ValueKind::edn, "#foo/bar [1]"},
      Case{"#{#inst \"2020-01-01\"}", ValueKind::edn, "#{#inst \"2020-01-01T00:00:00.000Z\"}"},
  };
  for (auto const& [text, kind, back] : cases) {
    INFO(text);
    auto const made = value(text);
    CHECK(made.kind() == kind);
    CHECK(notation::write(to_edn(made)) == back);
    CHECK(to_value(to_edn(made)) == made);
    CHECK(Value{made} == made);
    CHECK(std::unordered_set<Value>{made}.contains(value(back)));
  }
  CHECK(value("{:a 1 :b 2}") == value("{:b 2 :a 1}"));
  CHECK(value("#{(1) 2}") == value("#{2 [1]}"));
  CHECK(value("#{1}") != value("#{1.0}"));
  CHECK(value("[9 9]") < value("#{1}"));
}

TEST_CASE("collections have elements, other values none") {
  auto const elements = [](std::string_view text) {
    auto const found = elements_of(value(text));
    return found ? notation::write(to_edn(Value{*found})) : std::string{"none"};
  };
  CHECK(elements("[1 [2]]") == "[1 [2]]");
  CHECK(elements("#{2 1}") == "[1 2]");
  CHECK(elements("{:b 1 :a #{}}") == "[[:a #{}] [:b 1]]");
  CHECK(elements("\"aö\"") == "[\\a \\ö]");
  CHECK(elements("nil") == "[]");
  CHECK(elements("1") == "none");
  CHECK(elements("\\a") == "none");
  CHECK(elements("#foo 1") == "none");
}

TEST_CASE("no datom holds what only queries make") {
  for (std::string_view const text : {"{}", "#{1}", "\\a", "#foo 1", "[1 [\\a]]"}) {
    INFO(text);
    auto const made = value(text);
    CHECK_FALSE(cairn::detail::is_storable(made));
    ByteWriter out;
    try {
      codec::write(out, made);
      FAIL("it was written");
    } catch (Error const& error) {
      CHECK(error.code() == Errc::transact_schema);
    }
    if (!made.is(ValueKind::edn)) continue;
    for (int type = 1; type <= static_cast<int>(ValueType::number); ++type) {
      CHECK_FALSE(conforms(made, static_cast<ValueType>(type)));
    }
  }
  std::array<std::byte, 3> const stored{static_cast<std::byte>(ValueKind::edn), std::byte{1}, std::byte{'x'}};
  ByteReader in{stored};
  CHECK_THROWS_AS(codec::read_value(in), Error);
  CHECK(cairn::detail::is_storable(value("[1 [2]]")));
}

TEST_CASE("lists that are deeper than those of any text are refused before they end the stack") {
  auto const nested = [](int levels) {
    auto form = notation::Value::integer(1);
    for (int i = 0; i != levels; ++i) form = notation::Value::vector({std::move(form)});
    return form;
  };
  constexpr int most{notation::ReaderOptions{}.max_depth};
  CHECK(to_value(nested(most)) == value(notation::write(nested(most))));
  for (int const levels : {most + 1, 200'000}) {
    try {
      static_cast<void>(to_value(nested(levels)));
      FAIL("it became a value");
    } catch (Error const& error) {
      CHECK(error.code() == Errc::edn_limit);
    }
  }
}

}  // namespace
}  // namespace cairn::query::edn_values_test
