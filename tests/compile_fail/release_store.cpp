// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A release_store is optional; one that is there has the exact shape.
// EXPECT-ERROR: cairn::StoreBackend .release_store.: is optional and there, but cannot be called so. write `static void release_store.Config const& config, Connection& connection..`
// EXPECT-ERROR: cairn::StoreBackend .release_store.: is optional and there, but cannot be called so. write `static void release_store.Config const& config, Connection& connection..`
// EXPECT-ERROR: cairn::StoreBackend .release_store.: is optional and there, but cannot be called so. write `static void release_store.Config const& config, Connection& connection..`
#include "compile_time/archetype.hpp"

using namespace archetype;

struct Releases : archetype::Backend {
#ifndef SHOULD_FAIL
  static void release_store(Config const&, Connection&);
#else
  static void release_store(Connection&);
#endif
};
static_assert(cairn::check_store_backend<Releases>());

#ifdef SHOULD_FAIL
struct ReturnsValue : archetype::Backend {
  static bool release_store(Config const&, Connection&);
};
static_assert(cairn::check_store_backend<ReturnsValue>());

struct NotStatic : archetype::Backend {
  void release_store(Config const&, Connection&);
};
static_assert(cairn::check_store_backend<NotStatic>());
#endif
