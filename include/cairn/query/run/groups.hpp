// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of a query with aggregates.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/grouped.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/run/distinct_rows.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/query_context.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query {

/// The rows of a query with aggregates, in groups: rows are the same group where they agree in what `:find` names beside aggregates.
class Groups {
 public:
  /// `variables` are those in which rows differ. `distinct`: no two rows that come in are the same in them.
  Groups(QueryContext& context, std::span<std::uint16_t const> variables, bool distinct)
      : context_{context}, keys_{key_variables(context.plan())}, groups_{keys_.size()} {
    for (auto const& find : context.plan().find) {
      if (!is_aggregate(find)) continue;
      finds_.push_back(&find);
      bool const is_plain = find.kind == Find::Kind::aggregate && find.arguments.count == 0;
      bool const counts_distinct = is_plain && find.aggregate == AggregateId::count_distinct;
      // Of values that were not there before in their group, the number.
      if (counts_distinct) distinct_.push_back({aggregates_.size(), DistinctRows{keys_.empty() ? 1U : 2U, false}});
      aggregates_.push_back(!is_plain ? GroupedAggregate{} : GroupedAggregate{counts_distinct ? AggregateId::count : find.aggregate});
    }
    // Rows of one group differ in the other variables: the group's number stands for its own.
    others_.push_back(group_column);
    for (auto const variable : variables) {
      if (std::ranges::find(keys_, variable) == keys_.end()) others_.push_back(static_cast<std::uint16_t>(variable + 1));
    }
    if (keys_.empty()) others_.erase(others_.begin());
    removes_duplicates_ = !distinct && std::ranges::any_of(finds_, minds_duplicates);
    // With no other variable a group has one row.
    if (removes_duplicates_ && !is_one_row()) {
      seen_.emplace(others_.size(), false);
      numbered_.emplace(context.variables() + 1);
    }
  }

  [[nodiscard]] static bool is_aggregate(Find const& find) noexcept {
    return find.kind == Find::Kind::aggregate || find.kind == Find::Kind::custom_aggregate;
  }

  void push(Batch const& in) {
    if (in.rows() == 0) return;
    auto const before = bytes();
    auto const groups = size();
    std::uint32_t fresh_groups = 0;
    if (keys_.empty()) {
      group_rows_[0] = 0;
      fresh_groups = has_rows_ ? 0 : 1;
    } else {
      fresh_groups = groups_.insert(in, keys_, group_rows_.data(), numbers_.data());
    }
    has_rows_ = true;
    add_groups(in, fresh_groups);
    for (auto& one : distinct_) count_distinct(one, in);
    auto const* rows = all_rows;
    auto count = in.rows();
    if (removes_duplicates_) {
      rows = fresh_.data();
      if (is_one_row()) {
        count = fresh_groups;
        std::copy_n(group_rows_.data(), count, fresh_.data());
      } else {
        count = remove_duplicates(in);
      }
      if (count == in.rows()) rows = all_rows;
    }
    if (count != 0) {
      if (rows != all_rows && !keys_.empty()) {
        for (std::uint32_t i = 0; i != count; ++i) numbers_[i] = numbers_[rows[i]];
      }
      add(in, rows, count, groups);
    }
    context_.charge_change(before, bytes());
  }

  /// One column for each element of `:find`.
  void take(StoredRows& result) {
    if (!has_rows_) return;
    auto const groups = size();
    auto keys = std::move(groups_).take();
    std::size_t key = 0;
    std::size_t aggregate = 0;
    for (std::size_t i = 0; i != context_.plan().find.size(); ++i) {
      if (!is_aggregate(context_.plan().find[i])) {
        result.columns()[i] = std::move(keys.columns()[key++]);
        continue;
      }
      for (std::size_t group = 0; group != groups; ++group) {
        if (group % batch_rows == 0) static_cast<void>(context_.poll());
        auto found = at_place(context_.plan(), context_.plan().find[i].form, [&] { return aggregates_[aggregate].result(group); });
        result.columns()[i].append(context_.own(std::move(found)));
      }
      ++aggregate;
    }
    result.set_size(groups);
  }

 private:
  static constexpr std::size_t few_groups = 64;
  static constexpr std::uint16_t group_column = 0;        ///< of `numbered_`, in which variables come one later
  static constexpr std::uint32_t const* all_rows = nullptr;

