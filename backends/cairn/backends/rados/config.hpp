// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the RADOS backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::backends::rados {

/// Which store in which cluster, who asks for it, and with how much patience.
struct Config {
  /// The pool. It is there already, and replicated. Required.
  std::string pool{};
  /// The namespace of the pool that the store is in: two stores of one pool have two.
  std::string namespace_ = "cairn";
  /// Ceph's own configuration. Empty is where Ceph looks: `CEPH_CONF`, `/etc/ceph/ceph.conf`, `~/.ceph/config`, `./ceph.conf`.
  std::filesystem::path conf_file{};
  /// The monitors as Ceph writes them, `10.0.0.1,10.0.0.2`. With it and without `conf_file` no configuration of Ceph's is read.
  std::string mon_host{};
  /// Who asks, without the `client.`.
  std::string user = "admin";
  /// The file that has the user's key. Empty is what the configuration says, or Ceph's own places.
  std::filesystem::path keyring{};
  /// The key itself, instead.
  Secret key{};
  /// More of Ceph's options as `name=value`; they win over all others.
  std::vector<std::string> options{};
  /// How long a connection to the cluster may take to begin.
  std::chrono::milliseconds connect_timeout{10'000};
  /// How long an answer is waited for, while object stores and monitors that went away come back or are replaced. Whole seconds, upwards.
  std::chrono::milliseconds timeout{60'000};
  /// How many operations of one call are under way at once.
  std::uint32_t parallel = 64;
};

}  // namespace cairn::backends::rados
