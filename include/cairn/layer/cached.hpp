// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend that remembers what it has read from another.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/layer/blob_cache.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/past_copies.hpp>
#include <cairn/layer/pending_blobs.hpp>
#include <cairn/layer/store_identity.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {
namespace layer {

template <class Inner>
class CachedWriter : public Holds<CachedWriter<Inner>, ConnectionOf<Inner>> {
 public:
  using Address = typename ConnectionOf<Inner>::Address;
  using InnerWriter = WriterOf<ConnectionOf<Inner>>;
  using Cache = BlobCache<Address>;

  CachedWriter(InnerWriter inner, std::shared_ptr<Cache> cache)
      : inner_{std::move(inner)}, cache_{std::move(cache)}, pending_{static_cast<std::size_t>(cache_->budget() / 4)} {}

  Address put(std::span<std::byte const> bytes) {
    auto const address = inner_.put(bytes);
    pending_.add(address, bytes);
    return address;
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return remembered(inner_.commit(InnerName{branch}.view(), expected, state));
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return remembered(inner_.append(InnerName{branch}.view(), expected, frame));
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return remembered(inner_.drop(InnerName{branch}.view(), expected));
  }

  void do_hold() { inner_.hold(); }

 private:
  /// Of a commit whose outcome is not known, nothing is remembered.
  CommitResult remembered(CommitResult result) {
    if (result == CommitResult::unknown) pending_.forget();
    if (result == CommitResult::committed) {
      try {
        for (auto& [address, bytes] : pending_.take()) cache_->keep(address, std::move(bytes));
      } catch (std::bad_alloc const&) {  // NOLINT(bugprone-empty-catch): the commit has landed, and a cache needs nothing
      }
    }
    return result;
  }

  InnerWriter inner_;
  std::shared_ptr<Cache> cache_;
  PendingBlobs<Address> pending_;
};

/// Thread safety: as the inner connection's.
template <class Inner>
class CachedConnection
    : public ReadsMany<CachedConnection<Inner>, typename ConnectionOf<Inner>::Address, ConnectionOf<Inner>>,
      public NamesCommits<ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = typename InnerConnection::Address;
  using Writer = CachedWriter<Inner>;
  using Cache = BlobCache<Address>;
  /// Of what is in the store below, a read need not tell.
  static constexpr bool answers_from_copies = true;

  CachedConnection(InnerConnection inner, std::shared_ptr<Cache> cache) : inner_{std::move(inner)}, cache_{std::move(cache)} {}

  [[nodiscard]] Bytes read(Address const& address) const {
    Bytes bytes;
    if (!PastCopies::are_wanted() && cache_->find(address, bytes)) return bytes;
    bytes = inner_.read(address);
    cache_->keep(address, bytes);
    return bytes;
  }
  /// Always the store's own, now: roots are not kept.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const { return inner_.root(InnerName{branch}.view()); }
  [[nodiscard]] std::vector<std::string> roots() const { return visible_roots(inner_.roots()); }
  [[nodiscard]] Writer begin() { return Writer{inner_.begin(), cache_}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    inner_.sweep(live, cutoff);
    cache_->keep_only(live);
  }
  void erase(LiveSet<Address> const& live, TimePoint cutoff)
    requires BlobStoreErases<InnerConnection>
  {
    inner_.erase(live, cutoff);
    cache_->keep_only(live);
  }
  /// Calls `visit(address, bytes, put_by)` for every blob, with the bytes that it takes in the store below.
  template <class Visit>
  void for_each_blob(Visit visit) const
    requires BlobStoreListsBlobs<InnerConnection>
  {
    inner_.for_each_blob(visit);
  }
  /// Asks for what is not here.
  template <class Sink>
  void do_read_many(std::span<Address const> addresses, Sink& sink) const {
    std::vector<Address> missing;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i != addresses.size(); ++i) {
      if (Bytes bytes; !PastCopies::are_wanted() && cache_->find(addresses[i], bytes)) {
        sink(i, std::move(bytes));
      } else {
        missing.push_back(addresses[i]);
        places.push_back(i);
      }
    }
    if (missing.empty()) return;
    inner_.read_many(std::span<Address const>{missing}, [&](std::size_t index, Bytes bytes) {
      cache_->keep(missing[index], bytes);
      sink(places[index], std::move(bytes));
    });
  }

  /// Hits, misses and what is held, of all connections that share the cache.
  [[nodiscard]] CacheFigures figures() const { return cache_->figures(); }
  [[nodiscard]] InnerConnection& inner() noexcept { return inner_; }

 private:
  InnerConnection inner_;
  std::shared_ptr<Cache> cache_;
};

template <class Inner>
struct CachedConfig {
  /// The store whose blobs are remembered.
  typename Inner::Config store{};
  /// How many bytes of memory they may take, in this process. Of connections that share a cache the largest budget holds.
  ByteSize budget{std::uint64_t{64} << 20U};
};

}  // namespace layer

/// Keeps blobs of `Inner` in memory, those last used, within a budget; roots are always asked of the store. Connections of one process to
/// one store share them, if the store was created through this layer, which gives it an identity; else each has its own. Not shared is what was
/// written and not committed.
///
/// Promises what `Inner` does. Where that hands out blobs without a copy already, this is `Inner`'s own connection: there is nothing to
/// gain. A sweep forgets what is dead.
template <class Inner>
struct Cached {
  static constexpr std::string_view layer_name = "cached";
  static constexpr std::string_view backend_id = layer::LayerId<Cached, Inner>::value;
  using index_tag = typename Inner::index_tag;
  using Config = layer::CachedConfig<Inner>;
  static constexpr Capabilities capabilities = Inner::capabilities;
  using Connection = std::conditional_t<capabilities.zero_copy_reads, ConnectionOf<Inner>, layer::CachedConnection<Inner>>;
  static constexpr auto config_spec = cairn::config_spec(store_of<Inner>(&Config::store));

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Inner>(config.store, environment);
    return config;
  }
  static void empty_store(Config const& config) {
    Inner::empty_store(config.store);
    if constexpr (!capabilities.zero_copy_reads) {
      auto connection = Inner::connect_store(config.store);
      static_cast<void>(layer::give_identity(connection));
      layer::release_part<Inner>(config.store, connection);
    }
  }
  static void delete_store(Config const& config) { Inner::delete_store(config.store); }
  static Connection connect_store(Config const& config) {
    if constexpr (capabilities.zero_copy_reads) {
      return Inner::connect_store(config.store);
    } else {
      using Cache = layer::BlobCache<typename ConnectionOf<Inner>::Address>;
      auto inner = Inner::connect_store(config.store);
      auto const identity = layer::identity_of(inner);
      auto cache = identity.has_value()
                       ? layer::BlobCaches<typename ConnectionOf<Inner>::Address>::get(*identity, config.budget.bytes)
                       : std::make_shared<Cache>(config.budget.bytes);
      return Connection{std::move(inner), std::move(cache)};
    }
  }
  static void release_store(Config const& config, Connection& connection) {
    if constexpr (capabilities.zero_copy_reads) {
      layer::release_part<Inner>(config.store, connection);
    } else {
      layer::release_part<Inner>(config.store, connection.inner());
    }
  }
};

}  // namespace cairn
