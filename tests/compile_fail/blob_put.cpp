// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A writer stores a blob and says where.
// EXPECT-ERROR: cairn::BlobStore .put.: the writer has none. write `Address put.std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .put.: is there, but returns void. write `Address put.std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .put.: is there, but does not return the store's Address. write `Address put.std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .put.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct ReturnsNothing {
  void put(Blob);
};
struct ReturnsOther {
  std::uint32_t put(Blob);
};
struct TakesText {
  Address put(std::string const&);
};
template <class... Part>
using With = ConnectionOver<Composed<Part..., Commits, Appends, Drops>>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsOther>>());
static_assert(cairn::check_blob_store<With<TakesText>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
