// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How many steps of a plan stand one behind the other.
#pragma once

#include <cairn/query/plan/bounds.hpp>
#include <cairn/query/plan/goal.hpp>
#include <cairn/query/plan/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

/// A step at work calls the next, with the rows that it makes: what stands on the stack at once are the steps of a block, those of the
/// blocks in it, and those of the tables that they ask. Complexity: linear in the plan, but for tables, of whose number it is the square.
class LongestPath {
 public:
  /// Requires: the plan is complete, and lives longer.
  constexpr explicit LongestPath(Plan const& plan) : plan_{&plan}, blocks_(plan.blocks.size()) {}

  /// Steps, counted no further than beyond the bound.
  [[nodiscard]] constexpr std::uint32_t steps() { return of_block(plan_->main).deepest; }
  /// Of the first step beyond the bound.
  [[nodiscard]] constexpr FormAt place() const { return place_; }

 private:
  struct Path {
    std::uint32_t through = 0;  ///< to the end of the block
    std::uint32_t deepest = 0;  ///< anywhere in it
    bool known = false;
  };
  struct Group {
    std::uint32_t number = 0;
    std::uint32_t steps = 0;
  };
  /// What asking a table takes of the stack, in steps.
  static constexpr std::uint32_t steps_a_table = 4;
  [[nodiscard]] static constexpr Path too_long() { return {Bounds::steps + 1, Bounds::steps + 1, true}; }

  constexpr Path of_block(std::size_t number) {
    if (blocks_[number].known) return blocks_[number];
    if (depth_ > Bounds::steps) return too_long();
    ++depth_;
    Path path;
    path.known = true;
    for (Step const& step : Goals::of(plan_->steps, plan_->blocks[number].steps)) {
      std::uint32_t inside = ++path.through;
      if (step.kind == Step::Kind::either || step.kind == Step::Kind::without) {
        std::uint32_t through = 0;
        for (std::uint16_t const block : Goals::of(plan_->block_numbers, step.blocks)) {
          Path const inner = of_block(block);
          inside = (std::max)(inside, path.through + inner.deepest);
          through = (std::max)(through, inner.through);
        }
        if (step.kind == Step::Kind::either) path.through += through;  // the next step is called by the last one in it
      } else if (step.kind == Step::Kind::call) {
        inside += steps_a_table + of_group(plan_->tables[step.table].group);
      }
      path.deepest = (std::max)({path.deepest, path.through, inside});
      if (path.deepest <= Bounds::steps) continue;
      if (place_.node == FormAt{}.node) place_ = step.form;
      path = too_long();
      break;
    }
    --depth_;
    blocks_[number] = path;
    return path;
  }

  /// Of the tables that are filled together: what these ask of each other waits for its turn.
  constexpr std::uint32_t of_group(std::uint32_t group) {
    for (Group const& known : groups_) {
      if (known.number == group) return known.steps;
    }
    std::size_t const at = groups_.size();
    groups_.push_back({group, 0});
    std::uint32_t deepest = 0;
    for (Table const& table : plan_->tables) {
      if (table.group != group) continue;
      for (std::uint16_t const block : Goals::of(plan_->block_numbers, table.blocks)) {
        deepest = (std::max)(deepest, of_block(block).deepest);
      }
    }
    groups_[at].steps = deepest;
    return deepest;
  }

  Plan const* plan_;
  Pool<Path> blocks_;
  Pool<Group> groups_{};
  FormAt place_{};
  std::uint32_t depth_ = 0;
};

}  // namespace cairn::query::planning
