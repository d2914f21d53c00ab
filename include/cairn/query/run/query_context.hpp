// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the steps of one query share while it runs.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/index/value_footprint.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/batch.hpp>
#include <cairn/query/run/deadline.hpp>
#include <cairn/query/run/memory_meter.hpp>
#include <cairn/query/run/options.hpp>
#include <cairn/query/run/source.hpp>
#include <cairn/query/run/step_runner.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

class RuleTables;
class NestedQueries;

/// The owners of what a query and its result have borrowed. Moving it moves no value.
struct Holdings {
  std::vector<std::shared_ptr<Source const>> sources{};
  std::vector<Value> values{};
  std::vector<std::shared_ptr<void const>> others{};
};

/// The form that stands at a place of a query or of its rules.
[[nodiscard]] constexpr notation::Form form_of(PlanView const& plan, FormAt at) noexcept {
  return at.in_rules ? notation::Form{plan.rules_text, plan.rules_nodes.data(), at.node}
                     : notation::Form{plan.text, plan.nodes.data(), at.node};
}

/// The value of a constant. Linear. Errors: `edn/syntax` for what EDN can read and not mean.
template <meta::Lazy = {}>
[[nodiscard]] inline Value value_of(notation::Form form) {
  using Kind = notation::Kind;
  switch (form.kind()) {
    case Kind::nil: return {};
    case Kind::boolean: return form.boolean();
    case Kind::integer: return form.integer();
    case Kind::real: return form.real();
    case Kind::string: return form.string();
    case Kind::keyword: return Keyword{form.name()};
    case Kind::symbol: return Symbol{form.name()};
    default: return to_value(notation::Value::of(form));
  }
}

/// One query at work: its plan, its sources and constants, the buffers of its batches, the owners of its values, and its limits.
/// Used by one thread.
class QueryContext {
 public:
  /// `plan` and what it refers to, and what `options` refers to, live as long as the context.
  QueryContext(PlanView const& plan, QueryOptions const& options, std::vector<std::shared_ptr<Source const>> sources)
      : QueryContext{plan, options, std::move(sources), Deadline{options}} {}
  /// The same of a query that was asked before.
  QueryContext(PlanView const& plan, QueryOptions const& options, std::vector<std::shared_ptr<Source const>> sources, Deadline const& deadline)
      : plan_{plan}, options_{options}, variables_{plan.names.size()}, meter_{options.memory}, deadline_{deadline} {
    holdings_.sources = std::move(sources);
    constants_.reserve(plan.constants.size());
    for (std::size_t i = 0; i != plan.constants.size(); ++i) {
      constants_.push_back(own(plan.values.empty() ? value_of(form_of(plan, plan.constants[i])) : plan.values[i]));
    }
    for (auto const& step : plan.steps) {
      if (step.kind == Step::Kind::without) ++variables_;
    }
  }
  QueryContext(QueryContext const&) = delete;
  QueryContext& operator=(QueryContext const&) = delete;

  [[nodiscard]] PlanView const& plan() const noexcept { return plan_; }
  [[nodiscard]] QueryOptions const& options() const noexcept { return options_; }
  [[nodiscard]] Source const& source(std::size_t number) const noexcept { return *holdings_.sources[number]; }
  [[nodiscard]] std::shared_ptr<Source const> const& shared_source(std::size_t number) const noexcept {
    return holdings_.sources[number];
  }
  [[nodiscard]] Cell constant(std::size_t number) const noexcept { return constants_[number]; }
  /// The value of a constant or bound operand in a row. Requires that it is such.
  [[nodiscard]] Cell operand(Operand operand, Batch const& batch, std::uint32_t row) const noexcept {
    if (operand.kind == Operand::Kind::source) return {};  // is no value; who reads sources takes it as one
    return operand.kind == Operand::Kind::constant ? constants_[operand.index] : batch[operand.index][row];
  }

