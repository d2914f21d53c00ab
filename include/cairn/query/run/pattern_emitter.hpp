// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The way from datoms that a pattern found to the rows that follow.
#pragma once

#include <cairn/query/access/seeker.hpp>
#include <cairn/query/run/batch_hash.hpp>
#include <cairn/query/run/pattern_filter.hpp>
#include <cairn/query/run/pattern_output.hpp>
#include <cairn/query/run/pattern_terms.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

namespace cairn::query {

/// Takes what an index gave for the rows of a batch, leaves out what a pattern has no use for, and puts the rest in rows.
template <class IndexTag>
class PatternEmitter {
  using Terms = PatternTerms<IndexTag>;

 public:
  PatternEmitter(StepPlace const& place, Terms const& terms, PatternFilter<IndexTag> filter, Db<IndexTag> const& db)
      : context_{&place.context}, terms_{&terms}, filter_{std::move(filter)}, output_{place, terms, db} {}

  [[nodiscard]] PatternFilter<IndexTag>& filter() noexcept { return filter_; }
  [[nodiscard]] bool shows_values() const noexcept { return output_.shows_values(); }
  [[nodiscard]] bool is_check() const noexcept { return output_.is_check(); }

  /// The rows for which datoms are looked for from now on.
  void set_rows(Batch const& in) {
    in_ = &in;
    for (std::size_t at = 0; at != Terms::places; ++at) {
      if (!terms_->is_bound(at)) continue;
      if (rooms_[at] == nullptr) rooms_[at] = &context_->pool().take();
      wanted_[at] = terms_->wanted(at, in, *rooms_[at]);
    }
    filter_.set_rows(in);
  }
  [[nodiscard]] Batch const& rows() const noexcept { return *in_; }
  /// A bound place's values, as datoms hold them, for those rows.
  [[nodiscard]] Column const& wanted(std::size_t at) const noexcept { return wanted_[at]; }

  // ---- datoms of a run

  /// All of them, for one row.
  void emit_run(DatomRun const& run, std::uint32_t row) {
    if (filter_.is_open()) {
      return output_.repeat(*in_, row, run, 0, output_.is_check() ? 1 : static_cast<std::uint32_t>(run.size()));
    }
    for_parts(run, [&](DatomRun const& part) {
      all_of(row, static_cast<std::uint32_t>(part.size()));
      emit_selection(part);
    });
  }
  /// Those that `keep(part, place)` chooses, for one row.
  template <class Keep>
  void emit_chosen(DatomRun const& run, std::uint32_t row, Keep const& keep) {
    for_parts(run, [&](DatomRun const& part) {
      all_of(row, static_cast<std::uint32_t>(part.size()));
      selection_.keep_if([&](std::uint32_t, std::uint32_t place) { return keep(part, place); });
      emit_selection(part);
    });
  }
  /// Those that `find(put)` finds, by `put(row, place)`, as many as it likes.
  template <class Find>
  void emit_found(DatomRun const& run, Find const& find) {
    selection_.count = 0;
    find([&](std::uint32_t row, std::uint32_t place) {
      if (selection_.count == batch_rows) emit_selection(run);
      put(row, place);
    });
    emit_selection(run);
  }

  /// Those that have at a place what a row wants there, for all rows at once. `hash`: of what they want.
  void emit_joined(DatomRun const& run, std::size_t at, BatchHash const& hash) {
    emit_found(run, [&](auto const& put) {
      auto const count = static_cast<std::uint32_t>(run.size());
      for (std::uint32_t place = 0; place != count; ++place) {
        hash.find(filter_.held_cell(run, at, place), [&](std::uint32_t row) { put(row, place); });
      }
    });
  }

  // ---- datoms of entities, found in the order of the rows; between `begin_entities` and `end_entities`

