// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An erase is optional; one that is there is a sweep.
// EXPECT-ERROR: cairn::BlobStore .erase.: is optional and there, but cannot be called so. write `void erase.LiveSet<Address> const& live, TimePoint cutoff..`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct ErasesOne : Connection {
  void erase(int number);
};
static_assert(cairn::check_blob_store<ErasesOne>());
#else
struct Erases : Connection {
  void erase(cairn::LiveSet<Address> const&, cairn::TimePoint);
};
static_assert(cairn::check_blob_store<Erases>());
static_assert(cairn::BlobStoreErases<Erases>);
static_assert(!cairn::BlobStoreErases<Connection>);

/// As layers have it.
template <bool erases>
struct ErasesIfAsked : Connection {
  void erase(cairn::LiveSet<Address> const&, cairn::TimePoint)
    requires erases;
};
static_assert(cairn::check_blob_store<ErasesIfAsked<true>>() && cairn::BlobStoreErases<ErasesIfAsked<true>>);
static_assert(cairn::check_blob_store<ErasesIfAsked<false>>() && !cairn::BlobStoreErases<ErasesIfAsked<false>>);
#endif
