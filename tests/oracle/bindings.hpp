// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Sets of bindings, and their algebra.
#pragma once

#include <cairn/edn/value.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cairn::oracle {

using notation::Value;
using Values = std::vector<Value>;
using Variable = std::string;
using Variables = std::vector<Variable>;
using Row = Values;

/// As queries see values: decimals that differ in their scale alone are one, whose texts are two.
[[nodiscard]] inline std::weak_ordering order_of(Value const& left, Value const& right) {
  if (!left.is_decimal() || !right.is_decimal()) return compare(left, right);
  return notation::detail::compare_exact(notation::detail::exact_of_text(left.as_decimal()), notation::detail::exact_of_text(right.as_decimal()));
}
[[nodiscard]] inline bool same(Value const& left, Value const& right) {
  return left.is_decimal() && right.is_decimal() ? order_of(left, right) == 0 : left == right;
}

struct Less {
  bool operator()(Value const& left, Value const& right) const { return order_of(left, right) < 0; }
  bool operator()(Row const& left, Row const& right) const {
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(), Less{});
  }
};
using RowSet = std::set<Row, Less>;

/// Values for some variables.
using Assignment = std::map<Variable, Value>;

/// A set of bindings of the same variables: row i of `rows` has a value for each of `variables`, and no two rows are
/// equal.
struct Bindings {
  Variables variables{};
  std::vector<Row> rows{};
  /// Those whose values may be names of entities: inputs and functions gave them. What patterns find are values.
  std::set<Variable> names{};

  [[nodiscard]] std::optional<std::size_t> column(Variable const& variable) const {
    auto const found = std::ranges::find(variables, variable);
    if (found == variables.end()) return std::nullopt;
    return static_cast<std::size_t>(found - variables.begin());
  }
  [[nodiscard]] bool binds(Variable const& variable) const { return column(variable).has_value(); }
};

/// One binding, of no variable: what is known before the first clause.
[[nodiscard]] inline Bindings nothing_yet() { return {{}, {Row{}}, {}}; }

/// The same of these variables only. Requires: all are bound.
[[nodiscard]] inline Bindings project(Bindings const& in, Variables const& variables) {
  RowSet rows;
  for (auto const& row : in.rows) {
    Row projected;
    for (auto const& variable : variables) projected.push_back(row[*in.column(variable)]);
    rows.insert(std::move(projected));
  }
  Bindings out{variables, {rows.begin(), rows.end()}, {}};
  for (auto const& variable : variables) {
    if (in.names.contains(variable)) out.names.insert(variable);
  }
  return out;
}

/// Every binding of `in` with every assignment that `assign` has for its row and that does not contradict it. Each
/// assignment has a value for each of `variables`.
template <class Assign>
[[nodiscard]] Bindings extend(Bindings const& in, Variables const& variables, Assign const& assign) {
  Bindings out{in.variables, {}, in.names};
  for (auto const& variable : variables) {
    if (!out.binds(variable)) out.variables.push_back(variable);
  }
  for (auto const& row : in.rows) {
    RowSet additions;
    for (Assignment const& assignment : assign(row)) {
      bool const agrees = std::ranges::all_of(assignment, [&](auto const& one) {
        auto const column = in.column(one.first);
        return !column || same(row[*column], one.second);
      });
      if (!agrees) continue;
      Row addition;
      for (auto i = in.variables.size(); i != out.variables.size(); ++i) {
        addition.push_back(assignment.at(out.variables[i]));
      }
      additions.insert(std::move(addition));
    }
    for (auto const& addition : additions) {
      out.rows.push_back(row);
      out.rows.back().insert(out.rows.back().end(), addition.begin(), addition.end());
    }
  }
  return out;
}

/// The variables that both have.
[[nodiscard]] inline Variables shared(Bindings const& in, Variables const& variables) {
  Variables both;
  for (auto const& variable : variables) {
    if (in.binds(variable)) both.push_back(variable);
  }
  return both;
}

/// All pairs of a binding of each that agree in the variables that both have.
[[nodiscard]] inline Bindings join(Bindings const& left, Bindings const& right) {
  auto const common = shared(left, right.variables);
  std::map<Row, std::vector<Assignment>, Less> by_common;
  for (auto const& row : right.rows) {
    Row key;
    for (auto const& variable : common) key.push_back(row[*right.column(variable)]);
    Assignment assignment;
    for (std::size_t i = 0; i != row.size(); ++i) assignment.emplace(right.variables[i], row[i]);
    by_common[std::move(key)].push_back(std::move(assignment));
  }
  return extend(left, right.variables, [&](Row const& row) {
    Row key;
    for (auto const& variable : common) key.push_back(row[*left.column(variable)]);
    auto const found = by_common.find(key);
    return found == by_common.end() ? std::vector<Assignment>{} : found->second;
  });
}

/// The bindings of `left` that agree with none of `right`. Requires: `left` binds all variables of `right`.
[[nodiscard]] inline Bindings without(Bindings const& left, Bindings const& right) {
  RowSet const excluded{right.rows.begin(), right.rows.end()};
  Bindings out{left.variables, {}, left.names};
  for (auto const& row : left.rows) {
    Row key;
    for (auto const& variable : right.variables) key.push_back(row[*left.column(variable)]);
    if (!excluded.contains(key)) out.rows.push_back(row);
  }
  return out;
}

}  // namespace cairn::oracle
