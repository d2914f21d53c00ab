// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a result has beside its cells: what was pulled, and the keys of its maps.
#pragma once

#include <cairn/edn/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/result.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query::detail {

template <meta::Lazy = {}>
inline void pull_columns(QueryContext& context, Found& found, std::span<Cell const> patterns) {
  auto const& plan = context.plan();
  for (std::size_t i = 0; i != plan.find.size(); ++i) {
    if (plan.find[i].kind != Find::Kind::pull) continue;
    std::vector<Cell> entities;
    entities.reserve(found.rows.size());
    for (std::size_t row = 0; row != found.rows.size(); ++row) entities.push_back(found.rows.at(row, i));
    BorrowedValue const pattern{patterns[i]};
    auto const form = to_edn(*pattern);
    auto const& source = context.source(plan.find[i].source);
    std::vector<notation::Value> pulled;
    pulled.reserve(entities.size());
    // A pull may be long: a few at a time, so that a limit of time is seen. Once at least, for what the pattern is refused for.
    constexpr std::size_t few = 64;
    std::size_t done = 0;
    do {
      static_cast<void>(context.poll());
      auto const next = std::span<Cell const>{entities}.subspan(done, (std::min)(few, entities.size() - done));
      std::ranges::move(source.pull(form, next), std::back_inserter(pulled));
      done += next.size();
    } while (done != entities.size());
    found.pulled.push_back({i, std::move(pulled)});
  }
}

template <meta::Lazy = {}>
[[nodiscard]] inline std::vector<notation::Value> keys_of(PlanView const& plan) {
  using Edn = notation::Value;
  std::vector<Edn> keys;
  for (auto const at : plan.keys) {
    auto const name = form_of(plan, at).raw();
    keys.push_back(plan.row_keys == RowKeys::keywords  ? Edn::keyword(name)
                   : plan.row_keys == RowKeys::strings ? Edn::string(std::string{name})
                                                       : Edn::symbol(name));
  }
  return keys;
}

}  // namespace cairn::query::detail
