// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// All that is missing is reported in one compile, by the ladder where it stands inside a class template too.
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: missing
// EXPECT-ERROR: cairn::StoreBackend .index_tag.: names no index
// EXPECT-ERROR: cairn::StoreBackend .config.: Config is not an aggregate
// EXPECT-ERROR: cairn::StoreBackend .capabilities.: missing
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but is not static
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: is there, but takes Config& without const
// EXPECT-ERROR: cairn::StoreBackend .release_store.: is optional and there
// EXPECT-ERROR: cairn::BlobStore .read.: is there, but is not const
// EXPECT-ERROR: cairn::BlobStore .root.: missing
// EXPECT-ERROR: cairn::BlobStore .roots.: missing
// EXPECT-ERROR: cairn::BlobStore .sweep.: missing
// EXPECT-ERROR: cairn::BlobStore .put.: is there, but does not return the store's Address
// EXPECT-ERROR: cairn::BlobStore .commit.: is there, but cannot be called so
// EXPECT-ERROR: cairn::BlobStore .append.: the writer has none
// EXPECT-ERROR: cairn::BlobStore .drop.: the writer has none
#include "compile_time/archetype.hpp"

template <class Backend>
struct Store {
  static_assert(cairn::check_store_backend<Backend>());
};

#ifdef SHOULD_FAIL
struct Settings {
  Settings();
};
struct Writer {
  int put(std::span<std::byte const>);
  cairn::CommitResult commit(std::string_view);
};
struct Connection {
  using Address = std::uint64_t;
  cairn::Bytes read(Address);
  Writer begin();
};
struct Backend {
  using index_tag = int;
  using Config = Settings;
  void empty_store(Config const&);
  static void delete_store(Config&);
  static Connection connect_store(Config const&);
  static void release_store(Connection&);
};
template struct Store<Backend>;
#else
template struct Store<archetype::Backend>;
#endif
