// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Asking engines and the oracle alike, and comparing what they say.
#pragma once

#include "conformance/cases.hpp"
#include "generator.hpp"
#include "oracle/oracle.hpp"
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::queries {

using Database = oracle::Database;

/// An answer, or the code of a refusal.
struct Outcome {
  std::optional<Edn> answer;
  Errc code{};
  std::string what;
};

template <class Ask>
Outcome outcome_of(Ask ask) {
  try {
    return {ask(), {}, {}};
  } catch (Error const& error) {
    return {std::nullopt, error.code(), error.what()};
  }
}

[[nodiscard]] std::string shown(Outcome const& outcome);
[[nodiscard]] bool agree(Outcome const& expected, Outcome const& got, bool is_ordered);

/// The database that transactions make.
[[nodiscard]] Database database_of(std::span<std::string const> transactions);
/// The values of one database that queries are asked of.
[[nodiscard]] std::vector<std::pair<char const*, Database>> views_of(Database const& db, Dice& dice);

/// The databases that a query is asked of: `$`, and `$2`, if it names that.
struct Asked {
  Database const& db;
  Database const* other = nullptr;
};

/// What `:in` is given behind the databases: inputs, and the rules, if there are any.
[[nodiscard]] std::vector<Edn> parsed_inputs(std::span<std::string const> inputs, std::string_view rules);
[[nodiscard]] Outcome ask_oracle(Asked const& asked, std::string_view text, std::span<Edn const> inputs);
[[nodiscard]] Outcome ask_at_run_time(Asked const& asked, std::string_view text, std::span<Edn const> inputs);

/// A query that the compiler has read.
struct StaticQuestion {
  std::string_view text;
  std::vector<std::string> inputs;
  std::string_view rules;
  bool has_other;
  bool is_ordered;
  /// The same query; nothing where the schema does not let it be asked.
  std::optional<Edn> (*ask)(Database const& db, Database const& other);
};

/// Asks each query of each view in all three ways. `seed` chooses the views. A check of Catch2.
void check_static_questions(std::uint64_t seed, std::span<std::string const> transactions, std::span<std::string const> other_transactions,
                            std::span<StaticQuestion const> questions);

}  // namespace cairn::queries
