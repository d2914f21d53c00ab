// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Runs of operations add up to what they were made of; buffers come back from their stored form, and what is none is refused.
#include "laws/index_policy_model.hpp"

#include <cairn/concepts/index_tag.hpp>
#include <cairn/index/hitchhiker_tree.hpp>
#include <cairn/index/index_for.hpp>
#include <cairn/index/pending_codec.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pending_test {
namespace {

using namespace cairn;
using namespace cairn::detail;
using Rows = std::vector<RawDatom>;
constexpr auto sorted = Order::eavt;

bool is_before(RawDatom const& left, RawDatom const& right) { return compare<sorted>(left, right) < 0; }
bool same_rows(Rows const& left, Rows const& right) {
  return std::ranges::equal(left, right, [](RawDatom const& a, RawDatom const& b) { return a == b && is_same(a, b); });
}

/// Few datoms, so that operations meet, some of which are written in two ways.
RawDatom some_datom(laws::RandomDatoms& random) {
  RawDatom datom{.e = static_cast<EntityId>(random.below(12) + 1), .a = 1, .added = true, .tx = 1, .v = 1};
  if (random.one_in(3)) datom.v = random.one_in(2) ? BigDecimal{"1.0"} : BigDecimal{"1.00"};
  if (random.one_in(5)) datom.v = random.one_in(2) ? Value{0.0} : Value{-0.0};
  if (random.one_in(5)) datom.v = std::vector<Value>{Value{random.one_in(2) ? BigDecimal{"2.0"} : BigDecimal{"2.00"}}};
  return datom;
}

/// One random change of rows, noted in a run.
void change(Rows& rows, PendingRun& run, laws::RandomDatoms& random) {
  auto const datom = some_datom(random);
  auto const at = std::ranges::lower_bound(rows, datom, is_before);
  if (at != rows.end() && compare<sorted>(*at, datom) == 0) {
    REQUIRE(add_operation<sorted>(run, 1, {*at, PendingChange::erase}));
    rows.erase(at);
  } else {
    REQUIRE(add_operation<sorted>(run, 1, {datom, PendingChange::insert}));
    rows.insert(at, datom);
  }
}

Rows applied(Rows const& rows, PendingRun const& run) {
  RowOrder<128> order;
  for (auto const& row : rows) order.add(row, head_of<sorted>(row));
  apply_pending<sorted>(order, run.get());
  Rows result;
  for (std::size_t i = 0; i != order.count; ++i) {
    CHECK(order.heads[i] == head_of<sorted>(*order.rows[i]));
    result.push_back(*order.rows[i]);
  }
  return result;
}

PendingRun run_of(std::vector<PendingOperation> operations) {
  auto run = std::make_shared<Pending>();
  for (auto& operation : operations) run->add(std::move(operation));
  return run;
}
RawDatom datom_of(EntityId e) { return {.e = e, .a = 1, .added = true, .tx = 1, .v = 1}; }
PendingRun in_one_piece(PendingRun const& run) {
  auto const operations = joined<sorted>(run.get());
  return std::make_shared<Pending>(std::vector<PendingOperation>{operations.all.begin(), operations.all.end()});
}

TEST_CASE("a run makes of the rows what was done to them, and so do runs that follow each other") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  std::cout << "seed " << seed << '\n';
  laws::RandomDatoms random{seed, true};
  RawDatom const always{.e = 100, .a = 1, .added = true, .tx = 1, .v = 1};  // a leaf is never empty
  for (int round = 0; round != 300; ++round) {
    Rows base{always};
    PendingRun unused;
    for (auto left = random.below(20); left != 0; --left) change(base, unused, random);
    auto rows = base;
    PendingRun first;
    for (auto left = random.below(12); left != 0; --left) change(rows, first, random);
    auto const between = rows;
    PendingRun second;
    auto whole = first;
    for (auto left = random.below(12); left != 0; --left) {
      auto const before = rows;
      change(rows, second, random);
      // The same once more, in a run of another owner's.
      if (before.size() < rows.size()) {
        auto const added = std::ranges::find_if(rows, [&](RawDatom const& each) { return std::ranges::find(before, each) == before.end(); });
        REQUIRE(add_operation<sorted>(whole, 2, {*added, PendingChange::insert}));
      } else {
        auto const gone = std::ranges::find_if(before, [&](RawDatom const& each) { return std::ranges::find(rows, each) == rows.end(); });
        REQUIRE(add_operation<sorted>(whole, 2, {*gone, PendingChange::erase}));
      }
    }
    REQUIRE(same_rows(applied(base, first), between));
    REQUIRE(same_rows(applied(between, second), rows));
    REQUIRE(same_rows(applied(base, whole), rows));
    // In parts, one after the other, and in one piece.
    auto const parts = second == nullptr ? first : std::make_shared<PendingPart>(second->operations, first.get());
    REQUIRE(same_rows(applied(base, parts), rows));
    REQUIRE(same_rows(applied(base, in_one_piece(parts)), rows));
    REQUIRE(base.size() + growth_of(parts) == rows.size());
    REQUIRE(base.size() + growth_of(whole) == rows.size());
    auto const difference = std::make_shared<Pending>();
    REQUIRE(add_difference<sorted>(first.get(), whole.get(), *difference));
    REQUIRE(same_rows(applied(between, difference), rows));
    auto const newer = std::make_shared<Pending>();
    REQUIRE(add_difference<sorted>(first.get(), parts.get(), *newer));
    REQUIRE(same_rows(applied(between, newer), rows));
    auto const older = std::make_shared<Pending>();
    REQUIRE(add_difference<sorted>(nullptr, parts.get(), *older));
    REQUIRE(same_rows(applied(base, older), rows));
    // The same once more in a run of another owner's, which was in parts.
    auto own = parts;
    REQUIRE(add_operation<sorted>(own, 3, {datom_of(200), PendingChange::insert}));
    REQUIRE(add_operation<sorted>(own, 3, {datom_of(200), PendingChange::erase}));
    REQUIRE(own->before == nullptr);
    REQUIRE(same_rows(applied(base, own), rows));
    auto const back = std::make_shared<Pending>();
    REQUIRE(add_difference<sorted>(parts.get(), own.get(), *back));
    REQUIRE(back->operations.empty());
  }
}

