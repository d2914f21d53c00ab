// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a static query has found, whatever the types of its rows.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/feed.hpp>
#include <cairn/query/run/batch.hpp>
#include <cairn/query/run/result.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cairn::query::compiled {

/// Rows that are found as they are read, or all of them; or neither, without an owner. Copying is O(1).
struct StaticAnswer {
  std::shared_ptr<void const> owner{};  ///< of what follows, and of what rows show
  RowsState const* state = nullptr;     ///< null where all rows are there
  Column const* columns = nullptr;      ///< of all rows
  std::size_t size = 0;                 ///< how many of them
};

/// A result that has its rows in columns, with what was pulled in columns like the others.
template <meta::Lazy = {}>
[[nodiscard]] StaticAnswer shown(QueryResult result) {
  struct Shown {
    QueryResult result;
    std::vector<Column> columns{};
    std::vector<StoredColumn> pulled{};
  };
  auto const show = std::make_shared<Shown>(Shown{std::move(result)});
  auto const& found = *show->result.found();
  for (std::size_t i = 0; i != found.columns(); ++i) show->columns.push_back(found.rows.columns()[i].from(0));
  show->pulled.resize(found.pulled.size());
  for (std::size_t i = 0; i != found.pulled.size(); ++i) {
    auto const which = found.pulled[i].column;
    for (std::size_t row = 0; row != found.rows.size(); ++row) show->pulled[i].append(found.cell(row, which));
    show->columns[which] = show->pulled[i].from(0);
  }
  return {show, nullptr, show->columns.data(), found.rows.size()};
}

}  // namespace cairn::query::compiled
