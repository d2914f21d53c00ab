// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query may use, and what it is asked besides its text.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace cairn {

class FunctionRegistry;

/// Limits of a query and additions to it. What is given here wins over what the text says.
struct QueryOptions {
  /// Errors: `query/timeout` for a query that runs longer.
  std::optional<std::chrono::nanoseconds> timeout{};
  /// Bytes of the rows that a query keeps while it runs, its result among them, of its tables, of the values that it computes and
  /// of the batches on their way, up to 9 KiB for each variable and step and for each bound place of a pattern; of what is pulled, 64
  /// bytes for each entity and value, and the texts. Errors: `query/memory` for one that needs more.
  std::size_t memory = (std::numeric_limits<std::size_t>::max)();
  /// Set by any thread to end the query, with `query/timeout`. It must live as long as the query runs.
  std::atomic<bool> const* cancelled = nullptr;
  /// The C++ functions that the query may name. It must live as long as the query runs.
  FunctionRegistry const* functions = nullptr;
  /// As `:limit` and `:offset`; `:limit` of -1 is none.
  std::optional<std::int64_t> limit{};
  std::optional<std::int64_t> offset{};
  /// As `:order-by`, an EDN vector: `[?name :desc ?age :asc]`.
  std::string order_by{};
};

}  // namespace cairn
