// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the datoms of a leaf have in common, so that each needs only how it differs.
#pragma once

#include <cairn/index/head.hpp>
#include <cairn/index/modular.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace cairn::detail {

/// The numbers that the columns of a packed leaf count from. All differences are modulo 2^64.
///
/// EAVT and AEVT: the narrow head of a datom is its head's distance from `head_base` and says entity and attribute whole.
/// AVET: it is that distance without its lowest `shift` bits, or the nearest that there is; the attribute and the type of the
/// values are one for the leaf, and the entity is a distance from `entity_base`.
struct Frame {
  std::uint64_t head_base = 0;
  EntityId entity_base = 0;
  EntityId transaction_base = 0;
  AttributeId attribute = 0;
  std::uint8_t shift = 0;
  ValueKind kind = ValueKind::nil;

  friend bool operator==(Frame const&, Frame const&) = default;

  /// Monotone for all heads; without loss, at shift 0, for those whose distance from the base is a `Narrow`.
  template <class Narrow>
  [[nodiscard]] Narrow narrow(std::uint64_t head) const noexcept {
    constexpr std::uint64_t most = std::numeric_limits<Narrow>::max();
    return head < head_base ? Narrow{0} : static_cast<Narrow>(std::min((head - head_base) >> shift, most));
  }
};

/// What heads are narrowed to. AVET's are lossy anyway, and 128 of them can be told apart by 16 bits.
template <Order Sorted>
using NarrowHead = std::conditional_t<Sorted == Order::avet, std::uint16_t, std::uint32_t>;
template <Order Sorted>
inline constexpr std::uint64_t narrow_head_limit = std::uint64_t{std::numeric_limits<NarrowHead<Sorted>>::max()} + 1;

inline constexpr std::uint64_t narrow_limit = std::uint64_t{1} << 32U;
inline constexpr std::uint64_t transaction_limit = std::uint64_t{1} << 31U;  // the lowest bit says whether it was added

/// Whether the head of a datom in EAVT and AEVT says its entity and attribute whole.
[[nodiscard]] inline bool head_is_whole(RawDatom const& datom) noexcept {
  return datom.a < attribute_limit && static_cast<std::uint64_t>(datom.e) < entity_limit;
}

/// Whether a datom can be put in a packed leaf of this frame.
template <Order Sorted>
[[nodiscard]] bool fits(Frame const& frame, RawDatom const& datom, std::uint64_t head) noexcept {
  if (distance(frame.transaction_base, datom.tx) >= transaction_limit) return false;
  if constexpr (Sorted == Order::avet) {
    return datom.a == frame.attribute && datom.v.kind() == frame.kind && distance(frame.entity_base, datom.e) < narrow_limit;
  } else {
    return head - frame.head_base < narrow_limit && head_is_whole(datom);
  }
}

/// Whether the narrow head tells a datom from its neighbours as well as those of the frame are told apart.
template <Order Sorted>
[[nodiscard]] bool in_focus(Frame const& frame, std::uint64_t head) noexcept {
  return Sorted != Order::avet ||
         (head >= frame.head_base && (head - frame.head_base) >> frame.shift < narrow_head_limit<Sorted> - 1);
}

/// Finds a frame for a number of datoms, which are shown one by one.
template <Order Sorted>
class FrameFinder {
 public:
  void add(RawDatom const& datom, std::uint64_t head) noexcept {
    if (empty_) {
      empty_ = false;
      attribute_ = datom.a;
      kind_ = datom.v.kind();
      low_head_ = high_head_ = head;
      low_entity_ = high_entity_ = datom.e;
      low_transaction_ = high_transaction_ = datom.tx;
    }
    low_head_ = std::min(low_head_, head);
    high_head_ = std::max(high_head_, head);
    low_transaction_ = std::min(low_transaction_, datom.tx);
    high_transaction_ = std::max(high_transaction_, datom.tx);
    if constexpr (Sorted == Order::avet) {
      low_entity_ = std::min(low_entity_, datom.e);
      high_entity_ = std::max(high_entity_, datom.e);
      possible_ = possible_ && datom.a == attribute_ && datom.v.kind() == kind_;
    } else {
      possible_ = possible_ && head_is_whole(datom);
    }
  }

  /// None if they have too little in common. What was shown is in the middle, so that others on either side fit too.
  [[nodiscard]] std::optional<Frame> find() const noexcept {
    auto const transactions = distance(low_transaction_, high_transaction_);
    if (!possible_ || transactions >= transaction_limit) return std::nullopt;
    Frame frame;
    frame.transaction_base = moved(low_transaction_, (transactions + 1) / 2 - transaction_limit / 2);
    auto const heads = high_head_ - low_head_;
    auto const middle = low_head_ + (heads + 1) / 2;
    constexpr auto limit = narrow_head_limit<Sorted>;
    frame.head_base = middle - std::min(middle, limit / 2);
    if constexpr (Sorted == Order::avet) {
      auto const entities = distance(low_entity_, high_entity_);
      if (entities >= narrow_limit) return std::nullopt;
      frame.entity_base = moved(low_entity_, (entities + 1) / 2 - narrow_limit / 2);
      frame.attribute = attribute_;
      frame.kind = kind_;
      if (heads >= limit / 2) {
        frame.head_base = low_head_ - std::min(low_head_, heads / 2);
        frame.shift = static_cast<std::uint8_t>(std::bit_width(heads) - std::bit_width(limit / 4));
      }
    } else {
      if (heads >= limit) return std::nullopt;
    }
    return frame;
  }

 private:
  bool empty_ = true;
  bool possible_ = true;
  AttributeId attribute_ = 0;
  ValueKind kind_ = ValueKind::nil;
  std::uint64_t low_head_ = 0;
  std::uint64_t high_head_ = 0;
  EntityId low_entity_ = 0;
  EntityId high_entity_ = 0;
  EntityId low_transaction_ = 0;
  EntityId high_transaction_ = 0;
};

}  // namespace cairn::detail
