// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries at run time, declared: what programs and static queries call of them.
#pragma once

#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/deadline.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/options.hpp>
#include <cairn/query/run/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The bodies are in run_plan.hpp and ask.hpp, which a unit that links cairn::engine does not read: see
// cairn/query/definitions.hpp.
namespace cairn::query {

/// A query's text as it is: of a string its contents, of all else what it is written as.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string text_of(notation::Value const& form) {
  return form.is_string() ? form.as_string() : notation::write(form);
}

/// A plan that has run, for explanations.
struct RunReport {
  std::vector<std::uint64_t> rows{};  ///< of the plan's steps, what each gave
  std::size_t bytes = 0;              ///< the most that was in use
};

/// How a result has its rows, where there is a choice: as they are read through it, or in columns for who takes them from there.
enum class RowsAs : std::uint8_t { values, columns };

/// Runs a plan with inputs in the order of `plan.inputs`: a database or a collection for each source, anything for rules, which are
/// in the plan already. `plan` and what it refers to need not outlive the call. `options.order_by` is not looked at:
/// the order is the plan's.
/// Errors: `parser/query` for another number of inputs; `query/where` for inputs of another shape and for what steps refuse;
/// `query/arithmetic`, `query/timeout`, `query/memory`, `entity-id/missing`, `lookup-ref/unique`; those of the stores.
template <meta::Lazy = {}>
[[nodiscard]] QueryResult run_plan(PlanView const& plan, std::span<GivenInput const> inputs, QueryOptions const& options,
                                   Deadline const& deadline, RunReport* report = nullptr, RowsAs as = RowsAs::values);
/// The same of a query that is asked now.
[[nodiscard]] inline QueryResult run_plan(PlanView const& plan, std::span<GivenInput const> inputs, QueryOptions const& options = {},
                                          RunReport* report = nullptr, RowsAs as = RowsAs::values) {
  return run_plan<>(plan, inputs, options, Deadline{options}, report, as);
}

/// The answer to a query; the inputs are those of `:in`, in order, sources among them. Errors: those of `Prepared` and `run_plan`.
template <meta::Lazy = {}>
[[nodiscard]] QueryResult ask(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options, RowsAs as = RowsAs::values);

/// The plan in words. The query is run.
template <meta::Lazy = {}>
[[nodiscard]] std::string explain(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options);

}  // namespace cairn::query
