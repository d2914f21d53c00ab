// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The law of versions: whatever is done to one, the others stay what they are, and when the last is gone, nothing is left.
#pragma once

#include "index_policy.hpp"

#include <cairn/index/node_cache.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::laws {

/// A tree of versions that fork from any that is kept, are stored, confirmed or not, opened again, and dropped in any
/// order, while leaves are unloaded under cursors that stay where they are.
template <class Index, Order Sorted>
class Branches {
 public:
  explicit Branches(std::uint64_t seed)
      : random_{seed, seed % 2 == 0}, cache_{std::make_shared<NodeCache>(1U << (10 + seed % 5))}, source_{nodes_.source(cache_)} {
    versions_.push_back({Index::open({}, 0, source_), {}, std::nullopt});
  }

  /// Does `steps` things; each leaves a state that is compared in some part.
  void run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i != steps; ++i) step();
    for (auto& version : versions_) compare_whole(version);
    while (!cursors_.empty()) finish_cursor(0);
    while (!versions_.empty()) drop(random_.below(versions_.size()));
    cache_->trim(0);
    if (cache_->bytes() != 0) FAIL("a cache still counts leaves when there is no version any more");
  }

  [[nodiscard]] std::uint64_t unloads() const { return cache_->unloads(); }

 private:
  struct Version {
    Index index;
    Model<Sorted> model;
    std::optional<NodeAddress> root;  // where it is safely stored
  };
  /// A cursor, and what it has yet to show; the version may be gone.
  struct Walk {
    typename Index::Cursor cursor;
    std::vector<RawDatom> rest;  // last first
  };

  Version& some() { return versions_[random_.below(versions_.size())]; }

  void step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3: return fork();
      case 4:
      case 5: return store();
      case 6: return reopen();
      case 7: return cache_->trim(random_.one_in(3) ? 0 : random_.below(4096));
      case 8: return begin_cursor();
      case 9: return go_on_with_cursor();
      case 10: return compare_some();
      default:
        if (versions_.size() > 1) drop(random_.below(versions_.size()));
    }
  }

  void fork() {
    auto& from = some();
    auto model = from.model;
    auto transient = from.index.edit();
    bool const growing = model.size() < 40 || (model.size() < 400 && random_.one_in(2));
    for (auto edits = random_.below(random_.one_in(4) ? 200 : 12); edits != 0; --edits) {
      auto datom = random_.datom();
      if (!model.empty() && !random_.one_in(3)) {
        if (auto const near = model.lower_bound(datom); near != model.end()) datom = *near;
      }
      bool const insert = random_.one_in(4) != growing;
      bool const changed = insert ? transient.insert(datom) : transient.erase(datom);
      bool const expected = insert ? model.insert(datom).second : model.erase(datom) != 0;
      if (changed != expected) FAIL("an edit said something else than the set");
      if (random_.one_in(30)) keep({transient.snapshot(), model, std::nullopt});
    }
    keep({std::move(transient).persistent(), std::move(model), std::nullopt});
  }

  void store() {
    auto& version = some();
    FlushReceipt receipt;
    auto const root = version.index.flush(nodes_.sink(), &receipt);
    if (random_.one_in(4)) {
      receipt.forget();  // a commit that failed
      return;
    }
    version.root = root;
    if (!random_.one_in(6)) receipt.confirm();
  }

  void reopen() {
    auto& version = some();
    if (version.root) keep({Index::open(*version.root, version.model.size(), source_), version.model, version.root});
  }

  void begin_cursor() {
    auto& version = some();
    auto const position = random_.position(version.model.empty() ? random_.datom() : *version.model.begin());
    Walk walk{version.index.seek(position), {}};
    for (auto const& datom : version.model) {
      if (compare<Sorted>(datom, position) > 0) walk.rest.push_back(datom);
    }
    std::ranges::reverse(walk.rest);
    cursors_.push_back(std::move(walk));
    if (cursors_.size() > 6) finish_cursor(random_.below(cursors_.size()));
  }
  void go_on(Walk& walk, std::size_t steps) {
    for (; steps != 0 && !walk.rest.empty(); --steps) {
      if (!walk.cursor.valid() || !(*walk.cursor == walk.rest.back())) FAIL("a cursor shows something else than its version holds");
      walk.rest.pop_back();
      walk.cursor.next();
    }
    if (walk.cursor.valid() == walk.rest.empty()) FAIL("a cursor ends somewhere else than its version");
  }
  void go_on_with_cursor() {
    if (!cursors_.empty()) go_on(cursors_[random_.below(cursors_.size())], random_.below(40));
  }
  void finish_cursor(std::size_t at) {
    go_on(cursors_[at], SIZE_MAX);
    cursors_.erase(cursors_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  /// Where the index tells what two versions do not share, it is that.
  void compare_difference(Version const& before, Version const& after) {
    std::vector<RawDatom> removed;
    std::vector<RawDatom> added;
    auto const remove = [&](RawDatom const& datom) { removed.push_back(datom); };
    auto const add = [&](RawDatom const& datom) { added.push_back(datom); };
    auto const order = [](RawDatom const& left, RawDatom const& right) { return compare<Sorted>(left, right); };
    if constexpr (requires { before.index.for_each_difference(after.index, remove, add, order); }) {
      before.index.for_each_difference(after.index, remove, add, order);
      std::vector<RawDatom> only;
      std::ranges::set_difference(before.model, after.model, std::back_inserter(only), Before<Sorted>{});
      if (removed != only) FAIL("what only the first of two versions holds is something else");
      only.clear();
      std::ranges::set_difference(after.model, before.model, std::back_inserter(only), Before<Sorted>{});
      if (added != only) FAIL("what only the second of two versions holds is something else");
    }
  }

  void compare_some() {
    auto& version = some();
    if (random_.one_in(3)) return compare_whole(version);
    if (random_.one_in(2)) return compare_difference(version, some());
    for (int i = 0; i != 10; ++i) {
      auto datom = random_.datom();
      if (!version.model.empty() && random_.one_in(2)) {
        if (auto const near = version.model.lower_bound(datom); near != version.model.end()) datom = *near;
      }
      if (version.index.contains(datom) != version.model.contains(datom)) FAIL("a version lost a datom, or has one too many");
      Position const from{datom, 2, false};
      auto const expected = std::ranges::count_if(version.model, [&](auto const& each) { return compare<Sorted>(each, from) > 0; });
      if (version.index.count(from, {{}, 0, true}) != static_cast<std::uint64_t>(expected)) FAIL("a count is wrong");
    }
  }
  void compare_whole(Version& version) {
    if (random_.one_in(4)) version.index.verify();
    auto expected = version.model.begin();
    for (auto cursor = version.index.begin(); cursor.valid(); cursor.next_block()) {
      for (auto const& datom : cursor.block()) {
        if (expected == version.model.end() || !(datom == *expected)) FAIL("a version has changed");
        ++expected;
      }
    }
    if (expected != version.model.end() || version.index.size() != version.model.size()) FAIL("a version lost its end");
  }

  void keep(Version version) {
    versions_.push_back(std::move(version));
    if (versions_.size() > 24) drop(random_.below(versions_.size()));
  }
  void drop(std::size_t at) { versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(at)); }

  RandomDatoms random_;
  MemoryNodes nodes_;
  std::shared_ptr<NodeCache> cache_;
  std::shared_ptr<NodeSource const> source_;
  std::vector<Version> versions_;
  std::vector<Walk> cursors_;
};

/// Runs it from several seeds; how many leaves were unloaded meanwhile.
template <class Index, Order Sorted, class Live>
std::uint64_t versions_do_not_disturb_each_other(Live live_nodes, std::uint64_t seed, std::uint64_t rounds, std::uint64_t steps) {
  std::uint64_t unloads = 0;
  for (std::uint64_t round = 0; round != rounds; ++round) {
    INFO("seed " << seed + round);
    Branches<Index, Sorted> branches{seed + round};
    branches.run(steps);
    unloads += branches.unloads();
    if (live_nodes() != 0) FAIL("nodes are left over when the last version is gone");
  }
  return unloads;
}

}  // namespace cairn::laws
