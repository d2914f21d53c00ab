// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the compiler makes of a query before there is a database.
#include <cairn/query/compiled/surroundings.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace cairn::query;
using compiled::CellType;
using compiled::excerpt_of;

constexpr std::string_view text = "[:find ?e ?nmae :where [?e :name ?n]]";

static_assert(excerpt_of(text, 10, 5).view() == ":find ?e >>?nmae<< :where [?e ");
static_assert(excerpt_of(text, 0, 1).view() == ">>[<<:find ?e ?nmae :where [?e");
static_assert(excerpt_of("[:find\n?e]", 7, 2).view() == "[:find >>?e<<]");
static_assert(excerpt_of("?e", 50, 5).view() == "?e>><<");
static_assert(excerpt_of(text, 1, text.size()).view().size() == compiled::Excerpt::most);

struct StaticPerson {
  std::string name;
  double height = 0;
  std::vector<cairn::Ref<StaticPerson>> friends;
};
using People = cairn::Schema<StaticPerson>;

template <cairn::meta::fixed_string Text, class... Extra>
constexpr auto columns_of = [] {
  using Sorted = compiled::SortedExtras<Extra...>;
  using Query = typename Sorted::template Query<Text, compiled::NoRules>;
  return compiled::Surrounded<Query, Sorted>::columns;
}();

// Entities and transactions are known without a schema; with one, everything is that attributes hold.
static_assert(columns_of<"[:find ?e ?n ?tx :where [?e :name ?n ?tx]]"> ==
              std::array{CellType::entity, CellType::any, CellType::entity});
static_assert(columns_of<"[:find ?e ?n ?f ?h :where [?e :name ?n] [?e :friends ?f] [?e :height ?h]]", People> ==
              std::array{CellType::entity, CellType::string, CellType::entity, CellType::real});
// What a pattern finds for a value is an entity where another one looks for it as such.
static_assert(columns_of<"[:find ?f :where [?e :friends ?f] [?f :name]]"> == std::array{CellType::entity});
// Branches have to agree.
static_assert(columns_of<"[:find ?x :where (or [?e :name ?x] [?e :height ?x])]", People> == std::array{CellType::any});
static_assert(columns_of<"[:find (count ?e) (max ?h) ?t :where [?e :height ?h] [(+ ?h 1) ?t]]", People> ==
              std::array{CellType::integer, CellType::real, CellType::real});

// Of rules that come later nothing is known but that they bind what they are called with.
constexpr auto columns_with_late_rules = [] {
  using Sorted = compiled::SortedExtras<People>;
  using Query = Sorted::Query<"[:find ?n ?x :in $ % :where (near ?e ?x) [?e :name ?n]]", compiled::LateRules>;
  return compiled::Surrounded<Query, Sorted>::columns;
}();
static_assert(columns_with_late_rules == std::array{CellType::string, CellType::any});

// More constants than most queries have: the plan is made in two passes then, and has room of its own.
using Long = compiled::SortedExtras<>::Query<
    "[:find ?e :where [?e :a 0] [?e :b 1] [?e :c 2] [?e :d 3] [?e :e 4] [?e :f 5] [?e :g 6] [?e :h 7] [?e :i 8] [?e :j 9] [?e :k 10] "
    "[?e :l 11] [?e :m 12] [?e :n 13] [?e :o 14] [?e :p 15] [?e :q 16] [?e :r 17] [?e :s 18] [?e :t 19] [?e :u 20] [?e :v 21] "
    "[?e :w 22] [?e :x 23] [?e :y 24]]",
    compiled::NoRules>;
static_assert(Long::sizes.constants > compiled::usual_sizes.constants);

TEST_CASE("static queries are known to the compiler", "[static_query]") {
  CHECK(Long::plan().steps.size() == 25);
  CHECK(Long::plan().constants.size() == Long::sizes.constants);
  using Query = compiled::SortedExtras<>::Query<"[:find ?e :where [?e :name] [?e :age 42]]", compiled::NoRules>;
  CHECK(Query::plan().steps.size() == 2);
  CHECK(Query::plan().text == "[:find ?e :where [?e :name] [?e :age 42]]");
}

}  // namespace
