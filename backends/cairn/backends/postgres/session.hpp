// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A connection to a PostgreSQL server with the statements of a store prepared.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/sql_names.hpp>
#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/sql_tables.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/postgres/channel.hpp>
#include <cairn/backends/postgres/config.hpp>
#include <cairn/backends/postgres/result.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::postgres::details {

[[nodiscard]] inline common::SqlNames names_of(Config const& config) {
  common::SqlNames names{config.table_prefix, '"', config.schema.empty() ? std::string{} : common::quoted_name(config.schema, '"') + "."};
  names.require_at_most(48);  // of 63, which is where the server cuts names off, and sequences and constraints have longer ones
  return names;
}

inline void append_number(std::string& to, std::size_t number) {
  for (unsigned shift = 32; shift != 0;) to += static_cast<char>(number >> (shift -= 8U) & 0xffU);
}

/// Keys as a value of the type `bytea[]`: one dimension, no nulls, the type's number, how many, from 1; and each with its size.
[[nodiscard]] inline std::string array_of(std::span<common::TimedKey const> keys) {
  constexpr std::size_t bytea = 17;
  std::string made;
  made.reserve(20 + keys.size() * 20);
  for (auto const number : {std::size_t{keys.empty() ? 0U : 1U}, std::size_t{0}, bytea}) append_number(made, number);
  if (keys.empty()) return made;
  append_number(made, keys.size());
  append_number(made, 1);
  for (auto const& key : keys) {
    append_number(made, key.bytes.size());
    made += key.text();
  }
  return made;
}

/// Behind what was sent before. Nothing where there is no such table; `store/format` for one that no store has.
[[nodiscard]] inline std::optional<common::SqlStoreRow> store_row(Channel& channel, common::SqlNames const& names) {
  try {
    channel.send_text(names("SELECT format::text, own FROM $store LIMIT 2"));
    auto const result = std::move(channel.exchange("look for the store").back());
    if (result.rows() == 1 && result.text(0, 1).size() == common::epoch_size) return common::SqlStoreRow{std::string{result.text(0, 0)}, std::string{result.text(0, 1)}};
  } catch (Error const& error) {
    if (error.code() != Errc::store_does_not_exist) throw;
    return std::nullopt;
  }
  raise(Errc::store_format, "The table " + names.name("store") + " is another program's: choose another :table-prefix or :schema.");
}

class Session {
 public:
  using Settings = Config;

