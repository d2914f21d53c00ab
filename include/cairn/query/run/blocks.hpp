// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Steps that have blocks of their own: negations and disjunctions; and the removal of duplicates.
#pragma once

#include <cairn/query/run/block.hpp>
#include <cairn/query/run/distinct_rows.hpp>
#include <cairn/query/run/filter.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

namespace detail {

inline constexpr auto row_numbers = [] {
  std::array<std::uint64_t, batch_rows> numbers{};
  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
  return numbers;
}();

}  // namespace detail

/// Keeps the rows with which a block finds nothing. Every row goes into the block with its number, and the numbers that come
/// out are those of the others.
class WithoutRunner final : public StepRunner {
 public:
  explicit WithoutRunner(StepPlace const& place)
      : context_{place.context},
        numbers_{place.context.row_numbers(place.step)},
        marks_{numbers_},
        batch_{place.context.variables()},
        chooser_{place} {
    auto const& plan = context_.plan();
    auto const block = plan.blocks_of(place.step.blocks)[0];
    auto const needs = plan.variables_of(plan.blocks[block].needs);
    arriving_.assign(needs.begin(), needs.end());
    arriving_.push_back(numbers_);
    block_ = std::make_unique<BlockRunner>(context_, block, arriving_, std::span{&numbers_, 1}, marks_);
  }

  void push(Batch const& in) override {
    marks_.clear();
    for (auto const variable : arriving_) {
      if (variable != numbers_) batch_[variable] = in[variable];
    }
    batch_[numbers_] = {detail::row_numbers.data(), nullptr, ValueKind::integer};
    batch_.set_rows(in.rows());
    block_->push(batch_);
    block_->flush();
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i != in.rows(); ++i) {
      rows_[count] = i;
      count += marks_.has(i) ? 0U : 1U;
    }
    if (!context_.poll()) chooser_.push(in, rows_, count);
  }
  void flush() override { chooser_.flush(); }

 private:
  /// Where the rows of the block end.
  class Marks final : public StepRunner {
   public:
    explicit Marks(std::uint16_t numbers) noexcept : numbers_{numbers} {}
    void push(Batch const& in) override {
      auto const& numbers = in[numbers_];
      for (std::uint32_t i = 0; i != in.rows(); ++i) marked_[numbers.words[i]] = true;
    }
    void flush() override {}
    void clear() noexcept { marked_.fill(false); }
    [[nodiscard]] bool has(std::size_t row) const noexcept { return marked_[row]; }

   private:
    std::uint16_t numbers_;
    std::array<bool, batch_rows> marked_{};
  };

  QueryContext& context_;
  std::uint16_t numbers_;
  Marks marks_;
  Batch batch_;
  std::vector<std::uint16_t> arriving_{};
  std::unique_ptr<BlockRunner> block_{};
  RowChooser chooser_;
  RowNumbers rows_;
};

/// Every row with all that any of the blocks finds for it.
class EitherRunner final : public StepRunner {
 public:
  explicit EitherRunner(StepPlace const& place) : context_{place.context}, out_{place.next}, blocks_(0) {
    auto const& plan = context_.plan();
    auto const numbers = plan.blocks_of(place.step.blocks);
    // What comes in is not known here, only what must be there afterwards: what is not the blocks' own was there before.
    planning::VariableSet given;
    detail::add_given(plan, place.step, given);
    planning::VariableSet arriving;
    for (auto const variable : place.live) {
      if (!given.contains(variable)) arriving.insert(variable);
    }
    blocks_.reserve(numbers.size());
    for (auto const number : numbers) {
      auto all = arriving;
      for (auto const variable : plan.variables_of(plan.blocks[number].needs)) all.insert(variable);
      std::vector<std::uint16_t> list;
      all.each([&](std::uint32_t variable) { list.push_back(static_cast<std::uint16_t>(variable)); });
      blocks_.push_back(std::make_unique<BlockRunner>(context_, number, list, place.live, out_));
    }
  }

  void push(Batch const& in) override {
    for (auto const& block : blocks_) {
      if (context_.stopped()) return;
      block->push(in);
    }
  }
  void flush() override {
    for (auto const& block : blocks_) block->flush();
    out_.next().flush();
  }

 private:
  /// Where the rows of the blocks meet.
  class Meeting final : public StepRunner {
   public:
    explicit Meeting(StepRunner& next) noexcept : next_{next} {}
    void push(Batch const& in) override { next_.push(in); }
    void flush() override {}
    [[nodiscard]] StepRunner& next() const noexcept { return next_; }

   private:
    StepRunner& next_;
  };

  QueryContext& context_;
  Meeting out_;
  std::vector<std::unique_ptr<BlockRunner>> blocks_;
};

/// Removes rows that were there before, since the last flush: blocks that are asked batch by batch are flushed in between, and
/// number the rows of each from 0.
class DistinctRunner final : public StepRunner {
 public:
  explicit DistinctRunner(StepPlace const& place)
      : context_{place.context}, live_{place.live}, seen_{place.live.size()}, chooser_{place} {}

  void push(Batch const& in) override {
    auto const before = seen_.bytes();
    auto const count = seen_.insert(in, live_, rows_.data());
    context_.charge_change(before, seen_.bytes());
    if (!context_.poll()) chooser_.push(in, rows_, count);
  }
  void flush() override {
    chooser_.flush();
    context_.discharge(seen_.bytes());
    seen_ = DistinctRows{live_.size()};
  }

 private:
  QueryContext& context_;
  std::span<std::uint16_t const> live_;
  DistinctRows seen_;
  RowChooser chooser_;
  RowNumbers rows_;
};

/// Keeps nothing.
class EmptyRunner final : public StepRunner {
 public:
  explicit EmptyRunner(StepPlace const& place) noexcept : next_{place.next} {}
  void push(Batch const&) override {}
  void flush() override { next_.flush(); }

 private:
  StepRunner& next_;
};

/// Counts what a step gives.
class CountRunner final : public StepRunner {
 public:
  explicit CountRunner(StepPlace const& place) noexcept : context_{place.context}, step_{place.step}, next_{place.next} {}
  void push(Batch const& in) override {
    context_.count(step_, in.rows());
    next_.push(in);
  }
  void flush() override { next_.flush(); }

 private:
  QueryContext& context_;
  Step const& step_;
  StepRunner& next_;
};

}  // namespace cairn::query
