// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A blob store has named roots.
// EXPECT-ERROR: cairn::BlobStore .root.: missing. write `std::optional<RootRecord> root.std::string_view branch. const.`
// EXPECT-ERROR: cairn::BlobStore .root.: is there, but is not const. write `std::optional<RootRecord> root.std::string_view branch. const.`
// EXPECT-ERROR: cairn::BlobStore .root.: is there, but returns void. write `std::optional<RootRecord> root.std::string_view branch. const.`
// EXPECT-ERROR: cairn::BlobStore .root.: is there, but does not return std::optional<RootRecord>. write `std::optional<RootRecord> root.std::string_view branch. const.`
// EXPECT-ERROR: cairn::BlobStore .root.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotConst {
  std::optional<cairn::RootRecord> root(std::string_view);
};
struct ReturnsNothing {
  void root(std::string_view) const;
};
struct ReturnsRecord {
  cairn::RootRecord root(std::string_view) const;
};
struct TakesNothing {
  std::optional<cairn::RootRecord> root() const;
};
template <class... Part>
using With = Composed<Part..., HasAddress, Reads, ListsRoots, Begins<>, Sweeps>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<NotConst>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsRecord>>());
static_assert(cairn::check_blob_store<With<TakesNothing>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
