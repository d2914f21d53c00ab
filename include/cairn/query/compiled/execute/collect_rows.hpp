// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How the rows of a static query become a result.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/collect.hpp>
#include <cairn/query/compiled/execute/program.hpp>
#include <cairn/query/run/arrange.hpp>
#include <cairn/query/run/collector.hpp>
#include <cairn/query/run/query_context.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cairn::query::compiled {

template <meta::Lazy>
QueryResult collect(RowFeed& feed, bool has_duplicates, PlanView const& plan, std::shared_ptr<Source const> database,
                    std::shared_ptr<void const> owner) {
  QueryOptions const options;
  QueryContext context{plan, options, {std::move(database)}};
  context.keep(std::move(owner));
  auto const variables = programs::row_variables(plan);
  auto const most = query::detail::most_rows(plan, plan.offset, plan.limit);
  if (most == 0) context.stop();
  Collector collector{context, !has_duplicates, most};
  Batch batch{context.variables()};
  std::vector<Column> columns(variables.size());
  while (!context.stopped()) {
    auto const rows = feed.next(columns.data());
    if (rows == 0) break;
    for (std::size_t i = 0; i != variables.size(); ++i) batch[variables[i]] = columns[i];
    batch.set_rows(rows);
    collector.push(batch);
  }
  auto found = std::make_shared<Found>(plan.shape, collector.take());
  if (!plan.having.empty()) query::detail::keep_having(context, *found);
  if (!plan.order.empty()) query::detail::sort_rows(context, *found, plan.order);
  query::detail::page(context, *found, plan.offset, query::detail::shown_rows(plan.shape, plan.limit));
  found->holdings = std::move(context.holdings());
  return QueryResult{std::move(found)};
}

}  // namespace cairn::query::compiled
