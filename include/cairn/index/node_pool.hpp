// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Memory of nodes that died a moment ago, for those that are made next.
#pragma once

#include <cstddef>
#include <new>

// A pool would hide from the sanitizers that a dead node is used.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAIRN_NODE_POOL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CAIRN_NODE_POOL 0
#endif
#endif
#ifndef CAIRN_NODE_POOL
#define CAIRN_NODE_POOL 1
#endif

namespace cairn::detail {

/// A few blocks of one size a thread. A version that replaces another takes as many nodes as it lets go, all too large for
/// what the C library keeps at hand: with them, a quarter of a path copy was allocation.
template <std::size_t Size>
class NodePool {
 public:
  [[nodiscard]] static void* allocate() {
    auto& kept = list();
    if (kept.first == nullptr) return ::operator new(Size);
    --kept.count;
    auto* block = kept.first;
    kept.first = block->next;
    return block;
  }
  static void free(void* memory) noexcept {
    auto& kept = list();
    if (kept.count >= most) return refuse(memory);
    kept.first = ::new (memory) Block{kept.first};
    ++kept.count;
  }

 private:
  static constexpr unsigned most = 16;
  struct Block {
    Block* next;
  };
  struct List {
    Block* first;
    unsigned count;
  };
  /// Gives all back when the thread ends, and sees to it that nothing is kept after that.
  struct Closer {
    List& kept;
    ~Closer() {
      kept.count = closed;
      while (kept.first != nullptr) {
        auto* block = kept.first;
        kept.first = block->next;
        ::operator delete(block, Size);
      }
    }
  };
  static constexpr unsigned closed = ~0U;
  static constexpr unsigned new_list = ~0U - 1;

  [[nodiscard]] static List& list() noexcept {
    static constinit thread_local List kept{nullptr, new_list};  // without a destructor: it is there to the thread's last node
    return kept;
  }
  static void refuse(void* memory) noexcept {
    auto& kept = list();
    if (kept.count != new_list) return ::operator delete(memory, Size);
    static thread_local Closer closer{kept};
    static_cast<void>(closer);
    kept.count = 0;
    free(memory);
  }
};

/// What a node inherits its `new` from.
template <class Node>
struct Pooled {
#if CAIRN_NODE_POOL
  static void* operator new(std::size_t) { return NodePool<sizeof(Node)>::allocate(); }
  static void operator delete(void* memory) noexcept { NodePool<sizeof(Node)>::free(memory); }
#endif
};

}  // namespace cairn::detail
