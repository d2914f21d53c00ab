// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rows of most leaves: columns as narrow as the datoms' likeness allows.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/datom_run.hpp>
#include <cairn/index/datom_view.hpp>
#include <cairn/index/frame.hpp>
#include <cairn/index/rows.hpp>
#include <cairn/index/search.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

namespace cairn::detail {

/// 17 bytes a datom (18 in AVET, with entities and without types): a search reads the column of heads alone, and then one row. All
/// datoms fit the frame. How many there are is known to the leaf.
template <std::size_t Capacity, bool WithEntities>
class PackedRows {
  using Head = NarrowHead<WithEntities ? Order::avet : Order::eavt>;

 public:
  explicit PackedRows(Frame const& frame) noexcept : frame_{frame} {}

  [[nodiscard]] Frame const& frame() const noexcept { return frame_; }
  /// Whether some value may have to be counted.
  [[nodiscard]] bool counted() const noexcept { return counted_; }

  [[nodiscard]] bool has_head(std::size_t at, std::uint64_t head) const noexcept { return heads_[at] == narrow(head); }

  template <Order Sorted>
  [[nodiscard]] DatomView view(std::size_t at) const noexcept {
    auto const [e, a] = entity_and_attribute<Sorted>(at);
    auto const operation = transaction_part(at);
    return {e, a, (operation & 1U) != 0, transaction_of(operation), kind(at), word(at)};
  }
  template <Order Sorted>
  void look(std::size_t at, DatomSlot& slot) const noexcept {
    auto const [e, a] = entity_and_attribute<Sorted>(at);
    auto const operation = transaction_part(at);
    slot.set(e, a, (operation & 1U) != 0, transaction_of(operation), kind(at), word(at));
  }

  /// `count` rows from `first` on.
  template <Order Sorted>
  [[nodiscard]] DatomRun run(std::size_t first, std::size_t count) const noexcept {
    constexpr auto form = Sorted == Order::eavt   ? DatomRun::Form::by_entity
                          : Sorted == Order::aevt ? DatomRun::Form::by_attribute
                                                  : DatomRun::Form::by_value;
    auto const* keys = WithEntities ? &columns_[entity_place * Capacity] : reinterpret_cast<std::byte const*>(heads_);
    auto const* kinds = WithEntities ? nullptr : &columns_[kind_place * Capacity];
    return DatomRun{form, frame_, counted_, Capacity, keys, &columns_[word_place], &columns_[transaction_place * Capacity], kinds}
        .part(first, count);
  }

  /// Asks for the parts of a row at about `at`, but for its head.
  void prefetch_row(std::size_t at) const noexcept {
    auto const near = [&](std::size_t place, std::size_t size, std::size_t before, std::size_t after) {
      auto const last = std::min(at + after, Capacity - 1);
      auto const first = std::min(at - std::min(at, before), last);
      prefetch(&columns_[place * Capacity + first * size], (last - first) * size + 1);
    };
    near(word_place, sizeof(std::uint64_t), 8, 8);
    near(transaction_place, sizeof(std::uint32_t), 8, 8);
    if constexpr (WithEntities) {
      near(entity_place, sizeof(std::uint32_t), 8, 8);
    } else {
      near(kind_place, sizeof(ValueKind), 0, 0);
    }
  }
  /// Asks for all parts of the first `count` rows, but for their heads.
  void prefetch_columns(std::size_t count) const noexcept {
    auto const column = [&](std::size_t place, std::size_t size) { prefetch(&columns_[place * Capacity], count * size); };
    column(word_place, sizeof(std::uint64_t));
    column(transaction_place, sizeof(std::uint32_t));
    column(kind_place, WithEntities ? sizeof(std::uint32_t) : sizeof(ValueKind));
  }

