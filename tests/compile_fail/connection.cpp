// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A connection can be moved and is a BlobStore itself.
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: the Connection that it returns cannot be moved
// EXPECT-ERROR: cairn::BlobStore .connection.: has none of Address, read, root, begin, sweep
// EXPECT-ERROR: cairn::BlobStore .connection.: has none of Address, read, root, begin, sweep
#include "compile_time/archetype.hpp"

#include <memory>
#include <optional>

using namespace archetype;

#ifdef SHOULD_FAIL
struct Immovable : Connection {
  Immovable(Immovable&&) = delete;
};
static_assert(cairn::check_store_backend<BackendOver<Immovable>>());
static_assert(cairn::check_store_backend<BackendOver<std::unique_ptr<Connection>>>());
static_assert(cairn::check_store_backend<BackendOver<std::optional<Connection>>>());
#else
static_assert(cairn::check_store_backend<BackendOver<Connection>>());
#endif
