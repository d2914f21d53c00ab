// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tree with buffers on its way to the store.
#pragma once

#include <cairn/index/flush_receipt.hpp>
#include <cairn/index/node_codec.hpp>
#include <cairn/index/node_loader.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Decides of each node that is new whether it is written or only described, in its parent: as the block that it was read
/// from and the operations since. What a parent keeps of its children's operations is bounded: where it is too much, the child
/// with the longest run is written, which takes the run into its rows, or into what it keeps of its own children's.
///
/// A description stands on a block that the newest checkpoint needs too, so that collecting garbage never takes it away: a
/// block that was replaced, or whose commit failed, is marked, and what was described by it is written. For the same reason
/// only nodes that are new are written: of others a later version may know nothing but the block. Where one of those would
/// have to be, it is marked as overdue, and the next edit that passes makes it new.
template <Order Sorted, class Shape>
class BufferedFlush {
  using InnerNode = Inner<Shape>;

 public:
  BufferedFlush(NodeSink const& sink, NodeSource const* source, FlushReceipt* receipt) noexcept
      : sink_{sink}, source_{source}, receipt_{receipt} {}

  /// A root, whole.
  NodeAddress root(NodeHeader* node) {
    if (is_stored(node) && is_usable(described_by<Shape>(node).block) && is_empty(described_by<Shape>(node).run)) {
      return node->address;
    }
    if (node->level != 0 && !is_settled(*as_inner<Shape>(node))) settle_children(*as_inner<Shape>(node));
    write(node);
    return node->address;
  }

 private:
  /// Whether it says where all its children are, and must go on saying so: others may have let go of leaves for that.
  [[nodiscard]] static bool is_settled(InnerNode const& inner) noexcept {
    return is_stored(&inner) || inner.enrolled.load(std::memory_order_acquire);
  }

  /// What a child is described by. Writes it where that is nothing.
  StoredChild describe_or_write(NodeHeader* node) {
    auto const& now = described_by<Shape>(node);
    if (node->level == 0 || is_settled(*as_inner<Shape>(node))) {
      if (!is_usable(now.block)) return write(node);
      if (!is_stored(node)) note(node);
      return now;
    }
    auto& inner = *as_inner<Shape>(node);
    settle_children(inner);
    if (auto run = run_since_base(inner)) {
      describe<Shape>(node, {now.block, std::move(*run)});
      note(node);
      return now;
    }
    return write(node);
  }

  void settle_children(InnerNode& inner) {
    for (std::size_t i = 0; i != inner.count; ++i) {
      if (auto* child = inner.child(i)) {
        put(inner, i, describe_or_write(child));
      } else if (!is_usable(inner.addresses.child(i).block)) {
        put(inner, i, write(child_of<Sorted>(inner, i, source_)));
      }
    }
  }

  /// Requires that the child is in memory: who reads it there does not look for its address.
  static void put(InnerNode& inner, std::size_t at, StoredChild child) {
    OriginLock const lock{&inner};
    auto const& before = inner.addresses.child(at);
    bool const known = (inner.addressed & InnerNode::bit(at)) != 0;
    if (known && before.block == child.block && before.run == child.run) return;
    inner.set_address(at, std::move(child));
  }

  /// What leads from the block to the node, where its children are the block's.
  [[nodiscard]] static std::optional<PendingRun> run_since_base(InnerNode const& inner) {
    if (inner.base == nullptr || !is_usable(inner.described_by.block)) return std::nullopt;
    auto const& base = *inner.base;
    if (base.size() != inner.count) return std::nullopt;
    for (std::size_t i = 0; i != base.size(); ++i) {
      if (base[i].block != inner.addresses.child(i).block) return std::nullopt;
    }
    auto run = std::make_shared<Pending>();
    for (std::size_t i = 0; i != base.size(); ++i) {
      if (!add_difference<Sorted>(base[i].run.get(), inner.addresses.child(i).run.get(), *run)) return std::nullopt;
    }
    if (run->operations.empty()) return PendingRun{};
    return run;
  }

