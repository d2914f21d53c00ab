// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the steps of a compiled query are.
#pragma once

#include <cairn/query/compiled/execute/prepare.hpp>
#include <cairn/query/compiled/execute/seen_rows.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace cairn::query::compiled {

/// Room for objects that somebody else makes and ends.
template <class T, std::size_t Count>
union Room {
  Room() noexcept {}  // NOLINT(modernize-use-equals-default): nothing is made
  ~Room() {}          // NOLINT(modernize-use-equals-default): nothing is ended

  std::array<T, Count> objects;
};

/// The steps of a query, the values of its variables, and `Words` words of rows. A base before the feed, which makes the steps and ends them: no query has
/// code of its own for that, where it was a fifth of it.
template <class IndexTag, std::size_t Names, std::size_t Loops, std::size_t Looks, std::size_t Compares, std::size_t Sets,
          std::size_t Words>
class StepRoom {
 protected:
  std::array<std::uint64_t, Names> words_;
  std::array<ValueKind, Names> kinds_;
  Room<ScanStep<IndexTag>, Loops> loops_;
  Room<LookStep<IndexTag>, Looks> looks_;
  Room<CompareStep, Compares> compares_;
  Room<SeenRows, Sets> sets_;
  std::array<std::uint64_t, Words> rows_;
};

}  // namespace cairn::query::compiled
