// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The steps that read the tables of recursive rules.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/variable_set.hpp>
#include <cairn/query/run/rules/closure_runner.hpp>
#include <cairn/query/run/rules/rule_tables.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cairn::query {

namespace detail {

/// What a step does with the columns of a row that it is given.
class RowTargets {
 public:
  RowTargets(StepPlace const& place, BatchWriter& writer)
      : context_{place.context}, operands_{place.context.plan().operands_of(place.step.operands)} {
    for (auto const operand : operands_)
      targets_.push_back(operand.kind == Operand::Kind::free ? writer.find(operand.index) : nullptr);
  }

  [[nodiscard]] std::span<Operand const> operands() const noexcept { return operands_; }

  /// Whether constants, bound variables and those that are the same agree with a row; `cell(column)` is its value.
  template <class CellOf>
  [[nodiscard]] bool agree(Batch const& in, std::uint32_t row, CellOf const& cell) const {
    for (std::size_t i = 0; i != operands_.size(); ++i) {
      auto const operand = operands_[i];
      switch (operand.kind) {
        case Operand::Kind::constant:
        case Operand::Kind::bound:
          if (!(context_.operand(operand, in, row) == cell(i))) return false;
          break;
        case Operand::Kind::same:
          if (!(cell(operand.index) == cell(i))) return false;
          break;
        default:
          break;
      }
    }
    return true;
  }

  /// Puts what the step gives behind `rows` others.
  template <class CellOf>
  void put(std::uint32_t rows, CellOf const& cell) {
    for (std::size_t i = 0; i != operands_.size(); ++i) {
      if (targets_[i] != nullptr) targets_[i]->put(cell(i), rows);
    }
  }

 private:
  QueryContext& context_;
  std::span<Operand const> operands_;
  std::vector<ColumnWriter*> targets_{};
};

/// Gives rows of a table, or its seeds, one after the other for every row that comes in.
class RowsRunner : public StepRunner {
 public:
  explicit RowsRunner(StepPlace const& place)
      : context_{place.context},
        table_{RuleTables::of(place.context).table(place.step.table)},
        writer_{place.context.pool(), place.context.variables(), place.live, place.next},
        targets_{place, writer_} {}
  void flush() override { writer_.flush(); }

 protected:
  void give(Batch const& in, std::uint32_t row, StoredRows const& rows, std::size_t number) {
    auto const cell = [&](std::size_t column) { return rows.at(number, column); };
    if (!targets_.agree(in, row, cell)) return;
    writer_.carry_repeated(in, row, 1);
    targets_.put(writer_.rows(), cell);
    writer_.add(1);
  }

  QueryContext& context_;
  RuleTable& table_;
  BatchWriter writer_;
  RowTargets targets_;
};

/// The seeds that are new.
class SeedsRunner final : public RowsRunner {
 public:
  using RowsRunner::RowsRunner;
  void push(Batch const& in) override {
    auto const range = table_.seed_range;
    for (auto seed = range.first; seed != range.last && !context_.stopped(); ++seed)
      give(in, 0, table_.seeds().rows(), seed);
  }
};

/// Joins with the rows of a table, by all that is known of their columns. What is asked for the first time is found out
/// first.
class CallRunner : public RowsRunner {
 public:
  explicit CallRunner(StepPlace const& place)
      : RowsRunner{place},
        number_{place.step.table},
        asked_{table_.columns()},
        keys_{place.context.plan().operands_of(place.step.operands).size()} {
    auto const operands = targets_.operands();
    for (std::size_t i = 0; i != operands.size(); ++i) {
      bool const known = operands[i].kind == Operand::Kind::bound || operands[i].kind == Operand::Kind::constant;
      if (known) key_columns_.push_back(static_cast<std::uint16_t>(i));
      if (operands[i].kind == Operand::Kind::constant) {
        auto& buffer = place.context.pool().take();
        auto const cell = place.context.constant(operands[i].index);
        std::fill_n(buffer.words, batch_rows, cell.word);
        asked_[i] = {buffer.words, nullptr, cell.kind};
      }
    }
    keys_ = RowSet{key_columns_.size()};
  }

  void push(Batch const& in) override {
    ask(in);
    RuleTables::of(context_).fill(number_);
    if (context_.poll()) return;
    while (read_new() != 0) {
    }
    find(asked_);
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      if (row % 64 == 63 && context_.poll()) return;
      give_known(in, row);
    }
  }

