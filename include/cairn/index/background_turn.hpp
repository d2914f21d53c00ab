// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Nodes that come from the store while a scan is still at those before them.
#pragma once

#include <cairn/index/node_address.hpp>
#include <cairn/meta/start_thread.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::detail {

/// One call of `read_many` on a thread of its own. It knows addresses and bytes, and nothing of trees: whoever takes
/// the bytes makes nodes of them, on a thread that may. Its end, as `wait`, takes as long as the store does.
class BackgroundTurn {
 public:
  /// Requires: `source->read_many`. Throws where there can be no thread.
  BackgroundTurn(std::shared_ptr<NodeSource const> source, std::vector<NodeAddress> addresses)
      : source_{std::move(source)}, addresses_{std::move(addresses)}, bytes_(addresses_.size()), thread_{meta::start_thread([this] { read(); })} {}
  BackgroundTurn(BackgroundTurn const&) = delete;
  BackgroundTurn& operator=(BackgroundTurn const&) = delete;
  ~BackgroundTurn() { wait(); }

  /// Ends one, and forgets it where it is of the process that this one was forked from: its thread is not here, and what that was at may be half done.
  struct End {
    void operator()(BackgroundTurn* turn) const noexcept {
      if (turn->is_of_this_process()) delete turn;
    }
  };
  [[nodiscard]] bool is_of_this_process() const noexcept { return ::getpid() == process_; }

  void wait() noexcept {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool is_over() const noexcept { return is_over_.load(std::memory_order_acquire); }
  /// Whether it was asked for that address. Linear.
  [[nodiscard]] bool brings(NodeAddress const& address) const noexcept {
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  }
  /// The bytes at an address, once; null where they were not asked for, did not come or were taken. O(1) where
  /// addresses are asked for in the order in which they were given. Requires: `wait` has returned.
  [[nodiscard]] Bytes take(NodeAddress const& address) noexcept {
    for (std::size_t at = next_; at != addresses_.size(); ++at) {
      if (!(addresses_[at] == address)) continue;
      next_ = at + 1;
      return std::exchange(bytes_[at], Bytes{});
    }
    return {};
  }

 private:
  void read() noexcept {
    try {
      source_->read_many(source_->context, std::span<NodeAddress const>{addresses_},
                         {this, [](void* turn, std::size_t index, Bytes bytes) {
                            auto& to = static_cast<BackgroundTurn*>(turn)->bytes_;
                            if (index < to.size()) to[index] = std::move(bytes);
                          }});
    } catch (std::exception const&) {  // NOLINT(bugprone-empty-catch): what does not come is read again, and reported, by who needs it
    }
    is_over_.store(true, std::memory_order_release);
  }

  std::shared_ptr<NodeSource const> source_;
  std::vector<NodeAddress> addresses_;
  std::vector<Bytes> bytes_;
  std::size_t next_ = 0;
  std::atomic<bool> is_over_ = false;
  pid_t process_ = ::getpid();
  std::thread thread_;  // the last: it uses the others
};

}  // namespace cairn::detail
