// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The S3 backend: stores in buckets of Amazon S3 and its likes. Needs libcurl, OpenSSL and expat (CMake: `cairn::s3`).
#pragma once

#include <cairn/backends/s3/config.hpp>
#include <cairn/backends/s3/connection.hpp>
#include <cairn/backends/s3/life_cycle.hpp>
#include <cairn/backends/s3/writer.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace cairn::backends::s3 {

/// Stores in buckets, several in one by their prefixes, on any server that keeps conditions of writes.
struct Backend {
  static constexpr std::string_view backend_id = "s3";
  using index_tag = persistent_set_tag;
  using Config = s3::Config;
  using Connection = s3::Connection;

  static constexpr auto config_spec = cairn::config_spec(
      non_empty(&Config::prefix), optional(&Config::endpoint), non_empty(&Config::region), required(&Config::access_key),
      non_empty(&Config::access_key), required(&Config::secret_key), non_empty(&Config::secret_key), optional(&Config::session_token),
      optional(&Config::ca_file), range(&Config::connect_timeout, std::chrono::milliseconds{1}, std::chrono::minutes{10}),
      range(&Config::request_timeout, std::chrono::milliseconds{1}, std::chrono::hours{1}), range(&Config::retries, 0, 100),
      range(&Config::parallel, 1, 256));

  static constexpr Capabilities capabilities{
      .durable = true,
      .fence = Fence::compare_and_swap,
      .sharing = Sharing::network,
      .zero_copy_reads = false,
      .durable_append = false,
      .needs = "libcurl",
  };

  /// The variables that all of Amazon's tools read.
  static Config default_config(Config config, Environment const& environment) {
    config.region = environment.get_or("AWS_REGION", environment.get_or("AWS_DEFAULT_REGION", config.region));
    config.endpoint = environment.get_or("AWS_ENDPOINT_URL_S3", environment.get_or("AWS_ENDPOINT_URL", config.endpoint));
    config.access_key = environment.get_or("AWS_ACCESS_KEY_ID", config.access_key);
    config.ca_file = environment.get_or("AWS_CA_BUNDLE", config.ca_file.string());
    if (auto secret = environment.get("AWS_SECRET_ACCESS_KEY")) config.secret_key = Secret{*std::move(secret)};
    if (auto token = environment.get("AWS_SESSION_TOKEN")) config.session_token = Secret{*std::move(token)};
    return config;
  }

  /// Creates an empty store in a bucket that is there. `store/exists` where there is one below the prefix; `io/error` where the server
  /// does not keep conditions.
  static void empty_store(Config const& config) { details::create_store(config); }
  /// Removes the store's objects. Nothing happens where there is none. Whoever is connected gets `store/does-not-exist`.
  static void delete_store(Config const& config) { details::delete_store(config); }
  /// Connects; `store/does-not-exist` where there is none.
  static Connection connect_store(Config const& config) { return Connection{config}; }
};

}  // namespace cairn::backends::s3

static_assert(cairn::check_store_backend<cairn::backends::s3::Backend>());