  /// How many columns batches have: the variables', and the row numbers of each step that has blocks to deny.
  [[nodiscard]] std::size_t variables() const noexcept { return variables_; }
  /// The column of a `without` step's row numbers.
  [[nodiscard]] std::uint16_t row_numbers(Step const& step) const noexcept {
    auto number = plan_.names.size();
    for (auto const& other : plan_.steps) {
      if (&other == &step) break;
      if (other.kind == Step::Kind::without) ++number;
    }
    return static_cast<std::uint16_t>(number);
  }
  [[nodiscard]] BufferPool& pool() noexcept { return pool_; }

  // ---- owners

  /// Keeps a value that was computed as long as the query and its result.
  [[nodiscard]] Cell own(Value&& value) {
    Cell const cell{value};
    if (cairn::detail::ValueParts::counted(cell.kind)) {
      charge(cairn::detail::value_footprint(value) + sizeof value);
      holdings_.values.push_back(std::move(value));
    }
    return cell;
  }
  [[nodiscard]] Cell own(Value const& value) { return own(Value{value}); }
  void keep(std::shared_ptr<void const> owner) { holdings_.others.push_back(std::move(owner)); }
  [[nodiscard]] Holdings& holdings() noexcept { return holdings_; }
  /// What a source has made for the query and finds again at its next call; nothing at first.
  [[nodiscard]] std::shared_ptr<void>& kept_for(Source const& source) {
    for (auto& [whose, kept] : kept_) {
      if (whose == &source) return kept;
    }
    return kept_.emplace_back(&source, nullptr).second;
  }

  // ---- limits

  /// Asked once a batch by steps that make many. True: no more rows are wanted. Errors: `query/timeout`, `query/memory`.
  [[nodiscard]] bool poll() {
    static_cast<void>(deadline_.poll());
    return stopped_;
  }
  [[nodiscard]] Deadline const& deadline() const noexcept { return deadline_; }
  /// What is left of the limits, but for those of time, for a query inside of this one.
  [[nodiscard]] QueryOptions inner_options() const {
    QueryOptions inner;
    inner.functions = options_.functions;
    inner.memory = meter_.left();
    return inner;
  }
  /// No more rows are wanted.
  void stop() noexcept { stopped_ = true; }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  /// So many bytes more are in use. Errors: `query/memory`.
  void charge(std::size_t bytes) { meter_.charge(bytes); }
  void discharge(std::size_t bytes) noexcept { meter_.discharge(bytes); }
  /// What used `before` bytes uses `after` now. Errors: `query/memory`.
  void charge_change(std::size_t before, std::size_t after) { after > before ? charge(after - before) : discharge(before - after); }
  /// What is left of the limit.
  [[nodiscard]] std::size_t memory_left() const noexcept { return meter_.left(); }
  [[nodiscard]] std::size_t most_used() const noexcept { return meter_.most_used(); }

  // ---- what is counted for explanations

  void count_rows() { counts_.resize(plan_.steps.size()); }
  [[nodiscard]] bool counts_rows() const noexcept { return !counts_.empty(); }
  /// Of the steps of the plan, in their order; empty where nothing is counted.
  [[nodiscard]] std::vector<std::uint64_t> const& counts() const noexcept { return counts_; }
  void count(Step const& step, std::uint64_t rows) noexcept {
    auto const at = static_cast<std::size_t>(&step - plan_.steps.data());
    if (at < counts_.size()) counts_[at] += rows;
  }

  // ---- what the steps of rules share

  [[nodiscard]] std::shared_ptr<RuleTables>& tables() noexcept { return tables_; }
  /// The queries inside of this one.
  [[nodiscard]] std::shared_ptr<NestedQueries>& nested() noexcept { return nested_; }

 private:
  PlanView plan_;
  QueryOptions options_;
  std::size_t variables_;
  Holdings holdings_{};
  std::vector<std::pair<Source const*, std::shared_ptr<void>>> kept_{};
  std::vector<Cell> constants_{};
  MemoryMeter meter_;
  BufferPool pool_{meter_};
  std::shared_ptr<RuleTables> tables_{};
  std::shared_ptr<NestedQueries> nested_{};
  std::vector<std::uint64_t> counts_{};
  Deadline deadline_;
  bool stopped_ = false;
};

}  // namespace cairn::query
