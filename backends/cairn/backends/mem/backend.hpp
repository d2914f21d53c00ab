// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The memory backend: stores that live as long as the process.
#pragma once

#include <cairn/backends/mem/config.hpp>
#include <cairn/backends/mem/connection.hpp>
#include <cairn/backends/mem/state.hpp>
#include <cairn/backends/mem/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <string_view>

namespace cairn::backends::mem {

/// Stores in the memory of this process, named by `:id`.
struct Backend {
  static constexpr std::string_view backend_id = "mem";
  using index_tag = persistent_set_tag;
  using Config = mem::Config;
  using Connection = mem::Connection;

  static constexpr Capabilities capabilities{
      .durable = false,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::process,
      .zero_copy_reads = true,
      .durable_append = true,
  };

  /// Creates an empty store; `store/exists` where there is one of that id.
  static void empty_store(Config const& config) { details::Registry::instance().create(config.id); }
  /// Takes the store off the list; nothing happens where there is none. Connections that hold it keep it.
  static void delete_store(Config const& config) { details::Registry::instance().remove(config.id); }
  /// Connects; `store/does-not-exist` where there is none of that id.
  static Connection connect_store(Config const& config) {
    return Connection{details::Registry::instance().find(config.id)};
  }
};

}  // namespace cairn::backends::mem

template <>
inline constexpr bool cairn::is_cairn_backend<cairn::backends::mem::Backend> = true;

static_assert(cairn::check_store_backend<cairn::backends::mem::Backend>());
