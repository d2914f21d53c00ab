// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the rows of a query end: as a set, as they are, or in groups.
#pragma once

#include <cairn/query/run/distinct_rows.hpp>
#include <cairn/query/run/groups.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/value_rows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  /// `distinct`: no two rows that come in are the same in `result_variables`. `most`: no more rows are wanted. `as_values`: rows that
  /// are all kept as they come are kept as values.
  Collector(QueryContext& context, bool distinct, std::size_t most, bool as_values = false)
      : context_{context}, variables_{result_variables(context.plan())}, most_{most}, rows_{distinct ? variables_.size() : 0} {
    if (std::ranges::any_of(context.plan().find, Groups::is_aggregate)) {
      groups_ = std::make_unique<Groups>(context, variables_, distinct);
    } else if (!distinct) {
      seen_.emplace(variables_.size());
    } else if (as_values) {
      values_.emplace(context.plan().find.size());
      shown_.resize(context.plan().find.size());
    }
  }

  void push(Batch const& in) override {
    // A step may have many batches to hand on before it looks whether more are wanted.
    if (context_.poll()) return;
    if (groups_) return groups_->push(in);
    auto const before = bytes();
    if (seen_) {
      std::uint32_t fresh[batch_rows];
      static_cast<void>(seen_->insert(in, variables_, fresh));
    } else if (values_) {
      for (std::size_t i = 0; i != shown_.size(); ++i) shown_[i] = in[context_.plan().find[i].variable];
      values_->append(shown_, in.rows());
    } else {
      rows_.append(in, variables_);
    }
    context_.charge_change(before, bytes());
    if (size() >= most_) context_.stop();
  }
  void flush() override {}

  /// Whether `take_values` and not `take` is to be called, once, at the end.
  [[nodiscard]] bool has_values() const noexcept { return values_.has_value(); }
  /// A value for each element of `:find`.
  [[nodiscard]] ValueRows take_values() noexcept { return std::move(*values_); }
  /// One column for each element of `:find`; of those that are pulled, the entities.
  [[nodiscard]] StoredRows take() {
    auto const& plan = context_.plan();
    StoredRows result{plan.find.size()};
    if (groups_) {
      groups_->take(result);
      return result;
    }
    auto rows = seen_ ? std::move(*seen_).take() : std::move(rows_);
    for (std::size_t i = 0; i != plan.find.size(); ++i) {
      auto const variable = plan.find[i].variable;
      auto& column = rows.columns()[place_of(variable)];
      if (std::ranges::find(plan.find.behind(i + 1), variable, &Find::variable) == plan.find.end()) {
        result.columns()[i] = std::move(column);
      } else {
        append_all(result.columns()[i], column, rows.size());
      }
    }
    result.set_size(rows.size());
    return result;
  }

 private:
  [[nodiscard]] std::size_t size() const noexcept { return seen_ ? seen_->size() : values_ ? values_->size() : rows_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return seen_ ? seen_->bytes() : values_ ? values_->bytes() : rows_.bytes(); }
  [[nodiscard]] std::size_t place_of(std::uint16_t variable) const noexcept {
    return static_cast<std::size_t>(std::ranges::find(variables_, variable) - variables_.begin());
  }
  static void append_all(StoredColumn& to, StoredColumn const& from, std::size_t rows) {
    for (std::size_t first = 0; first < rows; first += batch_rows) {
      to.append(from.from(first), static_cast<std::uint32_t>((std::min)(rows - first, std::size_t{batch_rows})));
    }
  }

  QueryContext& context_;
  std::vector<std::uint16_t> variables_;
  std::size_t most_;
  StoredRows rows_;
  std::optional<ValueRows> values_{};
  std::vector<Column> shown_{};  // of a batch, in the order of `:find`
  std::optional<DistinctRows> seen_{};
  std::unique_ptr<Groups> groups_{};
};

}  // namespace cairn::query
