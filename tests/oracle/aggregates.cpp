// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The aggregates of find.
#include "functions.hpp"
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>

#include <cmath>

namespace cairn::oracle {

namespace {

Value sum(Values const& values) {
  auto total = Value::integer(0);
  for (auto const& value : values) total = calculate(Operation::add, total, value);
  return total;
}

double average(Values const& values) { return to_double(sum(values)) / static_cast<double>(values.size()); }

double variance(Values const& values) {
  double const mean = average(values);
  double squares = 0;
  for (auto const& value : values) squares += (to_double(value) - mean) * (to_double(value) - mean);
  return squares / static_cast<double>(values.size());
}

Values sorted(Values values) {
  std::ranges::sort(values, Less{});
  return values;
}

double median(Values const& values) {
  (void)sum(values);  // refuses what is no number
  auto const ordered = sorted(values);
  auto const middle = ordered.size() / 2;
  if (ordered.size() % 2 == 1) return to_double(ordered[middle]);
  return (to_double(ordered[middle - 1]) + to_double(ordered[middle])) / 2;
}

std::map<std::string_view, std::function<Value(std::span<Value const>)>>& own() {
  static std::map<std::string_view, std::function<Value(std::span<Value const>)>> aggregates;
  return aggregates;
}

}  // namespace

void add_aggregate(std::string_view name, std::function<Value(std::span<Value const>)> aggregate) {
  own().insert_or_assign(name, std::move(aggregate));
}

bool is_aggregate(std::string_view name) {
  static std::set<std::string_view> const names{"sum",      "avg",    "min",      "max",    "count", "count-distinct",
                                                "distinct", "median", "variance", "stddev", "rand",  "sample"};
  return names.contains(name) || own().contains(name);
}

Value aggregate(std::string_view name, std::span<Value const> arguments, Values const& values) {
  if (name == "rand" || name == "sample") throw Unspoken{"random aggregates"};
  if (auto const found = own().find(name); found != own().end()) return found->second(values);
  std::set<Value, Less> const distinct{values.begin(), values.end()};
  if (!arguments.empty()) {
    // `(min 3 ?x)`, `(max 3 ?x)`
    bool const sound = (name == "min" || name == "max") && arguments.size() == 1 && arguments[0].is_integer() &&
                       arguments[0].as_integer() >= 0;
    if (!sound) raise(Errc::query_where, std::string{name} + " does not take these arguments.", "{}");
    auto ordered = sorted(values);
    auto const count = std::min(ordered.size(), static_cast<std::size_t>(arguments[0].as_integer()));
    auto const first = name == "min" ? ordered.begin() : ordered.end() - static_cast<std::ptrdiff_t>(count);
    return Value::vector({first, first + static_cast<std::ptrdiff_t>(count)});
  }
  if (name == "sum") return sum(values);
  if (name == "avg") return Value::real(average(values));
  if (name == "min") return sorted(values).front();
  if (name == "max") return sorted(values).back();
  if (name == "count") return Value::integer(static_cast<std::int64_t>(values.size()));
  if (name == "count-distinct") return Value::integer(static_cast<std::int64_t>(distinct.size()));
  if (name == "distinct") return Value::set({distinct.begin(), distinct.end()});
  if (name == "median") return Value::real(median(values));
  if (name == "variance") return Value::real(variance(values));
  return Value::real(std::sqrt(variance(values)));
}

}  // namespace cairn::oracle
