// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Neighbouring datoms as columns, for loops over many of them.
#pragma once

#include <cairn/index/datom_view.hpp>
#include <cairn/index/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cairn {

/// Neighbouring datoms in one of the forms in which leaves keep them. What is asked for of many of them is a loop over one or
/// two narrow columns; the form is looked at once a loop. A view: valid as long as what it came from is where it was.
class DatomRun {
 public:
  enum class Form : std::uint8_t { rows, by_entity, by_attribute, by_value };

  DatomRun() = default;
  explicit DatomRun(std::span<RawDatom const> rows, bool counted = true) noexcept
      : counted_{counted}, count_{static_cast<std::uint32_t>(rows.size())}, rows_{rows.data()} {}
  /// Of columns: `keys` are heads, or in AVET entities, of 32 bits each; where there are no `kinds` all values are of the frame's.
  DatomRun(Form form, detail::Frame const& frame, bool counted, std::size_t count, std::byte const* keys, std::byte const* words,
           std::byte const* transactions, std::byte const* kinds) noexcept
      : form_{form},
        counted_{counted},
        kind_{frame.kind},
        attribute_{frame.attribute},
        count_{static_cast<std::uint32_t>(count)},
        base_{form == Form::by_value ? static_cast<std::uint64_t>(frame.entity_base) : frame.head_base},
        transaction_base_{static_cast<std::uint64_t>(frame.transaction_base)},
        keys_{keys},
        words_{words},
        transactions_{transactions},
        kinds_{kinds} {}

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] Form form() const noexcept { return form_; }
  /// Whether some value's word may refer to something that is counted.
  [[nodiscard]] bool counted() const noexcept { return counted_; }

  /// Requires `first + count <= size()`.
  [[nodiscard]] DatomRun part(std::size_t first, std::size_t count) const noexcept {
    DatomRun run = *this;
    run.count_ = static_cast<std::uint32_t>(count);
    if (form_ == Form::rows) {
      run.rows_ += first;
      return run;
    }
    run.keys_ += first * sizeof(std::uint32_t);
    run.words_ += first * sizeof(std::uint64_t);
    run.transactions_ += first * sizeof(std::uint32_t);
    if (kinds_ != nullptr) run.kinds_ += first;
    return run;
  }

  // ---- one datom

  [[nodiscard]] DatomView operator[](std::size_t at) const noexcept {
    if (form_ == Form::rows) {
      auto const& row = rows_[at];
      return {row.e, row.a, row.added, row.tx, row.v.kind(), detail::ValueParts::word(row.v)};
    }
    return {entity(at), attribute(at), added(at), transaction(at), kind(at), word(at)};
  }
  [[nodiscard]] EntityId entity(std::size_t at) const noexcept {
    EntityId found = 0;
    with_entities([&](auto const& get) { found = static_cast<EntityId>(get(at)); });
    return found;
  }
  [[nodiscard]] AttributeId attribute(std::size_t at) const noexcept {
    AttributeId found = 0;
    with_attributes([&](auto const& get) { found = static_cast<AttributeId>(get(at)); });
    return found;
  }
  [[nodiscard]] std::uint64_t word(std::size_t at) const noexcept {
    return form_ == Form::rows ? detail::ValueParts::word(rows_[at].v) : load<std::uint64_t>(words_, at);
  }
  [[nodiscard]] ValueKind kind(std::size_t at) const noexcept {
    return form_ == Form::rows ? rows_[at].v.kind() : kinds_ == nullptr ? kind_ : load<ValueKind>(kinds_, at);
  }
  [[nodiscard]] EntityId transaction(std::size_t at) const noexcept {
    return form_ == Form::rows
               ? rows_[at].tx
               : static_cast<EntityId>(transaction_base_ + (load<std::uint32_t>(transactions_, at) >> 1U));
  }
  [[nodiscard]] bool added(std::size_t at) const noexcept {
    return form_ == Form::rows ? rows_[at].added : (load<std::uint32_t>(transactions_, at) & 1U) != 0;
  }

  // ---- a column: `visit` is called once with a function from a place to 64 bits of it, which a loop can be made of

  template <class Visit>
  void with_entities(Visit&& visit) const {
    switch (form_) {
      case Form::rows: return visit([rows = rows_](std::size_t at) { return static_cast<std::uint64_t>(rows[at].e); });
      case Form::by_entity:
        return visit([base = base_, keys = keys_](std::size_t at) {
          return (base + load<std::uint32_t>(keys, at)) >> attribute_bits;
        });
      case Form::by_attribute:
        return visit([base = base_, keys = keys_](std::size_t at) {
          return (base + load<std::uint32_t>(keys, at)) & (detail::entity_limit - 1);
        });
      case Form::by_value:
        return visit([base = base_, keys = keys_](std::size_t at) { return base + load<std::uint32_t>(keys, at); });
    }
  }
  template <class Visit>
  void with_attributes(Visit&& visit) const {
    switch (form_) {
      case Form::rows: return visit([rows = rows_](std::size_t at) { return std::uint64_t{rows[at].a}; });
      case Form::by_entity:
        return visit([base = base_, keys = keys_](std::size_t at) {
          return (base + load<std::uint32_t>(keys, at)) & detail::attribute_limit;
        });
      case Form::by_attribute:
        return visit([base = base_, keys = keys_](std::size_t at) {
          return (base + load<std::uint32_t>(keys, at)) >> detail::value_head_bits;
        });
      case Form::by_value: return visit([attribute = attribute_](std::size_t) { return std::uint64_t{attribute}; });
    }
  }
  template <class Visit>
  void with_words(Visit&& visit) const {
    if (form_ == Form::rows) {
      visit([rows = rows_](std::size_t at) { return detail::ValueParts::word(rows[at].v); });
    } else {
      visit([words = words_](std::size_t at) { return load<std::uint64_t>(words, at); });
    }
  }
  template <class Visit>
  void with_kinds(Visit&& visit) const {
    if (form_ == Form::rows) {
      visit([rows = rows_](std::size_t at) { return rows[at].v.kind(); });
    } else if (kinds_ == nullptr) {
      visit([kind = kind_](std::size_t) { return kind; });
    } else {
      visit([kinds = kinds_](std::size_t at) { return load<ValueKind>(kinds, at); });
    }
  }
  template <class Visit>
  void with_transactions(Visit&& visit) const {
    if (form_ == Form::rows) {
      visit([rows = rows_](std::size_t at) { return static_cast<std::uint64_t>(rows[at].tx); });
    } else {
      visit([base = transaction_base_, parts = transactions_](std::size_t at) {
        return base + (load<std::uint32_t>(parts, at) >> 1U);
      });
    }
  }
  template <class Visit>
  void with_added(Visit&& visit) const {
    if (form_ == Form::rows) {
      visit([rows = rows_](std::size_t at) { return std::uint64_t{rows[at].added}; });
    } else {
      visit([parts = transactions_](std::size_t at) { return std::uint64_t{load<std::uint32_t>(parts, at) & 1U}; });
    }
  }

  /// The words as they stand, where they do: `size()` of 8 bytes. Null where the run is of rows.
  [[nodiscard]] std::byte const* words() const noexcept { return form_ == Form::rows ? nullptr : words_; }
  /// What tells entities apart as it stands: `size()` of 4 bytes, distances from `first_key()`. Null where the run is of rows.
  [[nodiscard]] std::byte const* keys() const noexcept { return form_ == Form::rows ? nullptr : keys_; }
  [[nodiscard]] std::uint64_t first_key() const noexcept { return base_; }
  /// Transactions as they stand: `size()` of 4 bytes, twice the distance from `first_transaction()`, plus one where the datom was
  /// added. Null where the run is of rows.
  [[nodiscard]] std::byte const* transactions() const noexcept { return form_ == Form::rows ? nullptr : transactions_; }
  [[nodiscard]] std::uint64_t first_transaction() const noexcept { return transaction_base_; }
  /// The kinds as they stand, a byte each; null where the run is of rows or of one kind.
  [[nodiscard]] std::byte const* kinds() const noexcept { return form_ == Form::rows ? nullptr : kinds_; }

  /// Whether all values are of the kind that the first one has. Requires `!empty()`.
  [[nodiscard]] bool is_uniform() const noexcept {
    if (form_ != Form::rows) return kinds_ == nullptr || std::memcmp(kinds_, kinds_ + 1, count_ - 1U) == 0;
    bool same = true;
    for (std::size_t i = 1; i != count_; ++i) same = same && rows_[i].v.kind() == rows_[0].v.kind();
    return same;
  }

  // ---- searches in a run of AEVT of one attribute

  /// The first datom at or behind `from` whose entity is not below `entity`; `size()` where there is none. Gallops: O(log of
  /// the distance).
  [[nodiscard]] std::size_t first_not_below(EntityId entity, std::size_t from) const noexcept {
    std::size_t found = count_;
    with_entities([&](auto const& get) {
      auto const before = [&](std::size_t at) { return static_cast<EntityId>(get(at)) < entity; };
      if (from >= count_ || !before(from)) {
        found = from;
        return;
      }
      std::size_t low = from;  // is before
      std::size_t step = 1;
      while (low + step < count_ && before(low + step)) {
        low += step;
        step *= 2;
      }
      std::size_t high = low + step < count_ ? low + step : count_;
      while (high - low > 1) {
        std::size_t const middle = low + (high - low) / 2;
        (before(middle) ? low : high) = middle;
      }
      found = high;
    });
    return found;
  }

 private:
  static constexpr unsigned attribute_bits = 15;

  template <class Part>
  [[nodiscard]] static Part load(std::byte const* column, std::size_t at) noexcept {
    Part part;
    std::memcpy(&part, column + at * sizeof part, sizeof part);
    return part;
  }

  Form form_ = Form::rows;
  bool counted_ = false;
  ValueKind kind_ = ValueKind::nil;  // of all values, where there are no kinds
  AttributeId attribute_ = 0;        // of all datoms in AVET
  std::uint32_t count_ = 0;
  std::uint64_t base_ = 0;
  std::uint64_t transaction_base_ = 0;
  RawDatom const* rows_ = nullptr;
  std::byte const* keys_ = nullptr;
  std::byte const* words_ = nullptr;
  std::byte const* transactions_ = nullptr;
  std::byte const* kinds_ = nullptr;
};

}  // namespace cairn
