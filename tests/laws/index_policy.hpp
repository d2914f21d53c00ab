// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of an index: whatever is done to it, it is a sorted set of datoms, every version of it for ever.
#pragma once

#include "index_policy_model.hpp"

#include <cairn/datom/order.hpp>
#include <cairn/index/flush_receipt.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cairn::laws {

/// Every datom of `index`, forwards; and the same by blocks and backwards, or a failure.
template <class Index>
std::vector<RawDatom> contents(Index const& index) {
  std::vector<RawDatom> forwards;
  for (auto cursor = index.begin(); cursor.valid(); cursor.next()) forwards.push_back(*cursor);
  std::vector<RawDatom> blocks;
  for (auto cursor = index.begin(); cursor.valid(); cursor.next_block()) {
    auto const block = cursor.block();
    REQUIRE(block.size() != 0);
    for (std::size_t i = 0; i != block.size(); ++i) blocks.push_back(block[i]);
  }
  std::vector<RawDatom> backwards;
  for (auto cursor = index.last(); cursor.valid(); cursor.prev()) backwards.push_back(*cursor);
  std::ranges::reverse(backwards);
  REQUIRE(forwards == blocks);
  REQUIRE(forwards == backwards);
  return forwards;
}

template <class Index, Order Sorted>
void is_the_same(Index const& index, Model<Sorted> const& model) {
  REQUIRE(index.size() == model.size());
  REQUIRE(index.empty() == model.empty());
  REQUIRE(std::ranges::equal(contents(index), model));
}

/// Seeks to random places, from both ends, and counts between them.
template <class Index, Order Sorted>
void finds_the_same(Index const& index, Model<Sorted> const& model, RandomDatoms& random) {
  std::vector<RawDatom> const all(model.begin(), model.end());
  auto const rank = [&](Position const& position) {
    return std::ranges::partition_point(all, [&](RawDatom const& datom) { return compare<Sorted>(datom, position) < 0; }) -
           all.begin();
  };
  for (int i = 0; i != 30; ++i) {
    auto const some = [&] { return all.empty() ? random.datom() : all[random.below(all.size())]; };
    auto const from = random.position(some());
    auto const to = random.position(some());
    auto const at = rank(from);

    auto after = index.seek(from);
    for (auto expected = at; expected != std::min(at + 6, std::ssize(all)); ++expected, after.next()) {
      REQUIRE(after.valid());
      REQUIRE(*after == all[static_cast<std::size_t>(expected)]);
    }
    if (at + 6 >= std::ssize(all)) REQUIRE(after == index.end());

    auto before = index.seek_before(from);
    for (auto expected = at - 1; expected >= std::max<std::ptrdiff_t>(0, at - 6); --expected, before.prev()) {
      REQUIRE(before.valid());
      REQUIRE(*before == all[static_cast<std::size_t>(expected)]);
    }
    if (at <= 6) REQUIRE_FALSE(before.valid());

    REQUIRE(index.count(from, to) == static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(0, rank(to) - at)));

    auto const wanted = random.one_in(2) ? random.datom() : some();
    bool const there = model.contains(wanted);
    REQUIRE(index.contains(wanted) == there);
    auto const found = index.find(wanted);
    REQUIRE(found.valid() == there);
    if (there) REQUIRE(*found == wanted);
  }
}

/// One random edit of both. Grows and shrinks in turns, so that nodes split, merge and vanish.
template <class Transient, Order Sorted>
void edit_both(Transient& transient, Model<Sorted>& model, RandomDatoms& random, bool growing) {
  auto datom = random.datom();
  if (!model.empty() && random.one_in(2)) {
    if (auto const near = model.lower_bound(datom); near != model.end()) datom = *near;
  }
  if (random.one_in(4) != growing) {
    REQUIRE(transient.insert(datom) == model.insert(datom).second);
  } else {
    REQUIRE(transient.erase(datom) == (model.erase(datom) != 0));
  }
}

