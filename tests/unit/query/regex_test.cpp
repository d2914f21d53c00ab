// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "call_text.hpp"
#include <cairn/query/regex.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <vector>

namespace cairn::query::regex_test {
namespace {

using test::answer;

TEST_CASE("regular expressions find what Clojure's find") {
  struct Case {
    std::string_view call;
    std::string_view answer;
  };
  static constexpr std::array cases{
      Case{"(re-find \"b+\" \"abbb\")", "\"bbb\""},
      Case{"(re-find \"x\" \"abc\")", "nil"},
      Case{"(re-find \"a(b)?(c)\" \"xac\")", "[\"ac\" nil \"c\"]"},
      Case{"(re-find \"()\" \"\")", "[\"\" \"\"]"},
      Case{"(re-matches \"a+\" \"aaa\")", "\"aaa\""},
      Case{"(re-matches \"a+\" \"aaab\")", "nil"},
      Case{"(re-matches \"a|ab\" \"ab\")", "\"ab\""},
      Case{"(re-matches \"(\\\\d+)-(\\\\d+)\" \"12-34\")", "[\"12-34\" \"12\" \"34\"]"},
      Case{"(re-seq \"\\\\d+\" \"a1b22c333\")", "[\"1\" \"22\" \"333\"]"},
      Case{"(re-seq \"(a)(\\\\d)\" \"a1a2\")", "[[\"a1\" \"a\" \"1\"] [\"a2\" \"a\" \"2\"]]"},
      Case{"(re-seq \"x*\" \"aöx\")", "[\"\" \"\" \"x\" \"\"]"},
      Case{"(re-seq \"^a\" \"aaa\")", "[\"a\"]"},
      Case{"(re-seq \"q\" \"abc\")", "nil"},
      Case{"(re-find \".\" \"ö\")", "\"ö\""},
      Case{"(re-pattern \"a.b\")", "\"a.b\""},
      Case{"(re-pattern \"[\")", "! query/where"},
      Case{"(re-find \"(\" \"a\")", "! query/where"},
      Case{"(re-find \"(?=a)\" \"a\")", "! query/where"},
      Case{"(re-find 1 \"a\")", "! query/where"},
      Case{"(re-find \"a\" nil)", "! query/where"},
  };
  for (int round = 0; round != 2; ++round) {  // read, and then known
    for (auto const& [call, expected] : cases) {
      INFO(call);
      CHECK(answer(call) == expected);
    }
  }
}

TEST_CASE("a text of a million matches is refused") {
  Value const pattern{"a"};
  Value const text{std::string(1'000'001, 'a')};
  std::array<Value const*, 2> const arguments{&pattern, &text};
  CHECK(test::outcome_text([&] { return call(FunctionId::all_matches, arguments); }) == "! query/memory");
}

TEST_CASE("a search for all matches can be ended between two of them") {
  struct Patience {
    int matches = 0;
    bool poll() { return ++matches > 3; }
  } patience;
  Value const pattern{"a(?:.*b)?"};  // looks to the end of the text for each match
  Value const text{"aaaaaaaaaa"};
  std::array<Value const*, 2> const arguments{&pattern, &text};
  CallMemory memory;
  memory.watch = meta::Watch::of(patience);
  CHECK(call(FunctionId::all_matches, arguments, memory) == Value{std::vector<Value>(3, Value{"a"})});
}

}  // namespace
}  // namespace cairn::query::regex_test
