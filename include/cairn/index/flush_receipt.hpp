// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a flush has written, for as long as it can still go wrong.
#pragma once

#include <cairn/index/node.hpp>
#include <cairn/index/stored_child.hpp>

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace cairn {

/// Which nodes a flush has written. Until the commit that makes them durable has succeeded they are only promised: if it
/// fails, `forget` makes them unwritten again, so that a later flush doesn't refer to what isn't there.
/// When it has succeeded, `confirm` lets the stores' caches unload them; without it they stay in memory. Requires, for both,
/// that the sets that were flushed are still alive.
class FlushReceipt {
 public:
  /// `enroll` makes a node take part in a cache; null: there is none.
  void add(detail::NodeHeader* node, void (*enroll)(detail::NodeHeader*, NodeCache&), NodeCache* cache) {
    nodes_.push_back(node);
    if (enroll != nullptr && cache != nullptr) members_.push_back({node, enroll, cache});
  }
  /// A block that was written for a node of a tree with buffers.
  void add(detail::BlockReference block) { blocks_.push_back(std::move(block)); }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  void forget() noexcept {
    for (auto const& block : blocks_) block->gone.store(true, std::memory_order_release);
    for (auto* node : nodes_) node->stored.store(detail::Stored::no, std::memory_order_release);
    clear();
  }
  void confirm() noexcept {
    // A flush that was cut short has noted a node that it did not write.
    auto const is_written = [](detail::NodeHeader const* node) {
      return node->stored.load(std::memory_order_relaxed) != detail::Stored::no;
    };
    for (auto* node : nodes_) {
      if (is_written(node)) node->stored.store(detail::Stored::durable, std::memory_order_release);
    }
    for (auto const& member : members_) {
      if (is_written(member.node)) member.enroll(member.node, *member.cache);
    }
    clear();
  }

 private:
  struct Member {
    detail::NodeHeader* node;
    void (*enroll)(detail::NodeHeader*, NodeCache&);
    NodeCache* cache;
  };

  void clear() noexcept {
    nodes_.clear();
    blocks_.clear();
    members_.clear();
  }

  std::vector<detail::NodeHeader*> nodes_;
  std::vector<detail::BlockReference> blocks_;
  std::vector<Member> members_;  // of those, the ones whose leaves may be unloaded
};

}  // namespace cairn
