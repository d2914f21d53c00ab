// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A whole attribute for lookups in no order.
#pragma once

#include <cairn/index/datom_run.hpp>
#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/view_reader.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::query {

/// The datoms of one attribute in columns, in the order of their entities. Values are borrowed.
class AttributeColumns {
 public:
  /// Reads them all; nothing where they span too much to be narrow. Errors: those of the store.
  template <class IndexTag>
  [[nodiscard]] static std::optional<AttributeColumns> read(Db<IndexTag> const& db, AttributeId attribute, std::size_t expected,
                                                            LeafPins<IndexTag>& pins) {
    AttributeColumns columns;
    columns.keys_.reserve(expected);
    columns.words_.reserve(expected);
    columns.transactions_.reserve(expected);
    columns.frame_.attribute = attribute;
    RangeReader<IndexTag, Order::aevt> reader{db, pins};
    auto const range = PlaceRange::prefix(1, 0, attribute, {});
    reader.open(range);
    for (DatomRun run; reader.next(run);) {
      if (!columns.append(run)) return std::nullopt;
      reader.pin(run);
    }
    return columns;
  }

  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  [[nodiscard]] EntityId low() const noexcept { return frame_.entity_base; }
  /// Distances from `low()`.
  [[nodiscard]] std::vector<std::uint32_t> const& keys() const noexcept { return keys_; }
  [[nodiscard]] Cell value(std::size_t at) const noexcept {
    return {kinds_.empty() ? frame_.kind : kinds_[at], words_[at]};
  }
  /// Valid as long as this object is where it is.
  [[nodiscard]] DatomRun run() const noexcept {
    auto const bytes = [](auto const& column) { return reinterpret_cast<std::byte const*>(column.data()); };
    return {DatomRun::Form::by_value, frame_,       counted_, keys_.size(), bytes(keys_), bytes(words_), bytes(transactions_),
            kinds_.empty() ? nullptr : bytes(kinds_)};
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return keys_.capacity() * 4 + words_.capacity() * 8 + transactions_.capacity() * 4 + kinds_.capacity();
  }

 private:
  [[nodiscard]] bool append(DatomRun const& run) {
    auto const before = keys_.size();
    auto const count = run.size();
    if (before == 0) {
      frame_.entity_base = run.entity(0);
      frame_.transaction_base = cairn::detail::moved(run.transaction(0), 0 - cairn::detail::transaction_limit / 2);
      frame_.kind = run.kind(0);
    }
    if (before + count > std::numeric_limits<std::uint32_t>::max()) return false;
    if (cairn::detail::distance(frame_.entity_base, run.entity(count - 1)) >= cairn::detail::narrow_limit) return false;
    counted_ = counted_ || run.counted();
    run.with_entities([&](auto const& get) {
      for (std::size_t i = 0; i != count; ++i) {
        keys_.push_back(static_cast<std::uint32_t>(get(i) - static_cast<std::uint64_t>(frame_.entity_base)));
      }
    });
    run.with_words([&](auto const& get) {
      for (std::size_t i = 0; i != count; ++i) words_.push_back(get(i));
    });
    bool near = true;
    for (std::size_t i = 0; i != count; ++i) {
      auto const by = cairn::detail::distance(frame_.transaction_base, run.transaction(i));
      near = near && by < cairn::detail::transaction_limit;
      transactions_.push_back(static_cast<std::uint32_t>(by << 1U) | (run.added(i) ? 1U : 0U));
    }
    if (kinds_.empty() && (!run.is_uniform() || run.kind(0) != frame_.kind)) kinds_.assign(before, frame_.kind);
    if (!kinds_.empty() || (before == 0 && !run.is_uniform())) {
      run.with_kinds([&](auto const& get) {
        for (std::size_t i = 0; i != count; ++i) kinds_.push_back(get(i));
      });
    }
    return near;
  }

  cairn::detail::Frame frame_{};
  bool counted_ = false;
  std::vector<std::uint32_t> keys_{};
  std::vector<std::uint64_t> words_{};
  std::vector<std::uint32_t> transactions_{};
  std::vector<ValueKind> kinds_{};  // none: all are of the frame's
};

