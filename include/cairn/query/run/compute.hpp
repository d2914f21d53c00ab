// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `[(f ?x) ?y]`: steps that give variables values.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/binder.hpp>
#include <cairn/query/run/callable.hpp>
#include <cairn/query/run/first_values.hpp>
#include <cairn/query/run/nested.hpp>
#include <cairn/query/run/place_error.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

/// A function's result taken apart. nil is no result.
class ComputeRunner final : public StepRunner {
 public:
  explicit ComputeRunner(StepPlace const& place)
      : context_{place.context},
        step_{place.step},
        function_{place.context, place.step.callee, place.context.plan().operands_of(place.step.operands)},
        binder_{place, place.context.plan().bindings[place.step.binding]} {}

  void push(Batch const& in) override {
    count_ = 0;
    switch (function_.is_custom() ? FunctionId::text : step_.callee.builtin) {
      case FunctionId::get_else: get_else(in); break;
      case FunctionId::get_some: get_some(in); break;
      case FunctionId::query: ask(in); break;
      case FunctionId::ground:
      case FunctionId::identity:
      case FunctionId::untuple:
        // The argument itself, which somebody owns.
        for (std::uint32_t i = 0; i != in.rows(); ++i) give(i, context_.operand(function_.operands()[0], in, i));
        break;
      case FunctionId::add:
      case FunctionId::subtract:
      case FunctionId::multiply:
        if (calculate(in)) break;
        [[fallthrough]];
      default:
        for (std::uint32_t i = 0; i != in.rows() && !context_.poll(); ++i) give(i, context_.own(function_(in, i)));
        break;
    }
    if (!context_.poll()) binder_.push(in, rows_.data(), cells_.get(), count_);
  }
  void flush() override { binder_.flush(); }

 private:
  void give(std::uint32_t row, Cell cell) noexcept {
    rows_[count_] = row;
    cells_[count_] = cell;
    count_ += cell.kind != ValueKind::nil ? 1U : 0U;
  }

  /// `(+ ?x ?y)` of two longs in all rows. False where they are something else, or a result is no long.
  bool calculate(Batch const& in) noexcept {
    auto const operands = function_.operands();
    if (operands.size() != 2) return false;
    std::array<std::uint64_t const*, 2> words{};
    std::array<std::uint64_t, 2> fixed{};
    for (std::size_t i = 0; i != 2; ++i) {
      if (operands[i].kind == Operand::Kind::constant) {
        auto const cell = context_.constant(operands[i].index);
        if (cell.kind != ValueKind::integer) return false;
        fixed[i] = cell.word;
      } else {
        auto const& column = in[operands[i].index];
        if (!column.is_uniform(ValueKind::integer)) return false;
        words[i] = column.words;
      }
    }
    auto const id = step_.callee.builtin;
    bool overflows = false;
    for (std::uint32_t i = 0; i != in.rows(); ++i) {
      auto const left = static_cast<std::int64_t>(words[0] != nullptr ? words[0][i] : fixed[0]);
      auto const right = static_cast<std::int64_t>(words[1] != nullptr ? words[1][i] : fixed[1]);
      std::int64_t result = 0;
      overflows |= id == FunctionId::add        ? __builtin_add_overflow(left, right, &result)
                   : id == FunctionId::subtract ? __builtin_sub_overflow(left, right, &result)
                                                : __builtin_mul_overflow(left, right, &result);
      rows_[i] = i;
      cells_[i] = Cell::integer(result);
    }
    if (overflows) return false;
    count_ = in.rows();
    return true;
  }

  /// The source that comes first among the arguments, and what is behind it.
  [[nodiscard]] std::pair<Source const*, std::span<Operand const>> looked_up() const {
    auto const operands = function_.operands();
    bool const named = !operands.empty() && operands[0].kind == Operand::Kind::source;
    return {&context_.source(named ? operands[0].index : step_.source), operands.subspan(named ? 1 : 0)};
  }

  /// `(get-else $ ?e :age 0)`. Errors: `query/where` where the last argument is nil.
  void get_else(Batch const& in) {
    auto const [source, operands] = looked_up();
    first_values(context_, *source, operands[0], operands[1], in, found());
    for (std::uint32_t i = 0; i != in.rows() && !context_.poll(); ++i) {
      auto const otherwise = context_.operand(operands[2], in, i);
      if (otherwise.kind == ValueKind::nil) {
        throw error_at(form_of(context_.plan(), step_.callee.form), step_.callee.form.in_rules,
                       Error{Errc::query_where,
                             "get-else needs a value for those that have none, and nil is no value. Give it another, or use missing?.",
                             "{:function get-else}"});
      }
      give(i, found_[i].value_or(otherwise));
    }
  }

  /// `(get-some $ ?e :nick :name)`: `[attribute value]` of the first attribute that the entity has, as a pattern shows both.
  void get_some(Batch const& in) {
    auto const [source, operands] = looked_up();
    std::vector<std::pair<Operand, Cell>> firsts(in.rows(), {Operand{}, Cell{}});
    for (auto const attribute : operands.subspan(1)) {
      first_values(context_, *source, operands[0], attribute, in, found());
      for (std::uint32_t i = 0; i != in.rows(); ++i) {
        if (found_[i] && firsts[i].first.kind == Operand::Kind::blank) firsts[i] = {attribute, *found_[i]};
      }
    }
    for (std::uint32_t i = 0; i != in.rows() && !context_.poll(); ++i) {
      if (firsts[i].first.kind == Operand::Kind::blank) continue;
      BorrowedValue const attribute{source->shown_attribute(context_.operand(firsts[i].first, in, i))};
      BorrowedValue const value{firsts[i].second};
      give(i, context_.own(Value{std::vector<Value>{*attribute, *value}}));
    }
  }

  /// `(q [:find ...] $ ?x)`.
  void ask(Batch const& in) {
    bool const as_value = context_.plan().bindings[step_.binding].kind == Binding::Kind::scalar;
    for (std::uint32_t i = 0; i != in.rows() && !context_.poll(); ++i) {
      auto found = nested_query(context_, function_.operands(), in, i, as_value);
      check_size("q", found);  // or a rule could wrap what it found in itself for ever
      give(i, context_.own(std::move(found)));
    }
  }

  std::optional<Cell>* found() {
    if (found_.empty()) found_.resize(batch_rows);
    return found_.data();
  }

  QueryContext& context_;
  Step const& step_;
  Callable function_;
  Binder binder_;
  std::vector<std::optional<Cell>> found_{};
  std::array<std::uint32_t, batch_rows> rows_;
  Scratch<Cell> cells_{batch_rows};
  std::uint32_t count_ = 0;
};

}  // namespace cairn::query
