// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Lists of datoms and rows of answers as tables, for people.
#pragma once

#include "../text_table.hpp"
#include "value.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace cairn::tool {

inline constexpr std::size_t most_rows_of_table = 200;

/// The rows of an answer, which are vectors of one length; nothing where they are something else.
[[nodiscard]] inline std::optional<std::string> table_of_rows(Edn const& answer) {
  bool const many = answer.is_set() || answer.is_vector();
  if (!many || answer.size() < 2 || !answer.items()[0].is_vector() || answer.items()[0].size() == 0) return std::nullopt;
  auto const columns = answer.items()[0].size();
  bool const even = std::ranges::all_of(answer.items(), [&](Edn const& row) { return row.is_vector() && row.size() == columns; });
  if (!even) return std::nullopt;
  std::vector<std::vector<std::string>> rows(1);
  std::vector<bool> right(columns, true);
  for (std::size_t i = 0; i != columns; ++i) rows[0].push_back(std::to_string(i));
  auto const order = answer.order();
  for (std::size_t i = 0; i != answer.size(); ++i) {
    auto const& row = answer.items()[answer.is_set() && !order.empty() ? order[i] : i];
    auto& cells = rows.emplace_back();
    for (std::size_t column = 0; column != columns; ++column) {
      cells.push_back(rows.size() > most_rows_of_table + 1 ? std::string{} : notation::write(row[column], {.sorted = true}));
      if (!row[column].is_integer() && !row[column].is_real()) right[column] = false;
    }
  }
  return text_table(rows, right, "row", most_rows_of_table);
}

/// A table where the value is a list of datoms or the rows of an answer; nothing where a line shows it well enough.
[[nodiscard]] inline std::optional<std::string> table_of(ShellValue const& value) {
  if (auto const* answer = value.get<Edn>()) return table_of_rows(*answer);
  auto const* list = value.get<Values>();
  if (list == nullptr || list->empty()) return std::nullopt;
  std::vector<std::vector<std::string>> rows{{"e", "a", "v", "tx", "added"}};
  for (auto const& one : *list) {
    auto const* datom = one.get<DbDatom>();
    if (datom == nullptr) return std::nullopt;
    auto& row = rows.emplace_back(5);
    if (rows.size() > most_rows_of_table + 1) continue;
    auto const edn = to_edn(*datom);
    for (std::size_t i = 0; i != row.size(); ++i) row[i] = notation::write(edn[i]);
  }
  return text_table(rows, {true, false, false, true, false}, "datom", most_rows_of_table);
}

}  // namespace cairn::tool
