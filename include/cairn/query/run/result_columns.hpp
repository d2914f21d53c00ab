// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a result has beside its cells: what was pulled, and the keys of its maps.
#pragma once

#include <cairn/db/pull/memory.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query::detail {

/// Has what is pulled counted, and seen by the limits.
struct PullWatch {
  QueryContext& context;

  [[nodiscard]] bool poll() const {
    context.charge(cairn::detail::pull_work_a_poll * cairn::detail::pull_bytes_a_unit);
    return context.poll();
  }
};

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
    PullWatch watcher{context};
    static_cast<void>(context.poll());
    found.pulled.push_back({i, source.pull(form, entities, meta::Watch::of(watcher))});
    static_cast<void>(context.poll());
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
