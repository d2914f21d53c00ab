// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The aggregates of any values: count, count-distinct, distinct, min, max, rand, sample, and those of the program.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/aggregate/custom_aggregate.hpp>
#include <cairn/query/aggregate/integer_sum.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/function/refuse.hpp>
#include <cairn/random/split_mix.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cairn::query::detail {

class Count {
 public:
  void add(Value const&) noexcept { ++count_; }
  void add(IntegerColumn const& column) noexcept { count_ += column.count; }
  [[nodiscard]] Value result() const noexcept { return static_cast<std::int64_t>(count_); }

 private:
  std::size_t count_ = 0;
};

/// `count-distinct`, and `distinct`: a set.
class Distinct {
 public:
  explicit Distinct(bool counted) noexcept : counted_{counted} {}

  void add(Value const& value) { values_.insert(value); }
  void add(IntegerColumn const& column) {
    for (std::size_t i = 0; i != column.count; ++i) values_.insert(Value{column[i]});
  }
  /// Of a value, a hash and a link each, and of the table.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return values_.size() * (sizeof(Value) + 2 * sizeof(void*)) + values_.bucket_count() * sizeof(void*);
  }

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    if (counted_) return static_cast<std::int64_t>(values_.size());
    std::size_t size = 0;
    std::vector<notation::Value> items;
    items.reserve(values_.size());
    for (auto const& value : values_) {
      measure("distinct", value, 1, size);
      items.push_back(canonical(value));
    }
    return value_of_canonical(set_of(std::move(items)));
  }

 private:
  bool counted_;
  std::unordered_set<Value> values_{};
};

/// `(min ?x)` and `(max ?x)`: by the order of values.
class Extreme {
 public:
  explicit Extreme(AggregateId id) noexcept : largest_{id == AggregateId::max} {}

  void add(Value const& value) {
    if (!any_ || (largest_ ? value > best_ : value < best_)) best_ = value;
    any_ = true;
  }
  void add(IntegerColumn const& column) {
    if (column.count != 0) add(Value{largest_ ? greatest_of(column) : least_of(column)});
  }
  [[nodiscard]] Value result() const noexcept { return best_; }

 private:
  bool largest_;
  bool any_ = false;
  Value best_{};
};

/// `(min 3 ?x)` and `(max 3 ?x)`: a tuple in ascending order. Keeps no more than it gives.
class Extremes {
 public:
  Extremes(AggregateId id, std::size_t most) noexcept : largest_{id == AggregateId::max}, most_{most} {}

  void add(Value const& value) {
    if (most_ == 0) return;
    // A heap with the worst of the best in front.
    auto const order = [this](Value const& left, Value const& right) { return before(left, right); };
    if (best_.size() == most_) {
      if (!before(value, best_.front())) return;
      std::ranges::pop_heap(best_, order);
      best_.back() = value;
    } else {
      best_.push_back(value);
    }
    std::ranges::push_heap(best_, order);
  }
  void add(IntegerColumn const& column) {
    for (std::size_t i = 0; i != column.count; ++i) add(Value{column[i]});
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return best_.capacity() * sizeof(Value); }
  [[nodiscard]] Value result() const {
    auto ordered = best_;
    std::ranges::sort(ordered);
    return ordered;
  }

 private:
  [[nodiscard]] bool before(Value const& left, Value const& right) const noexcept {
    return largest_ ? left > right : left < right;
  }

  bool largest_;
  std::size_t most_;
  std::vector<Value> best_{};
};

/// `(rand ?x)`: one of the values; `(sample 3 ?x)`: so many, or all (Vitter: Random sampling with a reservoir, 1985).
class Sample {
 public:
  Sample(std::size_t most, bool single) noexcept : most_{most}, single_{single} {}

  void add(Value const& value) {
    ++seen_;
    if (kept_.size() < most_) {
      kept_.push_back(value);
    } else if (auto const place = random::of_this_thread().below(seen_); place < most_) {
      kept_[static_cast<std::size_t>(place)] = value;
    }
  }
  void add(IntegerColumn const& column) {
    for (std::size_t i = 0; i != column.count; ++i) add(Value{column[i]});
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return kept_.capacity() * sizeof(Value); }
  [[nodiscard]] Value result() const {
    if (!single_) return kept_;
    return kept_.empty() ? Value{} : kept_.front();
  }

 private:
  std::size_t most_;
  bool single_;
  std::uint64_t seen_ = 0;
  std::vector<Value> kept_{};
};

/// Keeps all values of a group.
class Collected {
 public:
  void add(Value const& value) { values_.push_back(value); }
  void add(IntegerColumn const& column) {
    for (std::size_t i = 0; i != column.count; ++i) values_.emplace_back(column[i]);
  }
  [[nodiscard]] std::vector<Value> const& values() const noexcept { return values_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return values_.capacity() * sizeof(Value); }

 private:
  std::vector<Value> values_{};
};

/// `(rand 3 ?x)`: so many, each drawn from all.
class Draws : public Collected {
 public:
  explicit Draws(std::size_t count) noexcept : count_{count} {}

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    if (count_ > most_elements) refuse_size("rand", "more than a million values");
    std::vector<Value> drawn;
    for (std::size_t i = 0; i != count_ && !values().empty(); ++i) {
      drawn.push_back(values()[static_cast<std::size_t>(random::of_this_thread().below(values().size()))]);
    }
    return drawn;
  }

 private:
  std::size_t count_;
};

class Custom : public Collected {
 public:
  explicit Custom(CustomAggregate const& aggregate)
      : function_{std::make_shared<CustomAggregate::Function const>(aggregate.function)} {}
  explicit Custom(std::shared_ptr<CustomAggregate::Function const> function) noexcept : function_{std::move(function)} {}

  [[nodiscard]] Value result() const { return (*function_)(values()); }

 private:
  std::shared_ptr<CustomAggregate::Function const> function_;
};

}  // namespace cairn::query::detail
