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
  void add(IntegerSum const& sum) noexcept { integers_.add(sum); }

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
  /// As a double, whether it fits a long or not.
  template <meta::Lazy = {}>
  [[nodiscard]] double real() const {
    if (has_real_ || integers_.fits()) return to_double(result());
    return integers_.real() + (big_.is_nil() ? 0.0 : to_double(big_));
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
  void add(IntegerSum const& sum, std::size_t count) noexcept {
    sum_.add(sum);
    count_ += count;
  }
  [[nodiscard]] Value result() const {
    if (count_ == 0) return {};
    return sum_.real() / static_cast<double>(count_);
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
    auto const before = all_.size();
    if (all_.capacity() < before + column.count) all_.reserve((std::max)(before + column.count, before + before / 2));
    all_.resize(before + column.count);
    auto* to = all_.data() + before;  // a vector that grows by one each time is as slow as its end, which is in memory
    for_each(column, [&](std::int64_t number) { *to++ = static_cast<double>(number); });
  }
  [[nodiscard]] std::vector<double> const& all() const noexcept { return all_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return all_.capacity() * sizeof(double); }

 private:
  std::string_view name_;
  std::vector<double> all_{};
};

/// `median`: a double, always; of an even number of values the middle of the two middle ones.
class Median {
 public:
  void add(Value const& value) { numbers_.add(value); }
  void add(IntegerColumn const& column) { numbers_.add(column); }
  [[nodiscard]] std::size_t bytes() const noexcept { return numbers_.bytes(); }

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    auto const& all = numbers_.all();
    if (all.empty()) return {};
    auto const half = all.size() / 2;
    // They often are: an index gives them in order.
    bool in_order = true;
    for (std::size_t i = 1; i < all.size(); ++i) in_order &= all[i - 1] <= all[i];
    if (in_order) return all.size() % 2 == 1 ? all[half] : (all[half - 1] + all[half]) / 2;
    auto ordered = all;
    // NaN is behind all numbers.
    auto const numbers_end = std::partition(ordered.begin(), ordered.end(), [](double number) { return !std::isnan(number); });
    auto const middle = ordered.begin() + static_cast<std::ptrdiff_t>(half);
    if (middle < numbers_end) std::nth_element(ordered.begin(), middle, numbers_end);
    if (ordered.size() % 2 == 1) return *middle;
    auto const before = middle < numbers_end ? std::max_element(ordered.begin(), middle)
                        : numbers_end == middle ? std::max_element(ordered.begin(), numbers_end)
                                                : middle - 1;
    return (*before + *middle) / 2;
  }

 private:
  Numbers numbers_{"median"};
};

/// `variance` and `stddev` of the whole population, doubles. Small longs are summed up, exactly. Others are kept and looked at twice:
/// one pass loses the digits that count where numbers lie close together and far from zero.
class Spread {
 public:
  explicit Spread(AggregateId id) noexcept
      : root_{id == AggregateId::stddev}, sum_{info_of(id).name}, others_{info_of(id).name} {}

  void add(Value const& value) {
    if (value.is(ValueKind::integer) && SmallSquares::takes(value.as_integer())) {
      small_.add(value.as_integer());
    } else {
      sum_.add(value);
      others_.add(value);
    }
  }
  void add(IntegerColumn const& column) {
    if (small_.add(column)) return;
    sum_.add(column);
    others_.add(column);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return others_.bytes(); }

  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    auto const& others = others_.all();
    auto const small = static_cast<double>(small_.count());
    auto const count = small + static_cast<double>(others.size());
    if (count == 0) return {};
    double squares = small_.count() == 0 ? 0 : small_.squares();
    if (!others.empty()) {
      auto sum = sum_;
      sum.add(Value{small_.sum()});
      double const mean = sum.real() / count;
      if (small_.count() != 0) squares += small * (small_.mean() - mean) * (small_.mean() - mean);
      for (double const number : others) squares += (number - mean) * (number - mean);
    }
    double const variance = squares / count;
    return root_ ? std::sqrt(variance) : variance;
  }

 private:
  bool root_;
  Sum sum_;  // of the others
  SmallSquares small_{};
  Numbers others_;
};

}  // namespace cairn::query::detail
