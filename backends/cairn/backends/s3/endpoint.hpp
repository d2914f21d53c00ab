// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a bucket is: addresses of its objects, and what requests are signed with.
#pragma once

#include <cairn/backends/s3/config.hpp>
#include <cairn/backends/s3/text.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::s3::details {

/// A checked configuration as URLs. Immutable.
class Endpoint {
 public:
  /// Errors: `config/missing` and `config/range`.
  explicit Endpoint(Config config) : config_{std::move(config)} {
    require(!config_.bucket.empty(), ":bucket", "the bucket that the store is in");
    require(!config_.access_key.empty(), ":access-key", "or AWS_ACCESS_KEY_ID in the environment");
    require(!config_.secret_key.empty(), ":secret-key", "or AWS_SECRET_ACCESS_KEY in the environment");
    check(config_.bucket, ":bucket", is_host_character);
    check(config_.region, ":region", [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
    auto const is_printable = [](char c) { return c > ' ' && c < '\x7f'; };
    check(config_.access_key, ":access-key", is_printable);
    check(config_.session_token.reveal(), ":session-token", is_printable);
    auto address = config_.endpoint.empty() ? "https://s3." + config_.region + ".amazonaws.com" : config_.endpoint;
    while (!address.empty() && address.back() == '/') address.pop_back();
    auto const end = address.find("://");
    auto const scheme = address.substr(0, end == std::string::npos ? 0 : end + 3);
    auto const host = address.substr(scheme.size());
    bool const is_host = std::all_of(host.begin(), host.end(), [](char c) { return is_host_character(c) || c == ':' || c == '[' || c == ']'; });
    if ((scheme != "http://" && scheme != "https://") || host.empty() || !is_host)
      raise(Errc::config_range, "The :endpoint is not of the form https://host or http://host:port.", "{:key :endpoint}");
    base_ = config_.path_style ? scheme + host + "/" + config_.bucket : scheme + config_.bucket + "." + host;
    signature_ = "aws:amz:" + config_.region + ":s3";
  }

  [[nodiscard]] Config const& config() const noexcept { return config_; }
  /// The bucket's own address.
  [[nodiscard]] std::string const& base() const noexcept { return base_; }
  [[nodiscard]] std::string const& signature() const noexcept { return signature_; }
  [[nodiscard]] std::string url(std::string_view key, std::string_view query) const {
    auto made = base_ + "/" + path_encoded(key);
    if (!query.empty()) made.append("?").append(query);
    return made;
  }

 private:
  static bool is_host_character(char c) noexcept { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; }
  static void require(bool is_there, std::string const& key, std::string const& what) {
    if (!is_there) raise(Errc::config_missing, "The S3 backend needs :" + key.substr(1) + ", " + what + ".", "{:key " + key + "}");
  }
  template <class Test>
  static void check(std::string_view text, std::string const& key, Test test) {
    if (!std::all_of(text.begin(), text.end(), test))
      raise(Errc::config_range, "The " + key + " has characters that can't be in it.", "{:key " + key + "}");
  }

  Config config_;
  std::string base_;
  std::string signature_;
};

}  // namespace cairn::backends::s3::details
