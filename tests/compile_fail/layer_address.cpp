// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An encrypted blob's address has its store's, and something of the blob.
// EXPECT-ERROR: cairn::Encrypted .address.: the store's addresses leave no room for 8 bytes more. write `Address reserve...`
#include "compile_time/archetype.hpp"
#include <cairn/layer/encrypted.hpp>

#include <array>

#ifdef SHOULD_FAIL
using Long = std::array<unsigned char, 41>;
#else
using Long = std::array<unsigned char, 40>;
#endif
struct LongWriter : archetype::Commits, archetype::Appends, archetype::Drops {
  Long put(archetype::Blob);
};
struct LongConnection : archetype::HasRoot, archetype::ListsRoots, archetype::Begins<LongWriter> {
  using Address = Long;
  cairn::Bytes read(Address) const;
  void sweep(cairn::LiveSet<Address> const&, cairn::TimePoint);
};
static_assert(!cairn::Encrypted<archetype::BackendOver<LongConnection>>::backend_id.empty());
