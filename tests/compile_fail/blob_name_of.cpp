// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A name_of is optional; one that is there is static and gives a ContentName.
// EXPECT-ERROR: cairn::BlobStore .name_of.: is optional and there, but is not static, does not return 16 bytes, or cannot be called so. write `static cairn::ContentName name_of.std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .name_of.: is optional and there, but is not static, does not return 16 bytes, or cannot be called so. write `static cairn::ContentName name_of.std::span<std::byte const> bytes..`
// EXPECT-ERROR: cairn::BlobStore .name_of.: is optional and there, but is not static, does not return 16 bytes, or cannot be called so. write `static cairn::ContentName name_of.std::span<std::byte const> bytes..`
#include "compile_time/archetype.hpp"

#include <array>

using namespace archetype;

#ifdef SHOULD_FAIL
struct TooLong : Connection {
  static std::array<std::byte, 32> name_of(Blob);
};
struct IsText : Connection {
  static std::string name_of(Blob);
};
struct NotStatic : Connection {
  cairn::ContentName name_of(Blob) const;
};
static_assert(cairn::check_blob_store<TooLong>());
static_assert(cairn::check_blob_store<IsText>());
static_assert(cairn::check_blob_store<NotStatic>());
#else
struct Names : Connection {
  static cairn::ContentName name_of(Blob);
};
static_assert(cairn::check_blob_store<Names>());
static_assert(cairn::BlobStoreNamesCommits<Names>);
static_assert(!cairn::BlobStoreNamesCommits<Connection>);
#endif
