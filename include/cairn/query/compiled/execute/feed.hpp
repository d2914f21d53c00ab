// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows on their way from a compiled query to whoever reads them.
#pragma once

#include <cairn/query/run/batch.hpp>

#include <cstdint>
#include <memory>

namespace cairn::query::compiled {

/// How many rows a feed gives at a time to whoever looks at each.
inline constexpr std::uint32_t feed_rows = 256;

/// One pass over the rows of a query, as columns of variables. Used by one thread.
class RowFeed {
 public:
  RowFeed() = default;
  RowFeed(RowFeed const&) = delete;
  RowFeed& operator=(RowFeed const&) = delete;
  virtual ~RowFeed() = default;

  /// The next rows, at most `batch_rows`; 0 at the end, and from then on. Columns are valid until the next call. Errors: those of the
  /// store. After one it is not used any more.
  virtual std::uint32_t next(Column* columns) = 0;
};

/// A query that is ready to run, and the owner of what its rows show. Thread safety: as an immutable value.
class RowsState {
 public:
  RowsState() = default;
  RowsState(RowsState const&) = delete;
  RowsState& operator=(RowsState const&) = delete;
  virtual ~RowsState() = default;

  /// A pass over the rows. What they show is valid as long as the state.
  [[nodiscard]] virtual std::shared_ptr<RowFeed> start() const = 0;
  /// A pass of which only the number of rows is looked at.
  [[nodiscard]] virtual std::shared_ptr<RowFeed> start_counting() const = 0;
};

}  // namespace cairn::query::compiled
