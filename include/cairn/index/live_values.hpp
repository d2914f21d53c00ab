// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The values of a store that somebody in this process still holds.
#pragma once

#include <cairn/index/node_address.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace cairn {

/// Takes the addresses that a value consists of. False leaves out what is below one.
struct AddressSink {
  void* context = nullptr;
  bool (*put)(void* context, NodeAddress const& address) = nullptr;
};

/// Whatever reads its nodes from one open store, for as long as it lives: what a collection of garbage must not take away.
///
/// Thread safety: all members may be called at once from any thread.
class LiveValues {
 public:
  /// Gives `sink` the addresses of all stored nodes that `value` consists of.
  using Visit = void (*)(void const* value, AddressSink const& sink);

  /// Remembers a value until nobody holds it. O(1) on average.
  void add(std::weak_ptr<void const> value, Visit visit) {
    std::lock_guard const lock{mutex_};
    if (values_.size() >= limit_) {
      std::erase_if(values_, [](Entry const& entry) { return entry.value.expired(); });
      limit_ = (std::max)(smallest_limit, 2 * values_.size());
    }
    values_.push_back({std::move(value), visit});
  }

  /// One that is held: `visit_addresses(sink)` gives what it consists of, and may read. Requires: whoever stores nodes of these values waits (`changing`).
  struct Held {
    std::shared_ptr<void const> value;
    Visit visit;
    void visit_addresses(AddressSink const& sink) const { visit(value.get(), sink); }
  };
  [[nodiscard]] std::vector<Held> held() const {
    std::vector<Held> all;
    std::lock_guard const lock{mutex_};
    for (auto const& entry : values_) {
      if (auto value = entry.value.lock()) all.push_back({std::move(value), entry.visit});
    }
    return all;
  }

  /// How many are held. Linear in those that were.
  [[nodiscard]] std::size_t count() const {
    std::lock_guard const lock{mutex_};
    return static_cast<std::size_t>(std::ranges::count_if(values_, [](Entry const& entry) { return !entry.value.expired(); }));
  }

  /// Held while a root is read and made a value of, and while nodes of values are stored: between the two it is known neither
  /// here nor there what is alive. Recursive, since the one is a part of the other.
  [[nodiscard]] std::recursive_mutex& changing() noexcept { return changing_; }

 private:
  struct Entry {
    std::weak_ptr<void const> value;
    Visit visit;
  };
  static constexpr std::size_t smallest_limit = 64;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<Entry> values_;
  std::size_t limit_ = smallest_limit;

  std::recursive_mutex changing_;
};

}  // namespace cairn
