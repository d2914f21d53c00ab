// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Steps that keep some of the rows that come in.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/function/compare.hpp>
#include <cairn/query/run/block.hpp>
#include <cairn/query/run/callable.hpp>
#include <cairn/query/run/first_values.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace cairn::query {

/// Numbers of rows of a batch.
using RowNumbers = std::array<std::uint32_t, batch_rows>;

/// Hands on some rows of batches: a batch as it is where all are chosen, and else put together with others.
class RowChooser {
 public:
  explicit RowChooser(StepPlace const& place)
      : writer_{place.context.pool(), place.context.variables(), place.live, place.next}, next_{place.next} {}

  void push(Batch const& in, RowNumbers const& rows, std::uint32_t count) {
    if (count == in.rows()) return next_.push(in);
    for (std::uint32_t done = 0; done != count;) {
      auto const now = (std::min)(count - done, writer_.room());
      writer_.carry(in, rows.data() + done, now);
      writer_.add(now);
      done += now;
    }
  }
  void flush() { writer_.flush(); }

 private:
  BatchWriter writer_;
  StepRunner& next_;
};

namespace detail {

/// One side of a comparison of numbers of one type: a column, or the same in all rows.
struct Side {
  std::uint64_t const* words = nullptr;  ///< null: `word` in all rows
  std::uint64_t word = 0;
};

template <class Number, bool LeftVaries, bool RightVaries, class Compare>
[[nodiscard]] std::uint32_t choose(Side left, Side right, std::uint32_t rows, std::uint32_t* chosen, Compare compare) noexcept {
  std::uint32_t count = 0;
  auto const fixed_left = std::bit_cast<Number>(left.word);
  auto const fixed_right = std::bit_cast<Number>(right.word);
  for (std::uint32_t i = 0; i != rows; ++i) {
    chosen[count] = i;
    auto const a = LeftVaries ? std::bit_cast<Number>(left.words[i]) : fixed_left;
    auto const b = RightVaries ? std::bit_cast<Number>(right.words[i]) : fixed_right;
    count += compare(a, b) ? 1U : 0U;
  }
  return count;
}

template <class Number, class Compare>
[[nodiscard]] std::uint32_t choose(Side left, Side right, std::uint32_t rows, std::uint32_t* chosen, Compare compare) noexcept {
  if (left.words != nullptr && right.words != nullptr) return choose<Number, true, true>(left, right, rows, chosen, compare);
  if (left.words != nullptr) return choose<Number, true, false>(left, right, rows, chosen, compare);
  return choose<Number, false, true>(left, right, rows, chosen, compare);
}

/// As `holds`: the comparison is looked at once.
template <class Number>
[[nodiscard]] std::uint32_t choose(FunctionId comparison, Side left, Side right, std::uint32_t rows,
                                   std::uint32_t* chosen) noexcept {
  switch (comparison) {
    case FunctionId::less: return choose<Number>(left, right, rows, chosen, [](Number a, Number b) { return a < b; });
    case FunctionId::greater: return choose<Number>(left, right, rows, chosen, [](Number a, Number b) { return a > b; });
    case FunctionId::at_most: return choose<Number>(left, right, rows, chosen, [](Number a, Number b) { return a <= b; });
    case FunctionId::at_least: return choose<Number>(left, right, rows, chosen, [](Number a, Number b) { return a >= b; });
    case FunctionId::not_equal: return choose<Number>(left, right, rows, chosen, [](Number a, Number b) { return a != b; });
    default: return choose<Number>(left, right, rows, chosen, [](Number a, Number b) { return a == b; });
  }
}

/// Whether a column of doubles has one that is none. Those are ordered, unlike the language has it.
[[nodiscard]] inline bool has_nan(std::uint64_t const* words, std::uint32_t rows) noexcept {
  bool found = false;
  for (std::uint32_t i = 0; i != rows; ++i) {
    auto const number = std::bit_cast<double>(words[i]);
    found = found || number != number;
  }
  return found;
}

}  // namespace detail