using Shape = BufferedShape<NodeShape<8, 4>, 8, 1000, 1000>;

/// The content of an inner node of two leaves, those before entity 10 and those from there on.
struct Content {
  std::vector<std::int64_t> sizes{3, 4};
  std::vector<std::int64_t> lengths{2, 1};
  std::vector<RawDatom> rows{datom_of(2), datom_of(4), datom_of(12)};
  std::vector<std::uint64_t> changes{1, 0, 1};
  std::uint8_t format = node_format_buffered;

  [[nodiscard]] std::vector<std::byte> block() const {
    ByteWriter out;
    out.u8(format);
    out.u8(static_cast<std::uint8_t>(sorted));
    out.u8(1);
    out.varint(2);
    out.u8(8);
    write_integers(out, std::span{sizes});
    write_addresses(out, 2, 8, [](std::size_t at) { return NodeAddress::of(std::uint64_t{at}); });
    auto const low = datom_of(10);
    write_rows(out, 1, [&](std::size_t, DatomSlot& slot) { show(low, slot); });
    write_integers(out, std::span{lengths});
    if (!rows.empty()) {
      write_rows(out, rows.size(), [&](std::size_t at, DatomSlot& slot) { show(rows[at], slot); });
      pack_bits(out, std::span{changes}, change_bits);
    }
    seal(out);
    return std::move(out).take();
  }
};

std::optional<Errc> refusal(std::function<void()> const& work) {
  try {
    work();
  } catch (Error const& error) {
    return error.code();
  }
  return std::nullopt;
}
std::optional<Errc> refusal(Content const& content, std::uint64_t size = 7, PendingRun const& pending = {}) {
  return refusal([&] { static_cast<void>(decode_node<sorted, Shape>(content.block(), {size, std::uint8_t{1}, 8}, pending)); });
}

TEST_CASE("buffers come back from their stored form") {
  auto const node = decode_node<sorted, Shape>(Content{}.block(), {7, std::uint8_t{1}, 8});
  auto const& inner = *as_inner<Shape>(node.get());
  auto const& first = inner.addresses.child(0).run->operations;
  auto const& second = inner.addresses.child(1).run->operations;
  REQUIRE(first.size() == 2);
  REQUIRE(second.size() == 1);
  CHECK((first[0].datom == datom_of(2) && first[0].change == PendingChange::insert));
  CHECK((first[1].datom == datom_of(4) && first[1].change == PendingChange::erase));
  CHECK((second[0].datom == datom_of(12) && second[0].change == PendingChange::insert));
  auto const again = encode_node<sorted, Shape>(inner, 8, [&](std::size_t at) { return inner.addresses[at]; });
  CHECK(again == Content{}.block());

  // More than fit into one column.
  Content many;
  many.lengths = {0, 300};
  many.rows.clear();
  auto long_run = std::make_shared<Pending>();
  for (EntityId e = 10; e != 310; ++e) long_run->add({datom_of(e), e % 3 == 0 ? PendingChange::erase : PendingChange::insert});
  many.lengths = {0, 0};
  auto const empty = decode_node<sorted, Shape>(many.block(), {7, std::uint8_t{1}, 8});
  auto& to_fill = *as_inner<Shape>(empty.get());
  to_fill.addresses.set(1, StoredChild{to_fill.addresses.child(1).block, long_run});
  auto const bytes = encode_node<sorted, Shape>(to_fill, 8, [&](std::size_t at) { return to_fill.addresses[at]; });
  auto const read = decode_node<sorted, Shape>(bytes, {7, std::uint8_t{1}, 8});
  auto const& run = as_inner<Shape>(read.get())->addresses.child(1).run->operations;
  REQUIRE(run.size() == 300);
  CHECK(std::ranges::equal(run, long_run->operations, [](PendingOperation const& left, PendingOperation const& right) {
    return left.datom == right.datom && left.change == right.change;
  }));
}

