// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names of a store's tables in an SQL database, and statements in which they stand.
#pragma once

#include <cairn/error/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::common {

/// A name between quotes, with those in it doubled: nothing in it is read as SQL.
[[nodiscard]] inline std::string quoted_name(std::string_view name, char quote) {
  std::string made(1, quote);
  for (auto const letter : name) {
    if (letter == quote) made += quote;
    made += letter;
  }
  return made += quote;
}

/// Names of tables that begin with a prefix: several stores in one database have several.
class SqlNames {
 public:
  /// `config/range` for a prefix that is no name in every database. `in` is put before each name: nothing, or a quoted schema and a dot.
  SqlNames(std::string prefix, char quote, std::string in = {}) : prefix_{std::move(prefix)}, in_{std::move(in)}, quote_{quote} {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (prefix_.empty() || prefix_.find_first_not_of(letters) != std::string::npos) {
      raise(Errc::config_range, "The :table-prefix \"" + prefix_ + "\" is not made of letters, digits and _.", "{:key :table-prefix}");
    }
  }
  /// `config/range` for a prefix of which a server would cut the end off.
  void require_at_most(std::size_t letters) const {
    if (prefix_.size() > letters) {
      raise(Errc::config_range, "The :table-prefix has " + std::to_string(prefix_.size()) + " letters; " + std::to_string(letters) + " are the most.",
            "{:key :table-prefix}");
    }
  }

  [[nodiscard]] std::string name(std::string_view table) const {
    return in_ + quote_ + prefix_ + "_" + std::string{table} + quote_;
  }

  /// The text with every `$table` as the table's name.
  [[nodiscard]] std::string operator()(std::string_view text) const {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
    std::string made;
    for (std::size_t at = 0; at != text.size();) {
      auto const dollar = (std::min)(text.find('$', at), text.size());
      made.append(text.substr(at, dollar - at));
      at = dollar;
      if (at == text.size()) break;
      auto const end = (std::min)(text.find_first_not_of(letters, at + 1), text.size());
      // `$1` is a parameter.
      if (end == at + 1) {
        made += '$';
      } else {
        made.append(name(text.substr(at + 1, end - at - 1)));
      }
      at = end;
    }
    return made;
  }

 private:
  std::string prefix_;
  std::string in_;
  char quote_;
};

}  // namespace cairn::backends::common
