// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The steps of a compiled query on a database value.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/follower.hpp>
#include <cairn/query/compiled/execute/lookup.hpp>
#include <cairn/query/compiled/execute/pattern_state.hpp>
#include <cairn/query/compiled/execute/program.hpp>
#include <cairn/query/compiled/execute/scan.hpp>
#include <cairn/query/compiled/plan_form.hpp>
#include <cairn/query/function/compare.hpp>
#include <cairn/query/run/place_error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace cairn::query::compiled {

/// A loop over the datoms that a pattern wants for a row, or over those of some patterns.
template <class IndexTag>
struct ScanStep {
  static constexpr std::size_t most_alternatives = 8;

  PatternState pattern{};
  LimitCheck limits{};
  bool checks_value = false;  ///< what is there is compared with what is wanted
  Strip strip{};
  std::uint32_t at = 0;

  /// `pins`: keeps values that are looked at later, too; null where none are. `better_by_value`: it may be sorted either way. False
  /// where the run-time engine has to do it. Errors: as of constants.
  [[nodiscard]] bool prepare(Preparation& given, Step const& step, Db<IndexTag> const& db, LeafPins<IndexTag>* pins,
                             bool better_by_value) {
    if (!preparing::settle(given, step, db, pattern)) return false;
    auto const places = given.plan.operands_of(step.operands);
    auto const value = places.size() > preparing::value ? places[preparing::value].kind : Operand::Kind::blank;
    bool const is_known = value == Operand::Kind::constant || value == Operand::Kind::bound;
    bool const one_entity = places[preparing::entity].kind == Operand::Kind::constant;
    by_value_ = !one_entity && pattern.attribute.indexed && (is_known || better_by_value || programs::is_limited(step));
    if (!by_value_ && value == Operand::Kind::bound) return false;
    checks_value = is_known && !by_value_;
    scan_.prepare(db, pattern.attribute.id, by_value_, pins, preparing::wants_retractions(places, pattern));
    return true;
  }
  /// Of an either.
  [[nodiscard]] bool prepare_either(Preparation& given, Step const& step, Db<IndexTag> const& db) {
    for (auto const number : given.plan.blocks_of(step.blocks)) {
      auto const& one = given.plan.steps_of(given.plan.blocks[number])[0];
      if (!preparing::settle(given, one, db, pattern)) return false;
      if (pattern.is_never) continue;
      if (!pattern.attribute.indexed || alternatives_ == most_alternatives) return false;
      wanted_[alternatives_++] = {pattern.attribute.id, pattern.constants[preparing::value]};
    }
    pattern.is_never = alternatives_ == 0;
    next_ = alternatives_;  // until it is opened
    scan_.prepare(db, pattern.attribute.id, true, nullptr, false);
    return true;
  }

  /// Of what the row's entity has.
  [[nodiscard]] bool prepare_follow(Preparation& given, Step const& step, Db<IndexTag> const& db, LeafPins<IndexTag>* pins) {
    if (!preparing::settle(given, step, db, pattern)) return false;
    follows_ = true;
    checks_value = true;
    limits.is_needed = true;
    follower_.prepare(db, pattern.attribute.id, pins);
    return true;
  }

  [[nodiscard]] bool is_by_value() const noexcept { return by_value_; }
  /// Whether entities come in order each time it is opened.
  [[nodiscard]] bool has_ordered_entities(Preparation const& given, Step const& step) const {
    if (alternatives_ != 0) return true;  // each of them
    auto const places = given.plan.operands_of(step.operands);
    return !by_value_ || places[preparing::value].kind != Operand::Kind::free;
  }
  /// How many datoms there are in what is open, about. O(log n).
  [[nodiscard]] std::uint64_t expected(Db<IndexTag> const& db) const { return follows_ ? 1 : scan_.expected(db); }

  /// For a row of what comes before. `words` has the values of its variables.
  void open(Step const& step, Preparation const& given, std::uint64_t const* words) {
    strip.size = 0;
    at = 0;
    if (alternatives_ != 0) {
      next_ = 1;
      return open_alternative(0);
    }
    auto const places = given.plan.operands_of(step.operands);
    if (follows_) {
      if (programs::is_limited(step)) limits.open(step, given, words, pattern.kind);
      return follower_.open(words[places[preparing::entity].index]);
    }
    auto const id = pattern.attribute.id;
    if (programs::is_limited(step)) {
      limits.open(step, given, words, pattern.kind);
      bool is_exact = by_value_;
      if (by_value_) scan_.open(preparing::range_of(step, given, words, pattern.attribute, is_exact));
      limits.is_needed = !is_exact;
      if (by_value_) return;
    }
    auto const value = places.size() > preparing::value ? places[preparing::value] : Operand{};
    if (by_value_ && value.kind != Operand::Kind::free) {
      scan_.open(PlaceRange::prefix(2, 0, id, value.kind == Operand::Kind::bound ? given.cell(value, words)
                                                                                   : pattern.constants[preparing::value]));
    } else if (places[preparing::entity].kind == Operand::Kind::constant) {
      scan_.open(PlaceRange::prefix(2, pattern.constants[preparing::entity].as_integer(), id, {}));
    } else {
      scan_.open(PlaceRange::prefix(1, 0, id, {}));
    }
  }
  /// Opens a loop over what an entity has where all of that is in the strip that was read last: the same as `open`, but that there is
  /// no `next`. False where it is not. Requires `prepare_follow`, and no limits.
  [[nodiscard]] bool open_here(std::uint64_t entity) noexcept { return follower_.open_here(entity, strip, at); }
  /// The next strip of what was opened.
  [[nodiscard]] bool next() {
    at = 0;
    if (follows_) {
      if (follower_.next(strip)) return true;
      strip.size = 0;
      return false;
    }
    while (!scan_.next(strip)) {
      strip.size = 0;
      if (next_ >= alternatives_) return false;
      open_alternative(next_++);
    }
    return true;
  }

