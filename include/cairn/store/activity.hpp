// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection has done, counted.
#pragma once

#include <cairn/index/node_address.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn {

/// Counts that only grow, from the connection on, and how long the tail is. Each is exact; of two that are read, one may be ahead. Thread safety: all members may be
/// used at once from any thread; whoever counts waits for nobody, and does so once a commit.
class Activity {
 public:
  class Count {
   public:
    void add(std::uint64_t more) noexcept { number_.fetch_add(more, std::memory_order_relaxed); }
    void set(std::uint64_t number) noexcept { number_.store(number, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t get() const noexcept { return number_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> number_{0};
  };

  Count transactions{};       ///< that were committed, imports too
  Count refused{};            ///< that were not, for whatever reason
  Count appends{};            ///< commits that added a frame to the tail
  Count checkpoints{};        ///< commits that replaced the state
  Count conflicts{};          ///< commits that others overtook
  Count transaction_bytes{};  ///< transactions in their stored form, imports aside
  Count appended_bytes{};     ///< frames of the tail
  Count checkpoint_bytes{};   ///< nodes, states and records, imports aside
  Count import_bytes{};       ///< the same, of imports
  Count nodes_written{};

  Count tail_frames{};  ///< now
  Count tail_bytes{};
};

/// Hands nodes on to another sink and counts them.
class CountedSink {
 public:
  explicit CountedSink(NodeSink below) noexcept : below_{below} {}
  CountedSink(CountedSink const&) = delete;
  CountedSink& operator=(CountedSink const&) = delete;

  /// Of use as long as this and what is below.
  [[nodiscard]] NodeSink sink() noexcept { return {this, &CountedSink::write, below_.address_size, below_.name_of}; }
  [[nodiscard]] std::uint64_t nodes() const noexcept { return nodes_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// What was written is not to be: it is given up.
  void forget() noexcept { nodes_ = bytes_ = 0; }

 private:
  static NodeAddress write(void* context, std::span<std::byte const> bytes) {
    auto& self = *static_cast<CountedSink*>(context);
    auto const address = self.below_.write(self.below_.context, bytes);
    ++self.nodes_;
    self.bytes_ += bytes.size();
    return address;
  }

  NodeSink below_;
  std::uint64_t nodes_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace cairn
