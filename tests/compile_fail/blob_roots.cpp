// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A blob store lists its roots.
// EXPECT-ERROR: cairn::BlobStore .roots.: missing. write `std::vector<std::string> roots.. const.`
// EXPECT-ERROR: cairn::BlobStore .roots.: is there, but is not const. write `std::vector<std::string> roots.. const.`
// EXPECT-ERROR: cairn::BlobStore .roots.: is there, but returns void. write `std::vector<std::string> roots.. const.`
// EXPECT-ERROR: cairn::BlobStore .roots.: is there, but does not return std::vector<std::string>. write `std::vector<std::string> roots.. const.`
// EXPECT-ERROR: cairn::BlobStore .roots.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotConst {
  std::vector<std::string> roots();
};
struct ReturnsNothing {
  void roots() const;
};
struct ReturnsCount {
  std::size_t roots() const;
};
struct TakesText {
  std::vector<std::string> roots(std::string_view) const;
};
template <class... Part>
using With = Composed<Part..., HasAddress, Reads, HasRoot, Begins<>, Sweeps>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<NotConst>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsCount>>());
static_assert(cairn::check_blob_store<With<TakesText>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
