// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What queries need of memory: the benchmark's, on its 20,000 people.
#include "query_databases.hpp"
#include "query_memory.hpp"
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/query/run/plan_cache.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::benchmarks {
namespace {

TEST_CASE("a query needs at most twice its largest intermediate relation beside its result") {
  auto const people = people_facts(first_entity);
  Databases present{"memory: people"};
  present.add(people_and_follows());
  Databases joins{"memory: joins"};
  joins.add(joins_facts(first_entity));
  Databases graph{"memory: graph"};
  graph.add(graph_facts("wide_7x3.tsv", first_entity));
  Databases past{"memory: history", true};
  auto const first = past.add(people);
  past.add(birthdays(people));
  auto const database = [&](std::string_view name) {
    if (name == "people") return present.db();
    if (name == "joins") return joins.db();
    if (name == "rules") return graph.db();
    return name == "as-of" ? past.db().as_of(first) : name == "history" ? past.db().history() : past.db();
  };

  auto in = open_data("queries.edn");
  std::string const text{std::istreambuf_iterator<char>{in}, {}};
  auto const queries = notation::parse(text);
  REQUIRE(queries.size() == 36);
  for (auto const& one : queries.items()) {
    std::vector<query::GivenInput> inputs{query::GivenInput{database(one[1].as_keyword())}};
    for (auto const& input : one[3].items()) inputs.emplace_back(input);
    auto const written = notation::write(one[2]);
    auto const memory = memory_of(written, inputs);
    // Beside rows that it keeps a query has some on their way, and what a step is.
    std::size_t const steps = query::PlanCache::of_program().prepare(written, inputs, {})->view().steps.size();
    INFO(notation::write(one[0]) << ": " << memory.rows << " rows, " << memory.result << " bytes of result, " << memory.beside
                                   << " beside it, largest relation " << memory.intermediate << ", " << steps << " steps");
    CHECK(memory.rows > 0);
    CHECK(memory.beside <= 2 * memory.intermediate + (steps + 1) * (std::size_t{64} << 10U));
  }
}

}  // namespace
}  // namespace cairn::benchmarks
