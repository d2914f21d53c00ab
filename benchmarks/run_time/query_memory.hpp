// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query needs of memory while it runs, and what it works on. Whoever includes it includes counted_memory.hpp.
#pragma once

#include "counted_memory.hpp"
#include <cairn/query/query.hpp>
#include <cairn/query/run/plan_cache.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

namespace cairn::benchmarks {

struct MemoryOfQuery {
  std::size_t rows = 0;
  std::size_t result = 0;        ///< bytes that the result keeps
  std::size_t beside = 0;        ///< bytes in use at most, less the result's
  /// Of the largest relation that it works on, 16 bytes a value: the rows between two steps with the variables that live on; and the
  /// entities and values of an attribute that a step may make a table of, which is when it looks at least half as many entities up.
  std::size_t intermediate = 0;
};

/// Waits until no other thread runs: connections make indexes on some, and that is none of a query's.
inline void wait_until_alone() {
  while (std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, {}) != 1) std::this_thread::yield();
}

/// On a thread of its own: what that keeps for later queries counts while it runs, and is gone afterwards. The inputs begin with the
/// database.
[[nodiscard]] inline MemoryOfQuery memory_of(std::string_view text, std::span<query::GivenInput const> inputs) {
  auto const prepared = query::PlanCache::of_program().prepare(text, inputs, {});
  auto const plan = prepared->view();
  MemoryOfQuery memory;
  QueryResult found;
  wait_until_alone();
  CountedMemory::begin();
  std::size_t most = 0;
  auto const before = CountedMemory::live();
  std::thread{[&] {
    query::RunReport report;
    CountedMemory::restart();
    found = query::run_plan(plan, inputs, QueryOptions{}, &report);
    most = CountedMemory::most();
    for (std::size_t i = 0; i != report.rows.size(); ++i) {
      auto const rows = static_cast<std::size_t>(report.rows[i]);
      memory.intermediate = std::max(memory.intermediate, rows * std::max<std::size_t>(1, plan.steps[i].live.count) * 16);
      bool const looks_up = i + 1 != report.rows.size() && plan.steps[i + 1].kind == query::Step::Kind::pattern &&
                            plan.operands_of(plan.steps[i + 1].operands)[0].kind == query::Operand::Kind::bound;
      if (looks_up) memory.intermediate = std::max(memory.intermediate, 2 * rows * 2 * 16);
    }
  }}.join();
  memory.rows = found.size();
  memory.result = CountedMemory::live() - before;
  memory.beside = most - before - memory.result;
  return memory;
}

}  // namespace cairn::benchmarks
