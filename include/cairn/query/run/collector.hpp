// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the rows of a query end: as a set, as they are, or in groups.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/accumulator.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query {

/// The variables of which a query's rows differ: those of `:find` and `:with`, each once.
[[nodiscard]] inline std::vector<std::uint16_t> result_variables(PlanView const& plan) {
  std::vector<std::uint16_t> variables;
  auto const add = [&](std::uint16_t variable) {
    if (std::ranges::find(variables, variable) == variables.end()) variables.push_back(variable);
  };
  auto const add_operand = [&](Operand operand) {
    if (operand.kind == Operand::Kind::bound) add(operand.index);
  };
  for (auto const& find : plan.find) {
    add(find.variable);
    if (find.kind == Find::Kind::pull) add_operand(find.pattern);
    for (auto const operand : plan.operands_of(find.arguments)) add_operand(operand);
  }
  for (auto const variable : plan.variables_of(plan.with)) add(variable);
  return variables;
}

/// Takes the rows of a query's main block. Without aggregates it keeps them; with aggregates it keeps groups.
class Collector final : public StepRunner {
 public:
  /// `distinct`: no two rows that come in are the same in `result_variables`. `most`: no more rows are wanted.
  Collector(QueryContext& context, bool distinct, std::size_t most)
      : context_{context}, variables_{result_variables(context.plan())}, most_{most}, rows_{variables_.size()} {
    if (!distinct) seen_.emplace(variables_.size());
    auto const& plan = context.plan();
    for (auto const& find : plan.find) {
      bool const aggregates = is_aggregate(find);
      grouped_ = grouped_ || aggregates;
      if (!aggregates) keys_.push_back(find.variable);
    }
    if (!grouped_) return;
    groups_.emplace(keys_.size());
    for (auto const& find : plan.find) {
      if (is_aggregate(find)) aggregates_.push_back(&find);
    }
  }

  void push(Batch const& in) override {
    // A step may have many batches to hand on before it looks whether more are wanted.
    if (context_.poll()) return;
    auto count = in.rows();
    if (seen_) {
      auto const before = seen_->bytes();
      count = seen_->insert(in, variables_, fresh_.data());
      context_.charge(seen_->bytes() - before);
    }
    if (grouped_) {
      if (count == in.rows()) return add_to_groups(in);
      return add_to_groups(in, count);
    }
    if (!seen_) {
      auto const before = rows_.bytes();
      rows_.append(in, variables_);
      context_.charge(rows_.bytes() - before);
    }
    if (size() >= most_) context_.stop();
  }
  void flush() override {}

  /// One column for each element of `:find`; of those that are pulled, the entities. Called once, at the end.
  [[nodiscard]] StoredRows take() {
    auto const& plan = context_.plan();
    StoredRows result{plan.find.size()};
    if (grouped_) {
      take_groups(result);
      return result;
    }
    auto rows = seen_ ? std::move(*seen_).take() : std::move(rows_);
    std::vector<std::size_t> uses(variables_.size(), 0);
    for (auto const& find : plan.find) ++uses[place_of(find.variable)];
    for (std::size_t i = 0; i != plan.find.size(); ++i) {
      auto const place = place_of(plan.find[i].variable);
      auto& column = rows.columns()[place];
      if (--uses[place] == 0) {
        result.columns()[i] = std::move(column);
      } else {
        append_all(result.columns()[i], column, rows.size());
      }
    }
    result.set_size(rows.size());
    return result;
  }

 private:
  [[nodiscard]] static bool is_aggregate(Find const& find) noexcept {
    return find.kind == Find::Kind::aggregate || find.kind == Find::Kind::custom_aggregate;
  }
  [[nodiscard]] std::size_t size() const noexcept { return seen_ ? seen_->size() : rows_.size(); }
  [[nodiscard]] std::size_t place_of(std::uint16_t variable) const noexcept {
    return static_cast<std::size_t>(std::ranges::find(variables_, variable) - variables_.begin());
  }
  static void append_all(StoredColumn& to, StoredColumn const& from, std::size_t rows) {
    for (std::size_t first = 0; first < rows; first += batch_rows) {
      to.append(from.from(first), static_cast<std::uint32_t>((std::min)(rows - first, std::size_t{batch_rows})));
    }
  }

  /// The rows in `fresh_` alone.
  void add_to_groups(Batch const& in, std::uint32_t count) {
    if (count == 0) return;
    if (!some_) some_.emplace(context_.variables());
    if (some_columns_.empty()) {
      for (auto const variable : variables_) some_columns_.emplace_back(context_.pool(), variable);
    }
    for (auto& column : some_columns_) {
      column.gather(in[column.variable()], fresh_.data(), count, 0);
      (*some_)[column.variable()] = column.column();
    }
    some_->set_rows(count);
    add_to_groups(*some_);
  }

