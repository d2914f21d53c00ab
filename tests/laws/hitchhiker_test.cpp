// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The hitchhiker tree obeys the laws of an index with buffers so small that they overflow at every step, and those that are its
// own: what a flush refers to, and what it leaves behind.
#include "index_policy.hpp"
#include "index_versions.hpp"
#include "rounds.hpp"
#include "sanitized.hpp"

#include <cairn/index/hitchhiker_tree.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn;
using laws::MemoryNodes;
using laws::Model;
using laws::RandomDatoms;

using Tiny = BufferedShape<NodeShape<4, 4, true>, 2, 60, 120>;
using Small = BufferedShape<NodeShape<7, 5, true>, 4, 400, 1000>;
using Roomy = BufferedShape<NodeShape<24, 8, true>, 12, 2000, 8000>;

template <Order Sorted, class Shape>
void check(std::uint64_t seed) {
  laws::obeys_the_laws<PersistentSet<Sorted, Shape>, Sorted>([] { return detail::LiveNodes<Shape>::number.load(); }, seed);
}

template <Order Sorted, class Shape>
std::uint64_t branch(std::uint64_t seed, std::uint64_t rounds) {
  return laws::versions_do_not_disturb_each_other<PersistentSet<Sorted, Shape>, Sorted>(
      [] { return detail::LiveNodes<Shape>::number.load(); }, seed, rounds, 400);
}

TEST_CASE("a hitchhiker tree is an index, whatever its buffers hold") {
  for (auto const seed : test::seeds()) {
    check<Order::eavt, Tiny>(seed);
    check<Order::avet, Small>(seed);
  }
}

TEST_CASE("versions of a hitchhiker tree do not disturb each other") {
  auto const seed = test::seed();
  auto const rounds = 4 * test::times();
  auto unloads = branch<Order::eavt, Tiny>(seed, rounds);
  unloads += branch<Order::avet, Small>(seed, rounds);
  REQUIRE(unloads > 2 * rounds);
}

using Tree = PersistentSet<Order::eavt, Roomy>;
using Expected = Model<Order::eavt>;

/// A tree that was stored, and what it holds.
struct Stored {
  MemoryNodes nodes;
  Expected model;
  Tree tree;
};
void store_some(Stored& stored, RandomDatoms& random, std::size_t size) {
  auto transient = Tree::open({}, 0, stored.nodes.source()).edit();
  while (stored.model.size() != size) {
    auto const datom = random.datom();
    if (transient.insert(datom)) stored.model.insert(datom);
  }
  auto const index = std::move(transient).persistent();
  stored.tree = Tree::open(index.flush(stored.nodes.sink()), index.size(), stored.nodes.source());
}
Tree edited(Tree const& tree, Expected& model, RandomDatoms& random, int edits) {
  auto transient = tree.edit();
  for (int i = 0; i != edits; ++i) {
    laws::edit_both<Tree::Transient, Order::eavt>(transient, model, random, random.one_in(2));
  }
  return std::move(transient).persistent();
}
void is_stored_as(MemoryNodes& nodes, NodeAddress const& root, Tree const& tree, Expected const& model) {
  auto const again = Tree::open(root, tree.size(), nodes.source());
  again.verify();
  laws::is_the_same<Tree, Order::eavt>(again, model);
}

TEST_CASE("a few scattered edits write the root alone") {
  RandomDatoms random{test::seed(), false};
  Stored stored;
  store_some(stored, random, 2000);
  auto const before = stored.nodes.writes;
  auto transient = stored.tree.edit();
  for (int i = 0; i != 20; ++i) {
    auto const datom = random.datom();
    if (transient.insert(datom)) stored.model.insert(datom);
    auto const other = *std::next(stored.model.begin(), static_cast<std::ptrdiff_t>(random.below(stored.model.size())));
    transient.erase(other);
    stored.model.erase(other);
  }
  auto const next = std::move(transient).persistent();
  auto const root = next.flush(stored.nodes.sink());
  CHECK(stored.nodes.writes - before < 20);
  is_stored_as(stored.nodes, root, next, stored.model);
}

