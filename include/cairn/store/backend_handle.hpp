// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend's connection, shared by all that reads from it.
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/index/node_address.hpp>

#include <memory>
#include <span>
#include <utility>

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

  /// What indexes read their nodes from; it keeps the handle alive.
  [[nodiscard]] static std::shared_ptr<NodeSource const> node_source(std::shared_ptr<BackendHandle> handle) {
    auto const read = [](void const* context, NodeAddress const& address) -> Bytes {
      return static_cast<Blobs const*>(context)->read(address.template to<Address>());
    };
    void const* blobs = &handle->blobs_;
    return std::make_shared<NodeSource const>(NodeSource{blobs, read, sizeof(Address), std::move(handle)});
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
