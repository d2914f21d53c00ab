// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the last insertions into a tree went, for the next one that goes there.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/index/tree_walk.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::detail {

/// A few ways that insertions went, each to a leaf of the transaction's own. Insertions that follow each other often go
/// where one went a moment ago: to the same entity, or behind the others of the same attribute or value.
template <Order Sorted, class Shape>
class KnownWays {
 public:
  /// It leads to its leaf until nodes are split, joined or replaced, or are somebody else's too.
  struct Way {
    static constexpr std::size_t most_steps = 4;
    struct Through {  // a step; unlike one it is nothing at first, since an editor may live for one insertion
      Inner<Shape>* node;
      std::size_t index;
    };
    std::uint64_t known_at = 0;
    Leaf<Shape>* leaf;
    Through steps[most_steps];  // from level 1
  };

  /// The one place where a way to a datom is kept. O(1).
  [[nodiscard]] Way& of(RawDatom const& datom, std::uint64_t head) noexcept {
    if constexpr (Sorted == Order::eavt) {
      return ways_[datom.e < first_transaction ? 0 : 1];
    } else if constexpr (Sorted == Order::aevt) {
      return ways_[datom.a & ((1U << bits) - 1)];
    } else {
      return ways_[(head * 0x9E3779B97F4A7C15U) >> (64U - bits)];
    }
  }
  /// Forgets all of them.
  void forget() noexcept { ++now_; }
  void keep(Way& way, Steps<Shape> const& steps, std::size_t height, Leaf<Shape>* leaf) const noexcept {
    if (height > Way::most_steps) return;
    way.known_at = now_;
    way.leaf = leaf;
    for (std::size_t level = 1; level <= height; ++level)
      way.steps[level - 1] = {steps[level].node, steps[level].index};
  }
  /// Whether it is still known, and leads to where the datom is or belongs. `height`: of the tree.
  [[nodiscard]] bool leads_to(Way const& way, std::size_t height, std::uint64_t head,
                              RawDatom const& datom) const noexcept {
    if (way.known_at != now_) return false;
    auto const is_above = [&](Inner<Shape> const& inner, std::size_t at) {
      auto const separator = inner.separators.head(at);
      return separator != head ? separator > head : compare<Sorted>(inner.separators[at], datom) > 0;
    };
    bool has_low = false;
    bool has_high = false;
    for (std::size_t level = 1; level <= height && !(has_low && has_high); ++level) {
      auto const& [node, at] = way.steps[level - 1];
      if constexpr (Shape::buffered) {
        if (node->overdue != 0) return false;  // whoever goes there makes a child its own: see TreeEditor::own_way
      }
      if (!has_low && at != 0) {
        if (is_above(*node, at - 1)) return false;
        has_low = true;
      }
      if (!has_high && at + 1U != node->count) {
        if (!is_above(*node, at)) return false;
        has_high = true;
      }
    }
    return true;
  }

 private:
  static constexpr unsigned bits = 3;

  std::uint64_t now_ = 1;  // ways are known that were kept since this was counted up
  Way ways_[std::size_t{1} << bits];
};

}  // namespace cairn::detail
