// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The nested loops of a static query.
#pragma once

#include <cairn/query/compiled/execute/loop_feed.hpp>
#include <cairn/query/compiled/execute/prepare.hpp>
#include <cairn/query/compiled/execute/program.hpp>
#include <cairn/query/compiled/execute/seen_rows.hpp>
#include <cairn/query/run/query_context.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace cairn::query::compiled {

/// The values of a plan's constants, made once.
template <class Query>
[[nodiscard]] std::span<Value const> constants_of() {
  static auto const values = [] {
    std::array<Value, Query::sizes.constants> made;
    for (std::size_t i = 0; i != made.size(); ++i) made[i] = value_of(form_at(Query::plan(), Query::frozen.constants[i]));
    return made;
  }();
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

/// A static query on one database value: loops in loops, of which the innermost fills columns and the others stay where they are
/// until it wants another row.
///
/// `Follows`: entities may have many values.
template <class Query, class IndexTag, bool Follows>
class Machine final : public LoopFeed<IndexTag> {
  using Words = std::array<std::uint64_t, Query::sizes.names>;
  static constexpr Program const& program = Follows ? Loops<Query>::following : Loops<Query>::program;
  static constexpr std::size_t width = Loops<Query>::width;
  static constexpr std::size_t loop_count = program.loop_count;

 public:
  Machine() noexcept {
    this->set({&Query::plan(), &program, constants_of<Query>(), words_.data(), kinds_.data(), loops_.data(), looks_.data(),
               compares_.data()});
  }

  std::uint32_t next(Column* columns) override {
    auto const count = this->is_empty() ? 0 : fill();
    for (std::size_t i = 0; i != width; ++i) columns[i] = {rows_[i].data(), nullptr, kinds_[Loops<Query>::variables[i]]};
    return count;
  }

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
    auto& step = looks_[program.numbers[Index]];
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
  [[nodiscard]] bool compare(Words const& words) const {
    auto const& step = compares_[program.numbers[Index]];
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
      return sets_[program.sets[Index]].insert(row.data(), kinds.data(), live.count);
    } else {
      return true;
    }
  }
  /// Whether the row is not the one before it.
  template <std::size_t Index>
  [[nodiscard]] bool is_other(Words const& words) {
    constexpr auto live = Query::frozen.steps[Index].live;
    constexpr auto value = operand(Index, preparing::value);
    bool same = has_last_;
    for (std::size_t i = 0; i != live.count; ++i) {
      auto const variable = Query::frozen.variables[live.first + i];
      bool const is_value = value.kind == Operand::Kind::free && value.index == variable;
      same = same && (is_value ? loops_[0].pattern.is_equal(last_[variable], words[variable]) : last_[variable] == words[variable]);
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
      if (std::exchange(has_begun_, true)) return false;
      return keep<program.first, program.step_of(0)>(words);
    } else {
      constexpr auto index = program.step_of(Count - 1);
      auto& step = loops_[Count - 1];
      for (;;) {
        while (step.at != step.strip.size) {
          auto const at = step.at++;
          if (take_datom<index>(step, step.strip, at, words) && is_new<index>(words) &&
              keep<index + 1, program.step_of(Count)>(words))
            return true;
        }
        if (step.next()) continue;
        if (!open_next<Count>(words)) return false;
      }
    }
  }
  /// Opens a loop for the next row of those around it.
  template <std::size_t Count>
  [[nodiscard]] bool open_next(Words& words) {
    if (!advance<Count - 1>(words)) return false;
    words_ = words;
    loops_[Count - 1].open(this->plan().steps[program.step_of(Count - 1)], this->preparation(), words_.data());
    if constexpr (Count == 1 && program.look_count != 0) this->foresee();
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
  /// `count` datoms of a strip as rows.
  template <std::size_t Index>
  void copy(Strip const& strip, std::uint32_t at, std::uint32_t count, Words const& words, std::uint32_t row) noexcept {
    using namespace preparing;
    [&]<std::size_t... Columns>(std::index_sequence<Columns...>) {
      (copy_column<entity_of(Index), operand(Index, value), operand(Index, transaction), operand(Index, operation), Loops<Query>::variables[Columns]>(
           strip, at, count, words, rows_[Columns].data() + row),
       ...);
    }
    (std::make_index_sequence<width>{});
  }
  template <Operand Entity, Operand Value, Operand Transaction, Operand Operation, std::uint16_t Variable>
  static void copy_column(Strip const& strip, std::uint32_t at, std::uint32_t count, Words const& words, std::uint64_t* to) noexcept {
    constexpr auto is = [](Operand place) { return place.kind == Operand::Kind::free && place.index == Variable; };
    if constexpr (is(Entity)) {
      for (std::uint32_t i = 0; i != count; ++i) to[i] = strip.entity(at + i);
    } else if constexpr (is(Value)) {
      for (std::uint32_t i = 0; i != count; ++i) to[i] = strip.word(at + i);
    } else if constexpr (is(Transaction)) {
      for (std::uint32_t i = 0; i != count; ++i) to[i] = strip.transaction(at + i);
    } else if constexpr (is(Operation)) {
      for (std::uint32_t i = 0; i != count; ++i) to[i] = strip.added(at + i);
    } else {
      std::fill_n(to, count, words[Variable]);
    }
  }

  void store(Words const& words, std::uint32_t row) noexcept {
    for (std::size_t i = 0; i != width; ++i) rows_[i][row] = words[Loops<Query>::variables[i]];
  }

  [[gnu::noinline]] std::uint32_t fill() {
    auto words = words_;
    std::uint32_t rows = 0;
    if constexpr (loop_count == 0) {
      if (!advance<0>(words)) return 0;
      store(words, 0);
      return 1;
    } else {
      constexpr auto index = program.step_of(loop_count - 1);
      auto& step = loops_[loop_count - 1];
      for (;;) {
        auto const strip = step.strip;
        auto at = step.at;
        if constexpr (takes_all<index>()) {
          bool const takes_all_here = !step.checks_value && !step.limits.is_needed && !(loop_count == 1 && this->leaves_out_neighbours());
          if (takes_all_here) [[likely]] {
            auto const count = (std::min)(strip.size - at, feed_rows - rows);
            copy<index>(strip, at, count, words, rows);
            at += count;
            rows += count;
          }
        }
        while (at != strip.size && rows != feed_rows) {
          auto const most = (std::min)(strip.size, at + (feed_rows - rows));
          for (; at != most; ++at) {
            if (take_datom<index>(step, strip, at, words) && is_new<index>(words) && keep<index + 1, program.end>(words)) {
              store(words, rows);
              ++rows;
            }
          }
        }
        step.at = at;
        if (rows == feed_rows) break;
        if (!step.next() && !open_next<loop_count>(words)) break;
      }
    }
    words_ = words;
    return rows;
  }

  Words words_{};
  std::array<ValueKind, Query::sizes.names> kinds_{};
  bool has_begun_ = false;
  bool has_last_ = false;
  Words last_{};  // row of the first loop
  // Not set to zero first: each has room that is written before it is read.
  std::array<ScanStep<IndexTag>, loop_count> loops_;
  std::array<LookStep<IndexTag>, program.look_count> looks_;
  std::array<CompareStep, program.compare_count> compares_{};
  std::array<SeenRows, program.set_count> sets_{};
  std::array<std::array<std::uint64_t, feed_rows>, width> rows_;
};

}  // namespace cairn::query::compiled