  /// Writes a node whose children are all described; what it is described by.
  StoredChild write(NodeHeader* node) {
    if (node->level != 0 && is_new(*node)) {
      // Not settled until it is written: where that fails, its children may not be those that it was described by any more.
      node->stored.store(Stored::no, std::memory_order_release);
      relieve(*as_inner<Shape>(node));
    }
    auto const bytes = encode_node<Sorted, Shape>(*node, sink_.address_size,
                                                  [&](std::size_t at) { return as_inner<Shape>(node)->addresses[at]; });
    std::shared_ptr<std::vector<StoredChild> const> base;
    if (node->level != 0) base = children_of(*as_inner<Shape>(node));
    auto const block = std::make_shared<StoredBlock>(sink_.write(sink_.context, bytes));
    if (receipt_ != nullptr) receipt_->add(block);
    describe<Shape>(node, {block, {}});
    if (node->level != 0) {
      OriginLock const lock{node};
      as_inner<Shape>(node)->base.swap(base);
    }
    note(node);
    return {block, {}};
  }
  [[nodiscard]] static std::shared_ptr<std::vector<StoredChild> const> children_of(InnerNode const& inner) {
    std::vector<StoredChild> children;
    children.reserve(inner.count);
    for (std::size_t i = 0; i != inner.count; ++i) children.push_back(inner.addresses.child(i));
    return std::make_shared<std::vector<StoredChild> const>(std::move(children));
  }

  [[nodiscard]] static std::size_t weight_of(StoredChild const& child) {
    return detail::weight_of(joined<Sorted>(child.run.get()).all);
  }
  /// Writes the children with the longest runs until the others' are not too long.
  void relieve(InnerNode& inner) {
    std::size_t total = 0;
    std::array<std::size_t, InnerNode::capacity> weights;
    for (std::size_t i = 0; i != inner.count; ++i) total += weights[i] = weight_of(inner.addresses.child(i));
    auto const limit = limit_of(inner, total);
    std::uint32_t overdue = 0;
    while (total > limit) {
      auto* const most = std::max_element(weights.data(), weights.data() + inner.count);
      auto const at = static_cast<std::size_t>(most - weights.data());
      total -= std::exchange(*most, 0U);
      auto* child = inner.child(at);
      if (child != nullptr && is_new(*child)) {
        put(inner, at, write(child));
      } else {
        overdue |= InnerNode::bit(at);
      }
    }
    OriginLock const lock{&inner};
    inner.overdue = overdue;
  }
  /// A node is written with its buffers each time that something comes to them. So they are not many times longer than that:
  /// or a checkpoint of one datom would be as large as the buffers of all nodes on the way to it.
  [[nodiscard]] static std::size_t limit_of(InnerNode const& inner, std::size_t total) {
    constexpr std::size_t least = std::size_t{2} << 10U;
    constexpr std::size_t times = 8;
    std::size_t before = 0;
    if (inner.base != nullptr) {
      for (auto const& child : *inner.base) before += weight_of(child);
    }
    auto const more = total - std::min(total, before);
    return std::min(Shape::buffer_bytes(inner.level), std::max(least, more * times));
  }

  /// Whether every version that came of its own has the node, or a later one in its place, in memory.
  [[nodiscard]] static bool is_new(NodeHeader const& node) noexcept {
    if (node.stored.load(std::memory_order_acquire) == Stored::durable) return false;
    return node.level == 0 || !static_cast<InnerNode const&>(node).enrolled.load(std::memory_order_acquire);
  }

  /// A node that says now where it is.
  void note(NodeHeader* node) {
    auto* const cache = cache_of(source_);
    void (*enroll_it)(NodeHeader*, NodeCache&) = nullptr;
    if (node->level == 1) {
      enroll_it = [](NodeHeader* parent, NodeCache& to) { enroll<Sorted, Shape>(*as_inner<Shape>(parent), to); };
    }
    if (receipt_ != nullptr) receipt_->add(node, enroll_it, cache);
    node->address = described_by<Shape>(node).block->address;
    node->stored.store(Stored::promised, std::memory_order_release);
  }

  NodeSink const& sink_;
  NodeSource const* source_;
  FlushReceipt* receipt_;
};

}  // namespace cairn::detail
