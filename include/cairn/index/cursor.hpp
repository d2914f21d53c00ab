// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A place in an index.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/datom_block.hpp>
#include <cairn/index/read_ahead.hpp>
#include <cairn/index/tree_walk.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

namespace cairn {

/// A place in one version of an index: at a datom, or nowhere. It keeps the version alive. A cursor that left the index at
/// either end is nowhere and stays there until it is sent somewhere by a seek.
///
/// Moving may read from the store and throw what that throws; the cursor is then nowhere.
/// Cost: `next`, `prev` O(1) amortised; seeks O(log n). Thread safety: as an `int`; any number of cursors on one version may
/// be used on as many threads.
template <Order Sorted, class Shape>
class IndexCursor {
  using NodeHeader = detail::NodeHeader;
  using Inner = detail::Inner<Shape>;
  using Leaf = detail::Leaf<Shape>;
  static constexpr std::size_t packed_size = sizeof(detail::FormedLeaf<Shape, Leaf::template packed_form<Sorted>>);

 public:
  using value_type = RawDatom;
  using difference_type = std::ptrdiff_t;
  using Block = DatomBlock<Sorted, Shape>;

  IndexCursor() = default;
  IndexCursor(detail::NodeReference<Shape> root, std::shared_ptr<NodeSource const> source) noexcept
      : root_{std::move(root)}, source_{std::move(source)} {}
  IndexCursor(IndexCursor const&) = default;
  IndexCursor(IndexCursor&&) noexcept = default;
  IndexCursor& operator=(IndexCursor const&) = default;
  IndexCursor& operator=(IndexCursor&&) noexcept = default;
  ~IndexCursor() {
    held_ = {};
    root_ = {};
  }

  [[nodiscard]] bool valid() const noexcept { return leaf_ != nullptr; }

  /// The datom here, until the cursor moves; take it by `auto&&`. Requires `valid()`.
  [[nodiscard]] RawDatom const& operator*() const noexcept { return here_.get(); }
  [[nodiscard]] RawDatom const* operator->() const noexcept { return &here_.get(); }

  /// To the next datom. Requires `valid()`.
  void next() {
    if (++index_ == leaf_->count) [[unlikely]] return to_next_leaf();
    look();
  }
  /// To the datom before. Requires `valid()`.
  void prev() {
    if (index_-- == 0) [[unlikely]] return to_previous_leaf();
    look();
  }

  /// As an input iterator: `next`.
  IndexCursor& operator++() {
    next();
    return *this;
  }
  void operator++(int) { next(); }

  /// From here to the end of what lies together; never empty. Requires `valid()`.
  [[nodiscard]] Block block() const noexcept { return {*leaf_, index_, leaf_->count - index_}; }
  /// The same with what lies before it in the same place.
  [[nodiscard]] Block whole_block() const noexcept { return {*leaf_, 0, leaf_->count}; }
  /// A share in the leaf that the cursor is at, where a cache might unload it; null where the version keeps it. Requires `valid()`.
  [[nodiscard]] detail::NodeReference<Shape> const& pin() const noexcept { return held_; }
  /// Past the block. Requires `valid()`.
  void next_block() { to_next_leaf(); }
  /// The same, where little of the blocks is looked at.
  void skip_block() { to_neighbour(false, false); }

  /// To the first datom after `position`.
  void seek(Position const& position) {
    go_to(position);
    if (leaf_ == nullptr) return;
    if (index_ == leaf_->count) return to_next_leaf();
    look();
  }
  /// The same, faster where that is in the leaf that the cursor is at.
  void seek_near(Position const& position) {
    if (leaf_ == nullptr || order_of(0, position) > 0 || order_of(leaf_->count - 1U, position) < 0) return seek(position);
    index_ = leaf_->template find<Sorted>(position, detail::bounds_of<Sorted>(position)).index;
    look();
  }
  /// To the last datom before `position`.
  void seek_before(Position const& position) {
    go_to(position);
    if (leaf_ == nullptr) return;
    if (index_-- == 0) return to_previous_leaf();
    look();
  }
  /// To the datom itself, or nowhere.
  void find(RawDatom const& datom) {
    if (go_to(datom)) return look();
    leaf_ = nullptr;
  }
  void to_first() { go_to_edge(false); }
  void to_last() { go_to_edge(true); }

