// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Says, in words, everything that keeps a type from being a StoreBackend.
#pragma once

#include <cairn/concepts/backend_requirements.hpp>
#include <cairn/concepts/check_blob_store.hpp>
#include <cairn/concepts/mentions.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace cairn {

namespace detail {

template <class Backend>
consteval Fault fault_of_empty_store() {
  if constexpr (!MentionsEmptyStore<Backend>) {
    return Fault::missing;
  } else if constexpr (!BackendHasConfig<Backend> || BackendCreatesStore<Backend>) {
    return Fault::none;
  } else {
    using Config = typename Backend::Config;
    if constexpr (requires(Config const& config) { Backend::empty_store(config); }) {
      return Fault::returns_other;
    } else if constexpr (requires(Config& config) { Backend::empty_store(config); }) {
      return Fault::wants_mutable;
    } else if constexpr (requires(Backend& backend, Config const& config) { backend.empty_store(config); }) {
      return Fault::not_static;
    } else {
      return Fault::not_callable;
    }
  }
}

template <class Backend>
consteval Fault fault_of_delete_store() {
  if constexpr (!MentionsDeleteStore<Backend>) {
    return Fault::missing;
  } else if constexpr (!BackendHasConfig<Backend> || BackendDeletesStore<Backend>) {
    return Fault::none;
  } else {
    using Config = typename Backend::Config;
    if constexpr (requires(Config const& config) { Backend::delete_store(config); }) {
      return Fault::returns_other;
    } else if constexpr (requires(Config& config) { Backend::delete_store(config); }) {
      return Fault::wants_mutable;
    } else if constexpr (requires(Backend& backend, Config const& config) { backend.delete_store(config); }) {
      return Fault::not_static;
    } else {
      return Fault::not_callable;
    }
  }
}

template <class Backend>
consteval Fault fault_of_connect_store() {
  if constexpr (!MentionsConnectStore<Backend>) {
    return Fault::missing;
  } else if constexpr (!BackendHasConfig<Backend> || BackendConnects<Backend>) {
    return Fault::none;
  } else {
    using Config = typename Backend::Config;
    if constexpr (requires(Config const& config) { Backend::connect_store(config); }) {
      return std::is_void_v<ConnectionOf<Backend>> ? Fault::returns_void : Fault::returns_other;
    } else if constexpr (requires(Config& config) { Backend::connect_store(config); }) {
      return Fault::wants_mutable;
    } else if constexpr (requires(Backend& backend, Config const& config) { backend.connect_store(config); }) {
      return Fault::not_static;
    } else {
      return Fault::not_callable;
    }
  }
}

enum class ConfigFault : std::uint8_t { none, not_class, not_aggregate, no_default, not_copyable, has_base };

template <class Backend>
consteval ConfigFault fault_of_config() {
  if constexpr (BackendHasConfig<Backend>) {
    using Config = typename Backend::Config;
    if constexpr (!ConfigIsClass<Config>) return ConfigFault::not_class;
    if constexpr (!ConfigIsAggregate<Config>) return ConfigFault::not_aggregate;
    if constexpr (!ConfigIsDefaultInitializable<Config>) return ConfigFault::no_default;
    if constexpr (!ConfigIsCopyable<Config>) return ConfigFault::not_copyable;
    if constexpr (ConfigIsAggregate<Config> && !ConfigHasNoBase<Config>) return ConfigFault::has_base;
  }
  return ConfigFault::none;
}

}  // namespace detail

