// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The places of a pattern against rows, one by one.
#pragma once

#include <cairn/query/function/compare.hpp>
#include <cairn/query/run/query_context.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cairn::query {

/// Compares rows of cells with a pattern's places and limits, and hands on what those that match give.
class RowMatcher {
 public:
  explicit RowMatcher(StepPlace const& place)
      : context_{place.context},
        step_{place.step},
        operands_{place.context.plan().operands_of(place.step.operands)},
        known_(operands_.size()),
        writer_{place.context.pool(), place.context.variables(), place.live, place.next} {
    for (auto const operand : operands_) {
      targets_.push_back(operand.kind == Operand::Kind::free ? writer_.find(operand.index) : nullptr);
    }
  }

  [[nodiscard]] std::span<Operand const> operands() const noexcept { return operands_; }
  /// What the places have to be for the row of `set_row`; nothing: anything.
  [[nodiscard]] std::span<std::optional<Cell> const> known() const noexcept { return known_; }

  /// The row to find others for: `resolve(place, cell)` is what its value means at a place, or nothing where it means nothing.
  /// False where nothing can match.
  template <class Resolve>
  bool set_row(Batch const& in, std::uint32_t row, Resolve const& resolve) {
    in_ = &in;
    row_ = row;
    for (std::size_t i = 0; i != operands_.size(); ++i) {
      known_[i].reset();
      auto const kind = operands_[i].kind;
      if (kind != Operand::Kind::constant && kind != Operand::Kind::bound) continue;
      known_[i] = resolve(i, context_.operand(operands_[i], in, row));
      if (!known_[i]) return false;
    }
    return true;
  }

  /// Hands the row on with what `cells` gives, if they match.
  void match(std::span<Cell const> cells) {
    if (cells.size() < operands_.size()) return;
    for (std::size_t i = 0; i != operands_.size(); ++i) {
      if (known_[i] && !(*known_[i] == cells[i])) return;
      if (operands_[i].kind == Operand::Kind::same && !(cells[operands_[i].index] == cells[i])) return;
    }
    if (operands_.size() > 2 && !(within(step_.low, cells[2]) && within(step_.high, cells[2]))) return;
    writer_.carry_repeated(*in_, row_, 1);
    for (std::size_t i = 0; i != operands_.size(); ++i) {
      if (targets_[i] != nullptr) targets_[i]->put(cells[i], writer_.rows());
    }
    writer_.add(1);
  }
  void flush() { writer_.flush(); }

 private:
  [[nodiscard]] bool within(Limit const& limit, Cell cell) const {
    if (limit.kind == Limit::Kind::none) return true;
    BorrowedValue const value{cell};
    BorrowedValue const other{context_.operand(limit.operand, *in_, row_)};
    auto const order = order_of(*value, *other);
    switch (limit.kind) {
      case Limit::Kind::at_least: return order >= 0;
      case Limit::Kind::above: return order > 0;
      case Limit::Kind::at_most: return order <= 0;
      default: return order < 0;
    }
  }

  QueryContext& context_;
  Step const& step_;
  std::span<Operand const> operands_;
  std::vector<std::optional<Cell>> known_;
  BatchWriter writer_;
  std::vector<ColumnWriter*> targets_{};
  Batch const* in_ = nullptr;
  std::uint32_t row_ = 0;
};

}  // namespace cairn::query
