// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An others is optional; one that is there may say nothing.
// EXPECT-ERROR: cairn::BlobStore .others.: is optional and there, but cannot be called so. write `std::optional<std::size_t> others.. const.`
// EXPECT-ERROR: cairn::BlobStore .others.: is optional and there, but cannot be called so. write `std::optional<std::size_t> others.. const.`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct Counts : Connection {
  int others() const;
};
struct NotConst : Connection {
  std::optional<std::size_t> others();
};
static_assert(cairn::check_blob_store<Counts>());
static_assert(cairn::check_blob_store<NotConst>());
#else
struct Knows : Connection {
  std::optional<std::size_t> others() const;
};
static_assert(cairn::check_blob_store<Knows>());
static_assert(cairn::BlobStoreKnowsOthers<Knows>);
static_assert(!cairn::BlobStoreKnowsOthers<Connection>);
#endif
