// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a flush has written, for as long as it can still go wrong.
#pragma once

#include <cairn/index/node.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

namespace cairn {

/// Which nodes a flush has written. Until the commit that makes them durable has succeeded they are only promised: if it
/// fails, `forget` makes them unwritten again, so that a later flush doesn't refer to what isn't there.
/// Requires, for `forget`, that the sets that were flushed are still alive.
class FlushReceipt {
 public:
  void add(detail::NodeHeader* node) { nodes_.push_back(node); }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  void forget() noexcept {
    for (auto* node : nodes_) node->stored.store(false, std::memory_order_release);
    nodes_.clear();
  }

 private:
  std::vector<detail::NodeHeader*> nodes_;
};

}  // namespace cairn
