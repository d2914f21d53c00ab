// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A blob store reads.
// EXPECT-ERROR: cairn::BlobStore .read.: missing. write `Bytes read.Address address. const.`
// EXPECT-ERROR: cairn::BlobStore .read.: is there, but is not const. write `Bytes read.Address address. const.`
// EXPECT-ERROR: cairn::BlobStore .read.: is there, but returns void. write `Bytes read.Address address. const.`
// EXPECT-ERROR: cairn::BlobStore .read.: is there, but does not return cairn::Bytes. write `Bytes read.Address address. const.`
// EXPECT-ERROR: cairn::BlobStore .read.: is there, but cannot be called so .private, or other parameters.. write `Bytes read.Address address. const.`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotConst {
  cairn::Bytes read(Address);
};
struct ReturnsNothing {
  void read(Address) const;
};
struct ReturnsVector {
  std::vector<std::byte> read(Address) const;
};
struct TakesText {
  cairn::Bytes read(std::string_view) const;
};
template <class... Part>
using With = Composed<Part..., HasAddress, HasRoot, ListsRoots, Begins<>, Sweeps>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<NotConst>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsVector>>());
static_assert(cairn::check_blob_store<With<TakesText>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
