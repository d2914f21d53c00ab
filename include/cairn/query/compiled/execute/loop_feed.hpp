// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What all queries that run as loops have in common: their steps, and what has to be known of them before the first row.
#pragma once

#include <cairn/query/compiled/execute/feed.hpp>
#include <cairn/query/compiled/execute/input_rows.hpp>
#include <cairn/query/compiled/execute/prepare.hpp>
#include <cairn/query/compiled/execute/program.hpp>
#include <cairn/query/compiled/execute/seen_rows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query::compiled {

/// A pass over a query whose loops a derived class has. Used by one thread.
template <class IndexTag>
class LoopFeed : public RowFeed {
 public:
  [[gnu::noinline]] ~LoopFeed() override {
    auto const& program = *steps_.program;
    std::destroy_n(steps_.sets, program.set_count);
    std::destroy_n(steps_.compares, program.compare_count);
    std::destroy_n(steps_.looks, program.look_count);
    std::destroy_n(steps_.loops, program.loop_count);
  }
  LoopFeed(LoopFeed const&) = delete;
  LoopFeed& operator=(LoopFeed const&) = delete;

  /// The value of an input's variable, which must outlive the feed.
  void give(std::size_t variable, Cell cell) noexcept {
    steps_.words[variable] = cell.word;
    steps_.kinds[variable] = cell.kind;
  }
  /// The rows of an input, which must outlive the feed.
  void give(InputRows const& rows) {
    for (std::size_t i = 0; i != rows.variables.size(); ++i) steps_.kinds[rows.variables[i]] = rows.rows.columns()[i].kind();
    inputs_.push_back({&rows, 0});
    input_rows_ *= rows.rows.size();
  }
  /// To be called once; the database must outlive the feed. `pins`: where what rows show is kept; without it that is valid as long as
  /// the feed. False where the run-time engine has to do it. Errors: `entity-id/missing`, `lookup-ref/unique` of constants.
  [[nodiscard]] bool prepare(Db<IndexTag> const& db, LeafPins<IndexTag>* pins) {
    auto const& program = *steps_.program;
    auto given = preparation();
    db_ = &db;
    bool all_one = true;
    if (!prepare(given, program.first, program.end, db, pins != nullptr ? *pins : own_pins_, all_one)) return false;
    assumption_ = static_cast<std::size_t>(db.is_history() ? Assumption::nothing : all_one ? Assumption::all_one : Assumption::once);
    auto const first = program.step_of(0);
    bool const are_neighbours = program.loop_count != 0 && (steps_.loops[0].is_by_value() ? program.sorted_by_value : program.sorted_by_entity);
    bool const is_last = first + 1 == program.end && program.shows_live;
    leaves_out_neighbours_ =
        are_neighbours && (program.distinct[assumption_][first] || (is_last && program.distinct_rows[assumption_]));
    has_duplicates_ = program.distinct_rows[assumption_] && !(is_last && leaves_out_neighbours_);
    // Where rows are kept to be compared, memory is allocated between them as it is.
    auto const& removed = program.distinct[assumption_];
    if (std::ranges::find(removed, true) != std::ranges::end(removed)) allow_tables();
    return true;
  }
  /// Whether rows may be the same that should not be.
  [[nodiscard]] bool has_duplicates() const noexcept { return has_duplicates_; }
  std::uint32_t next(Column* columns) final {
    in_place_ = nullptr;
    auto const count = is_empty_ ? 0 : fill();
    for (std::size_t i = 0; i != steps_.width; ++i) {
      auto const variable = steps_.variables[i];
      bool const is_in_place = in_place_ != nullptr && variable == scanned_value_.index;
      columns[i] = {is_in_place ? in_place_ : steps_.rows + i * steps_.capacity, nullptr, steps_.kinds[variable]};
    }
    return count;
  }
  /// Tables may be made while rows are found, and not only before the first one.
  void allow_tables() noexcept {
    for (std::size_t i = 0; i != steps_.program->look_count; ++i) steps_.looks[i].lookup.allow_table();
  }

