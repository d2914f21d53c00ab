// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One pattern of a query at work, without parser and planner.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/edn/document.hpp>
#include <cairn/query/run/pattern.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test {

/// What comes out of a step, as values.
class RowSink final : public query::StepRunner {
 public:
  explicit RowSink(std::vector<std::uint16_t> variables) : variables_{std::move(variables)} {}
  void push(query::Batch const& in) override {
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      auto& values = rows.emplace_back();
      for (auto const variable : variables_) values.push_back(*query::BorrowedValue{in[variable][row]});
    }
    ++batches;
  }
  void flush() override {}

  std::vector<std::vector<Value>> rows{};
  std::size_t batches = 0;

 private:
  std::vector<std::uint16_t> variables_;
};

/// A pattern's plan: its variables are numbered as they first stand in it, those that come in first.
class PatternPlan {
 public:
  /// `bound`: variables that rows come in with, whether the pattern has them or not. `low`, `high`: limits of the value, by constants
  /// or such variables.
  PatternPlan(std::string const& pattern, std::vector<std::string> bound, query::Limit::Kind low = query::Limit::Kind::none,
              std::string const& low_value = "0", query::Limit::Kind high = query::Limit::Kind::none,
              std::string const& high_value = "0")
      : document_{notation::read("[" + pattern + " " + low_value + " " + high_value + "]")}, variables_{std::move(bound)} {
    auto const root = document_.root();
    auto const known = variables_.size();
    std::map<std::string, std::uint16_t> places;
    std::uint16_t place = 0;
    for (auto const form : root[0]) {
      operands_.push_back(operand_of(form, known, places, place));
      ++place;
    }
    step_.kind = query::Step::Kind::pattern;
    step_.operands = {0, static_cast<std::uint32_t>(operands_.size())};
    if (low != query::Limit::Kind::none) step_.low = {low, limit_of(root[1])};
    if (high != query::Limit::Kind::none) step_.high = {high, limit_of(root[2])};
    for (std::uint16_t i = 0; i != variables_.size(); ++i) live_.push_back(i);
    names_.resize((std::max)(variables_.size(), std::size_t{8}));
  }

  [[nodiscard]] std::vector<std::string> const& variables() const noexcept { return variables_; }
  [[nodiscard]] query::Step const& step() const noexcept { return step_; }
  [[nodiscard]] query::PlanView view() const noexcept {
    query::PlanView plan;
    plan.text = document_.text();
    plan.nodes = document_.nodes();
    plan.operands = operands_;
    plan.constants = constants_;
    plan.names = names_;
    plan.steps = {&step_, 1};
    return plan;
  }
  /// What is looked at afterwards; everything, unless said otherwise.
  std::vector<std::uint16_t> live_{};

 private:
  query::Operand constant(notation::Form form) {
    constants_.push_back({form.index(), false});
    return {query::Operand::Kind::constant, static_cast<std::uint16_t>(constants_.size() - 1)};
  }
  query::Operand limit_of(notation::Form form) {
    if (!form.is(notation::Kind::symbol)) return constant(form);
    auto const found = std::ranges::find(variables_, form.name());
    return {query::Operand::Kind::bound, static_cast<std::uint16_t>(found - variables_.begin())};
  }
  query::Operand operand_of(notation::Form form, std::size_t known, std::map<std::string, std::uint16_t>& places,
                            std::uint16_t place) {
    using Kind = query::Operand::Kind;
    if (form.is_symbol("_")) return {};
    if (!form.is(notation::Kind::symbol) || form.name()[0] != '?') return constant(form);
    std::string const name{form.name()};
    auto const found = std::ranges::find(variables_, name);
    auto const number = static_cast<std::uint16_t>(found - variables_.begin());
    if (found != variables_.end() && number < known) return {Kind::bound, number};
    if (auto const earlier = places.find(name); earlier != places.end()) return {Kind::same, earlier->second};
    places.emplace(name, place);
    variables_.push_back(name);
    return {Kind::free, number};
  }

  notation::Document document_;
  std::vector<std::string> variables_;
  std::vector<query::Operand> operands_{};
  std::vector<query::FormAt> constants_{};
  std::vector<query::FormAt> names_{};
  query::Step step_{};
};

/// All that a pattern finds for rows that come in, in order.
template <class IndexTag>
[[nodiscard]] std::vector<std::vector<Value>> rows_of(PatternPlan const& plan, Db<IndexTag> const& db,
                                                      std::vector<std::vector<Value>> const& in, std::uint32_t at_once = 1024) {
  QueryOptions const options;
  query::QueryContext context{plan.view(), options, {}};
  RowSink sink{plan.live_};
  auto const runner = query::make_pattern_runner(query::StepPlace{context, plan.step(), plan.live_, sink}, db);
  query::Batch batch{context.variables()};
  auto const width = in.empty() ? 0 : in[0].size();
  for (std::size_t first = 0; first < in.size(); first += at_once) {
    auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{at_once}, in.size() - first));
    std::vector<query::ColumnWriter> columns;
    for (std::size_t i = 0; i != width; ++i) {
      columns.emplace_back(context.pool(), static_cast<std::uint16_t>(i));
      for (std::uint32_t row = 0; row != count; ++row) columns.back().put(query::Cell{in[first + row][i]}, row);
      batch[i] = columns.back().column();
    }
    batch.set_rows(count);
    runner->push(batch);
  }
  runner->flush();
  return sink.rows;
}

}  // namespace cairn::test
