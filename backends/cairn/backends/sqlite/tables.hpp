// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The tables of a store in an SQLite file, and the names that they have there.
#pragma once

#include <cairn/backends/sqlite/config.hpp>
#include <cairn/error/error.hpp>

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
  explicit Tables(Config const& config) : prefix_{config.table_prefix} {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (prefix_.empty() || prefix_.find_first_not_of(letters) != std::string::npos) {
      raise(Errc::config_range, "The :table-prefix \"" + prefix_ + "\" is not made of letters, digits and _.", "{:key :table-prefix}");
    }
  }

  [[nodiscard]] std::string name(std::string_view table) const { return "\"" + prefix_ + "_" + std::string{table} + "\""; }

  /// The text with every `$table` as the table's name.
  [[nodiscard]] std::string operator()(std::string_view text) const {
    std::string made;
    for (std::size_t at = 0; at != text.size();) {
      auto const dollar = (std::min)(text.find('$', at), text.size());
      made.append(text.substr(at, dollar - at));
      at = dollar;
      if (at == text.size()) break;
      auto const end = (std::min)(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at + 1), text.size());
      made.append(name(text.substr(at + 1, end - at - 1)));
      at = end;
    }
    return made;
  }

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
  std::string prefix_;
};

}  // namespace cairn::backends::sqlite::details