  [[nodiscard]] static std::vector<std::uint16_t> key_variables(PlanView const& plan) {
    std::vector<std::uint16_t> keys;
    for (auto const& find : plan.find) {
      if (!is_aggregate(find)) keys.push_back(find.variable);
    }
    return keys;
  }
  [[nodiscard]] std::size_t size() const noexcept { return keys_.empty() ? (has_rows_ ? 1 : 0) : groups_.size(); }
  [[nodiscard]] bool is_one_row() const noexcept { return others_.size() == (keys_.empty() ? 0U : 1U); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    auto sum = groups_.bytes();
    if (seen_) sum += seen_->bytes();
    for (auto const& one : distinct_) sum += one.values.bytes();
    for (auto const& aggregate : aggregates_) sum += aggregate.bytes();
    return sum;
  }

  /// Whether an aggregate is another where a value comes twice.
  [[nodiscard]] static bool minds_duplicates(Find const* find) noexcept {
    if (find->kind == Find::Kind::custom_aggregate || find->arguments.count != 0) return true;
    return find->aggregate != AggregateId::count_distinct && find->aggregate != AggregateId::distinct &&
           find->aggregate != AggregateId::min && find->aggregate != AggregateId::max;
  }

  /// The groups' numbers of all rows.
  [[nodiscard]] Column group_numbers(Batch const& in) noexcept {
    std::copy_n(numbers_.data(), in.rows(), words_.data());
    return {words_.data(), nullptr, ValueKind::integer};
  }

  struct DistinctValues {
    std::size_t aggregate;
    DistinctRows values;  ///< with their groups' numbers, where there is more than one group
    Batch batch{2};
  };
  void count_distinct(DistinctValues& one, Batch const& in) {
    static constexpr std::uint16_t columns[] = {0, 1};
    bool const grouped = !keys_.empty();
    if (grouped) one.batch[0] = group_numbers(in);
    one.batch[grouped ? 1 : 0] = in[finds_[one.aggregate]->variable];
    one.batch.set_rows(in.rows());
    auto const found = one.values.insert(one.batch, std::span{columns, grouped ? 2U : 1U}, fresh_.data());
    auto& counts = aggregates_[one.aggregate];
    if (!grouped) return counts.add(0U, IntegerColumn{nullptr, 0, found});
    for (std::uint32_t i = 0; i != found; ++i) fresh_[i] = numbers_[fresh_[i]];
    counts.count(fresh_.data(), found);
  }
  [[nodiscard]] bool is_counted(std::size_t aggregate) const noexcept {
    return std::ranges::find(distinct_, aggregate, &DistinctValues::aggregate) != distinct_.end();
  }

  std::uint32_t remove_duplicates(Batch const& in) {
    auto& batch = *numbered_;
    if (!keys_.empty()) batch[group_column] = group_numbers(in);
    for (auto const place : others_) {
      if (place != group_column) batch[place] = in[place - 1U];
    }
    batch.set_rows(in.rows());
    return seen_->insert(batch, others_, fresh_.data());
  }

