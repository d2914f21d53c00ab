// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A writer's put under an address is optional; one that is there takes the address first.
// EXPECT-ERROR: cairn::BlobStore .put.: the writer's under a given address is optional and there, but takes the bytes first. write `void put.Address const& address, std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .put.: the writer's under a given address is optional and there, but takes the bytes first. write `void put.Address const& address, std::span<std::byte const> bytes..`
#include "compile_time/archetype.hpp"

using namespace archetype;

struct PutsAt : Writer {
  using Writer::put;
  void put(Address const& address, Blob bytes);
};

#ifdef SHOULD_FAIL
struct BytesFirst : Writer {
  using Writer::put;
  void put(Blob bytes, Address address);
};
struct BytesFirstByReference : Writer {
  using Writer::put;
  void put(Blob bytes, Address const& address);
};
static_assert(cairn::check_blob_store<ConnectionOver<BytesFirst>>());
static_assert(cairn::check_blob_store<ConnectionOver<BytesFirstByReference>>());
#else
static_assert(cairn::check_blob_store<ConnectionOver<PutsAt>>());
static_assert(cairn::KeyedBlobStore<ConnectionOver<PutsAt>>);
static_assert(!cairn::KeyedBlobStore<Connection>);

/// The plain put, which may take more than it is given.
struct PutsWithLevel : Composed<Commits, Appends, Drops> {
  Address put(Blob bytes, int level = 3);
};
static_assert(cairn::check_blob_store<ConnectionOver<PutsWithLevel>>());
static_assert(!cairn::KeyedBlobStore<ConnectionOver<PutsWithLevel>>);
#endif
