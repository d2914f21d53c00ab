// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The front of a tier stores under a given address.
// EXPECT-ERROR: cairn::KeyedBlobStore .put.: the writer cannot store under a given address. write `void put.Address const& address, std::span<std::byte const> bytes..`
#include "compile_time/archetype.hpp"

using namespace archetype;

struct KeyedWriter : Writer {
#ifndef SHOULD_FAIL
  using Puts::put;
  void put(Address const&, Blob);
#endif
};
static_assert(cairn::check_keyed_blob_store<ConnectionOver<KeyedWriter>>());
