// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tree out of datoms that come in order: nodes as full as their shape wants them, nothing searched.
#pragma once

#include <cairn/index/tree_flush.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Builds from the left; at each level the last node is open. With a sink, a node is stored and let go of as soon as it is
/// full, so that a tree of any size takes the memory of a few nodes.
template <Order Sorted, class Shape>
class TreeBuilder {
  using LeafNode = Leaf<Shape>;
  using InnerNode = Inner<Shape>;

 public:
  TreeBuilder() = default;
  explicit TreeBuilder(NodeSink const& sink) : sink_{sink} {}

  /// One that is not after the last: an equal one is left out, one before it is a `std::invalid_argument`.
  void add(RawDatom datom) {
    if (leaf_ != nullptr) {
      DatomSlot last;
      leaf_->template look<Sorted>(leaf_->count - 1U, last);
      auto const order = compare<Sorted>(last.get(), datom);
      if (order == 0) return;
      if (order > 0) throw std::invalid_argument("cairn: an index is built from datoms in its order; sort them first");
    }
    if (leaf_ == nullptr || leaf_->count != leaf_fill_) {
      append_to<Sorted>(leaf_, std::move(datom));
    } else {
      OwnLeaf<Shape> next;
      append_to<Sorted>(next, std::move(datom));
      close_leaf();
      leaf_ = std::move(next);
      leaf_fill_ = Shape::built_leaf(++leaves_);
    }
    ++size_;
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  [[nodiscard]] NodeReference<Shape> finish() {
    if (leaf_ == nullptr) return {};
    leaf_->template focus<Sorted>();
    RawDatom low = leaf_->template view<Sorted>(0);
    std::uint64_t count = leaf_->count;
    NodeReference<Shape> node{leaf_.release()};
    for (std::size_t level = 0; level != open_.size(); ++level) {
      put(level, std::move(node), count, low);  // which is not the first there: each open node has two children or more now
      count = open_[level].node->size();
      low = open_[level].low;
      node = NodeReference<Shape>{open_[level].node.release()};
    }
    open_.clear();
    size_ = 0;
    return node;
  }

 private:
  struct Open {
    std::unique_ptr<InnerNode> node;
    RawDatom low;  // the first datom below it
    std::size_t fill;
    std::uint64_t number = 0;  // of those of its level that were closed before
  };

  void close_leaf() {
    leaf_->template focus<Sorted>();
    RawDatom low = leaf_->template view<Sorted>(0);
    auto const count = leaf_->count;
    put(0, NodeReference<Shape>{leaf_.release()}, count, std::move(low));
  }

  /// Gives a node of `level` to the open node above it.
  void put(std::size_t level, NodeReference<Shape> child, std::uint64_t size, RawDatom low) {
    if (level == open_.size()) {
      open_.push_back({std::make_unique<InnerNode>(static_cast<std::uint8_t>(level + 1), std::uint64_t{0}), low,
                       Shape::built_inner(level)});
    } else if (open_[level].node->count == open_[level].fill) {
      // The new node takes the full one's last child along, so that no node ever has a single one.
      auto next = std::make_unique<InnerNode>(static_cast<std::uint8_t>(level + 1), std::uint64_t{0});
      auto& full = *open_[level].node;
      auto const last = full.count - 1U;
      InnerNode::move_children(full, last, 1, *next, 0);
      next->count = 1;
      RawDatom next_low = full.separators.take(last - 1);
      full.remove_right_of(last - 1, true);
      auto full_low = std::exchange(open_[level].low, std::move(next_low));
      open_[level].fill = Shape::built_inner(level + ++open_[level].number);
      auto const full_size = full.size();
      NodeReference<Shape> done{std::exchange(open_[level].node, std::move(next)).release()};
      put(level + 1, std::move(done), full_size, std::move(full_low));
    }
    auto const head = head_of<Sorted>(low);
    auto& parent = *open_[level].node;
    if (sink_) {
      auto const address = flush_root<Sorted, Shape>(child.get(), *sink_, nullptr, nullptr);
      parent.append_child(nullptr, size, head, std::move(low));
      parent.set_address(parent.count - 1U, address);
    } else {
      parent.append_child(child.take(), size, head, std::move(low));
    }
  }

  OwnLeaf<Shape> leaf_;
  std::uint64_t leaves_ = 0;
  std::size_t leaf_fill_ = Shape::built_leaf(0);
  std::vector<Open> open_;
  std::uint64_t size_ = 0;
  std::optional<NodeSink> sink_;
};

}  // namespace cairn::detail
