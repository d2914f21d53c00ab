// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How many rows a pattern is expected to find: what a planner asks, and what it assumes where nobody knows.
#pragma once

#include <cairn/query/plan/plan.hpp>

#include <concepts>
#include <cstdint>

namespace cairn::query {

/// A pattern as a planner sees it before it is taken: which places are known by then, and the forms of those that are
/// constant.
struct PatternQuestion {
  enum class Place : std::uint8_t {
    open,      ///< blank, or a variable that the pattern would give a value
    bound,     ///< a variable that has a value by then
    constant,  ///< written down
  };
  std::uint16_t source = 0;
  Place entity = Place::open;
  Place attribute = Place::open;
  Place value = Place::open;
  Place transaction = Place::open;
  Place added = Place::open;
  FormAt entity_form{};  ///< of a constant, as the next two
  FormAt attribute_form{};
  FormAt value_form{};
  Place low = Place::open;  ///< whether predicates limit the value from below
  Place high = Place::open;
  FormAt low_form{};
  FormAt high_form{};
};

/// What plans are ordered by. `rows` is the number of rows that a pattern is expected to find for one row that comes
/// in, any number from 0; it may be wrong, but must not throw.
template <class S>
concept PatternStatistics = requires(S const& statistics, PatternQuestion const& question) {
  { statistics.rows(question) } -> std::convertible_to<double>;
  { S::knows } -> std::convertible_to<bool>;  ///< whether the numbers come from data, so that they are worth showing
};

/// What is known of an attribute, for `expected_rows`.
struct AttributeFacts {
  double datoms = 0;      ///< of that attribute
  bool one = false;       ///< an entity has at most one value of it
  bool unique = false;    ///< a value belongs to at most one entity
  double matching = -1;   ///< datoms with the constant value, or between the limits; negative: not known
  double per_value = -1;  ///< datoms with the same value, as a rule; negative: not known
};

/// What a pattern with a constant attribute is expected to find. For those who implement `PatternStatistics`.
constexpr double expected_rows(PatternQuestion const& question, AttributeFacts const& facts) {
  using Known = PatternQuestion::Place;
  if (facts.datoms <= 0) return 0;
  bool const limited = question.low != Known::open || question.high != Known::open;
  bool const entity = question.entity != Known::open;
  bool const value = question.value != Known::open;
  double const share = facts.matching >= 0                                           ? facts.matching / facts.datoms
                       : question.low != Known::open && question.high != Known::open ? 0.1
                       : limited                                                     ? 0.3
                                                                                     : 1.0;
  if (entity && value) return facts.matching >= 0 ? share : facts.unique ? 0.01 : 0.2;
  if (entity) return (facts.one ? 1.0 : 3.0) * share;
  if (facts.matching >= 0) return facts.matching;
  if (value && !facts.unique && facts.per_value > 0) return facts.per_value;
  if (value) return facts.unique ? 1.0 : facts.datoms < 64 ? 0.1 * facts.datoms : 6.0 + facts.datoms / 400;
  return facts.datoms * share;
}

/// What to assume of data that nobody has seen: known constants are rarer than bound values, ranges rarer than
/// attributes.
struct NoStatistics {
  static constexpr bool knows = false;

  [[nodiscard]] constexpr double rows(PatternQuestion const& question) const {
    using Known = PatternQuestion::Place;
    bool const entity = question.entity != Known::open;
    bool const attribute = question.attribute != Known::open;
    bool const value = question.value != Known::open;
    bool const low = question.low != Known::open;
    bool const high = question.high != Known::open;
    double rows = 0;
    if (entity) {
      rows = attribute ? (value ? 0.3 : low || high ? 0.5 : 1.0) : value ? 0.6 : 8.0;
    } else if (value) {
      rows = attribute ? (question.value == Known::constant ? 100.0 : 20.0) : 5e4;
    } else if (attribute) {
      rows = low && high ? 1e3 : low || high ? 3e3 : 1e4;
    } else {
      rows = 1e6;
    }
    if (question.transaction != Known::open) rows *= 0.3;
    if (question.added != Known::open) rows *= 0.9;
    return rows;
  }
};

}  // namespace cairn::query
