// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A whole attribute for lookups in no order.
#pragma once

#include <cairn/index/datom_run.hpp>
#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/view_reader.hpp>
#include <cairn/query/run/scratch.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace cairn::query {

/// The datoms of one attribute in columns, in the order of their entities. Values are borrowed.
class AttributeColumns {
 public:
  /// Whether so many datoms are put in columns of no more bytes than that.
  [[nodiscard]] static bool fits(std::uint64_t datoms, std::size_t bytes) noexcept {
    return datoms <= bytes / (2 * sizeof(std::uint32_t) + sizeof(std::uint64_t));
  }
  /// Reads them all; nothing where they span too much to be narrow, or no more is wanted. Errors: those of the store and of the
  /// watch.
  template <class IndexTag>
  [[nodiscard]] static std::optional<AttributeColumns> read(Db<IndexTag> const& db, AttributeId attribute, std::size_t expected,
                                                            LeafPins<IndexTag>& pins, meta::Watch watch = {}) {
    AttributeColumns columns;
    columns.frame_.attribute = attribute;
    columns.reserve(expected);
    RangeReader<IndexTag, Order::aevt> reader{db, pins, watch};
    auto const range = PlaceRange::prefix(1, 0, attribute, {});
    reader.open(range);
    std::uint32_t runs = 0;
    for (DatomRun run; reader.next(run);) {
      if (!columns.append(run)) return std::nullopt;
      reader.pin(run);
      if (++runs % 64 == 0 && watch.poll()) return std::nullopt;
    }
    return columns;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] EntityId low() const noexcept { return frame_.entity_base; }
  /// Distances from `low()`.
  [[nodiscard]] std::span<std::uint32_t const> keys() const noexcept { return {keys_.get(), size_}; }
  [[nodiscard]] Cell value(std::size_t at) const noexcept { return {kinds_ ? kinds_[at] : frame_.kind, words_[at]}; }
  /// Valid as long as this object, or what it is moved to.
  [[nodiscard]] DatomRun run() const noexcept {
    auto const bytes = [](auto const& column) { return reinterpret_cast<std::byte const*>(column.get()); };
    return {DatomRun::Form::by_value, frame_,       counted_, size_, bytes(keys_), bytes(words_), bytes(transactions_),
            kinds_ ? bytes(kinds_) : nullptr};
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return keys_.bytes() + words_.bytes() + transactions_.bytes() + kinds_.bytes();
  }

 private:
  [[nodiscard]] bool append(DatomRun const& run) {
    auto const count = run.size();
    if (size_ == 0) {
      frame_.entity_base = run.entity(0);
      frame_.transaction_base = cairn::detail::moved(run.transaction(0), 0 - cairn::detail::transaction_limit / 2);
      frame_.kind = run.kind(0);
    }
    if (size_ + count > std::numeric_limits<std::uint32_t>::max()) return false;
    if (cairn::detail::distance(frame_.entity_base, run.entity(count - 1)) >= cairn::detail::narrow_limit) return false;
    counted_ = counted_ || run.counted();
    reserve(size_ + count);
    run.with_entities([&, to = keys_.get() + size_, base = static_cast<std::uint64_t>(frame_.entity_base)](auto const& get) {
      for (std::size_t i = 0; i != count; ++i) to[i] = static_cast<std::uint32_t>(get(i) - base);
    });
    if (auto const* words = run.words()) {
      std::memcpy(words_.get() + size_, words, count * sizeof(std::uint64_t));
    } else {
      run.with_words([&, to = words_.get() + size_](auto const& get) {
        for (std::size_t i = 0; i != count; ++i) to[i] = get(i);
      });
    }
    bool const near = append_operations(run);
    bool const is_uniform = run.is_uniform();
    if (!kinds_ && (!is_uniform || run.kind(0) != frame_.kind)) {
      kinds_ = Scratch<ValueKind>{capacity_};
      std::memset(kinds_.get(), static_cast<int>(frame_.kind), size_);
    }
    if (kinds_) {
      run.with_kinds([&, to = kinds_.get() + size_](auto const& get) {
        for (std::size_t i = 0; i != count; ++i) to[i] = get(i);
      });
    }
    size_ += count;
    return near;
  }
  /// Whether all transactions could be kept.
  [[nodiscard]] bool append_operations(DatomRun const& run) noexcept {
    auto const count = run.size();
    auto* to = transactions_.get() + size_;
    std::uint64_t furthest = 0;
    run.with_transactions([&, base = static_cast<std::uint64_t>(frame_.transaction_base)](auto const& get) {
      for (std::size_t i = 0; i != count; ++i) {
        auto const by = get(i) - base;
        furthest = (std::max)(furthest, by);
        to[i] = static_cast<std::uint32_t>(by << 1U);
      }
    });
    run.with_added([&](auto const& get) {
      for (std::size_t i = 0; i != count; ++i) to[i] |= static_cast<std::uint32_t>(get(i));
    });
    return furthest < cairn::detail::transaction_limit;
  }
  /// Room for so many in all.
  void reserve(std::size_t rows) {
    if (rows <= capacity_) return;
    auto const capacity = (std::max)(rows, capacity_ * 2);
    auto const grown = [&]<class Element>(Scratch<Element>& column) {
      Scratch<Element> larger{capacity};
      if (size_ != 0) std::memcpy(larger.get(), column.get(), size_ * sizeof(Element));
      column = std::move(larger);
    };
    grown(keys_);
    grown(words_);
    grown(transactions_);
    if (kinds_) grown(kinds_);
    capacity_ = capacity;
  }

