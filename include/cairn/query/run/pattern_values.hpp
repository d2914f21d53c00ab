// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The datoms of one attribute that have the values of rows.
#pragma once

#include <cairn/query/access/table.hpp>
#include <cairn/query/access/view_reader.hpp>
#include <cairn/query/run/batch_hash.hpp>
#include <cairn/query/run/pattern_emitter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace cairn::query {

/// Looks for the values of a pattern's rows under its attribute: each in AVET where that has the attribute, or all in a table, if
/// there are looks enough for its size.
template <class IndexTag>
class ValueLookup {
  using Terms = PatternTerms<IndexTag>;

 public:
  /// All must stay where they are.
  ValueLookup(QueryContext& context, Db<IndexTag> const& db, Terms const& terms, LeafPins<IndexTag>& pins)
      : context_{&context}, db_{&db}, terms_{&terms}, pins_{&pins} {}

  /// Bytes of its table.
  [[nodiscard]] std::size_t bytes() const noexcept { return table_ ? table_->bytes() : 0; }

  void look_up(PatternEmitter<IndexTag>& emitter) {
    auto const& attribute = terms_->attribute_access_of();
    auto const& wanted = emitter.wanted(Terms::value);
    auto const rows = emitter.rows().rows();
    rows_seen_ += rows;
    // A double has its datoms in two places, and a hash each: read as without AVET.
    for (std::uint32_t row = 0; row != (wanted.is_uniform() ? 1U : rows); ++row) {
      if (!attribute.has_one_form(wanted[row])) return compare_all(emitter);
    }
    if (!table_ && rows > 1 && !no_table_) consider_table(rows);
    if (table_) {
      return emitter.emit_found(table_->run(), [&](auto const& put) {
        for (std::uint32_t row = 0; row != rows && !context_->stopped(); ++row) {
          table_->find(wanted[row], [&](std::uint32_t place) { put(row, place); });
        }
      });
    }
    if (!attribute.indexed) return compare_all(emitter);
    if (!by_value_) by_value_.emplace(*db_, *pins_, meta::Watch::of(*context_));
    for (std::uint32_t row = 0; row != rows; ++row) {
      auto const cell = wanted[row];
      if (cell.kind == ValueKind::nil || (attribute.kind && cell.kind != *attribute.kind)) continue;
      read(emitter, *by_value_, PlaceRange::prefix(2, 0, attribute.id, cell),
           [&](DatomRun const& run) { emitter.emit_run(run, row); });
    }
  }

 private:
  // A look costs about as much as putting so many datoms in a table.
  static constexpr std::uint64_t datoms_a_look = 16;

  void consider_table(std::uint32_t rows) {
    auto const& attribute = terms_->attribute_access_of();
    // Without AVET the first batch is put in a hash, and the attribute is read past it.
    if (!attribute.indexed && rows_seen_ == rows) return;
    if (!size_) {
      auto const range = PlaceRange::prefix(1, 0, attribute.id, {});
      size_ = estimate<Order::aevt>(*db_, range.from.get(), range.to.get());
    }
    if (attribute.indexed && rows_seen_ * datoms_a_look < *size_) return;
    no_table_ = !AttributeColumns::fits(*size_, context_->memory_left());
    if (no_table_) return;
    auto columns = AttributeColumns::read(*db_, attribute.id, static_cast<std::size_t>(*size_), *pins_, meta::Watch::of(*context_));
    no_table_ = !columns.has_value();
    if (columns) table_.emplace(std::move(*columns));
  }

  /// Every datom of the attribute with all rows.
  void compare_all(PatternEmitter<IndexTag>& emitter) {
    if (!by_entity_) by_entity_.emplace(*db_, *pins_, meta::Watch::of(*context_));
    auto const& wanted = emitter.wanted(Terms::value);
    auto const rows = emitter.rows().rows();
    bool const is_hashed = rows > 1;
    if (is_hashed && !hash_) hash_ = std::make_unique_for_overwrite<BatchHash>();
    if (is_hashed) hash_->fill(wanted, rows);
    read(emitter, *by_entity_, PlaceRange::prefix(1, 0, terms_->attribute_access_of().id, {}), [&](DatomRun const& run) {
      if (is_hashed) return emitter.emit_joined(run, Terms::value, *hash_);
      emitter.emit_chosen(run, 0, [&](DatomRun const& part, std::uint32_t place) {
        return emitter.filter().held_cell(part, Terms::value, place) == wanted[0];
      });
    });
  }

  template <class Reader, class Visit>
  void read(PatternEmitter<IndexTag>& emitter, Reader& from, PlaceRange const& range, Visit const& visit) {
    if (context_->stopped()) return;
    from.open(range);
    std::uint32_t runs = 0;
    for (DatomRun run; from.next(run);) {
      visit(run);
      if (emitter.shows_values()) from.pin(run);
      if (++runs % 64 == 0 && context_->poll()) return;
    }
  }

  QueryContext* context_;
  Db<IndexTag> const* db_;
  Terms const* terms_;
  LeafPins<IndexTag>* pins_;
  std::optional<RangeReader<IndexTag, Order::aevt>> by_entity_{};
  std::optional<RangeReader<IndexTag, Order::avet>> by_value_{};
  std::unique_ptr<BatchHash> hash_{};
  std::optional<ValueTable> table_{};
  bool no_table_ = false;
  std::optional<std::uint64_t> size_{};
  std::uint64_t rows_seen_ = 0;
};

}  // namespace cairn::query