/// Random edits, with versions that are kept, stored, dropped from memory and edited on.
template <class Index, Order Sorted>
void is_a_versioned_set(std::uint64_t seed, bool crowded, int rounds) {
  INFO("seed " << seed << ", crowded " << crowded);
  RandomDatoms random{seed, crowded};
  MemoryNodes nodes;
  Index index;
  Model<Sorted> model;
  std::vector<std::pair<Index, Model<Sorted>>> kept;
  for (int round = 0; round != rounds; ++round) {
    bool const growing = round % 20 < 12;
    auto transient = index.edit();
    auto const edits = random.below(120);
    for (std::uint64_t i = 0; i != edits; ++i) {
      edit_both<typename Index::Transient, Sorted>(transient, model, random, growing);
      if (random.one_in(40)) kept.emplace_back(transient.snapshot(), model);
    }
    if (random.one_in(4)) {
      is_the_same<typename Index::Transient, Sorted>(transient, model);
      finds_the_same<typename Index::Transient, Sorted>(transient, model, random);
    }
    index = std::move(transient).persistent();
    index.verify();
    if (random.one_in(3)) finds_the_same<Index, Sorted>(index, model, random);
    if (random.one_in(5)) is_the_same<Index, Sorted>(index, model);
    if (random.one_in(3)) {
      auto const root = index.flush(nodes.sink());
      if (random.one_in(2)) index = Index::open(root, index.size(), nodes.source());
    }
    if (random.one_in(3)) kept.emplace_back(index, model);
    if (kept.size() > 20) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(random.below(kept.size())));
  }
  for (auto const& [version, expected] : kept) {
    version.verify();
    is_the_same<Index, Sorted>(version, expected);
  }
  auto transient = index.edit();
  for (auto const& datom : model) REQUIRE(transient.erase(datom));
  REQUIRE(transient.empty());
  REQUIRE_FALSE(transient.begin().valid());
  is_the_same<Index, Sorted>(index, model);
}

/// What is purged is in no node that the set then consists of: not in rows or buffers, nor between two nodes, whether it was there,
/// was erased before, or has come and gone.
template <class Index, Order Sorted>
void keeps_nothing_purged(std::uint64_t seed) {
  INFO("seed " << seed);
  RandomDatoms random{seed, false};
  MemoryNodes nodes;
  auto index = Index::open({}, 0, nodes.source());
  Model<Sorted> model;
  // The end of a text is stored as it is, whatever its neighbours begin with.
  constexpr std::size_t hidden_length = 12;
  auto const hidden_part = [](RawDatom const& datom) { return std::string{datom.v.as_string()}.substr(8); };
  std::vector<RawDatom> secrets;
  while (secrets.size() != 300) {
    std::string text;
    while (text.size() != 8 + hidden_length) text += static_cast<char>('a' + random.below(26));
    auto const tx = first_transaction + static_cast<EntityId>(random.below(3));
    secrets.push_back({.e = static_cast<EntityId>(random.below(40) + 1), .a = 3, .added = true, .tx = tx, .v = Value{text}});
  }
  std::size_t purged = 0;
  auto const found_in_nodes = [&](NodeAddress const& root, std::size_t first, std::size_t last) {
    std::string all;
    Index::open(root, index.size(), nodes.source()).for_each_address([&](NodeAddress const& address) {
      auto const bytes = nodes.get(address);
      all.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    });
    return std::ranges::count_if(secrets.begin() + static_cast<std::ptrdiff_t>(first), secrets.begin() + static_cast<std::ptrdiff_t>(last),
                                 [&](RawDatom const& secret) { return all.find(hidden_part(secret)) != std::string::npos; });
  };
  auto transient = index.edit();
  for (auto const& secret : secrets) {
    REQUIRE(transient.insert(secret));
    model.insert(secret);
    if (random.one_in(3)) edit_both<typename Index::Transient, Sorted>(transient, model, random, true);
  }
  index = std::move(transient).persistent();
  auto root = index.flush(nodes.sink());
  REQUIRE(found_in_nodes(root, 0, secrets.size()) >= std::ranges::count_if(secrets, [&](RawDatom const& secret) { return model.contains(secret); }));
  while (purged != secrets.size()) {
    // Some are erased, and stored so, before they are purged.
    transient = index.edit();
    auto const last = std::min(secrets.size(), purged + 1 + random.below(12));
    for (auto at = purged; at != last; ++at) {
      if (random.one_in(2) && model.erase(secrets[at]) != 0) REQUIRE(transient.erase(secrets[at]));
      if (random.one_in(4) && model.insert(secrets[at]).second) REQUIRE(transient.insert(secrets[at]));
      edit_both<typename Index::Transient, Sorted>(transient, model, random, random.one_in(2));
    }
    index = std::move(transient).persistent();
    if (random.one_in(2)) root = index.flush(nodes.sink());
    if (random.one_in(4)) index = Index::open(index.flush(nodes.sink()), index.size(), nodes.source());
    auto const kept = index;
    auto const kept_model = model;
    transient = index.edit();
    for (; purged != last; ++purged) REQUIRE(transient.purge(secrets[purged]) == (model.erase(secrets[purged]) != 0));
    index = std::move(transient).persistent();
    index.verify();
    is_the_same<Index, Sorted>(kept, kept_model);
    root = index.flush(nodes.sink());
    REQUIRE(found_in_nodes(root, 0, purged) == 0);
    is_the_same<Index, Sorted>(Index::open(root, index.size(), nodes.source()), model);
  }
}