  /// Of the first `count` rows, those before `key` (a datom or a position).
  template <Order Sorted, class Key>
  [[nodiscard]] Found find(std::size_t count, Key const& key, HeadBounds bounds) const noexcept {
    return search(
        heads_, count, narrow(bounds.low), narrow(bounds.high), [&](std::size_t at) {
          DatomSlot row;
          look<Sorted>(at, row);
          return compare<Sorted>(row.get(), key);
        });
  }

  /// The same where those before `first` are before the datom.
  template <Order Sorted>
  [[nodiscard]] Found find_from(std::size_t first, std::size_t count, RawDatom const& datom, std::uint64_t head) const noexcept {
    return search_from(heads_, first, count, narrow(head), [&](std::size_t at) {
      DatomSlot row;
      look<Sorted>(at, row);
      return compare<Sorted>(row.get(), datom);
    });
  }

  /// Makes a row at `at` out of nothing.
  void put(std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    heads_[at] = narrow(head);
    auto const transaction = static_cast<std::uint32_t>(distance(frame_.transaction_base, datom.tx) << 1U);
    write(at, transaction_place, transaction | (datom.added ? 1U : 0U));
    if constexpr (WithEntities) {
      write(at, entity_place, static_cast<std::uint32_t>(distance(frame_.entity_base, datom.e)));
    } else {
      write(at, kind_place, datom.v.kind());
    }
    counted_ = counted_ || ValueParts::counted(datom.v.kind());
    write(at, word_place, ValueParts::take(datom.v));
  }
  /// Makes room for one among the first `count`, and puts it there.
  void insert(std::size_t count, std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    relocate(*this, at, count - at, *this, at + 1);
    put(at, head, std::move(datom));
  }
  void erase(std::size_t count, std::size_t at) noexcept {
    ValueParts::drop(kind(at), word(at));
    relocate(*this, at + 1, count - at - 1, *this, at);
  }
  void destroy(std::size_t count) noexcept {
    if (!counted_) return;
    for (std::size_t i = 0; i != count; ++i) ValueParts::drop(kind(i), word(i));
  }
  /// Takes the datom out, whose row is none afterwards.
  template <Order Sorted>
  [[nodiscard]] RawDatom take(std::size_t at) noexcept {
    auto const [e, a] = entity_and_attribute<Sorted>(at);
    auto const operation = transaction_part(at);
    return {e, a, (operation & 1U) != 0, transaction_of(operation), ValueParts::join(kind(at), word(at))};
  }

  /// Makes the first `count` rows out of whole datoms, which fit the frame and are none afterwards.
  void take_from(Rows<Capacity>& from, std::size_t count) noexcept {
    for (std::size_t i = 0; i != count; ++i) {
      auto& datom = from.data()[i];
      put(i, from.head(i), std::move(datom));
      std::destroy_at(&datom);
    }
  }
  void copy_from(PackedRows const& other, std::size_t count) noexcept {
    relocate(other, 0, count, *this, 0);
    if (!counted_) return;
    for (std::size_t i = 0; i != count; ++i) ValueParts::share(kind(i), word(i));
  }
  /// Moves rows, within one run or to another of the same frame; where they were there are none afterwards.
  static void relocate(PackedRows const& from, std::size_t first, std::size_t count, PackedRows& to, std::size_t at) noexcept {
    if (count - 1 >= Capacity) return;  // none; said so that the compiler knows the most there can be
    std::memmove(to.heads_ + at, from.heads_ + first, count * sizeof(Head));
    auto const move = [&](std::size_t place, std::size_t size) {
      std::memmove(&to.columns_[place * Capacity + at * size], &from.columns_[place * Capacity + first * size], count * size);
    };
    move(word_place, sizeof(std::uint64_t));
    move(transaction_place, sizeof(std::uint32_t));
    if constexpr (WithEntities) {
      move(entity_place, sizeof(std::uint32_t));
    } else {
      move(kind_place, sizeof(ValueKind));
    }
    to.counted_ = to.counted_ || from.counted_;
  }

