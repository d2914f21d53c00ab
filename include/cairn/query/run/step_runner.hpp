// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A step of a plan at work, and where it stands.
#pragma once

#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/batch.hpp>
#include <cairn/query/run/scratch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

class QueryContext;

/// A step at work: batches are pushed in, and what becomes of them is pushed on to the next. One virtual call a batch.
///
/// Steps may keep rows back until they have a whole batch of them; after `flush` nothing is kept back, and more may be
/// pushed. A step that makes many rows of few asks `QueryContext::poll` once a batch, and returns at once if it says so.
class StepRunner {
 public:
  StepRunner() = default;
  StepRunner(StepRunner const&) = delete;
  StepRunner& operator=(StepRunner const&) = delete;
  virtual ~StepRunner() = default;

  /// Runners are made for every query, and are large: the next query gets their memory.
  [[nodiscard]] static void* operator new(std::size_t bytes) { return detail::ScratchMemory::take(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept {
    detail::ScratchMemory::give(block, detail::ScratchMemory::size_for(bytes));
  }

  /// `in` has a column for all variables that the step looks at, and for those that are live afterwards and not its own.
  virtual void push(Batch const& in) = 0;
  virtual void flush() = 0;
};

/// What a step's runner is made of. `context` and `next` live longer than it.
struct StepPlace {
  QueryContext& context;
  Step const& step;
  /// The variables of the rows that follow: `step.live`, and what the blocks around have to get back.
  std::span<std::uint16_t const> live;
  StepRunner& next;
};

/// Rows that are being put together, handed on when they are a whole batch: the live columns of the rows that came in
/// (`carried`), and the step's own.
class BatchWriter {
 public:
  BatchWriter(BufferPool& pool, std::size_t variables, std::span<std::uint16_t const> live, StepRunner& next)
      : batch_{variables}, next_{&next} {
    columns_.reserve(live.size());
    for (auto const variable : live) columns_.emplace_back(pool, variable);
  }

  [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint32_t room() const noexcept { return batch_rows - rows_; }
  [[nodiscard]] std::span<ColumnWriter> columns() noexcept { return columns_; }
  /// Null where the variable is not live.
  [[nodiscard]] ColumnWriter* find(std::uint16_t variable) noexcept {
    for (auto& column : columns_) {
      if (column.variable() == variable) return &column;
    }
    return nullptr;
  }

  /// Puts the columns that `in` has behind the rows that are there; those that it doesn't have are the step's. `add` follows.
  /// Requires: there is room.
  void carry(Batch const& in, std::uint32_t const* rows, std::uint32_t count) {
    for (auto& column : columns_) {
      if (auto const& from = in[column.variable()]; from.is_live()) column.gather(from, rows, count, rows_);
    }
  }
  void carry_repeated(Batch const& in, std::uint32_t row, std::uint32_t count) {
    for (auto& column : columns_) {
      if (auto const& from = in[column.variable()]; from.is_live()) column.repeat(from, row, count, rows_);
    }
  }
  /// So many rows more are there, in all columns; a whole batch is handed on.
  void add(std::uint32_t count) {
    rows_ += count;
    if (rows_ == batch_rows) hand_on();
  }
  /// Hands on what is there; the next step is not flushed.
  void hand_on() {
    if (rows_ == 0) return;
    for (auto const& column : columns_) batch_[column.variable()] = column.column();
    batch_.set_rows(std::exchange(rows_, 0U));
    next_->push(batch_);
  }
  void flush() {
    hand_on();
    next_->flush();
  }

 private:
  std::vector<ColumnWriter> columns_{};
  Batch batch_;
  StepRunner* next_;
  std::uint32_t rows_ = 0;
};

}  // namespace cairn::query
