// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What forms leaves have, and that no form loses anything.
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace leaf_test {
namespace {

using namespace cairn;
using Shape = NodeShape<8, 4, true>;

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

/// A leaf of these datoms, made as one that is read is.
template <Order Sorted>
detail::OwnLeaf<Shape> leaf_of(std::vector<RawDatom> datoms) {
  std::ranges::sort(datoms, [](auto const& left, auto const& right) { return compare<Sorted>(left, right) < 0; });
  detail::OwnLeaf<Shape> leaf;
  for (auto const& datom : datoms) detail::append_to<Sorted>(leaf, datom);
  leaf->template focus<Sorted>();
  for (std::size_t i = 0; i != datoms.size(); ++i) {
    REQUIRE(leaf->template view<Sorted>(i) == datoms[i]);
    auto const found = leaf->template find<Sorted>(datoms[i], detail::bounds_of<Sorted>(datoms[i]));
    REQUIRE(found.equal);
    REQUIRE(found.index == i);
  }
  return leaf;
}

RawDatom datom(EntityId e, AttributeId a, Value v, EntityId tx = first_transaction) {
  return {.e = e, .a = a, .tx = tx, .v = std::move(v)};
}

TEST_CASE("leaves of ordinary datoms are packed") {
  std::vector<RawDatom> const datoms{datom(1, 1, "Anna"), datom(1, 2, 30), datom(2, 1, "Bert"), datom(90'000, 2, 1.5)};
  CHECK(leaf_of<Order::eavt>(datoms)->form == detail::LeafForm::packed);
  std::vector<RawDatom> const ages{datom(1, 2, 30), datom(4'000'000'000, 2, 30), datom(4'000'000'000, 2, -7)};
  CHECK(leaf_of<Order::aevt>(ages)->form == detail::LeafForm::packed);
  CHECK(leaf_of<Order::avet>(ages)->form == detail::LeafForm::valued);
  std::vector<RawDatom> const transactions{datom(first_transaction, 5, Instant{1}, first_transaction),
                                           datom(first_transaction + 1'000'000'000, 5, Instant{2}, first_transaction + 1'000'000'000)};
  CHECK(leaf_of<Order::aevt>(transactions)->form == detail::LeafForm::packed);
  CHECK(leaf_of<Order::avet>(transactions)->form == detail::LeafForm::valued);
}

TEST_CASE("leaves of datoms that have too little in common are wide") {
  CHECK(leaf_of<Order::eavt>({datom(1, 1, 1), datom(200'000, 1, 1)})->is_wide());
  CHECK(leaf_of<Order::eavt>({datom(-1, 1, 1), datom(1, 1, 1)})->is_wide());
  CHECK(leaf_of<Order::eavt>({datom(1, 1U << 20U, 1), datom(1, 2, 1)})->is_wide());
  CHECK(leaf_of<Order::aevt>({datom(1, 1, 1), datom(1, 2, 1)})->is_wide());
  CHECK(leaf_of<Order::avet>({datom(1, 1, 1), datom(1, 2, 1)})->is_wide());
  CHECK(leaf_of<Order::avet>({datom(1, 1, 1), datom(5'000'000'000, 1, 1)})->is_wide());
  CHECK(leaf_of<Order::eavt>({datom(1, 1, 1, lowest), datom(1, 1, 2, 0)})->is_wide());
}

TEST_CASE("numbers at the edge of a frame come back") {
  constexpr EntityId far = (EntityId{1} << 17) - 1;  // with 15 bits of attribute the distance of heads is 2^32 - 2^15
  constexpr EntityId late = (EntityId{1} << 31) - 1;
  for (EntityId const base : {EntityId{0}, EntityId{1}, EntityId{1} << 40, (EntityId{1} << 49) - 1 - far}) {
    CHECK_FALSE(leaf_of<Order::eavt>({datom(base, 0, 1), datom(base + far, 0, 1)})->is_wide());
    CHECK_FALSE(leaf_of<Order::eavt>({datom(base, 0, 1), datom(base + far, 32'766, 1)})->is_wide());
    CHECK(leaf_of<Order::eavt>({datom(base, 0, 1), datom(base + far, 32'767, 1)})->is_wide());
  }
  for (EntityId const base : {lowest, EntityId{-5}, EntityId{0}, first_transaction, highest - late}) {
    CHECK_FALSE(leaf_of<Order::eavt>({datom(1, 1, 1, base), datom(1, 1, 2, base + late)})->is_wide());
    if (base + late < highest) CHECK(leaf_of<Order::eavt>({datom(1, 1, 1, base), datom(1, 1, 2, base + late + 1)})->is_wide());
  }
  constexpr EntityId reach = (EntityId{1} << 32) - 1;
  for (EntityId const base : {lowest, EntityId{-5}, EntityId{1}, highest - reach}) {
    CHECK_FALSE(leaf_of<Order::avet>({datom(base, 1, 1), datom(base + reach, 1, 1)})->is_wide());
  }
  for (EntityId const base : {EntityId{0}, EntityId{1}, EntityId{1} << 40, (EntityId{1} << 49) - 1 - reach}) {
    CHECK_FALSE(leaf_of<Order::aevt>({datom(base, 1, 1), datom(base + reach, 1, 1)})->is_wide());
  }
}

TEST_CASE("values of any one type share a packed leaf of AVET, those of several a wide one") {
  std::vector<Value> const values{{},   highest,        -1e308,      "a string", Keyword{":a/b"}, std::vector<Value>{1, "two"},
                                  true, Instant{lowest}, BigInt{"123456789012345678901234567890"}};
  std::vector<RawDatom> all;
  for (auto const& value : values) {
    auto const e = static_cast<EntityId>(all.size() + 1);
    CHECK(leaf_of<Order::avet>({datom(e, 1, value), datom(e + 10, 1, value)})->form == detail::LeafForm::valued);
    all.push_back(datom(e, 1, value));
  }
  CHECK(leaf_of<Order::avet>({all[1], all[2]})->is_wide());
  all.pop_back();
  CHECK(leaf_of<Order::avet>(all)->is_wide());
}

TEST_CASE("AVET finds values that are close to each other and far from others") {
  CHECK_FALSE(leaf_of<Order::avet>({datom(1, 1, lowest), datom(1, 1, 1), datom(1, 1, 2), datom(1, 1, 3), datom(2, 1, 3),
                                    datom(1, 1, highest - 1), datom(1, 1, highest)})
                  ->is_wide());
  CHECK_FALSE(leaf_of<Order::avet>({datom(1, 1, "aaaaaaa1"), datom(1, 1, "aaaaaaa2"), datom(2, 1, "aaaaaaa2"), datom(1, 1, "z")})
                  ->is_wide());
}

TEST_CASE("what a leaf shows is not shared until it is kept") {
  auto set = PersistentSet<Order::eavt>::from_sorted(std::vector{datom(1, 1, "some text"), datom(2, 1, "some more")});
  auto cursor = set.begin();
  RawDatom const kept = cursor.block()[1];
  Value const value = cursor.block()[0].v;
  set = {};
  cursor = {};
  CHECK(kept == datom(2, 1, "some more"));
  CHECK(value == Value{"some text"});
}

TEST_CASE("packed leaves take a third of the memory of wide ones") {
  using Default = DefaultNodeShape;
  CHECK(sizeof(detail::FormedLeaf<Default, detail::LeafForm::packed>) <= 128 * 18);
  CHECK(sizeof(detail::FormedLeaf<Default, detail::LeafForm::valued>) <= 128 * 19);
}

TEST_CASE("no leaf is left over") { CHECK(detail::LiveNodes<Shape>::number == 0); }

}  // namespace
}  // namespace leaf_test
