// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of an answer, static or not, as values that can be compared.
#pragma once

#include <cairn/query/compiled/q.hpp>

#include <concepts>
#include <set>
#include <tuple>
#include <vector>

namespace cairn::test {

using Rows = std::multiset<std::vector<Value>>;

template <class Cell>
Value value_of_cell(Cell const& cell) {
  if constexpr (std::same_as<Cell, ValueView>) {
    return cell.get();
  } else {
    return Value{cell};
  }
}

template <class Range>
Rows rows_of(Range const& range) {
  Rows rows;
  for (auto const& row : range) {
    if constexpr (requires { std::get<0>(row); }) {
      rows.insert(std::apply([](auto const&... cells) { return std::vector<Value>{value_of_cell(cells)...}; }, row));
    } else {
      rows.insert({value_of_cell(row)});
    }
  }
  return rows;
}
inline Rows rows_of(QueryResult const& result) {
  Rows rows;
  for (auto const row : result) rows.insert(std::vector<Value>(row.begin(), row.end()));
  return rows;
}

}  // namespace cairn::test
