// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The tables of a store in an SQLite file, and the names that they have there.
#pragma once

#include <cairn/backends/common/sql_names.hpp>
#include <cairn/backends/sqlite/config.hpp>

#include <string>
#include <string_view>

namespace cairn::backends::sqlite::details {

/// What the tables look like; a store with a greater number was made by a later release.
inline constexpr int format = 1;

/// The statements of one store: its prefix is in all of them.
///
///     store  one row: format, the store's own number, the next number of a blob
///     blob   number, time at which it was put in milliseconds since 1970, bytes
///     root   number, name, epoch, state; an epoch is 16 random bytes, new with each commit
///     tail   the frames of roots: root * 2^32 + place, bytes
///
/// An append adds one row to `tail` and touches nothing else, so a root's version is its epoch and how many frames there are.
class Tables {
 public:
  explicit Tables(Config const& config) : names_{config.table_prefix, '"'} {}

  /// The text with every `$table` as the table's name.
  [[nodiscard]] std::string operator()(std::string_view text) const { return names_(text); }

  [[nodiscard]] std::string creation() const {
    return (*this)(
        "CREATE TABLE $store(id INTEGER PRIMARY KEY CHECK(id = 1), format INTEGER NOT NULL, own INTEGER NOT NULL, "
        "next_blob INTEGER NOT NULL);"
        "CREATE TABLE $blob(number INTEGER PRIMARY KEY, put_at INTEGER NOT NULL, bytes BLOB NOT NULL);"
        "CREATE TABLE $root(number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, epoch BLOB NOT NULL, state BLOB NOT NULL);"
        "CREATE TABLE $tail(number INTEGER PRIMARY KEY, frame BLOB NOT NULL);");
  }
  [[nodiscard]] std::string deletion() const {
    return (*this)(
        "DROP TABLE IF EXISTS $store; DROP TABLE IF EXISTS $blob; DROP TABLE IF EXISTS $root; DROP TABLE IF EXISTS $tail;");
  }

 private:
  common::SqlNames names_;
};

}  // namespace cairn::backends::sqlite::details