  /// Whether the heads span so little that a smaller shift would pay.
  [[nodiscard]] bool is_narrow(std::size_t count) const noexcept {
    constexpr auto most = std::numeric_limits<Head>::max();
    return count != 0 && heads_[count - 1] - heads_[0] < most / 16;
  }

  /// Gives the first `count` rows another frame, which all of them fit.
  template <Order Sorted>
  void adopt(Frame const& frame, std::size_t count) noexcept {
    if (frame == frame_) return;
    auto const by_transactions = distance(frame.transaction_base, frame_.transaction_base) << 1U;
    for (std::size_t i = 0; i != count; ++i) {
      write(i, transaction_place, static_cast<std::uint32_t>(transaction_part(i) + by_transactions));
      if constexpr (WithEntities) {
        auto const by_entities = distance(frame.entity_base, frame_.entity_base);
        write(i, entity_place, static_cast<std::uint32_t>(read<std::uint32_t>(i, entity_place) + by_entities));
        DatomSlot value;
        value.set(0, frame.attribute, true, 0, kind(i), word(i));
        heads_[i] = frame.template narrow<Head>(head_of<Sorted>(value.get()));
      } else {
        heads_[i] = static_cast<Head>(heads_[i] + (frame_.head_base - frame.head_base));
      }
    }
    frame_ = frame;
  }

 private:
  // The columns but for the heads stand one after the other: where each begins, in bytes for every row that there can be.
  static constexpr std::size_t word_place = 0;
  static constexpr std::size_t transaction_place = word_place + sizeof(std::uint64_t);  // distance, then whether it was added
  static constexpr std::size_t kind_place = transaction_place + sizeof(std::uint32_t);  // without entities
  static constexpr std::size_t entity_place = kind_place;                               // with them
  static constexpr std::size_t width = kind_place + (WithEntities ? sizeof(std::uint32_t) : sizeof(ValueKind));

  template <class Part>
  [[nodiscard]] Part read(std::size_t at, std::size_t place) const noexcept {
    Part part;
    std::memcpy(&part, &columns_[place * Capacity + at * sizeof part], sizeof part);
    return part;
  }
  template <class Part>
  void write(std::size_t at, std::size_t place, Part part) noexcept {
    std::memcpy(&columns_[place * Capacity + at * sizeof part], &part, sizeof part);
  }
  [[nodiscard]] std::uint64_t word(std::size_t at) const noexcept { return read<std::uint64_t>(at, word_place); }
  [[nodiscard]] ValueKind kind([[maybe_unused]] std::size_t at) const noexcept {
    if constexpr (WithEntities) {
      return frame_.kind;
    } else {
      return read<ValueKind>(at, kind_place);
    }
  }
  [[nodiscard]] Head narrow(std::uint64_t head) const noexcept { return frame_.template narrow<Head>(head); }
  [[nodiscard]] std::uint32_t transaction_part(std::size_t at) const noexcept {
    return read<std::uint32_t>(at, transaction_place);
  }
  [[nodiscard]] EntityId transaction_of(std::uint32_t part) const noexcept {
    return moved(frame_.transaction_base, part >> 1U);
  }
  template <Order Sorted>
  [[nodiscard]] std::pair<EntityId, AttributeId> entity_and_attribute(std::size_t at) const noexcept {
    static_assert(WithEntities == (Sorted == Order::avet));
    if constexpr (WithEntities) {
      return {moved(frame_.entity_base, read<std::uint32_t>(at, entity_place)), frame_.attribute};
    } else {
      auto const head = frame_.head_base + heads_[at];
      return Sorted == Order::eavt ? entity_and_attribute_of(head) : attribute_and_entity_of(head);
    }
  }

  Frame frame_;
  bool counted_ = false;  // whether some value may have to be counted
  Head heads_[Capacity];
  alignas(std::uint64_t) std::byte columns_[Capacity * width];
};

}  // namespace cairn::detail
