// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a stored node is, and the two function pointers through which an index reads and writes nodes.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace cairn {

class LiveValues;
class NodeCache;

/// The address that a backend gave a node, without the backend's type. Size 0: nowhere (an empty index has no node).
struct NodeAddress {
  std::array<std::byte, max_address_size> bytes{};
  std::uint8_t size = 0;

  template <BlobAddress Address>
  [[nodiscard]] static NodeAddress of(Address const& address) noexcept {
    NodeAddress result;
    result.size = sizeof(Address);
    std::memcpy(result.bytes.data(), &address, sizeof(Address));
    return result;
  }
  /// The bytes of an address. Requires `view.size() <= max_address_size`.
  [[nodiscard]] static NodeAddress of(std::span<std::byte const> view) noexcept {
    NodeAddress result;
    result.size = static_cast<std::uint8_t>(view.size());
    if (!view.empty()) std::memcpy(result.bytes.data(), view.data(), view.size());
    return result;
  }

  /// Requires that `size` is that of an `Address`.
  template <BlobAddress Address>
  [[nodiscard]] Address to() const noexcept {
    Address address{};
    std::memcpy(&address, bytes.data(), sizeof(Address));
    return address;
  }

  [[nodiscard]] std::span<std::byte const> view() const noexcept { return std::span{bytes}.first(size); }

  friend bool operator==(NodeAddress const& left, NodeAddress const& right) noexcept {
    return left.size == right.size && std::memcmp(left.bytes.data(), right.bytes.data(), left.size) == 0;
  }
};

/// Takes what `NodeSource::read_many` reads: the bytes of the address at `index`.
struct BytesSink {
  void* context = nullptr;
  void (*put)(void* context, std::size_t index, Bytes bytes) = nullptr;
};

/// Where an index gets nodes from that are not in memory: one call through a pointer, off the hot path.
/// Thread safety: `read` and `read_many` may be called at once from any thread.
struct NodeSource {
  void const* context = nullptr;
  Bytes (*read)(void const* context, NodeAddress const& address) = nullptr;
  std::uint8_t address_size = 0;
  /// Whatever `context` needs to stay alive.
  std::shared_ptr<void const> keep_alive;
  /// Reads several at once, in any order, where the backend can: scans read ahead with it. Null: it cannot.
  void (*read_many)(void const* context, std::span<NodeAddress const> addresses, BytesSink sink) = nullptr;
  /// What holds the leaves that are read within a budget. Null: they stay as long as the tree does.
  std::shared_ptr<NodeCache> cache = {};
  /// What of the store is held in this process. Null: nobody asks.
  std::shared_ptr<LiveValues> values = {};
  /// What gives commits their names (`BlobStoreNamesCommits`). Null: they have random ones.
  ContentName (*name_of)(std::span<std::byte const> bytes) = nullptr;
};

/// Where an index puts nodes. `write` returns the address of the bytes, of `address_size` bytes.
struct NodeSink {
  void* context = nullptr;
  NodeAddress (*write)(void* context, std::span<std::byte const> bytes) = nullptr;
  std::uint8_t address_size = 0;
  /// As of the source.
  ContentName (*name_of)(std::span<std::byte const> bytes) = nullptr;
};

}  // namespace cairn

template <>
struct std::hash<cairn::NodeAddress> {
  std::size_t operator()(cairn::NodeAddress const& address) const noexcept {
    return std::hash<std::string_view>{}(
        {reinterpret_cast<char const*>(address.bytes.data()), static_cast<std::size_t>(address.size)});
  }
};
