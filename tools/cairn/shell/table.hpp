// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Lists of datoms as tables, for people.
#pragma once

#include "value.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace cairn::tool {

/// A table where the value is a list of datoms; nothing where a line shows it well enough.
[[nodiscard]] inline std::optional<std::string> table_of(ShellValue const& value) {
  constexpr std::size_t most_rows = 200;
  auto const* list = value.get<Values>();
  if (list == nullptr || list->empty()) return std::nullopt;
  using Row = std::array<std::string, 5>;
  std::vector<Row> rows{{"e", "a", "v", "tx", "added"}};
  for (auto const& one : *list) {
    auto const* datom = one.get<DbDatom>();
    if (datom == nullptr) return std::nullopt;
    if (rows.size() > most_rows) continue;
    auto const edn = to_edn(*datom);
    Row row;
    for (std::size_t i = 0; i != row.size(); ++i) row[i] = notation::write(edn[i]);
    rows.push_back(std::move(row));
  }
  std::array<std::size_t, 5> widths{};
  // Code points, near enough to columns for a table.
  auto const width = [](std::string const& text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  };
  for (auto const& row : rows) {
    for (std::size_t i = 0; i != row.size(); ++i) widths[i] = (std::max)(widths[i], width(row[i]));
  }
  std::string text;
  for (std::size_t r = 0; r != rows.size(); ++r) {
    for (std::size_t i = 0; i != rows[r].size(); ++i) {
      bool const right = i == 0 || i == 3;
      std::string const padding(widths[i] - width(rows[r][i]), ' ');
      text += right ? padding + rows[r][i] : i + 1 == rows[r].size() ? rows[r][i] : rows[r][i] + padding;
      if (i + 1 != rows[r].size()) text += "  ";
    }
    text += '\n';
    if (r == 0) {
      for (std::size_t i = 0; i != widths.size(); ++i) text += std::string(widths[i], '-') + (i + 1 != widths.size() ? "  " : "\n");
    }
  }
  text += std::to_string(list->size()) + (list->size() == 1 ? " datom" : " datoms");
  if (list->size() > most_rows) text += ", the first " + std::to_string(most_rows) + " shown";
  return text;
}

}  // namespace cairn::tool
