// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Looking into a database.
#include "db_test.hpp"

#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <optional>
#include <ranges>
#include <type_traits>

namespace cairn::test::view_test {
namespace {

using Forward = DatomRange<persistent_set_tag, Order::eavt>;
using Backward = DatomRange<persistent_set_tag, Order::avet, true>;
static_assert(std::ranges::forward_range<Forward> && std::ranges::view<Forward> && std::ranges::common_range<Forward>);
static_assert(std::ranges::forward_range<Backward> && std::ranges::forward_range<Backward const>);
static_assert(std::same_as<std::ranges::range_value_t<Forward>, Datom>);
static_assert(ranges::forward_range<Forward> && ranges::viewable_range<Forward> && ranges::view_<Backward>);
static_assert(std::is_nothrow_move_constructible_v<TestDb> && std::copyable<TestDb>);

/// The code that something is refused with; nothing where it is not.
template <class Ask>
std::optional<Errc> code(Ask ask) {
  try {
    ask();
    return std::nullopt;
  } catch (Error const& error) {
    return error.code();
  }
}

TestDb friends() {
  return after(
      people(),
      R"([{:key "a" :age 1 :kind :x :friend [{:key "b" :kind :y}]} {:key "c" :kind :z :age 3 :friend [[:key "b"]]}])");
}

TEST_CASE("datoms by their first components") {
  auto const db = friends();
  CHECK(show(db.datoms(eavt, 9)) == "9 :key \"a\"\n9 :age 1\n9 :kind :x\n9 :friend 10\n");
  CHECK(show(db.datoms(eavt, lookup(":key", "a"), ":age")) == "9 :age 1\n");
  CHECK(show(db.datoms(eavt, 9, ":age", 1)) == "9 :age 1\n");
  CHECK(show(db.datoms(eavt, 9, ":age", 2)).empty());
  CHECK(show(db.datoms(eavt, 9, ":age", 1, first_transaction)).empty());
  CHECK(show(db.datoms(eavt, 9, ":age", 1, first_transaction + 1)) == "9 :age 1\n");
  CHECK(show(db.datoms(aevt, kw(":age"))) == "9 :age 1\n11 :age 3\n");
  CHECK(show(db.datoms(aevt, ":age", lookup(":key", "c"))) == "11 :age 3\n");
  CHECK(show(db.datoms(avet, ":kind")) == "9 :kind :x\n10 :kind :y\n11 :kind :z\n");
  CHECK(show(db.datoms(avet, ":friend", lookup(":key", "b"))) == "9 :friend 10\n11 :friend 10\n");
  CHECK(show(db.datoms(avet, ":friend", 10, lookup(":key", "c"))) == "11 :friend 10\n");
  CHECK(show(db.datoms(avet, Components{.e = {}, .a = ":kind", .v = kw(":y"), .tx = {}})) == "10 :kind :y\n");
  CHECK(db.size() == db.snapshot().current.eavt.size());
  CHECK(db.datoms(eavt, 7777).empty());
}

TEST_CASE("seeking forward and backward") {
  auto const db = friends();
  CHECK(show(db.seek_datoms(avet, ":kind", kw(":y"))).starts_with("10 :kind :y\n11 :kind :z\n9 :friend 10\n"));
  CHECK(show(db.rseek_datoms(avet, ":kind", kw(":y"))).starts_with("10 :kind :y\n9 :kind :x\n"));
  CHECK(show(db.rseek_datoms(avet, ":kind", kw(":yy"))).starts_with("10 :kind :y\n9 :kind :x\n"));
  CHECK(show(db.seek_datoms(eavt, 11)) == "11 :key \"c\"\n11 :age 3\n11 :kind :z\n11 :friend 10\n");
  CHECK(show(db.rseek_datoms(eavt, 9)).starts_with("9 :friend 10\n9 :kind :x\n9 :age 1\n9 :key \"a\"\n"));
  CHECK(show(db.index_range(":kind", kw(":x"), kw(":y"))) == "9 :kind :x\n10 :kind :y\n");
  CHECK(show(db.index_range(":kind", {}, kw(":w"))).empty());
  CHECK(show(db.index_range(":kind", kw(":y"), {})) == "10 :kind :y\n11 :kind :z\n");
  CHECK(show(db.index_range(":kind", kw(":z"), kw(":x"))).empty());
}

TEST_CASE("what cannot be looked for") {
  auto const db = friends();
  CHECK(code([&] { (void)db.datoms(eavt, 0); }) == Errc::entity_id_syntax);
  CHECK(code([&] { (void)db.datoms(eavt, lookup(":key", "nobody")); }) == Errc::entity_id_missing);
  CHECK(code([&] { (void)db.datoms(eavt, lookup(":age", 1)); }) == Errc::lookup_ref_unique);
  CHECK(code([&] { (void)db.datoms(aevt, ":nothing"); }) == Errc::transact_schema);
  CHECK(code([&] { (void)db.index_range(":age", 1, 2); }) == Errc::transact_schema);
  CHECK(code([&] { (void)db.entity(":nobody"); }) == Errc::entity_id_missing);
}

TEST_CASE("ranges work with the algorithms of std and range-v3") {
  auto const db = friends();
  CHECK(std::ranges::distance(db.datoms(avet, ":kind")) == 3);
  auto const range = db.datoms(avet, ":kind");
  CHECK(std::vector<Datom>(range.begin(), range.end()).size() == 3);
  auto it = range.begin();
  auto const before = it++;
  CHECK(before->e == 9);
  CHECK(it->e == 10);
  CHECK(before == range.begin());
  CHECK(std::ranges::adjacent_find(range, std::greater{}, &Datom::v) == range.end());
  std::vector<EntityId> found;
  for (auto const& datom : db.history().datoms(avet, ":kind") | std::views::drop(1)) found.push_back(datom.e);
  CHECK(found == std::vector<EntityId>{10, 11});
  auto const ids = db.datoms(avet, ":kind") | ranges::views::transform([](Datom const& datom) { return datom.e; }) |
                   ranges::views::take(2) | ranges::to<std::vector>();
  CHECK(ids == std::vector<EntityId>{9, 10});
  CHECK(ranges::count_if(range, [](Datom const& datom) { return datom.e > 9; }) == 2);
  CHECK(Forward{}.empty());
}

TEST_CASE("a range keeps its database") {
  auto range = [] { return friends().datoms(avet, ":kind"); }();
  CHECK(std::ranges::distance(range) == 3);
}

TEST_CASE("filters") {
  auto const db = friends();
  auto const filtered = db.filter([](TestDb const& before, Datom const& datom) {
    return datom.a != kw(":kind") || !before.datoms(eavt, datom.e, ":age").empty();
  });
  CHECK(filtered.is_filtered());
  CHECK(show(filtered.datoms(avet, ":kind")) == "9 :kind :x\n11 :kind :z\n");
  auto const twice = filtered.filter([](TestDb const& before, Datom const& datom) {
    return datom.v != Value{kw(":x")} && before.datoms(avet, ":kind", kw(":y")).empty();
  });
  CHECK(show(twice.datoms(avet, ":kind")) == "11 :kind :z\n");
  CHECK(show(twice.history().rseek_datoms(avet, ":kind")).starts_with("11 :kind :z\n11 :key \"c\"\n10 :key"));
  CHECK(twice.size() < filtered.size());
  CHECK(show(db.datoms(avet, ":kind")).size() > show(filtered.datoms(avet, ":kind")).size());
}

TEST_CASE("entities") {
  auto const db = after(
      friends(), R"([{:key "d" :tag ["x" "y"] :part [{:key "e"}] :friend [[:key "d"]]} {:db/ident :me :key "f"}])");
  auto const d = db.entity(lookup(":key", "d"));
  CHECK(d.get(":key").value() == Value{"d"});
  CHECK(d.get(":tag").many().size() == 2);
  CHECK(d.get(":age").is_nil());
  CHECK(code([&] { static_cast<void>(d.get(":age").value()); }) == Errc::query_where);
  CHECK(code([&] { static_cast<void>(d.get(":tag").value()); }) == Errc::query_where);
  CHECK(code([&] { static_cast<void>(d.get(":key").entity()); }) == Errc::query_where);
  CHECK(code([&] { static_cast<void>(d.get(":key").many()); }) == Errc::query_where);
  CHECK_FALSE(d.contains(":nothing"));
  CHECK(d.contains(":_friend"));
  CHECK(d.get(":friend").many().front().entity() == d);
  CHECK(db.entity(lookup(":key", "b")).get(":_friend").many().size() == 2);
  CHECK(d.attributes().size() == 4);
  CHECK(d.touch().front().first == kw(":key"));
  CHECK(notation::write(to_edn(d)) ==
        R"({:db/id 12 :key "d" :tag #{"x" "y"} :friend #{{:db/id 12}} :part #{{:db/id 13 :key "e"}}})");
  CHECK(db.entity(":me").get(":key").value() == Value{"f"});
  CHECK(db.ident(db.entity(":me").id()) == kw(":me"));
  CHECK(db.entid(kw(":nobody")) == std::nullopt);
  CHECK(db.entity(4711).attributes().empty());
  // Components that go in a circle are shown once.
  auto const circle = after(db, R"([{:db/id 100 :part 101} {:db/id 101 :part 100}])");
  CHECK(notation::write(to_edn(circle.entity(100))) == "{:db/id 100 :part #{{:db/id 101 :part #{{:db/id 100}}}}}");
}

TEST_CASE("what was true at a moment is seen by its transaction only where it was true") {
  auto db = after(people(), R"([[:db/add 100 :tag "x"] [:db/add 100 :kind :x]])");
  auto const said = db.max_tx();
  db = after(db, R"([[:db/retract 100 :tag "x"] [:db/retract 100 :kind :x]])");
  db = after(db, R"([[:db/add 101 :tag "y"]])");
  auto const gone = db.as_of(db.max_tx());
  CHECK(show(gone.datoms(eavt, 100, ":tag", "x", said)).empty());
  CHECK(show(gone.datoms(aevt, ":tag", 100, "x", said)).empty());
  CHECK(show(gone.datoms(avet, ":kind", kw(":x"), 100, said)).empty());
  CHECK(show(gone.rseek_datoms(eavt, 100, ":tag", "x", said)).find("100") == std::string::npos);
  CHECK(show(gone.seek_datoms(eavt, 100, ":tag", "x", said)) == "101 :tag \"y\"\n");
  CHECK(show(db.as_of(said).datoms(eavt, 100, ":tag", "x", said)) == "100 :tag \"x\"\n");
  CHECK(show(db.as_of(said).datoms(eavt, 100, ":tag", "x", said + 1)).empty());
  CHECK(show(db.history().datoms(eavt, 100, ":tag", "x", said)) == "100 :tag \"x\"\n");

  db = after(db, R"([[:db/add 100 :tag "x"]])");
  auto const again = db.as_of(db.max_tx());
  CHECK(show(again.datoms(eavt, 100, ":tag", "x", said)).empty());
  CHECK(show(again.datoms(eavt, 100, ":tag", "x", db.max_tx())) == "100 :tag \"x\"\n");
  CHECK(show(again.seek_datoms(eavt, 100, ":tag", "x", said)) == "100 :tag \"x\"\n101 :tag \"y\"\n");
  CHECK(show(again.rseek_datoms(eavt, 100, ":tag", "x", said)).find("100") == std::string::npos);
  CHECK(show(again.rseek_datoms(eavt, 100, ":tag", "x", db.max_tx())).starts_with("100 :tag \"x\"\n"));
}

}  // namespace
}  // namespace cairn::test::view_test
