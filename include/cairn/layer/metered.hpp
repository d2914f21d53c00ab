// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend that measures what is asked of another.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// Whether `Metered` does anything. Said at compile time, so that it costs nothing where it does not.
enum class Metering : std::uint8_t { on, off };

namespace layer {

template <class Inner>
class MeteredWriter : public Holds<MeteredWriter<Inner>, ConnectionOf<Inner>> {
 public:
  using Address = typename ConnectionOf<Inner>::Address;
  using InnerWriter = WriterOf<ConnectionOf<Inner>>;

  MeteredWriter(InnerWriter inner, std::shared_ptr<Metrics> metrics) : inner_{std::move(inner)}, metrics_{std::move(metrics)} {}

  Address put(std::span<std::byte const> bytes) {
    return written(StoreOperation::put, bytes.size(), [&] { return inner_.put(bytes); });
  }
  void put(Address const& address, std::span<std::byte const> bytes)
    requires BlobWriterPutsAt<ConnectionOf<Inner>>
  {
    Metrics::Call call{*metrics_, StoreOperation::put};
    inner_.put(address, bytes);
    call.add_bytes(bytes.size());
    call.done();
  }
  Address reserve()
    requires BlobWriterReserves<ConnectionOf<Inner>>
  {
    return inner_.reserve();
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return changed(StoreOperation::commit, state.size(), [&] { return inner_.commit(branch, expected, state); });
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return changed(StoreOperation::append, frame.size(), [&] { return inner_.append(branch, expected, frame); });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return changed(StoreOperation::drop, 0, [&] { return inner_.drop(branch, expected); });
  }

  void do_hold() {
    Metrics::Call call{*metrics_, StoreOperation::hold};
    inner_.hold();
    call.done();
  }

 private:
  template <class Work>
  Address written(StoreOperation operation, std::size_t size, Work work) {
    Metrics::Call call{*metrics_, operation};
    auto const address = work();
    call.add_bytes(size);
    call.done();
    return address;
  }
  template <class Work>
  CommitResult changed(StoreOperation operation, std::size_t size, Work work) {
    Metrics::Call call{*metrics_, operation};
    CommitResult result = work();
    if (result == CommitResult::committed) call.add_bytes(size);
    if (result == CommitResult::conflict) call.conflict();
    if (result == CommitResult::committed || result == CommitResult::conflict) call.done();
    return result;
  }

  InnerWriter inner_;
  std::shared_ptr<Metrics> metrics_;
};

/// Thread safety: as the inner connection's.
template <class Inner>
class MeteredConnection
    : public ReadsMany<MeteredConnection<Inner>, typename ConnectionOf<Inner>::Address, ConnectionOf<Inner>>,
      public NamesCommits<ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = typename InnerConnection::Address;
  using Writer = MeteredWriter<Inner>;

  MeteredConnection(InnerConnection inner, std::shared_ptr<Metrics> metrics)
      : inner_{std::move(inner)}, metrics_{std::move(metrics)} {}

  [[nodiscard]] Bytes read(Address const& address) const {
    Metrics::Call call{*metrics_, StoreOperation::read};
    auto bytes = inner_.read(address);
    call.add_bytes(bytes.size());
    call.done();
    return bytes;
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    Metrics::Call call{*metrics_, StoreOperation::root};
    auto record = inner_.root(branch);
    if (record.has_value()) {
      call.add_bytes(record->state.size());
      for (auto const& frame : record->tail) call.add_bytes(frame.size());
    }
    call.done();
    return record;
  }
  [[nodiscard]] std::vector<std::string> roots() const {
    Metrics::Call call{*metrics_, StoreOperation::roots};
    auto names = inner_.roots();
    call.done();
    return names;
  }
  [[nodiscard]] Writer begin() { return Writer{inner_.begin(), metrics_}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    Metrics::Call call{*metrics_, StoreOperation::sweep};
    inner_.sweep(live, cutoff);
    call.done();
  }
  void erase(LiveSet<Address> const& live, TimePoint cutoff)
    requires BlobStoreErases<InnerConnection>
  {
    Metrics::Call call{*metrics_, StoreOperation::sweep};
    inner_.erase(live, cutoff);
    call.done();
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
    Metrics::Call call{*metrics_, StoreOperation::read_many};
    inner_.read_many(addresses, [&](std::size_t index, Bytes bytes) {
      call.add_blob(bytes.size());
      sink(index, std::move(bytes));
    });
    call.done();
  }

  /// What has been measured so far, through this and, where the store has an id, all others of that id.
  [[nodiscard]] Metrics const& metrics() const noexcept { return *metrics_; }
  [[nodiscard]] InnerConnection& inner() noexcept { return inner_; }

 private:
  InnerConnection inner_;
  std::shared_ptr<Metrics> metrics_;
};

template <class Inner>
struct MeteredConfig {
  /// The store that is measured.
  typename Inner::Config store{};
  /// `cairn::metrics(id)` has the figures of all stores of this id; without one, each connection has its own.
  std::string id{};
};

}  // namespace layer

/// Measures counts, bytes and latencies of every operation of `Inner`: `connection.blobs().metrics()`, `cairn::metrics(id)`.
///
/// Promises what `Inner` does. `Metering::off` hands out the connection of `Inner` itself.
template <class Inner, Metering How = Metering::on>
struct Metered {
  static constexpr std::string_view layer_name = "metered";
  static constexpr std::string_view backend_id = layer::LayerId<Metered, Inner>::value;
  using index_tag = typename Inner::index_tag;
  using Config = layer::MeteredConfig<Inner>;
  using Connection = std::conditional_t<How == Metering::on, layer::MeteredConnection<Inner>, ConnectionOf<Inner>>;
  static constexpr auto config_spec = cairn::config_spec(store_of<Inner>(&Config::store), optional(&Config::id));
  static constexpr Capabilities capabilities = Inner::capabilities;

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Inner>(config.store, environment);
    return config;
  }
  static void empty_store(Config const& config) { Inner::empty_store(config.store); }
  static void delete_store(Config const& config) { Inner::delete_store(config.store); }
  static Connection connect_store(Config const& config) {
    if constexpr (How == Metering::off) {
      return Inner::connect_store(config.store);
    } else {
      auto metrics = config.id.empty() ? std::make_shared<Metrics>() : cairn::metrics(config.id);
      Metrics::Call call{*metrics, StoreOperation::connect};
      Connection connection{Inner::connect_store(config.store), metrics};
      call.done();
      return connection;
    }
  }
  static void release_store(Config const& config, Connection& connection) {
    if constexpr (How == Metering::off) {
      layer::release_part<Inner>(config.store, connection);
    } else {
      layer::release_part<Inner>(config.store, connection.inner());
    }
  }
};

}  // namespace cairn
