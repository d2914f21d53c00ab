// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Runs that go into a set leaf by leaf, beside one datom after the other.
#include "laws/index_policy_model.hpp"

#include <cairn/index/hitchhiker_tree.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace insert_run_test {
namespace {

using namespace cairn;

template <Order Sorted, class Shape>
struct Of {
  using Set = PersistentSet<Sorted, Shape>;
  static constexpr Order order = Sorted;
  static constexpr bool is_buffered = Shape::buffered;
};
using Small = NodeShape<8, 4>;
using SmallBuffered = BufferedShape<NodeShape<8, 4>, 6, 200, 1200>;

/// A run as `IndexEdits` has it: datoms as they came, and their order.
template <Order Sorted>
struct Run {
  explicit Run(std::vector<RawDatom> datoms) : came{std::move(datoms)} {
    for (std::size_t i = 0; i != came.size(); ++i) order.push_back({detail::head_of<Sorted>(came[i]), static_cast<std::uint32_t>(i)});
    detail::sort_run<Sorted>(order, [this](std::size_t at) -> RawDatom const& { return came[at]; });
  }
  void insert_into(auto& transient) const {
    transient.insert_run_around_gaps(order, [this](std::size_t at) -> RawDatom const& { return came[at]; });
  }
  void insert_one_by_one_into(auto& transient) const {
    for (auto const& each : order) transient.insert(came[each.at]);
  }
  std::vector<RawDatom> came;
  std::vector<detail::HeadAt> order{};
};

/// The bytes of the nodes that a set's flush writes, in that order: the same for the same tree.
std::vector<std::vector<std::byte>> nodes_of(laws::MemoryNodes& nodes, auto const& set) {
  nodes.nodes().clear();
  static_cast<void>(set.flush(nodes.sink()));
  std::vector<std::vector<std::byte>> all;
  for (auto const& [number, bytes] : nodes.nodes()) {
    auto const view = bytes.view();
    all.emplace_back(view.begin(), view.end());
  }
  return all;
}

std::vector<RawDatom> datoms_of(auto const& set) {
  std::vector<RawDatom> all;
  for (auto const& each : set) all.push_back(each);
  return all;
}

template <class Set>
Set stored(laws::MemoryNodes& nodes, Set const& set) {
  return Set::open(set.flush(nodes.sink()), set.size(), nodes.source());
}

/// Of what is there, of what is next to it, and of neither.
template <Order Sorted>
std::vector<RawDatom> some_datoms(laws::RandomDatoms& random, std::vector<RawDatom> const& there, std::size_t number) {
  std::vector<RawDatom> datoms;
  auto const kind = random.below(6);
  while (datoms.size() != number) {
    if (there.empty() || kind == 0) {
      datoms.push_back(random.datom());
    } else {
      auto const last = there.size() - 1;
      auto datom = there[kind == 1 ? 0 : kind == 2 ? last : static_cast<std::size_t>(random.below(there.size()))];  // before the first; behind the last
      if (kind == 3) datom = there[there.size() / 2];  // all in one place
      if (kind < 5 && !random.one_in(8)) datom.tx += kind == 1 ? -static_cast<EntityId>(random.below(9000)) : static_cast<EntityId>(random.below(9000));
      datoms.push_back(std::move(datom));
    }
    if (random.one_in(10)) datoms.push_back(datoms[static_cast<std::size_t>(random.below(datoms.size()))]);
    datoms.resize(std::min(datoms.size(), number));
  }
  return datoms;
}

TEMPLATE_TEST_CASE("a run makes the tree that its datoms make one by one", "", (Of<Order::eavt, Small>), (Of<Order::aevt, Small>), (Of<Order::avet, Small>),
                   (Of<Order::avet, DefaultNodeShape>), (Of<Order::eavt, DefaultNodeShape>), (Of<Order::eavt, SmallBuffered>), (Of<Order::avet, SmallBuffered>),
                   (Of<Order::aevt, HitchhikerShape>)) {
  using Set = typename TestType::Set;
  constexpr auto order = TestType::order;
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    laws::RandomDatoms random{seed, seed % 2 == 0};
    laws::MemoryNodes nodes;
    laws::MemoryNodes first_written;
    laws::MemoryNodes second_written;
    Set base;
    if (seed % 3 != 0) base = Set::open({}, 0, nodes.source());
    for (int round = 0; round != 5; ++round) {
      auto const there = datoms_of(base);
      Run<order> const run{some_datoms<order>(random, there, static_cast<std::size_t>(random.below(random.one_in(3) ? 2000 : 60)))};
      bool const knows_ways = random.one_in(2);
      auto const other = random.datom();
      auto const last = random.datom();
      auto const made_by = [&](auto const& insert_run) {
        auto edited = base.edit();
        if (knows_ways) edited.insert(other);
        insert_run(edited);
        edited.insert(last);
        return std::move(edited).persistent();
      };
      auto const at_once = [&](auto& edited) { run.insert_into(edited); };
      auto const expected = made_by([&](auto& edited) { run.insert_one_by_one_into(edited); });
      auto const made = made_by(at_once);
      made.verify();
      REQUIRE(made == expected);
      REQUIRE(datoms_of(base) == there);
      if (seed % 3 == 0) {
        base = made;
        continue;
      }
      // With buffers, which nodes are written depends on how often edits passed them.
      if constexpr (!TestType::is_buffered) REQUIRE(nodes_of(first_written, made) == nodes_of(second_written, expected));
      base = stored(nodes, made_by(at_once));
      REQUIRE(base == expected);
    }
  }
}

TEST_CASE("a run that a read interrupts is in the set as far as it got, and can be inserted again") {
  using Set = PersistentSet<Order::aevt, Small>;
  laws::RandomDatoms random{11, false};
  laws::MemoryNodes nodes;
  auto first = Set{}.edit();
  for (int i = 0; i != 2000; ++i) first.insert(random.datom());
  auto const whole = std::move(first).persistent();
  auto const address = whole.flush(nodes.sink());
  std::vector<RawDatom> datoms;
  for (int i = 0; i != 500; ++i) datoms.push_back(random.datom());
  Run<Order::aevt> const run{datoms};
  auto expected = whole.edit();
  run.insert_one_by_one_into(expected);
  auto const all = std::move(expected).persistent();
  std::size_t failed = 0;
  for (std::size_t limit = 1;; limit += 20) {
    auto edited = Set::open(address, whole.size(), nodes.source()).edit();
    bool is_done = false;
    nodes.read_limit = limit;
    try {
      run.insert_into(edited);
      is_done = true;
    } catch (Error const&) {
      ++failed;
    }
    nodes.read_limit.reset();
    edited.snapshot().verify();  // that the size is that of the tree, among others
    run.insert_into(edited);
    REQUIRE(std::move(edited).persistent() == all);
    if (is_done) break;
  }
  CHECK(failed > 10);
}

}  // namespace
}  // namespace insert_run_test
