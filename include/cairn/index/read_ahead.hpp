// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a scan will need is asked for together, so that it waits for a distant store seldom.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/node_loader.hpp>
#include <cairn/index/tree_walk.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace cairn::detail {

/// More is asked for the further a scan has come, so that the leaves that are read in vain are at most twice what was needed.
class ReadAhead {
 public:
  /// A seek: nothing is known of what follows.
  void reset() noexcept { walked_ = 0; }
  /// Past a leaf of that many bytes; 0 where nobody counts them.
  void walk(std::size_t weight) noexcept {
    walked_ = (std::min)(walked_ + 1, most / 2);
    weight_ = weight;
  }

  /// How many leaves are worth reading, where one is like the last that was read: what a few scans read ahead stays in the cache until
  /// they come to it.
  [[nodiscard]] std::size_t leaves(NodeCache const* cache) const noexcept {
    std::size_t const wanted = walked_ * 2;
    return cache == nullptr || weight_ == 0 ? wanted : (std::min)(wanted, cache->budget() / 8 / weight_);
  }

 private:
  static constexpr std::size_t most = 2048;
  std::size_t walked_ = 0;  // leaves since the last seek
  std::size_t weight_ = 0;
};

/// What one turn asks for: the leaves that come next, and the inner nodes over those that the turns after it will ask for, which would
/// have to be waited for before these.
template <class Shape>
class NextTurn {
 public:
  explicit NextTurn(std::size_t leaves) : wanted_{leaves} {}

  /// Adds what is not in memory of a subtree, from the child at `first` on. Requires a `Reading`.
  void add(Inner<Shape> const& parent, std::size_t first) {
    if (parent.level == 1) return add_leaves(parent, first);
    for (auto at = first; at != parent.count && !is_enough(); ++at) {
      if (auto* const child = parent.child(at)) {
        add(*as_inner<Shape>(child), 0);
      } else {
        absent_.push_back({&parent, at});
        skip(parent.level - 1U);
      }
    }
  }
  /// Whether leaves enough are in it, and the nodes over as many as the next turn may want, which is thrice as large.
  [[nodiscard]] bool is_enough() const noexcept { return seen_ >= wanted_ * 4; }
  [[nodiscard]] std::span<AbsentChild<Shape> const> absent() const noexcept { return absent_; }

 private:
  void add_leaves(Inner<Shape> const& parent, std::size_t first) {
    std::size_t const end = seen_ < wanted_ ? (std::min)(std::size_t{parent.count}, first + wanted_ - seen_) : first;
    for (auto at = first; at < end; ++at) {
      if (parent.child(at) == nullptr) absent_.push_back({&parent, at});
    }
    seen_ += parent.count - first;
  }
  /// Past a node of that level, which has as many leaves as one that is half full.
  void skip(std::size_t level) noexcept {
    std::size_t leaves = 1;
    for (; level != 0 && leaves < wanted_ * 4; --level) leaves *= Shape::inner_capacity / 2;
    seen_ += leaves;
  }

  std::size_t wanted_;
  std::size_t seen_ = 0;  // leaves that the walk came past, and those that inner nodes hide
  std::vector<AbsentChild<Shape>> absent_;
};

/// Reads up to `number` leaves in one turn, from the one that the way leads to: its siblings and their cousins as far as these's parents
/// are in memory. Requires a `Reading`.
template <Order Sorted, class Shape>
CAIRN_NOINLINE void read_ahead(Steps<Shape> const& way, std::size_t height, std::size_t number, NodeSource const* source) {
  if (source->read_many == nullptr || number < 2) return;
  NextTurn<Shape> turn{number};
  for (std::size_t level = 1; level <= height && !turn.is_enough(); ++level) {
    turn.add(*way[level].node, level == 1 ? way[level].index : way[level].index + 1);
  }
  if (turn.absent().size() > 1) load_together<Sorted, Shape>(turn.absent(), source);
}

}  // namespace cairn::detail
