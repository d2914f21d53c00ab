// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the memory backend.
#pragma once

#include <cairn/backends/mem/state.hpp>
#include <cairn/concepts/root.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::mem {

/// Gathers blobs and publishes them with one change of a root. After a conflict it still has what was put, for another
/// attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread.
class Writer {
 public:
  explicit Writer(std::shared_ptr<details::State> state) : state_{std::move(state)} {}

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size).
  Address put(std::span<std::byte const> bytes) {
    auto const address = reserve();
    put(address, bytes);
    return address;
  }
  /// An address for a `put` to come. O(1).
  Address reserve() { return state_->reserve(); }
  /// The same under an address that is known before; what is there is replaced. O(size).
  void put(Address const& address, std::span<std::byte const> bytes) {
    blobs_.push_back({address, Bytes::copy(bytes), std::chrono::system_clock::now()});
  }

  /// Replaces the root's state and empties its tail.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return state_->commit(branch, expected, blobs_, Bytes::copy(state));
  }

  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return state_->append(branch, expected, blobs_, Bytes::copy(frame));
  }

  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) { return state_->drop(branch, expected, blobs_); }

 private:
  std::shared_ptr<details::State> state_;
  std::vector<details::Blob> blobs_;
};

}  // namespace cairn::backends::mem
