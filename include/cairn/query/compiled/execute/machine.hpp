// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The nested loops of a static query.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/loop_feed.hpp>
#include <cairn/query/compiled/execute/prepare.hpp>
#include <cairn/query/compiled/execute/program.hpp>
#include <cairn/query/compiled/execute/step_room.hpp>
#include <cairn/query/run/query_context.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::query::compiled {

/// The values of a plan's constants, made once.
template <meta::Lazy = {}>
[[nodiscard]] std::vector<Value> make_constants(PlanView const& plan) {
  std::vector<Value> made;
  made.reserve(plan.constants.size());
  for (auto const at : plan.constants) made.push_back(value_of(form_at(plan, at)));
  return made;
}
template <class Query>
[[nodiscard]] std::span<Value const> constants_of() {
  static auto const values = make_constants(Query::plan());
  return values;
}

/// The plan of a query as loops.
template <class Query>
struct Loops {
  static constexpr Program program = program_of(Query::plan());
  /// Where entities may have many values, or had others.
  static constexpr Program following = program.following();
  static constexpr bool can_follow = following.loop_count != program.loop_count;
  static constexpr std::size_t width = row_width(Query::plan());
  static constexpr auto variables = [] {
    std::array<std::uint16_t, width> found{};
    std::ranges::copy(programs::row_variables(Query::plan()), found.begin());
    return found;
  }();
};

template <class Query, bool Follows>
inline constexpr Program const& program_of_loops = Follows ? Loops<Query>::following : Loops<Query>::program;

/// Rows that are looked at as they are found are few at a time, so that they are near; what groups them has as much to do for a few.
template <class Query>
inline constexpr std::uint32_t capacity_of = Loops<Query>::program.shows_rows ? feed_rows : batch_rows;

template <class Query, class IndexTag, Program const& program>
using StepRoomOf = StepRoom<IndexTag, Query::sizes.names, program.loop_count, program.look_count, program.compare_count, program.set_count,
                            capacity_of<Query> * Loops<Query>::width>;

/// A static query on one database value: loops in loops, of which the innermost fills columns and the others stay where they are
/// until it wants another row.
///
/// `Follows`: entities may have many values.
template <class Query, class IndexTag, bool Follows>
class Machine final : StepRoomOf<Query, IndexTag, program_of_loops<Query, Follows>>, public LoopFeed<IndexTag> {
  using Steps = StepRoomOf<Query, IndexTag, program_of_loops<Query, Follows>>;
  using Steps::words_, Steps::kinds_, Steps::loops_, Steps::looks_, Steps::compares_, Steps::sets_, Steps::rows_;
  using Words = std::array<std::uint64_t, Query::sizes.names>;
  static constexpr Program const& program = program_of_loops<Query, Follows>;
  static constexpr std::size_t width = Loops<Query>::width;
  static constexpr std::size_t loop_count = program.loop_count;
  static constexpr std::uint32_t worth_reading_in_place = 32;
  static constexpr std::uint32_t capacity = capacity_of<Query>;

 public:
  Machine()
      : LoopFeed<IndexTag>{{&Query::plan(), &program, constants_of<Query>(), words_.data(), kinds_.data(), loops_.objects.data(),
                            looks_.objects.data(), compares_.objects.data(), sets_.objects.data(), Loops<Query>::variables.data(), width, rows_.data(), capacity}} {}

 private:
  [[nodiscard]] static constexpr Operand operand(std::size_t step, std::size_t place) {
    auto const slice = Query::frozen.steps[step].operands;
    return place < slice.count ? Query::frozen.operands[slice.first + place] : Operand{};
  }
  [[nodiscard]] static constexpr Slice first_block(std::size_t step) {
    return Query::frozen.blocks[Query::frozen.block_numbers[Query::frozen.steps[step].blocks.first]].steps;
  }

  // ---- steps that keep the row or don't

  /// Puts what is found at a place in its variable, or compares.
  template <Operand Wanted, std::size_t Place>
  [[nodiscard]] static bool take(PatternState const& pattern, Words& words, std::uint64_t found) {
    if constexpr (Wanted.kind == Operand::Kind::free) {
      words[Wanted.index] = found;
      return true;
    } else if constexpr (Wanted.kind == Operand::Kind::blank) {
      return true;
    } else {
      auto const wanted = Wanted.kind == Operand::Kind::bound ? words[Wanted.index] : pattern.constants[Place].word;
      return Place == preparing::value ? pattern.is_equal(found, wanted) : found == wanted;
    }
  }