 protected:
  void ask(Batch const& in) {
    auto const operands = targets_.operands();
    for (auto const column : key_columns_) {
      if (operands[column].kind == Operand::Kind::bound) asked_[column] = in[operands[column].index];
    }
    asked_.set_rows(in.rows());
    table_.ask(asked_);
  }
  /// The numbers of a batch's keys, to `numbers_`.
  void find(Batch const& batch) {
    auto const before = keys_.bytes();
    auto const count = keys_.insert(batch, key_columns_, fresh_.data(), numbers_.data());
    context_.charge(keys_.bytes() - before + count * sizeof(std::uint32_t));
    first_.resize(keys_.size(), 0);
  }
  /// Takes note of a batch of the rows that were added, whose keys are found; returns how many that are.
  std::uint32_t read_new() {
    auto const first = next_.size();
    auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, table_.shown() - first));
    if (count == 0) return 0;
    Batch batch{table_.columns()};
    for (auto const column : key_columns_) batch[column] = table_.rows().columns()[column].from(first);
    batch.set_rows(count);
    find(batch);
    for (std::uint32_t i = 0; i != count; ++i) {
      next_.push_back(first_[numbers_[i]]);
      first_[numbers_[i]] = static_cast<std::uint32_t>(next_.size());
    }
    context_.charge(count * sizeof(std::uint32_t));
    return count;
  }
  /// Gives a row of the batch whose keys are found with all rows that were noted.
  void give_known(Batch const& in, std::uint32_t row) {
    for (auto number = first_[numbers_[row]]; number != 0 && !context_.stopped(); number = next_[number - 1])
      give(in, row, table_.rows(), number - 1);
  }

  std::size_t number_;
  std::vector<std::uint16_t> key_columns_{};
  Batch asked_;
  RowSet keys_;
  std::vector<std::uint32_t> first_{};  ///< for every key a row's number and one, 0 for none
  std::vector<std::uint32_t> next_{};   ///< for every row the next of the same key
  // Not on the stack, since calls nest.
  std::array<std::uint32_t, batch_rows> fresh_;
  std::array<std::uint32_t, batch_rows> numbers_;
};

/// A call of a table that is being filled: a row that comes in is joined with the rows that are there, and kept for
/// those that are found later.
class OpenCallRunner final : public CallRunner, public OpenCall {
 public:
  explicit OpenCallRunner(StepPlace const& place)
      : CallRunner{place}, kept_variables_{variables_to_keep(place)}, kept_{kept_variables_.size()} {
    RuleTables::of(context_).add(*this);
  }

  void push(Batch const& in) override {
    if (context_.poll()) return;
    auto const before = kept_.size();
    auto const bytes = kept_.bytes();
    auto const count = kept_.insert(in, kept_variables_, fresh_kept_.data());
    context_.charge(kept_.bytes() - bytes + count * sizeof(std::uint32_t));
    if (count == 0) return;
    ask(in);
    find(asked_);
    kept_first_.resize(keys_.size(), 0);
    for (std::uint32_t i = 0; i != count; ++i) {
      auto& first = kept_first_[numbers_[fresh_kept_[i]]];
      kept_next_.push_back(first);
      first = static_cast<std::uint32_t>(before + i + 1);
    }
    for (std::uint32_t i = 0; i != count; ++i) give_known(in, fresh_kept_[i]);
  }

  bool resume() override {
    bool any = false;
    Batch in{context_.variables()};
    for (std::size_t i = 0; i != kept_variables_.size(); ++i) in[kept_variables_[i]] = kept_.rows().columns()[i].from(0);
    while (!context_.poll()) {
      auto const first = next_.size();
      auto const count = read_new();
      if (count == 0) break;
      any = true;
      kept_first_.resize(keys_.size(), 0);
      for (std::uint32_t i = 0; i != count && !context_.stopped(); ++i) {
        for (auto kept = kept_first_[numbers_[i]]; kept != 0; kept = kept_next_[kept - 1])
          give(in, kept - 1, table_.rows(), first + i);
      }
    }
    if (any) flush();
    return any;
  }

 private:
  /// What the step looks at, and what is looked at afterwards and is not the step's own.
  [[nodiscard]] static std::vector<std::uint16_t> variables_to_keep(StepPlace const& place) {
    planning::VariableSet kept;
    for (auto const variable : place.live) kept.insert(variable);
    auto const operands = place.context.plan().operands_of(place.step.operands);
    for (auto const operand : operands) {
      if (operand.kind == Operand::Kind::free) kept.erase(operand.index);
      if (operand.kind == Operand::Kind::bound) kept.insert(operand.index);
    }
    std::vector<std::uint16_t> variables;
    kept.each([&](std::uint32_t variable) { variables.push_back(static_cast<std::uint16_t>(variable)); });
    return variables;
  }

  std::vector<std::uint16_t> kept_variables_;
  RowSet kept_;
  std::vector<std::uint32_t> kept_first_{};  ///< for every key a kept row's number and one, 0 for none
  std::vector<std::uint32_t> kept_next_{};   ///< for every kept row the next of the same key
  std::array<std::uint32_t, batch_rows> fresh_kept_;
};

}  // namespace detail

/// The runner of a step that reads tables of rules or closures.
template <meta::Lazy = {}>
[[nodiscard]] inline std::unique_ptr<StepRunner> make_table_runner(StepPlace const& place) {
  switch (place.step.kind) {
    case Step::Kind::call: {
      auto& tables = RuleTables::of(place.context);
      if (tables.is_open(tables.table(place.step.table))) return std::make_unique<detail::OpenCallRunner>(place);
      return std::make_unique<detail::CallRunner>(place);
    }
    case Step::Kind::seeds:
      return std::make_unique<detail::SeedsRunner>(place);
    default:
      return std::make_unique<ClosureRunner>(place);
  }
}

}  // namespace cairn::query
