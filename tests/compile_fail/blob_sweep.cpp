// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A blob store removes what is not live.
// EXPECT-ERROR: cairn::BlobStore .sweep.: missing. write `void sweep.LiveSet<Address> const& live, TimePoint cutoff..`
// EXPECT-ERROR: cairn::BlobStore .sweep.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct TakesNothing {
  void sweep();
};
template <class... Part>
using With = Composed<Part..., HasAddress, Reads, HasRoot, ListsRoots, Begins<>>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<TakesNothing>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