  void begin_entities() {
    is_single_ = terms_->attribute_access_of().one || output_.is_check();
    last_row_ = no_row;
    if (is_single_) output_.begin_single(*in_);
  }
  void end_entities() {
    if (is_single_) output_.end_single(*in_);
  }
  void emit_hits(DatomRun const& run, Hits const& hits) {
    if (hits.is_stretch() && filter_.is_open()) {  // only where an entity has one
      return output_.single_stretch(*in_, hits.first_row, run, hits.first_place, hits.count);
    }
    bool const has_one = terms_->attribute_access_of().one;
    if (filter_.is_open() && (!is_single_ || has_one)) {
      return is_single_ ? output_.single_hits(*in_, hits.rows, run, hits.places, hits.count)
                        : output_.hits(*in_, hits.rows, run, hits.places, hits.count);
    }
    selection_.count = hits.count;
    if (hits.is_stretch()) {
      std::iota(selection_.rows, selection_.rows + hits.count, hits.first_row);
      std::iota(selection_.places, selection_.places + hits.count, hits.first_place);
    } else {
      std::copy_n(hits.rows, hits.count, selection_.rows);
      std::copy_n(hits.places, hits.count, selection_.places);
    }
    emit_entities(run);
  }
  /// As `emit_found`.
  template <class Find>
  void emit_entities_found(DatomRun const& run, Find const& find) {
    selection_.count = 0;
    find([&](std::uint32_t row, std::uint32_t place) {
      if (selection_.count == batch_rows) emit_entities(run);
      put(row, place);
    });
    emit_entities(run);
  }
  /// Rows of which it is known already that they have what the pattern says. Requires `is_check()`.
  void emit_rows(std::uint32_t const* rows, std::uint32_t count) { output_.single_hits(*in_, rows, {}, rows, count); }

  void flush() { output_.flush(); }

 private:
  static constexpr std::uint32_t no_row = ~std::uint32_t{0};

  void put(std::uint32_t row, std::uint32_t place) noexcept {
    selection_.rows[selection_.count] = row;
    selection_.places[selection_.count] = place;
    ++selection_.count;
  }
  void all_of(std::uint32_t row, std::uint32_t count) noexcept {
    selection_.count = count;
    std::fill_n(selection_.rows, count, row);
    std::iota(selection_.places, selection_.places + count, 0U);
  }
  /// In parts that a selection has room for.
  template <class Visit>
  static void for_parts(DatomRun const& run, Visit const& visit) {
    if (run.size() <= batch_rows) return visit(run);
    for (std::size_t first = 0; first < run.size(); first += batch_rows) {
      visit(run.part(first, std::min<std::size_t>(batch_rows, run.size() - first)));
    }
  }

  void check(DatomRun const& run) {
    if (!filter_.is_open() && selection_.count != 0) filter_.apply(run, *in_, wanted_, selection_);
  }
  void emit_selection(DatomRun const& run) {
    check(run);
    output_.hits(*in_, selection_.rows, run, selection_.places, selection_.count);
    selection_.count = 0;
  }
  void emit_entities(DatomRun const& run) {
    check(run);
    auto const count = selection_.count;
    if (is_single_) {
      if (!terms_->attribute_access_of().one) {
        selection_.keep_if([&](std::uint32_t row, std::uint32_t) { return std::exchange(last_row_, row) != row; });
      }
      output_.single_hits(*in_, selection_.rows, run, selection_.places, selection_.count);
    } else {
      output_.hits(*in_, selection_.rows, run, selection_.places, count);
    }
    selection_.count = 0;
  }

  QueryContext* context_;
  Terms const* terms_;
  PatternFilter<IndexTag> filter_;
  PatternOutput<IndexTag> output_;
  Batch const* in_ = nullptr;
  std::array<Column, 5> wanted_{};
  std::array<ColumnBuffer*, 5> rooms_{};
  bool is_single_ = false;  // at most one datom a row is wanted
  std::uint32_t last_row_ = no_row;
  Selection selection_;
};

}  // namespace cairn::query
