// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A blob store hands out writers.
// EXPECT-ERROR: cairn::BlobStore .begin.: missing. write `Writer begin...`
// EXPECT-ERROR: cairn::BlobStore .begin.: is there, but returns void. write `Writer begin...`
// EXPECT-ERROR: cairn::BlobStore .begin.: is there, but does not return a movable Writer by value. write `Writer begin...`
// EXPECT-ERROR: cairn::BlobStore .begin.: is there, but does not return a movable Writer by value. write `Writer begin...`
// EXPECT-ERROR: cairn::BlobStore .begin.: is there, but cannot be called so
// EXPECT-ERROR: cairn::BlobStore .begin.: what it returns has none of put, commit, append, drop. return the Writer itself, by value, not a pointer to it
// EXPECT-ERROR: cairn::BlobStore .begin.: what it returns has none of put, commit, append, drop. return the Writer itself, by value, not a pointer to it
// EXPECT-ERROR: cairn::BlobStore .begin.: what it returns has none of put, commit, append, drop. return the Writer itself, by value, not a pointer to it
// EXPECT-ERROR: cairn::BlobStore .begin.: what it returns has none of put, commit, append, drop. return the Writer itself, by value, not a pointer to it
#include "compile_time/archetype.hpp"

#include <memory>
#include <optional>

using namespace archetype;

struct ImmovableWriter : Writer {
  ImmovableWriter(ImmovableWriter&&) = delete;
};

#ifdef SHOULD_FAIL
struct ReturnsNothing {
  void begin();
};
struct ReturnsReference {
  Writer& begin();
};
struct ReturnsImmovable {
  ImmovableWriter begin();
};
struct TakesText {
  Writer begin(std::string_view);
};
template <class... Part>
using With = Composed<Part..., HasAddress, Reads, HasRoot, ListsRoots, Sweeps>;
static_assert(cairn::check_blob_store<With<>>());
static_assert(cairn::check_blob_store<With<ReturnsNothing>>());
static_assert(cairn::check_blob_store<With<ReturnsReference>>());
static_assert(cairn::check_blob_store<With<ReturnsImmovable>>());
static_assert(cairn::check_blob_store<With<TakesText>>());
static_assert(cairn::check_blob_store<ConnectionOver<std::unique_ptr<Writer>>>());
static_assert(cairn::check_blob_store<ConnectionOver<std::optional<Writer>>>());
static_assert(cairn::check_blob_store<ConnectionOver<Writer*>>());
static_assert(cairn::check_blob_store<ConnectionOver<Composed<>>>());
#else
static_assert(cairn::check_blob_store<Connection>());
#endif
