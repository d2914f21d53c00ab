// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What makes one value of the values of a group.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/aggregate/integer_sum.hpp>
#include <cairn/query/aggregate/number_aggregates.hpp>
#include <cairn/query/aggregate/value_aggregates.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace cairn::query {

/// One aggregate of one group: takes the group's values one by one or many at once, and says what they come to. Copies are
/// independent.
///
/// `add` copies what it keeps: most aggregates keep nothing, `distinct`, `count-distinct`, `rand`, `sample` and custom ones
/// values, `min` and `max` as many as they give, `median` 8 bytes a number, `variance` and `stddev` 8 bytes a number that is no long
/// of 32 bits, or comes in a column with one.
/// Errors of `add` and `result`: `query/where` for what an aggregate does not take, `query/arithmetic` for a sum of longs that is
/// no long, `query/memory`.
class Accumulator {
 public:
  /// `arguments` are those before the variable: `(min 3 ?x)` has one. Errors: `query/where` where there are too many or too few,
  /// or one is no count.
  template <meta::Lazy = {}>
  [[nodiscard]] static Accumulator of(AggregateId id, std::span<Value const> arguments = {}) {
    auto const& info = info_of(id);
    auto const name = std::string{info.name};
    if (!takes(info, arguments.size())) {
      raise(Errc::query_where,
            name + " wants " + (info.most == 0 ? "no number" : info.least == info.most ? "a number" : "at most a number") +
                " before its variable, and got " + std::to_string(arguments.size()) + " arguments there.",
            "{:function " + name + "}");
    }
    for (auto const& argument : arguments) {
      bool const is_count = argument.is(ValueKind::integer) && argument.as_integer() >= 0;
      if (!is_count) detail::refuse(name, "a count (0 or more)", argument);
    }
    auto const count = arguments.empty() ? std::size_t{0} : static_cast<std::size_t>(arguments[0].as_integer());
    return Accumulator{make(id, !arguments.empty(), count)};
  }
  [[nodiscard]] static Accumulator of(CustomAggregate const& aggregate) { return Accumulator{detail::Custom{aggregate}}; }

  void add(Value const& value) {
    std::visit([&](auto& one) { one.add(value); }, state_);
  }
  /// As `add` of each, but that the kind of aggregate is looked up once.
  template <meta::Lazy = {}>
  void add(std::span<Value const> values) {
    std::visit(
        [&](auto& one) {
          for (auto const& value : values) one.add(value);
        },
        state_);
  }
  /// As `add` of each; fast for `sum`, `avg`, `min`, `max` and `count`.
  template <meta::Lazy = {}>
  void add(IntegerColumn const& column) {
    std::visit([&](auto& one) { one.add(column); }, state_);
  }
  /// Longs whose sum is known, `count` of them. Requires that it is a `sum` or an `avg`.
  void add(detail::IntegerSum const& sum, std::size_t count) noexcept {
    if (auto* total = std::get_if<detail::Sum>(&state_)) total->add(sum);
    if (auto* average = std::get_if<detail::Average>(&state_)) average->add(sum, count);
  }

  /// What it keeps beside itself.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return std::visit(
        [](auto const& one) -> std::size_t {
          if constexpr (requires { one.bytes(); }) {
            return one.bytes();
          } else {
            return 0;
          }
        },
        state_);
  }

  /// Of no value at all: 0 for `sum`, `count` and `count-distinct`, an empty collection or nil for others.
  template <meta::Lazy = {}>
  [[nodiscard]] Value result() const {
    return std::visit([](auto const& one) { return one.result(); }, state_);
  }

 private:
  using State = std::variant<detail::Count, detail::Sum, detail::Average, detail::Extreme, detail::Extremes, detail::Distinct,
                             detail::Median, detail::Spread, detail::Sample, detail::Draws, detail::Custom>;

  explicit Accumulator(State state) noexcept : state_{std::move(state)} {}

  static State make(AggregateId id, bool counted, std::size_t count) {
    switch (id) {
      case AggregateId::sum:
        return detail::Sum{};
      case AggregateId::avg:
        return detail::Average{};
      case AggregateId::min:
      case AggregateId::max:
        return counted ? State{detail::Extremes{id, count}} : State{detail::Extreme{id}};
      case AggregateId::count:
        return detail::Count{};
      case AggregateId::count_distinct:
      case AggregateId::distinct:
        return detail::Distinct{id == AggregateId::count_distinct};
      case AggregateId::median:
        return detail::Median{};
      case AggregateId::variance:
      case AggregateId::stddev:
        return detail::Spread{id};
      case AggregateId::random:
        return counted ? State{detail::Draws{count}} : State{detail::Sample{1, true}};
      case AggregateId::sample:
        return detail::Sample{count, false};
    }
    return detail::Count{};
  }

  State state_;
};

}  // namespace cairn::query
