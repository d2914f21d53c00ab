// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Edits that are made when somebody looks.
#include "laws/index_policy_model.hpp"

#include <cairn/db/index_edits.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace cairn::test {
namespace {

using Edits = detail::IndexEdits<persistent_set_tag>;
using AllIndexes = Indexes<persistent_set_tag>;

static_assert(requires(PersistentSet<Order::avet>::Transient edit, std::vector<detail::HeadAt> run, RawDatom const& (*datom_at)(std::size_t)) {
  edit.insert_run_around_gaps(run, datom_at);
});

/// Whether it is in AVET, which not all are.
bool is_indexed(RawDatom const& datom) { return datom.a % 2 == 0; }

/// The same datoms in sets, and edits of them.
struct Twice {
  laws::Model<Order::eavt> eavt{};
  laws::Model<Order::aevt> aevt{};
  laws::Model<Order::avet> avet{};
  Edits edits{AllIndexes{}};

  void insert(RawDatom const& datom) {
    eavt.insert(datom);
    aevt.insert(datom);
    if (is_indexed(datom)) avet.insert(datom);
    edits.insert(datom, is_indexed(datom));
  }
  void erase(RawDatom datom) {
    aevt.erase(datom);
    avet.erase(datom);
    CHECK(edits.erase(datom, is_indexed(datom)) == (eavt.erase(datom) != 0));
  }
  void check(AllIndexes const& indexes) const {
    CHECK(std::ranges::equal(indexes.eavt, eavt));
    CHECK(std::ranges::equal(indexes.aevt, aevt));
    CHECK(std::ranges::equal(indexes.avet, avet));
  }
};

TEST_CASE("edits hold what was said, whoever looks between and however much waits") {
  auto const [seed, most_at_once] = GENERATE(table<std::uint64_t, std::uint64_t>({{1, 3}, {2, 100}, {3, 9000}, {4, 20'000}}));
  laws::RandomDatoms random{seed, seed % 2 == 0};
  Twice twice;
  for (int round = 0; round != 8; ++round) {
    for (auto left = random.below(most_at_once) + 1; left != 0; --left) twice.insert(random.datom());
    switch (random.below(4)) {
      case 0: twice.check(twice.edits.snapshot()); break;
      case 1: CHECK(twice.edits.avet().size() == twice.avet.size()); break;
      case 2: twice.erase(*std::next(twice.eavt.begin(), static_cast<std::ptrdiff_t>(random.below(twice.eavt.size())))); break;
      default: twice.erase(random.datom()); break;
    }
  }
  twice.check(std::move(twice.edits).finish());
}

TEST_CASE("what waits is there for who looks again, where the store could not be read before") {
  auto const waits = GENERATE(std::size_t{10}, std::size_t{500}, std::size_t{6000});
  laws::MemoryNodes nodes;
  laws::RandomDatoms random{7, false};
  Twice twice;
  for (int i = 0; i != 5000; ++i) twice.insert(random.datom());
  auto const made = std::move(twice.edits).finish();
  auto const stored = [&](auto const& index) { return index.open(index.flush(nodes.sink()), index.size(), nodes.source()); };
  twice.edits = Edits{{stored(made.eavt), stored(made.aevt), stored(made.avet)}};
  while (twice.edits.held() != waits) twice.insert(random.datom());
  std::size_t failed = 0;
  for (std::size_t limit = 0;; limit += 3) {
    nodes.read_limit = limit;
    try {
      static_cast<void>(twice.edits.eavt());
      break;
    } catch (Error const& error) {
      CHECK(error.code() == Errc::io_error);
      CHECK(twice.edits.held() == waits);
      ++failed;
    }
  }
  nodes.read_limit.reset();
  CHECK(failed > 3);
  CHECK(twice.edits.held() == 0);
  twice.check(std::move(twice.edits).finish());
}

TEST_CASE("where a node is damaged, what waits is left out there and made elsewhere, however much it is") {
  auto const waits = GENERATE(std::size_t{10}, std::size_t{500}, std::size_t{6000});
  auto const which = GENERATE(0, 1, 2);
  laws::MemoryNodes nodes;
  laws::RandomDatoms random{8, false};
  Twice twice;
  for (int i = 0; i != 5000; ++i) twice.insert(random.datom());
  auto const made = std::move(twice.edits).finish();
  auto const stored = [&](auto const& index) { return index.open(index.flush(nodes.sink()), index.size(), nodes.source()); };
  AllIndexes const before{stored(made.eavt), stored(made.aevt), stored(made.avet)};
  Edits later{before};
  twice.edits = Edits{before};
  std::vector<RawDatom> added;
  while (twice.edits.held() != waits) {
    added.push_back(random.datom());
    twice.insert(added.back());
  }
  // One index has lost all of its leaves but for the first few.
  auto const lose = [&](auto const& index) {
    std::vector<std::uint64_t> all;
    index.for_each_address([&](NodeAddress const& address) { all.push_back(address.template to<std::uint64_t>()); });
    std::map<std::uint64_t, Bytes> lost;
    for (std::size_t i = 4; i < all.size(); ++i) lost.insert(nodes.nodes().extract(all[i]));
    return lost;
  };
  auto lost = which == 0 ? lose(before.eavt) : which == 1 ? lose(before.aevt) : lose(before.avet);
  auto const indexes = twice.edits.snapshot();
  CHECK(twice.edits.held() == 0);
  CHECK((indexes.eavt.gap() != nullptr) == (which == 0));
  CHECK((indexes.aevt.gap() != nullptr) == (which == 1));
  CHECK((indexes.avet.gap() != nullptr) == (which == 2));
  nodes.nodes().merge(lost);
  auto const check = [](auto const& index, auto const& model) {
    if (index.gap() == nullptr) {
      CHECK(std::ranges::equal(index, model));
    } else {
      CHECK_THROWS_AS(std::ranges::equal(index, model), Error);
      CHECK(index.contains(*model.begin()));
    }
  };
  check(indexes.eavt, twice.eavt);
  check(indexes.aevt, twice.aevt);
  check(indexes.avet, twice.avet);
  for (auto const& datom : added) later.insert(datom, is_indexed(datom));
  twice.check(std::move(later).finish());
}

}  // namespace
}  // namespace cairn::test