 private:
  struct Alternative {
    AttributeId attribute = 0;
    Cell value{};
  };

  void open_alternative(std::size_t number) {
    scan_.open(PlaceRange::prefix(2, 0, wanted_[number].attribute, wanted_[number].value));
  }

  bool by_value_ = false;
  bool follows_ = false;
  std::size_t alternatives_ = 0;
  std::size_t next_ = 0;
  std::array<Alternative, most_alternatives> wanted_{};
  Scan<IndexTag> scan_{};
  Follower<IndexTag> follower_{};
};

/// What a row's entity has.
template <class IndexTag>
struct LookStep {
  PatternState pattern{};
  LimitCheck limits{};
  bool jumps = false;           ///< entities come in no order
  bool restarts = false;        ///< they come in order, again and again: for each row of the loops around the last one before it
  std::size_t loops = 0;        ///< before it
  std::uint64_t otherwise = 0;  ///< where a constant stands for what is not there
  Lookup<IndexTag> lookup{};

  [[nodiscard]] bool prepare(Preparation& given, Step const& step, Db<IndexTag> const& db, LeafPins<IndexTag>* pins) {
    if (!preparing::settle(given, step, db, pattern)) return false;
    if (!pattern.attribute.known) return true;
    if (!pattern.attribute.one || !db.view().is_plain()) return false;
    lookup.prepare(db, pattern.attribute.id, pins);
    return true;
  }
  /// Of a `get-else`. What it gives is of one kind, or it is the run-time engine's.
  [[nodiscard]] bool prepare_otherwise(Preparation& given, Step const& step, Db<IndexTag> const& db, LeafPins<IndexTag>* pins) {
    auto const operands = given.plan.operands_of(step.operands);
    auto const arguments = operands.behind(programs::first_argument(operands));
    auto const kind = given.kind(arguments[2]);
    if (given.kind(arguments[0]) != ValueKind::integer || kind == ValueKind::nil || kind == ValueKind::float32) return false;
    if (arguments[2].kind == Operand::Kind::constant) otherwise = Cell{given.constants[arguments[2].index]}.word;
    given.kinds[given.plan.bindings[step.binding].variable.index] = kind;
    pattern.attribute = attribute_access(db, Cell{given.constants[arguments[1].index]});
    pattern.is_never = !pattern.attribute.known;
    if (pattern.is_never) return true;
    if (pattern.attribute.kind != kind || !pattern.attribute.one || !db.view().is_plain()) return false;
    lookup.prepare(db, pattern.attribute.id, pins);
    return true;
  }
};

/// A comparison of two values.
struct CompareStep {
  std::array<Cell, 2> cells{};  ///< of constants; of variables only the kind
  bool integers = false;

  void prepare(Preparation const& given, Step const& step) {
    auto const operands = given.plan.operands_of(step.operands);
    for (std::size_t i = 0; i != 2; ++i) {
      cells[i].kind = given.kind(operands[i]);
      if (operands[i].kind == Operand::Kind::constant) cells[i] = Cell{given.constants[operands[i].index]};
    }
    integers = cells[0].kind == ValueKind::integer && cells[1].kind == ValueKind::integer;
    name_ = form_at(given.plan, step.callee.form);
    in_rules_ = step.callee.form.in_rules;
  }
  template <meta::Lazy = {}>
  [[nodiscard]] bool holds(FunctionId comparison, std::uint64_t left, std::uint64_t right) const {
    BorrowedValue const a{cells[0].kind, left};
    BorrowedValue const b{cells[1].kind, right};
    return comparison == FunctionId::number_equal ? equal_numbers(*a, *b) : compare_values(comparison, *a, *b);
  }

 private:
  /// The one comparison that refuses values. Errors: with the place of its name.
  template <meta::Lazy = {}>
  [[nodiscard]] bool equal_numbers(Value const& left, Value const& right) const {
    try {
      return compare_values(FunctionId::number_equal, left, right);
    } catch (Error const& error) {
      throw error_at(name_, in_rules_, error);
    }
  }

  notation::Form name_{};
  bool in_rules_ = false;
};

}  // namespace cairn::query::compiled