  void add_to_groups(Batch const& in) {
    auto const groups = groups_->size();
    auto const bytes = groups_->bytes();
    if (keys_.empty()) {
      std::fill_n(numbers_.data(), in.rows(), 0U);
      if (!has_rows_) make_group(in, 0);
    } else {
      auto const count = groups_->insert(in, keys_, group_rows_.data(), numbers_.data());
      for (std::uint32_t i = 0; i != count; ++i) make_group(in, group_rows_[i]);
    }
    has_rows_ = true;
    auto const made = groups_->size() - groups;
    context_.charge(groups_->bytes() - bytes + made * aggregates_.size() * sizeof(Accumulator));
    if (keys_.empty() || groups_->size() == 1) return add_to_one(in);
    if (groups_->size() <= few_groups) return add_sorted(in);
    for (std::size_t i = 0; i != aggregates_.size(); ++i) {
      auto const& column = in[aggregates_[i]->variable];
      for (std::uint32_t row = 0; row != in.rows(); ++row) add(numbers_[row], i, column[row]);
    }
  }

  void add(std::size_t group, std::size_t aggregate, Cell cell) {
    BorrowedValue const value{cell};
    accumulators_[group * aggregates_.size() + aggregate].add(*value);
  }
  void add_to_one(Batch const& in) {
    for (std::size_t i = 0; i != aggregates_.size(); ++i) {
      auto const& column = in[aggregates_[i]->variable];
      if (column.is_uniform(ValueKind::integer)) {
        accumulators_[i].add(IntegerColumn{column.words, sizeof(std::uint64_t), in.rows()});
      } else {
        for (std::uint32_t row = 0; row != in.rows(); ++row) add(0, i, column[row]);
      }
    }
  }
  /// Group by group.
  void add_sorted(Batch const& in) {
    std::array<std::uint32_t, few_groups + 1> ends{};
    for (std::uint32_t row = 0; row != in.rows(); ++row) ++ends[numbers_[row] + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    auto next = ends;
    for (std::uint32_t row = 0; row != in.rows(); ++row) group_rows_[next[numbers_[row]]++] = row;
    for (std::size_t i = 0; i != aggregates_.size(); ++i) {
      auto const& column = in[aggregates_[i]->variable];
      bool const integers = column.is_uniform(ValueKind::integer);
      if (integers) {
        for (std::uint32_t row = 0; row != in.rows(); ++row) sorted_words_[row] = column.words[group_rows_[row]];
      }
      for (std::size_t group = 0; group != groups_->size(); ++group) {
        auto const first = ends[group];
        auto const count = ends[group + 1] - first;
        if (count == 0) continue;
        if (integers) {
          accumulators_[group * aggregates_.size() + i].add(IntegerColumn{sorted_words_.data() + first, sizeof(std::uint64_t), count});
        } else {
          for (std::uint32_t row = first; row != first + count; ++row) add(group, i, column[group_rows_[row]]);
        }
      }
    }
  }

  template <meta::Lazy = {}>
  void make_group(Batch const& in, std::uint32_t row) {
    auto const& plan = context_.plan();
    for (auto const* find : aggregates_) {
      if (find->kind == Find::Kind::custom_aggregate) {
        auto const name = form_of(plan, find->form).raw();
        auto const* functions = context_.options().functions;
        auto const* custom = functions == nullptr ? nullptr : functions->find_aggregate(name);
        if (custom == nullptr) {
          raise(Errc::parser_find,
                "There is no aggregate " + std::string{name} +
                    ". Give it to the query: QueryOptions::functions has those of the program.",
                "{:function " + std::string{name} + "}");
        }
        accumulators_.push_back(Accumulator::of(*custom));
        continue;
      }
      std::vector<Value> arguments;
      for (auto const operand : plan.operands_of(find->arguments)) {
        BorrowedValue const argument{context_.operand(operand, in, row)};
        arguments.push_back(*argument);
      }
      accumulators_.push_back(Accumulator::of(find->aggregate, arguments));
    }
  }

  void take_groups(StoredRows& result) {
    if (!has_rows_) return;
    auto const groups = keys_.empty() ? std::size_t{1} : groups_->size();
    auto keys = std::move(*groups_).take();
    std::size_t key = 0;
    std::size_t aggregate = 0;
    for (std::size_t i = 0; i != context_.plan().find.size(); ++i) {
      if (!is_aggregate(context_.plan().find[i])) {
        result.columns()[i] = std::move(keys.columns()[key++]);
        continue;
      }
      for (std::size_t group = 0; group != groups; ++group) {
        result.columns()[i].append(context_.own(accumulators_[group * aggregates_.size() + aggregate].result()));
      }
      ++aggregate;
    }
    result.set_size(groups);
  }

  static constexpr std::size_t few_groups = 64;

  QueryContext& context_;
  std::vector<std::uint16_t> variables_;
  std::size_t most_;
  StoredRows rows_;
  std::optional<DistinctRows> seen_{};
  std::array<std::uint32_t, batch_rows> fresh_;

  bool grouped_ = false;
  bool has_rows_ = false;
  std::vector<std::uint16_t> keys_{};
  std::vector<Find const*> aggregates_{};
  std::optional<RowSet> groups_{};
  std::vector<Accumulator> accumulators_{};
  std::array<std::uint32_t, batch_rows> numbers_;
  std::array<std::uint32_t, batch_rows> group_rows_;
  std::array<std::uint64_t, batch_rows> sorted_words_;
  std::optional<Batch> some_{};
  std::vector<ColumnWriter> some_columns_{};
};

}  // namespace cairn::query
