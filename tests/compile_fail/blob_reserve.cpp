// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A writer's reserve is optional; one that is there gives an address, and a put takes it.
// EXPECT-ERROR: cairn::BlobStore .reserve.: the writer's is optional and there, but cannot be called so, or there is no put for what it gives. write `Address reserve...` and `void put.Address const& address, std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .reserve.: the writer's is optional and there, but cannot be called so, or there is no put for what it gives. write `Address reserve...` and `void put.Address const& address, std::span<std::byte const> bytes..`
#include "compile_time/archetype.hpp"

using namespace archetype;

struct PutsAt : Writer {
  using Writer::put;
  void put(Address const& address, Blob bytes);
};

#ifdef SHOULD_FAIL
struct ReservesANumber : PutsAt {
  int reserve();
};
struct ReservesInVain : Writer {
  Address reserve();
};
static_assert(cairn::check_blob_store<ConnectionOver<ReservesANumber>>());
static_assert(cairn::check_blob_store<ConnectionOver<ReservesInVain>>());
#else
struct Reserves : PutsAt {
  Address reserve();
};
static_assert(cairn::check_blob_store<ConnectionOver<Reserves>>());
static_assert(cairn::ReservingBlobStore<ConnectionOver<Reserves>>);
static_assert(!cairn::ReservingBlobStore<ConnectionOver<PutsAt>>);

/// As layers have it.
template <bool reserves>
struct ReservesIfAsked : PutsAt {
  Address reserve()
    requires reserves;
};
static_assert(cairn::check_blob_store<ConnectionOver<ReservesIfAsked<false>>>());
static_assert(!cairn::ReservingBlobStore<ConnectionOver<ReservesIfAsked<false>>>);
#endif