  /// Connects and prepares, in two round trips of ours beside those of the connection itself. `config/mismatch` where the server can't be
  /// durable and must.
  explicit Session(Config const& config) : channel_{config} {
    auto const names = names_of(config);
    channel_.send_text("SET default_transaction_isolation TO 'read committed'");
    // Whatever waits for more than the local disk is left as the server has it.
    channel_.send_text(config.sync == Sync::relaxed
                           ? "SET synchronous_commit TO off"
                           : "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'");
    // Whoever holds the roots and is not heard of any more is not waited for without an end.
    channel_.send_text("SELECT set_config('idle_in_transaction_session_timeout', '5min', false) "
                       "WHERE current_setting('idle_in_transaction_session_timeout') = '0'");
    channel_.send_text("SELECT current_setting('fsync')");
    // In each session: the next server may be another one, or have been told otherwise.
    if (channel_.exchange("set up a session").back().text(0, 0) == "off" && config.sync == Sync::durable) {
      raise(Errc::config_mismatch,
            "The server runs with fsync=off: a loss of power may take whole databases with it. Turn it on, or say :sync :relaxed.", "{:key :sync}");
    }
    auto const prepare = [&](char const* name, std::string_view text) { channel_.prepare(name, names(text)); };
    // The first that fails is what is thrown: that there is no store comes before what its other tables are.
    prepare("roots", "SELECT s.own, r.name FROM $store s LEFT JOIN $root r ON true");
    // A change of a root takes its row first, and others wait; what follows finds the row by its new version, or nothing.
    prepare("add_root", "INSERT INTO $root(name, version, frames) SELECT $1::bytea, $2::bytea, octet_length($4::bytea) FROM $store "
                        "WHERE own = $3::bytea ON CONFLICT DO NOTHING");
    prepare("set_root", "UPDATE $root SET version = $3::bytea, frames = 0 WHERE name = $1::bytea AND version = $2::bytea");
    prepare("grow_root", "UPDATE $root SET version = $3::bytea, frames = frames + 1 WHERE name = $1::bytea AND version = $2::bytea");
    prepare("clear_tail", "DELETE FROM $tail USING $root r WHERE root = r.number AND r.name = $1::bytea AND r.version = $2::bytea");
    prepare("add_part", "INSERT INTO $tail(root, place, version, bytes) SELECT number, frames, version, $3::bytea FROM $root "
                        "WHERE name = $1::bytea AND version = $2::bytea");
    prepare("add_blob", "INSERT INTO $blob(key, bytes) SELECT $3::bytea, $4::bytea FROM $root WHERE name = $1::bytea AND version = $2::bytea "
                        "ON CONFLICT(key) DO UPDATE SET bytes = EXCLUDED.bytes");
    prepare("remove_root", "DELETE FROM $root WHERE name = $1::bytea AND version = $2::bytea");
    prepare("wait", "SELECT FROM $root WHERE name = $1::bytea FOR SHARE");
    prepare("shows", "SELECT 1 FROM $root r LEFT JOIN $tail t ON t.root = r.number WHERE r.name = $1::bytea "
                     "AND (r.version = $2::bytea OR t.version = $2::bytea) LIMIT 1");
    prepare("put", "INSERT INTO $blob(key, bytes) VALUES($1::bytea, $2::bytea) ON CONFLICT(key) DO UPDATE SET bytes = EXCLUDED.bytes");
    prepare("read", "SELECT bytes FROM $blob WHERE key = $1::bytea");
    prepare("read_many", "SELECT key, bytes FROM $blob WHERE key = ANY($1::bytea[])");
    prepare("root", "SELECT s.own, r.version, t.place = 0, t.bytes FROM $store s LEFT JOIN $root r ON r.name = $1::bytea "
                    "LEFT JOIN $tail t ON t.root = r.number ORDER BY t.place");
    prepare("root_since", "SELECT r.version, t.bytes FROM $store s JOIN $root r ON r.name = $1::bytea "
                          "JOIN $tail k ON k.root = r.number AND k.place = $4::int AND k.version = $3::bytea "
                          "LEFT JOIN $tail t ON t.root = r.number AND t.place > $4::int WHERE s.own = $2::bytea ORDER BY t.place");
    prepare("keys", "SELECT key FROM $blob WHERE key > $1::bytea AND key < $2::bytea ORDER BY key LIMIT $3::int");
    prepare("remove", "DELETE FROM $blob WHERE key = ANY($1::bytea[]) AND EXISTS (SELECT FROM $store WHERE own = $2::bytea)");
    lock_ = names("SELECT FROM $root ORDER BY number FOR UPDATE");
    static_cast<void>(channel_.exchange("prepare its statements"));
  }

  [[nodiscard]] bool is_alive() const noexcept { return channel_.is_alive(); }

  /// The store's own bytes. `store/format` where another release made it.
  [[nodiscard]] std::string own(Config const& config) {
    auto row = store_row(channel_, names_of(config));
    if (!row) raise(Errc::store_does_not_exist, "There is no store.");
    common::check_sql_format(row->format);
    return std::move(row->own);
  }

  [[nodiscard]] bool apply(common::SqlChange const& change, std::string_view own) {
    using Change = common::SqlChange;
    auto const& [kind, branch, expected, made, bytes, blobs] = change;
    if (expected.empty()) {
      channel_.send("add_root", {branch, made, own, kind == Change::append ? std::string_view{"1"} : std::string_view{}});
    } else {
      channel_.send(kind == Change::append ? "grow_root" : "set_root", {branch, expected, made});
    }
    if (kind != Change::append) channel_.send("clear_tail", {branch, made});
    if (kind != Change::drop) channel_.send("add_part", {branch, made, bytes});
    for (auto const& blob : blobs) channel_.send("add_blob", {branch, made, blob.key.text(), std::span{blob.bytes}});
    if (kind == Change::drop) channel_.send("remove_root", {branch, made});
    bool const is_done = channel_.exchange("commit").front().changed() == 1;
    if (is_done && is_held_) {
      is_held_ = false;
      channel_.send_text("COMMIT");
      static_cast<void>(channel_.exchange("commit"));
    }
    return is_done;
  }

  [[nodiscard]] bool shows(common::SqlChange const& change) {
    // A lock is waited for only by rows that pass a condition as they were before: first by the name, then another look.
    channel_.send("wait", {change.branch});
    channel_.send("shows", {change.branch, change.made});
    return channel_.exchange("read a root").back().rows() != 0;
  }

