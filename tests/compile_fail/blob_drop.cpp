// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A writer drops a root, and says how that ended.
// EXPECT-ERROR: cairn::BlobStore .drop.: the writer has none. write `CommitResult drop.std::string_view branch, Version const& expected..`
// EXPECT-ERROR: cairn::BlobStore .drop.: is there, but returns void. write `CommitResult drop.std::string_view branch, Version const& expected..`
// EXPECT-ERROR: cairn::BlobStore .drop.: is there, but does not return CommitResult. write `CommitResult drop.std::string_view branch, Version const& expected..`
// EXPECT-ERROR: cairn::BlobStore .drop.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct ReturnsNothing {
  void drop(std::string_view, cairn::Version const&);
};
struct ReturnsBool {
  bool drop(std::string_view, cairn::Version const&);
};
struct ExpectsNothing {
  cairn::CommitResult drop(std::string_view);
};
template <class... Part>
using With = ConnectionOver<Composed<Part..., Puts, Commits, Appends>>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsBool>>());
static_assert(cairn::check_blob_store<With<ExpectsNothing>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
