// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which addresses a collection of garbage has found alive.
#pragma once

#include <cairn/concepts/blob_store.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace cairn {

/// A set of addresses that grows: a table without pointers, at most three quarters full. It takes from 4/3 to 8/3 of the
/// addresses' own bytes, and one and a half times as much for the moment in which it grows: of 16-byte addresses 21 to 43 bytes each.
template <BlobAddress Address>
class AddressSet {
 public:
  /// Whether it was not there. O(1) on average.
  bool insert(Address const& address) {
    if (address == Address{}) return !std::exchange(has_none_, true);
    if ((size_ + 1) * 4 > table_.size() * 3) grow();
    auto& place = table_[place_of(table_, address)];
    if (place == address) return false;
    place = address;
    ++size_;
    return true;
  }
  [[nodiscard]] bool contains(Address const& address) const noexcept {
    if (address == Address{}) return has_none_;
    return !table_.empty() && table_[place_of(table_, address)] == address;
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_ + (has_none_ ? 1 : 0); }

 private:
  using Table = std::vector<Address>;  // a power of two of them; the default value is an empty place

  /// Where it is, or the empty place where it belongs.
  [[nodiscard]] static std::size_t place_of(Table const& table, Address const& address) noexcept {
    auto const mask = table.size() - 1;
    auto at = static_cast<std::size_t>(hash_of(address)) & mask;
    while (!(table[at] == address) && !(table[at] == Address{})) at = (at + 1) & mask;
    return at;
  }
  /// Addresses may be numbers in a row, so that every bit is mixed into every other.
  [[nodiscard]] static std::uint64_t hash_of(Address const& address) noexcept {
    std::uint64_t hash = sizeof(Address);
    for (std::size_t at = 0; at < sizeof(Address); at += sizeof hash) {
      std::uint64_t word = 0;
      std::memcpy(&word, reinterpret_cast<char const*>(&address) + at, sizeof(Address) - at < sizeof word ? sizeof(Address) - at : sizeof word);
      hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
      hash ^= hash >> 32U;
    }
    return (hash * 0xd6e8feb86659fd93U) >> 16U;
  }

  void grow() {
    Table larger(table_.empty() ? 64 : 2 * table_.size());
    for (auto const& address : table_) {
      if (!(address == Address{})) larger[place_of(larger, address)] = address;
    }
    table_ = std::move(larger);
  }

  Table table_{};
  std::uint64_t size_ = 0;
  bool has_none_ = false;
};

}  // namespace cairn