TEST_CASE("what comes from further up is a part of its own, and is stored in one piece with the rest") {
  auto const first = run_of({{datom_of(3), PendingChange::insert}, {datom_of(12), PendingChange::erase}});
  auto const second = run_of({{datom_of(1), PendingChange::insert}, {datom_of(3), PendingChange::erase}});
  auto const both = std::make_shared<PendingPart>(second->operations, first.get());
  auto const node = decode_node<sorted, Shape>(Content{}.block(), {7 + growth_of(both), std::uint8_t{1}, 8}, both);
  auto const& inner = *as_inner<Shape>(node.get());
  CHECK((inner.sizes[0] == 4 && inner.sizes[1] == 3));
  auto const is = [](JoinedOperations const& operations, std::vector<PendingOperation> const& expected) {
    return std::ranges::equal(operations.all, expected, [](PendingOperation const& left, PendingOperation const& right) {
      return left.datom == right.datom && left.change == right.change;
    });
  };
  auto const& [block, run] = inner.addresses.child(0);
  std::size_t parts = 0;
  for_each_part(run.get(), [&](PendingPart const&) { ++parts; });
  CHECK(parts == 3);
  std::vector<PendingOperation> const whole{
      {datom_of(1), PendingChange::insert}, {datom_of(2), PendingChange::insert}, {datom_of(4), PendingChange::erase}};
  CHECK(is(joined<sorted>(run.get()), whole));
  CHECK(is(joined<sorted>(inner.addresses.child(1).run.get()), {}));  // inserted and erased
  CHECK(is(joined<sorted>(run.get(), (*inner.base)[0].run.get()), {{datom_of(1), PendingChange::insert}}));
  // The runs keep what they are of, whoever else lets go of it.
  auto const kept = run;
  auto const bytes = encode_node<sorted, Shape>(inner, 8, [&](std::size_t at) { return inner.addresses[at]; });
  auto const again = decode_node<sorted, Shape>(bytes, {7, std::uint8_t{1}, 8});
  auto const& stored = as_inner<Shape>(again.get())->addresses;
  CHECK(is(joined<sorted>(stored.child(0).run.get()), whole));
  CHECK(stored.child(1).run == nullptr);
  // A transaction's own copy is in one piece, and the shared run stays as it is.
  auto own = kept;
  CHECK(add_operation<sorted>(own, 1, {datom_of(5), PendingChange::insert}));
  CHECK((own->before == nullptr && own->operations.size() == 4));
  CHECK(is(joined<sorted>(kept.get()), whole));
  auto empty = inner.addresses.child(1).run;
  CHECK(add_operation<sorted>(empty, 1, {datom_of(12), PendingChange::insert}));
  CHECK(is(joined<sorted>(empty.get()), {{datom_of(12), PendingChange::insert}}));
}

