// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The datoms that the entities of rows have of one attribute.
#pragma once

#include <cairn/query/access/entity_set.hpp>
#include <cairn/query/access/entity_sort.hpp>
#include <cairn/query/access/seeker.hpp>
#include <cairn/query/access/table.hpp>
#include <cairn/query/run/pattern_emitter.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace cairn::query {

/// Looks for the entities of a pattern's rows in its attribute, in a merge: those that come in no order are sorted before, a batch at
/// a time, or found in a table of the attribute, if there are looks enough for its size. Whether entities have a certain value is
/// asked of the entities that have it, where these are few.
template <class IndexTag>
class EntityLookup {
  using Terms = PatternTerms<IndexTag>;

 public:
  /// All must stay where they are.
  EntityLookup(QueryContext& context, Db<IndexTag> const& db, Terms const& terms, LeafPins<IndexTag>& pins)
      : context_{&context}, db_{&db}, terms_{&terms}, pins_{&pins} {}

  /// Bytes of its tables.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  void look_up(PatternEmitter<IndexTag>& emitter) {
    auto const rows = emitter.rows().rows();
    auto const* entities = emitter.wanted(Terms::entity).words;
    bool const ascending = access::ascends(entities, rows);
    if (!set_considered_) consider_set(emitter, rows);
    if (set_) {
      auto const count = set_->find(entities, rows, ascending, found_->data());
      emitter.begin_entities();
      emitter.emit_rows(found_->data(), count);
      emitter.end_entities();
      return;
    }
    if (!table_ && !no_table_) consider_table(ascending ? 0 : rows);
    // A row goes on once where an entity has many: that takes its datoms one after the other.
    bool const sortable = !ascending && !table_ && (terms_->attribute_access_of().one || !emitter.is_check());
    if (sortable && look_up_sorted(emitter)) return;
    emitter.begin_entities();
    if (table_) {
      emitter.emit_entities_found(table_->run(), [&](auto const& put) {
        for (std::uint32_t row = 0; row != rows && !context_->stopped(); ++row) {
          table_->find(static_cast<EntityId>(entities[row]), [&](std::uint32_t place) { put(row, place); });
        }
      });
    } else {
      seeker().seek(entities, rows, [&](DatomRun const& run, Hits const& hits) {
        emitter.emit_hits(run, hits);
        if (emitter.shows_values()) seeker_->pin(run);
      });
    }
    emitter.end_entities();
  }

 private:
  // A way down the tree costs about as much as putting so many datoms in a table; a look in a sorted batch as much as so many.
  static constexpr std::uint64_t datoms_a_descent = 16;
  static constexpr std::uint64_t datoms_a_look = 2;
  // Fewer looks than that are not worth the question.
  static constexpr std::uint64_t many_looks = 32;
  // Entities of a set to read for each row at most.
  static constexpr std::uint64_t set_a_row = 4;

  [[nodiscard]] EntitySeeker<IndexTag>& seeker() {
    if (!seeker_) {
      auto const watch = meta::Watch::of(*context_);
      seeker_ = std::make_unique<EntitySeeker<IndexTag>>(*db_, terms_->attribute_access_of(), *pins_, watch);
    }
    return *seeker_;
  }

  /// False where sorting does not pay.
  bool look_up_sorted(PatternEmitter<IndexTag>& emitter) {
    if (!sorted_) sorted_ = std::make_unique_for_overwrite<EntitySort>();
    if (!sorted_->sort(emitter.wanted(Terms::entity).words, emitter.rows().rows())) return false;
    seeker().seek(sorted_->entities(), sorted_->size(), [&](DatomRun const& run, Hits const& hits) {
      emitter.emit_found(run, [&](auto const& put) {
        for (std::uint32_t i = 0; i != hits.count; ++i) {
          auto const place = hits.is_stretch() ? hits.first_place + i : hits.places[i];
          sorted_->each_row(hits.is_stretch() ? hits.first_row + i : hits.rows[i], [&](std::uint32_t row) { put(row, place); });
        }
      });
      if (emitter.shows_values()) seeker_->pin(run);
    });
    return true;
  }

  void consider_table(std::uint32_t jumping_rows) {
    jumps_ += jumping_rows;
    auto const descents = seeker_ ? seeker_->descents() : 0;
    if (jumps_ + descents < many_looks) return;
    if (!size_) {
      auto const range = PlaceRange::prefix(1, 0, terms_->attribute_access_of().id, {});
      size_ = estimate<Order::aevt>(*db_, range.from.get(), range.to.get());
    }
    if (jumps_ * datoms_a_look < *size_ && descents * datoms_a_descent < *size_) return;
    no_table_ = !AttributeColumns::fits(*size_, context_->memory_left());
    if (no_table_) return;
    auto columns = AttributeColumns::read(*db_, terms_->attribute_access_of().id, static_cast<std::size_t>(*size_), *pins_,
                                          meta::Watch::of(*context_));
    no_table_ = !columns.has_value();
    if (!columns) return;
    table_.emplace(std::move(*columns));
    bytes_ += table_->bytes();
    seeker_.reset();
    sorted_.reset();
  }

  void consider_set(PatternEmitter<IndexTag>& emitter, std::uint32_t rows) {
    auto const& attribute = terms_->attribute_access_of();
    bool const possible = emitter.is_check() && attribute.indexed && terms_->is_constant(Terms::value) &&
                          emitter.filter().checks_only(Terms::value) &&
                          attribute.has_one_form(terms_->constant(Terms::value));
    set_considered_ = !possible || rows >= many_looks;
    if (!possible || rows < many_looks) return;
    auto const range = PlaceRange::prefix(2, 0, attribute.id, terms_->constant(Terms::value));
    auto const size = estimate<Order::avet>(*db_, range.from.get(), range.to.get());
    if (size > set_a_row * rows) return;
    set_.emplace(*db_, range, static_cast<std::size_t>(size), *pins_, meta::Watch::of(*context_));
    found_ = std::make_unique_for_overwrite<std::array<std::uint32_t, batch_rows>>();
    bytes_ += set_->bytes();
  }

  QueryContext* context_;
  Db<IndexTag> const* db_;
  Terms const* terms_;
  LeafPins<IndexTag>* pins_;
  std::unique_ptr<EntitySeeker<IndexTag>> seeker_{};
  std::unique_ptr<EntitySort> sorted_{};
  std::optional<EntityTable> table_{};
  std::optional<EntitySet> set_{};
  std::unique_ptr<std::array<std::uint32_t, batch_rows>> found_{};  ///< not on the stack: the steps behind stand on it
  bool set_considered_ = false;
  bool no_table_ = false;
  std::uint64_t jumps_ = 0;
  std::optional<std::uint64_t> size_{};
  std::size_t bytes_ = 0;
};

}  // namespace cairn::query
