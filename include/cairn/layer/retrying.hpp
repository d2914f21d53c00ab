// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend that asks another again where that may help.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>
#include <cairn/layer/backoff.hpp>
#include <cairn/layer/layer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// Whether `Retrying` does anything. Said at compile time, so that it costs nothing where it does not.
enum class Retries : std::uint8_t { by_config, none };

namespace layer {

/// Whether the same may succeed a moment later: the medium or the network was at fault, somebody else was there first, or a server is not
/// yet, or no more, the one that takes writes, as in a failover. Not what a configuration, missing rights or the bytes of a store are to blame
/// for, nor a full disk.
[[nodiscard]] constexpr bool is_retryable(Errc code) noexcept {
  return code == Errc::io_error || code == Errc::io_read_only || code == Errc::store_locked;
}

/// How often something is tried, and with what waits.
struct RetryPolicy {
  std::uint32_t attempts = 5;
  Backoff backoff{};

  /// Does `work` until it succeeds, fails in a way that won't change, or has been tried often enough: then its last error.
  template <class Work>
  auto operator()(Work&& work) const {
    for (std::uint32_t attempt = 1;; ++attempt) {
      try {
        return work();
      } catch (Error const& error) {
        if (!is_retryable(error.code()) || attempt >= attempts) throw;
        if (logs(LogLevel::warning)) log_retry(error.message(), attempt);
      }
      backoff.wait(attempt);
    }
  }
};

/// Repeats commits whose outcome says that nothing has changed, and looks at the root where nobody knows the outcome.
///
/// A put is not repeated, nor a commit that throws: what the inner writer still has then is not known.
template <class Inner>
class RetryingWriter : public Holds<RetryingWriter<Inner>, ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = typename InnerConnection::Address;
  using InnerWriter = WriterOf<InnerConnection>;

  RetryingWriter(InnerConnection const* connection, InnerWriter inner, RetryPolicy policy)
      : connection_{connection}, inner_{std::move(inner)}, policy_{policy} {}

  Address put(std::span<std::byte const> bytes) { return inner_.put(bytes); }
  void put(Address const& address, std::span<std::byte const> bytes)
    requires BlobWriterPutsAt<InnerConnection>
  {
    inner_.put(address, bytes);
  }
  Address reserve()
    requires BlobWriterReserves<InnerConnection>
  {
    return inner_.reserve();
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(
        branch, [&] { return inner_.commit(branch, expected, state); },
        [&](std::optional<RootRecord> const& root) { return root.has_value() && is_same(root->state, state) && root->tail.empty(); });
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(
        branch, [&] { return inner_.append(branch, expected, frame); },
        [&](std::optional<RootRecord> const& root) {
          return root.has_value() && !root->tail.empty() && is_same(root->tail.back(), frame);
        });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(
        branch, [&] { return inner_.drop(branch, expected); },
        [&](std::optional<RootRecord> const& root) { return !root.has_value(); });
  }

  void do_hold() {
    policy_([&] { inner_.hold(); });
  }

 private:
  [[nodiscard]] static bool is_same(Bytes const& stored, std::span<std::byte const> written) {
    return std::ranges::equal(stored.view(), written);
  }

  template <class Try, class IsMine>
  CommitResult change(std::string_view branch, Try attempt_once, IsMine is_mine) {
    for (std::uint32_t attempt = 1;; ++attempt) {
      CommitResult result = attempt_once();
      if (result == CommitResult::unknown) return resolved(branch, std::move(result), is_mine);
      if (!(result == CommitResult::failed) || attempt >= policy_.attempts) return result;
      if (logs(LogLevel::warning)) log_retry("A commit failed: " + result.reason + ".", attempt);
      policy_.backoff.wait(attempt);
    }
  }

  /// A root that is as this commit would have made it is this commit's: no two commits write the same bytes. One to which somebody has
  /// added a frame since is not: its version is of a frame that whoever committed has not seen. Of any other root it is not known whether
  /// the commit landed and was overtaken, or is still on its way; who made it has to find out.
  template <class IsMine>
  CommitResult resolved(std::string_view branch, CommitResult unknown, IsMine is_mine) const {
    try {
      auto const root = policy_([&] { return connection_->root(branch); });
      if (!is_mine(root)) return unknown;
      return {CommitResult::committed, root.has_value() ? root->version : Version{}};
    } catch (std::exception const&) {
      return unknown;
    }
  }

  InnerConnection const* connection_;
  InnerWriter inner_;
  RetryPolicy policy_;
};

