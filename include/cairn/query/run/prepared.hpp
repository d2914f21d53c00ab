// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query as it is before it runs.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/plan/frozen.hpp>
#include <cairn/query/plan/plan_query.hpp>
#include <cairn/query/run/deadline.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/options.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/source_statistics.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::query {

/// A query that was read and planned. Immutable: many threads can run it.
class Prepared {
 public:
  /// `inputs` are looked at for rules, and for how many rows clauses will find; where there is no order to choose, that only if somebody
  /// `shows_estimates`. Errors: `edn/...`, `parser/...`, also for another number of inputs, `query/where`, `query/timeout`.
  template <meta::Lazy = {}>
  Prepared(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options, Deadline const& deadline,
           bool shows_estimates = false)
      : text_{text}, order_by_{options.order_by}, knows_functions_{options.functions != nullptr}, likenesses_{likenesses_of(inputs)} {
    // Names that are not the language's are looked up when the query runs.
    syntax::Names const names{.functions = {}, .aggregates = {}, .any = knows_functions_};
    syntax_ = syntax::parse_query(text_, names);
    require(syntax_.problem);
    if (!order_by_.empty()) {
      auto const problem = syntax::parse_order(syntax_, order_by_);
      if (problem) throw syntax::error_of(order_by_, problem);
    }
    auto const& wanted = syntax_.tree.inputs;
    if (!syntax::takes_inputs(wanted, inputs.size())) refuse_inputs(text_, syntax_.nodes.data(), wanted.size(), inputs.size());
    for (std::size_t i = 0; i != wanted.size(); ++i) {
      if (wanted[i].kind != syntax::Input::Kind::rules) continue;
      auto given = inputs[i].rules_text();
      if (!given) raise(Errc::query_where, "What % is given is no rules. Those are [[(name ?a) clause ...] ...], as they are or as text.", "{}");
      rules_text_ = std::move(*given);
      rules_ = syntax::parse_rules(rules_text_, names);
      require(rules_.problem);
      require(syntax::link(syntax_, rules_));
      has_rules_ = true;
    }
    planning::Written const query{text_, syntax_.nodes, &syntax_.tree};
    planning::Written const rules{rules_text_, rules_.nodes, &rules_.tree};
    SourceStatistics const statistics{text_, syntax_.nodes, rules_text_, rules_.nodes, worth_asking(inputs, shows_estimates)};
    auto planned = make_plan(query, has_rules_ ? &rules : nullptr, statistics, meta::Watch::of(deadline));
    require(planned.problem);
    is_guess_ = statistics.has_guessed();
    plan_ = std::move(planned.plan);
    auto const plan = view();
    values_.reserve(plan_.constants.size());
    for (auto const at : plan_.constants) values_.push_back(value_of(form_of(plan, at)));
  }
  Prepared(Prepared const&) = delete;
  Prepared& operator=(Prepared const&) = delete;

  [[nodiscard]] PlanView view() const {
    auto view = view_of(plan_, text_, syntax_.nodes, rules_text_, rules_.nodes);
    view.values = values_;
    return view;
  }
  [[nodiscard]] Plan const& plan() const noexcept { return plan_; }
  /// Whether other inputs bring the same rules.
  [[nodiscard]] bool has_rules_of(std::span<GivenInput const> inputs) const {
    auto const& wanted = syntax_.tree.inputs;
    for (std::size_t i = 0; i != wanted.size() && i < inputs.size(); ++i) {
      if (wanted[i].kind == syntax::Input::Kind::rules && !inputs[i].is_rules(rules_text_)) return false;
    }
    return true;
  }
  /// Whether the same would be made of these.
  [[nodiscard]] bool suits(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options) const {
    if (text_ != text || order_by_ != options.order_by || knows_functions_ != (options.functions != nullptr)) return false;
    if (inputs.size() != likenesses_.size()) return false;
    for (std::size_t i = 0; i != inputs.size(); ++i) {
      if (likenesses_[i] != likeness_of(inputs[i])) return false;
    }
    return has_rules_of(inputs);
  }
  /// Whether a store did not say how many datoms there are, so that another plan may be the better one once it does.
  [[nodiscard]] bool is_guess() const noexcept { return is_guess_; }
  /// Of its texts.
  [[nodiscard]] std::size_t bytes_of_text() const noexcept { return text_.size() + order_by_.size() + rules_text_.size(); }

  /// What a plan for an input depends on, but for rules.
  [[nodiscard]] static std::uint64_t likeness_of(GivenInput const& input) {
    auto const* source = input.source();
    return source == nullptr ? 0 : (*source)->likeness();
  }

 private:
  /// The databases, by their sources' numbers; where there is no order to choose and nothing to show, none.
  [[nodiscard]] std::vector<Source const*> worth_asking(std::span<GivenInput const> inputs, bool shows_estimates) const {
    auto const is_pattern = [](syntax::Clause const& clause) { return clause.kind == syntax::Clause::Kind::pattern; };
    if (!shows_estimates && !has_rules_ && std::ranges::count_if(syntax_.tree.clauses, is_pattern) < 2) return {};
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
    if (problem) throw syntax::error_of(problem.in_rules ? rules_text_ : text_, problem);
  }

  [[nodiscard]] static std::vector<std::uint64_t> likenesses_of(std::span<GivenInput const> inputs) {
    std::vector<std::uint64_t> likenesses;
    likenesses.reserve(inputs.size());
    for (auto const& input : inputs) likenesses.push_back(likeness_of(input));
    return likenesses;
  }

  std::string text_;
  std::string order_by_;
  bool knows_functions_;
  std::vector<std::uint64_t> likenesses_;  ///< of the inputs that it was planned for
  std::string rules_text_{};
  bool has_rules_ = false;
  syntax::QuerySyntax syntax_{};
  syntax::RulesSyntax rules_{};
  Plan plan_{};
  bool is_guess_ = false;
  std::vector<Value> values_{};  ///< of its constants
};

}  // namespace cairn::query
