// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query with all that is asked with it, as the shell and the verbs put it together.
#pragma once

#include "backends.hpp"
#include <cairn/query/query.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::tool {

struct Question {
  std::string text{};  ///< of the query
  std::vector<query::GivenInput> inputs{};
  std::vector<std::optional<Database>> databases{};  ///< of the first inputs, those that are some
  QueryOptions options{};
};

/// As many milliseconds as nanoseconds can count at most.
[[nodiscard]] constexpr std::chrono::milliseconds milliseconds(std::int64_t count) noexcept {
  return std::chrono::milliseconds{std::min(count, INT64_MAX / 1'000'000)};
}

/// Sets what `:limit`, `:offset`, `:order-by` and `:timeout` (milliseconds) of a map say; other keys than these,
/// `:query` and
/// `:args` are refused. Errors: `parser/query`.
void set_options(QueryOptions& options, Edn const& map);

/// The answer. Ctrl-C ends it. Errors: those of `q`.
[[nodiscard]] QueryResult ask(Question const& question);
/// How it is answered, in lines.
[[nodiscard]] std::string explain(Question const& question);
/// What the columns of the answer are called: what `:find` names, as it is written, or the keys of return maps.
[[nodiscard]] std::vector<std::string> column_names(std::string const& query);

}  // namespace cairn::tool
