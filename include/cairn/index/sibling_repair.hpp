// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What keeps the nodes of a tree at least half full: siblings that become one, or share evenly.
#pragma once

#include <cairn/index/node_loader.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace cairn::detail {

/// How a node that has become too small is helped: by the siblings `left` and `left + 1` becoming one, or sharing
/// evenly.
struct SiblingRepair {
  std::size_t left;
  bool merge;
};

/// None if either is wide, or if they have too little in common.
template <Order Sorted, class Shape>
[[nodiscard]] std::optional<Frame> common_frame(Leaf<Shape> const& left, Leaf<Shape> const& right) noexcept {
  if (left.is_wide() || right.is_wide()) return std::nullopt;
  FrameFinder<Sorted> finder;
  left.template show_all<Sorted>(finder);
  right.template show_all<Sorted>(finder);
  return finder.find();
}

template <Order Sorted, class Shape>
void repair_leaves(Inner<Shape>& parent, SiblingRepair const& how, Leaf<Shape>& left, Leaf<Shape>& right) noexcept {
  std::size_t const total = left.count + std::size_t{right.count};
  std::size_t const keep = how.merge ? total : total / 2;
  forget_origin(left);
  forget_origin(right);
  if (auto const frame = common_frame<Sorted>(left, right)) {
    left.template adopt<Sorted>(*frame);
    right.template adopt<Sorted>(*frame);
  }
  if (keep > left.count) {
    auto const number = keep - left.count;
    move_run<Sorted>(right, 0, number, left, left.count);
    move_run<Sorted>(right, number, right.count - number, right, 0);
  } else {
    auto const number = left.count - keep;
    move_run<Sorted>(right, 0, right.count, right, number);
    move_run<Sorted>(left, keep, number, right, 0);
  }
  left.count = static_cast<std::uint16_t>(keep);
  right.count = static_cast<std::uint16_t>(total - keep);
  if (how.merge) {
    parent.remove_right_of(how.left, false);
  } else {
    RawDatom separator = right.template view<Sorted>(0);
    auto const head = head_of<Sorted>(separator);
    parent.separators.replace(how.left, head, std::move(separator));
  }
}

/// The parent's separator comes down between the two, and another one goes up if they stay two.
template <class Shape>
void repair_inner(Inner<Shape>& parent, SiblingRepair const& how, Inner<Shape>& left, Inner<Shape>& right) noexcept {
  std::size_t const total = left.count + std::size_t{right.count};
  std::size_t const keep = how.merge ? total : total / 2;
  auto& up = parent.separators;
  auto const down = [&](Inner<Shape>& to, std::size_t at) { up.relocate(up, how.left, 1, to.separators, at); };
  if (keep > left.count) {
    auto const moved = keep - left.count;
    down(left, left.count - 1U);
    Inner<Shape>::move_children(right, 0, moved, left, left.count);
    left.separators.relocate(right.separators, 0, moved - 1, left.separators, left.count);
    if (!how.merge) {
      up.relocate(right.separators, moved - 1, 1, up, how.left);
      Inner<Shape>::move_children(right, moved, right.count - moved, right, 0);
      right.separators.relocate(right.separators, moved, right.count - moved - 1, right.separators, 0);
    }
  } else {
    auto const moved = left.count - keep;
    Inner<Shape>::move_children(right, 0, right.count, right, moved);
    right.separators.relocate(right.separators, 0, right.count - 1U, right.separators, moved);
    down(right, moved - 1);
    Inner<Shape>::move_children(left, keep, moved, right, 0);
    left.separators.relocate(left.separators, keep, moved - 1, right.separators, 0);
    up.relocate(left.separators, keep - 1, 1, up, how.left);
  }
  left.count = static_cast<std::uint16_t>(keep);
  right.count = static_cast<std::uint16_t>(total - keep);
  if (how.merge) parent.remove_right_of(how.left, true);
}

/// Does it. Requires that the parent and both siblings are the transaction's own, with separators of their own, and
/// leaves alike.
template <Order Sorted, class Shape>
void repair_siblings(Inner<Shape>& parent, SiblingRepair const& how) noexcept {
  auto* left = parent.child(how.left);
  auto* right = parent.child(how.left + 1);
  auto const total = parent.sizes[how.left] + parent.sizes[how.left + 1];
  if (left->level == 0) {
    repair_leaves<Sorted>(parent, how, *as_leaf<Shape>(left), *as_leaf<Shape>(right));
  } else {
    repair_inner(parent, how, *as_inner<Shape>(left), *as_inner<Shape>(right));
  }
  if (how.merge) {
    parent.sizes[how.left] = total;
    release<Shape>(right);
  } else {
    auto const size_of = [](NodeHeader* node) {
      return node->level == 0 ? node->count : as_inner<Shape>(node)->size();
    };
    parent.sizes[how.left] = size_of(left);
    parent.sizes[how.left + 1] = size_of(right);
  }
}

}  // namespace cairn::detail