  friend bool operator==(IndexCursor const& cursor, std::default_sentinel_t) noexcept { return !cursor.valid(); }

 private:
  [[nodiscard]] std::strong_ordering order_of(std::size_t at, Position const& position) const noexcept {
    detail::DatomSlot row;
    leaf_->template look<Sorted>(at, row);
    return compare<Sorted>(row.get(), position);
  }

  void look() noexcept { leaf_->template look<Sorted>(index_, here_); }

  /// Whether the key is there itself. The index may be one past the leaf's last.
  template <class Key>
  bool go_to(Key const& key) {
    leaf_ = nullptr;
    ahead_.reset();
    if (!root_) return false;
    auto const bounds = detail::bounds_of<Sorted>(key);
    detail::Reading const reading{cache()};
    auto* leaf = detail::descend<Sorted, Shape>(root_.get(), source_.get(), key, bounds, [this](Inner* inner, std::size_t at) {
      steps_[inner->level] = {inner, at};
    });
    auto const found = leaf->template find<Sorted>(key, bounds);
    stand_on(leaf);
    index_ = found.index;
    return found.equal;
  }

  void go_to_edge(bool last) {
    leaf_ = nullptr;
    ahead_.reset();
    if (!root_) return;
    detail::Reading const reading{cache()};
    descend_to_edge(root_.get(), last);
  }

  void descend_to_edge(NodeHeader* node, bool last) {
    while (node->level != 0) {
      auto* inner = detail::as_inner<Shape>(node);
      steps_[inner->level] = {inner, last ? inner->count - 1U : 0};
      node = child_at(steps_[inner->level], last);
    }
    stand_on(node);
    index_ = last ? leaf_->count - 1U : 0;
    look();
  }

  [[nodiscard]] NodeHeader* child_at(detail::Step<Shape> const& step, bool backwards) {
    if (step.node->level == 1 && !backwards && step.node->child(step.index) == nullptr) [[unlikely]] {
      detail::read_ahead<Sorted, Shape>(steps_, root_.get()->level, ahead_, source_.get());
    }
    return detail::child_of<Sorted>(*step.node, step.index, source_.get());
  }

  [[nodiscard]] NodeCache* cache() const noexcept { return detail::cache_of(source_.get()); }
  /// Requires a `Reading`.
  void stand_on(NodeHeader* leaf) noexcept {
    leaf_ = detail::as_leaf<Shape>(leaf);
    if (cache() == nullptr) return;
    detail::retain(leaf);
    held_ = detail::NodeReference<Shape>{leaf};
  }

  void to_next_leaf() { to_neighbour(false); }
  void to_previous_leaf() { to_neighbour(true); }

  /// `reads_all`: who walks on reads leaves from their first datom to their last.
  void to_neighbour(bool before, bool reads_all = true) {
    leaf_ = nullptr;
    bool const is_due = ahead_.walk(held_ ? held_.get()->weight.load(std::memory_order_relaxed) : 0);
    detail::Reading const reading{cache()};
    for (std::size_t level = 1; level <= root_.get()->level; ++level) {
      auto& step = steps_[level];
      if (before ? step.index == 0 : step.index + 1 == step.node->count) continue;
      step.index = before ? step.index - 1 : step.index + 1;
      if (!before && level == 1 && step.index + 1 != step.node->count) {
        // The leaf after the next, whole: its columns are as many streams, which the hardware would find one by one.
        if (auto* const following = step.node->child(step.index + 1)) {
          reads_all ? detail::prefetch(following, packed_size) : detail::as_leaf<Shape>(following)->prefetch_heads();
        }
      }
      descend_to_edge(child_at(step, before), before);
      if (is_due && !before) [[unlikely]] detail::ask_ahead<Sorted, Shape>(steps_, root_.get()->level, ahead_, source_);
      return;
    }
  }

  // Nodes go before their source: in an assignment by this order, at the end by the destructor.
  detail::NodeReference<Shape> root_;
  detail::NodeReference<Shape> held_;  // the leaf, where a cache might unload it
  std::shared_ptr<NodeSource const> source_;
  Leaf const* leaf_ = nullptr;
  std::size_t index_ = 0;
  detail::ReadAhead ahead_;
  detail::DatomSlot here_;
  detail::Steps<Shape> steps_;
};

}  // namespace cairn
