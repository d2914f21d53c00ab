// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The archetype, which has what the concept asks for and nothing else, is a backend; without any one part it is none.
#include "compile_time/archetype.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <memory>
#include <string>
#include <tuple>

namespace {

using namespace archetype;

template <class... Parts>
using Is = Composed<Parts...>;

}  // namespace

TEST_CASE("a minimal backend is a backend") {
  STATIC_REQUIRE(cairn::StoreBackend<Backend>);
  STATIC_REQUIRE(cairn::check_store_backend<Backend>());
  STATIC_REQUIRE(!cairn::BackendReleasesStore<Backend>);
  STATIC_REQUIRE(!cairn::BackendHasDefaultConfig<Backend>);
  STATIC_REQUIRE(!cairn::BackendHasConfigSpec<Backend>);
  STATIC_REQUIRE(std::same_as<cairn::ConnectionOf<Backend>, Connection>);
}

TEST_CASE("a backend without one of its parts is none") {
  using cairn::StoreBackend;
  STATIC_REQUIRE(!StoreBackend<Is<HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>>);
  STATIC_REQUIRE(!StoreBackend<Is<HasId, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>>);
  STATIC_REQUIRE(!StoreBackend<Is<HasId, HasIndexTag, HasCapabilities, Creates, Deletes, Connects<>>>);
  STATIC_REQUIRE(!StoreBackend<Is<HasId, HasIndexTag, HasConfig, Creates, Deletes, Connects<>>>);
  STATIC_REQUIRE(!StoreBackend<Is<HasId, HasIndexTag, HasConfig, HasCapabilities, Deletes, Connects<>>>);
  STATIC_REQUIRE(!StoreBackend<Is<HasId, HasIndexTag, HasConfig, HasCapabilities, Creates, Connects<>>>);
  STATIC_REQUIRE(!StoreBackend<Is<HasId, HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes>>);
  STATIC_REQUIRE(!StoreBackend<Is<>>);
  STATIC_REQUIRE(!StoreBackend<int>);
}

TEST_CASE("each missing part fails its own requirement and no other") {
  using WithoutId = Is<HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>;
  STATIC_REQUIRE(!cairn::BackendHasId<WithoutId>);
  STATIC_REQUIRE(cairn::BackendIndexTagIsKnown<WithoutId>);
  STATIC_REQUIRE(cairn::BackendConfigIsAggregate<WithoutId>);
  STATIC_REQUIRE(cairn::BackendIsFenced<WithoutId>);
  STATIC_REQUIRE(cairn::BackendCreatesStore<WithoutId>);
  STATIC_REQUIRE(cairn::BackendDeletesStore<WithoutId>);
  STATIC_REQUIRE(cairn::BackendConnectionIsBlobStore<WithoutId>);

  using WithoutCreate = Is<HasId, HasIndexTag, HasConfig, HasCapabilities, Deletes, Connects<>>;
  STATIC_REQUIRE(!cairn::BackendCreatesStore<WithoutCreate>);
  STATIC_REQUIRE(cairn::BackendDeletesStore<WithoutCreate>);
  STATIC_REQUIRE(cairn::BackendConnects<WithoutCreate>);

  using WithoutConfig = Is<HasId, HasIndexTag, HasCapabilities, Creates, Deletes, Connects<>>;
  STATIC_REQUIRE(!cairn::BackendHasConfig<WithoutConfig>);
  STATIC_REQUIRE(!cairn::BackendConfigIsAggregate<WithoutConfig>);
  STATIC_REQUIRE(cairn::BackendHasId<WithoutConfig>);
  STATIC_REQUIRE(cairn::BackendIsFenced<WithoutConfig>);
}

TEST_CASE("optional operations have the exact shape or are not there") {
  struct Releases : Backend {
    static void release_store(archetype::Config const&, archetype::Connection&) {}
  };
  STATIC_REQUIRE(cairn::StoreBackend<Releases>);
  STATIC_REQUIRE(cairn::BackendReleasesStore<Releases>);

  struct ReleasesWrongly : Backend {
    static void release_store(archetype::Connection&) {}
  };
  STATIC_REQUIRE(!cairn::StoreBackend<ReleasesWrongly>);

  struct Overloads : Backend {
    static void release_store(archetype::Connection&) {}
    static void release_store() {}
  };
  STATIC_REQUIRE(!cairn::StoreBackend<Overloads>);

  struct Defaults : Backend {
    static archetype::Config default_config(archetype::Config config, cairn::Environment const&) { return config; }
  };
  STATIC_REQUIRE(cairn::StoreBackend<Defaults>);
  STATIC_REQUIRE(cairn::BackendHasDefaultConfig<Defaults>);

  struct DefaultsWrongly : Backend {
    static archetype::Config default_config() { return {}; }
  };
  STATIC_REQUIRE(!cairn::StoreBackend<DefaultsWrongly>);
}