 protected:
  struct Steps {
    PlanView const* plan = nullptr;
    Program const* program = nullptr;
    std::span<Value const> constants{};
    std::uint64_t* words = nullptr;  ///< by variable
    ValueKind* kinds = nullptr;
    ScanStep<IndexTag>* loops = nullptr;
    LookStep<IndexTag>* looks = nullptr;
    CompareStep* compares = nullptr;
    SeenRows* sets = nullptr;
    std::uint16_t const* variables = nullptr;  ///< of a row
    std::size_t width = 0;                     ///< how many these are
    std::uint64_t* rows = nullptr;             ///< a column of `capacity` words for each of them
    std::uint32_t capacity = 0;
  };
  /// What a loop finds, by place.
  struct Shown {
    Operand entity{};
    Operand value{};
    Operand transaction{};
    Operand operation{};
  };

  /// The next rows: how many.
  virtual std::uint32_t fill() = 0;
  /// `strip` as rows behind `row` others. `leaves_values`: those of the loop are read where they are. No part of a query's own code,
  /// since it is called once for many rows.
  void copy(Shown const& shown, Strip const& strip, std::uint64_t const* words, std::uint32_t row, bool leaves_values) noexcept {
    std::size_t const count = strip.size;
    for (std::size_t column = 0; column != steps_.width; ++column) {
      auto const variable = steps_.variables[column];
      auto* const to = steps_.rows + column * steps_.capacity + row;
      auto const is = [&](Operand place) { return place.kind == Operand::Kind::free && place.index == variable; };
      if (is(shown.entity)) {
        for (std::size_t i = 0; i != count; ++i) to[i] = strip.entity(i);
      } else if (is(shown.value)) {
        if (!leaves_values) std::memcpy(to, strip.words, count * sizeof(std::uint64_t));
      } else if (is(shown.transaction)) {
        for (std::size_t i = 0; i != count; ++i) to[i] = strip.transaction(i);
      } else if (is(shown.operation)) {
        for (std::size_t i = 0; i != count; ++i) to[i] = strip.added(i);
      } else {
        std::fill_n(to, count, words[variable]);
      }
    }
    if (leaves_values) {
      in_place_ = strip.words_in_place();
      scanned_value_ = shown.value;
    }
  }
  /// Leaves out those of `count` rows, at least one, behind `rows` others that are the same as the one before them: how many stay.
  /// `value`: that of the first loop. `last`: by variable, the row before them, if `has_last`; afterwards the last of them. As `copy`
  /// no part of a query's own code; a column at a time, so that rows of which none is the same are not looked at one by one.
  std::uint32_t leave_out_same(Operand value, std::uint32_t rows, std::uint32_t count, std::uint64_t* last, bool has_last) noexcept {
    auto const& pattern = steps_.loops[0].pattern;
    auto const is_text = [&](std::uint16_t variable) {
      return !pattern.by_word && value.kind == Operand::Kind::free && value.index == variable;
    };
    auto const column_of = [&](std::size_t column) { return steps_.rows + column * steps_.capacity; };
    auto const end = rows + count;
    auto const before = rows;
    auto kept = rows;
    for (std::uint32_t size = 0; rows != end; rows += size) {
      size = (std::min)(most_compared, end - rows);
      std::uint64_t differs[most_compared];
      std::fill_n(differs, size, 0);
      if (!std::exchange(has_last, true)) differs[0] = 1;  // whatever `last` has
      for (bool const texts : {false, true}) {  // which take longer, where all else is the same
        for (std::size_t column = 0; column != steps_.width; ++column) {
          auto const variable = steps_.variables[column];
          auto const* const words = column_of(column) + rows;
          if (is_text(variable) != texts) continue;
          if (texts) {
            for (std::uint32_t i = 0; i != size; ++i) {
              if (differs[i] == 0) differs[i] = pattern.is_equal(words[i], i == 0 ? last[variable] : words[i - 1]) ? 0 : 1;
            }
          } else {
            differs[0] |= words[0] ^ last[variable];
            for (std::uint32_t i = 1; i != size; ++i) differs[i] |= words[i] ^ words[i - 1];
          }
        }
      }
      bool const stay_where_they_are = kept == rows && std::find(differs, differs + size, 0U) == differs + size;
      auto next = kept + size;
      for (std::size_t column = 0; column != steps_.width; ++column) {
        auto* const words = column_of(column);
        last[steps_.variables[column]] = words[rows + size - 1];
        if (stay_where_they_are) continue;
        next = kept;
        for (std::uint32_t i = 0; i != size; ++i) {
          words[next] = words[rows + i];
          next += differs[i] == 0 ? 0 : 1;
        }
      }
      kept = next;
    }
    return kept - before;
  }
  /// Makes the steps, for which there is room that lives longer than the feed.
  [[gnu::noinline]] explicit LoopFeed(Steps const& steps) : steps_{steps} {
    auto const& program = *steps.program;
    std::fill_n(steps.words, steps.plan->names.size(), 0);
    std::fill_n(steps.kinds, steps.plan->names.size(), ValueKind{});
    std::uninitialized_default_construct_n(steps.loops, program.loop_count);
    std::uninitialized_default_construct_n(steps.looks, program.look_count);
    std::uninitialized_default_construct_n(steps.compares, program.compare_count);
    std::uninitialized_default_construct_n(steps.sets, program.set_count);
  }