  /// Those rows of the batch, whose groups are in `numbers_`, in order. The first `filled` groups had rows before.
  void add(Batch const& in, std::uint32_t const* rows, std::uint32_t count, std::size_t filled) {
    bool const is_one = size() == 1;
    bool sorted = false;
    std::uint16_t gathered = no_variable;
    auto const add_to = [&](GroupedAggregate& aggregate, std::uint16_t variable) {
      if (aggregate.is_count() && !is_one) {
        aggregate.count(numbers_.data(), count);
        return;
      }
      auto const& column = in[variable];
      if (!column.is_uniform(ValueKind::integer) && !aggregate.is_count()) {
        aggregate.leave_longs(filled);
        for (std::uint32_t at = 0; at != count; ++at) {
          BorrowedValue const value{column[rows == all_rows ? at : rows[at]]};
          aggregate.add(is_one ? 0U : numbers_[at], *value);
        }
        return;
      }
      auto const* words = column.words;
      if (rows != all_rows) {
        if (gathered != variable) {
          for (std::uint32_t at = 0; at != count; ++at) words_[at] = column.words[rows[at]];
          gathered = variable;
        }
        words = words_.data();
      }
      if (is_one) {
        aggregate.add(0U, IntegerColumn{words, sizeof(std::uint64_t), count});
      } else if (aggregate.is_typed()) {
        aggregate.add(numbers_.data(), words, count);
      } else if (size() <= few_groups) {
        if (!std::exchange(sorted, true)) sort_by_group(count);
        add_sorted(aggregate, words, count);
      } else {
        for (std::uint32_t at = 0; at != count; ++at) {
          aggregate.add(numbers_[at], IntegerColumn{words + at, sizeof(std::uint64_t), 1});
        }
      }
    };
    for (std::size_t i = 0; i != aggregates_.size(); ++i) {
      if (is_counted(i)) continue;
      at_place(context_.plan(), finds_[i]->form, [&] { add_to(aggregates_[i], finds_[i]->variable); });
    }
  }
  /// `group_rows_`: the places in `numbers_` group by group.
  void sort_by_group(std::uint32_t count) {
    ends_.fill(0);
    for (std::uint32_t at = 0; at != count; ++at) ++ends_[numbers_[at] + 1];
    std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
    auto next = ends_;
    for (std::uint32_t at = 0; at != count; ++at) group_rows_[next[numbers_[at]]++] = at;
  }
  void add_sorted(GroupedAggregate& aggregate, std::uint64_t const* words, std::uint32_t count) {
    for (std::uint32_t at = 0; at != count; ++at) sorted_words_[at] = words[group_rows_[at]];
    for (std::uint32_t group = 0; group != size(); ++group) {
      auto const first = ends_[group];
      if (ends_[group + 1] == first) continue;
      aggregate.add(group, IntegerColumn{sorted_words_.data() + first, sizeof(std::uint64_t), ends_[group + 1] - first});
    }
  }

  /// Groups that begin with the rows in `group_rows_`.
  void add_groups(Batch const& in, std::uint32_t count) {
    if (count == 0) return;
    for (std::size_t i = 0; i != aggregates_.size(); ++i) {
      if (!aggregates_[i].takes_accumulators()) {
        aggregates_[i].set_groups(size());
        continue;
      }
      for (std::uint32_t group = 0; group != count; ++group) aggregates_[i].add_group(made(*finds_[i], in, group_rows_[group]));
    }
  }
  template <meta::Lazy = {}>
  [[nodiscard]] Accumulator made(Find const& find, Batch const& in, std::uint32_t row) const {
    auto const& plan = context_.plan();
    if (find.kind == Find::Kind::custom_aggregate) {
      auto const name = form_of(plan, find.form).raw();
      auto const* functions = context_.options().functions;
      auto const* custom = functions == nullptr ? nullptr : functions->find_aggregate(name);
      if (custom == nullptr) {
        throw error_at(form_of(plan, find.form), false,
                       Error{Errc::parser_find,
                             "There is no aggregate " + std::string{name} +
                                 ". Give it to the query: QueryOptions::functions has those of the program.",
                             "{:function " + std::string{name} + "}"});
      }
      return Accumulator::of(*custom);
    }
    std::vector<Value> arguments;
    for (auto const operand : plan.operands_of(find.arguments)) {
      BorrowedValue const argument{context_.operand(operand, in, row)};
      arguments.push_back(*argument);
    }
    return at_place(plan, find.form, [&] { return Accumulator::of(find.aggregate, arguments); });
  }

  static constexpr std::uint16_t no_variable = 0xFFFF;

  QueryContext& context_;
  std::vector<std::uint16_t> keys_;
  RowSet groups_;
  bool has_rows_ = false;
  std::vector<Find const*> finds_{};  // of the aggregates
  std::vector<GroupedAggregate> aggregates_{};
  std::vector<DistinctValues> distinct_{};  // for each `count-distinct`

  bool removes_duplicates_ = false;
  std::vector<std::uint16_t> others_{};  // columns of `numbered_`
  std::optional<DistinctRows> seen_{};
  std::optional<Batch> numbered_{};

  std::array<std::uint32_t, batch_rows> numbers_;  // the groups of rows
  std::array<std::uint32_t, batch_rows> fresh_;
  std::array<std::uint32_t, batch_rows> group_rows_;
  std::array<std::uint32_t, few_groups + 1> ends_;
  std::array<std::uint64_t, batch_rows> words_;
  std::array<std::uint64_t, batch_rows> sorted_words_;
};

}  // namespace cairn::query
