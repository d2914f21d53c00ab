// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A stretch of the present and one of the past as what a view shows of them, in columns.
#pragma once

#include <cairn/index/datom_run.hpp>
#include <cairn/query/access/reader.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cairn::query::access {

/// Part of a run: what is left of it from a place on.
struct Stretch {
  DatomRun const* run;
  std::size_t at;
  std::size_t left;
};

/// From which transaction on a view shows what, and up to which.
struct Moments {
  EntityId since;
  EntityId as_of;
};

/// The datoms of two columnar runs of near numbers merged, datom by datom: what the columns of leaves are to loops, for stretches in
/// which the past and the present alternate. Values are borrowed.
template <Order Sorted>
class MergedColumns {
 public:
  static constexpr std::size_t capacity = 256;
  MergedColumns() noexcept {}  // NOLINT(modernize-use-equals-default): that would set all of it

  /// How much of each was merged.
  struct Taken {
    std::size_t present = 0;
    std::size_t past = 0;
    [[nodiscard]] bool is_some() const noexcept { return present + past != 0; }
  };

  /// Prepares for two stretches; false where they are of other forms. One of which nothing is left has ended, and is the present's
  /// or the past's last.
  [[nodiscard]] bool begin(Stretch const& present, Stretch const& past) noexcept {
    size_ = 0;
    auto const& first = present.left != 0 ? *present.run : *past.run;
    auto const& second = past.left != 0 ? *past.run : *present.run;
    if (!is_columnar(first) || !is_columnar(second)) return false;
    if constexpr (!has_kinds) {
      if (first.kind(0) != second.kind(0) || first.attribute(0) != second.attribute(0)) return false;
      frame_.kind = first.kind(0);
      frame_.attribute = first.attribute(0);
    }
    counted_ = first.counted() || second.counted();
    present_ = side_of(present);
    past_ = side_of(past);
    auto const key = lowest(first.first_key(), second.first_key());
    auto const transaction = lowest(first.first_transaction(), second.first_transaction());
    frame_.head_base = key;
    frame_.entity_base = static_cast<EntityId>(key);
    frame_.transaction_base = static_cast<EntityId>(transaction);
    return is_near(present_, present, key, transaction) && is_near(past_, past, key, transaction);
  }

  /// All operations, each for itself.
  [[nodiscard]] Taken merge_operations(Moments const& moments) noexcept {
    auto present = present_;
    auto past = past_;
    std::size_t size = 0;
    while (size != capacity && has_next(present, past)) {
      auto order = compare(present, past);
      if (order == 0) order = present.operation() < past.operation() ? -1 : present.operation() > past.operation() ? 1 : 0;
      if (order < 0) {
        if (!put(size, present, present.operation(), shows(present.operation(), moments))) break;
        ++present.at;
      } else {
        // The same in both, which a sound store doesn't have, is shown once.
        if (order > 0 && !put(size, past, past.operation(), shows(past.operation(), moments))) break;
        ++past.at;
      }
    }
    size_ = size;
    return {present.at - present_.at, past.at - past_.at};
  }

