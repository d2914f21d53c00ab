// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A for_each_blob is optional; one that is there takes what is to be called.
// EXPECT-ERROR: cairn::BlobStore .for_each_blob.: is optional and there, but cannot be called so. write `template <class Visit> void for_each_blob.Visit visit. const.`, which calls `visit.address, bytes, put_by.`
// EXPECT-ERROR: cairn::BlobStore .for_each_blob.: is optional and there, but cannot be called so. write `template <class Visit> void for_each_blob.Visit visit. const.`, which calls `visit.address, bytes, put_by.`
#include "compile_time/archetype.hpp"

#include <functional>

using namespace archetype;

using Visit = std::function<void(Address const&, std::uint64_t, cairn::TimePoint)>;

#ifdef SHOULD_FAIL
struct ListsOne : Connection {
  void for_each_blob(int number) const;
};
struct NotConst : Connection {
  void for_each_blob(Visit const&);
};
static_assert(cairn::check_blob_store<ListsOne>());
static_assert(cairn::check_blob_store<NotConst>());
#else
struct Lists : Connection {
  void for_each_blob(Visit const&) const;
};
struct ListsToAny : Connection {
  template <class Any>
  void for_each_blob(Any) const;
};
static_assert(cairn::check_blob_store<Lists>() && cairn::BlobStoreListsBlobs<Lists>);
static_assert(cairn::check_blob_store<ListsToAny>() && cairn::BlobStoreListsBlobs<ListsToAny>);
static_assert(!cairn::BlobStoreListsBlobs<Connection>);

/// As layers have it.
template <bool lists>
struct ListsIfAsked : Connection {
  template <class Any>
  void for_each_blob(Any) const
    requires lists;
};
static_assert(cairn::check_blob_store<ListsIfAsked<true>>() && cairn::BlobStoreListsBlobs<ListsIfAsked<true>>);
static_assert(cairn::check_blob_store<ListsIfAsked<false>>() && !cairn::BlobStoreListsBlobs<ListsIfAsked<false>>);
#endif