/// Built at once or one by one, in any order: the same set, and one that can be edited on.
template <class Index, Order Sorted>
void is_built_from_sorted(std::uint64_t seed) {
  INFO("seed " << seed);
  RandomDatoms random{seed, false};
  for (unsigned const size : {0U, 1U, 3U, 4U, 5U, 15U, 16U, 17U, 63U, 64U, 65U, 68U, 70U, 257U, 1000U}) {
    Model<Sorted> model;
    auto transient = Index{}.edit();
    while (model.size() < size) {
      auto const datom = random.datom();
      model.insert(datom);
      transient.insert(datom);
    }
    std::vector<RawDatom> const sorted(model.begin(), model.end());
    auto const built = Index::from_sorted(sorted);
    built.verify();
    is_the_same<Index, Sorted>(built, model);
    REQUIRE(built == std::move(transient).persistent());

    auto edited = built.edit();
    for (int i = 0; i != 50; ++i) edit_both<typename Index::Transient, Sorted>(edited, model, random, i % 2 == 0);
    auto const result = std::move(edited).persistent();
    result.verify();
    is_the_same<Index, Sorted>(result, model);
    REQUIRE(std::ranges::equal(contents(built), sorted));

    auto in_order = Index{}.edit();
    for (auto const& datom : sorted) REQUIRE(in_order.insert(datom));
    auto const appended = std::move(in_order).persistent();
    appended.verify();
    REQUIRE(appended == built);
  }
}

/// A flush writes what is new and nothing twice; the addresses are those of the whole tree and of nothing else.
template <class Index, Order Sorted>
void stores_what_is_new(std::uint64_t seed) {
  INFO("seed " << seed);
  RandomDatoms random{seed, false};
  MemoryNodes nodes;
  REQUIRE(Index{}.flush(nodes.sink()).size == 0);
  REQUIRE(Index::open({}, 0, nodes.source()).empty());
  Model<Sorted> model;
  auto transient = Index{}.edit();
  for (int i = 0; i != 600; ++i) edit_both<typename Index::Transient, Sorted>(transient, model, random, true);
  auto index = std::move(transient).persistent();
  REQUIRE_FALSE(index.address().has_value());
  auto const root = index.flush(nodes.sink());
  REQUIRE(index.address() == root);
  auto const all = nodes.writes;
  REQUIRE(index.flush(nodes.sink()) == root);
  REQUIRE(nodes.writes == all);

  index = Index::open(root, index.size(), nodes.source());
  REQUIRE(nodes.reads <= 1);  // the root at most
  REQUIRE(index.flush(nodes.sink()) == root);
  REQUIRE(nodes.writes == all);

  auto datom = random.datom();
  while (model.contains(datom)) datom = random.datom();
  auto edited = index.edit();
  edited.insert(datom);
  auto const next = std::move(edited).persistent();
  auto const next_root = next.flush(nodes.sink());
  REQUIRE(nodes.writes > all);
  REQUIRE(nodes.writes - all < all / 4);

  std::set<MemoryNodes::Number> numbers;
  std::size_t visited = 0;
  auto const note = [&](NodeAddress const& address) {
    ++visited;
    return numbers.insert(address.to<MemoryNodes::Number>()).second;
  };
  index.for_each_address(note);
  REQUIRE(visited == all);
  REQUIRE(numbers.size() == all);
  next.for_each_address(note);
  REQUIRE(numbers.size() == nodes.writes);
  REQUIRE(visited < all + all / 2);

  numbers.clear();
  Index::open(next_root, next.size(), nodes.source()).for_each_address([&](NodeAddress const& address) {
    numbers.insert(address.to<MemoryNodes::Number>());
  });
  nodes.keep_only(numbers);
  model.insert(datom);
  is_the_same<Index, Sorted>(Index::open(next_root, next.size(), nodes.source()), model);
  REQUIRE(numbers.size() == nodes.size());
}

