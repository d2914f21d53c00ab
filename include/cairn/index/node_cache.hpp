// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Keeps the leaves that a store's indexes have in memory within a budget.
#pragma once

#include <cairn/index/node_header.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

/// An inner node whose leaves may be unloaded: all of them can be read again. It takes part from `enroll` to its end.
struct CacheMember {
  std::atomic<bool> enrolled{false};
  CacheMember* before = nullptr;
  CacheMember* after = nullptr;
  /// Takes leaves that were not used since it was asked last out of the node, and gives them to `unlinked`.
  void (*unload)(CacheMember& member, NodeCache& cache) = nullptr;
};

}  // namespace detail

/// A budget for the leaves of all indexes that read from one store. A leaf that can be read again is forgotten when there
/// are too many and it was not used for the longest time, about: the second chance of a clock. What is not stored yet stays,
/// and so do inner nodes, some 1/30 of all; leaves at which a cursor is, or that are in an unstored version as well, go when
/// that lets go of them.
///
/// How a leaf goes while others read: it is taken out of its parent, and the parent's share in it is given up once every
/// thread that might have seen it there has been outside of the tree (each says so in a counter of its own, `Reading`).
/// A reader that stays somewhere counts the leaf that it is at. So no reader waits. Where threads that share a counter are
/// inside one after the other without a gap, what was taken out waits for one.
///
/// Thread safety: all members may be called on any thread.
class NodeCache {
 public:
  static constexpr std::size_t default_budget = std::size_t{256} << 20U;

  explicit NodeCache(std::size_t budget = default_budget) noexcept : budget_{budget}, threshold_{budget} {}
  NodeCache(NodeCache const&) = delete;
  NodeCache& operator=(NodeCache const&) = delete;
  /// Requires that nobody reads.
  ~NodeCache() {
    for (auto& batch : limbo_) let_go(batch);
  }

