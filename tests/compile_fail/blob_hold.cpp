// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A writer's hold is optional; one that is there takes nothing and gives nothing.
// EXPECT-ERROR: cairn::BlobStore .hold.: the writer's is optional and there, but cannot be called so. write `void hold...`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct HoldsABranch : Writer {
  void hold(std::string_view branch);
};
struct Holding : Connection {
  HoldsABranch begin();
};
static_assert(cairn::check_blob_store<Holding>());
#else
struct Holds : Writer {
  void hold();
};
struct Holding : Connection {
  Holds begin();
};
static_assert(cairn::check_blob_store<Holding>());
static_assert(cairn::BlobStoreHolds<Holding>);
static_assert(!cairn::BlobStoreHolds<Connection>);
#endif
