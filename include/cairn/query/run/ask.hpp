// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query from its text to its result.
#pragma once

#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/explain.hpp>
#include <cairn/query/plan/frozen.hpp>
#include <cairn/query/plan/plan_query.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/nested.hpp>
#include <cairn/query/run/run_plan.hpp>
#include <cairn/query/run/source_statistics.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::query {

/// A query's text as it is: of a string its contents, of all else what it is written as.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string text_of(notation::Value const& form) {
  return form.is_string() ? form.as_string() : notation::write(form);
}

/// A query that was read and planned.
class Prepared {
 public:
  /// `text` must live as long. `inputs` are looked at for rules, and for how many rows clauses will find. Errors: `edn/...`,
  /// `parser/...`, `query/where`.
  template <meta::Lazy = {}>
  Prepared(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options) : text_{text} {
    // Names that are not the language's are looked up when the query runs.
    syntax::Names const names{.functions = {}, .aggregates = {}, .any = options.functions != nullptr};
    syntax_ = syntax::parse_query(text_, names);
    require(syntax_.problem);
    if (!options.order_by.empty()) {
      auto const problem = syntax::parse_order(syntax_, options.order_by);
      if (problem) throw syntax::error_of(options.order_by, problem);
    }
    auto const& wanted = syntax_.tree.inputs;
    for (std::size_t i = 0; i != wanted.size() && i < inputs.size(); ++i) {
      if (wanted[i].kind != syntax::Input::Kind::rules) continue;
      auto given = inputs[i].rules_text();
      if (!given) raise(Errc::query_where, "What % is given is no rules. Give it rules(\"[[(name ?a) clause ...] ...]\").", "{}");
      rules_text_ = std::move(*given);
      rules_ = syntax::parse_rules(rules_text_, names);
      require(rules_.problem);
      require(syntax::link(syntax_, rules_));
      has_rules_ = true;
    }
    planning::Written const query{text_, syntax_.nodes, &syntax_.tree};
    planning::Written const rules{rules_text_, rules_.nodes, &rules_.tree};
    SourceStatistics const statistics{text_, syntax_.nodes, rules_text_, rules_.nodes, worth_asking(inputs)};
    auto planned = make_plan(query, has_rules_ ? &rules : nullptr, statistics);
    require(planned.problem);
    plan_ = std::move(planned.plan);
  }
  Prepared(Prepared const&) = delete;
  Prepared& operator=(Prepared const&) = delete;

  [[nodiscard]] PlanView view() const { return view_of(plan_, text_, syntax_.nodes, rules_text_, rules_.nodes); }
  [[nodiscard]] Plan const& plan() const noexcept { return plan_; }
  /// Whether other inputs bring the same rules.
  [[nodiscard]] bool has_rules_of(std::span<GivenInput const> inputs) const {
    auto const& wanted = syntax_.tree.inputs;
    for (std::size_t i = 0; i != wanted.size() && i < inputs.size(); ++i) {
      if (wanted[i].kind == syntax::Input::Kind::rules && inputs[i].rules_text() != rules_text_) return false;
    }
    return true;
  }

 private:
  /// The databases, by their sources' numbers; where there is no order to choose, none.
  [[nodiscard]] std::vector<Source const*> worth_asking(std::span<GivenInput const> inputs) const {
    auto const is_pattern = [](syntax::Clause const& clause) { return clause.kind == syntax::Clause::Kind::pattern; };
    if (!has_rules_ && std::ranges::count_if(syntax_.tree.clauses, is_pattern) < 2) return {};
    std::vector<Source const*> sources(syntax_.tree.sources.size(), nullptr);
    for (std::size_t i = 0; i != inputs.size() && i != syntax_.tree.inputs.size(); ++i) {
      auto const& input = syntax_.tree.inputs[i];
      auto const* source = inputs[i].source();
      bool const asks = input.kind == syntax::Input::Kind::source && source != nullptr && (*source)->is_database();
      if (asks) sources[input.source] = source->get();
    }
    return sources;
  }

  void require(syntax::Problem const& problem) const {
    if (problem) throw syntax::error_of(problem.in_rules ? std::string_view{rules_text_} : text_, problem);
  }

  std::string_view text_;
  std::string rules_text_{};
  bool has_rules_ = false;
  syntax::QuerySyntax syntax_{};
  syntax::RulesSyntax rules_{};
  Plan plan_{};
};

/// The queries inside of a query, which are asked again for every row: planned once for each text, with the rules that it is
/// given. Used by one thread.
class NestedQueries {
 public:
  /// Planned for the inputs of whoever asks first. Errors: those of `Prepared`.
  template <meta::Lazy = {}>
  [[nodiscard]] std::shared_ptr<Prepared const> prepare(std::string text, std::span<GivenInput const> inputs,
                                                        QueryOptions const& options) {
    for (auto const& one : kept_) {
      if (one->text == text && one->prepared.has_rules_of(inputs)) return {one, &one->prepared};
    }
    auto made = std::make_shared<Query>(std::move(text), inputs, options);
    if (kept_.size() < most_kept) kept_.push_back(made);
    return {made, &made->prepared};
  }

 private:
  struct Query {
    template <meta::Lazy = {}>
    Query(std::string&& written, std::span<GivenInput const> inputs, QueryOptions const& options)
        : text{std::move(written)}, prepared{text, inputs, options} {}
    std::string text;
    Prepared prepared;
  };
  static constexpr std::size_t most_kept = 16;  ///< a query may be another for each row

  std::vector<std::shared_ptr<Query const>> kept_{};
};

/// The answer to a query; the inputs are those of `:in`, in order, sources among them. Errors: those of `Prepared` and `run_plan`.
template <meta::Lazy = {}>
[[nodiscard]] QueryResult ask(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options) {
  Prepared const prepared{text, inputs, options};
  return run_plan(prepared.view(), inputs, options);
}

/// The plan in words. The query is run.
template <meta::Lazy = {}>
[[nodiscard]] std::string explain(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options) {
  Prepared const prepared{text, inputs, options};
  RunReport report;
  static_cast<void>(run_plan(prepared.view(), inputs, options, &report));
  return explain_plan(prepared.view(), {prepared.plan().estimates, report.rows});
}

template <meta::Lazy>
Value nested_query(QueryContext& context, std::span<Operand const> operands, Batch const& in, std::uint32_t row, bool as_value) {
  // As deep as the parser lets queries be written into each other: one whose text is a value may ask itself.
  constexpr int deepest = 64;
  thread_local int depth = 0;
  if (depth == deepest) {
    raise(Errc::query_memory, "Queries ask each other more than " + std::to_string(deepest) + " deep. Let the inner one end.", "{:function q}");
  }
  struct Level {
    Level() noexcept { ++depth; }
    Level(Level const&) = delete;
    Level& operator=(Level const&) = delete;
    ~Level() { --depth; }
  } const level{};
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
    BorrowedValue const value{context.operand(operand, in, row)};
    bool const is_rules = value->is(ValueKind::symbol) && value->as_symbol().text() == "%";
    inputs.push_back(is_rules ? GivenInput{Rules{std::string{plan.rules_text}}} : GivenInput{*value});
  }
  auto const options = context.inner_options();
  if (context.nested() == nullptr) context.nested() = std::make_shared<NestedQueries>();
  auto const prepared = context.nested()->prepare(std::move(text), inputs, options);
  auto const found = run_plan(prepared->view(), inputs, options);
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
