// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Blobs in memory, the least recently used of them going first, shared by all connections of a process to one store.
#pragma once

#include <cairn/concepts/bytes.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn {

/// What a cache has done so far and holds now.
struct CacheFigures {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;  ///< blobs that went because there was no room
  std::uint64_t blobs = 0;      ///< that it holds
  std::uint64_t bytes = 0;      ///< that these take, with what it takes to find them
  std::uint64_t budget = 0;
};

namespace layer {

/// A budget of bytes for blobs of one store, in parts that are locked each by itself.
///
/// A blob never changes, so there is nothing in it that could be out of date. Thread safety: every member may be called at once from
/// any thread; a look-up waits for those that look into the same one of sixteen parts.
template <class Address>
class BlobCache {
 public:
  explicit BlobCache(std::uint64_t budget) noexcept : budget_{budget} {}

  /// Whether it was there; then `bytes` is the blob.
  [[nodiscard]] bool find(Address const& address, Bytes& bytes) {
    auto& part = part_of(address);
    std::lock_guard const guard{part.mutex};
    auto const found = part.by_address.find(address);
    if (found == part.by_address.end()) {
      ++part.misses;
      return false;
    }
    ++part.hits;
    part.order.splice(part.order.begin(), part.order, found->second);
    bytes = found->second->second;
    return true;
  }

  /// Keeps a blob, at the cost of others. One that is larger than a part's budget is not kept.
  void keep(Address const& address, Bytes bytes) {
    auto const room = budget_.load(std::memory_order_relaxed) / parts_.size();
    auto const size = cost_of(bytes);
    auto& part = part_of(address);
    if (size > room) return;
    std::list<Entry> fresh, evicted;  // allocated before the lock, given back after it
    fresh.emplace_front(address, std::move(bytes));
    std::lock_guard const guard{part.mutex};
    if (!part.by_address.emplace(address, fresh.begin()).second) return;
    part.order.splice(part.order.begin(), fresh);
    part.bytes += size;
    while (part.bytes > room) {
      auto const last = std::prev(part.order.end());
      part.bytes -= cost_of(last->second);
      part.by_address.erase(last->first);
      evicted.splice(evicted.begin(), part.order, last);
      ++part.evictions;
    }
  }

  /// Forgets what is not live. `live` is called without a lock.
  template <class Live>
  void keep_only(Live const& live) {
    for (auto& part : parts_) {
      std::vector<Address> dead;
      {
        std::lock_guard const guard{part.mutex};
        for (auto const& [address, ignored] : part.by_address) dead.push_back(address);
      }
      std::erase_if(dead, [&](Address const& address) { return live(address); });
      std::lock_guard const guard{part.mutex};
      for (auto const& address : dead) {
        auto const found = part.by_address.find(address);
        if (found == part.by_address.end()) continue;
        part.bytes -= cost_of(found->second->second);
        part.order.erase(found->second);
        part.by_address.erase(found);
      }
    }
  }

  void raise_budget(std::uint64_t budget) noexcept {
    auto now = budget_.load(std::memory_order_relaxed);
    while (now < budget && !budget_.compare_exchange_weak(now, budget, std::memory_order_relaxed)) {
    }
  }

  [[nodiscard]] std::uint64_t budget() const noexcept { return budget_.load(std::memory_order_relaxed); }

  [[nodiscard]] CacheFigures figures() const {
    CacheFigures made;
    made.budget = budget();
    for (auto const& part : parts_) {
      std::lock_guard const guard{part.mutex};
      made.hits += part.hits;
      made.misses += part.misses;
      made.evictions += part.evictions;
      made.blobs += part.by_address.size();
      made.bytes += part.bytes;
    }
    return made;
  }

 private:
  using Entry = std::pair<Address, Bytes>;
  struct Hash {
    [[nodiscard]] std::size_t operator()(Address const& address) const noexcept {
      return std::hash<std::string_view>{}({reinterpret_cast<char const*>(&address), sizeof address});
    }
  };
  struct alignas(64) Part {
    mutable std::mutex mutex{};
    std::list<Entry> order{};  ///< the last used in front
    std::unordered_map<Address, typename std::list<Entry>::iterator, Hash> by_address{};
    std::uint64_t bytes = 0, hits = 0, misses = 0, evictions = 0;
  };

  /// A blob's own bytes and about what its entry and its index take.
  [[nodiscard]] static std::uint64_t cost_of(Bytes const& bytes) noexcept { return bytes.size() + 2 * sizeof(Entry) + 64; }

  [[nodiscard]] Part& part_of(Address const& address) noexcept {
    auto const hash = static_cast<std::uint64_t>(Hash{}(address));
    return parts_[(hash * 0x9e3779b97f4a7c15U) >> 60U];
  }

  std::atomic<std::uint64_t> budget_;
  std::array<Part, 16> parts_{};
};

/// The caches of this process by the identity of their stores; each lives as long as somebody is connected.
template <class Address>
class BlobCaches {
 public:
  [[nodiscard]] static std::shared_ptr<BlobCache<Address>> get(std::string const& identity, std::uint64_t budget) {
    static BlobCaches all;
    std::lock_guard const guard{all.mutex_};
    std::erase_if(all.caches_, [](auto const& entry) { return entry.second.expired(); });
    auto& known = all.caches_[identity];
    auto cache = known.lock();
    if (cache) {
      cache->raise_budget(budget);
    } else {
      cache = std::make_shared<BlobCache<Address>>(budget);
      known = cache;
    }
    return cache;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<BlobCache<Address>>> caches_;
};

}  // namespace layer
}  // namespace cairn