/// Reports every unmet requirement of `StoreBackend` at once, each in a line that shows what to write. A requirement
/// that only makes sense where another is met waits for it.
///
/// Always true, so that the failed assertions inside are all there is to read.
template <class Backend>
consteval bool check_store_backend() {
  using detail::Fault;
  using detail::free_of;
  constexpr bool is_defined = BackendIsDefined<Backend>;
  static_assert(is_defined,
                "cairn::StoreBackend [backend]: is not a class, or only declared here; include the header that "
                "defines it and name its type");
  if constexpr (is_defined) {
    constexpr bool mentions_id = detail::MentionsBackendId<Backend>;
    constexpr bool has_id = BackendHasId<Backend>;
    static_assert(mentions_id,
                  "cairn::StoreBackend [backend_id]: missing; write `static constexpr std::string_view backend_id = "
                  "\"mine\";`");
    static_assert(has_id || !mentions_id,
                  "cairn::StoreBackend [backend_id]: is there, but is not a public constant std::string_view; write "
                  "`static constexpr std::string_view backend_id = \"mine\";`");
    if constexpr (has_id) {
      constexpr bool is_well_formed = BackendIdIsWellFormed<Backend>;
      constexpr bool is_not_reserved = BackendIdIsNotReserved<Backend>;
      static_assert(is_well_formed,
                    "cairn::StoreBackend [backend_id]: is empty or has a character other than a-z 0-9 - _ . in it; "
                    "write `static constexpr std::string_view backend_id = \"mine\";`");
      static_assert(is_not_reserved,
                    "cairn::StoreBackend [backend_id]: \"mem\", \"memory\" and \"file\" are reserved for Cairn's own "
                    "backends; choose another, `static constexpr std::string_view backend_id = \"mine\";`");
    }

    constexpr bool layer_name_fits = BackendHasLayerNameOrLeavesIt<Backend>;
    static_assert(layer_name_fits,
                  "cairn::StoreBackend [layer_name]: is optional and there, but is no public constant text; write `static "
                  "constexpr std::string_view layer_name = \"mine\";`");

    constexpr bool has_index_tag = BackendHasIndexTag<Backend>;
    static_assert(has_index_tag,
                  "cairn::StoreBackend [index_tag]: missing; write `using index_tag = cairn::persistent_set_tag;` or "
                  "`cairn::hitchhiker_tree_tag`");
    if constexpr (has_index_tag) {
      constexpr bool is_known = BackendIndexTagIsKnown<Backend>;
      static_assert(is_known,
                    "cairn::StoreBackend [index_tag]: names no index; write `using index_tag = "
                    "cairn::persistent_set_tag;` or `cairn::hitchhiker_tree_tag`, or specialise cairn::is_index_tag "
                    "for yours");
    }

    constexpr bool has_config = BackendHasConfig<Backend>;
    static_assert(has_config,
                  "cairn::StoreBackend [config]: no Config; write `using Config = mine::Config;`, a plain struct of "
                  "what a store is found by");
    constexpr detail::ConfigFault config = detail::fault_of_config<Backend>();
    constexpr bool config_is_class = config != detail::ConfigFault::not_class;
    constexpr bool config_is_aggregate = config != detail::ConfigFault::not_aggregate;
    constexpr bool config_has_default = config != detail::ConfigFault::no_default;
    constexpr bool config_is_copyable = config != detail::ConfigFault::not_copyable;
    constexpr bool config_has_no_base = config != detail::ConfigFault::has_base;
    static_assert(config_is_class,
                  "cairn::StoreBackend [config]: Config is not a struct; write `struct Config { "
                  "std::filesystem::path path; };` with your fields");
    static_assert(config_is_aggregate,
                  "cairn::StoreBackend [config]: Config is not an aggregate; make it a plain struct, without "
                  "constructors, virtual functions and private members");
    static_assert(config_has_default,
                  "cairn::StoreBackend [config]: `Config{}` does not compile; give every field a type that has a "
                  "default");
    static_assert(config_is_copyable,
                  "cairn::StoreBackend [config]: Config cannot be copied and assigned; keep values in it, no "
                  "handles, references or const members");
    static_assert(config_has_no_base,
                  "cairn::StoreBackend [config]: Config has a base class, whose fields reflection cannot see; make "
                  "it a member");

    constexpr bool config_spec_fits = BackendHasConfigSpecOrLeavesIt<Backend>;
    static_assert(config_spec_fits,
                  "cairn::StoreBackend [config_spec]: is optional and there, but is no specification; write `static "
                  "constexpr auto config_spec = cairn::config_spec(cairn::range(&Config::port, 1, 65535));` with "
                  "your constraints");
    constexpr bool default_config_fits = !has_config || BackendHasDefaultConfigOrLeavesIt<Backend>;
    static_assert(default_config_fits,
                  "cairn::StoreBackend [default_config]: is optional and there, but cannot be called so; write "
                  "`static Config default_config(Config known, cairn::Environment const& environment);`");

    constexpr bool mentions_capabilities = detail::MentionsCapabilities<Backend>;
    constexpr bool has_capabilities = BackendHasCapabilities<Backend>;
    static_assert(mentions_capabilities,
                  "cairn::StoreBackend [capabilities]: missing; write `static constexpr cairn::Capabilities "
                  "capabilities{.durable = ..., .fence = cairn::Fence::compare_and_swap};`");
    static_assert(has_capabilities || !mentions_capabilities,
                  "cairn::StoreBackend [capabilities]: is there, but is not a public constant; write `static "
                  "constexpr cairn::Capabilities capabilities{.durable = ..., .fence = ...};`");
    if constexpr (has_capabilities) {
      constexpr bool is_fenced = BackendIsFenced<Backend>;
      static_assert(is_fenced,
                    "cairn::StoreBackend [fence]: capabilities.fence is Fence::none: of two writers one would lose "
                    "its update silently; commit by Fence::compare_and_swap or under Fence::lock");
    }

    constexpr Fault empty_store = detail::fault_of_empty_store<Backend>();
    static_assert(free_of(empty_store, Fault::missing),
                  "cairn::StoreBackend [empty_store]: missing; write `static void empty_store(Config const& config);`");
    static_assert(free_of(empty_store, Fault::not_static),
                  "cairn::StoreBackend [empty_store]: is there, but is not static; write `static void "
                  "empty_store(Config const& config);`");
    static_assert(free_of(empty_store, Fault::wants_mutable),
                  "cairn::StoreBackend [empty_store]: is there, but takes Config& without const; write `static void "
                  "empty_store(Config const& config);`");
    static_assert(free_of(empty_store, Fault::returns_other),
                  "cairn::StoreBackend [empty_store]: is there, but returns a value, which nobody looks at; throw "
                  "cairn::Error, and write `static void empty_store(Config const& config);`");
    static_assert(free_of(empty_store, Fault::not_callable),
                  "cairn::StoreBackend [empty_store]: is there, but cannot be called so (private, or other "
                  "parameters); write `static void empty_store(Config const& config);`");

    constexpr Fault delete_store = detail::fault_of_delete_store<Backend>();
    static_assert(free_of(delete_store, Fault::missing),
                  "cairn::StoreBackend [delete_store]: missing; write `static void delete_store(Config const& "
                  "config);`");
    static_assert(free_of(delete_store, Fault::not_static),
                  "cairn::StoreBackend [delete_store]: is there, but is not static; write `static void "
                  "delete_store(Config const& config);`");
    static_assert(free_of(delete_store, Fault::wants_mutable),
                  "cairn::StoreBackend [delete_store]: is there, but takes Config& without const; write `static void "
                  "delete_store(Config const& config);`");
    static_assert(free_of(delete_store, Fault::returns_other),
                  "cairn::StoreBackend [delete_store]: is there, but returns a value, which nobody looks at; throw "
                  "cairn::Error, and write `static void delete_store(Config const& config);`");
    static_assert(free_of(delete_store, Fault::not_callable),
                  "cairn::StoreBackend [delete_store]: is there, but cannot be called so (private, or other "
                  "parameters); write `static void delete_store(Config const& config);`");

    constexpr Fault connect_store = detail::fault_of_connect_store<Backend>();
    static_assert(free_of(connect_store, Fault::missing),
                  "cairn::StoreBackend [connect_store]: missing; write `static Connection connect_store(Config "
                  "const& config);`");
    static_assert(free_of(connect_store, Fault::not_static),
                  "cairn::StoreBackend [connect_store]: is there, but is not static; write `static Connection "
                  "connect_store(Config const& config);`");
    static_assert(free_of(connect_store, Fault::wants_mutable),
                  "cairn::StoreBackend [connect_store]: is there, but takes Config& without const; write `static "
                  "Connection connect_store(Config const& config);`");
    static_assert(free_of(connect_store, Fault::returns_void),
                  "cairn::StoreBackend [connect_store]: is there, but returns void; write `static Connection "
                  "connect_store(Config const& config);`");
    static_assert(free_of(connect_store, Fault::returns_other),
                  "cairn::StoreBackend [connect_store]: is there, but does not return a Connection by value; write "
                  "`static Connection connect_store(Config const& config);`");
    static_assert(free_of(connect_store, Fault::not_callable),
                  "cairn::StoreBackend [connect_store]: is there, but cannot be called so (private, or other "
                  "parameters); write `static Connection connect_store(Config const& config);`");

    if constexpr (has_config && connect_store == Fault::none) {
      constexpr bool is_movable = BackendConnectionIsMovable<Backend>;
      static_assert(is_movable,
                    "cairn::StoreBackend [connect_store]: the Connection that it returns cannot be moved; write "
                    "`Connection(Connection&&) = default; Connection& operator=(Connection&&) = default;`");
      constexpr bool release_store_fits = BackendReleasesStoreOrLeavesIt<Backend>;
      static_assert(release_store_fits,
                    "cairn::StoreBackend [release_store]: is optional and there, but cannot be called so; write "
                    "`static void release_store(Config const& config, Connection& connection);`");
      // Asserted, not called: what a call instantiates is reported once more with each error.
      static_assert(check_blob_store<ConnectionOf<Backend>>());
    }
  }
  return true;
}

}  // namespace cairn
