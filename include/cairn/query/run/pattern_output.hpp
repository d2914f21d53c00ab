// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a pattern makes of the datoms that it found: columns.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/index/datom_run.hpp>
#include <cairn/query/access/seeker.hpp>
#include <cairn/query/run/pattern_terms.hpp>
#include <cairn/query/run/step_runner.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

namespace cairn::query {

/// Puts the free places of datoms that were found behind the columns of the rows they were found for, a column at a time.
template <class IndexTag>
class PatternOutput {
  using Terms = PatternTerms<IndexTag>;

 public:
  PatternOutput(StepPlace const& place, Terms const& terms, Db<IndexTag> const& db)
      : db_{&db},
        next_{&place.next},
        live_{place.live},
        writer_{place.context.pool(), place.context.variables(), place.live, place.next},
        through_{place.context.variables()},
        kind_{terms.attribute_access_of().kind == ValueKind::float32 ? std::nullopt : terms.attribute_access_of().kind} {
    for (std::size_t at = 0; at != Terms::places; ++at) {
      if (!terms.is(at, Operand::Kind::free)) continue;
      if (auto* column = writer_.find(terms[at].index)) own_.push_back({at, column});
      shows_values_ = shows_values_ || (at == Terms::value && !own_.empty() && own_.back().at == at);
    }
  }

  /// Whether rows that follow have nothing of the datoms, so that one datom a row says all.
  [[nodiscard]] bool is_check() const noexcept { return own_.empty(); }
  [[nodiscard]] bool shows_values() const noexcept { return shows_values_; }
  void flush() { writer_.flush(); }

  /// Datoms at `first` and behind it, found for one row.
  void repeat(Batch const& in, std::uint32_t row, DatomRun const& run, std::uint32_t first, std::uint32_t count) {
    while (count != 0) {
      auto const number = std::min(count, writer_.room());
      put_stretch(run, first, number, writer_.rows());
      writer_.carry_repeated(in, row, number);
      writer_.add(number);
      first += number;
      count -= number;
    }
  }

  /// Datoms at those places, found for those rows.
  void hits(Batch const& in, std::uint32_t const* rows, DatomRun const& run, std::uint32_t const* places, std::uint32_t count) {
    while (count != 0) {
      auto const number = std::min(count, writer_.room());
      put_places(run, places, number, writer_.rows());
      writer_.carry(in, rows, number);
      writer_.add(number);
      rows += number;
      places += number;
      count -= number;
    }
  }

  // ---- at most one datom a row, found in the order of the rows: where every row has one, its columns are handed on as they are

  void begin_single(Batch const& in) {
    if (in.rows() >= batch_rows / 2) writer_.hand_on();
    kept_ = 0;
    holds_back_ = writer_.rows() == 0;
    is_gapless_ = holds_back_;
    rows_written_ = !holds_back_;
  }
  void single_stretch(Batch const& in, std::uint32_t first_row, DatomRun const& run, std::uint32_t first_place,
                      std::uint32_t count) {
    require_room(count);
    is_gapless_ = is_gapless_ && first_row == kept_;
    if (!is_gapless_) {
      write_gapless_rows();
      std::iota(rows_.data() + kept_, rows_.data() + kept_ + count, first_row);
    }
    if (holds_back_) {
      put_stretch(run, first_place, count, kept_);
      kept_ += count;
      return;
    }
    auto const* rows = rows_.data() + kept_;
    while (count != 0) {
      auto const number = std::min(count, writer_.room());
      put_stretch(run, first_place, number, writer_.rows());
      writer_.carry(in, rows, number);
      writer_.add(number);
      rows += number;
      first_place += number;
      count -= number;
    }
  }
  void single_hits(Batch const& in, std::uint32_t const* rows, DatomRun const& run, std::uint32_t const* places,
                   std::uint32_t count) {
    if (!holds_back_) return hits(in, rows, run, places, count);
    require_room(count);
    is_gapless_ = is_gapless_ && count != 0 && rows[0] == kept_ && rows[count - 1] == kept_ + count - 1;
    if (!is_gapless_) {
      write_gapless_rows();
      std::copy_n(rows, count, rows_.data() + kept_);
    }
    put_places(run, places, count, kept_);
    kept_ += count;
  }
  void end_single(Batch const& in) {
    if (!holds_back_ || kept_ == 0) return;
    if (kept_ != in.rows()) {
      if (is_gapless_) std::iota(rows_.data(), rows_.data() + kept_, 0U);
      writer_.carry(in, rows_.data(), kept_);
      return writer_.add(kept_);
    }
    for (auto const variable : live_) {
      auto const& from = in[variable];
      through_[variable] = from.is_live() ? from : writer_.find(variable)->column();
    }
    through_.set_rows(kept_);
    next_->push(through_);
  }

