// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the Redis backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::backends::redis {

/// Which store on which server, and what is expected of the server.
struct Config {
  /// The server, or any node of a cluster.
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  /// The server's Unix socket, instead of host and port; not for clusters.
  std::filesystem::path socket{};
  /// Further nodes of a cluster as `host:port`, asked in turn where `host` does not answer; not with `socket`.
  std::vector<std::string> nodes{};
  /// The user of the server's access lists; empty is the default one.
  std::string user{};
  Secret password{};
  /// The number of the server's database; 0 on a cluster.
  std::uint16_t database = 0;
  /// What the store's keys begin with, in braces: letters, digits, `_`, `-` and `.`. Two stores of one database have two prefixes.
  std::string prefix = "cairn";
  /// What the server must be. `durable` refuses one that acknowledges before its log is synced; `relaxed` takes it as it is, and may
  /// lose what it loses.
  Sync sync = Sync::durable;
  /// How long a connection, or a reply, is waited for, and for how long a server that went away is tried again.
  std::chrono::milliseconds timeout{5'000};
};

}  // namespace cairn::backends::redis
