// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One aggregate of every group of a query.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/accumulator.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::query {

/// An aggregate of many groups, which are numbered from 0. `count`, and `sum`, `avg`, `min` and `max` as long as all values are
/// longs, are columns of numbers; all else is an `Accumulator` a group.
///
/// Errors: those of `Accumulator`.
class GroupedAggregate {
 public:
  /// Of values alone, without arguments before the variable.
  explicit GroupedAggregate(AggregateId id) : id_{id} {
    switch (id) {
      case AggregateId::count: way_ = Way::counts; break;
      case AggregateId::sum: way_ = Way::sums; break;
      case AggregateId::avg: way_ = Way::averages; break;
      case AggregateId::min: way_ = Way::least; break;
      case AggregateId::max: way_ = Way::greatest; break;
      default: break;
    }
  }
  /// One whose groups begin with accumulators that are given.
  GroupedAggregate() = default;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return counts_.capacity() * sizeof(std::uint64_t) + sums_.capacity() * sizeof(detail::IntegerSum) +
           extremes_.capacity() * sizeof(std::int64_t) + others_.capacity() * sizeof(Accumulator) + kept_;
  }
  /// Whether the next group needs `add_group(Accumulator)`.
  [[nodiscard]] bool takes_accumulators() const noexcept { return way_ == Way::others && !id_; }

  void add_group(Accumulator accumulator) { others_.push_back(std::move(accumulator)); }
  /// There are so many groups, more than before.
  void set_groups(std::size_t groups) {
    switch (way_) {
      case Way::counts: counts_.resize(groups); break;
      case Way::sums: sums_.resize(groups); break;
      case Way::averages:
        sums_.resize(groups);
        counts_.resize(groups);
        break;
      case Way::least: extremes_.resize(groups, (std::numeric_limits<std::int64_t>::max)()); break;
      case Way::greatest: extremes_.resize(groups, (std::numeric_limits<std::int64_t>::min)()); break;
      case Way::others:
        if (id_) others_.resize(groups, Accumulator::of(*id_));
        break;
    }
  }

  /// Whether longs are added without a look at each.
  [[nodiscard]] bool is_typed() const noexcept { return way_ != Way::others; }
  [[nodiscard]] bool is_count() const noexcept { return way_ == Way::counts; }

  /// One value more for each of these groups. Requires `is_count()`.
  void count(std::uint32_t const* groups, std::uint32_t rows) noexcept {
    for (std::uint32_t i = 0; i != rows; ++i) ++counts_[groups[i]];
  }
  /// The `i`th long goes to the `i`th group. Requires `is_typed()`.
  void add(std::uint32_t const* groups, std::uint64_t const* words, std::uint32_t rows) noexcept {
    auto const number = [words](std::uint32_t i) { return static_cast<std::int64_t>(words[i]); };
    switch (way_) {
      case Way::counts: return count(groups, rows);
      case Way::averages: count(groups, rows); [[fallthrough]];
      case Way::sums:
        for (std::uint32_t i = 0; i != rows; ++i) sums_[groups[i]].add(number(i));
        return;
      case Way::least:
        for (std::uint32_t i = 0; i != rows; ++i) extremes_[groups[i]] = (std::min)(extremes_[groups[i]], number(i));
        return;
      case Way::greatest:
        for (std::uint32_t i = 0; i != rows; ++i) extremes_[groups[i]] = (std::max)(extremes_[groups[i]], number(i));
        return;
      case Way::others: return;
    }
  }
  /// A column of longs for one group.
  void add(std::uint32_t group, IntegerColumn const& column) {
    switch (way_) {
      case Way::counts: counts_[group] += column.count; return;
      case Way::averages: counts_[group] += column.count; [[fallthrough]];
      case Way::sums: sums_[group].add(column); return;
      case Way::least: extremes_[group] = (std::min)(extremes_[group], detail::least_of(column)); return;
      case Way::greatest: extremes_[group] = (std::max)(extremes_[group], detail::greatest_of(column)); return;
      case Way::others: add_to(others_[group], column); return;
    }
  }
  /// A value of any kind. Requires: not `is_typed()`.
  void add(std::uint32_t group, Value const& value) { add_to(others_[group], value); }

  /// What is no long is coming: what the first `filled` groups have so far goes to accumulators. The others have nothing yet.
  template <meta::Lazy = {}>
  void leave_longs(std::size_t filled) {
    if (way_ == Way::others || way_ == Way::counts) return;
    auto const groups = (std::max)(sums_.size(), extremes_.size());
    others_.reserve(groups);
    for (std::size_t group = 0; group != groups; ++group) others_.push_back(group < filled ? accumulated(group) : Accumulator::of(*id_));
    way_ = Way::others;
    sums_ = {};
    counts_ = {};
    extremes_ = {};
  }

  /// Requires that the group has a value, or that the aggregate is a `count` or has accumulators.
  template <meta::Lazy = {}>
  [[nodiscard]] Value result(std::size_t group) const {
    if (way_ == Way::others) return others_[group].result();
    if (way_ == Way::counts) return static_cast<std::int64_t>(counts_[group]);
    return accumulated(group).result();
  }

 private:
  enum class Way : std::uint8_t { others, counts, sums, averages, least, greatest };

  template <meta::Lazy = {}>
  [[nodiscard]] Accumulator accumulated(std::size_t group) const {
    auto accumulator = Accumulator::of(*id_);
    if (way_ == Way::least || way_ == Way::greatest) {
      accumulator.add(Value{extremes_[group]});
    } else {
      accumulator.add(sums_[group], way_ == Way::averages ? counts_[group] : 0);
    }
    return accumulator;
  }

  template <class What>
  void add_to(Accumulator& accumulator, What const& what) {
    auto const before = accumulator.bytes();
    accumulator.add(what);
    kept_ += accumulator.bytes() - before;
  }

  std::optional<AggregateId> id_{};
  Way way_ = Way::others;
  std::vector<std::uint64_t> counts_{};
  std::vector<detail::IntegerSum> sums_{};
  std::vector<std::int64_t> extremes_{};
  std::vector<Accumulator> others_{};
  std::size_t kept_ = 0;  // by them, beside themselves
};

}  // namespace cairn::query