/// From an entity to its datoms of an attribute: direct address where entities are dense, else an open-addressing hash.
/// Complexity: linear to make, O(1) a look.
class EntityTable {
 public:
  explicit EntityTable(AttributeColumns columns) : columns_{std::move(columns)} {
    auto const& keys = columns_.keys();
    auto const count = static_cast<std::uint32_t>(keys.size());
    if (count == 0) return;
    span_ = std::uint64_t{keys.back()} + 1;
    is_dense_ = span_ <= std::uint64_t{count} * 8 + 1024;
    if (is_dense_) {
      starts_.assign(span_ + 1, count);
      for (auto i = count; i-- != 0;) starts_[keys[i]] = i;
      // Of an entity without datoms it is where the next one begins.
      for (auto at = span_; at-- != 0;) {
        if (starts_[at] == count) starts_[at] = starts_[at + 1];
      }
      return;
    }
    auto const capacity = std::bit_ceil(std::size_t{count} * 2);
    starts_.assign(capacity, none);
    for (std::uint32_t i = 0; i != count; ++i) {
      if (i != 0 && keys[i] == keys[i - 1]) continue;
      auto at = hash_of(Cell::integer(keys[i])) & (capacity - 1);
      while (starts_[at] != none) at = (at + 1) & (capacity - 1);
      starts_[at] = i;
    }
  }

  [[nodiscard]] DatomRun run() const noexcept { return columns_.run(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return columns_.bytes() + starts_.capacity() * sizeof(std::uint32_t); }

  /// Calls `hit(place)` for every datom of the entity.
  template <class Hit>
  void find(EntityId entity, Hit&& hit) const {
    auto const key = cairn::detail::distance(columns_.low(), entity);
    if (key >= span_) return;
    auto const& keys = columns_.keys();
    if (is_dense_) {
      for (auto i = starts_[key]; i != starts_[key + 1]; ++i) hit(i);
      return;
    }
    auto const mask = starts_.size() - 1;
    for (auto at = hash_of(Cell::integer(static_cast<std::int64_t>(key))) & mask; starts_[at] != none; at = (at + 1) & mask) {
      if (keys[starts_[at]] != key) continue;
      for (std::size_t i = starts_[at]; i != keys.size() && keys[i] == key; ++i) hit(static_cast<std::uint32_t>(i));
      return;
    }
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  AttributeColumns columns_;
  std::uint64_t span_ = 0;
  bool is_dense_ = false;
  std::vector<std::uint32_t> starts_{};
};

/// From a value to the datoms of an attribute that have it. Complexity: linear to make, O(1) a look and a datom found.
class ValueTable {
 public:
  explicit ValueTable(AttributeColumns columns) : columns_{std::move(columns)} {
    auto const count = static_cast<std::uint32_t>(columns_.size());
    if (count == 0) return;
    heads_.assign(std::bit_ceil(std::size_t{count}), none);
    next_.resize(count);
    for (auto i = count; i-- != 0;) {  // so that a chain is in the order of entities
      auto& head = heads_[hash_of(columns_.value(i)) & (heads_.size() - 1)];
      next_[i] = head;
      head = i;
    }
  }

  [[nodiscard]] DatomRun run() const noexcept { return columns_.run(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return columns_.bytes() + (heads_.capacity() + next_.capacity()) * sizeof(std::uint32_t);
  }

  /// Calls `hit(place)` for every datom that has the value.
  template <class Hit>
  void find(Cell value, Hit&& hit) const {
    if (heads_.empty()) return;
    for (auto i = heads_[hash_of(value) & (heads_.size() - 1)]; i != none; i = next_[i]) {
      if (columns_.value(i) == value) hit(i);
    }
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  AttributeColumns columns_;
  std::vector<std::uint32_t> heads_{};
  std::vector<std::uint32_t> next_{};
};

}  // namespace cairn::query