TEST_CASE("a checkpoint of one datom is small, however much the buffers held before") {
  using Large = HitchhikerTree<Order::eavt>;
  MemoryNodes nodes;
  std::mt19937_64 random{test::seed()};
  auto const some_datom = [&] {
    return RawDatom{.e = static_cast<EntityId>(random() % 100'000 + 1), .a = 1, .added = true, .tx = first_transaction, .v = static_cast<std::int64_t>(random())};
  };
  typename Large::Builder builder{nodes.source()};
  for (EntityId e = 1; e != 40'001; ++e) builder.add({.e = e, .a = 1, .added = true, .tx = first_transaction, .v = 1});
  auto tree = std::move(builder).finish();
  tree.flush(nodes.sink());
  auto const bytes_of_checkpoint = [&](int edits) {
    auto transient = tree.edit();
    for (int i = 0; i != edits; ++i) transient.insert(some_datom());
    tree = std::move(transient).persistent();
    nodes.nodes().clear();  // all that it needs is in memory
    FlushReceipt receipt;
    tree.flush(nodes.sink(), &receipt);
    receipt.confirm();
    std::size_t bytes = 0;
    for (auto const& [number, block] : nodes.nodes()) bytes += block.size();
    return bytes;
  };
  for (int i = 0; i != 4; ++i) bytes_of_checkpoint(4000);
  // The root, or where that was split and has two children, one of these.
  auto const& [number, largest] = *std::ranges::max_element(nodes.nodes(), {}, [](auto const& node) { return node.second.size(); });
  REQUIRE(largest.size() > 6000);
  for (int i = 0; i != 60; ++i) bytes_of_checkpoint(1);
  std::size_t bytes = 0;
  for (int i = 0; i != 20; ++i) bytes += bytes_of_checkpoint(1);
  CHECK(bytes / 20 < 8000);
  tree.verify();
}

/// Bytes of each checkpoint of scattered insertions into a tree that was built, and flushed, of what came in order.
template <class Index>
std::vector<std::size_t> checkpoints_of_scattered(std::size_t datoms, int checkpoints, int insertions) {
  MemoryNodes nodes;
  std::mt19937_64 random{test::seed()};
  auto const datom = [](EntityId e, std::int64_t value) { return RawDatom{.e = e, .a = 1, .added = true, .tx = first_transaction, .v = value}; };
  typename Index::Builder builder{nodes.source()};
  auto const some_value = [&] { return static_cast<std::int64_t>(random() % 1'000'000'000); };
  for (std::size_t e = 1; e <= datoms; ++e) builder.add(datom(static_cast<EntityId>(e), some_value()));
  auto tree = std::move(builder).finish();
  tree.verify();
  tree.flush(nodes.sink());
  std::vector<std::size_t> bytes;
  for (int i = 0; i != checkpoints; ++i) {
    auto transient = tree.edit();
    for (int n = 0; n != insertions; ++n) {
      transient.insert(datom(static_cast<EntityId>(random() % datoms + 1), some_value()));
    }
    tree = std::move(transient).persistent();
    nodes.nodes().clear();  // all that it needs is in memory
    FlushReceipt receipt;
    tree.flush(nodes.sink(), &receipt);
    receipt.confirm();
    bytes.push_back(0);
    for (auto const& [number, block] : nodes.nodes()) bytes.back() += block.size();
  }
  tree.verify();
  return bytes;
}

TEST_CASE("from the first checkpoint after an import on, scattered writes cost a fifth of persistent_set's bytes at the most") {
  constexpr int checkpoints = test::is_sanitized ? 10 : 40;
  auto const of_tree = checkpoints_of_scattered<HitchhikerTree<Order::eavt>>(100'000, checkpoints, 500);
  auto const of_set = checkpoints_of_scattered<PersistentSet<Order::eavt>>(100'000, checkpoints, 500);
  for (std::size_t first = 0; first + 10 <= of_tree.size(); first += 10) {
    auto const sum = [&](std::vector<std::size_t> const& all) {
      return std::accumulate(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + 10), std::size_t{0});
    };
    CAPTURE(first, sum(of_tree), sum(of_set));
    CHECK(5 * sum(of_tree) <= sum(of_set));
  }
}

TEST_CASE("leaves that are built are as full as after many splits, and no two in a row alike") {
  constexpr std::size_t capacity = HitchhikerShape::leaf_capacity;
  for (std::uint64_t first = 0; first != 1000; first += 100) {
    std::size_t sum = 0;
    for (auto number = first; number != first + 100; ++number) {
      auto const fill = HitchhikerShape::built_leaf(number);
      REQUIRE((fill >= capacity / 2 && fill <= capacity));
      sum += fill;
      auto const children = HitchhikerShape::built_inner(number);
      REQUIRE((children >= HitchhikerShape::inner_capacity * 3 / 4 && children <= HitchhikerShape::inner_capacity));
      auto const next = HitchhikerShape::built_leaf(number + 1);
      REQUIRE((fill > next ? fill - next : next - fill) > capacity / 10);
    }
    // ln 2, less half a datom
    REQUIRE((sum > 100 * capacity * 67 / 100 && sum < 100 * capacity * 70 / 100));
  }
}

TEST_CASE("leaves that are nearly full are split with another below their parent, if datoms come to them") {
  using Wide = PersistentSet<Order::eavt, BufferedShape<NodeShape<24, 32, true>, 12, 4000, 8000>>;
  auto const at = [](EntityId e) { return RawDatom{.e = e, .a = 1, .added = true, .tx = first_transaction, .v = 1}; };
  auto const leaves_after = [&](auto const& edit) {
    MemoryNodes nodes;
    auto transient = Wide::open({}, 0, nodes.source()).edit();
    for (EntityId e = 1; e != 10 * 24 + 1; ++e) transient.insert(at(10 * e));  // in order: ten leaves, all full
    auto tree = std::move(transient).persistent();
    tree.flush(nodes.sink());
    transient = tree.edit();
    edit(transient);
    REQUIRE(transient.insert(at(11)));
    tree = std::move(transient).persistent();
    tree.verify();
    int number = 0;
    auto const again = Wide::open(tree.flush(nodes.sink()), tree.size(), nodes.source());
    again.verify();
    again.for_each_address([&](NodeAddress const&) { ++number; });
    return number - 1;
  };
  auto const erase_from = [&](auto& transient, EntityId leaf, int rows) {
    for (int row = 0; row != rows; ++row) REQUIRE(transient.erase(at(10 * (24 * leaf + 5 + row))));
  };
  CHECK(leaves_after([](auto&) {}) == 11);
  CHECK(leaves_after([&](auto& transient) { erase_from(transient, 2, 4); }) == 12);
  CHECK(leaves_after([&](auto& transient) { erase_from(transient, 2, 5); }) == 11);
  CHECK(leaves_after([&](auto& transient) { for (EntityId leaf = 1; leaf != 9; ++leaf) erase_from(transient, leaf, 1); }) == 15);
}

TEST_CASE("what was described by a commit that failed is written whole") {
  RandomDatoms random{test::seed(), false};
  for (auto round = (test::is_sanitized ? 5 : 20) * test::times(); round != 0; --round) {
    Stored stored;
    store_some(stored, random, 1500);
    auto const dirty = edited(stored.tree, stored.model, random, 400);
    // Versions that come of it before, while and after it is flushed.
    auto model = stored.model;
    auto const before = edited(dirty, model, random, 60);
    auto const kept = stored.nodes.nodes();
    FlushReceipt receipt;
    dirty.flush(stored.nodes.sink(), &receipt);
    auto meanwhile_model = model;
    auto const meanwhile = edited(before, meanwhile_model, random, 60);
    auto of_dirty_model = stored.model;
    auto const of_dirty = edited(dirty, of_dirty_model, random, 60);
    receipt.forget();
    stored.nodes.nodes() = kept;  // what was written is not there
    auto after_model = meanwhile_model;
    auto const after = edited(meanwhile, after_model, random, 60);
    is_stored_as(stored.nodes, after.flush(stored.nodes.sink()), after, after_model);
    is_stored_as(stored.nodes, of_dirty.flush(stored.nodes.sink()), of_dirty, of_dirty_model);
    is_stored_as(stored.nodes, dirty.flush(stored.nodes.sink()), dirty, stored.model);
  }
}

TEST_CASE("a flush refers to nothing but what the one before it did and what it wrote") {
  RandomDatoms random{test::seed(), false};
  Stored stored;
  store_some(stored, random, 1500);
  auto const addresses_of = [&](NodeAddress const& root, Tree const& tree) {
    std::set<MemoryNodes::Number> all;
    Tree::open(root, tree.size(), stored.nodes.source()).for_each_address([&](NodeAddress const& address) {
      all.insert(address.to<MemoryNodes::Number>());
    });
    return all;
  };
  auto tree = stored.tree;
  auto model = stored.model;
  for (int round = 0; round != 60; ++round) {
    tree = edited(tree, model, random, 40);
    // The next version begins before this one is flushed.
    auto const checkpoint = tree;
    auto const at_checkpoint = model;
    tree = edited(tree, model, random, 40);
    FlushReceipt receipt;
    auto const root = checkpoint.flush(stored.nodes.sink(), &receipt);
    receipt.confirm();
    // All else is garbage, and gone.
    auto const live = addresses_of(root, checkpoint);
    stored.nodes.keep_only(live);
    std::set<MemoryNodes::Number> by_version;
    checkpoint.for_each_address([&](NodeAddress const& address) { by_version.insert(address.to<MemoryNodes::Number>()); });
    REQUIRE(by_version == live);
    if (round % 5 == 0) is_stored_as(stored.nodes, root, checkpoint, at_checkpoint);
    if (round % 7 == 0) tree = edited(tree, model, random, 4);
    if (round % 3 == 0) {
      auto const next = tree.flush(stored.nodes.sink());
      stored.nodes.keep_only(addresses_of(next, tree));
      is_stored_as(stored.nodes, next, tree, model);
      if (round % 2 == 0) tree = Tree::open(next, tree.size(), stored.nodes.source());
    }
  }
}

TEST_CASE("what a version stands on is among its addresses, though no checkpoint has it") {
  RandomDatoms random{test::seed(), false};
  for (auto round = (test::is_sanitized ? 5 : 20) * test::times(); round != 0; --round) {
    Stored stored;
    store_some(stored, random, 1500);
    auto tree = stored.tree;
    // A checkpoint whose nodes are on the store, and whose root nothing names: what is made of it may be described by them.
    auto middle = edited(tree, stored.model, random, 300);
    FlushReceipt receipt;
    middle.flush(stored.nodes.sink(), &receipt);
    receipt.confirm();
    tree = edited(middle, stored.model, random, 30);
    middle = {};
    std::set<MemoryNodes::Number> live;
    tree.for_each_address([&](NodeAddress const& address) { return live.insert(address.to<MemoryNodes::Number>()).second; });
    stored.nodes.keep_only(live);
    is_stored_as(stored.nodes, tree.flush(stored.nodes.sink()), tree, stored.model);
  }
}

/// A sink that is full after some nodes.
struct Limited {
  MemoryNodes& nodes;
  std::size_t left;
  struct Full {};
  NodeSink sink() {
    return {this,
            [](void* self, std::span<std::byte const> bytes) {
              auto& limited = *static_cast<Limited*>(self);
              if (limited.left-- == 0) throw Full{};
              return limited.nodes.put(bytes);
            },
            sizeof(MemoryNodes::Number)};
  }
};

TEST_CASE("a flush may be cut short anywhere, and goes on from there") {
  RandomDatoms random{test::seed(), false};
  for (auto round = (test::is_sanitized ? 5 : 20) * test::times(); round != 0; --round) {
    Stored stored;
    store_some(stored, random, 1500);
    auto const cache = std::make_shared<NodeCache>(std::size_t{1} << 12U);
    auto tree = Tree::open(*stored.tree.address(), stored.tree.size(), stored.nodes.source(cache));
    for (int checkpoint = 0; checkpoint != 3; ++checkpoint) {
      tree = edited(tree, stored.model, random, 500);
      for (bool done = false; !done;) {
        FlushReceipt receipt;
        Limited limited{stored.nodes, 1 + random.below(6)};
        try {
          tree.flush(limited.sink(), &receipt);
          done = true;
        } catch (Limited::Full const&) {  // NOLINT(bugprone-empty-catch)
        }
        random.one_in(8) ? receipt.forget() : receipt.confirm();
        cache->trim(0);
        if (random.one_in(2)) laws::is_the_same<Tree, Order::eavt>(tree, stored.model);
      }
      auto const root = tree.flush(stored.nodes.sink());
      is_stored_as(stored.nodes, root, tree, stored.model);
      // Garbage goes at last: the nodes in memory have to be read from what is left.
      std::set<MemoryNodes::Number> live;
      Tree::open(root, tree.size(), stored.nodes.source()).for_each_address([&](NodeAddress const& address) {
        live.insert(address.to<MemoryNodes::Number>());
      });
      stored.nodes.keep_only(live);
      cache->trim(0);
      laws::is_the_same<Tree, Order::eavt>(tree, stored.model);
    }
  }
}

TEST_CASE("purging leaves no trace in what a tree consists of") {
  for (auto const seed : test::seeds()) {
    laws::keeps_nothing_purged<PersistentSet<Order::eavt, Tiny>, Order::eavt>(seed);
    laws::keeps_nothing_purged<PersistentSet<Order::avet, Small>, Order::avet>(seed);
    laws::keeps_nothing_purged<PersistentSet<Order::aevt, Roomy>, Order::aevt>(seed);
  }
}

TEST_CASE("what is appended is described too, and equal datoms stay as they were written") {
  MemoryNodes nodes;
  auto const at = [](EntityId e, Value value) { return RawDatom{.e = e, .a = 1, .added = true, .tx = first_transaction, .v = std::move(value)}; };
  auto transient = Tree::open({}, 0, nodes.source()).edit();
  Expected model;
  for (EntityId e = 1; e != 400; ++e) {
    auto const datom = at(e, BigDecimal{"1.0"});
    transient.insert(datom);
    model.insert(datom);
  }
  auto tree = std::move(transient).persistent();
  tree.flush(nodes.sink());
  std::optional<NodeAddress> root;
  auto const step = [&](auto const& edit) {
    transient = tree.edit();
    edit();
    tree = std::move(transient).persistent();
    root = tree.flush(nodes.sink());
    is_stored_as(nodes, *root, tree, model);
  };
  for (EntityId e = 400; e != 460; e += 3) {
    step([&] {
      for (EntityId next = e; next != e + 3; ++next) {
        transient.insert(at(next, BigDecimal{"1.0"}));
        model.insert(at(next, BigDecimal{"1.0"}));
      }
    });
  }
  auto const text_at = [&](EntityId e) {
    auto const again = Tree::open(*root, tree.size(), nodes.source());
    auto const found = again.find(at(e, BigDecimal{"1.0"}));
    return found.valid() ? std::string{(*found).v.as_string()} : "";
  };
  CHECK(text_at(7) == "1.0");
  step([&] {
    CHECK(transient.erase(at(7, BigDecimal{"1.0"})));
    CHECK(transient.insert(at(7, BigDecimal{"1.00"})));
  });
  CHECK(text_at(7) == "1.00");
  step([&] {
    CHECK(transient.erase(at(7, BigDecimal{"1.0"})));
    CHECK(transient.insert(at(7, BigDecimal{"1.000"})));
  });
  CHECK(text_at(7) == "1.000");
  step([&] { CHECK(transient.erase(at(7, BigDecimal{"1.0"}))); model.erase(at(7, BigDecimal{"1.0"})); });
  CHECK(text_at(7).empty());
  step([&] { CHECK(transient.insert(at(7, BigDecimal{"1.0"}))); model.insert(at(7, BigDecimal{"1.0"})); });
  CHECK(text_at(7) == "1.0");
}

TEST_CASE("what was erased from the end of the last leaf is not pending there once another leaf begins before it") {
  auto const at = [](EntityId e) { return RawDatom{.e = e, .a = 1, .added = true, .tx = first_transaction, .v = Value{e}}; };
  auto const check = [&]<class Shape>(Shape, EntityId count, EntityId more) {
    using Set = PersistentSet<Order::eavt, Shape>;
    CAPTURE(count, more);
    MemoryNodes nodes;
    Expected model;
    auto const put = [&](auto& transient, EntityId e) {
      REQUIRE(transient.insert(at(e)));
      model.insert(at(e));
    };
    auto transient = Set::open({}, 0, nodes.source()).edit();
    for (EntityId e = 1; e != count; ++e) put(transient, e);
    put(transient, 1000);
    auto tree = std::move(transient).persistent();
    tree.flush(nodes.sink());
    transient = tree.edit();
    REQUIRE(transient.erase(at(1000)));
    model.erase(at(1000));
    for (EntityId e = count; e != count + more; ++e) put(transient, e);
    tree = std::move(transient).persistent();
    tree.verify();
    auto const root = tree.flush(nodes.sink());
    laws::is_the_same<Set, Order::eavt>(Set::open(root, tree.size(), nodes.source()), model);
  };
  for (EntityId count = 20; count != 60; ++count) {
    for (EntityId more = 1; more != 5; ++more) {
      check(Tiny{}, count, more);
      check(Small{}, count, more);
    }
  }
}

}  // namespace
