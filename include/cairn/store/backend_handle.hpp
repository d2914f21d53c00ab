// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend's connection, shared by all that reads from it.
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/index/live_values.hpp>
#include <cairn/index/node_address.hpp>
#include <cairn/index/node_cache.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
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
  /// What is held of what was read through it.
  [[nodiscard]] LiveValues& values() const noexcept { return *values_; }

  /// Held by a collection of garbage in this process while it decides what is dead and removes it, and shared by whoever reads what
  /// is no root's any more. Taken before `changing`.
  [[nodiscard]] static std::shared_mutex& collecting() {
    static std::shared_mutex made;
    return made;
  }

  /// Those of this backend that something in this process may be read through.
  [[nodiscard]] static std::vector<std::shared_ptr<BackendHandle>> all() {
    std::vector<std::shared_ptr<BackendHandle>> handles;
    std::lock_guard const lock{registry().mutex};
    for (auto const& handle : registry().handles) {
      if (auto alive = handle.lock()) handles.push_back(std::move(alive));
    }
    return handles;
  }

  /// What indexes read their nodes from; it keeps the handle alive. Leaves that can be read again take about `budget` bytes
  /// of memory at the most.
  [[nodiscard]] static std::shared_ptr<NodeSource const> node_source(std::shared_ptr<BackendHandle> handle,
                                                                     std::size_t budget = NodeCache::default_budget) {
    auto const read = [](void const* context, NodeAddress const& address) -> Bytes {
      return static_cast<Blobs const*>(context)->read(address.template to<Address>());
    };
    enlist(handle);
    void const* blobs = &handle->blobs_;
    auto values = handle->values_;
    NodeSource source{blobs, read, sizeof(Address), std::move(handle), nullptr, std::make_shared<NodeCache>(budget), std::move(values)};
    if constexpr (BlobStoreNamesCommits<Blobs>) source.name_of = &Blobs::name_of;
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
    NodeSink sink{&writer, write, sizeof(Address)};
    if constexpr (BlobStoreNamesCommits<Blobs>) sink.name_of = &Blobs::name_of;
    return sink;
  }

 private:
  struct Registry {
    std::mutex mutex{};
    std::vector<std::weak_ptr<BackendHandle>> handles{};
  };
  static Registry& registry() {
    static Registry made;
    return made;
  }
  static void enlist(std::shared_ptr<BackendHandle> const& handle) {
    auto& [mutex, handles] = registry();
    std::lock_guard const lock{mutex};
    std::erase_if(handles, [&](auto const& other) {
      return other.expired() || (!other.owner_before(handle) && !handle.owner_before(other));
    });
    handles.push_back(handle);
  }

  Config config_;
  Blobs blobs_;
  std::shared_ptr<LiveValues> values_ = std::make_shared<LiveValues>();
};

}  // namespace cairn
