// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a type must be to be a storage backend, and a check that says everything that is missing, in words.
#pragma once

#include <cairn/concepts/backend_requirements.hpp>
#include <cairn/concepts/check_store_backend.hpp>

namespace cairn {

/// A storage backend: a type with static members only, of which no object is ever made.
///
/// ```cpp
/// struct Backend {
///   static constexpr std::string_view backend_id = "mine";         // how configurations name it
///   using index_tag = cairn::persistent_set_tag;                   // the index that suits it
///   using Config = mine::Config;                                   // a plain aggregate
///   static constexpr cairn::Capabilities capabilities{...};        // what it promises
///   static void empty_store(Config const&);                        // creates; an error where one is there
///   static void delete_store(Config const&);                       // idempotent
///   static Connection connect_store(Config const&);                // a BlobStore; an error where none is there
///   static void release_store(Config const&, Connection&);         // optional; called once, the destructor follows
///   static Config default_config(Config, Environment const&);      // optional
///   static constexpr auto config_spec = cairn::config_spec(...);   // optional
/// };
/// static_assert(cairn::check_store_backend<Backend>());
/// ```
///
/// Errors of the operations are `cairn::Error`. Thread safety: all operations may be called at once from any thread.
template <class Backend>
concept StoreBackend =
    BackendIsDefined<Backend> && BackendHasId<Backend> && BackendIdIsWellFormed<Backend> &&
    BackendIdIsNotReserved<Backend> && BackendHasLayerNameOrLeavesIt<Backend> && BackendHasIndexTag<Backend> && BackendIndexTagIsKnown<Backend> &&
    BackendHasConfig<Backend> && BackendConfigIsAggregate<Backend> && BackendCreatesStore<Backend> &&
    BackendDeletesStore<Backend> && BackendConnects<Backend> && BackendConnectionIsMovable<Backend> &&
    BackendConnectionIsBlobStore<Backend> &&
    BackendReleasesStoreOrLeavesIt<Backend> && BackendHasDefaultConfigOrLeavesIt<Backend> &&
    BackendHasConfigSpecOrLeavesIt<Backend> && BackendHasCapabilities<Backend> && BackendIsFenced<Backend>;

}  // namespace cairn
