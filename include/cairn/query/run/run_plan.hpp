// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A plan at work, from its inputs to its result.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/arrange.hpp>
#include <cairn/query/run/block.hpp>
#include <cairn/query/run/collector.hpp>
#include <cairn/query/run/front_end.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/result.hpp>
#include <cairn/query/run/result_columns.hpp>
#include <cairn/query/run/rows_source.hpp>
#include <cairn/query/run/rules/whole_closure.hpp>
#include <cairn/query/run/steps.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query {

namespace detail {

/// Every row with all that an input's binding form makes of its value.
class InputRunner final : public StepRunner {
 public:
  InputRunner(QueryContext& context, query::Input const& input, Cell value, std::vector<std::uint16_t> live, StepRunner& next)
      : value_{value}, live_{std::move(live)}, binder_{context, context.plan().bindings[input.binding], input.form, live_, next} {}
  void push(Batch const& in) override {
    for (std::uint32_t row = 0; row != in.rows(); ++row) binder_.push(in, row, value_);
  }
  void flush() override { binder_.flush(); }

 private:
  Cell value_;
  std::vector<std::uint16_t> live_;
  Binder binder_;
};

template <meta::Lazy = {}>
[[noreturn]] inline void refuse_input(PlanView const& plan, query::Input const& input, char const* reason) {
  auto const form = form_of(plan, input.form);
  auto const name = input.form.node == 0 ? std::string_view{"$"} : form.raw();
  throw error_at(form, false, Error{Errc::query_where, "The input " + std::string{name} + " " + reason});
}

template <meta::Lazy = {}>
[[nodiscard]] inline std::vector<std::shared_ptr<Source const>> sources_of(PlanView const& plan,
                                                                           std::span<GivenInput const> inputs) {
  std::vector<std::shared_ptr<Source const>> sources(plan.sources.size());
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    auto const& wanted = plan.inputs[i];
    if (wanted.kind != query::Input::Kind::source) {
      if (inputs[i].source() != nullptr && wanted.kind == query::Input::Kind::binding)
        refuse_input(plan, wanted, "was given a database, which goes to a source, such as $.");
      continue;
    }
    if (std::holds_alternative<Rules>(inputs[i].which()))
      refuse_input(plan, wanted, "was given rules, which go to %. Give it a database or a collection of rows.");
    sources[wanted.source] = inputs[i].source() != nullptr ? *inputs[i].source() : std::make_shared<RowsSource const>(inputs[i].value());
  }
  return sources;
}

/// Whether the rows of the main block are all different in `wanted`. Where its last step would have to see to that, it is left to
/// whoever keeps the rows, and the step's flag is taken back.
[[nodiscard]] inline bool ends_distinct(PlanView const& plan, std::span<std::uint16_t const> wanted,
                                        Pool<std::uint8_t>& distinct) {
  auto const steps = plan.steps_of(plan.blocks[plan.main]);
  if (steps.empty()) return false;
  auto const live = plan.variables_of(steps.back().live);
  bool const same = live.size() == wanted.size() && std::ranges::all_of(live, [&](std::uint16_t variable) {
                      return std::ranges::find(wanted, variable) != wanted.end();
                    });
  if (!same) return false;
  return std::exchange(distinct.back(), std::uint8_t{0}) == 0;
}

/// Whether nothing is done with the rows of a plan once they are found.
[[nodiscard]] inline bool shows_rows_as_found(PlanView const& plan, std::int64_t offset, std::int64_t limit) noexcept {
  return plan.having.empty() && plan.order.empty() && offset <= 0 && shown_rows(plan.shape, limit) < 0 &&
         std::ranges::none_of(plan.find, [](Find const& find) { return find.kind == Find::Kind::pull; });
}

/// A relation of variables alone is a set.
[[nodiscard]] inline bool is_plain(PlanView const& plan) noexcept {
  return plan.shape == FindShape::relation && plan.with.count == 0 && plan.keys.empty() &&
         std::ranges::all_of(plan.find, [](Find const& find) { return find.kind == Find::Kind::variable; });
}

}  // namespace detail

