// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An address is a small plain value.
// EXPECT-ERROR: cairn::BlobStore .address.: no Address. write `using Address = std::uint64_t.`
// EXPECT-ERROR: cairn::BlobStore .address.: Address must be default constructible, copyable and have `==`
// EXPECT-ERROR: cairn::BlobStore .address.: Address is stored as its bytes
// EXPECT-ERROR: cairn::BlobStore .address.: Address is stored as its bytes
// EXPECT-ERROR: cairn::BlobStore .address.: Address is stored as its bytes
// EXPECT-ERROR: cairn::BlobStore .address.: Address must have at most cairn::max_address_size
#include "compile_time/archetype.hpp"

#include <array>

using namespace archetype;

template <class AddressType>
struct Writes {
  AddressType put(Blob);
};
template <class AddressType>
struct ConnectionBy : Composed<HasRoot, ListsRoots, Begins<Composed<Writes<AddressType>, Commits, Appends, Drops>>> {
  using Address = AddressType;
  cairn::Bytes read(Address) const;
  void sweep(cairn::LiveSet<Address> const&, cairn::TimePoint);
};

#ifdef SHOULD_FAIL
struct Incomparable {
  int number = 0;
};
struct Padded {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  friend bool operator==(Padded const&, Padded const&) = default;
};
using Long = std::array<std::uint64_t, 7>;
static_assert(cairn::check_blob_store<Composed<Reads, HasRoot, ListsRoots, Begins<>, Sweeps>>());
static_assert(cairn::check_blob_store<ConnectionBy<Incomparable>>());
static_assert(cairn::check_blob_store<ConnectionBy<Padded>>());
static_assert(cairn::check_blob_store<ConnectionBy<std::string>>());
static_assert(cairn::check_blob_store<ConnectionBy<int const*>>());
static_assert(cairn::check_blob_store<ConnectionBy<Long>>());
#else
static_assert(cairn::check_blob_store<ConnectionBy<std::uint32_t>>());
static_assert(cairn::check_blob_store<ConnectionBy<std::array<std::uint64_t, 6>>>());
#endif
