// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of recursive rules, made for those who ask.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/block.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/rules/closure_edges.hpp>
#include <cairn/query/run/step_runner.hpp>
#include <cairn/query/run/stored_rows.hpp>

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
        seeds_{seed_columns_.size()},
        rows_{table.columns} {}

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  /// The columns of the rows that make up a seed.
  [[nodiscard]] std::span<std::uint16_t const> seed_columns() const noexcept { return seed_columns_; }
  [[nodiscard]] RowSet const& seeds() const noexcept { return seeds_; }
  [[nodiscard]] StoredRows const& rows() const noexcept { return rows_.rows(); }
  /// How many rows may be read.
  [[nodiscard]] std::size_t shown() const noexcept { return shown_; }
  void show() noexcept { shown_ = rows_.size(); }

  /// Asks for the rows of a batch's seeds, which are in the columns `seed_columns()`.
  void ask(Batch const& batch) {
    std::uint32_t fresh[batch_rows];
    auto const before = seeds_.bytes();
    auto const count = seeds_.insert(batch, seed_columns_, fresh);
    context_->charge(seeds_.bytes() - before);
    for (std::uint32_t i = 0; i != count; ++i) {
      bool named = false;
      for (auto const column : seed_columns_) {
        auto const kind = batch[column].kind_at(fresh[i]);
        named = named || kind == ValueKind::keyword || kind == ValueKind::tuple;
      }
      named_.push_back(named ? 1 : 0);
      has_named_ = has_named_ || named;
    }
  }
  /// Adds rows, which are in those columns.
  void add(Batch const& batch, std::span<std::uint16_t const> variables) {
    std::uint32_t fresh[batch_rows];
    auto const before = rows_.bytes();
    rows_.insert(batch, variables, fresh);
    context_->charge(rows_.bytes() - before);
  }

  /// Whether a seed may name an entity, by an ident or a lookup ref. In a row that is found from behind there stands
  /// the entity, which is not among the seeds.
  [[nodiscard]] bool is_named(std::size_t seed) const noexcept { return named_[seed] != 0; }
  [[nodiscard]] bool has_named() const noexcept { return has_named_; }

  /// What the first step of a block gives while the block runs.
  RowRange seed_range{};
  RowRange row_range{};
  bool only_named = false;
  /// Up to where seeds have been looked at.
  std::size_t seeds_done = 0;

 private:
  QueryContext* context_;
  std::span<std::uint16_t const> seed_columns_;
  std::size_t columns_;
  RowSet seeds_;
  RowSet rows_;
  std::size_t shown_ = 0;
  std::vector<std::uint8_t> named_{};
  bool has_named_ = false;
};

