// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store on a PostgreSQL server, connecting to it and deleting it.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/sql_names.hpp>
#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/sql_store.hpp>
#include <cairn/backends/common/sql_tables.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/postgres/channel.hpp>
#include <cairn/backends/postgres/config.hpp>
#include <cairn/backends/postgres/session.hpp>
#include <cairn/error/error.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace cairn::backends::postgres::details {

/// Runs `work` where nobody tries a second time.
template <class Work>
auto once(Work work) {
  try {
    return work();
  } catch (common::LostConnection const& lost) {
    raise(Errc::io_error, "The PostgreSQL server cannot be reached: " + lost.reason + " Look at :host, :port, :user, :password, :dbname and :conninfo.");
  } catch (common::TryAgain const& given_up) {
    common::raise_given_up(given_up);
  }
}

/// In one transaction; `store/exists` for a table that is there, or a schema that somebody else has made meanwhile.
inline void create_tables(Channel& channel, Config const& config, common::SqlNames const& names) {
  if (!config.schema.empty()) {
    // Not IF NOT EXISTS, which asks for the right to make one even where one is.
    channel.send_text("SELECT 1 FROM pg_namespace WHERE nspname = " + common::quoted_name(config.schema, '\''));
    if (channel.exchange("look for the schema").front().rows() == 0) {
      channel.send_text("CREATE SCHEMA " + common::quoted_name(config.schema, '"'));
    }
  }
  for (std::string_view const text :
       {"CREATE TABLE $store(id int PRIMARY KEY CHECK(id = 1), format int NOT NULL, own bytea NOT NULL)",
        "CREATE TABLE $blob(key bytea PRIMARY KEY, bytes bytea NOT NULL)",
        // Room for new versions of a row beside it: most changes are of these few rows.
        "CREATE TABLE $root(number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, name bytea PRIMARY KEY, version bytea NOT NULL, "
        "frames bigint NOT NULL) WITH (fillfactor = 50)",
        "CREATE TABLE $tail(root bigint, place bigint, version bytea NOT NULL, bytes bytea NOT NULL, PRIMARY KEY(root, place))",
        // Nodes are packed already.
        "ALTER TABLE $blob ALTER bytes SET STORAGE EXTERNAL", "ALTER TABLE $tail ALTER bytes SET STORAGE EXTERNAL"}) {
    channel.send_text(names(text));
  }
  channel.send_text("INSERT INTO " + names.name("store") + " VALUES(1, " + std::string{common::sql_format} + ", '\\x" + common::hexadecimal(common::random_epoch()) + "')");
  static_cast<void>(channel.exchange("create the store"));
}

inline void create_store(Config const& config) {
  once([&] {
    auto const names = names_of(config);
    Channel channel{config};
    for (bool is_first = true;; is_first = false) {
      try {
        return create_tables(channel, config, names);
      } catch (Error const& error) {
        if (error.code() != Errc::store_exists || store_row(channel, names)) throw;
      }
      // Where it was the schema that was there, it is found the second time.
      if (is_first) continue;
      raise(Errc::store_format, "There is no store \"" + config.table_prefix + "\" here, but one of the tables that it would have: it is another program's. " +
                                    std::string{"Choose another :table-prefix or :schema."});
    }
  });
}

inline void delete_store(Config const& config) {
  once([&] {
    auto const names = names_of(config);
    try {
      Channel channel{config};
      auto const is_there = [&] {
        auto const row = store_row(channel, names);
        if (row) common::check_sql_format(row->format);
        return row.has_value();
      };
      if (!is_there()) return;  // before there is a lock, which another program may mind
      channel.send_text("BEGIN");
      channel.send_text(names("LOCK TABLE $store"));
      if (!is_there()) return;
      channel.send_text(names("DROP TABLE IF EXISTS $store, $blob, $root, $tail"));
      channel.send_text("COMMIT");
      static_cast<void>(channel.exchange("delete the store"));
    } catch (Error const& error) {
      if (error.code() != Errc::store_does_not_exist) throw;  // of the whole database, or the schema
    }
  });
}

inline std::shared_ptr<common::SqlStore<Session>> connect_store(Config const& config) {
  try {
    return once([&] {
      auto session = std::make_unique<Session>(config);
      auto own = session->own(config);
      return std::make_shared<common::SqlStore<Session>>(config, std::move(session), std::move(own), config.max_connections, config.reconnect_for);
    });
  } catch (Error const& error) {
    if (error.code() != Errc::store_does_not_exist) throw;
    raise(Errc::store_does_not_exist, "There is no store \"" + config.table_prefix + "\" in this database" +
                                          (config.schema.empty() ? "" : ", schema \"" + config.schema + "\"") + ": create it first.");
  }
}

}  // namespace cairn::backends::postgres::details