  [[nodiscard]] Preparation preparation() const noexcept { return {*steps_.plan, steps_.constants, steps_.kinds}; }
  [[nodiscard]] PlanView const& plan() const noexcept { return *steps_.plan; }
  /// Whether a row of the first loop that is the same as the one before it is left out.
  [[nodiscard]] bool leaves_out_neighbours() const noexcept { return leaves_out_neighbours_; }
  /// To the next row of all inputs together: each row of one with each of the others. To be called before the first.
  [[nodiscard]] bool next_input(std::uint64_t* words) {
    if (input_rows_ == 0) return false;
    if (!std::exchange(has_input_, true)) {
      if (steps_.program->loop_count == 0) foresee(0);
    } else {
      auto moved = inputs_.size();
      while (moved != 0 && ++inputs_[moved - 1].at == inputs_[moved - 1].rows->rows.size()) inputs_[--moved].at = 0;
      if (moved == 0) {
        input_rows_ = 0;
        return false;
      }
    }
    for (auto const& input : inputs_) {
      for (std::size_t i = 0; i != input.rows->variables.size(); ++i) {
        words[input.rows->variables[i]] = input.rows->rows.columns()[i].words()[input.at];
      }
    }
    return true;
  }
  /// To be called when so many loops are open: the first time, it makes what looks behind the last of them ready for all that are to
  /// come.
  void foresee(std::size_t loops);
  /// For the leaves that looks come to from the rows of the first loop, so that nothing is allocated for them between two rows.
  void make_room();
  /// Of `Assumption`.
  [[nodiscard]] std::size_t assumption() const noexcept { return assumption_; }

 private:
  /// The steps of a block, in their order: what one binds, those behind it know.
  bool prepare(Preparation& given, std::size_t first, std::size_t end, Db<IndexTag> const& db, LeafPins<IndexTag>& pins, bool& all_one) {
    auto const& program = *steps_.program;
    for (auto i = first; i != end; ++i) {
      auto const& step = steps_.plan->steps[i];
      auto const number = program.numbers[i];
      auto* const kept = program.keeps_values[i] ? &pins : nullptr;
      switch (program.moves[i]) {
        case Move::scan:
        case Move::either:
        case Move::follow: {
          auto& loop = steps_.loops[number];
          bool const by_value = program.sorted_by_value && !program.sorted_by_entity && number == 0;
          bool const is_done = program.moves[i] == Move::scan     ? loop.prepare(given, step, db, kept, by_value)
                               : program.moves[i] == Move::either ? loop.prepare_either(given, step, db)
                                                                  : loop.prepare_follow(given, step, db, kept);
          if (!is_done) return false;
          is_empty_ = is_empty_ || loop.pattern.is_never;
          all_one = all_one && loop.pattern.attribute.one;
          break;
        }
        case Move::look: {
          auto& look = steps_.looks[number];
          if (!look.prepare(given, step, db, kept)) return false;
          place(look, given, step, i);
          is_empty_ = is_empty_ || (look.pattern.is_never && i >= program.first && i < program.end);
          break;
        }
        case Move::otherwise: {
          auto& look = steps_.looks[number];
          if (!look.prepare_otherwise(given, step, db, kept)) return false;
          place(look, given, step, i);
          break;
        }
        case Move::compare: steps_.compares[number].prepare(given, step); break;
        case Move::without: {
          auto const& block = steps_.plan->blocks[steps_.plan->blocks_of(step.blocks)[0]].steps;
          if (!prepare(given, block.first, block.first + block.count, db, pins, all_one)) return false;
          break;
        }
        case Move::none: break;
      }
    }
    return true;
  }

