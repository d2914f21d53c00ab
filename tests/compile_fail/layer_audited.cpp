// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An audited blob's address has its store's, and a hash of the blob.
// EXPECT-ERROR: cairn::Audited .address.: the store's addresses leave no room for 16 bytes more. choose a backend
#include "compile_time/archetype.hpp"
#include <cairn/layer/audited.hpp>

#include <array>

#ifdef SHOULD_FAIL
using Long = std::array<unsigned char, 33>;
#else
using Long = std::array<unsigned char, 32>;
#endif
struct LongWriter : archetype::Commits, archetype::Appends, archetype::Drops {
  Long put(archetype::Blob);
};
struct LongConnection : archetype::HasRoot, archetype::ListsRoots, archetype::Begins<LongWriter> {
  using Address = Long;
  cairn::Bytes read(Address) const;
  void sweep(cairn::LiveSet<Address> const&, cairn::TimePoint);
};
static_assert(!cairn::Audited<archetype::BackendOver<LongConnection>>::backend_id.empty());
