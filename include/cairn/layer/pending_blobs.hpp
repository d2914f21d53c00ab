// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a writer has put and not committed yet, as far as there is room to remember it.
#pragma once

#include <cairn/concepts/bytes.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace cairn::layer {

/// Blobs that go into a cache when their commit has succeeded, and not before: an address that was never committed may be given to
/// another blob. Remembers the first `most` bytes; what comes after is read from the store when it is needed.
template <class Address>
class PendingBlobs {
 public:
  using Blob = std::pair<Address, Bytes>;

  explicit PendingBlobs(std::size_t most) noexcept : most_{most} {}

  void add(Address const& address, std::span<std::byte const> bytes) {
    if (bytes.size() > most_ - size_) return;
    size_ += bytes.size();
    blobs_.emplace_back(address, Bytes::copy(bytes));
  }
  /// Hands them over and has none.
  [[nodiscard]] std::vector<Blob> take() noexcept {
    size_ = 0;
    return std::exchange(blobs_, {});
  }
  void forget() noexcept { static_cast<void>(take()); }

 private:
  std::size_t most_;
  std::size_t size_ = 0;
  std::vector<Blob> blobs_;
};

}  // namespace cairn::layer
