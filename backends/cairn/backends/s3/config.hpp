// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the S3 backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::backends::s3 {

/// Which store in which bucket, who asks for it, and with how much patience.
struct Config {
  /// The bucket. It is there already. Required.
  std::string bucket{};
  /// What the keys of the store's objects begin with, before a `/`. Two stores of one bucket have two prefixes.
  std::string prefix = "cairn";
  /// Where the service is: `https://host` or `http://host:port`. Empty is Amazon's, in the region.
  std::string endpoint{};
  /// The region that requests are signed for.
  std::string region = "us-east-1";
  /// Who signs. By default from `AWS_ACCESS_KEY_ID`.
  std::string access_key{};
  /// What with. By default from `AWS_SECRET_ACCESS_KEY`.
  Secret secret_key{};
  /// Of temporary keys. By default from `AWS_SESSION_TOKEN`.
  Secret session_token{};
  /// Whether the bucket is in the path, `host/bucket/key`, or in the name, `bucket.host/key`.
  bool path_style = true;
  /// The file of the certificates that a server's is checked against. Empty is the system's.
  std::filesystem::path ca_file{};
  /// How long a connection may take to begin.
  std::chrono::milliseconds connect_timeout{5'000};
  /// How long a request may take altogether.
  std::chrono::milliseconds request_timeout{60'000};
  /// How often a request is repeated that met a fault that passes.
  std::uint32_t retries = 8;
  /// How many requests of one call are under way at once.
  std::uint32_t parallel = 64;
};

}  // namespace cairn::backends::s3
