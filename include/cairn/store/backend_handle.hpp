// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend's connection, shared by all that reads from it.
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/index/node_address.hpp>
#include <cairn/index/node_cache.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn {

/// Holds a backend's connection for the engine and for every database value whose nodes may still have to be read, and
/// releases it, once, when the last of them is gone.
template <class Backend>
class BackendHandle {
 public:
  using Config = typename Backend::Config;
  using Blobs = ConnectionOf<Backend>;
  using Address = typename Blobs::Address;

  explicit BackendHandle(Config config) : config_{std::move(config)}, blobs_{Backend::connect_store(config_)} {}
  BackendHandle(BackendHandle const&) = delete;
  BackendHandle& operator=(BackendHandle const&) = delete;
  ~BackendHandle() {
    if constexpr (BackendReleasesStore<Backend>) {
      try {
        Backend::release_store(config_, blobs_);
      } catch (...) {  // NOLINT(bugprone-empty-catch): all that was acknowledged is durable, and a destructor has nobody to tell
      }
    }
  }

  [[nodiscard]] Config const& config() const noexcept { return config_; }
  [[nodiscard]] Blobs& blobs() noexcept { return blobs_; }

  /// What indexes read their nodes from; it keeps the handle alive. Leaves that can be read again take about `budget` bytes
  /// of memory at the most.
  [[nodiscard]] static std::shared_ptr<NodeSource const> node_source(std::shared_ptr<BackendHandle> handle,
                                                                     std::size_t budget = NodeCache::default_budget) {
    auto const read = [](void const* context, NodeAddress const& address) -> Bytes {
      return static_cast<Blobs const*>(context)->read(address.template to<Address>());
    };
    void const* blobs = &handle->blobs_;
    NodeSource source{blobs, read, sizeof(Address), std::move(handle), nullptr, std::make_shared<NodeCache>(budget)};
    if constexpr (BlobStoreReadsMany<Blobs>) {
      source.read_many = [](void const* context, std::span<NodeAddress const> nodes, BytesSink sink) {
        std::vector<Address> addresses;
        addresses.reserve(nodes.size());
        for (auto const& node : nodes) addresses.push_back(node.template to<Address>());
        static_cast<Blobs const*>(context)->read_many(
            std::span<Address const>{addresses},
            [&](std::size_t index, Bytes bytes) { sink.put(sink.context, index, std::move(bytes)); });
      };
    }
    return std::make_shared<NodeSource const>(std::move(source));
  }

  /// What indexes write their nodes to. The writer must outlive it.
  [[nodiscard]] static NodeSink node_sink(WriterOf<Blobs>& writer) {
    auto const write = [](void* context, std::span<std::byte const> bytes) -> NodeAddress {
      return NodeAddress::of(static_cast<WriterOf<Blobs>*>(context)->put(bytes));
    };
    return NodeSink{&writer, write, sizeof(Address)};
  }

 private:
  Config config_;
  Blobs blobs_;
};

}  // namespace cairn