/// `[(< ?a 30)]`: comparisons of two integers or two doubles a batch at a time, all else row by row.
class FilterRunner final : public StepRunner {
 public:
  explicit FilterRunner(StepPlace const& place)
      : context_{place.context},
        step_{place.step},
        function_{place.context, place.step.callee, place.context.plan().operands_of(place.step.operands)},
        chooser_{place} {}

  void push(Batch const& in) override {
    if (auto const count = choose_numbers(in)) return chooser_.push(in, rows_, *count);
    bool const compares = !function_.is_custom() && is_comparison(step_.callee.builtin) && function_.operands().size() == 2;
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i != in.rows(); ++i) {
      if (context_.poll()) return;
      bool holds = false;
      if (compares) {
        BorrowedValue const left{context_.operand(function_.operands()[0], in, i)};
        BorrowedValue const right{context_.operand(function_.operands()[1], in, i)};
        holds = compare_values(step_.callee.builtin, *left, *right);
      } else {
        holds = is_truthy(function_(in, i));
      }
      rows_[count] = i;
      count += holds ? 1U : 0U;
    }
    static_cast<void>(context_.poll());
    chooser_.push(in, rows_, count);
  }
  void flush() override { chooser_.flush(); }

 private:
  [[nodiscard]] std::optional<std::uint32_t> choose_numbers(Batch const& in) noexcept {
    auto const operands = function_.operands();
    if (function_.is_custom() || !is_comparison(step_.callee.builtin) || operands.size() != 2) return std::nullopt;
    std::array<detail::Side, 2> sides{};
    std::array<ValueKind, 2> kinds{};
    for (std::size_t i = 0; i != 2; ++i) {
      if (operands[i].kind == Operand::Kind::constant) {
        auto const cell = context_.constant(operands[i].index);
        sides[i] = {nullptr, cell.word};
        kinds[i] = cell.kind;
      } else {
        auto const& column = in[operands[i].index];
        if (!column.is_uniform()) return std::nullopt;
        sides[i] = {column.words, 0};
        kinds[i] = column.kind;
      }
    }
    bool const varies = sides[0].words != nullptr || sides[1].words != nullptr;
    if (kinds[0] != kinds[1] || !varies) return std::nullopt;
    if (kinds[0] == ValueKind::integer)
      return detail::choose<std::int64_t>(step_.callee.builtin, sides[0], sides[1], in.rows(), rows_.data());
    if (kinds[0] != ValueKind::float64) return std::nullopt;
    for (auto const& side : sides) {
      if (side.words != nullptr ? detail::has_nan(side.words, in.rows()) : detail::has_nan(&side.word, 1)) return std::nullopt;
    }
    return detail::choose<double>(step_.callee.builtin, sides[0], sides[1], in.rows(), rows_.data());
  }

  QueryContext& context_;
  Step const& step_;
  Callable function_;
  RowChooser chooser_;
  RowNumbers rows_;
};

/// `[(missing? $ ?e :age)]`.
class MissingRunner final : public StepRunner {
 public:
  explicit MissingRunner(StepPlace const& place) : context_{place.context}, step_{place.step}, chooser_{place} {}

  void push(Batch const& in) override {
    auto const operands = context_.plan().operands_of(step_.operands);
    first_values(context_, context_.source(step_.source), operands[0], operands[1], in, found_.data(),
                 &Source::first_shown);
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i != in.rows(); ++i) {
      rows_[count] = i;
      count += found_[i] ? 0U : 1U;
    }
    static_cast<void>(context_.poll());
    chooser_.push(in, rows_, count);
  }
  void flush() override { chooser_.flush(); }

 private:
  QueryContext& context_;
  Step const& step_;
  RowChooser chooser_;
  RowNumbers rows_;
  FirstValues found_;
};

}  // namespace cairn::query