TEST_CASE("buffers that are not sound are refused") {
  REQUIRE_FALSE(refusal(Content{}));
  auto const refused = [](auto const& spoil) {
    Content content;
    spoil(content);
    return refusal(content) == Errc::store_corrupt;
  };
  CHECK(refused([](Content& node) { std::swap(node.rows[0], node.rows[1]); }));
  CHECK(refused([](Content& node) { node.rows[1] = node.rows[0]; }));
  CHECK(refused([](Content& node) { node.rows[1] = datom_of(11); }));   // belongs to the second child
  CHECK(refused([](Content& node) { node.lengths = {1, 2}; }));        // and here one of the first
  CHECK(refused([](Content& node) { node.changes[1] = 3; }));
  CHECK(refused([](Content& node) { node.lengths = {2, 2}; }));
  CHECK(refused([](Content& node) { node.lengths = {2, 0}; }));  // something follows the end
  CHECK(refused([](Content& node) { node.lengths = {-1, 4}; }));
  CHECK(refused([](Content& node) { node.lengths = {INT64_MAX, INT64_MAX}; }));
  CHECK(refused([](Content& node) { node.sizes = {0, 7}; }));
  // No room is made for more operations than there are bytes for.
  Content many;
  many.lengths = {2, 1 << 20};
  std::string reason;
  try {
    static_cast<void>(decode_node<sorted, Shape>(many.block(), {7, std::uint8_t{1}, 8}));
  } catch (Error const& error) {
    reason = error.message();
  }
  CHECK(reason.find("too many operations") != std::string::npos);
  Content content;
  content.format = node_format;  // with something behind it
  CHECK(refusal(content) == Errc::store_corrupt);
  content.format = 4;
  CHECK(refusal(content) == Errc::store_format);
  // Another index does not take it for one of its own.
  CHECK(refusal([] {
          static_cast<void>(decode_node<sorted, NodeShape<8, 4>>(Content{}.block(), {7, std::uint8_t{1}, 8}));
        }) == Errc::store_format);
}

TEST_CASE("operations that do not follow from what is there are refused") {
  // On an inner node: each goes on to a child.
  auto const passed_on = [](std::vector<PendingOperation> operations) {
    auto const run = run_of(std::move(operations));
    return refusal(Content{}, 7 + growth_of(run), run);
  };
  CHECK_FALSE(passed_on({{datom_of(3), PendingChange::insert}, {datom_of(4), PendingChange::insert}, {datom_of(12), PendingChange::erase}}));
  CHECK(passed_on({{datom_of(2), PendingChange::insert}}) == Errc::store_corrupt);
  CHECK(passed_on({{datom_of(4), PendingChange::erase}}) == Errc::store_corrupt);
  CHECK(passed_on({{datom_of(1), PendingChange::erase}, {datom_of(2), PendingChange::erase}, {datom_of(3), PendingChange::erase}}) == Errc::store_corrupt);
  // On a leaf: it changes something, and leaves something.
  Rows const rows{datom_of(1), datom_of(2)};
  auto const done = [&](std::vector<PendingOperation> operations) {
    return refusal([&] { static_cast<void>(applied(rows, run_of(std::move(operations)))); });
  };
  CHECK_FALSE(done({{datom_of(1), PendingChange::erase}, {datom_of(3), PendingChange::insert}}));
  CHECK(done({{datom_of(3), PendingChange::erase}}) == Errc::store_corrupt);
  CHECK(done({{datom_of(3), PendingChange::replace}}) == Errc::store_corrupt);
  CHECK(done({{datom_of(1), PendingChange::insert}}) == Errc::store_corrupt);
  CHECK(done({{datom_of(1), PendingChange::erase}, {datom_of(2), PendingChange::erase}}) == Errc::store_corrupt);
  std::vector<PendingOperation> many;
  for (EntityId e = 3; e != 200; ++e) many.push_back({datom_of(e), PendingChange::insert});
  CHECK(done(many) == Errc::store_corrupt);
}

/// How many nodes are read to compare two stored versions that differ in three datoms, and how many there are.
template <class IndexTag>
std::pair<std::size_t, std::size_t> reads_of_a_difference() {
  using Index = typename index_for<IndexTag>::template Index<sorted>;
  laws::MemoryNodes nodes;
  Rows rows;
  for (EntityId e = 1; e != 100'000; ++e) rows.push_back(datom_of(e));
  auto const before = Index::from_sorted(rows);
  auto const first = before.flush(nodes.sink());
  auto transient = before.edit();
  for (EntityId const e : {500, 50'000, 99'000}) transient.erase(datom_of(e));
  auto const after = std::move(transient).persistent();
  auto const second = after.flush(nodes.sink());
  auto const source = nodes.source();
  nodes.reads = 0;
  Rows removed;
  Index::open(first, before.size(), source)
      .for_each_difference(
          Index::open(second, after.size(), source), [&](RawDatom const& datom) { removed.push_back(datom); }, [](RawDatom const&) { FAIL("nothing was added"); },
          [](RawDatom const& left, RawDatom const& right) { return compare<sorted>(left, right); });
  CHECK(same_rows(removed, {datom_of(500), datom_of(50'000), datom_of(99'000)}));
  return {nodes.reads, nodes.writes};
}

TEST_CASE("stored versions are compared by reading what they do not share") {
  for (auto const& [reads, nodes] : {reads_of_a_difference<persistent_set_tag>(), reads_of_a_difference<hitchhiker_tree_tag>()}) {
    CAPTURE(reads, nodes);
    CHECK(reads * 10 < nodes);
  }
}

}  // namespace
}  // namespace pending_test