/// A commit that fails takes its nodes along: what was only promised is written again.
template <class Index, Order Sorted>
void forgets_failed_commits(std::uint64_t seed) {
  INFO("seed " << seed);
  RandomDatoms random{seed, false};
  MemoryNodes first;
  Model<Sorted> model;
  auto transient = Index{}.edit();
  for (int i = 0; i != 300; ++i) edit_both<typename Index::Transient, Sorted>(transient, model, random, true);
  auto const index = std::move(transient).persistent();
  FlushReceipt receipt;
  index.flush(first.sink(), &receipt);
  REQUIRE(receipt.size() == first.writes);
  receipt.forget();
  REQUIRE_FALSE(index.address().has_value());
  MemoryNodes second;
  auto const root = index.flush(second.sink());
  REQUIRE(second.writes == first.writes);
  is_the_same<Index, Sorted>(Index::open(root, index.size(), second.source()), model);
}

/// Reads that fail at any moment leave the contents as they were.
template <class Index, Order Sorted>
void survives_failing_reads(std::uint64_t seed) {
  INFO("seed " << seed);
  RandomDatoms random{seed, false};
  MemoryNodes nodes;
  Model<Sorted> model;
  auto transient = Index{}.edit();
  for (int i = 0; i != 800; ++i) edit_both<typename Index::Transient, Sorted>(transient, model, random, true);
  auto const index = std::move(transient).persistent();
  auto const root = index.flush(nodes.sink());
  std::size_t failures = 0;
  for (std::size_t limit = 1; limit != 40; ++limit) {
    auto lazy = Index::open(root, index.size(), nodes.source()).edit();
    auto expected = model;
    nodes.read_limit = limit;
    for (int i = 0; i != 40; ++i) {
      auto const there = std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
      auto const datom = random.one_in(2) ? random.datom() : *there;
      try {
        if (random.one_in(3)) {
          lazy.insert(datom);
          expected.insert(datom);
        } else {
          lazy.erase(datom);
          expected.erase(datom);
        }
      } catch (Error const& error) {
        REQUIRE(error.code() == Errc::io_error);
        ++failures;
      }
    }
    nodes.read_limit.reset();
    auto const result = std::move(lazy).persistent();
    result.verify();
    is_the_same<Index, Sorted>(result, expected);
  }
  REQUIRE(failures != 0);
}

/// A changed byte in any node is an error, and so is a node of another place.
template <class Index, Order Sorted>
void notices_changed_bytes(std::uint64_t seed) {
  INFO("seed " << seed);
  RandomDatoms random{seed, true};
  MemoryNodes nodes;
  Model<Sorted> model;
  auto transient = Index{}.edit();
  for (int i = 0; i != 60; ++i) edit_both<typename Index::Transient, Sorted>(transient, model, random, true);
  auto const index = std::move(transient).persistent();
  auto const root = index.flush(nodes.sink());
  auto const refused = [&] {
    try {
      Index::open(root, index.size(), nodes.source()).verify();
    } catch (Error const& error) {
      return error.code() == Errc::store_corrupt || error.code() == Errc::store_format;
    }
    return false;
  };
  REQUIRE_FALSE(refused());
  for (auto& [number, bytes] : nodes.nodes()) {
    auto const good = bytes;
    for (std::size_t i = 0; i != good.size(); ++i) {
      std::vector<std::byte> bad(good.view().begin(), good.view().end());
      bad[i] ^= static_cast<std::byte>(1U << random.below(8));
      bytes = Bytes{std::move(bad)};
      REQUIRE(refused());
    }
    auto const& other = nodes.nodes().begin()->second;
    if (&other != &bytes) {
      bytes = other;
      REQUIRE(refused());
    }
    bytes = good;
  }
  REQUIRE_FALSE(refused());
}

/// All of it. `Live` counts the nodes that exist: none may be left over.
template <class Index, Order Sorted, class Live>
void obeys_the_laws(Live live_nodes, std::uint64_t seed) {
  is_a_versioned_set<Index, Sorted>(seed, true, 120);
  is_a_versioned_set<Index, Sorted>(seed + 1, false, 120);
  is_built_from_sorted<Index, Sorted>(seed + 2);
  stores_what_is_new<Index, Sorted>(seed + 3);
  forgets_failed_commits<Index, Sorted>(seed + 4);
  survives_failing_reads<Index, Sorted>(seed + 5);
  notices_changed_bytes<Index, Sorted>(seed + 6);
  REQUIRE(live_nodes() == 0);
}

}  // namespace cairn::laws
