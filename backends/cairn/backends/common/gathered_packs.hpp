// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Blobs that wait to be written, in packs.
#pragma once

#include <cairn/backends/common/pack.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace cairn::backends::common {

/// What a writer has put and not written yet. Where writing it fails it stays, for another attempt. Not safe to share between threads.
class GatheredPacks {
 public:
  /// A pack has no more bytes than that, but for one blob that has more by itself, and no more blobs.
  explicit constexpr GatheredPacks(std::size_t most_bytes, std::size_t most_blobs = (std::numeric_limits<std::size_t>::max)()) noexcept
      : most_bytes_{most_bytes}, most_blobs_{most_blobs} {}

  /// Keeps a copy. `new_pack()` is an empty pack under a key of its own. O(size). Requires: less than 4 GiB.
  template <class NewPack>
  PackedAddress put(ByteSpan blob, NewPack new_pack) {
    if (!has_room_for(blob.size())) packs_.push_back(new_pack());
    auto& pack = packs_.back();
    auto const before = pack.bytes.size();
    auto const address = pack.put(blob);
    bytes_ += pack.bytes.size() - before;
    return address;
  }

  [[nodiscard]] bool empty() const noexcept { return packs_.empty(); }
  /// How many bytes there are in all packs.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// To be sealed and written.
  [[nodiscard]] std::span<Pack> packs() noexcept { return packs_; }
  /// They are written.
  void clear() noexcept {
    packs_.clear();
    bytes_ = 0;
  }

 private:
  [[nodiscard]] bool has_room_for(std::size_t size) const noexcept {
    if (packs_.empty()) return false;
    auto const& pack = packs_.back();
    // One that is sealed has been tried to write: it may be there, or an attempt be under way still.
    return !pack.is_sealed && pack.blobs.size() != most_blobs_ && pack.bytes.size() + size <= most_bytes_;
  }

  std::size_t most_bytes_;
  std::size_t most_blobs_;
  std::vector<Pack> packs_{};
  std::size_t bytes_ = 0;
};

}  // namespace cairn::backends::common
