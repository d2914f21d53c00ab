// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A writer appends a frame, and says how that ended.
// EXPECT-ERROR: cairn::BlobStore .append.: the writer has none. write `CommitResult append.std::string_view branch, Version const& expected, std::span<std::byte const> frame..`
// EXPECT-ERROR: cairn::BlobStore .append.: is there, but returns void. write `CommitResult append.std::string_view branch, Version const& expected, std::span<std::byte const> frame..`
// EXPECT-ERROR: cairn::BlobStore .append.: is there, but does not return CommitResult. write `CommitResult append.std::string_view branch, Version const& expected, std::span<std::byte const> frame..`
// EXPECT-ERROR: cairn::BlobStore .append.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct ReturnsNothing {
  void append(std::string_view, cairn::Version const&, Blob);
};
struct ReturnsBool {
  bool append(std::string_view, cairn::Version const&, Blob);
};
struct ExpectsNothing {
  cairn::CommitResult append(std::string_view, Blob);
};
template <class... Part>
using With = ConnectionOver<Composed<Part..., Puts, Commits, Drops>>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsBool>>());
static_assert(cairn::check_blob_store<With<ExpectsNothing>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
