// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How the rows that come in under :in are made.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/input_rows.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/distinct_rows.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query::compiled {

namespace inputs {

/// Those of `all`, each once.
template <meta::Lazy = {}>
[[nodiscard]] StoredRows without_duplicates(StoredRows const& all) {
  std::vector<std::uint16_t> columns(all.columns().size());
  std::iota(columns.begin(), columns.end(), std::uint16_t{0});
  DistinctRows distinct{columns.size()};
  Batch batch{columns.size()};
  std::uint32_t fresh[batch_rows];
  for (std::size_t first = 0; first < all.size(); first += batch_rows) {
    for (auto const column : columns) batch[column] = all.columns()[column].from(first);
    batch.set_rows(static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, all.size() - first)));
    static_cast<void>(distinct.insert(batch, columns, fresh));
  }
  return std::move(distinct).take();
}

}  // namespace inputs

template <meta::Lazy>
std::optional<InputRows> input_rows(PlanView const& plan, Binding const& binding, Value const& value) {
  if (!value.is(ValueKind::tuple)) return std::nullopt;
  auto const parts = plan.bindings_of(binding.parts);
  InputRows made;
  std::vector<std::size_t> places;  // of the variables, among the parts
  for (std::size_t i = 0; i != parts.size(); ++i) {
    if (parts[i].kind != Binding::Kind::scalar) continue;
    made.variables.push_back(parts[i].variable.index);
    places.push_back(i);
  }
  StoredRows all{places.size()};
  auto const add = [&](std::span<Value const> row) {
    if (row.size() < parts.size()) return false;
    for (std::size_t i = 0; i != places.size(); ++i) all.columns()[i].append(Cell{row[places[i]]});
    all.set_size(all.size() + 1);
    return true;
  };
  auto const elements = value.as_tuple();
  switch (binding.kind) {
    case Binding::Kind::tuple:
      if (!add(elements)) return std::nullopt;
      break;
    case Binding::Kind::collection:
      for (auto const& element : elements) static_cast<void>(add({&element, 1}));
      break;
    case Binding::Kind::relation:
      for (auto const& element : elements) {
        if (!element.is(ValueKind::tuple) || !add(element.as_tuple())) return std::nullopt;
      }
      break;
    default: return std::nullopt;
  }
  for (auto const& column : all.columns()) {
    if (all.size() != 0 && (column.kinds() != nullptr || column.kind() == ValueKind::nil)) return std::nullopt;
  }
  made.rows = inputs::without_duplicates(all);
  return made;
}

}  // namespace cairn::query::compiled
