// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What two versions of a tree do not have in common.
#pragma once

#include <cairn/index/tree_walk.hpp>

#include <compare>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Goes through one tree for a comparison, a subtree at a time: what comes next is a subtree that was not entered yet, or a row of
/// the leaf that was. Nodes that had to be read are read for this walk alone.
template <Order Sorted, class Shape>
class DiffWalk {
 public:
  DiffWalk(NodeHeader* root, NodeSource const* source) : source_{source} {
    if (root == nullptr) return;
    retain(root);
    root_ = NodeReference<Shape>{root};
  }

  [[nodiscard]] bool at_end() const noexcept { return !leaf_ && !root_ && path_.empty(); }
  /// Whether rows come next. Requires: not at the end, as all that follows.
  [[nodiscard]] bool in_leaf() const noexcept { return static_cast<bool>(leaf_); }

  /// The level of the subtree that comes next. Requires: not in a leaf, as the rest of these.
  [[nodiscard]] std::size_t level() const noexcept { return root_ ? root_.get()->level : path_.back().node->level - 1U; }
  void skip() {
    if (root_) {
      root_ = {};
    } else {
      leave_child();
    }
  }
  /// Into the subtree: to the first of its children, or the first row of a leaf.
  void enter() {
    auto node = root_ ? std::move(root_) : child();
    if (node.get()->level == 0) {
      leaf_ = std::move(node);
      row_ = 0;
      return;
    }
    auto const* inner = as_inner<Shape>(node.get());
    path_.push_back({std::move(node), inner, 0});
  }

  /// Requires: in a leaf, as the rest.
  [[nodiscard]] DatomView row() const noexcept { return as_leaf<Shape>(leaf_.get())->template view<Sorted>(row_); }
  void next_row() {
    if (++row_ != leaf_.get()->count) return;
    leaf_ = {};
    if (!path_.empty()) leave_child();
  }

  /// Whether the subtrees that come next surely are one. `comparable`: the addresses are of one store.
  [[nodiscard]] static bool same(DiffWalk const& left, DiffWalk const& right, bool comparable) {
    Reading const reading{cache_of(left.source_)};
    Reading const too{cache_of(right.source_)};
    auto const mine = left.identity();
    auto const other = right.identity();
    if (mine.node != nullptr && mine.node == other.node) return true;
    if (!comparable || !mine.address || mine.address != other.address) return false;
    // Equal blocks are equal nodes where the same is to be done to both.
    return mine.run == other.run || (is_empty(mine.run) && is_empty(other.run));
  }

 private:
  struct Level {
    NodeReference<Shape> keep;  // alive, whoever holds it beside
    Inner<Shape> const* node;
    std::size_t index;
  };
  struct Identity {
    NodeHeader const* node = nullptr;
    std::optional<NodeAddress> address{};
    PendingRun run{};  // where there are buffers
  };

  /// Requires a `Reading`.
  [[nodiscard]] Identity identity() const {
    auto* node = root_ ? root_.get() : path_.back().node->child(path_.back().index);
    if (node == nullptr && path_.back().node->has_gap(path_.back().index)) return {};  // what is stored there is not all of it
    if constexpr (Shape::buffered) {
      auto place = node == nullptr ? place_of(*path_.back().node, path_.back().index) : place_of(node);
      if (place.block == nullptr) return {node};
      return {node, place.block->address, std::move(place.run)};
    } else {
      if (node == nullptr) return {nullptr, path_.back().node->addresses[path_.back().index]};
      return {node, is_stored(node) ? std::optional{node->address} : std::nullopt};
    }
  }
  [[nodiscard]] static StoredChild place_of(Inner<Shape> const& parent, std::size_t at) {
    OriginLock const lock{&parent};
    return parent.addresses.child(at);
  }
  /// Nothing where it is not known of an inner node whether it still is what it was described by.
  [[nodiscard]] static StoredChild place_of(NodeHeader* node) {
    if (node->level != 0 && !is_stored(node)) return {};
    OriginLock const lock{node};
    return described_by<Shape>(node);
  }
  [[nodiscard]] NodeReference<Shape> child() const {
    auto const& [keep, node, index] = path_.back();
    {
      Reading const reading{cache_of(source_)};
      if (auto* const there = node->child(index)) {
        retain(there);
        return NodeReference<Shape>{there};
      }
    }
    return read_child<Sorted, Shape>(*node, index, source_);
  }
  void leave_child() {
    while (!path_.empty() && ++path_.back().index == path_.back().node->count) path_.pop_back();
  }

  NodeSource const* source_;
  NodeReference<Shape> root_{};  // until it is entered
  std::vector<Level> path_{};    // whose index is the child that comes next, or that holds the leaf
  NodeReference<Shape> leaf_{};
  std::size_t row_ = 0;
};

/// Calls `removed(datom)` for what only `before` holds and `added(datom)` for what only `after` does, in order; what `compare` calls
/// equal is in both. Subtrees that the trees share are not looked at.
template <Order Sorted, class Shape, class Compare, class Removed, class Added>
void for_each_difference(DiffWalk<Sorted, Shape> before, DiffWalk<Sorted, Shape> after, bool comparable, Compare const& compare,
                         Removed&& removed, Added&& added) {
  while (!before.at_end() && !after.at_end()) {
    if (!before.in_leaf() && !after.in_leaf()) {
      if (DiffWalk<Sorted, Shape>::same(before, after, comparable)) {
        before.skip();
        after.skip();
        continue;
      }
      // The higher one first, so that what they share is met by both at once.
      auto const level = before.level();
      auto const other = after.level();
      if (level >= other) before.enter();
      if (other >= level) after.enter();
    } else if (!before.in_leaf()) {
      before.enter();
    } else if (!after.in_leaf()) {
      after.enter();
    } else {
      auto const left = before.row();
      auto const right = after.row();
      std::strong_ordering const order = compare(left, right);
      if (order < 0) {
        removed(left);
      } else if (order > 0) {
        added(right);
      }
      if (order <= 0) before.next_row();
      if (order >= 0) after.next_row();
    }
  }
  auto const rest = [](auto& walk, auto& take) {
    while (!walk.at_end()) {
      if (!walk.in_leaf()) {
        walk.enter();
      } else {
        take(walk.row());
        walk.next_row();
      }
    }
  };
  rest(before, removed);
  rest(after, added);
}

}  // namespace cairn::detail
