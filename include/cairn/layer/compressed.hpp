// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend that stores compressed bytes in another.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/zstd_codec.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {
namespace layer {

template <class Inner>
class CompressedWriter : public Holds<CompressedWriter<Inner>, ConnectionOf<Inner>> {
 public:
  using Address = typename ConnectionOf<Inner>::Address;
  using InnerWriter = WriterOf<ConnectionOf<Inner>>;

  CompressedWriter(InnerWriter inner, int level) : inner_{std::move(inner)}, level_{level} {}

  Address put(std::span<std::byte const> bytes) { return inner_.put(pack(bytes, level_)); }
  void put(Address const& address, std::span<std::byte const> bytes)
    requires BlobWriterPutsAt<ConnectionOf<Inner>>
  {
    inner_.put(address, pack(bytes, level_));
  }
  Address reserve()
    requires BlobWriterReserves<ConnectionOf<Inner>>
  {
    return inner_.reserve();
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return inner_.commit(branch, expected, pack(state, level_));
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return inner_.append(branch, expected, pack(frame, level_));
  }
  CommitResult drop(std::string_view branch, Version const& expected) { return inner_.drop(branch, expected); }

  void do_hold() { inner_.hold(); }

 private:
  InnerWriter inner_;
  int level_;
};

/// Thread safety: as the inner connection's.
template <class Inner>
class CompressedConnection
    : public ReadsMany<CompressedConnection<Inner>, typename ConnectionOf<Inner>::Address, ConnectionOf<Inner>>,
      public NamesCommits<ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = typename InnerConnection::Address;
  using Writer = CompressedWriter<Inner>;

  CompressedConnection(InnerConnection inner, int level) : inner_{std::move(inner)}, level_{level} {}

  [[nodiscard]] Bytes read(Address const& address) const { return unpack(inner_.read(address)); }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto record = inner_.root(branch);
    if (record.has_value()) {
      // A root that an append began has an empty state, which was not packed.
      if (!record->state.empty()) record->state = unpack(record->state);
      for (auto& frame : record->tail) frame = unpack(frame);
    }
    return record;
  }
  [[nodiscard]] std::vector<std::string> roots() const { return inner_.roots(); }
  [[nodiscard]] Writer begin() { return Writer{inner_.begin(), level_}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) { inner_.sweep(live, cutoff); }
  void erase(LiveSet<Address> const& live, TimePoint cutoff)
    requires BlobStoreErases<InnerConnection>
  {
    inner_.erase(live, cutoff);
  }
  /// Calls `visit(address, bytes, put_by)` for every blob, with the bytes that it takes in the store below.
  template <class Visit>
  void for_each_blob(Visit visit) const
    requires BlobStoreListsBlobs<InnerConnection>
  {
    inner_.for_each_blob(visit);
  }
  template <class Sink>
  void do_read_many(std::span<Address const> addresses, Sink& sink) const {
    inner_.read_many(addresses, [&](std::size_t index, Bytes bytes) { sink(index, unpack(bytes)); });
  }

  [[nodiscard]] InnerConnection& inner() noexcept { return inner_; }

 private:
  InnerConnection inner_;
  int level_;
};

template <class Inner>
struct CompressedConfig {
  /// The store that holds the compressed bytes.
  typename Inner::Config store{};
  /// How hard zstd tries, from -7, the fastest, to 22. May differ from one connection to the next.
  int level = 3;
};

}  // namespace layer

/// Compresses blobs, states and frames with zstd; what does not shrink is stored as it is. A store is opened through this layer if it was created
/// through it.
///
/// Promises what `Inner` does, but for reads without a copy.
template <class Inner>
struct Compressed {
  static constexpr std::string_view layer_name = "compressed";
  static constexpr std::string_view backend_id = layer::LayerId<Compressed, Inner>::value;
  using index_tag = typename Inner::index_tag;
  using Config = layer::CompressedConfig<Inner>;
  using Connection = layer::CompressedConnection<Inner>;
  static constexpr auto config_spec = cairn::config_spec(store_of<Inner>(&Config::store), range(&Config::level, -7, 22));
  static constexpr Capabilities capabilities = [] {
    auto made = Inner::capabilities;
    made.zero_copy_reads = false;
    made.needs = "libzstd";
    return made;
  }();

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Inner>(config.store, environment);
    return config;
  }
  static void empty_store(Config const& config) { Inner::empty_store(config.store); }
  static void delete_store(Config const& config) { Inner::delete_store(config.store); }
  static Connection connect_store(Config const& config) { return Connection{Inner::connect_store(config.store), config.level}; }
  static void release_store(Config const& config, Connection& connection) {
    layer::release_part<Inner>(config.store, connection.inner());
  }
};

}  // namespace cairn