  /// Says how a look's entities will come.
  void place(LookStep<IndexTag>& look, Preparation const& given, Step const& step, std::size_t index) {
    auto const& program = *steps_.program;
    bool const is_in_main = index >= program.first && index < program.end;
    look.loops = 0;
    while (look.loops != program.loop_count && (program.step_of(look.loops) < index || (look.loops == 0 && !is_in_main))) ++look.loops;
    if (!is_in_main && look.loops > 1) look.loops = 1;
    look.jumps = !look.pattern.is_never && is_in_no_order(given, step, index);
    look.restarts = !look.pattern.is_never && !look.jumps && look.loops > 1;
    jumps_ = jumps_ || look.jumps || look.restarts;
  }

  /// Whether the entities of a look are values of other datoms, entities of datoms that are sorted by value, or come in.
  [[nodiscard]] bool is_in_no_order(Preparation const& given, Step const& look, std::size_t index) const {
    auto const looks_at = steps_.plan->operands_of(look.operands);
    auto const entity = looks_at[programs::first_argument(looks_at)];
    for (std::size_t i = 0; i != index; ++i) {
      auto const& step = steps_.plan->steps[i];
      auto const operands = steps_.plan->operands_of(step.operands);
      if (step.kind == Step::Kind::compute && programs::value_of_step(*steps_.plan, step).index == entity.index) return true;
      for (std::size_t place = 0; place != operands.size(); ++place) {
        if (operands[place].kind != Operand::Kind::free || operands[place].index != entity.index) continue;
        if (place != preparing::entity) return true;
        return steps_.program->moves[i] == Move::scan && !steps_.loops[steps_.program->numbers[i]].has_ordered_entities(given, step);
      }
    }
    return steps_.program->takes_rows;
  }

  static constexpr std::uint64_t most_expected = std::uint64_t{1} << 40U;
  static constexpr std::uint64_t many_restarts = 4;
  static constexpr std::uint32_t most_compared = 128;  // at a time

  Steps steps_{};
  std::uint64_t const* in_place_ = nullptr;  // the values of rows that were found last, if they are not among the rows
  Operand scanned_value_{};                  // whose they are
  Db<IndexTag> const* db_ = nullptr;
  struct Input {
    InputRows const* rows;
    std::size_t at;
  };
  std::vector<Input> inputs_{};
  std::uint64_t input_rows_ = 1;  // 0: no more
  bool has_input_ = false;
  bool has_room_ = false;         // `make_room` was called
  bool jumps_ = false;            // some look does, or restarts
  std::size_t foreseen_ = 0;      // how many loops are open where the next looks may be made ready
  std::uint64_t expected_ = 1;    // rows of the loops that were foreseen
  LeafPins<IndexTag> own_pins_{};
  bool is_empty_ = false;
  bool leaves_out_neighbours_ = false;
  bool has_duplicates_ = false;
  std::size_t assumption_ = 0;
};

// Not inline: a unit that links cairn::engine does not compile them.
template <class IndexTag>
void LoopFeed<IndexTag>::make_room() {
  if (!may_forget_leaves(*db_)) return;
  auto const first = steps_.loops[0].expected(*db_);
  auto const rows = first != 0 && input_rows_ > most_expected / first ? most_expected : input_rows_ * first;
  for (std::size_t i = 0; i != steps_.program->look_count; ++i) steps_.looks[i].lookup.reserve(rows);
}
template <class IndexTag>
void LoopFeed<IndexTag>::foresee(std::size_t loops) {
  if (loops == 1 && !std::exchange(has_room_, true)) make_room();
  if (!jumps_ || loops < foreseen_) return;
  if (foreseen_ == 0) expected_ = input_rows_;
  foreseen_ = loops + 1;
  auto const around = expected_;
  if (loops != 0) {
    auto const here = steps_.loops[loops - 1].expected(*db_);
    expected_ = here != 0 && around > most_expected / here ? most_expected : around * here;
  }
  for (std::size_t i = 0; i != steps_.program->look_count; ++i) {
    auto& look = steps_.looks[i];
    if (look.loops == loops && (look.jumps || (look.restarts && around >= many_restarts))) look.lookup.expect(expected_);
    if (look.loops == 0 && loops == 1 && look.jumps) look.lookup.expect(around);  // before the first loop
  }
}

}  // namespace cairn::query::compiled