  template <std::size_t Index>
  [[nodiscard]] bool look(Words& words) {
    using namespace preparing;
    auto& step = looks_.objects[program.numbers[Index]];
    if (step.pattern.is_never || !step.lookup.find(words[operand(Index, entity).index])) return false;
    if constexpr (programs::is_limited(Query::frozen.steps[Index])) {
      step.limits.open(this->plan().steps[Index], this->preparation(), words.data(), step.pattern.kind);
      if (!step.limits.lets_through(step.lookup.word())) return false;
    }
    if constexpr (operand(Index, value).kind != Operand::Kind::blank) {
      if (!take<operand(Index, value), value>(step.pattern, words, step.lookup.word())) return false;
    }
    if constexpr (operand(Index, transaction).kind != Operand::Kind::blank) {
      if (!take<operand(Index, transaction), transaction>(step.pattern, words, step.lookup.transaction())) return false;
    }
    if constexpr (operand(Index, operation).kind != Operand::Kind::blank) {
      if (!take<operand(Index, operation), operation>(step.pattern, words, step.lookup.added())) return false;
    }
    return true;
  }

  template <std::size_t Index>
  [[nodiscard]] bool look_or_else(Words& words) {
    auto& step = looks_.objects[program.numbers[Index]];
    constexpr std::size_t first = operand(Index, 0).kind == Operand::Kind::source ? 1 : 0;
    constexpr auto otherwise = operand(Index, first + 2);
    auto& value = words[Query::frozen.bindings[Query::frozen.steps[Index].binding].variable.index];
    if (!step.pattern.is_never && step.lookup.find(words[operand(Index, first).index])) {
      value = step.lookup.word();
    } else if constexpr (otherwise.kind == Operand::Kind::constant) {
      value = step.otherwise;
    } else {
      value = words[otherwise.index];
    }
    return true;
  }