  cairn::detail::Frame frame_{};
  bool counted_ = false;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  Scratch<std::uint32_t> keys_{};
  Scratch<std::uint64_t> words_{};
  Scratch<std::uint32_t> transactions_{};
  Scratch<ValueKind> kinds_{};  // none: all are of the frame's
};

/// From an entity to its datoms of an attribute: its place itself where every entity has one, a direct address where they are
/// dense, else an open-addressing hash.
/// Complexity: linear to make, O(1) a look.
class EntityTable {
 public:
  explicit EntityTable(AttributeColumns columns) : columns_{std::move(columns)} {
    auto const keys = columns_.keys();
    auto const count = static_cast<std::uint32_t>(keys.size());
    if (count == 0) return;
    span_ = std::uint64_t{keys.back()} + 1;
    bool ascends = true;
    for (std::uint32_t i = 1; i < count; ++i) ascends &= keys[i - 1] < keys[i];
    if (ascends && span_ == count) {
      form_ = Form::whole;
      return;
    }
    if (span_ <= std::uint64_t{count} * 8 + 1024) {
      form_ = Form::dense;
      starts_ = Scratch<std::uint32_t>{span_ + 1};
      // Of an entity without datoms it is where the next one begins.
      std::size_t next = 0;
      for (std::uint32_t i = 0; i != count; ++i) {
        while (next <= keys[i]) starts_[next++] = i;
      }
      starts_[next] = count;
      return;
    }
    capacity_ = std::bit_ceil(std::size_t{count} * 2);
    starts_ = Scratch<std::uint32_t>{capacity_};
    std::fill_n(starts_.get(), capacity_, none);
    for (std::uint32_t i = 0; i != count; ++i) {
      if (i != 0 && keys[i] == keys[i - 1]) continue;
      auto at = hash_of(Cell::integer(keys[i])) & (capacity_ - 1);
      while (starts_[at] != none) at = (at + 1) & (capacity_ - 1);
      starts_[at] = i;
    }
  }

  [[nodiscard]] DatomRun run() const noexcept { return columns_.run(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return columns_.bytes() + starts_.bytes(); }

  /// Calls `hit(place)` for every datom of the entity.
  template <class Hit>
  void find(EntityId entity, Hit&& hit) const {
    auto const key = cairn::detail::distance(columns_.low(), entity);
    if (key >= span_) return;
    if (form_ == Form::whole) {
      hit(static_cast<std::uint32_t>(key));
      return;
    }
    if (form_ == Form::dense) {
      for (auto i = starts_[key]; i != starts_[key + 1]; ++i) hit(i);
      return;
    }
    auto const keys = columns_.keys();
    auto const mask = capacity_ - 1;
    for (auto at = hash_of(Cell::integer(static_cast<std::int64_t>(key))) & mask; starts_[at] != none; at = (at + 1) & mask) {
      if (keys[starts_[at]] != key) continue;
      for (std::size_t i = starts_[at]; i != keys.size() && keys[i] == key; ++i) hit(static_cast<std::uint32_t>(i));
      return;
    }
  }

 private:
  enum class Form : std::uint8_t { whole, dense, hashed };
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  AttributeColumns columns_;
  Form form_ = Form::hashed;
  std::uint64_t span_ = 0;
  std::size_t capacity_ = 0;  // of the hash
  Scratch<std::uint32_t> starts_{};
};

/// From a value to the datoms of an attribute that have it. Complexity: linear to make, O(1) a look and a datom found.
class ValueTable {
 public:
  explicit ValueTable(AttributeColumns columns) : columns_{std::move(columns)} {
    auto const count = static_cast<std::uint32_t>(columns_.size());
    if (count == 0) return;
    capacity_ = std::bit_ceil(std::size_t{count});
    heads_ = Scratch<std::uint32_t>{capacity_};
    next_ = Scratch<std::uint32_t>{count};
    std::fill_n(heads_.get(), capacity_, none);
    for (auto i = count; i-- != 0;) {  // so that a chain is in the order of entities
      auto& head = heads_[hash_of(columns_.value(i)) & (capacity_ - 1)];
      next_[i] = head;
      head = i;
    }
  }

  [[nodiscard]] DatomRun run() const noexcept { return columns_.run(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return columns_.bytes() + heads_.bytes() + next_.bytes();
  }

  /// Calls `hit(place)` for every datom that has the value.
  template <class Hit>
  void find(Cell value, Hit&& hit) const {
    if (capacity_ == 0) return;
    for (auto i = heads_[hash_of(value) & (capacity_ - 1)]; i != none; i = next_[i]) {
      if (columns_.value(i) == value) hit(i);
    }
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  AttributeColumns columns_;
  std::size_t capacity_ = 0;
  Scratch<std::uint32_t> heads_{};
  Scratch<std::uint32_t> next_{};
};

}  // namespace cairn::query
