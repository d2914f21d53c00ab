// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// All operations ever, for loops written by hand that look at the past: in a tree, and in a sorted column of rows.
#pragma once

#include "../run_time/workload.hpp"

#include <absl/container/btree_set.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace cairn::benchmarks {

/// Attribute, entity, value (or value, entity), and 2 * transaction + whether it was added.
using OperationRow = std::array<std::int64_t, 4>;

class SortedOperations {
 public:
  void insert(OperationRow const& row) { rows_.push_back(row); }
  void finish() { std::ranges::sort(rows_); }
  [[nodiscard]] auto lower_bound(OperationRow const& row) const { return std::ranges::lower_bound(rows_, row); }
  [[nodiscard]] auto end() const { return rows_.end(); }

 private:
  std::vector<OperationRow> rows_;
};

class TreeOfOperations : public absl::btree_set<OperationRow> {
 public:
  void finish() {}
};

/// `Rows` is one of the two above.
template <class Rows>
class HandHistory {
 public:
  void add(Fact const& fact, std::int64_t transaction, bool added) {
    auto const operation = 2 * transaction + (added ? 1 : 0);
    by_entity_.insert({fact.a, fact.e, fact.v, operation});
    by_value_.insert({fact.a, fact.v, fact.e, operation});
  }
  void finish() {
    by_entity_.finish();
    by_value_.finish();
  }

  /// Every operation of an attribute: visit(e, v, transaction, added).
  template <class Visit>
  void operations(std::int64_t a, Visit visit) const {
    for (auto at = by_entity_.lower_bound({a, lowest, lowest, lowest}); at != by_entity_.end() && (*at)[0] == a; ++at) {
      visit((*at)[1], (*at)[2], (*at)[3] / 2, (*at)[3] % 2 != 0);
    }
  }
  /// The entities that had the value at that transaction, in order: visit(e).
  template <class Visit>
  void with_at(std::int64_t a, std::int64_t v, std::int64_t transaction, Visit visit) const {
    for (auto at = by_value_.lower_bound({a, v, lowest, lowest}); at != by_value_.end() && (*at)[0] == a && (*at)[1] == v;) {
      auto const e = (*at)[2];
      bool holds = false;
      for (; at != by_value_.end() && (*at)[0] == a && (*at)[1] == v && (*at)[2] == e; ++at) {
        if ((*at)[3] / 2 <= transaction) holds = (*at)[3] % 2 != 0;
      }
      if (holds) visit(e);
    }
  }
  /// What the entity had at that transaction, of an attribute of one value: visit(v).
  template <class Visit>
  void value_at(std::int64_t a, std::int64_t e, std::int64_t transaction, Visit visit) const {
    for (auto at = by_entity_.lower_bound({a, e, lowest, lowest}); at != by_entity_.end() && (*at)[0] == a && (*at)[1] == e;) {
      auto const v = (*at)[2];
      bool holds = false;
      for (; at != by_entity_.end() && (*at)[0] == a && (*at)[1] == e && (*at)[2] == v; ++at) {
        if ((*at)[3] / 2 <= transaction) holds = (*at)[3] % 2 != 0;
      }
      if (holds) visit(v);
    }
  }
  /// Every value that the entity ever had, once: visit(v).
  template <class Visit>
  void values_ever(std::int64_t a, std::int64_t e, Visit visit) const {
    auto last = lowest;
    for (auto at = by_entity_.lower_bound({a, e, lowest, lowest}); at != by_entity_.end() && (*at)[0] == a && (*at)[1] == e; ++at) {
      if ((*at)[2] != last) visit((*at)[2]);
      last = (*at)[2];
    }
  }

 private:
  static constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  Rows by_entity_;
  Rows by_value_;
};

}  // namespace cairn::benchmarks
