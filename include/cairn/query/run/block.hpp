// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The steps of a block at work, one behind the other.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/distinct.hpp>
#include <cairn/query/plan/variable_set.hpp>
#include <cairn/query/run/query_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cairn::query {

/// The runner of a step of any kind.
template <meta::Lazy = {}>
[[nodiscard]] std::unique_ptr<StepRunner> make_runner(StepPlace const& place);
/// One that removes rows that are the same in `live`.
template <meta::Lazy = {}>
[[nodiscard]] std::unique_ptr<StepRunner> make_distinct(StepPlace const& place);
/// One that counts the rows that a step gives.
template <meta::Lazy = {}>
[[nodiscard]] std::unique_ptr<StepRunner> make_counter(StepPlace const& place);

namespace detail {

/// The variables of a binding that it gives a value.
template <meta::Lazy = {}>
inline void add_variables(PlanView const& plan, Binding const& binding, planning::VariableSet& variables) {
  if (binding.kind == Binding::Kind::scalar) variables.insert(binding.variable.index);
  for (auto const& part : plan.bindings_of(binding.parts)) add_variables(plan, part, variables);
}

/// The variables that a step gives a value.
template <meta::Lazy = {}>
inline void add_given(PlanView const& plan, Step const& step, planning::VariableSet& variables) {
  using Kind = Step::Kind;
  if (step.kind == Kind::compute) return add_variables(plan, plan.bindings[step.binding], variables);
  if (step.kind == Kind::either) {
    for (auto const block : plan.blocks_of(step.blocks)) {
      for (auto const variable : plan.variables_of(plan.blocks[block].gives)) variables.insert(variable);
    }
    return;
  }
  for (auto const operand : plan.operands_of(step.operands)) {
    if (operand.kind == Operand::Kind::free) variables.insert(operand.index);
  }
}

}  // namespace detail

/// A block at work: rows are pushed in, and what its steps make of them is pushed to `next`.
class BlockRunner {
 public:
  /// `arriving`: the columns of the rows that come in. `wanted`: those that `next` looks at, of which some may be the block's.
  BlockRunner(QueryContext& context, std::uint16_t number, std::span<std::uint16_t const> arriving,
        std::span<std::uint16_t const> wanted, StepRunner& next)
      : BlockRunner{context, number, arriving, wanted, next, distinct_steps(context, number, false)} {}
  /// The same; `distinct` has a flag for each step behind which duplicates are removed.
  BlockRunner(QueryContext& context, std::uint16_t number, std::span<std::uint16_t const> arriving,
        std::span<std::uint16_t const> wanted, StepRunner& next, std::span<std::uint8_t const> distinct)
      : first_{&next} {
    auto const& plan = context.plan();
    auto const steps = plan.steps_of(plan.blocks[number]);
    std::vector<std::size_t> ends(steps.size());
    std::size_t most = 0;
    for (auto const& step : steps) most += wanted.size() + step.live.count;
    live_.reserve(most);
    planning::VariableSet bound;
    planning::VariableSet kept;
    for (auto const variable : arriving) bound.insert(variable);
    for (auto const variable : wanted) kept.insert(variable);
    for (std::size_t i = 0; i != steps.size(); ++i) {
      detail::add_given(plan, steps[i], bound);
      auto live = kept;
      for (auto const variable : plan.variables_of(steps[i].live)) live.insert(variable);
      live.each([&](std::uint32_t variable) {
        if (bound.contains(variable)) live_.push_back(static_cast<std::uint16_t>(variable));
      });
      ends[i] = live_.size();
    }
    runners_.reserve(steps.size());
    for (auto i = steps.size(); i-- != 0;) {
      auto const begin = i == 0 ? 0 : ends[i - 1];
      auto const live = std::span{live_}.subspan(begin, ends[i] - begin);
      if (context.counts_rows()) put(make_counter({context, steps[i], live, *first_}));
      if (distinct[i] != 0) put(make_distinct({context, steps[i], live, *first_}));
      put(make_runner({context, steps[i], live, *first_}));
    }
  }

  /// Which of a block's steps have to remove duplicates. `one_row`: only one row comes in.
  template <meta::Lazy = {}>
  [[nodiscard]] static Pool<std::uint8_t> distinct_steps(QueryContext const& context, std::uint16_t number, bool one_row) {
    auto const& plan = context.plan();
    auto const facts = [&](Step const& step) { return context.source(step.source).facts(context, step); };
    return needed_distinct(plan, plan.blocks[number], facts, one_row);
  }

  void push(Batch const& in) { first_->push(in); }
  void flush() { first_->flush(); }

 private:
  void put(std::unique_ptr<StepRunner> runner) {
    first_ = runner.get();
    runners_.push_back(std::move(runner));
  }

  StepRunner* first_;
  std::vector<std::uint16_t> live_{};  ///< of all steps, one after the other
  std::vector<std::unique_ptr<StepRunner>> runners_{};
};

}  // namespace cairn::query
