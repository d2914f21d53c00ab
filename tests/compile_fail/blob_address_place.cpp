// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An address's place is optional; one that is there is an address.
// EXPECT-ERROR: cairn::BlobStore .place.: Address's is optional and there, but does not return an Address by value, cannot be called so, or is not const. write `Address place.. const.`
// EXPECT-ERROR: cairn::BlobStore .place.: Address's is optional and there, but does not return an Address by value, cannot be called so, or is not const. write `Address place.. const.`
// EXPECT-ERROR: cairn::BlobStore .place.: Address's is optional and there, but does not return an Address by value, cannot be called so, or is not const. write `Address place.. const.`
#include "compile_time/archetype.hpp"

using namespace archetype;

/// A whole connection around a type of addresses.
template <class AddressType>
struct Over : Composed<HasRoot, ListsRoots> {
  using Address = AddressType;
  struct Writer : Composed<Commits, Appends, Drops> {
    Address put(Blob);
  };
  cairn::Bytes read(Address const&) const;
  Writer begin();
  void sweep(cairn::LiveSet<Address> const&, cairn::TimePoint);
};

#ifdef SHOULD_FAIL
struct GivesReference {
  std::uint64_t number = 0;
  GivesReference const& place() const;
  friend bool operator==(GivesReference const&, GivesReference const&) = default;
};
struct GivesNumber {
  std::uint64_t number = 0;
  std::uint64_t place() const;
  friend bool operator==(GivesNumber const&, GivesNumber const&) = default;
};
struct NotConst {
  std::uint64_t number = 0;
  NotConst place();
  friend bool operator==(NotConst const&, NotConst const&) = default;
};
static_assert(cairn::check_blob_store<Over<GivesReference>>());
static_assert(cairn::check_blob_store<Over<GivesNumber>>());
static_assert(cairn::check_blob_store<Over<NotConst>>());
#else
struct HasPlace {
  std::uint64_t number = 0;
  HasPlace place() const;
  friend bool operator==(HasPlace const&, HasPlace const&) = default;
};
struct HasField {
  std::uint64_t place = 0;
  friend bool operator==(HasField const&, HasField const&) = default;
};
static_assert(cairn::check_blob_store<Over<HasPlace>>());
static_assert(cairn::check_blob_store<Over<HasField>>());
static_assert(cairn::BlobStore<Over<HasPlace>>);
static_assert(cairn::BlobStore<Over<HasField>>);
#endif