/// Thread safety: as the inner connection's.
template <class Inner>
class RetryingConnection
    : public ReadsMany<RetryingConnection<Inner>, typename ConnectionOf<Inner>::Address, ConnectionOf<Inner>>,
      public NamesCommits<ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = typename InnerConnection::Address;
  using Writer = RetryingWriter<Inner>;

  RetryingConnection(InnerConnection inner, RetryPolicy policy)
      : inner_{std::make_unique<InnerConnection>(std::move(inner))}, policy_{policy} {}

  [[nodiscard]] Bytes read(Address const& address) const {
    return policy_([&] { return inner_->read(address); });
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    return policy_([&] { return inner_->root(branch); });
  }
  [[nodiscard]] std::vector<std::string> roots() const {
    return policy_([&] { return inner_->roots(); });
  }
  [[nodiscard]] Writer begin() { return Writer{inner_.get(), inner_->begin(), policy_}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    policy_([&] { inner_->sweep(live, cutoff); });
  }
  void erase(LiveSet<Address> const& live, TimePoint cutoff)
    requires BlobStoreErases<InnerConnection>
  {
    policy_([&] { inner_->erase(live, cutoff); });
  }
  /// Calls `visit(address, bytes, put_by)` for every blob, with the bytes that it takes in the store below.
  template <class Visit>
  void for_each_blob(Visit visit) const
    requires BlobStoreListsBlobs<InnerConnection>
  {
    inner_->for_each_blob(visit);
  }
  /// What has arrived is not asked for again, and no index reaches the sink twice. What the sink throws is not retried.
  template <class Sink>
  void do_read_many(std::span<Address const> addresses, Sink& sink) const {
    std::vector<Address> wanted{addresses.begin(), addresses.end()};
    std::vector<std::size_t> places(addresses.size());
    for (std::size_t i = 0; i != places.size(); ++i) places[i] = i;
    std::vector<char> arrived(addresses.size());
    std::exception_ptr from_sink;
    policy_([&] {
      std::size_t left = 0;
      for (std::size_t i = 0; i != places.size(); ++i) {
        if (arrived[places[i]] != 0) continue;
        wanted[left] = wanted[i];
        places[left++] = places[i];
      }
      wanted.resize(left);
      places.resize(left);
      try {
        inner_->read_many(std::span<Address const>{wanted}, [&](std::size_t index, Bytes bytes) {
          arrived[places[index]] = 1;
          try {
            sink(places[index], std::move(bytes));
          } catch (...) {
            from_sink = std::current_exception();
            throw;
          }
        });
      } catch (...) {
        if (!from_sink) throw;
      }
    });
    if (from_sink) std::rethrow_exception(from_sink);
  }

  [[nodiscard]] InnerConnection& inner() noexcept { return *inner_; }

 private:
  std::unique_ptr<InnerConnection> inner_;  // at one place, which writers know
  RetryPolicy policy_;
};

template <class Inner>
struct RetryingConfig {
  /// The store that is asked again.
  typename Inner::Config store{};
  /// How often something is tried at the most. With 0 or 1 nothing is tried again.
  std::uint32_t attempts = 5;
  /// The longest wait before the second attempt; before each further one it is twice as long.
  std::chrono::milliseconds first_delay{50};
  /// The longest wait of all.
  std::chrono::milliseconds longest_delay{5000};
};

}  // namespace layer

/// Tries operations of `Inner` again that failed and change nothing by being repeated: reads, sweeps, connecting, deleting, holding, and commits
/// of which `Inner` says that nothing has changed. A commit of unknown outcome is looked for in the root; it is never repeated.
///
/// Requires that no two commits write the same state or frame, which is so for a database: each has a random number in it.
/// Promises what `Inner` does. `Retries::none` hands out the connection of `Inner` itself. Writers must not outlive their connection.
template <class Inner, Retries How = Retries::by_config>
struct Retrying {
  static constexpr std::string_view layer_name = "retrying";
  static constexpr std::string_view backend_id = layer::LayerId<Retrying, Inner>::value;
  using index_tag = typename Inner::index_tag;
  using Config = layer::RetryingConfig<Inner>;
  using Connection = std::conditional_t<How == Retries::by_config, layer::RetryingConnection<Inner>, ConnectionOf<Inner>>;
  static constexpr auto config_spec = cairn::config_spec(store_of<Inner>(&Config::store), range(&Config::attempts, 0, 100));
  static constexpr Capabilities capabilities = Inner::capabilities;

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Inner>(config.store, environment);
    return config;
  }
  /// Not repeated: a store that is there already may be the first attempt's.
  static void empty_store(Config const& config) { Inner::empty_store(config.store); }
  static void delete_store(Config const& config) {
    policy(config)([&] { Inner::delete_store(config.store); });
  }
  static Connection connect_store(Config const& config) {
    auto const connect = [&] { return Inner::connect_store(config.store); };
    if constexpr (How == Retries::none) {
      return connect();
    } else {
      return Connection{policy(config)(connect), policy(config)};
    }
  }
  static void release_store(Config const& config, Connection& connection) {
    if constexpr (How == Retries::none) {
      layer::release_part<Inner>(config.store, connection);
    } else {
      layer::release_part<Inner>(config.store, connection.inner());
    }
  }

 private:
  [[nodiscard]] static layer::RetryPolicy policy(Config const& config) noexcept {
    return {How == Retries::none ? 1 : config.attempts, {config.first_delay, config.longest_delay}};
  }
};

}  // namespace cairn
