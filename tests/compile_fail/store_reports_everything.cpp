// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Store says everything that a type lacks to be a backend, and nothing else.
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: missing
// EXPECT-ERROR: cairn::StoreBackend .index_tag.: missing
// EXPECT-ERROR: cairn::StoreBackend .capabilities.: missing
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but is not static
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: missing
#include "compile_time/archetype.hpp"

#include <cairn/store/store.hpp>

#ifdef SHOULD_FAIL
struct Backend {
  using Config = archetype::Config;
  void empty_store(Config const&);
  static void delete_store(Config const&);
};
static_assert(sizeof(cairn::Store<Backend>) > 0);
#else
static_assert(sizeof(cairn::Store<archetype::Backend>) > 0);
#endif
