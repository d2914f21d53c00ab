// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The RADOS backend: stores in pools of Ceph clusters. Needs librados (CMake: `cairn::rados`).
#pragma once

#include <cairn/backends/rados/config.hpp>
#include <cairn/backends/rados/connection.hpp>
#include <cairn/backends/rados/life_cycle.hpp>
#include <cairn/backends/rados/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <chrono>
#include <string_view>

namespace cairn::backends::rados {

/// Stores in pools of Ceph clusters, several in one by their namespaces, without a gateway in between. As durable as the pool: an object
/// store answers when as many replicas as the pool has at the time, `min_size` at the least, have a change on their disks.
struct Backend {
  static constexpr std::string_view backend_id = "rados";
  using index_tag = persistent_set_tag;
  using Config = rados::Config;
  using Connection = rados::Connection;

  static constexpr auto config_spec = cairn::config_spec(
      optional(&Config::conf_file), optional(&Config::mon_host), non_empty(&Config::user), optional(&Config::keyring), optional(&Config::key),
      range(&Config::connect_timeout, std::chrono::milliseconds{1}, std::chrono::minutes{10}),
      range(&Config::timeout, std::chrono::milliseconds{1}, std::chrono::hours{1}), range(&Config::parallel, 1, 1024));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::network,
      .zero_copy_reads = false,
      .durable_append = true,
      .needs = "librados",
  };

  /// Creates an empty store in a pool that is there. `store/exists` where there is one in the namespace; `config/mismatch` where the pool is
  /// erasure-coded.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Removes the store's objects. Nothing happens where there is none; `store/format` where another release or another program wrote its
  /// marker. The object stores look at all objects of the pool. Whoever is connected gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none.
  static Connection connect_store(Config const& config) { return Connection{config}; }
};

}  // namespace cairn::backends::rados

static_assert(cairn::check_store_backend<cairn::backends::rados::Backend>());
