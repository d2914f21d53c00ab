// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A connection to a MySQL or MariaDB server, and the statements of a store.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/sql_names.hpp>
#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/sql_tables.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/mysql/channel.hpp>
#include <cairn/backends/mysql/config.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::mysql::details {

[[nodiscard]] inline common::SqlNames names_of(Config const& config) {
  common::SqlNames names{config.table_prefix, '`'};
  names.require_at_most(48);  // of 64 that the server takes
  return names;
}

/// As SQL has it.
[[nodiscard]] inline std::string hex(std::string_view bytes) { return "x'" + common::hexadecimal(bytes) + "'"; }
[[nodiscard]] inline std::string hex(common::TimedKey const& key) { return hex(key.text()); }
[[nodiscard]] inline std::string hex(std::span<common::TimedKey const> keys) {
  std::string made;
  for (auto const& key : keys) made += (made.empty() ? "" : ",") + hex(key);
  return made;
}
[[nodiscard]] inline std::uint64_t number_of(std::string_view text) noexcept {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The format of a store that is being created or deleted, and is none.
inline constexpr std::string_view unfinished = "0";

/// Nothing where there is no such table, or nothing in it; `store/format` for a table that no store has.
[[nodiscard]] inline std::optional<common::SqlStoreRow> store_row(Channel& channel, common::SqlNames const& names) {
  try {
    auto const results = channel.run(names("SELECT format, own FROM $store LIMIT 2"), "look for the store");
    auto const& rows = results[0].rows();
    if (rows.empty()) return std::nullopt;
    if (rows.size() == 1 && rows[0][1].text.size() == common::epoch_size) return common::SqlStoreRow{rows[0][0].text, rows[0][1].text};
  } catch (Error const& error) {
    if (error.code() != Errc::store_does_not_exist) throw;
    return std::nullopt;
  }
  raise(Errc::store_format, "The table " + names.name("store") + " is another program's: choose another :table-prefix.");
}

/// A server takes and gives no more than `max_allowed_packet` at once, so that blobs, states and frames are kept in pieces.
class Session {
 public:
  using Settings = Config;

  /// Connects; `config/mismatch` where the server can't be durable and must.
  explicit Session(Config const& config)
      : channel_{config},
        names_{names_of(config)},
        store_{names_.name("store")},
        blob_{names_.name("blob")},
        root_{names_.name("root")},
        tail_{names_.name("tail")} {
    // MariaDB alone has the timeout: whoever holds the roots and is not heard of any more is not waited for without an end.
    auto const results = channel_.run(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES', autocommit = 1 "
        "/*M!100300 , idle_transaction_timeout = IF(@@idle_transaction_timeout = 0, 300, @@idle_transaction_timeout) */; "
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; "
        "SELECT @@max_allowed_packet, @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.log_bin, @@GLOBAL.sync_binlog",
        "set up a session");
    auto const& settings = results.back().rows().at(0);
    // In each session: the next server may be another one, or have been told otherwise.
    if (config.sync == Sync::durable) check_durable(settings);
    most_at_once_ = static_cast<std::size_t>(number_of(settings.at(0).text)) / 2;
    piece_ = (std::min)(most_at_once_ / 4, std::size_t{1} << 20U);
  }

  [[nodiscard]] bool is_alive() const noexcept { return channel_.is_alive(); }

  /// The store's own bytes. `store/format` where another release made it.
  [[nodiscard]] std::string own() {
    auto row = store_row(channel_, names_);
    if (!row || row->format == unfinished) raise(Errc::store_does_not_exist, "There is no store, or none that was created to its end.");
    common::check_sql_format(row->format);
    return std::move(row->own);
  }

  [[nodiscard]] bool apply(common::SqlChange const& change, std::string_view own) {
    using Change = common::SqlChange;
    auto const& [kind, branch, expected, made, bytes, blobs] = change;
    auto const name = channel_.literal(branch);
    auto const version = hex(made);
    auto const of_root = " FROM " + root_ + " WHERE name = " + name + " AND version = " + version;
    // The row of the root comes first, and others wait; what follows finds it by its new version, or nothing.
    Batch batch{*this, is_held_ ? "" : "START TRANSACTION"};
    is_open_ = true;
    if (expected.empty()) {
      batch.add("INSERT INTO " + root_ + "(name, version, frames) SELECT " + name + ", " + version + ", " + (kind == Change::append ? "1" : "0") +
                " FROM " + store_ + " WHERE own = " + hex(own) + " ON DUPLICATE KEY UPDATE name = name");
    } else {
      batch.add("UPDATE " + root_ + " SET version = " + version + ", frames = " + (kind == Change::append ? "frames + 1" : "0") + " WHERE name = " + name +
                " AND version = " + hex(expected));
    }
    auto const place = is_held_ ? std::size_t{0} : std::size_t{1};  // of its result
    if (kind != Change::append) {
      batch.add("DELETE t FROM " + tail_ + " t JOIN " + root_ + " r ON t.root = r.number WHERE r.name = " + name + " AND r.version = " + version);
    }
    if (kind != Change::drop) {
      in_pieces(common::text_of(bytes), [&](std::size_t piece, std::string const& part) {
        batch.add("INSERT INTO " + tail_ + "(root, place, piece, version, bytes) SELECT number, frames, " + std::to_string(piece) + ", version, " +
                  part + of_root);
      });
    }
    for (auto const& blob : blobs) {
      in_pieces(common::text_of(blob.bytes), [&](std::size_t piece, std::string const& part) {
        batch.add("INSERT INTO " + blob_ + "(address, piece, bytes) SELECT " + hex(blob.key) + ", " + std::to_string(piece) + ", " + part + of_root +
                  " ON DUPLICATE KEY UPDATE bytes = VALUES(bytes)");
      });
      if (blob.may_replace) batch.add(rest_of(blob) + " AND EXISTS (SELECT 1" + of_root + ")");
    }
    if (kind == Change::drop) batch.add("DELETE" + of_root);
    if (!is_held_) batch.add("COMMIT");
    bool const is_done = batch.finish("commit").at(place).changed() == 1;
    if (is_held_ && !is_done) return false;
    if (is_held_) channel_.run("COMMIT", "commit");
    is_held_ = is_open_ = false;
    return is_done;
  }

  [[nodiscard]] bool shows(common::SqlChange const& change) {
    auto const version = hex(change.made);
    return !channel_
                .run(names_("SELECT 1 FROM $root r LEFT JOIN $tail t ON t.root = r.number WHERE r.name = ") + channel_.literal(change.branch) +
                         " AND (r.version = " + version + " OR t.version = " + version + ") LIMIT 1 LOCK IN SHARE MODE",
                     "read a root")[0]
                .rows()
                .empty();
  }

  void put(std::span<common::SqlBlob const> blobs) {
    Batch batch{*this, "START TRANSACTION"};
    is_open_ = true;
    for (auto const& blob : blobs) {
      in_pieces(common::text_of(blob.bytes), [&](std::size_t piece, std::string const& part) {
        batch.add("INSERT INTO " + blob_ + "(address, piece, bytes) VALUES(" + hex(blob.key) + ", " + std::to_string(piece) + ", " + part +
                  ") ON DUPLICATE KEY UPDATE bytes = VALUES(bytes)");
      });
      if (blob.may_replace) batch.add(rest_of(blob));
    }
    batch.add("COMMIT");
    static_cast<void>(batch.finish("write blobs"));
    is_open_ = false;
  }

  void hold() {
    is_held_ = is_open_ = true;
    channel_.run(names_("START TRANSACTION; SELECT number FROM $root ORDER BY number FOR UPDATE"), "take the roots");
  }
  /// Undoes what was held and not committed, or sent in part: the next transaction would commit it.
  void give_up() noexcept {
    is_held_ = false;
    if (!std::exchange(is_open_, false) || !is_alive()) return;
    try {
      channel_.run("ROLLBACK", "roll back");
    } catch (...) {  // NOLINT(bugprone-empty-catch): the connection is gone, and what it held with it
    }
  }

  [[nodiscard]] std::optional<Bytes> read(common::TimedKey key) {
    auto const results = channel_.run(names_("SELECT piece, bytes FROM $blob WHERE address = ") + hex(key), "read a blob");
    Pieces pieces;
    for (auto const& row : results[0].rows()) pieces.emplace(number_of(row[0].text), row[1].text);
    return pieces.empty() ? std::nullopt : std::optional{joined(pieces)};
  }

  template <class Sink>
  void read_many(std::span<common::TimedKey const> keys, Sink&& sink) {
    auto const results = channel_.run(names_("SELECT address, piece, bytes FROM $blob WHERE address IN (") + hex(keys) + ")", "read blobs");
    std::map<common::TimedKey, Pieces> found;
    for (auto const& row : results[0].rows()) found[common::TimedKey::of(row[0].text)].emplace(number_of(row[1].text), row[2].text);
    for (std::size_t i = 0; i != keys.size(); ++i) {
      if (auto const one = found.find(keys[i]); one != found.end()) sink(i, joined(one->second));
    }
  }

  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch, std::string_view own) {
    auto const results = channel_.run(names_("SELECT s.own, r.version, t.place, t.piece, t.bytes FROM $store s LEFT JOIN $root r ON r.name = ") +
                                          channel_.literal(branch) + names_(" LEFT JOIN $tail t ON t.root = r.number"),
                                      "read a root");
    auto const& rows = results[0].rows();
    check_own(rows, own);
    if (!rows[0][1].is_there) return std::nullopt;
    RootRecord record;
    record.version = Version{rows[0][1].text};
    std::map<std::uint64_t, Pieces> parts;  // sorted here: a server's own sort may run out of memory over large rows
    for (auto const& row : rows) {
      if (row[2].is_there) parts[number_of(row[2].text)].emplace(number_of(row[3].text), row[4].text);
    }
    for (auto const& [place, pieces] : parts) {
      if (place == 0) {
        record.state = joined(pieces);
      } else {
        record.tail.push_back(joined(pieces));
      }
    }
    return record;
  }

  /// What made the last version that is known left that version at the end of the tail: while it is there, all before it is as it was.
  [[nodiscard]] std::optional<RootRecord> root_since(std::string_view branch, std::string_view own, RootRecord const& known) {
    auto const place = std::to_string(known.tail.size());
    auto const results = channel_.run(names_("SELECT r.version, t.place, t.piece, t.bytes FROM $store s JOIN $root r ON r.name = ") + channel_.literal(branch) +
                                          names_(" JOIN $tail k ON k.root = r.number AND k.place = ") + place + " AND k.piece = 0 AND k.version = " +
                                          hex(known.version.token()) + names_(" LEFT JOIN $tail t ON t.root = r.number AND t.place > ") + place +
                                          " WHERE s.own = " + hex(own),
                                      "read a root");
    auto const& rows = results[0].rows();
    if (rows.empty()) return std::nullopt;
    auto record = known;
    record.version = Version{rows[0][0].text};
    std::map<std::uint64_t, Pieces> parts;
    for (auto const& row : rows) {
      if (row[1].is_there) parts[number_of(row[1].text)].emplace(number_of(row[2].text), row[3].text);
    }
    for (auto const& [at, pieces] : parts) record.tail.push_back(joined(pieces));
    return record;
  }

  [[nodiscard]] std::vector<std::string> roots(std::string_view own) {
    auto const results = channel_.run(names_("SELECT s.own, r.name FROM $store s LEFT JOIN $root r ON TRUE"), "read the roots");
    check_own(results[0].rows(), own);
    std::vector<std::string> names;
    for (auto const& row : results[0].rows()) {
      if (row[1].is_there) names.push_back(row[1].text);
    }
    return names;
  }

  [[nodiscard]] std::vector<common::TimedKey> keys_between(common::TimedKey after, common::TimedKey before, std::size_t most) {
    auto const results = channel_.run(names_("SELECT address FROM $blob WHERE address > ") + hex(after) + " AND address < " + hex(before) +
                                          " AND piece = 0 ORDER BY address LIMIT " + std::to_string(most),
                                      "list blobs");
    std::vector<common::TimedKey> keys;
    for (auto const& row : results[0].rows()) keys.push_back(common::TimedKey::of(row[0].text));
    return keys;
  }

  void remove(std::span<common::TimedKey const> keys, std::string_view own) {
    channel_.run(names_("DELETE FROM $blob WHERE address IN (") + hex(keys) + names_(") AND EXISTS (SELECT 1 FROM $store WHERE own = ") + hex(own) + ")",
                 "remove blobs");
  }

 private:
  using Pieces = std::map<std::uint64_t, std::string_view>;

  /// Statements of one transaction, sent together as far as the server takes them together.
  class Batch {
   public:
    Batch(Session& session, std::string_view first) : session_{session}, text_{first} {}
    void add(std::string const& statement) {
      if (text_.size() + statement.size() > session_.most_at_once_) send("write");
      if (!text_.empty()) text_ += ';';
      text_ += statement;
    }
    std::vector<Result> finish(std::string_view what) {
      send(what);
      return std::move(results_);
    }

   private:
    void send(std::string_view what) {
      if (text_.empty()) return;
      for (auto& result : session_.channel_.run(text_, what)) results_.push_back(std::move(result));
      text_.clear();
    }
    Session& session_;
    std::string text_;
    std::vector<Result> results_;
  };

  template <class Use>
  void in_pieces(std::string_view bytes, Use use) const {
    std::size_t piece = 0;
    do {
      auto const part = bytes.substr(0, piece_);
      use(piece++, channel_.literal(part));
      bytes.remove_prefix(part.size());
    } while (!bytes.empty());
  }
  /// What is left of a longer one that it replaces.
  [[nodiscard]] std::string rest_of(common::SqlBlob const& blob) const {
    auto const pieces = (std::max)(std::size_t{1}, (blob.bytes.size() + piece_ - 1) / piece_);
    return "DELETE FROM " + blob_ + " WHERE address = " + hex(blob.key) + " AND piece >= " + std::to_string(pieces);
  }
  [[nodiscard]] static Bytes joined(Pieces const& pieces) {
    std::vector<std::byte> made;
    for (auto const& [number, text] : pieces) {
      auto const bytes = std::as_bytes(std::span{text.data(), text.size()});
      made.insert(made.end(), bytes.begin(), bytes.end());
    }
    return Bytes{std::move(made)};
  }

  static void check_durable(Result::Row const& row) {
    std::string wrong;
    if (row.at(1).text != "1") wrong = "innodb_flush_log_at_trx_commit=" + row[1].text;
    if (row.at(2).text != "0" && row.at(3).text != "1") wrong += (wrong.empty() ? "" : " and ") + std::string{"a binary log with sync_binlog="} + row[3].text;
    if (wrong.empty()) return;
    raise(Errc::config_mismatch,
          "The server runs with " + wrong + ": a loss of power may take commits that were acknowledged. Set them to 1, or say :sync :relaxed.",
          "{:key :sync}");
  }

  static void check_own(std::vector<Result::Row> const& rows, std::string_view own) {
    if (rows.empty() || rows[0][0].text != own) raise(Errc::store_does_not_exist, std::string{advice(1146)});
  }

  Channel channel_;
  common::SqlNames names_;  ///< for text without data, which may have a `$` of its own
  std::string store_, blob_, root_, tail_;
  std::size_t most_at_once_ = 0;
  std::size_t piece_ = 0;
  bool is_held_ = false;
  bool is_open_ = false;  ///< a transaction, held or not
};

}  // namespace cairn::backends::mysql::details
