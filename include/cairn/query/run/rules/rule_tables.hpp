// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of recursive rules, made for those who ask.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/block.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/rules/closure_edges.hpp>
#include <cairn/query/run/step_runner.hpp>
#include <cairn/query/run/row_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cairn::query {

/// Row numbers from `first` up to but not `last`.
struct RowRange {
  std::size_t first = 0;
  std::size_t last = 0;
  [[nodiscard]] bool is_empty() const noexcept { return first == last; }
};

/// One table: what was asked, and what is known. Both only grow; rows that were found are read once they are shown,
/// between the runs of blocks, so that none is added to what is being read.
class RuleTable {
 public:
  RuleTable(QueryContext& context, Table const& table)
      : context_{&context},
        seed_columns_{context.plan().variables_of(table.seeds)},
        columns_{table.columns},
        group_{table.group},
        seeds_{seed_columns_.size()},
        rows_{table.columns} {}

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::uint32_t group() const noexcept { return group_; }
  [[nodiscard]] RowSet const& seeds() const noexcept { return seeds_; }
  [[nodiscard]] StoredRows const& rows() const noexcept { return rows_.rows(); }
  /// How many rows may be read.
  [[nodiscard]] std::size_t shown() const noexcept { return shown_; }
  void show() noexcept { shown_ = rows_.size(); }

  /// Asks for the rows of a batch's seeds, which are in the columns that the table is asked by.
  void ask(Batch const& batch) {
    std::uint32_t fresh[batch_rows];
    auto const before = seeds_.bytes();
    seeds_.insert(batch, seed_columns_, fresh);
    context_->charge(seeds_.bytes() - before);
  }
  /// Adds rows, which are in those columns.
  void add(Batch const& batch, std::span<std::uint16_t const> variables) {
    std::uint32_t fresh[batch_rows];
    auto const before = rows_.bytes();
    rows_.insert(batch, variables, fresh);
    context_->charge(rows_.bytes() - before);
  }

  /// What the first step of a block gives while the block runs.
  RowRange seed_range{};
  /// Up to where seeds have been looked at.
  std::size_t seeds_done = 0;

 private:
  QueryContext* context_;
  std::span<std::uint16_t const> seed_columns_;
  std::size_t columns_;
  std::uint32_t group_;
  RowSet seeds_;
  RowSet rows_;
  std::size_t shown_ = 0;
};

/// A call in a block of a table of the same group: it has to hear of rows that are found after it asked.
class OpenCall {
 public:
  OpenCall() = default;
  OpenCall(OpenCall const&) = delete;
  OpenCall& operator=(OpenCall const&) = delete;

  /// Hands on what follows from the rows that were shown since; false where there were none.
  virtual bool resume() = 0;

 protected:
  ~OpenCall() = default;
};

/// All tables of a query. Rows are made by semi-naive evaluation with supplementary relations (C. Beeri, R.
/// Ramakrishnan: On the power of magic, 1987): a block runs for new seeds alone, and each of its calls keeps the rows
/// that came to it, so that new rows of the table that it calls are joined with these, once each. Tables of one group
/// are filled together, until nothing is new.
class RuleTables {
 public:
  explicit RuleTables(QueryContext& context) : context_{&context} {
    auto const& plan = context.plan();
    for (auto const& table : plan.tables) tables_.push_back(std::make_unique<RuleTable>(context, table));
    closures_.resize(plan.closures.size());
    jobs_.resize(tables_.size());
  }
  RuleTables(RuleTables const&) = delete;
  RuleTables& operator=(RuleTables const&) = delete;

  /// Those of a query, made when somebody wants them.
  [[nodiscard]] static RuleTables& of(QueryContext& context) {
    if (context.tables() == nullptr) context.tables() = std::make_shared<RuleTables>(context);
    return *context.tables();
  }

  [[nodiscard]] RuleTable& table(std::size_t number) noexcept { return *tables_[number]; }
  [[nodiscard]] ClosureEdges& closure(std::size_t number) {
    if (closures_[number] == nullptr)
      closures_[number] = std::make_unique<ClosureEdges>(*context_, context_->plan().closures[number]);
    return *closures_[number];
  }

  /// The block that is being made is of the same group as a table that it calls.
  [[nodiscard]] bool is_open(RuleTable const& table) const noexcept {
    return making_.calls != nullptr && making_.group == table.group();
  }
  void add(OpenCall& call) { making_.calls->push_back(&call); }

  /// Sees to it that a table has all rows for what it was asked.
  void fill(std::size_t number) {
    while (fill_once(tables_[number]->group())) {
    }
  }

 private:
  /// A block of a table at work.
  struct Job {
    /// Where its rows go.
    class Sink final : public StepRunner {
     public:
      Sink(QueryContext& context, RuleTable& table, std::span<Operand const> head) : context_{context}, table_{table} {
        for (auto const operand : head) variables_.push_back(operand.index);
      }
      void push(Batch const& in) override {
        if (!context_.poll()) table_.add(in, variables_);
      }
      void flush() override {}
      [[nodiscard]] std::span<std::uint16_t const> variables() const noexcept { return variables_; }

     private:
      QueryContext& context_;
      RuleTable& table_;
      std::vector<std::uint16_t> variables_{};
    };

    Job(QueryContext& context, std::uint16_t number, RuleTable& table, std::span<Operand const> head)
        : sink{context, table, head}, block{context, number, {}, sink.variables(), sink} {}
    Sink sink;
    BlockRunner block;
    std::vector<OpenCall*> calls{};
  };

  void make_jobs(std::size_t number) {
    auto const& plan = context_->plan();
    auto const& table = plan.tables[number];
    auto const blocks = plan.blocks_of(table.blocks);
    auto const heads = plan.heads.of(table.heads);
    for (std::size_t i = 0; i != blocks.size(); ++i) {
      std::vector<OpenCall*> calls;
      making_ = {&calls, table.group};
      jobs_[number].push_back(std::make_unique<Job>(*context_, blocks[i], *tables_[number], plan.operands_of(heads[i])));
      making_ = {};
      jobs_[number].back()->calls = std::move(calls);
    }
  }

  /// False where nothing was new.
  bool fill_once(std::uint32_t group) {
    bool changed = false;
    for (std::size_t number = 0; number != tables_.size(); ++number) {
      auto& table = *tables_[number];
      if (table.group() != group || table.seeds().size() == 0) continue;
      if (jobs_[number].empty()) make_jobs(number);
      changed = run_seeds(number) || changed;
      for (auto const& job : jobs_[number]) {
        for (auto* call : job->calls) changed = call->resume() || changed;
      }
      table.show();
      if (context_->poll()) return false;
    }
    return changed;
  }

  bool run_seeds(std::size_t number) {
    auto& table = *tables_[number];
    table.seed_range = {table.seeds_done, table.seeds().size()};
    if (table.seed_range.is_empty()) return false;
    table.seeds_done = table.seed_range.last;
    Batch start{context_->variables()};
    start.set_rows(1);
    for (auto const& job : jobs_[number]) {
      job->block.push(start);
      job->block.flush();
    }
    return true;
  }

  QueryContext* context_;
  std::vector<std::unique_ptr<RuleTable>> tables_{};
  std::vector<std::vector<std::unique_ptr<Job>>> jobs_{};  ///< by table
  std::vector<std::unique_ptr<ClosureEdges>> closures_{};
  /// While a block is made, where its calls of the same group go.
  struct {
    std::vector<OpenCall*>* calls = nullptr;
    std::uint32_t group = 0;
  } making_{};
};

}  // namespace cairn::query