  /// The facts that are true: those of which the last operation up to a moment added them. A fact that ends with its run is left
  /// for whoever has the next run.
  [[nodiscard]] Taken merge_facts(Moments const& moments) noexcept {
    auto present = present_;
    auto past = past_;
    std::size_t size = 0;
    while (size != capacity && has_next(present, past)) {
      auto const order = compare(present, past);
      if (order < 0) {
        if (!put(size, present, present.operation(), shows(present.operation(), moments))) break;
        ++present.at;
        continue;
      }
      std::uint64_t last = 0;  // a retraction
      auto here = past;
      do {
        if (is_up_to(here.operation(), moments.as_of)) last = here.operation();
        ++here.at;
      } while (here.at != here.end && here.key() == past.key() && compare_values(cell_of(here), cell_of(past)) == 0);
      if (here.at == here.end) break;
      if (order == 0 && is_up_to(present.operation(), moments.as_of) && present.operation() >= last) last = present.operation();
      if (!put(size, past, last, (last & 1U) != 0 && shows(last, moments))) break;
      past.at = here.at;
      if (order == 0) ++present.at;
    }
    size_ = size;
    return {present.at - present_.at, past.at - past_.at};
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// What was merged. Valid until the next `begin`.
  [[nodiscard]] DatomRun run() const noexcept {
    auto const bytes = [](auto const& column) { return reinterpret_cast<std::byte const*>(column.data()); };
    return {form, frame_, counted_, size_, bytes(keys_), bytes(words_), bytes(operations_), has_kinds ? bytes(kinds_) : nullptr};
  }

 private:
  static constexpr auto form = Sorted == Order::eavt   ? DatomRun::Form::by_entity
                               : Sorted == Order::aevt ? DatomRun::Form::by_attribute
                                                       : DatomRun::Form::by_value;
  /// Columns of AVET are of one kind of values, and of one attribute.
  static constexpr bool has_kinds = Sorted != Order::avet;
  /// How far numbers of two runs may be apart, at most.
  static constexpr std::uint64_t near = std::uint64_t{1} << 31U;

  /// A stretch whose numbers are counted from those of the frame. An operation is twice its transaction, plus one where it added.
  struct Side {
    std::byte const* keys = nullptr;
    std::byte const* words = nullptr;
    std::byte const* operations = nullptr;
    std::byte const* kinds = nullptr;
    std::uint64_t first_key = 0;
    std::uint64_t first_operation = 0;
    std::size_t at = 0;
    std::size_t end = 0;
    bool has_ended = true;

    template <class Part>
    [[nodiscard]] static Part load(std::byte const* column, std::size_t at) noexcept {
      Part part;
      std::memcpy(&part, column + at * sizeof part, sizeof part);
      return part;
    }
    [[nodiscard]] std::uint64_t key() const noexcept { return first_key + load<std::uint32_t>(keys, at); }
    [[nodiscard]] std::uint64_t word() const noexcept { return load<std::uint64_t>(words, at); }
    [[nodiscard]] std::uint64_t operation() const noexcept { return first_operation + load<std::uint32_t>(operations, at); }
  };

  [[nodiscard]] static bool is_columnar(DatomRun const& run) noexcept {
    return run.form() == form && (run.kinds() != nullptr) == has_kinds;
  }
  [[nodiscard]] static Side side_of(Stretch const& stretch) noexcept {
    Side side;
    if (stretch.left == 0) return side;
    side.keys = stretch.run->keys();
    side.words = stretch.run->words();
    side.operations = stretch.run->transactions();
    side.kinds = stretch.run->kinds();
    side.at = stretch.at;
    side.end = stretch.at + stretch.left;
    side.has_ended = false;
    return side;
  }
  /// The lower of two near numbers.
  [[nodiscard]] static std::uint64_t lowest(std::uint64_t left, std::uint64_t right) noexcept {
    return left - right < near ? right : left;
  }
  [[nodiscard]] static bool is_near(Side& side, Stretch const& stretch, std::uint64_t key, std::uint64_t transaction) noexcept {
    if (side.has_ended) return true;
    side.first_key = stretch.run->first_key() - key;
    auto const by = stretch.run->first_transaction() - transaction;
    side.first_operation = by << 1U;
    return side.first_key < near && by < near;
  }

  /// Neither has come to the end of a run behind which there may be more.
  [[nodiscard]] static bool has_next(Side const& present, Side const& past) noexcept {
    return (present.at != present.end || present.has_ended) && (past.at != past.end || past.has_ended) &&
           (present.at != present.end || past.at != past.end);
  }
  /// What they are at, by entity, attribute and value in the order of the index.
  [[nodiscard]] int compare(Side const& present, Side const& past) const noexcept {
    if (past.has_ended) return -1;
    if (present.has_ended) return 1;
    auto const by_value = [&] {
      auto const order = compare_values(cell_of(present), cell_of(past));
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    };
    auto const by_key = [&] { return present.key() < past.key() ? -1 : present.key() > past.key() ? 1 : 0; };
    if constexpr (Sorted == Order::avet) {
      auto const order = by_value();
      return order != 0 ? order : by_key();
    } else {
      auto const order = by_key();
      return order != 0 ? order : by_value();
    }
  }
  [[nodiscard]] Cell cell_of(Side const& side) const noexcept {
    if constexpr (has_kinds) {
      return {Side::template load<ValueKind>(side.kinds, side.at), side.word()};
    } else {
      return {frame_.kind, side.word()};
    }
  }

  [[nodiscard]] EntityId transaction_of(std::uint64_t operation) const noexcept {
    return static_cast<EntityId>(static_cast<std::uint64_t>(frame_.transaction_base) + (operation >> 1U));
  }
  [[nodiscard]] bool is_up_to(std::uint64_t operation, EntityId as_of) const noexcept { return transaction_of(operation) <= as_of; }
  [[nodiscard]] bool shows(std::uint64_t operation, Moments const& moments) const noexcept {
    auto const transaction = transaction_of(operation);
    return (transaction > moments.since) & (transaction <= moments.as_of);
  }
  /// Puts the datom that a side is at behind `size` others, with an operation, if it is shown. False where its numbers are too far
  /// from theirs.
  [[nodiscard]] bool put(std::size_t& size, Side const& side, std::uint64_t operation, bool is_shown) noexcept {
    auto const key = side.key();
    if (((key | operation) >> 32U) != 0) [[unlikely]] return false;
    keys_[size] = static_cast<std::uint32_t>(key);
    words_[size] = side.word();
    operations_[size] = static_cast<std::uint32_t>(operation);
    if constexpr (has_kinds) kinds_[size] = Side::template load<ValueKind>(side.kinds, side.at);
    size += is_shown ? 1 : 0;
    return true;
  }

  bool counted_ = false;
  cairn::detail::Frame frame_{};
  Side present_{};
  Side past_{};
  std::size_t size_ = 0;
  // Written before they are read.
  std::array<std::uint32_t, capacity> keys_;
  std::array<std::uint32_t, capacity> operations_;
  std::array<std::uint64_t, capacity> words_;
  std::array<ValueKind, has_kinds ? capacity : 1> kinds_;
};

}  // namespace cairn::query::access
