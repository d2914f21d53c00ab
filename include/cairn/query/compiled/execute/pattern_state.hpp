// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is known of a pattern before the first row.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/entity_named.hpp>
#include <cairn/query/access/reader.hpp>
#include <cairn/query/function/compare.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/cell_hash.hpp>
#include <cairn/query/run/pattern_range.hpp>
#include <cairn/query/run/place_error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace cairn::query::compiled {

/// What steps are prepared with: the values of constants, and the one kind that all values of each variable have.
struct Preparation {
  PlanView const& plan;
  std::span<Value const> constants;
  ValueKind* kinds;

  [[nodiscard]] Cell cell(Operand operand, std::uint64_t const* words) const noexcept {
    if (operand.kind == Operand::Kind::constant) return Cell{constants[operand.index]};
    return {kinds[operand.index], words[operand.index]};
  }
  [[nodiscard]] ValueKind kind(Operand operand) const noexcept {
    return operand.kind == Operand::Kind::constant ? constants[operand.index].kind() : kinds[operand.index];
  }
};

/// The limits of a pattern's values, for one row of what comes before the step.
class LimitCheck {
 public:
  bool is_needed = false;

  /// `kind`: of the values.
  void open(Step const& step, Preparation const& given, std::uint64_t const* words, ValueKind kind) {
    kind_ = kind;
    low_kind_ = step.low.kind;
    high_kind_ = step.high.kind;
    integers_ = kind == ValueKind::integer;
    low_ = std::numeric_limits<std::int64_t>::min();
    high_ = std::numeric_limits<std::int64_t>::max();
    if (low_kind_ != Limit::Kind::none) {
      low_cell_ = given.cell(step.low.operand, words);
      integers_ = integers_ && low_cell_.kind == ValueKind::integer;
    }
    if (high_kind_ != Limit::Kind::none) {
      high_cell_ = given.cell(step.high.operand, words);
      integers_ = integers_ && high_cell_.kind == ValueKind::integer;
    }
    if (!integers_) return;
    auto const empty = [&] {
      low_ = 1;
      high_ = 0;
    };
    if (low_kind_ == Limit::Kind::at_least) low_ = low_cell_.as_integer();
    if (high_kind_ == Limit::Kind::at_most) high_ = high_cell_.as_integer();
    if (low_kind_ == Limit::Kind::above) {
      if (low_cell_.as_integer() == std::numeric_limits<std::int64_t>::max()) return empty();
      low_ = low_cell_.as_integer() + 1;
    }
    if (high_kind_ == Limit::Kind::below) {
      if (high_cell_.as_integer() == std::numeric_limits<std::int64_t>::min()) return empty();
      high_ = high_cell_.as_integer() - 1;
    }
  }
  [[nodiscard]] bool lets_through(std::uint64_t word) const {
    if (integers_) [[likely]] {
      auto const number = static_cast<std::int64_t>(word);
      return (number >= low_) & (number <= high_);
    }
    return lets_other_through(word);
  }

 private:
  template <meta::Lazy = {}>
  [[nodiscard]] bool lets_other_through(std::uint64_t word) const {
    BorrowedValue const value{kind_, word};
    if (low_kind_ != Limit::Kind::none) {
      BorrowedValue const low{low_cell_};
      auto const order = order_of(*value, *low);
      if (low_kind_ == Limit::Kind::above ? order <= 0 : order < 0) return false;
    }
    if (high_kind_ == Limit::Kind::none) return true;
    BorrowedValue const high{high_cell_};
    auto const order = order_of(*value, *high);
    return high_kind_ == Limit::Kind::below ? order < 0 : order <= 0;
  }

  ValueKind kind_ = ValueKind::nil;
  bool integers_ = false;
  Limit::Kind low_kind_ = Limit::Kind::none;
  Limit::Kind high_kind_ = Limit::Kind::none;
  std::int64_t low_ = 0;
  std::int64_t high_ = 0;
  Cell low_cell_{};
  Cell high_cell_{};
};

/// What is known of a pattern whatever the way to its datoms.
struct PatternState {
  AttributeAccess attribute{};
  bool is_never = false;  ///< nothing can match
  bool by_word = false;   ///< values are equal exactly if their words are
  ValueKind kind = ValueKind::nil;
  std::array<Cell, 5> constants{};  ///< as datoms hold them