TEST_CASE("a final backend is looked into like any other") {
  struct Final final : Backend {
    static void release_store(archetype::Connection&) {}
  };
  STATIC_REQUIRE(!cairn::StoreBackend<Final>);
  struct FinalAndRight final : Backend {};
  STATIC_REQUIRE(cairn::StoreBackend<FinalAndRight>);
}

TEST_CASE("a backend id is the name of a keyword") {
  for (auto const* id : {"a", "sqlite", "my-store", "my_store", "s3.v2", "0"}) CHECK(cairn::is_backend_id(id));
  for (auto const* id : {"", "A", "my store", ":mem", "a/b", "ü"}) CHECK(!cairn::is_backend_id(id));
  STATIC_REQUIRE(cairn::is_backend_id("sqlite"));
  STATIC_REQUIRE(!cairn::is_backend_id("SQLite"));
  STATIC_REQUIRE(cairn::is_reserved_backend_id("mem"));
  STATIC_REQUIRE(cairn::is_reserved_backend_id("memory"));
  STATIC_REQUIRE(cairn::is_reserved_backend_id("file"));
  STATIC_REQUIRE(!cairn::is_reserved_backend_id("files"));
}

TEST_CASE("a minimal connection is a blob store, and without one of its parts it is none") {
  using cairn::BlobStore;
  STATIC_REQUIRE(BlobStore<Connection>);
  STATIC_REQUIRE(cairn::check_blob_store<Connection>());
  STATIC_REQUIRE(!cairn::BlobStoreReadsMany<Connection>);
  STATIC_REQUIRE(!cairn::KeyedBlobStore<Connection>);
  STATIC_REQUIRE(!BlobStore<Is<Reads, HasRoot, ListsRoots, Begins<>, Sweeps>>);
  STATIC_REQUIRE(!BlobStore<Is<HasAddress, HasRoot, ListsRoots, Begins<>, Sweeps>>);
  struct ReadsWhatItMayChange {
    cairn::Bytes read(Address& address) const;
  };
  STATIC_REQUIRE(!BlobStore<Is<HasAddress, ReadsWhatItMayChange, HasRoot, ListsRoots, Begins<>, Sweeps>>);
  STATIC_REQUIRE(!BlobStore<Is<HasAddress, Reads, ListsRoots, Begins<>, Sweeps>>);
  STATIC_REQUIRE(!BlobStore<Is<HasAddress, Reads, HasRoot, Begins<>, Sweeps>>);
  STATIC_REQUIRE(!BlobStore<Is<HasAddress, Reads, HasRoot, ListsRoots, Sweeps>>);
  STATIC_REQUIRE(!BlobStore<Is<HasAddress, Reads, HasRoot, ListsRoots, Begins<>>>);
  STATIC_REQUIRE(!BlobStore<ConnectionOver<Is<Commits, Appends, Drops>>>);
  STATIC_REQUIRE(!BlobStore<ConnectionOver<Is<Puts, Appends, Drops>>>);
  STATIC_REQUIRE(!BlobStore<ConnectionOver<Is<Puts, Commits, Drops>>>);
  STATIC_REQUIRE(!BlobStore<ConnectionOver<Is<Puts, Commits, Appends>>>);
  STATIC_REQUIRE(!BlobStore<int>);
  STATIC_REQUIRE(!BlobStore<std::unique_ptr<Connection>>);
  STATIC_REQUIRE(!cairn::StoreBackend<BackendOver<std::unique_ptr<Connection>>>);
}

TEST_CASE("an address is small and plain") {
  using cairn::BlobAddress;
  struct Padded {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;
    bool operator==(Padded const&) const = default;
  };
  STATIC_REQUIRE(BlobAddress<std::uint64_t>);
  STATIC_REQUIRE(BlobAddress<std::array<std::byte, 48>>);
  STATIC_REQUIRE(!BlobAddress<std::array<std::byte, 49>>);
  STATIC_REQUIRE(!BlobAddress<std::string>);
  STATIC_REQUIRE(!BlobAddress<double>);
  STATIC_REQUIRE(!BlobAddress<char const*>);
  STATIC_REQUIRE(!BlobAddress<Padded>);
}
