// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How the versions of an inner node share their children without counting each.
#pragma once

#include <cairn/datom/reference_count.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace cairn::detail {

/// A lock that the versions of a node have in common; there is none to take while there is one thread.
class LineageLock {
 public:
  static constexpr std::size_t number = 64;

  explicit LineageLock(std::uint8_t stripe) noexcept : mutex_{single_threaded() ? nullptr : &mutexes[stripe].mutex} {
    if (mutex_ != nullptr) mutex_->lock();
  }
  LineageLock(LineageLock const&) = delete;
  LineageLock& operator=(LineageLock const&) = delete;
  ~LineageLock() {
    if (mutex_ != nullptr) mutex_->unlock();
  }

 private:
  struct alignas(64) Aligned {
    std::mutex mutex;
  };
  static inline constinit std::array<Aligned, number> mutexes{};

  std::mutex* mutex_;
};

/// The copy of a node, its heir, borrows the children of the node that it was made from, its origin: it points to them and
/// does not count them. So a copy costs its own bytes, and not a visit to each child, of which most are in no processor's
/// cache.
///
/// A node that nobody refers to any more and that has one heir leaves it what it owns, and its own origin; one with several
/// heirs stays, with all its children, until there is one. A child that no heir took over is given up then. So what a version
/// kept to itself goes with it, whatever the order in which versions go, or, where several others came from it, with all of
/// them but one: fewer nodes stay for that than there are versions.
///
/// A node that is to be changed in other ways than by putting another child in the place of one, is settled first: it counts
/// its children. One whose children come and go (`NodeCache`) is alone: its copies count what they share.
///
/// `Node` has `children[i]`, `child(i)`, `set_child`, `prefetch_for_end` and `count`, and releases at its end the children
/// that are not `borrowed`: bit i is for child i, which has the same place in the origin. All of this is guarded by the lock
/// of the line. Null as origin may be seen without it: that stays.
template <class Node>
struct Lineage {
  Lineage() noexcept = default;
  Lineage(Lineage const&) = delete;
  Lineage& operator=(Lineage const&) = delete;

  /// Whether all children are its own.
  [[nodiscard]] bool is_settled() const noexcept { return origin.load(std::memory_order_acquire) == nullptr; }

  std::atomic<Node*> origin{nullptr};
  Node* first_heir = nullptr;
  Node* next_heir = nullptr;  // of the same origin
  Node* previous_heir = nullptr;
  std::uint32_t borrowed = 0;
  std::uint8_t stripe = 0;
  bool alone = false;  // has no heirs, ever
  bool ended = false;  // nobody refers to it but heirs
};

template <class Node>
class Lineages {
 public:
  /// Lets `heir`, which is new and empty, borrow the children of `node`: bits for those that are in memory. None where it has
  /// to count them.
  [[nodiscard]] static std::optional<std::uint32_t> inherit(Node& node, Node& heir) noexcept {
    heir.stripe = node.stripe;
    LineageLock const lock{node.stripe};
    if (node.alone) return std::nullopt;
    std::uint32_t there = 0;
    std::size_t const count = node.count;
    for (std::size_t i = 0; i != count; ++i) {
      auto* shared = node.child(i);
      heir.children[i].store(shared, std::memory_order_relaxed);
      there |= static_cast<std::uint32_t>(shared != nullptr) << i;
    }
    heir.borrowed = there;
    link(node, heir);
    return there;
  }

  /// Makes all children of a node its own.
  static void settle(Node& node) noexcept {
    if (node.is_settled()) return;
    Node* gone = nullptr;
    {
      LineageLock const lock{node.stripe};
      gone = settle_locked(node);
    }
    destroy(gone);
  }

  /// Makes the node share nothing that is not counted, now and from now on.
  static void set_apart(Node& node) noexcept {
    Node* gone = nullptr;
    {
      LineageLock const lock{node.stripe};
      gone = settle_locked(node);
      while (node.first_heir != nullptr) static_cast<void>(settle_locked(*node.first_heir));  // it lives, so none is gone by that
      node.alone = true;
    }
    destroy(gone);
  }

  /// Puts another node in the place of a child. Whether the node had counted that child, so that it is to be released.
  [[nodiscard]] static bool replace(Node& node, std::size_t at, auto* child) noexcept {
    if (node.is_settled()) {
      node.set_child(at, child);
      return true;
    }
    LineageLock const lock{node.stripe};
    bool const owned = (node.borrowed & bit(at)) == 0;
    node.borrowed &= ~bit(at);
    node.set_child(at, child);
    return owned;
  }

  /// Nobody refers to the node any more.
  static void end(Node& node) noexcept {
    node.prefetch_for_end();
    Node* gone = nullptr;
    {
      LineageLock const lock{node.stripe};
      node.ended = true;
      gone = leave(&node);
    }
    destroy(gone);
  }

 private:
  [[nodiscard]] static constexpr std::uint32_t bit(std::size_t at) noexcept { return std::uint32_t{1} << at; }

  static void link(Node& node, Node& heir) noexcept {
    heir.next_heir = node.first_heir;
    heir.previous_heir = nullptr;
    if (node.first_heir != nullptr) node.first_heir->previous_heir = &heir;
    node.first_heir = &heir;
    heir.origin.store(&node, std::memory_order_release);
  }
  static void unlink(Node& origin, Node& heir) noexcept {
    (heir.previous_heir != nullptr ? heir.previous_heir->next_heir : origin.first_heir) = heir.next_heir;
    if (heir.next_heir != nullptr) heir.next_heir->previous_heir = heir.previous_heir;
    heir.origin.store(nullptr, std::memory_order_release);
  }

  /// The nodes that are gone by it, each followed by its `next_heir`.
  [[nodiscard]] static Node* settle_locked(Node& node) noexcept {
    auto* origin = node.origin.load(std::memory_order_relaxed);
    if (origin == nullptr) return nullptr;
    for (auto left = std::exchange(node.borrowed, 0); left != 0; left &= left - 1) {
      retain(node.child(static_cast<std::size_t>(std::countr_zero(left))));
    }
    unlink(*origin, node);
    return leave(origin);
  }

  /// Of a node and those that it came from, the ones that end because nobody needs them, each followed by its `next_heir`.
  /// What is `borrowed` then is not for them to release.
  [[nodiscard]] static Node* leave(Node* node) noexcept {
    Node* gone = nullptr;
    while (node != nullptr && node->ended) {
      auto* heir = node->first_heir;
      if (heir != nullptr && heir->next_heir != nullptr) break;
      auto* origin = node->origin.load(std::memory_order_relaxed);
      if (origin != nullptr) unlink(*origin, *node);
      if (heir != nullptr) {
        auto const passed_on = heir->borrowed;
        heir->borrowed &= node->borrowed;
        node->borrowed |= passed_on;
        if (origin != nullptr && heir->borrowed != 0) {
          link(*std::exchange(origin, nullptr), *heir);  // which has as many heirs as before
        } else {
          heir->origin.store(nullptr, std::memory_order_release);
        }
      }
      node->next_heir = std::exchange(gone, node);
      node = origin;
    }
    return gone;
  }

  static void destroy(Node* gone) noexcept {
    while (gone != nullptr) delete std::exchange(gone, gone->next_heir);
  }
};

}  // namespace cairn::detail
