// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the MySQL backend.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::backends::mysql {

/// Whether the connection to the server is encrypted.
enum class Tls : std::uint8_t {
  off,
  on,        ///< by whatever certificate
  verified,  ///< by one that `tls_ca` vouches for, with the host's name in it
};

/// Which store in which database, and how it is reached.
struct Config {
  std::string host{};    ///< empty: this machine
  int port = 0;          ///< 0: 3306
  std::string socket{};  ///< the path of a Unix socket, for a host that is empty
  /// The database; it must be there. Required.
  std::string dbname{};
  std::string user{};
  Secret password{};
  Tls tls = Tls::off;                ///< not with one of the next three
  std::filesystem::path tls_ca{};    ///< certificates of authorities; the system's where it is empty
  std::filesystem::path tls_cert{};  ///< the client's own
  std::filesystem::path tls_key{};
  /// A file with a group `[client]`, as `my.cnf`: all options of libmariadb's. Where the server is and who connects are what is said here;
  /// of what both say about timeouts and TLS, libmariadb takes the file's, so that `Tls::verified` refuses one.
  std::filesystem::path option_file{};
  /// What the names of the store's tables begin with: letters, digits and `_`. Two stores of one database have two prefixes.
  std::string table_prefix = "cairn";
  /// When a commit is acknowledged. `durable` refuses a server that is not set to it, `relaxed` takes what the server does.
  Sync sync = Sync::durable;
  /// How many connections to the server this one has at the most.
  std::size_t max_connections = 8;
  /// How long an answer of the server may take before the connection is given up as lost; in whole seconds.
  std::chrono::seconds reply_timeout{60};
  /// How long a server that is not reached any more is tried before that is an error.
  std::chrono::milliseconds reconnect_for{10'000};
};

}  // namespace cairn::backends::mysql