  [[nodiscard]] bool is_equal(std::uint64_t left, std::uint64_t right) const noexcept {
    if (left == right) return true;
    return !by_word && query::detail::same({kind, left}, {kind, right});
  }
};

namespace preparing {

enum Where : std::size_t { entity, attribute, value, transaction, operation };

/// Whether a variable of that kind may name an entity in another way than by its number.
[[nodiscard]] constexpr bool may_be_a_name(ValueKind kind) noexcept {
  return kind == ValueKind::keyword || kind == ValueKind::tuple;
}

/// Fills `state` and the kinds of the variables that the pattern binds. False where the run-time engine has to do it. Errors:
/// `entity-id/missing` and `lookup-ref/unique` of constants.
template <class IndexTag>
[[nodiscard]] bool settle(Preparation& given, Step const& step, Db<IndexTag> const& db, PatternState& state) {
  using Kind = Operand::Kind;
  auto const places = given.plan.operands_of(step.operands);
  state.attribute = attribute_access(db, Cell{given.constants[places[attribute].index]});
  state.is_never = !state.attribute.known;
  if (state.attribute.known && (!state.attribute.kind || *state.attribute.kind == ValueKind::float32)) return false;
  state.kind = state.attribute.kind.value_or(ValueKind::nil);
  state.by_word = equal_by_word(state.kind);
  std::array const wanted{ValueKind::integer, ValueKind::keyword, state.kind, ValueKind::integer, ValueKind::boolean};
  for (std::size_t at = 0; at != places.size(); ++at) {
    if (at == attribute) continue;
    auto const operand = places[at];
    bool const names_entity = at == entity || at == transaction || (at == value && state.attribute.ref);
    if (operand.kind == Kind::free) {
      given.kinds[operand.index] = wanted[at];
    } else if (operand.kind == Kind::bound) {
      auto const kind = given.kinds[operand.index];
      if (kind == ValueKind::float32 || (names_entity && !operand.found && may_be_a_name(kind))) return false;
      if (kind != wanted[at]) state.is_never = true;
    } else if (operand.kind == Kind::constant) {
      Cell cell{given.constants[operand.index]};
      BorrowedValue const constant{cell};
      if (names_entity && may_name_entity(*constant)) {
        if (!given.plan.constants[operand.index].lenient) {
          cell = at_place(given.plan, given.plan.constants[operand.index], [&] { return Cell::integer(entity_written(db, *constant)); });
        } else if (auto const found = entity_in_data(db, *constant)) {
          cell = Cell::integer(*found);
        }
      }
      if (cell.kind != wanted[at]) state.is_never = true;
      state.constants[at] = cell;
    }
  }
  return true;
}

/// Whether the pattern wants nothing but retractions.
[[nodiscard]] inline bool wants_retractions(Elements<Operand> places, PatternState const& state) noexcept {
  return places.size() > operation && places[operation].kind == Operand::Kind::constant && !state.is_never &&
         state.constants[operation].word == 0;
}

/// The range of AVET that limits leave. `is_exact` is taken back where the range has other values, too.
[[nodiscard]] inline PlaceRange range_of(Step const& step, Preparation const& given, std::uint64_t const* words,
                                         AttributeAccess const& attribute, bool& is_exact) {
  auto range = PlaceRange::prefix(1, 0, attribute.id, {});
  auto const narrow = [&](Limit const& limit, bool is_low, IndexPlace& place) {
    if (limit.kind == Limit::Kind::none) return;
    auto const cell = given.cell(limit.operand, words);
    BorrowedValue const value{cell};
    bool const inclusive = limit.kind == Limit::Kind::at_least || limit.kind == Limit::Kind::at_most;
    if (!value->is_number() || attribute.kind == cell.kind) {
      place = IndexPlace{2, 0, attribute.id, cell, is_low != inclusive};
      return;
    }
    is_exact = false;
    if (auto const beside = access::integer_beside(*value, is_low)) place = IndexPlace{2, 0, attribute.id, *beside, !is_low};
  };
  narrow(step.low, true, range.from);
  narrow(step.high, false, range.to);
  return range;
}

}  // namespace preparing

}  // namespace cairn::query::compiled
