// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// After which steps of a block rows may be the same.
#pragma once

#include <cairn/query/plan/plan.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

class DistinctMarks {
 public:
  /// Of a plan that is being made.
  constexpr explicit DistinctMarks(Plan const& plan) : plan_{&plan} {}

  /// Marks the steps after which rows may be the same: those at the end, and those before a step that would make
  /// several of each. `begun`: steps that stand before the goals. `incoming`: what the rows that come in have. `unique`: the
  /// rows that come out are to be distinct.
  constexpr void mark(Pool<Step>& steps, std::size_t begun, VariableSet const& incoming, bool unique) const {
    bool dead = false;
    for (std::size_t i = begun; i != steps.size(); ++i) {
      Step& step = steps[i];
      dead = dead || leaves_dead(step, incoming, i == 0 ? nullptr : &steps[i - 1]);
      bool const last = i + 1 == steps.size();
      step.distinct =
          (last && unique) || step.kind == Step::Kind::either || (!last && dead && fans_out(steps[i + 1]));
      if (step.distinct) dead = false;
    }
  }

 private:
  /// Whether a step makes several rows of one, whatever the schema says.
  [[nodiscard]] constexpr bool fans_out(Step const& step) const {
    switch (step.kind) {
      case Step::Kind::pattern: {
        auto const known = [&](std::size_t place) {
          if (place >= step.operands.count) return false;
          Operand::Kind const kind = plan_->operands[step.operands.first + place].kind;
          return kind == Operand::Kind::bound || kind == Operand::Kind::constant;
        };
        return !(known(0) && known(1));
      }
      case Step::Kind::compute: {
        Binding::Kind const kind = plan_->bindings[step.binding].kind;
        return kind == Binding::Kind::collection || kind == Binding::Kind::relation;
      }
      case Step::Kind::either:
      case Step::Kind::call:
      case Step::Kind::closure:
      case Step::Kind::seeds:
        return true;
      case Step::Kind::filter:
      case Step::Kind::missing:
      case Step::Kind::without:
      case Step::Kind::empty:
        return false;
    }
    return true;
  }

  /// Whether something that the rows had before the step, or that it found, is not live after it.
  [[nodiscard]] constexpr bool leaves_dead(Step const& step, VariableSet const& incoming, Step const* previous) const {
    VariableSet live;
    for (std::uint16_t const variable : variables(step.live)) live.insert(variable);
    bool dead = false;
    if (previous != nullptr) {
      for (std::uint16_t const variable : variables(previous->live)) dead = dead || !live.contains(variable);
    } else {
      incoming.each([&](std::uint32_t variable) { dead = dead || !live.contains(variable); });
    }
    auto const operands = Elements<Operand>{plan_->operands}.of(step.operands);
    for (Operand const& operand : operands) {
      dead = dead || (operand.kind == Operand::Kind::free && !live.contains(operand.index));
      if (step.kind == Step::Kind::pattern || step.kind == Step::Kind::call)
        dead = dead || operand.kind == Operand::Kind::blank;
    }
    // A pattern that doesn't say which value it is about finds one row for each.
    if (step.kind == Step::Kind::pattern) dead = dead || operands.size() < 3;
    if (step.kind == Step::Kind::compute) dead = dead || binds_dead(step.binding, live);
    return dead;
  }

  [[nodiscard]] constexpr bool binds_dead(std::uint32_t number, VariableSet const& live) const {
    Binding const& binding = plan_->bindings[number];
    if (binding.kind == Binding::Kind::blank) return true;
    if (binding.kind == Binding::Kind::scalar)
      return binding.variable.kind == Operand::Kind::free && !live.contains(binding.variable.index);
    bool dead = binding.kind == Binding::Kind::collection || binding.kind == Binding::Kind::relation;
    for (std::uint32_t i = 0; i != binding.parts.count; ++i) dead = dead || binds_dead(binding.parts.first + i, live);
    return dead;
  }

  [[nodiscard]] constexpr Elements<std::uint16_t> variables(Slice slice) const {
    return Elements<std::uint16_t>{plan_->variables}.of(slice);
  }

  Plan const* plan_;
};

}  // namespace cairn::query::planning
