// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random queries over random databases on every view: the engine must answer what the oracle does, or refuse with its code.
#include "asking.hpp"
#include "generator.hpp"
#include "sanitized.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cairn::queries::random_query_test {
namespace {

TEST_CASE("random queries") {
  char const* const long_run = std::getenv("CAIRN_LONG");  // NOLINT(concurrency-mt-unsafe)
  char const* const chosen = std::getenv("CAIRN_SEED");    // NOLINT(concurrency-mt-unsafe)
  std::uint64_t const seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : std::random_device{}();
  std::size_t const wanted = test::is_sanitized ? (long_run != nullptr ? 15'000 : 1'500) : (long_run != nullptr ? 100'000 : 5'000);
  std::cout << "CAIRN_SEED=" << seed << std::endl;  // known also where no assertion is reached any more
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
    static thread_local std::vector<std::pair<char const*, Database>> others;
    if (!data || data->first != seed + number / of_each_database) {
      data.emplace(seed + number / of_each_database, make_data(data_dice));
      views = views_of(database_of(data->second.transactions), data_dice);
      others = views_of(database_of(data->second.other_transactions), data_dice);
    }
    Dice dice{seed * 1'000'003 + number};
    auto const query = make_query(data->second, dice, true);
    auto const inputs = parsed_inputs(query.inputs, query.rules);
    // Of one view each, or of all.
    auto const first = dice(views.size());
    auto const& [other_view, other] = others[dice(others.size())];
    auto const views_of_each = long_run != nullptr ? views.size() : 1;
    for (std::size_t i = 0; i != views_of_each; ++i) {
      auto const& [view, db] = views[(first + i) % views.size()];
      Asked const asked{db, query.has_other ? &other : nullptr};
      auto const expected = ask_oracle(asked, query.text, inputs);
      auto const got = ask_at_run_time(asked, query.text, inputs);
      ++(expected.answer ? answered : refused);
      if (expected.answer && (expected.answer->is_set() || expected.answer->is_sequence())) rows += expected.answer->size();
      if (agree(expected, got, query.is_ordered)) continue;
      ++different;
      if (different > 10) continue;
      differences += "\nquery " + std::to_string(number) + " on " + view + (query.has_other ? std::string{" and "} + other_view : "") + ": " + query.text;
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
}  // namespace cairn::queries::random_query_test
