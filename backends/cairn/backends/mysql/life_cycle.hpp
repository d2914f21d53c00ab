// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store on a MySQL server, connecting to it and deleting it.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/sql_names.hpp>
#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/sql_store.hpp>
#include <cairn/backends/common/sql_tables.hpp>
#include <cairn/backends/mysql/channel.hpp>
#include <cairn/backends/mysql/config.hpp>
#include <cairn/backends/mysql/session.hpp>
#include <cairn/error/error.hpp>

#include <memory>
#include <string>
#include <utility>

namespace cairn::backends::mysql::details {

/// Runs `work` where nobody tries a second time.
template <class Work>
auto once(Work work) {
  try {
    return work();
  } catch (common::LostConnection const& lost) {
    raise(Errc::io_error, "The MySQL server cannot be reached: " + lost.reason + " Look at :host, :port, :socket, :user, :password and :tls.");
  } catch (common::TryAgain const& given_up) {
    common::raise_given_up(given_up);
  }
}

/// Tables are not made in transactions here: who makes or drops them takes a lock of that name first, until the channel is closed. The
/// prefix stands in a statement: `names_of` comes before.
inline void take_turn(Channel& channel, Config const& config) {
  auto const results = channel.run("SELECT GET_LOCK('cairn_" + config.table_prefix + "', 60)", "wait for others that create or delete");
  if (results[0].rows().at(0).at(0).text != "1") {
    raise(Errc::store_locked, "Somebody has been creating or deleting the store \"" + config.table_prefix + "\" for a minute: try again.");
  }
}

[[nodiscard]] inline bool has_table(Channel& channel, std::string const& name) {
  try {
    channel.run("SELECT 1 FROM " + name + " LIMIT 0", "look for a table");
    return true;
  } catch (Error const& error) {
    if (error.code() != Errc::store_does_not_exist) throw;
    return false;
  }
}

/// The row comes first and is finished last, so that what is left of a creation that was broken off is known for what it is: other tables
/// of these names are another program's.
inline void create_store(Config const& config) {
  once([&] {
    auto const names = names_of(config);
    Channel channel{config};
    take_turn(channel, config);
    auto const row = store_row(channel, names);
    if (row && row->format != unfinished) {
      raise(Errc::store_exists, "There is a store \"" + config.table_prefix + "\" in " + config.dbname +
                                    " already: connect to it, delete it first, or choose another :table-prefix.");
    }
    if (row) {
      channel.run(names("DROP TABLE IF EXISTS $blob, $root, $tail"), "remove what is left of a store");
    } else {
      for (auto const* const table : {"blob", "root", "tail"}) {
        if (!has_table(channel, names.name(table))) continue;
        raise(Errc::store_format, "There is a table " + names.name(table) + " in " + config.dbname +
                                      ", and no store that it belongs to: it is another program's. Choose another :table-prefix.");
      }
      channel.run(names("CREATE TABLE IF NOT EXISTS $store(id INT PRIMARY KEY, format INT NOT NULL, own BINARY(16) NOT NULL) ENGINE=InnoDB;"
                        "INSERT INTO $store VALUES(1, ") +
                      std::string{unfinished} + ", " + hex(common::random_epoch()) + ")",
                  "create the store");
    }
    channel.run(names("CREATE TABLE $blob(address BINARY(16), piece INT UNSIGNED, bytes MEDIUMBLOB NOT NULL, PRIMARY KEY(address, piece)) ENGINE=InnoDB;"
                      "CREATE TABLE $root(number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE, name VARBINARY(2048) PRIMARY KEY, "
                      "version BINARY(16) NOT NULL, frames BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;"
                      "CREATE TABLE $tail(root BIGINT UNSIGNED, place BIGINT UNSIGNED, piece INT UNSIGNED, version BINARY(16) NOT NULL, "
                      "bytes MEDIUMBLOB NOT NULL, PRIMARY KEY(root, place, piece)) ENGINE=InnoDB;"
                      "UPDATE $store SET format = ") +
                    std::string{common::sql_format},
                "create the store");
  });
}

/// The row goes last, so that a deletion that was broken off can be ended, and is no store from the beginning.
inline void delete_store(Config const& config) {
  once([&] {
    auto const names = names_of(config);
    try {
      Channel channel{config};
      take_turn(channel, config);
      auto const row = store_row(channel, names);
      if (!row) return;
      if (row->format != unfinished) common::check_sql_format(row->format);
      channel.run(names("UPDATE $store SET format = ") + std::string{unfinished} + ", own = " + hex(common::random_epoch()) +
                      names(";DROP TABLE IF EXISTS $blob, $root, $tail;DROP TABLE $store"),
                  "delete the store");
    } catch (Error const& error) {
      if (error.code() != Errc::store_does_not_exist) throw;  // of the whole database
    }
  });
}

inline std::shared_ptr<common::SqlStore<Session>> connect_store(Config const& config) {
  try {
    return once([&] {
      auto session = std::make_unique<Session>(config);
      auto own = session->own();
      return std::make_shared<common::SqlStore<Session>>(config, std::move(session), std::move(own), config.max_connections, config.reconnect_for);
    });
  } catch (Error const& error) {
    if (error.code() != Errc::store_does_not_exist) throw;
    raise(Errc::store_does_not_exist, "There is no store \"" + config.table_prefix + "\" in a database " + config.dbname + ": create it first.");
  }
}

}  // namespace cairn::backends::mysql::details
