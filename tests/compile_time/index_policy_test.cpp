// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A minimal index is one, and so are Cairn's own in every order.
#include "compile_time/index_archetype.hpp"

#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_test_macros.hpp>

namespace {

struct WithoutSeek : archetype::Index {
  void seek(archetype::Position const&) const;
};
struct WithoutFlush : archetype::Index {
  void flush(archetype::Sink const&) const;
};
struct WithoutSize : archetype::Index {
  int size() const;
};

}  // namespace

TEST_CASE("a minimal index is an index") {
  STATIC_REQUIRE(cairn::IndexPolicy<archetype::Index>);
  STATIC_REQUIRE(cairn::check_index_policy<archetype::Index>());
}

TEST_CASE("the persistent set is an index in every order") {
  STATIC_REQUIRE(cairn::IndexPolicy<cairn::PersistentSet<cairn::Order::eavt>>);
  STATIC_REQUIRE(cairn::IndexPolicy<cairn::PersistentSet<cairn::Order::aevt>>);
  STATIC_REQUIRE(cairn::IndexPolicy<cairn::PersistentSet<cairn::Order::avet>>);
  STATIC_REQUIRE(cairn::check_index_policy<cairn::PersistentSet<cairn::Order::eavt>>());
}

TEST_CASE("a wrong member fails its own requirement") {
  STATIC_REQUIRE(!cairn::IndexSeeks<WithoutSeek>);
  STATIC_REQUIRE(!cairn::IndexFlushes<WithoutFlush>);
  STATIC_REQUIRE(!cairn::IndexHasSize<WithoutSize>);
  STATIC_REQUIRE(cairn::IndexSeeks<WithoutSize>);
  STATIC_REQUIRE(!cairn::IndexPolicy<WithoutSeek>);
  STATIC_REQUIRE(!cairn::IndexPolicy<int>);
}
