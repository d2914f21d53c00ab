// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Counts the bytes that a program has allocated. It replaces operator new: to be included by one unit of a program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace cairn::benchmarks {

/// Of the whole program, and of no thread in particular. Nothing is counted, and nothing lost, before `begin`.
class CountedMemory {
 public:
  static void begin() noexcept { counts_.store(true, std::memory_order_relaxed); }
  static void note(void* block) noexcept {
    if (!counts_.load(std::memory_order_relaxed)) return;
    auto const now = live_.fetch_add(size_of(block), std::memory_order_relaxed) + size_of(block);
    if (now > most_.load(std::memory_order_relaxed)) most_.store(now, std::memory_order_relaxed);
  }
  static void forget(void* block) noexcept {
    if (counts_.load(std::memory_order_relaxed)) live_.fetch_sub(size_of(block), std::memory_order_relaxed);
  }

  /// Only differences say something.
  [[nodiscard]] static std::size_t live() noexcept { return live_.load(std::memory_order_relaxed); }
  /// Since the last `restart`.
  [[nodiscard]] static std::size_t most() noexcept { return most_.load(std::memory_order_relaxed); }
  static void restart() noexcept { most_.store(live(), std::memory_order_relaxed); }

 private:
  static std::size_t size_of(void* block) noexcept { return block == nullptr ? 0 : ::malloc_usable_size(block); }
  static inline std::atomic<bool> counts_{false};
  static inline std::atomic<std::size_t> live_{std::size_t{1} << 40U};  // what was there before may go
  static inline std::atomic<std::size_t> most_{0};
};

}  // namespace cairn::benchmarks

// Not inline: g++ warns of what it doesn't see as a pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  auto* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc{};
  cairn::benchmarks::CountedMemory::note(block);
  return block;
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  auto const unit = static_cast<std::size_t>(alignment);
  auto* block = std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (block == nullptr) throw std::bad_alloc{};
  cairn::benchmarks::CountedMemory::note(block);
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
  cairn::benchmarks::CountedMemory::forget(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { operator delete(block); }
