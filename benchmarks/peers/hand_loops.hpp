// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The queries of the benchmark as a programmer would write them by hand, over any store of hand_stores.hpp.
#pragma once

#include "hand_history.hpp"
#include "hand_stores.hpp"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace cairn::benchmarks {

/// Takes the rows of an answer: how many there are, and a sum so that a compiler computes them.
struct RowSink {
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;
  template <class... Parts>
  void operator()(Parts... parts) {
    ++rows;
    ((sum += static_cast<std::uint64_t>(parts)), ...);
  }
};

/// Loops over a present. Duplicates are removed where the query's answer has none and the data may.
template <class Store>
struct HandLoops {
  Store const& store;
  std::int64_t const ivan = texts().number_of("Ivan");
  std::int64_t const petr = texts().number_of("Petr");
  std::int64_t const male = texts().number_of(":male");
  static constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

  void q1(RowSink& row) const {
    store.with(name, ivan, [&](std::int64_t e) { row(e); });
  }
  void q2(RowSink& row) const {
    auto ages = store.follower(age);
    store.with(name, ivan, [&](std::int64_t e) {
      if (auto const* a = ages.seek(e)) row(e, *a);
    });
  }
  void q3(RowSink& row) const {
    auto ages = store.follower(age);
    auto sexes = store.follower(sex);
    store.with(name, ivan, [&](std::int64_t e) {
      auto const* s = sexes.seek(e);
      if (s == nullptr || *s != male) return;
      if (auto const* a = ages.seek(e)) row(e, *a);
    });
  }
  void q4(RowSink& row) const {
    auto ages = store.follower(age);
    auto sexes = store.follower(sex);
    auto families = store.follower(last_name);
    store.with(name, ivan, [&](std::int64_t e) {
      auto const* s = sexes.seek(e);
      if (s == nullptr || *s != male) return;
      auto const* l = families.seek(e);
      auto const* a = ages.seek(e);
      if (l != nullptr && a != nullptr) row(e, *l, *a);
    });
  }
  void q5(RowSink& row) const {
    absl::flat_hash_set<std::int64_t> of_ivans;
    auto ages = store.follower(age);
    store.with(name, ivan, [&](std::int64_t e) {
      if (auto const* a = ages.seek(e)) of_ivans.insert(*a);
    });
    for (auto const a : of_ivans) {
      auto families = store.follower(last_name);
      store.with(age, a, [&](std::int64_t e) {
        if (auto const* l = families.seek(e)) row(e, *l, a);
      });
    }
  }
  void salary_between(RowSink& row, std::int64_t low, std::int64_t high) const {
    store.between(salary, low, high, [&](std::int64_t s, std::int64_t e) { row(e, s); });
  }
  void qpred(RowSink& row) const { salary_between(row, 50'001, most); }
  void q_pred_range(RowSink& row) const { salary_between(row, 50'001, 79'999); }
  void q_or(RowSink& row) const {
    store.with(name, ivan, [&](std::int64_t e) { row(e); });
    store.with(name, petr, [&](std::int64_t e) { row(e); });
  }
  void q_or_join(RowSink& row) const {
    for (auto const given : {ivan, petr}) {
      auto ages = store.follower(age);
      store.with(name, given, [&](std::int64_t e) {
        if (auto const* a = ages.seek(e)) row(e, *a);
      });
    }
  }
  void q_not(RowSink& row) const {
    auto sexes = store.follower(sex);
    store.scan(age, [&](std::int64_t e, std::int64_t a) {
      auto const* s = sexes.seek(e);
      if (s == nullptr || *s != male) row(e, a);
    });
  }
  void q_5_merge(RowSink& row) const {
    auto names = store.follower(name);
    auto families = store.follower(last_name);
    auto ages = store.follower(age);
    auto salaries = store.follower(salary);
    store.with(sex, male, [&](std::int64_t e) {
      auto const* n = names.seek(e);
      auto const* l = families.seek(e);
      auto const* a = ages.seek(e);
      auto const* s = salaries.seek(e);
      if (n != nullptr && l != nullptr && a != nullptr && s != nullptr) row(e, *n, *l, *a, *s);
    });
  }
  void q_rule(RowSink& row) const {
    store.scan(follows, [&](std::int64_t e, std::int64_t v) { row(e, v); });
  }

  // ---- aggregates: of the distinct rows that the variables under :find make

  template <class Visit>
  void distinct_salaries(Visit visit) const {
    auto last = most;
    store.between(salary, 0, most, [&](std::int64_t s, std::int64_t) {
      if (s != last) visit(s);
      last = s;
    });
  }
  void agg_avg(RowSink& row) const {
    double sum = 0;
    double count = 0;
    distinct_salaries([&](std::int64_t s) {
      sum += static_cast<double>(s);
      ++count;
    });
    row(sum / count);
  }
  void agg_group(RowSink& row) const {
    std::array<std::pair<std::int64_t, std::int64_t>, 2> groups{};  // sums and counts
    auto salaries = store.follower(salary);
    store.scan(sex, [&](std::int64_t e, std::int64_t x) {
      if (auto const* s = salaries.seek(e)) {
        auto& [sum, count] = groups[x == male ? 0 : 1];
        sum += *s;
        ++count;
      }
    });
    for (auto const& [sum, count] : groups) row(static_cast<double>(sum) / static_cast<double>(count), count);
  }
  void agg_filter(RowSink& row) const {
    absl::flat_hash_set<std::int64_t> distinct;
    auto salaries = store.follower(salary);
    store.with(sex, male, [&](std::int64_t e) {
      if (auto const* s = salaries.seek(e)) distinct.insert(*s);
    });
    double sum = 0;
    auto low = most;
    std::int64_t high = 0;
    for (auto const s : distinct) {
      sum += static_cast<double>(s);
      low = std::min(low, s);
      high = std::max(high, s);
    }
    row(sum / static_cast<double>(distinct.size()), low, high);
  }
  void agg_pred(RowSink& row) const {
    absl::flat_hash_set<std::pair<std::int64_t, std::int64_t>> distinct;
    std::array<std::pair<double, double>, 2> groups{};
    store.between(salary, 50'001, most, [&](std::int64_t s, std::int64_t e) {
      auto const* x = store.value(sex, e);
      if (x == nullptr || !distinct.emplace(*x, s).second) return;
      auto& [sum, count] = groups[*x == male ? 0 : 1];
      sum += static_cast<double>(s);
      ++count;
    });
    for (auto const& [sum, count] : groups) row(sum / count);
  }
  void agg_multi(RowSink& row) const {
    absl::flat_hash_set<std::array<std::int64_t, 3>> distinct;
    std::array<std::array<std::pair<double, double>, 64>, 2> groups{};
    auto names = store.follower(name);
    auto salaries = store.follower(salary);
    store.scan(sex, [&](std::int64_t e, std::int64_t x) {
      auto const* n = names.seek(e);
      auto const* s = salaries.seek(e);
      if (n == nullptr || s == nullptr || !distinct.insert({x, *n, *s}).second) return;
      auto& [sum, count] = groups[x == male ? 0 : 1][static_cast<std::size_t>(*n) % 64];
      sum += static_cast<double>(*s);
      ++count;
    });
    for (auto const& of_sex : groups) {
      for (auto const& [sum, count] : of_sex) {
        if (count != 0) row(sum / count);
      }
    }
  }
  void agg_stats(RowSink& row) const {
    std::vector<double> all;
    distinct_salaries([&](std::int64_t s) { all.push_back(static_cast<double>(s)); });
    double sum = 0;
    for (auto const s : all) sum += s;
    auto const count = static_cast<double>(all.size());
    auto const mean = sum / count;
    double squares = 0;
    for (auto const s : all) squares += (s - mean) * (s - mean);
    auto const middle = all.size() / 2;  // they are sorted
    auto const median = all.size() % 2 != 0 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
    row(mean, squares / count, std::sqrt(squares / count), median);
  }

  // ---- joins

  void join_ref_1(RowSink& row) const {
    auto const dept = texts().number_of("dept-99");
    store.with(department_name, dept, [&](std::int64_t d) {
      if (store.value(department_budget, d) == nullptr) return;
      people_of(d, dept, row);
    });
  }
  void join_budget_above(RowSink& row, std::int64_t budget) const {
    store.between(department_budget, budget + 1, most, [&](std::int64_t, std::int64_t d) {
      if (auto const* n = store.value(department_name, d)) people_of(d, *n, row);
    });
  }
  void people_of(std::int64_t d, std::int64_t named, RowSink& row) const {
    auto names = store.follower(person_name);
    store.with(person_department, d, [&](std::int64_t e) {
      if (auto const* n = names.seek(e)) row(*n, named);
    });
  }
  void join_ref_10(RowSink& row) const { join_budget_above(row, 450'000); }
  void join_pred(RowSink& row) const { join_budget_above(row, 400'000); }
  void join_chain(RowSink& row) const {
    absl::flat_hash_set<std::array<std::int64_t, 3>> distinct;
    auto departments = store.follower(person_department);
    store.scan(person_name, [&](std::int64_t e, std::int64_t n) {
      auto const* d = departments.seek(e);
      if (d == nullptr) return;
      auto const* dn = store.value(department_name, *d);
      auto const* v = store.value(department_division, *d);
      if (dn == nullptr || v == nullptr) return;
      auto const* vn = store.value(division_name, *v);
      if (vn != nullptr && distinct.insert({n, *dn, *vn}).second) row(n, *dn, *vn);
    });
  }
  void join_selective(RowSink& row) const {
    absl::flat_hash_set<std::pair<std::int64_t, std::int64_t>> distinct;
    store.between(person_salary, 90'001, most, [&](std::int64_t, std::int64_t e) {
      auto const* n = store.value(person_name, e);
      auto const* d = store.value(person_department, e);
      if (n == nullptr || d == nullptr) return;
      auto const* dn = store.value(department_name, *d);
      if (dn != nullptr && distinct.emplace(*n, *dn).second) row(*n, *dn);
    });
  }
};

// ---- closures, over edges

/// Semi-naive over trees.
inline void closure_by_tree(HandTree const& store, RowSink& row) {
  absl::btree_set<std::pair<std::int64_t, std::int64_t>> all;
  std::vector<std::pair<std::int64_t, std::int64_t>> fresh;
  store.scan(follows, [&](std::int64_t x, std::int64_t y) {
    if (all.emplace(x, y).second) fresh.emplace_back(x, y);
  });
  while (!fresh.empty()) {
    std::vector<std::pair<std::int64_t, std::int64_t>> next;
    for (auto const& [t, y] : fresh) {
      store.with(follows, t, [&, to = y](std::int64_t x) {
        if (all.emplace(x, to).second) next.emplace_back(x, to);
      });
    }
    fresh = std::move(next);
  }
  for (auto const& [x, y] : all) row(x, y);
}

/// Depth first from each node, over a compressed adjacency, with stamps: as fast as a hand makes it.
inline void closure_by_search(HandColumns const& store, RowSink& row) {
  std::int64_t low = std::numeric_limits<std::int64_t>::max();
  std::int64_t high = 0;
  std::size_t edges = 0;
  store.scan(follows, [&](std::int64_t x, std::int64_t y) {
    low = std::min({low, x, y});
    high = std::max({high, x, y});
    ++edges;
  });
  if (edges == 0) return;
  auto const nodes = static_cast<std::size_t>(high - low + 1);
  std::vector<std::uint32_t> begin(nodes + 1);
  std::vector<std::uint32_t> to;
  to.reserve(edges);
  std::size_t filled = 0;
  store.scan(follows, [&](std::int64_t x, std::int64_t y) {
    auto const from = static_cast<std::size_t>(x - low);
    while (filled <= from) begin[filled++] = static_cast<std::uint32_t>(to.size());
    to.push_back(static_cast<std::uint32_t>(y - low));
  });
  while (filled <= nodes) begin[filled++] = static_cast<std::uint32_t>(to.size());
  std::vector<std::uint32_t> stamps(nodes);
  std::vector<std::uint32_t> open;
  for (std::uint32_t x = 0; x != nodes; ++x) {
    open.assign(1, x);
    while (!open.empty()) {
      auto const t = open.back();
      open.pop_back();
      for (auto i = begin[t]; i != begin[t + 1]; ++i) {
        if (stamps[to[i]] == x + 1) continue;
        stamps[to[i]] = x + 1;
        row(low + x, low + to[i]);
        open.push_back(to[i]);
      }
    }
  }
}

/// Loops over all operations. `first` is the transaction that is asked about.
template <class History>
struct HistoryLoops {
  History const& history;
  std::int64_t first;
  std::int64_t const ivan = texts().number_of("Ivan");
  std::int64_t const male = texts().number_of(":male");

  void as_of_q1(RowSink& row) const {
    history.with_at(name, ivan, first, [&](std::int64_t e) { row(e); });
  }
  void as_of_q2(RowSink& row) const {
    history.with_at(name, ivan, first, [&](std::int64_t e) {
      history.value_at(age, e, first, [&](std::int64_t a) { row(e, a); });
    });
  }
  void as_of_q3(RowSink& row) const {
    history.with_at(name, ivan, first, [&](std::int64_t e) {
      bool is_male = false;
      history.value_at(sex, e, first, [&](std::int64_t s) { is_male = s == male; });
      if (is_male) history.value_at(age, e, first, [&](std::int64_t a) { row(e, a); });
    });
  }
  void history_q1(RowSink& row) const {
    auto last = std::int64_t{-1};
    history.operations(name, [&](std::int64_t e, std::int64_t, std::int64_t, bool) {
      if (e != last) row(e);
      last = e;
    });
  }
  void history_q2(RowSink& row) const {
    std::array<std::int64_t, 3> last{-1, -1, -1};
    history.operations(age, [&](std::int64_t e, std::int64_t a, std::int64_t tx, bool) {
      std::array<std::int64_t, 3> const next{e, a, tx};
      if (next != last) row(e, a, tx);
      last = next;
    });
  }
  void history_q3(RowSink& row) const {
    std::pair<std::int64_t, std::int64_t> last{-1, -1};
    history.operations(name, [&](std::int64_t e, std::int64_t n, std::int64_t, bool) {
      if (std::pair{e, n} == last) return;
      last = {e, n};
      history.values_ever(age, e, [&](std::int64_t a) { row(e, n, a); });
    });
  }
  void history_retracted(RowSink& row) const {
    std::pair<std::int64_t, std::int64_t> last{-1, -1};
    history.operations(age, [&](std::int64_t e, std::int64_t a, std::int64_t, bool added) {
      if (added || std::pair{e, a} == last) return;
      last = {e, a};
      row(e, a);
    });
  }
};

}  // namespace cairn::benchmarks
