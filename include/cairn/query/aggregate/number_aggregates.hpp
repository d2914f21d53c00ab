// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The aggregates of numbers: sum, avg, median, variance, stddev.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/aggregate/integer_sum.hpp>
#include <cairn/query/function/arithmetic.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::query::detail {

/// `sum`: a long of longs, a double where there is one among them. Longs are summed exactly, whatever the order; so a result
/// that is a long again is one.
class Sum {
 public:
  explicit Sum(std::string_view name = "sum") noexcept : name_{name} {}

  void add(Value const& value) {
    if (value.is(ValueKind::integer)) {
      integers_.add(value.as_integer());
    } else if (is_real(value)) {
      real_ += value.as_double();
      has_real_ = true;
    } else {
      add_other(value);
    }
  }
  void add(IntegerColumn const& column) noexcept { integers_.add(column); }

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    if (has_real_) return integers_.real() + real_ + (big_.is_nil() ? 0.0 : to_double(big_));
    if (!integers_.fits()) {
      raise(Errc::query_arithmetic, std::string{name_} + ": the sum does not fit a long. Sum doubles or bigints.",
            "{:function " + std::string{name_} + "}");
    }
    Value const integers{integers_.value()};
    return big_.is_nil() ? integers : calculate(FunctionId::add, big_, integers, name_);
  }

 private:
  template <meta::Lazy = {}>
  void add_other(Value const& value) {
    big_ = calculate(FunctionId::add, big_.is_nil() ? Value{0} : big_, value, name_);
  }

  std::string_view name_;
  IntegerSum integers_{};
  double real_ = 0;
  bool has_real_ = false;
  Value big_{};
};

/// `avg`: a double, always.
class Average {
 public:
  void add(Value const& value) {
    sum_.add(value);
    ++count_;
  }
  void add(IntegerColumn const& column) noexcept {
    sum_.add(column);
    count_ += column.count;
  }
  [[nodiscard]] Value result() const {
    if (count_ == 0) return {};
    return to_double(sum_.result()) / static_cast<double>(count_);
  }

 private:
  Sum sum_{"avg"};
  std::size_t count_ = 0;
};

/// Numbers that an aggregate looks at together, as doubles.
class Numbers {
 public:
  explicit Numbers(std::string_view name) noexcept : name_{name} {}

  void add(Value const& value) {
    if (!value.is_number()) refuse(name_, "numbers", value);
    all_.push_back(to_double(value));
  }
  void add(IntegerColumn const& column) {
    all_.reserve((std::max)(all_.capacity(), all_.size() + column.count));
    for (std::size_t i = 0; i != column.count; ++i) all_.push_back(static_cast<double>(column[i]));
  }
  [[nodiscard]] std::vector<double> const& all() const noexcept { return all_; }

 private:
  std::string_view name_;
  std::vector<double> all_{};
};

/// `median`: a double, always; of an even number of values the middle of the two middle ones.
class Median {
 public:
  void add(Value const& value) { numbers_.add(value); }
  void add(IntegerColumn const& column) { numbers_.add(column); }

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    auto ordered = numbers_.all();
    if (ordered.empty()) return {};
    auto const less = [](double left, double right) { return cairn::detail::compare(left, right) < 0; };
    auto const middle = ordered.begin() + static_cast<std::ptrdiff_t>(ordered.size() / 2);
    std::nth_element(ordered.begin(), middle, ordered.end(), less);
    if (ordered.size() % 2 == 1) return *middle;
    return (*std::max_element(ordered.begin(), middle, less) + *middle) / 2;
  }

 private:
  Numbers numbers_{"median"};
};

/// `variance` and `stddev` of the whole population, doubles. Two passes: one alone loses the digits that count where the values
/// lie close together and far from zero.
class Spread {
 public:
  explicit Spread(AggregateId id) noexcept
      : root_{id == AggregateId::stddev}, sum_{info_of(id).name}, numbers_{info_of(id).name} {}

  void add(Value const& value) {
    sum_.add(value);
    numbers_.add(value);
  }
  void add(IntegerColumn const& column) {
    sum_.add(column);
    numbers_.add(column);
  }

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    auto const& all = numbers_.all();
    if (all.empty()) return {};
    auto const count = static_cast<double>(all.size());
    double const mean = to_double(sum_.result()) / count;
    double squares = 0;
    for (double const number : all) squares += (number - mean) * (number - mean);
    double const variance = squares / count;
    return root_ ? std::sqrt(variance) : variance;
  }

 private:
  bool root_;
  Sum sum_;
  Numbers numbers_;
};

}  // namespace cairn::query::detail
