// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What loops written by hand run over: an absl::btree_set of 24-byte tuples in two orders, and sorted columns.
#pragma once

#include "../run_time/workload.hpp"

#include <absl/container/btree_set.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn::benchmarks {

// Both have: scan(a, f(e, v)) by entity; with(a, v, f(e)); between(a, low, high, f(v, e)) by value, limits included;
// value(a, e): a pointer or null; follower(a).seek(e): the same for entities that ascend.

class HandTree {
 public:
  using Row = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  using Set = absl::btree_set<Row>;

  explicit HandTree(Facts const& facts) {
    for (auto const& [e, a, v] : facts) {
      by_entity_.emplace(a, e, v);
      by_value_.emplace(a, v, e);
    }
  }

  template <class Visit>
  void scan(std::int64_t a, Visit visit) const {
    for (auto at = by_entity_.lower_bound({a, lowest, lowest}); at != by_entity_.end() && std::get<0>(*at) == a; ++at) {
      visit(std::get<1>(*at), std::get<2>(*at));
    }
  }
  template <class Visit>
  void with(std::int64_t a, std::int64_t v, Visit visit) const {
    for (auto at = by_value_.lower_bound({a, v, lowest});
         at != by_value_.end() && std::get<0>(*at) == a && std::get<1>(*at) == v; ++at) {
      visit(std::get<2>(*at));
    }
  }
  template <class Visit>
  void between(std::int64_t a, std::int64_t low, std::int64_t high, Visit visit) const {
    for (auto at = by_value_.lower_bound({a, low, lowest});
         at != by_value_.end() && std::get<0>(*at) == a && std::get<1>(*at) <= high; ++at) {
      visit(std::get<1>(*at), std::get<2>(*at));
    }
  }
  [[nodiscard]] std::int64_t const* value(std::int64_t a, std::int64_t e) const {
    auto const at = by_entity_.lower_bound({a, e, lowest});
    return at != by_entity_.end() && std::get<0>(*at) == a && std::get<1>(*at) == e ? &std::get<2>(*at) : nullptr;
  }
  class Follower {
   public:
    Follower(Set const& set, std::int64_t a) : set_{set}, a_{a}, at_{set.lower_bound({a, lowest, lowest})} {}
    std::int64_t const* seek(std::int64_t e) {
      // A few steps along the leaves, then by the root: as whoever merges by hand would do it.
      for (int steps = 0; at_ != set_.end() && std::get<0>(*at_) == a_ && std::get<1>(*at_) < e; ++at_) {
        if (++steps == 16) {
          at_ = set_.lower_bound({a_, e, lowest});
          break;
        }
      }
      return at_ != set_.end() && std::get<0>(*at_) == a_ && std::get<1>(*at_) == e ? &std::get<2>(*at_) : nullptr;
    }

   private:
    Set const& set_;
    std::int64_t a_;
    Set::const_iterator at_;
  };
  [[nodiscard]] Follower follower(std::int64_t a) const { return {by_entity_, a}; }

 private:
  static constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  Set by_entity_;
  Set by_value_;
};

class HandColumns {
 public:
  explicit HandColumns(Facts const& facts) {
    std::array<std::vector<std::pair<std::int64_t, std::int64_t>>, attribute_count> rows;
    for (auto const& [e, a, v] : facts) rows[a].emplace_back(e, v);
    for (std::size_t a = 0; a != rows.size(); ++a) {
      std::ranges::sort(rows[a]);
      rows[a].erase(std::ranges::unique(rows[a]).begin(), rows[a].end());
      for (auto const& [e, v] : rows[a]) {
        columns_[a].e.push_back(e);
        columns_[a].v.push_back(v);
      }
      std::ranges::sort(rows[a], {}, [](auto const& row) { return std::pair{row.second, row.first}; });
      for (auto const& [e, v] : rows[a]) {
        columns_[a].v_sorted.push_back(v);
        columns_[a].e_of_v.push_back(e);
      }
    }
  }

  template <class Visit>
  void scan(std::int64_t a, Visit visit) const {
    auto const& columns = of(a);
    for (std::size_t i = 0; i != columns.e.size(); ++i) visit(columns.e[i], columns.v[i]);
  }
  template <class Visit>
  void with(std::int64_t a, std::int64_t v, Visit visit) const {
    auto const& columns = of(a);
    auto const [from, to] = std::ranges::equal_range(columns.v_sorted, v);
    auto const first = static_cast<std::size_t>(from - columns.v_sorted.begin());
    auto const last = static_cast<std::size_t>(to - columns.v_sorted.begin());
    for (std::size_t i = first; i != last; ++i) visit(columns.e_of_v[i]);
  }
  template <class Visit>
  void between(std::int64_t a, std::int64_t low, std::int64_t high, Visit visit) const {
    auto const& columns = of(a);
    auto const first = static_cast<std::size_t>(std::ranges::lower_bound(columns.v_sorted, low) - columns.v_sorted.begin());
    auto const last = static_cast<std::size_t>(std::ranges::upper_bound(columns.v_sorted, high) - columns.v_sorted.begin());
    for (std::size_t i = first; i < last; ++i) visit(columns.v_sorted[i], columns.e_of_v[i]);
  }
  [[nodiscard]] std::int64_t const* value(std::int64_t a, std::int64_t e) const {
    auto const& columns = of(a);
    auto const at = std::ranges::lower_bound(columns.e, e);
    return at != columns.e.end() && *at == e ? &columns.v[static_cast<std::size_t>(at - columns.e.begin())] : nullptr;
  }
  class Follower {
   public:
    Follower(std::vector<std::int64_t> const& e, std::vector<std::int64_t> const& v) : e_{e}, v_{v} {}
    std::int64_t const* seek(std::int64_t e) {
      std::size_t step = 1;
      while (at_ + step < e_.size() && e_[at_ + step] < e) step *= 2;
      auto const from = e_.begin() + static_cast<std::ptrdiff_t>(at_);
      auto const to = e_.begin() + static_cast<std::ptrdiff_t>(std::min(at_ + step + 1, e_.size()));
      at_ = static_cast<std::size_t>(std::lower_bound(from, to, e) - e_.begin());
      return at_ != e_.size() && e_[at_] == e ? &v_[at_] : nullptr;
    }

   private:
    std::vector<std::int64_t> const& e_;
    std::vector<std::int64_t> const& v_;
    std::size_t at_ = 0;
  };
  [[nodiscard]] Follower follower(std::int64_t a) const { return {of(a).e, of(a).v}; }

 private:
  struct Columns {
    std::vector<std::int64_t> e, v, v_sorted, e_of_v;
  };
  [[nodiscard]] Columns const& of(std::int64_t a) const { return columns_[static_cast<std::size_t>(a)]; }
  std::array<Columns, attribute_count> columns_;
};

}  // namespace cairn::benchmarks
