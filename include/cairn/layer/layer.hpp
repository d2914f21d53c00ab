// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What layers have in common: backends that are made of other backends.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace cairn::layer {

/// The id of a layer: its name and those of its parts, `tiered.mem.file`.
template <class Layer, class... Parts>
struct LayerId {
  static constexpr std::size_t size = (Layer::layer_name.size() + ... + (Parts::backend_id.size() + 1));
  static constexpr std::array<char, size> text = [] {
    std::array<char, size> made{};
    std::size_t at = 0;
    auto const add = [&](std::string_view part) {
      if (at != 0) made[at++] = '.';
      for (char const letter : part) made[at++] = letter;
    };
    add(Layer::layer_name);
    (add(Parts::backend_id), ...);
    return made;
  }();
  static constexpr std::string_view value{text.data(), text.size()};
};

/// Lets go of a part's connection as its backend asks for.
template <class Backend>
void release_part(typename Backend::Config const& config, ConnectionOf<Backend>& connection) {
  if constexpr (BackendReleasesStore<Backend>) Backend::release_store(config, connection);
}

/// The default configuration of a part, as its backend makes it.
template <class Backend>
void default_part(typename Backend::Config& config, Environment const& environment) {
  if constexpr (BackendHasDefaultConfig<Backend>) config = Backend::default_config(config, environment);
}

/// `hold` for a layer's writer, where that of its part has it: `Self` has `do_hold()`.
template <class Self, class Inner>
struct Holds {};
template <class Self, BlobStoreHolds Inner>
struct Holds<Self, Inner> {
  void hold() { static_cast<Self&>(*this).do_hold(); }
};

/// `name_of` for a layer's connection, where that of its part has it.
template <class Inner>
struct NamesCommits {};
template <BlobStoreNamesCommits Inner>
struct NamesCommits<Inner> {
  [[nodiscard]] static ContentName name_of(std::span<std::byte const> bytes) { return Inner::name_of(bytes); }
};

/// `read_many` for a layer's connection, where that of its part has it: `Self` has `do_read_many(addresses, sink)`.
template <class Self, class Address, class Inner>
struct ReadsMany {};
template <class Self, class Address, BlobStoreReadsMany Inner>
struct ReadsMany<Self, Address, Inner> {
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    static_cast<Self const&>(*this).do_read_many(addresses, sink);
  }
};

}  // namespace cairn::layer
