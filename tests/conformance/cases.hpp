// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reading the cases, doing what they say, and comparing answers.
#pragma once

#include "oracle/oracle.hpp"
#include <cairn/db/db.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/index/persistent_set.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::conformance {

using Edn = notation::Value;
using Database = oracle::Database;

/// The cases of a file, one a line.
[[nodiscard]] std::vector<Edn> read_cases(std::string_view file);

/// The question with the answer that errata.edn has in place of the recorded one; nothing where that stands.
[[nodiscard]] std::optional<Edn> corrected(std::string_view file, Edn const& one, std::size_t number,
                                           Edn const& question);

[[nodiscard]] Database empty_database(Edn const& config);
/// The database after a transaction. `instant`, where it is not nil, is its `:db/txInstant`. Errors: as `transact`.
[[nodiscard]] Database transacted(Database const& db, Edn const& tx, Edn const& instant = {});
/// `[:as-of inst]`, `[:since inst]`, `[:history]` of the database; null: the database itself.
[[nodiscard]] Database view_of(Database const& db, Edn const* view);
/// `[e a v]` of the datoms of an index.
[[nodiscard]] Edn datoms(Database const& db, Edn const& index, Edn const& components);

/// How a vector at the top of an answer compares.
enum class Sequence { ordered, bag };
/// Below the top, vectors compare in order but for those under a key of a map, which are bags.
[[nodiscard]] bool same(Edn const& expected, Edn const& got, Sequence sequence);
/// Whether a query finds a collection, whose order means nothing.
[[nodiscard]] Sequence sequence_of(Edn const& query);

/// What was done; the tests say how much it must be.
struct Tally {
  std::size_t cases = 0;
  std::size_t transactions = 0;
  std::size_t questions = 0;
  std::size_t refused = 0;
  std::size_t corrected = 0;
  std::size_t wrong = 0;
  std::map<std::string, std::size_t> unspoken{};  ///< questions that the oracle doesn't understand, by the reason

  [[nodiscard]] std::size_t not_asked() const;
};

/// The value, or the error in its stead.
struct Outcome {
  Edn value{};
  std::optional<Error> error{};

  [[nodiscard]] std::string text() const;
  /// Whether it is the error that `code` asks for: a keyword, or true for any.
  [[nodiscard]] bool is_refusal(Edn const& code) const;
};

/// Checks the answer to a question by what it expects.
void check(Outcome const& outcome, std::string const& place, Edn const& question, Tally& tally);

/// Asks one question (a map with `:op`, `:expect` or `:error`), the engine and the oracle, and checks both answers.
void ask(Database const& db, Edn const& question, std::string const& place, Tally& tally);
/// Transacts a step and checks that it is accepted, or refused with the code that it says. The database afterwards.
[[nodiscard]] Database take_step(Database const& db, Edn const& step, std::string const& place, Tally& tally);

}  // namespace cairn::conformance
