// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the PostgreSQL backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace cairn::backends::postgres {

/// Which store in which database, and how it is reached. What neither `conninfo` nor a field says, libpq takes from its environment
/// variables (`PGHOST`, ...), its password and service files, and its defaults.
struct Config {
  /// A connection string of libpq's, `host=... sslmode=verify-full ...` or `postgresql://...`: all of its parameters, TLS among them.
  Secret conninfo{};
  /// These win over `conninfo`. A host may be a list, as libpq has it, and a directory of sockets.
  std::string host{};
  int port = 0;  ///< 0: what `conninfo` or libpq says
  std::string dbname{};
  std::string user{};
  Secret password{};
  /// The schema of the tables, made where it is not there; the first of the search path where it is empty.
  std::string schema{};
  /// What the names of the store's tables begin with: letters, digits and `_`. Two stores of one schema have two prefixes.
  std::string table_prefix = "cairn";
  /// When a commit is acknowledged. `relaxed` is `synchronous_commit=off`: a crash of the server may lose the last commits.
  Sync sync = Sync::durable;
  /// How many connections to the server this one has at the most.
  std::size_t max_connections = 8;
  /// How long an answer of the server may take before the connection is given up as lost.
  std::chrono::milliseconds reply_timeout{60'000};
  /// How long a server that is not reached any more is tried before that is an error.
  std::chrono::milliseconds reconnect_for{10'000};
};

}  // namespace cairn::backends::postgres
