// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An empty backend is told of everything that it needs.
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: missing
// EXPECT-ERROR: cairn::StoreBackend .index_tag.: missing
// EXPECT-ERROR: cairn::StoreBackend .config.: no Config
// EXPECT-ERROR: cairn::StoreBackend .capabilities.: missing
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: missing
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: missing
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: missing
#include "compile_time/archetype.hpp"

#ifdef SHOULD_FAIL
struct Backend {};
static_assert(cairn::check_store_backend<Backend>());
#else
static_assert(cairn::check_store_backend<archetype::Backend>());
#endif
