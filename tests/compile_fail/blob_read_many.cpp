// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A read_many is optional; one that is there takes addresses and a sink.
// EXPECT-ERROR: cairn::BlobStore .read_many.: is optional and there, but cannot be called so. write `template <class Sink> void read_many.std::span<Address const> addresses, Sink&& sink. const.`
// EXPECT-ERROR: cairn::BlobStore .read_many.: is optional and there, but cannot be called so. write `template <class Sink> void read_many.std::span<Address const> addresses, Sink&& sink. const.`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotConst : Connection {
  template <class Sink>
  void read_many(std::span<Address const>, Sink&&);
};
struct ReturnsAll : Connection {
  std::vector<cairn::Bytes> read_many(std::span<Address const>) const;
};
static_assert(cairn::check_blob_store<NotConst>());
static_assert(cairn::check_blob_store<ReturnsAll>());
#else
struct ReadsMany : Connection {
  template <class Sink>
  void read_many(std::span<Address const>, Sink&&) const;
};
static_assert(cairn::check_blob_store<ReadsMany>());
#endif