/// All tables of a query. Rows are made by semi-naive evaluation: blocks for new seeds read the rows that there are,
/// and ask for more; blocks for new rows look what follows from these, once each (F. Bancilhon, R. Ramakrishnan: An
/// amateur's introduction to recursive query processing strategies, 1986). Tables of one group are filled together,
/// until nothing is new.
class RuleTables {
 public:
  explicit RuleTables(QueryContext& context) : context_{&context} {
    auto const& plan = context.plan();
    for (auto const& table : plan.tables) {
      tables_.push_back(std::make_unique<RuleTable>(context, table));
      if (table.group >= running_.size()) running_.resize(table.group + 1, 0);
    }
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

  /// Sees to it that a table has all rows for what it was asked. Where it is being filled, it has some, and those who
  /// read them are told of the others later.
  void fill(std::size_t number) {
    auto const group = context_->plan().tables[number].group;
    if (running_[group] != 0) return;
    running_[group] = 1;
    while (fill_once(group)) {
    }
    running_[group] = 0;
  }

 private:
  /// A block of a table at work.
  struct Job {
    /// Where its rows go.
    class Sink final : public StepRunner {
     public:
      Sink(RuleTable& table, std::span<Operand const> head) : table_{table} {
        for (auto const operand : head) variables_.push_back(operand.index);
      }
      void push(Batch const& in) override { table_.add(in, variables_); }
      void flush() override {}
      [[nodiscard]] std::span<std::uint16_t const> variables() const noexcept { return variables_; }

     private:
      RuleTable& table_;
      std::vector<std::uint16_t> variables_{};
    };

    Job(QueryContext& context, std::uint16_t number, RuleTable& table, std::span<Operand const> head)
        : sink{table, head}, block{context, number, {}, sink.variables(), sink} {}
    Sink sink;
    BlockRunner block;
  };
  struct Blocks {
    std::vector<std::unique_ptr<Job>> jobs{};
    std::vector<std::size_t> done{};  ///< of those for new rows: up to where they have been looked at
  };

  [[nodiscard]] std::unique_ptr<Job> make_job(std::size_t number, std::size_t block) {
    auto const& plan = context_->plan();
    auto const& table = plan.tables[number];
    auto const head = plan.heads.subspan(table.heads.first, table.heads.count)[block];
    return std::make_unique<Job>(*context_, plan.blocks_of(table.blocks)[block], *tables_[number],
                                 plan.operands_of(head));
  }

  void run(Job& job, RuleTable& table) {
    Batch start{context_->variables()};
    start.set_rows(1);
    job.block.push(start);
    job.block.flush();
    table.show();
    static_cast<void>(context_->poll());
  }

  /// False where nothing was new.
  bool fill_once(std::uint32_t group) {
    bool changed = false;
    auto const& plan = context_->plan();
    for (std::size_t number = 0; number != tables_.size(); ++number) {
      if (plan.tables[number].group != group) continue;
      auto const blocks = plan.blocks_of(plan.tables[number].blocks);
      auto& work = jobs_[number];
      if (tables_[number]->seeds().size() == 0) continue;
      for (std::size_t block = work.jobs.size(); block < blocks.size(); ++block) {
        work.jobs.push_back(make_job(number, block));
        work.done.push_back(0);
      }
      changed = new_seeds(number) || changed;
      for (std::size_t block = 0; block != blocks.size(); ++block) changed = new_rows(number, block) || changed;
      if (context_->stopped()) return false;
    }
    if (changed) return true;
    for (std::size_t number = 0; number != tables_.size(); ++number) {
      if (plan.tables[number].group == group && tables_[number]->has_named()) changed = again(number) || changed;
    }
    return changed;
  }

  [[nodiscard]] Step const& first_step(std::size_t number, std::size_t block) const {
    auto const& plan = context_->plan();
    return plan.steps_of(plan.blocks[plan.blocks_of(plan.tables[number].blocks)[block]])[0];
  }

  bool new_seeds(std::size_t number) {
    auto& table = *tables_[number];
    RowRange const range{table.seeds_done, table.seeds().size()};
    if (range.is_empty()) return false;
    table.seeds_done = range.last;
    for (std::size_t block = 0; block != jobs_[number].jobs.size(); ++block) {
      if (first_step(number, block).kind != Step::Kind::seeds) continue;
      table.seed_range = range;
      run(*jobs_[number].jobs[block], table);
    }
    return true;
  }

  bool new_rows(std::size_t number, std::size_t block) {
    auto const& first = first_step(number, block);
    if (first.kind != Step::Kind::delta) return false;
    auto& called = *tables_[first.table];
    RowRange const range{jobs_[number].done[block], called.shown()};
    if (range.is_empty()) return false;
    jobs_[number].done[block] = range.last;
    called.row_range = range;
    run(*jobs_[number].jobs[block], *tables_[number]);
    return true;
  }

  /// Asks for the seeds that may name entities once more, all that is known being there; true if that brought anything.
  bool again(std::size_t number) {
    auto& table = *tables_[number];
    auto const before = table.rows().size();
    auto const seeds = count_seeds();
    table.only_named = true;
    for (std::size_t block = 0; block != jobs_[number].jobs.size(); ++block) {
      if (first_step(number, block).kind != Step::Kind::seeds) continue;
      table.seed_range = {0, table.seeds().size()};
      // A runner of its own, since others remember which rows they have seen.
      auto const job = make_job(number, block);
      run(*job, table);
    }
    table.only_named = false;
    return table.rows().size() != before || count_seeds() != seeds;
  }
  [[nodiscard]] std::size_t count_seeds() const noexcept {
    std::size_t sum = 0;
    for (auto const& table : tables_) sum += table->seeds().size();
    return sum;
  }

  QueryContext* context_;
  std::vector<std::unique_ptr<RuleTable>> tables_{};
  std::vector<std::uint8_t> running_{};  ///< by group
  std::vector<Blocks> jobs_{};
  std::vector<std::unique_ptr<ClosureEdges>> closures_{};
};

}  // namespace cairn::query
