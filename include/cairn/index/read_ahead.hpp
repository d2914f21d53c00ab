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

/// More is asked for the further a scan has come, so that what is read in vain is at most twice what was needed.
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
  static constexpr std::size_t most = 512;
  std::size_t walked_ = 0;  // leaves since the last seek
  std::size_t weight_ = 0;
};

/// Adds the children from `first` on that are not in memory, until there are `number`.
template <class Shape>
void add_absent(Inner<Shape> const& parent, std::size_t first, std::size_t number, std::vector<AbsentChild<Shape>>& absent) {
  for (auto at = first; at != parent.count && absent.size() != number; ++at) {
    if (parent.child(at) == nullptr) absent.push_back({&parent, at});
  }
}

/// Reads up to `number` leaves in one turn, from the one that the way leads to: its siblings and their cousins. Another turn before that
/// if the cousins' parents are not in memory. Requires a `Reading`.
template <Order Sorted, class Shape>
CAIRN_NOINLINE void read_ahead(Steps<Shape> const& way, std::size_t height, std::size_t number, NodeSource const* source) {
  if (source->read_many == nullptr || number < 2) return;
  std::vector<AbsentChild<Shape>> absent;
  add_absent<Shape>(*way[1].node, way[1].index, number, absent);
  if (height > 1 && absent.size() != number) {
    auto const& [above, at] = way[2];
    auto const parents = (std::min)(above->count - at - 1, 1 + (number - absent.size()) / (Shape::inner_capacity / 2));
    std::vector<AbsentChild<Shape>> inner;
    add_absent<Shape>(*above, at + 1, parents, inner);
    if (!inner.empty()) load_together<Sorted, Shape>(inner, source);
    for (auto next = at + 1; next <= at + parents; ++next) {
      if (auto* const parent = above->child(next)) add_absent<Shape>(*as_inner<Shape>(parent), 0, number, absent);
    }
  }
  if (absent.size() > 1) load_together<Sorted, Shape>(absent, source);
}

}  // namespace cairn::detail
