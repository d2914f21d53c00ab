// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query from its text to its result.
#pragma once

#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/bounds.hpp>
#include <cairn/query/plan/explain.hpp>
#include <cairn/query/run/deadline.hpp>
#include <cairn/query/run/front_end.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/nested.hpp>
#include <cairn/query/run/plan_cache.hpp>
#include <cairn/query/run/run_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::query {

/// The queries inside of a query, which are asked again for every row: planned once for each text, with the rules that it is
/// given. Used by one thread.
class NestedQueries {
 public:
  /// Planned for the inputs of whoever asks first. Errors: those of `Prepared`.
  template <meta::Lazy = {}>
  [[nodiscard]] std::shared_ptr<Prepared const> prepare(std::string text, std::span<GivenInput const> inputs,
                                                        QueryOptions const& options, Deadline const& deadline) {
    for (auto const& one : kept_) {
      if (one.text == text && one.prepared->has_rules_of(inputs)) return one.prepared;
    }
    auto made = PlanCache::of_program().prepare(text, inputs, options, deadline);
    if (kept_.size() < most_kept) kept_.push_back({std::move(text), made});
    return made;
  }

 private:
  struct Query {
    std::string text;
    std::shared_ptr<Prepared const> prepared;
  };
  static constexpr std::size_t most_kept = 16;  ///< a query may be another for each row

  std::vector<Query> kept_{};
};

template <meta::Lazy>
QueryResult ask(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options, RowsAs as) {
  Deadline const deadline{options};
  auto const prepared = PlanCache::of_program().prepare(text, inputs, options, deadline);
  return run_plan(prepared->view(), inputs, options, deadline, nullptr, as);
}

template <meta::Lazy>
std::string explain(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options) {
  Deadline const deadline{options};
  Prepared const prepared{text, inputs, options, deadline, true};
  RunReport report;
  static_cast<void>(run_plan(prepared.view(), inputs, options, deadline, &report));
  return explain_plan(prepared.view(), {prepared.plan().estimates, report.rows});
}

template <meta::Lazy>
Value nested_query(QueryContext& context, std::span<Operand const> operands, Batch const& in, std::uint32_t row, bool as_value) {
  // One whose text is a value may ask itself: what stands on the stack are the steps of all.
  constexpr std::uint32_t deepest = 2 * planning::Bounds::steps;
  constexpr std::uint32_t steps_a_query = 8;  // what one takes of the stack besides
  thread_local std::uint32_t depth = 0;
  struct Level {
    explicit Level(std::uint32_t its_steps) noexcept : steps{its_steps} { depth += steps; }
    Level(Level const&) = delete;
    Level& operator=(Level const&) = delete;
    ~Level() { depth -= steps; }
    std::uint32_t steps;
  };
  auto const& plan = context.plan();
  std::string text;
  if (operands[0].kind == Operand::Kind::constant) {
    auto const form = form_of(plan, plan.constants[operands[0].index]);
    text = form.is(notation::Kind::string) ? form.string() : std::string{form.raw()};
  } else {
    BorrowedValue const query{context.operand(operands[0], in, row)};
    text = text_of(to_edn(*query));
  }
  std::vector<GivenInput> inputs;
  for (auto const operand : operands.subspan(1)) {
    if (operand.kind == Operand::Kind::source) {
      inputs.emplace_back(context.shared_source(operand.index));
      continue;
    }
    if (operand.kind == Operand::Kind::constant) {
      // A value has lost the difference of lists and vectors, which rules are told by.
      auto const form = form_of(plan, plan.constants[operand.index]);
      bool const like_rules = form.is_sequence() && form.size() != 0 && form[0].is_sequence() && form[0].size() != 0 &&
                              form[0][0].is(notation::Kind::list);
      if (like_rules) {
        inputs.emplace_back(notation::Value::of(form));
        continue;
      }
    }
    BorrowedValue const value{context.operand(operand, in, row)};
    bool const is_rules = value->is(ValueKind::symbol) && value->as_symbol().text() == "%";
    inputs.push_back(is_rules ? GivenInput{Rules{std::string{plan.rules_text}}} : GivenInput{*value});
  }
  auto const options = context.inner_options();
  if (context.nested() == nullptr) context.nested() = std::make_shared<NestedQueries>();
  auto const prepared = context.nested()->prepare(std::move(text), inputs, options, context.deadline());
  Level const level{prepared->plan().depth + steps_a_query};
  if (depth > deepest) {
    raise(Errc::query_memory,
          "Queries ask each other too deep: at most " + std::to_string(deepest) +
              " steps may wait for each other, eight counted for each query. Let the inner one end.",
          "{:function q}");
  }
  auto const found = run_plan(prepared->view(), inputs, options, context.deadline());
  if (found.found()->shape() == FindShape::scalar || as_value) return to_value(found.to_edn());
  if (found.found()->shape() == FindShape::tuple && found.empty()) return {};
  bool const single = found.found()->shape() == FindShape::collection;
  std::vector<Value> rows;
  for (auto const found_row : found) {
    if (single) {
      rows.push_back(found_row[0]);
    } else if (!found.found()->keys.empty()) {
      return to_value(found.to_edn());
    } else {
      rows.push_back(Value{std::vector<Value>(found_row.begin(), found_row.end())});
    }
  }
  if (found.found()->shape() == FindShape::tuple) return rows[0];
  return rows;
}

}  // namespace cairn::query