  void put(std::span<common::SqlBlob const> blobs) {
    for (auto const& blob : blobs) channel_.send("put", {blob.key.text(), std::span{blob.bytes}});
    static_cast<void>(channel_.exchange("write blobs"));
  }

  void hold() {
    channel_.send_text("BEGIN");
    channel_.send_text(lock_);
    is_held_ = true;
    static_cast<void>(channel_.exchange("take the roots"));
  }
  /// Undoes what was held and not committed.
  void give_up() noexcept {
    if (!std::exchange(is_held_, false) || !is_alive()) return;
    try {
      channel_.send_text("ROLLBACK");
      static_cast<void>(channel_.exchange("roll back"));
    } catch (...) {  // NOLINT(bugprone-empty-catch): the connection is gone, and what it held with it
    }
  }

  [[nodiscard]] std::optional<Bytes> read(common::TimedKey key) {
    channel_.send("read", {key.text()});
    auto const result = std::move(channel_.exchange("read a blob").front());
    return result.rows() == 0 ? std::nullopt : std::optional{result.bytes(0, 0)};
  }

  template <class Sink>
  void read_many(std::span<common::TimedKey const> keys, Sink&& sink) {
    channel_.send("read_many", {array_of(keys)});
    auto const result = std::move(channel_.exchange("read blobs").front());
    std::map<common::TimedKey, int> rows;
    for (int row = 0; row != result.rows(); ++row) rows.emplace(common::TimedKey::of(result.text(row, 0)), row);
    for (std::size_t i = 0; i != keys.size(); ++i) {
      // Copied: one that is kept for long would keep all.
      if (auto const found = rows.find(keys[i]); found != rows.end()) sink(i, Bytes::copy(result.bytes(found->second, 1)));
    }
  }

  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch, std::string_view own) {
    channel_.send("root", {branch});
    auto const result = std::move(channel_.exchange("read a root").front());
    check_own(result, own);
    if (result.is_null(0, 1)) return std::nullopt;
    RootRecord record;
    record.version = Version{std::string{result.text(0, 1)}};
    for (int row = 0; row != result.rows(); ++row) {
      if (result.is_null(row, 2)) continue;
      if (result.text(row, 2) == std::string_view{"\1", 1}) {
        record.state = result.bytes(row, 3);
      } else {
        record.tail.push_back(result.bytes(row, 3));
      }
    }
    return record;
  }

  /// What made the last version that is known left that version at the end of the tail: while it is there, all before it is as it was.
  [[nodiscard]] std::optional<RootRecord> root_since(std::string_view branch, std::string_view own, RootRecord const& known) {
    std::string place;
    append_number(place, known.tail.size());
    channel_.send("root_since", {branch, own, known.version.token(), place});
    auto const result = std::move(channel_.exchange("read a root").front());
    if (result.rows() == 0) return std::nullopt;
    auto record = known;
    record.version = Version{std::string{result.text(0, 0)}};
    for (int row = 0; row != result.rows(); ++row) {
      // Copied: each that is kept would keep an answer of its own.
      if (!result.is_null(row, 1)) record.tail.push_back(Bytes::copy(result.bytes(row, 1)));
    }
    return record;
  }

  [[nodiscard]] std::vector<std::string> roots(std::string_view own) {
    channel_.send("roots", {});
    auto const result = std::move(channel_.exchange("read the roots").front());
    check_own(result, own);
    std::vector<std::string> names;
    for (int row = 0; row != result.rows(); ++row) {
      if (!result.is_null(row, 1)) names.emplace_back(result.text(row, 1));
    }
    return names;
  }

  [[nodiscard]] std::vector<common::TimedKey> keys_between(common::TimedKey after, common::TimedKey before, std::size_t most) {
    std::string limit;
    append_number(limit, most);
    channel_.send("keys", {after.text(), before.text(), limit});
    auto const result = std::move(channel_.exchange("list blobs").front());
    std::vector<common::TimedKey> keys;
    for (int row = 0; row != result.rows(); ++row) keys.push_back(common::TimedKey::of(result.text(row, 0)));
    return keys;
  }

  void remove(std::span<common::TimedKey const> keys, std::string_view own) {
    channel_.send("remove", {array_of(keys), own});
    static_cast<void>(channel_.exchange("remove blobs"));
  }

 private:
  static void check_own(Result const& result, std::string_view own) {
    if (result.rows() == 0 || result.text(0, 0) != own) raise(Errc::store_does_not_exist, std::string{advice("42P01")});
  }

  Channel channel_;
  std::string lock_;
  bool is_held_ = false;
};

}  // namespace cairn::backends::postgres::details
