// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows of text as a table, for people.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace cairn::tool {

/// A table: `rows[0]` are the names of the columns. Columns that are `right` are set at their right. Of more than
/// `most` rows the first are shown. `what` is what a row is: `datom`. Requires: all rows have as many cells as the
/// first.
[[nodiscard]] inline std::string text_table(std::vector<std::vector<std::string>> const& rows,
                                            std::vector<bool> const& right, std::string const& what, std::size_t most) {
  auto const columns = rows[0].size();
  auto const count = rows.size() - 1;
  auto const shown = std::min(rows.size(), most + 1);
  // Code points, near enough to columns for a table.
  auto const width = [](std::string const& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  };
  std::vector<std::size_t> widths(columns);
  for (std::size_t r = 0; r != shown; ++r) {
    for (std::size_t i = 0; i != columns; ++i) widths[i] = std::max(widths[i], width(rows[r][i]));
  }
  std::string text;
  for (std::size_t r = 0; r != shown; ++r) {
    for (std::size_t i = 0; i != columns; ++i) {
      std::string const padding(widths[i] - width(rows[r][i]), ' ');
      text += right[i] ? padding + rows[r][i] : i + 1 == columns ? rows[r][i] : rows[r][i] + padding;
      if (i + 1 != columns) text += "  ";
    }
    text += '\n';
    if (r == 0) {
      for (std::size_t i = 0; i != columns; ++i) text += std::string(widths[i], '-') + (i + 1 != columns ? "  " : "\n");
    }
  }
  text += std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  if (count > most) text += ", the first " + std::to_string(most) + " shown";
  return text;
}

}  // namespace cairn::tool