template <meta::Lazy>
QueryResult run_plan(PlanView const& plan, std::span<GivenInput const> inputs, QueryOptions const& options, Deadline const& deadline,
                     RunReport* report, RowsAs as) {
  if (!syntax::takes_inputs(plan.inputs, inputs.size())) refuse_inputs(plan.text, plan.nodes.data(), plan.inputs.size(), inputs.size());
  QueryContext context{plan, options, detail::sources_of(plan, inputs), deadline};
  if (report != nullptr) context.count_rows();
  check_functions(context);

  auto const order = plan.order;
  auto const limit = options.limit.value_or(plan.limit);
  auto const offset = options.offset.value_or(plan.offset);
  auto const most = detail::most_rows(plan, offset, limit);
  auto const wanted = result_variables(plan);

  // Scalars are the columns of the first batch; the other inputs multiply its rows.
  Batch first{context.variables()};
  first.set_rows(1);
  std::vector<Cell> scalars;
  auto const is_binding = [](query::Input const& input) { return input.kind == query::Input::Kind::binding; };
  scalars.reserve(static_cast<std::size_t>(std::ranges::count_if(plan.inputs, is_binding)));
  std::vector<std::uint16_t> arriving;
  std::vector<std::pair<query::Input const*, Cell>> others;
  std::vector<Cell> values(plan.having.empty() ? 0 : inputs.size());
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    if (plan.inputs[i].kind != query::Input::Kind::binding) continue;
    if (std::holds_alternative<Rules>(inputs[i].which())) detail::refuse_input(plan, plan.inputs[i], "was given rules, which go to %.");
    auto const& binding = plan.bindings[plan.inputs[i].binding];
    auto const cell = context.own(inputs[i].value());
    if (!values.empty()) values[i] = cell;
    if (binding.kind == Binding::Kind::scalar && binding.variable.kind == Operand::Kind::free) {
      scalars.push_back(cell);
      first[binding.variable.index] = {&scalars.back().word, nullptr, cell.kind};
      arriving.push_back(binding.variable.index);
    } else if (binding.kind != Binding::Kind::blank) {
      others.emplace_back(&plan.inputs[i], cell);
    }
  }
  auto all = arriving;
  std::vector<std::vector<std::uint16_t>> lives;
  for (auto const& [input, cell] : others) {
    planning::VariableSet variables;
    detail::add_variables(plan, plan.bindings[input->binding], variables);
    variables.each([&](std::uint32_t variable) {
      if (std::ranges::find(all, variable) == all.end()) all.push_back(static_cast<std::uint16_t>(variable));
    });
    lives.push_back(all);
  }
  // Of inputs that nobody looks at there are no columns, and then rows may be the same that were not.
  std::erase_if(all, [&](std::uint16_t variable) {
    auto const needs = plan.variables_of(plan.blocks[plan.main].needs);
    return std::ranges::find(needs, variable) == needs.end() && std::ranges::find(wanted, variable) == wanted.end();
  });
  auto distinct = BlockRunner::distinct_steps(context, plan.main, others.empty());
  bool const as_values = as == RowsAs::values && detail::shows_rows_as_found(plan, offset, limit);
  Collector collector{context, detail::ends_distinct(plan, wanted, distinct), most, as_values};
  BlockRunner main{context, plan.main, all, wanted, collector, distinct};
  class Entry final : public StepRunner {
   public:
    explicit Entry(BlockRunner& block) noexcept : block_{block} {}
    void push(Batch const& in) override { block_.push(in); }
    void flush() override { block_.flush(); }

   private:
    BlockRunner& block_;
  };
  Entry entry{main};
  StepRunner* head = &entry;
  std::vector<std::unique_ptr<StepRunner>> chain;
  Step const none{};
  if (!others.empty()) {
    // Collections may have an element twice, and a block takes it that no two rows that come in are the same.
    chain.push_back(make_distinct({context, none, all, *head}));
    head = chain.back().get();
  }
  for (auto i = others.size(); i-- != 0;) {
    chain.push_back(std::make_unique<detail::InputRunner>(context, *others[i].first, others[i].second, lives[i], *head));
    head = chain.back().get();
  }
  bool const all_rows = most == (std::numeric_limits<std::size_t>::max)() && others.empty();
  auto written = all_rows ? whole_closure(context) : std::nullopt;
  if (most == 0) {
    context.stop();
  } else if (!written) {
    head->push(first);
    head->flush();
  }

  std::vector<Cell> patterns;
  for (std::size_t i = 0; i != plan.find.size(); ++i) {
    auto const& find = plan.find[i];
    if (find.kind != Find::Kind::pull) continue;
    patterns.resize(plan.find.size());
    if (find.pattern.kind == Operand::Kind::constant) {
      patterns[i] = context.constant(find.pattern.index);
    } else {
      patterns[i] = first[find.pattern.index][0];  // of an input, which the parser has seen to
    }
  }
  auto found = written                  ? std::make_shared<Found>(plan.shape, std::move(*written))
               : collector.has_values() ? std::make_shared<Found>(plan.shape, collector.take_values())
                                        : std::make_shared<Found>(plan.shape, collector.take());
  found->keys = detail::keys_of(plan);
  found->is_set = detail::is_plain(plan) && order.empty() && limit < 0 && offset <= 0;
  if (!plan.having.empty()) detail::keep_having(context, *found, values);
  if (!order.empty()) detail::sort_rows(context, *found, order);
  detail::page(context, *found, offset, detail::shown_rows(plan.shape, limit));
  detail::pull_columns(context, *found, patterns);
  if (report != nullptr) *report = {context.counts(), context.most_used()};
  found->holdings = std::move(context.holdings());
  return QueryResult{std::move(found)};
}

}  // namespace cairn::query
