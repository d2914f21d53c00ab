// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random queries over random databases on every view: the engine must answer what the oracle does, or refuse with its code.
#include "conformance/cases.hpp"
#include "generator.hpp"
#include "oracle/oracle.hpp"
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cairn::queries {
namespace {

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

std::string shown(Outcome const& outcome) {
  return outcome.answer ? notation::write(*outcome.answer) : "refused: " + outcome.what;
}

bool agree(Outcome const& expected, Outcome const& got) {
  if (expected.answer && got.answer) return conformance::same(*expected.answer, *got.answer, conformance::Sequence::bag);
  return !expected.answer && !got.answer && expected.code == got.code;
}

/// The values of one database that queries are asked of.
std::vector<std::pair<char const*, Database>> views_of(Database const& db, Dice& dice) {
  auto const tx = [&] { return first_transaction + static_cast<EntityId>(dice(6)); };
  auto const some = [](Database const&, Datom const& datom) { return datom.e % 3 != 0; };
  return {{"now", db},
          {"as of", db.as_of(tx())},
          {"since", db.since(tx())},
          {"history", db.history()},
          {"filtered", db.filter(some)},
          {"as of, filtered", db.as_of(tx()).filter(some)}};
}

TEST_CASE("random queries") {
  char const* const long_run = std::getenv("CAIRN_LONG");  // NOLINT(concurrency-mt-unsafe)
  char const* const chosen = std::getenv("CAIRN_SEED");    // NOLINT(concurrency-mt-unsafe)
  std::uint64_t const seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : std::random_device{}();
  std::size_t const wanted = long_run != nullptr ? 100'000 : 5'000;
  constexpr std::size_t of_each_database = 50;
  std::size_t answered = 0;
  std::size_t refused = 0;
  std::size_t rows = 0;
  std::size_t different = 0;
  std::string differences;
  for (std::size_t number = 0; number != wanted; ++number) {
    // Each database and each query has dice of its own, so that one can be asked again alone.
    Dice data_dice{seed + number / of_each_database};
    static thread_local std::optional<std::pair<std::uint64_t, RandomData>> data;
    static thread_local std::vector<std::pair<char const*, Database>> views;
    if (!data || data->first != seed + number / of_each_database) {
      data.emplace(seed + number / of_each_database, make_data(data_dice));
      auto db = conformance::empty_database(notation::parse("{:keep-history? true :schema-flexibility :write}"));
      for (auto const& transaction : data->second.transactions) db = conformance::transacted(db, notation::parse(transaction));
      views = views_of(db, data_dice);
    }
    Dice dice{seed * 1'000'003 + number};
    auto const query = make_query(data->second, dice);
    auto const& [view, db] = dice.one_of(views);

    std::vector<Edn> inputs;
    for (auto const& input : query.inputs) inputs.push_back(notation::parse(input));
    if (!query.rules.empty()) inputs.push_back(notation::parse(query.rules));
    auto const expected = outcome_of([&] { return oracle::q(db, notation::parse(query.text), inputs); });
    auto const got = outcome_of([&] {
      std::vector<query::GivenInput> given{query::GivenInput{db}};
      for (auto const& input : inputs) given.emplace_back(input);
      return query_with(query.text, given).to_edn();
    });
    ++(expected.answer ? answered : refused);
    if (expected.answer) rows += expected.answer->size();
    if (agree(expected, got)) continue;
    ++different;
    if (different <= 10) {
      differences += "\nquery " + std::to_string(number) + " on " + view + ": " + query.text;
      for (auto const& input : query.inputs) differences += "\n  " + input;
      if (!query.rules.empty()) differences += "\n  " + query.rules;
      differences += "\n  expected " + shown(expected) + "\n  got      " + shown(got);
    }
  }
  INFO("CAIRN_SEED=" << seed << ": " << answered << " answered, " << refused << " refused, " << rows << " rows, " << different
                     << " different" << differences);
  CHECK(different == 0);
  CHECK(answered > 9 * refused);
  if (different == 0) SUCCEED("no difference");
}

}  // namespace
}  // namespace cairn::queries
