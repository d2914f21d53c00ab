// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the steps of a compiled query are.
#pragma once

#include <cairn/query/compiled/execute/prepare.hpp>
#include <cairn/query/compiled/execute/seen_rows.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace cairn::query::compiled {

/// Room for objects that somebody else makes and ends.
template <class T, std::size_t Count>
class Room {
 public:
  Room() noexcept {}  // NOLINT(modernize-use-equals-default): that would set it

  /// To make the first one at.
  [[nodiscard]] T* begin() noexcept { return reinterpret_cast<T*>(bytes_); }
  /// Requires that it was made.
  [[nodiscard]] T& operator[](std::size_t at) noexcept { return *std::launder(begin() + at); }
  [[nodiscard]] T const& operator[](std::size_t at) const noexcept {
    return *std::launder(reinterpret_cast<T const*>(bytes_) + at);
  }

 private:
  alignas(T) std::byte bytes_[(std::max)(Count, std::size_t{1}) * sizeof(T)];
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