 private:
  /// A row has one hit at most, if the index is what the schema says; a damaged one may have more.
  void require_room(std::uint32_t count) const {
    if (holds_back_ && count > batch_rows - kept_) ByteReader::corrupt("an entity has two values of an attribute that has one");
  }

  struct Own {
    std::size_t at;
    ColumnWriter* column;
  };

  /// The rows so far, which were not written down as long as there was one for each; once.
  void write_gapless_rows() {
    if (rows_written_) return;
    std::iota(rows_.data(), rows_.data() + kept_, 0U);
    rows_written_ = true;
  }

  void put_stretch(DatomRun const& run, std::uint32_t first, std::uint32_t count, std::uint32_t to) {
    put(run.part(first, count), [](std::size_t i) { return i; }, count, to, true);
  }
  void put_places(DatomRun const& run, std::uint32_t const* places, std::uint32_t count, std::uint32_t to) {
    put(run, [places](std::size_t i) { return std::size_t{places[i]}; }, count, to, false);
  }

  /// `is_whole`: the places are those of the run, one after the other.
  template <class At>
  void put(DatomRun const& run, At const& place, std::uint32_t count, std::uint32_t to, bool is_whole) {
    for (auto const& own : own_) {
      auto& column = *own.column;
      auto* const words = column.words(to);
      auto const copy = [=](auto const& get) {
        for (std::size_t i = 0; i != count; ++i) words[i] = get(place(i));
      };
      switch (own.at) {
        case Terms::entity:
          run.with_entities(copy);
          column.note(ValueKind::integer, to, count);
          break;
        case Terms::attribute: put_attributes(run, place, count, to, column); break;
        case Terms::value:
          if (is_whole && run.words() != nullptr) {
            std::memcpy(words, run.words(), count * sizeof(std::uint64_t));
          } else {
            run.with_words(copy);
          }
          put_kinds(run, place, count, to, column);
          break;
        case Terms::transaction:
          run.with_transactions(copy);
          column.note(ValueKind::integer, to, count);
          break;
        default:
          run.with_added(copy);
          column.note(ValueKind::boolean, to, count);
          break;
      }
    }
  }

  template <class At>
  void put_kinds(DatomRun const& run, At const& place, std::uint32_t count, std::uint32_t to, ColumnWriter& column) {
    if (kind_) return column.note(*kind_, to, count);
    if (run.is_uniform() && run.kind(0) != ValueKind::float32) return column.note(run.kind(0), to, count);
    auto* kinds = column.kinds(to);
    run.with_kinds([&](auto const& get) {
      for (std::uint32_t i = 0; i != count; ++i) kinds[i] = get(place(i));
    });
    auto* words = column.words(to);
    for (std::uint32_t i = 0; i != count; ++i) {
      auto const shown = access::as_shown({kinds[i], words[i]});
      kinds[i] = shown.kind;
      words[i] = shown.word;
    }
  }

  template <class At>
  void put_attributes(DatomRun const& run, At const& place, std::uint32_t count, std::uint32_t to, ColumnWriter& column) {
    AttributeId last = 0;
    Cell name{};
    bool known = false;
    run.with_attributes([&](auto const& get) {
      for (std::uint32_t i = 0; i != count; ++i) {
        auto const id = static_cast<AttributeId>(get(place(i)));
        if (!known || id != last) {
          name = name_of(id);
          last = id;
          known = true;
        }
        column.put(name, to + i);
      }
    });
  }
  [[nodiscard]] Cell name_of(AttributeId id) {
    if (id < names_.size() && names_[id].kind != ValueKind::nil) return names_[id];
    auto const* attribute = db_->schema().find(id);
    if (attribute == nullptr) ByteReader::corrupt("a datom has an attribute that no schema names");
    if (id >= names_.size()) names_.resize(id + std::size_t{1});
    return names_[id] = attribute_name(*db_, *attribute);
  }

  Db<IndexTag> const* db_;
  StepRunner* next_;
  std::span<std::uint16_t const> live_;
  BatchWriter writer_;
  Batch through_;
  std::optional<ValueKind> kind_;  // of all values, if they have one and it is shown as it is
  bool shows_values_ = false;
  std::vector<Own> own_{};
  std::vector<Cell> names_{};  // by attribute, as far as they were needed
  bool holds_back_ = false;
  bool is_gapless_ = false;  // so far every row had its datom
  bool rows_written_ = false;
  std::uint32_t kept_ = 0;
  std::array<std::uint32_t, batch_rows> rows_;
};

}  // namespace cairn::query