  [[nodiscard]] std::size_t budget() const noexcept { return budget_; }
  /// What the leaves take that can be read again, and those that could be but for their parents.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  /// How many leaves were read, and forgotten again.
  [[nodiscard]] std::uint64_t loads() const noexcept { return loads_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t unloads() const noexcept { return unloads_.load(std::memory_order_relaxed); }
  /// How often a thread went into a tree: to look something up, to go on to a next leaf, to edit. O(stripes).
  [[nodiscard]] std::uint64_t visits() const noexcept {
    std::uint64_t visits = 0;
    for (auto const& stripe : readers_) visits += stripe.number.load(std::memory_order_relaxed) / one_visit;
    return visits;
  }

  /// Forgets what was not used lately, then what was, until about `bytes` are left or nothing more can go.
  void trim(std::size_t bytes) noexcept {
    std::lock_guard lock{mutex_};
    unload_to(bytes);
    release_idle();
  }

  /// For the tree. A thread that reads: between the two, no leaf that it finds goes away.
  [[nodiscard]] unsigned enter() noexcept {
    auto const stripe = stripe_of_thread();
    readers_[stripe].number.fetch_add(one_visit + 1, std::memory_order_acq_rel);
    return stripe;
  }
  void leave(unsigned stripe) noexcept {
    readers_[stripe].number.fetch_sub(1, std::memory_order_acq_rel);
    if (pressing_.load(std::memory_order_relaxed)) [[unlikely]] make_room();
  }

  /// A leaf that is counted from now on, until `dropped`.
  void counted(std::size_t weight) noexcept {
    if (bytes_.fetch_add(weight, std::memory_order_relaxed) + weight > threshold_.load(std::memory_order_relaxed)) {
      pressing_.store(true, std::memory_order_relaxed);
    }
  }
  void loaded() noexcept { loads_.fetch_add(1, std::memory_order_relaxed); }
  void dropped(std::size_t weight) noexcept { bytes_.fetch_sub(weight, std::memory_order_relaxed); }

  /// Calls `prepare()` under the lock, once for a member.
  template <class Prepare>
  void enroll(detail::CacheMember& member, void (*unload)(detail::CacheMember&, NodeCache&), Prepare const& prepare) {
    std::lock_guard lock{mutex_};
    if (member.enrolled.load(std::memory_order_relaxed)) return;
    prepare();
    member.unload = unload;
    if (hand_ == nullptr) {
      member.before = member.after = hand_ = &member;
    } else {  // behind the hand: it comes there last
      member.after = hand_;
      member.before = hand_->before;
      member.before->after = member.after->before = &member;
    }
    ++members_;
    member.enrolled.store(true, std::memory_order_release);
  }
  void dismiss(detail::CacheMember& member) noexcept {
    std::lock_guard lock{mutex_};
    if (hand_ == &member) hand_ = member.after == &member ? nullptr : member.after;
    member.before->after = member.after;
    member.after->before = member.before;
    --members_;
  }
  /// For `CacheMember::unload`: whether a share in a leaf, which was just taken out of the tree, could be taken over.
  [[nodiscard]] bool may_unlink() noexcept {
    auto& leaves = limbo_.back().leaves;
    try {
      if (leaves.size() == leaves.capacity()) leaves.reserve(2 * leaves.size() + 16);
    } catch (...) {
      return false;
    }
    return true;
  }
  void unlinked(detail::NodeHeader* leaf, void (*release)(detail::NodeHeader*)) noexcept {
    limbo_.back().leaves.push_back({leaf, release});
    leaving_ += leaf->weight.load(std::memory_order_relaxed);
    unloads_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static constexpr unsigned stripes = 32;
  /// How many are inside, and above that how many came, which costs nothing more.
  static constexpr std::uint64_t one_visit = std::uint64_t{1} << 20U;
  struct alignas(64) Readers {
    std::atomic<std::uint64_t> number{0};
  };
  struct Leaving {
    detail::NodeHeader* leaf;
    void (*release)(detail::NodeHeader*);
  };
  /// Leaves that were taken out of the tree together, and the stripes whose readers may have seen them there.
  struct Batch {
    std::vector<Leaving> leaves;
    std::uint32_t waiting = UINT32_MAX;
  };
  static_assert(stripes == 32);

  [[nodiscard]] static unsigned stripe_of_thread() noexcept {
    static constinit std::atomic<unsigned> last{0};
    static constinit thread_local unsigned mine = 0;
    if (mine == 0) [[unlikely]] mine = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return mine % stripes;
  }

  void make_room() noexcept {
    std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return;
    release_idle();
    if (bytes() > threshold_.load(std::memory_order_relaxed) + leaving_) {
      unload_to(budget_ - budget_ / 16);  // further than need be, so that it isn't needed for each leaf
      release_idle();
      // What cannot go is not asked again for each leaf that comes.
      auto const left = bytes() - std::min(bytes(), leaving_);
      threshold_.store(std::max(budget_, left + budget_ / 16), std::memory_order_relaxed);
    }
    pressing_.store(!limbo_.empty(), std::memory_order_relaxed);
  }

  /// Requires the lock.
  void unload_to(std::size_t target) noexcept {
    try {
      limbo_.emplace_back();
    } catch (...) {
      return;
    }
    // The second time round finds used what somebody uses now.
    for (auto left = 2 * members_; left != 0 && hand_ != nullptr && bytes() > target + leaving_; --left) {
      auto& member = *hand_;
      hand_ = member.after;
      member.unload(member, *this);
    }
    if (limbo_.back().leaves.empty()) limbo_.pop_back();
  }

  /// Gives up the leaves that no thread can be on the way to. Requires the lock.
  void release_idle() noexcept {
    for (std::size_t i = 0; i != limbo_.size();) {
      auto& batch = limbo_[i];
      for (unsigned stripe = 0; stripe != stripes; ++stripe) {
        auto const bit = std::uint32_t{1} << stripe;
        // An addition of nothing rather than a load: a reader that enters later comes after it, and sees what was done.
        if ((batch.waiting & bit) != 0 && readers_[stripe].number.fetch_add(0, std::memory_order_acq_rel) % one_visit == 0) {
          batch.waiting &= ~bit;
        }
      }
      if (batch.waiting != 0) {
        ++i;
        continue;
      }
      let_go(batch);
      std::swap(batch, limbo_.back());
      limbo_.pop_back();
    }
  }
  void let_go(Batch& batch) noexcept {
    for (auto const& each : batch.leaves) {
      leaving_ -= each.leaf->weight.load(std::memory_order_relaxed);
      each.release(each.leaf);
    }
  }

  std::size_t const budget_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> threshold_;  // above it, room is made
  std::atomic<bool> pressing_{false};
  std::atomic<std::uint64_t> loads_{0};
  std::atomic<std::uint64_t> unloads_{0};

  std::mutex mutex_;  // guards what follows
  detail::CacheMember* hand_ = nullptr;
  std::size_t members_ = 0;
  std::size_t leaving_ = 0;  // bytes in limbo
  std::vector<Batch> limbo_;

  std::array<Readers, stripes> readers_{};
};

namespace detail {

/// As long as it lives, its thread may go through a tree of the cache's. Costs nothing where there is no cache.
class Reading {
 public:
  explicit Reading(NodeCache* cache) noexcept : cache_{cache} {
    if (cache_ != nullptr) stripe_ = cache_->enter();
  }
  Reading(Reading const&) = delete;
  Reading& operator=(Reading const&) = delete;
  ~Reading() {
    if (cache_ != nullptr) cache_->leave(stripe_);
  }

 private:
  NodeCache* cache_;
  unsigned stripe_ = 0;
};

[[nodiscard]] inline NodeCache* cache_of(NodeSource const* source) noexcept {
  return source == nullptr ? nullptr : source->cache.get();
}

}  // namespace detail

}  // namespace cairn
