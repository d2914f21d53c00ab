// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The compiler reads EDN; what it finds is checked by it and again at run time.
#include <cairn/edn/char_buffer.hpp>
#include <cairn/edn/document.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/uuid.hpp>
#include <cairn/meta/fixed_string.hpp>

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace {

using cairn::notation::CharBuffer;
using cairn::notation::document;
using cairn::notation::Form;
using cairn::notation::Kind;
using cairn::notation::Node;
using cairn::notation::ReaderOptions;
using cairn::notation::ReadResult;
using cairn::notation::ReadStatus;

constexpr bool reads_a_query() {
  Form const query = document<"[:find ?e ?n :in $ % :where [?e :person/name ?n] (not [?e :age 42])]">.root();
  if (!query.is(Kind::vector) || query.size() != 9) return false;
  if (!query[0].is_keyword("find") || !query[1].is_symbol("?e") || !query[5].is_symbol("%")) return false;
  Form const clause = query[7];
  if (clause.size() != 3 || clause[1].name() != "person/name" || clause.raw() != "[?e :person/name ?n]") return false;
  Form const negation = query[8];
  return negation.is(Kind::list) && negation[0].is_symbol("not") && negation[1][2].integer() == 42;
}

constexpr bool reads_every_kind() {
  constexpr std::string_view expected[] = {"nil", "true", "1",  "1N", "1.5", "1.5M", "\\a", "\"s\"",
                                           "s",   ":k",   "()", "[]", "{}",  "#{}",  "#t 1"};
  Form const all = document<"[nil true 1 1N 1.5 1.5M \\a \"s\" s :k () [] {} #{} #t 1]">.root();
  std::size_t i = 0;
  for (Form const form : all) {
    if (form.kind() != static_cast<Kind>(i) || form.raw() != expected[i]) return false;
    ++i;
  }
  return i == 15;
}

constexpr bool reads_atoms() {
  Form const all = document<R"([9223372036854775807 -9223372036854775808 9223372036854775808 0.1 1.7976931348623157e308 5e-324 "a\u0041\uD83D\uDE00\n" \newline \u00e9])">.root();
  // Named, since g++ 12 ends temporaries inside && too early in a constant expression.
  CharBuffer const digits = all[2].digits<CharBuffer>();
  CharBuffer const string = all[6].string<CharBuffer>();
  return all[0].integer() == std::numeric_limits<std::int64_t>::max() &&
         all[1].integer() == std::numeric_limits<std::int64_t>::min() && all[2].is(Kind::bigint) &&
         digits == "9223372036854775808" && std::bit_cast<std::uint64_t>(all[3].real()) == 0x3FB999999999999AU &&
         std::bit_cast<std::uint64_t>(all[4].real()) == 0x7FEFFFFFFFFFFFFFU &&
         std::bit_cast<std::uint64_t>(all[5].real()) == 1U && string == "aA\xF0\x9F\x98\x80\n" &&
         all[7].character() == U'\n' && all[8].character() == U'\u00e9';
}

constexpr bool reads_maps_and_tags() {
  Form const map = document<"{:at #inst \"1970-01-01T00:00:01Z\" :id #uuid \"00000000-0000-0000-0000-0000000000ff\" #_ :gone}">.root();
  return map.size() == 4 && map.find("at")->instant() == 1000 && map.find("id")->uuid()->back() == 0xFF &&
         !map.find("gone");
}

constexpr bool reads_shell_forms() {
  Form const call = document<"(d/q '[:find ?e] @conn)", ReaderOptions{.shell_forms = true}>.root();
  return call.size() == 3 && call[1].is(Kind::list) && call[1][0].is_symbol("quote") && call[1][1].is(Kind::vector) &&
         call[2][0].is_symbol("deref") && call[2][1].is_symbol("conn");
}

struct Refusal {
  std::string_view text;
  ReadStatus status;
  std::size_t offset;
};

constexpr bool refuses(Refusal const& refusal) {
  std::vector<Node> nodes;
  ReadResult const result = cairn::notation::read_one(refusal.text, nodes);
  return result.status == refusal.status && result.offset == refusal.offset && !result.message.empty() && nodes.empty();
}

constexpr bool refuses_what_is_not_edn() {
  using enum ReadStatus;
  constexpr Refusal refusals[] = {
      {"[1 2", incomplete, 0},
      {"[1 (2]", error, 5},
      {"{:a 1 :b}", error, 6},
      {"{:a 1 :a 2}", error, 6},
      {"#{1.0 1.00}", error, 6},
      {"#{\"A\" \"\\u0041\"}", error, 6},
      {"#{\\a \\u0061}", error, 5},
      {"#{1N +1N}", error, 5},
      {"#{[1 #{2 3}] (1 #{3 2})}", error, 13},
      {"1 2", error, 2},
      {"", incomplete, 0},
      {"\"abc", incomplete, 0},
  };
  for (Refusal const& refusal : refusals) {
    if (!refuses(refusal)) return false;
  }
  return true;
}

constexpr bool instants_and_uuids_go_both_ways() {
  using namespace cairn::notation;
  constexpr std::int64_t instant = 1577934245678;
  constexpr std::string_view uuid = "01234567-89ab-cdef-0123-456789abcdef";
  CharBuffer const instant_text = format_instant<CharBuffer>(instant);
  CharBuffer const uuid_text = format_uuid<CharBuffer>(*parse_uuid(uuid));
  return instant_text == "2020-01-02T03:04:05.678Z" && parse_instant(instant_text) == instant && uuid_text == uuid;
}

constexpr bool fixed_strings_are_values() {
  constexpr cairn::meta::fixed_string text{"abc"};
  return text.size() == 3 && text.view() == "abc" && text == cairn::meta::fixed_string<4>{std::string_view{"abc"}} &&
         !(text == cairn::meta::fixed_string{"abd"});
}

static_assert(reads_a_query());
static_assert(reads_every_kind());
static_assert(reads_atoms());
static_assert(reads_maps_and_tags());
static_assert(reads_shell_forms());
static_assert(refuses_what_is_not_edn());
static_assert(instants_and_uuids_go_both_ways());
static_assert(fixed_strings_are_values());

}  // namespace

TEST_CASE("the reader finds at run time what it finds in the compiler", "[edn]") {
  CHECK(reads_a_query());
  CHECK(reads_every_kind());
  CHECK(reads_atoms());
  CHECK(reads_maps_and_tags());
  CHECK(reads_shell_forms());
  CHECK(refuses_what_is_not_edn());
  CHECK(instants_and_uuids_go_both_ways());
  CHECK(fixed_strings_are_values());
}
