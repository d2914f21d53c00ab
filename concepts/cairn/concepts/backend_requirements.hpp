// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One named concept for each thing that a backend must have. Compilers print the name, so it says what is asked.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_aggregate.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/mentions.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cairn {

/// Whether a backend is one of Cairn's own, which may take the reserved ids. Specialised beside `mem` and `file`.
template <class Backend>
inline constexpr bool is_cairn_backend = false;

/// The ids that name Cairn's own backends; `memory` is Datahike's word for `mem`, which configurations may use.
[[nodiscard]] constexpr bool is_reserved_backend_id(std::string_view id) noexcept {
  return id == "mem" || id == "memory" || id == "file";
}

/// An id is a keyword's name, a part of environment variables and of URIs: not empty, of `a-z 0-9 - _ .`.
[[nodiscard]] constexpr bool is_backend_id(std::string_view id) noexcept {
  return !id.empty() && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
}

/// The optional `layer_name` of a backend that is made of others.
template <class Backend>
concept BackendHasLayerName = requires {
  typename std::bool_constant<std::string_view{Backend::layer_name}.empty()>;  // can be read by the compiler
};

template <class Backend>
concept BackendHasLayerNameOrLeavesIt = BackendHasLayerName<Backend> || !detail::MentionsLayerName<Backend>;

/// What a backend that is made of others is called without them: `tiered` for `tiered.mem.file`. Empty where it has no
/// `layer_name`. Configurations may use it where it says which is meant.
template <class Backend>
inline constexpr std::string_view layer_name = [] {
  if constexpr (BackendHasLayerName<Backend>) {
    return std::string_view{Backend::layer_name};
  } else {
    return std::string_view{};
  }
}();

template <class Backend>
concept BackendIsDefined = std::is_class_v<Backend> && requires { sizeof(Backend); };

template <class Backend>
concept BackendHasId = requires {
  requires std::same_as<decltype(Backend::backend_id), std::string_view const>;
  typename std::bool_constant<Backend::backend_id.empty()>;  // can be read by the compiler
};

template <class Backend>
concept BackendIdIsWellFormed = BackendHasId<Backend> && is_backend_id(Backend::backend_id);

template <class Backend>
concept BackendIdIsNotReserved =
    BackendHasId<Backend> && (is_cairn_backend<Backend> || !is_reserved_backend_id(Backend::backend_id));

template <class Backend>
concept BackendHasIndexTag = requires { typename Backend::index_tag; };

template <class Backend>
concept BackendIndexTagIsKnown = BackendHasIndexTag<Backend> && IndexTag<typename Backend::index_tag>;

template <class Backend>
concept BackendHasConfig = requires { typename Backend::Config; };

template <class Backend>
concept BackendConfigIsAggregate = BackendHasConfig<Backend> && ConfigAggregate<typename Backend::Config>;

template <class Backend>
concept BackendCreatesStore = requires(typename Backend::Config const& config) {
  { Backend::empty_store(config) } -> std::same_as<void>;
};

template <class Backend>
concept BackendDeletesStore = requires(typename Backend::Config const& config) {
  { Backend::delete_store(config) } -> std::same_as<void>;
};

/// What `connect_store` returns: the backend's connection.
template <class Backend>
using ConnectionOf = decltype(Backend::connect_store(std::declval<typename Backend::Config const&>()));

template <class Backend>
concept BackendConnects = requires { typename ConnectionOf<Backend>; } && std::is_object_v<ConnectionOf<Backend>>;

template <class Backend>
concept BackendConnectionIsMovable = BackendConnects<Backend> && std::movable<ConnectionOf<Backend>>;

template <class Backend>
concept BackendConnectionIsBlobStore = BackendConnects<Backend> && BlobStore<ConnectionOf<Backend>>;

/// The optional `release_store`: without it, the connection's destructor releases.
template <class Backend>
concept BackendReleasesStore =
    BackendConnects<Backend> && requires(typename Backend::Config const& config, ConnectionOf<Backend>& connection) {
      { Backend::release_store(config, connection) } -> std::same_as<void>;
    };

template <class Backend>
concept BackendReleasesStoreOrLeavesIt = BackendReleasesStore<Backend> || !detail::MentionsReleaseStore<Backend>;

/// The optional `default_config`: it is given what is known so far, `Config{}` at first, and fills in the rest.
template <class Backend>
concept BackendHasDefaultConfig = requires(typename Backend::Config const& config, Environment const& environment) {
  { Backend::default_config(config, environment) } -> std::same_as<typename Backend::Config>;
};

template <class Backend>
concept BackendHasDefaultConfigOrLeavesIt = BackendHasDefaultConfig<Backend> || !detail::MentionsDefaultConfig<Backend>;

/// The optional `config_spec`.
template <class Backend>
concept BackendHasConfigSpec = requires {
  requires std::is_const_v<decltype(Backend::config_spec)> && ConfigSpec<decltype(Backend::config_spec)>;
  typename std::bool_constant<(static_cast<void>(Backend::config_spec), true)>;
};

template <class Backend>
concept BackendHasConfigSpecOrLeavesIt = BackendHasConfigSpec<Backend> || !detail::MentionsConfigSpec<Backend>;

template <class Backend>
concept BackendHasCapabilities = requires {
  requires std::same_as<decltype(Backend::capabilities), Capabilities const>;
  typename std::bool_constant<Backend::capabilities.durable>;  // can be read by the compiler
};

template <class Backend>
concept BackendIsFenced = BackendHasCapabilities<Backend> && (Backend::capabilities.fence != Fence::none);

}  // namespace cairn