  template <std::size_t Index>
  [[nodiscard]] bool compare(Words const& words) const {
    auto const& step = compares_.objects[program.numbers[Index]];
    constexpr auto comparison = Query::frozen.steps[Index].callee.builtin;
    auto const side = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
      return operand(Index, Place).kind == Operand::Kind::constant ? step.cells[Place].word : words[operand(Index, Place).index];
    };
    auto const left = side(std::integral_constant<std::size_t, 0>{});
    auto const right = side(std::integral_constant<std::size_t, 1>{});
    if (step.integers) [[likely]] {
      return query::detail::holds(comparison, static_cast<std::int64_t>(left), static_cast<std::int64_t>(right));
    }
    return step.holds(comparison, left, right);
  }

  template <std::size_t Index>
  [[nodiscard]] bool keeps(Words& words) {
    constexpr auto move = program.moves[Index];
    if constexpr (move == Move::look) {
      return look<Index>(words);
    } else if constexpr (move == Move::otherwise) {
      return look_or_else<Index>(words);
    } else if constexpr (move == Move::compare) {
      return compare<Index>(words);
    } else {
      static_assert(move == Move::without);
      constexpr auto steps = first_block(Index);
      return !keep<steps.first, steps.first + steps.count>(words);
    }
  }
  /// Whether the row is new, where duplicates are to be removed behind the step.
  template <std::size_t Index>
  [[nodiscard]] bool is_new(Words const& words) {
    if constexpr (Index == program.step_of(0) && (program.sorted_by_entity || program.sorted_by_value)) {
      if (this->leaves_out_neighbours()) return is_other<Index>(words);
    }
    if constexpr (program.may_be_distinct(Index)) {
      if (!program.distinct[this->assumption()][Index]) return true;
      constexpr auto live = Query::frozen.steps[Index].live;
      std::array<std::uint64_t, live.count> row;
      std::array<ValueKind, live.count> kinds;
      for (std::size_t i = 0; i != live.count; ++i) {
        row[i] = words[Query::frozen.variables[live.first + i]];
        kinds[i] = kinds_[Query::frozen.variables[live.first + i]];
      }
      return sets_.objects[program.sets[Index]].insert(row.data(), kinds.data(), live.count);
    } else {
      return true;
    }
  }
  /// Whether a variable has the same in two rows of the first loop.
  template <std::size_t Index>
  [[nodiscard]] bool is_same(std::uint16_t variable, std::uint64_t left, std::uint64_t right) const {
    constexpr auto value = operand(Index, preparing::value);
    bool const is_value = value.kind == Operand::Kind::free && value.index == variable;
    return is_value ? loops_.objects[0].pattern.is_equal(left, right) : left == right;
  }
  /// Whether the row is not the one before it.
  template <std::size_t Index>
  [[nodiscard]] bool is_other(Words const& words) {
    constexpr auto live = Query::frozen.steps[Index].live;
    bool same = has_last_;
    for (std::size_t i = 0; i != live.count; ++i) {
      auto const variable = Query::frozen.variables[live.first + i];
      same = same && is_same<Index>(variable, last_[variable], words[variable]);
    }
    for (std::size_t i = 0; i != live.count; ++i) {
      auto const variable = Query::frozen.variables[live.first + i];
      last_[variable] = words[variable];
    }
    has_last_ = true;
    return !same;
  }
  /// Whether all steps from one to another keep it.
  template <std::size_t Index, std::size_t End>
  [[nodiscard]] bool keep(Words& words) {
    if constexpr (Index == End) {
      return true;
    } else {
      return keeps<Index>(words) && is_new<Index>(words) && keep<Index + 1, End>(words);
    }
  }

  // ---- loops

  /// The operand for the entity of what a loop finds.
  [[nodiscard]] static constexpr Operand entity_of(std::size_t step) {
    return operand(program.moves[step] == Move::either ? first_block(step).first : step, preparing::entity);
  }

  template <std::size_t Index>
  [[nodiscard]] bool take_datom(ScanStep<IndexTag> const& step, Strip const& strip, std::size_t at, Words& words) const {
    using namespace preparing;
    if constexpr (program.moves[Index] == Move::either) {
      words[entity_of(Index).index] = strip.entity(at);
      return true;
    } else {
      if constexpr (operand(Index, entity).kind == Operand::Kind::free) words[operand(Index, entity).index] = strip.entity(at);
      if constexpr (programs::is_limited(Query::frozen.steps[Index])) {
        if (step.limits.is_needed && !step.limits.lets_through(strip.word(at))) return false;
      }
      if constexpr (operand(Index, value).kind == Operand::Kind::free) {
        words[operand(Index, value).index] = strip.word(at);
      } else if constexpr (operand(Index, value).kind != Operand::Kind::blank) {
        if (step.checks_value && !take<operand(Index, value), value>(step.pattern, words, strip.word(at))) return false;
      }
      if constexpr (operand(Index, transaction).kind != Operand::Kind::blank) {
        if (!take<operand(Index, transaction), transaction>(step.pattern, words, strip.transaction(at))) return false;
      }
      if constexpr (operand(Index, operation).kind != Operand::Kind::blank) {
        if (!take<operand(Index, operation), operation>(step.pattern, words, strip.added(at))) return false;
      }
      return true;
    }
  }

  /// To the next row of the first `Count` loops, with all steps before the loop after them.
  template <std::size_t Count>
  [[nodiscard]] bool advance(Words& words) {
    if constexpr (Count == 0) {
      if constexpr (program.takes_rows) {
        while (this->next_input(words.data())) {
          if (keep<program.first, program.step_of(0)>(words)) return true;
        }
        return false;
      } else {
        if (std::exchange(has_begun_, true)) return false;
        return keep<program.first, program.step_of(0)>(words);
      }
    } else {
      constexpr auto index = program.step_of(Count - 1);
      auto& step = loops_.objects[Count - 1];
      for (;;) {
        while (step.at != step.strip.size) {
          auto const at = step.at++;
          if (take_datom<index>(step, step.strip, at, words) && is_new<index>(words) &&
              keep<index + 1, program.step_of(Count)>(words))
            return true;
        }
        if (reads_on<Count>()) continue;
        if (!open_next<Count>(words)) return false;
      }
    }
  }
  /// Whether a loop is over what each row's entity has, which is seldom more than the next datom.
  template <std::size_t Count>
  [[nodiscard]] static constexpr bool may_open_here() {
    constexpr auto index = program.step_of(Count - 1);
    return program.moves[index] == Move::follow && !programs::is_limited(Query::frozen.steps[index]);
  }
  /// The next strip of a loop.
  template <std::size_t Count>
  [[nodiscard]] bool reads_on() {
    if constexpr (may_open_here<Count>()) {
      if (is_here_[Count - 1]) return false;
    }
    return loops_.objects[Count - 1].next();
  }
  /// Opens a loop for the next row of those around it.
  template <std::size_t Count>
  [[nodiscard]] bool open_next(Words& words) {
    if (!advance<Count - 1>(words)) return false;
    if constexpr (may_open_here<Count>()) {
      constexpr auto entity = operand(program.step_of(Count - 1), preparing::entity);
      is_here_[Count - 1] = loops_.objects[Count - 1].open_here(words[entity.index]);
      if (is_here_[Count - 1]) {
        if constexpr (program.look_count != 0) this->foresee(Count);
        return true;
      }
    }
    words_ = words;
    loops_.objects[Count - 1].open(this->plan().steps[program.step_of(Count - 1)], this->preparation(), words_.data());
    if constexpr (program.look_count != 0) this->foresee(Count);
    return true;
  }

  /// Whether a loop has no other conditions than those that only the run knows.
  template <std::size_t Index>
  [[nodiscard]] static constexpr bool takes_all() {
    using Kind = Operand::Kind;
    auto const is_shown = [](Operand place) { return place.kind == Kind::free || place.kind == Kind::blank; };
    if (Index + 1 != program.end || program.may_be_distinct(Index) || program.moves[Index] == Move::follow) return false;
    return is_shown(operand(Index, preparing::transaction)) && is_shown(operand(Index, preparing::operation));
  }
  /// Whether the variable is that of the values in a query of one loop and nothing else, which may be shown where they are.
  [[nodiscard]] static constexpr bool is_scanned_value(std::uint16_t variable) {
    if (loop_count != 1) return false;
    auto const index = program.step_of(0);
    auto const value = operand(index, preparing::value);
    return program.moves[index] == Move::scan && value.kind == Operand::Kind::free && value.index == variable;
  }
  [[nodiscard]] static constexpr typename LoopFeed<IndexTag>::Shown shown_by(std::size_t step) {
    return {entity_of(step), operand(step, preparing::value), operand(step, preparing::transaction), operand(step, preparing::operation)};
  }
  /// Leaves out those of `count` rows, at least one, behind `rows` others that are the same as the one before them, where that is
  /// wanted. How many stay.
  template <std::size_t Index>
  std::uint32_t new_among(std::uint32_t rows, std::uint32_t count) {
    if constexpr (Index == program.step_of(0) && (program.sorted_by_entity || program.sorted_by_value)) {
      if (this->leaves_out_neighbours()) {
        if constexpr (width == 1) {
          constexpr auto& shown = Loops<Query>::variables;
          if (loops_.objects[0].pattern.by_word || !is_scanned_value(shown[0])) {
            auto kept = rows;
            auto* const column = rows_.data();
            auto last = has_last_ ? last_[shown[0]] : ~column[rows];  // not what the first is
            for (auto row = rows; row != rows + count; ++row) {
              auto const word = column[row];
              column[kept] = word;
              kept += word == last ? 0 : 1;
              last = word;
            }
            last_[shown[0]] = last;
            has_last_ = true;
            return kept - rows;
          }
        }
        return this->leave_out_same(operand(Index, preparing::value), rows, count, last_.data(), std::exchange(has_last_, true));
      }
    }
    return count;
  }
  void store(Words const& words, std::uint32_t row) noexcept { store(words, row, std::make_index_sequence<width>{}); }
  // No loop, in which the compiler would read at run time which variables they are.
  template <std::size_t... Columns>
  void store(Words const& words, std::uint32_t row, std::index_sequence<Columns...>) noexcept {
    ((rows_[Columns * capacity + row] = words[Loops<Query>::variables[Columns]]), ...);
  }

  std::uint32_t fill() override {
    auto words = words_;
    std::uint32_t rows = 0;
    if constexpr (loop_count == 0) {
      while (rows != capacity && advance<0>(words)) store(words, rows++);
    } else {
      constexpr auto index = program.step_of(loop_count - 1);
      constexpr bool shows_value = std::ranges::any_of(Loops<Query>::variables, &is_scanned_value);
      auto& step = loops_.objects[loop_count - 1];
      for (;;) {
        auto const strip = step.strip;
        auto at = step.at;
        if constexpr (takes_all<index>()) {
          static constexpr auto shown = shown_by(index);
          bool const takes_all_here = !step.checks_value && !step.limits.is_needed;
          if (takes_all_here) words_ = words;  // whose own address nobody learns
          while (takes_all_here && at != strip.size && rows != capacity) {
            auto const part = strip.part(at, (std::min)(strip.size - at, capacity - rows));
            at += part.size;
            if constexpr (shows_value) {
              if (rows == 0 && part.size >= worth_reading_in_place && !this->leaves_out_neighbours()) {
                this->copy(shown, part, words_.data(), 0, true);
                step.at = at;
                return part.size;
              }
            }
            this->copy(shown, part, words_.data(), rows, false);
            rows += new_among<index>(rows, part.size);
          }
        }
        while (at != strip.size && rows != capacity) {
          auto const most = (std::min)(strip.size, at + (capacity - rows));
          for (; at != most; ++at) {
            if (take_datom<index>(step, strip, at, words) && is_new<index>(words) && keep<index + 1, program.end>(words)) {
              store(words, rows);
              ++rows;
            }
          }
        }
        step.at = at;
        if (rows == capacity) break;
        if (!reads_on<loop_count>() && !open_next<loop_count>(words)) break;
      }
    }
    words_ = words;
    return rows;
  }

  bool has_begun_ = false;
  bool has_last_ = false;
  Words last_{};  // row of the first loop
  std::array<bool, loop_count> is_here_{};  // of loops that were opened so
};

}  // namespace cairn::query::compiled
