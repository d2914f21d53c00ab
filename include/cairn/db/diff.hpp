// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What two database values do not have in common.
#pragma once

#include <cairn/db/db.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn {

/// The facts that only one of two databases holds, each in the order of EAVT, with the transaction that said it there.
struct DbDiff {
  std::vector<Datom> removed{};  ///< of the first
  std::vector<Datom> added{};    ///< of the second

  [[nodiscard]] bool empty() const noexcept { return removed.empty() && added.empty(); }
};

namespace detail {

/// Attributes by number, for databases that may have given one number to two attributes, each after they went different ways.
template <class IndexTag>
class FactOrder {
 public:
  FactOrder(Db<IndexTag> const& before, Db<IndexTag> const& after) {
    auto const& mine = before.schema().attributes();
    auto const& other = after.schema().attributes();
    for (std::size_t i = 0; i != (std::min)(std::size(mine), std::size(other)); ++i) {
      bool const differs = mine[i] && other[i] && mine[i]->ident != other[i]->ident;
      differs_.push_back(differs);
      same_ = same_ && !differs;
    }
  }

  /// Whether every number means the same attribute in both.
  [[nodiscard]] bool is_common() const noexcept { return same_; }

  /// By entity, attribute and value: who said it, and when, is no part of a fact.
  std::strong_ordering operator()(auto const& left, auto const& right) const noexcept {
    if (auto const order = left.e <=> right.e; order != 0) return order;
    if (auto const order = left.a <=> right.a; order != 0) return order;
    if (auto const order = compare(left.v, right.v); order != 0) return order;
    return left.a < differs_.size() && differs_[left.a] ? std::strong_ordering::less : std::strong_ordering::equal;
  }

 private:
  std::vector<bool> differs_{};
  bool same_ = true;
};

/// Takes from each what both have: the same fact under two numbers of its attribute.
inline void cancel_common(DbDiff& diff) {
  auto const fact = [](Datom const& datom) { return std::tie(datom.e, datom.a, datom.v); };
  auto const by_fact = [&](Datom const& left, Datom const& right) { return fact(left) < fact(right); };
  std::ranges::sort(diff.removed, by_fact);
  std::ranges::sort(diff.added, by_fact);
  DbDiff rest;
  std::ranges::set_difference(diff.removed, diff.added, std::back_inserter(rest.removed), by_fact);
  std::ranges::set_difference(diff.added, diff.removed, std::back_inserter(rest.added), by_fact);
  diff = std::move(rest);
}

}  // namespace detail

/// What leads from `before` to `after`: the facts that are true in one alone. Attributes are compared by name.
///
/// Complexity: of two values of one store, linear in what was changed between them, since what they share is not looked at; otherwise, and
/// for views of the past or filtered ones, linear in both. Memory: the answer. Errors: those of reading.
template <class IndexTag>
[[nodiscard]] DbDiff diff(Db<IndexTag> const& before, Db<IndexTag> const& after) {
  DbDiff result;
  detail::FactOrder<IndexTag> const order{before, after};
  auto const removed = [&](auto const& datom) { result.removed.push_back(detail::to_datom(datom, before.schema())); };
  auto const added = [&](auto const& datom) { result.added.push_back(detail::to_datom(datom, after.schema())); };
  auto const& mine = before.snapshot().current.eavt;
  auto const& other = after.snapshot().current.eavt;
  if constexpr (requires { mine.for_each_difference(other, removed, added, order); }) {
    if (before.view().is_plain() && after.view().is_plain()) {
      mine.for_each_difference(other, removed, added, order);
      if (!order.is_common()) detail::cancel_common(result);
      return result;
    }
  }
  auto const left = before.datoms(eavt);
  auto const right = after.datoms(eavt);
  auto from = left.begin();
  auto to = right.begin();
  while (from != left.end() && to != right.end()) {
    std::strong_ordering const which = order(from.raw(), to.raw());
    if (which < 0) removed(from.raw());
    if (which > 0) added(to.raw());
    if (which <= 0) ++from;
    if (which >= 0) ++to;
  }
  for (; from != left.end(); ++from) removed(from.raw());
  for (; to != right.end(); ++to) added(to.raw());
  if (!order.is_common()) detail::cancel_common(result);
  return result;
}

}  // namespace cairn
