// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend that stores encrypted bytes in another.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/encrypted_address.hpp>
#include <cairn/layer/encrypted_roots.hpp>
#include <cairn/layer/encryption_keys.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/sealed_box.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {
namespace layer {

/// What a connection and its writers share.
template <class Inner>
struct EncryptedStore {
  EncryptedStore(ConnectionOf<Inner> connection, EncryptionKey const& key, std::span<std::byte const, StoreKeys::salt_size> salt)
      : inner{std::move(connection)}, keys{key, salt}, roots{keys} {}

  ConnectionOf<Inner> inner;
  StoreKeys keys;
  EncryptedRoots roots;
};

template <class Inner>
class EncryptedWriter : public Holds<EncryptedWriter<Inner>, ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = EncryptedAddress<InnerConnection>;
  using InnerWriter = WriterOf<InnerConnection>;

  EncryptedWriter(std::shared_ptr<EncryptedStore<Inner>> store, InnerWriter inner) : store_{std::move(store)}, inner_{std::move(inner)} {}

  Address put(std::span<std::byte const> bytes) {
    if constexpr (ReservingBlobStore<InnerConnection>) {
      auto const address = inner_.reserve();
      put(address, bytes);
      return address;
    } else {
      auto const nonce = random_nonce();
      auto const place = Address::of({}, nonce);
      return Address::of(inner_.put(seal(store_->keys[KeyPurpose::blob], place_of(place), nonce, bytes)), nonce);
    }
  }
  void put(Address const& address, std::span<std::byte const> bytes)
    requires ReservingBlobStore<InnerConnection>
  {
    inner_.put(address, seal(store_->keys[KeyPurpose::blob], place_of(address), random_nonce(), bytes));
  }
  Address reserve()
    requires ReservingBlobStore<InnerConnection>
  {
    return inner_.reserve();
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    auto const sealed = store_->roots.seal_state(branch, state);
    return ends().landed(branch, sealed.nonce, inner_.commit(InnerName{branch}.view(), expected, sealed.box));
  }
  /// Reads the root first where this connection has not seen it at `expected`.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    auto const before = ends().before_append(branch, expected, Nonce{}, [&] {
      auto record = store_->inner.root(InnerName{branch}.view());
      return record.has_value() ? store_->roots.open(branch, *std::move(record)).version : Version{};
    });
    if (!before.has_value()) return CommitResult::conflict;
    auto const sealed = store_->roots.seal_frame(branch, *before, frame);
    return ends().landed(branch, sealed.nonce, inner_.append(InnerName{branch}.view(), expected, sealed.box));
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    auto result = inner_.drop(InnerName{branch}.view(), expected);
    ends().forget(branch);
    return result;
  }

  void do_hold() { inner_.hold(); }

 private:
  [[nodiscard]] KnownLinks<Nonce>& ends() const noexcept { return store_->roots.ends(); }

  std::shared_ptr<EncryptedStore<Inner>> store_;
  InnerWriter inner_;
};

/// Thread safety: as the inner connection's.
template <class Inner>
class EncryptedConnection
    : public ReadsMany<EncryptedConnection<Inner>, EncryptedAddress<ConnectionOf<Inner>>, ConnectionOf<Inner>>,
      public NamesCommits<ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = EncryptedAddress<InnerConnection>;
  using Writer = EncryptedWriter<Inner>;

  explicit EncryptedConnection(std::shared_ptr<EncryptedStore<Inner>> store) : store_{std::move(store)} {}

  /// Errors: those of the inner store; `store/corrupt` where the bytes are not those that were put at this address.
  [[nodiscard]] Bytes read(Address const& address) const { return opened(address, store_->inner.read(inner_of(address))); }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto record = store_->inner.root(InnerName{branch}.view());
    if (!record.has_value()) return std::nullopt;
    return store_->roots.open(branch, *std::move(record));
  }
  [[nodiscard]] std::vector<std::string> roots() const { return visible_roots(store_->inner.roots()); }
  [[nodiscard]] Writer begin() { return Writer{store_, store_->inner.begin()}; }

  /// Asks about places, and reads nothing.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    if constexpr (ReservingBlobStore<InnerConnection>) {
      store_->inner.sweep(live, cutoff);
    } else {
      store_->inner.sweep(of_places(live), cutoff);
    }
  }
  void erase(LiveSet<Address> const& live, TimePoint cutoff)
    requires BlobStoreErases<InnerConnection>
  {
    if constexpr (ReservingBlobStore<InnerConnection>) {
      store_->inner.erase(live, cutoff);
    } else {
      store_->inner.erase(of_places(live), cutoff);
    }
  }
  /// Calls `visit(address, bytes, put_by)` for every blob, with its place and the bytes that it takes in the store below.
  template <class Visit>
  void for_each_blob(Visit visit) const
    requires BlobStoreListsBlobs<InnerConnection>
  {
    if constexpr (ReservingBlobStore<InnerConnection>) {
      store_->inner.for_each_blob(visit);
    } else {
      store_->inner.for_each_blob([&](typename InnerConnection::Address const& inner, std::uint64_t bytes, TimePoint put_by) {
        visit(Address{inner, {}}.place(), bytes, put_by);
      });
    }
  }

  template <class Sink>
  void do_read_many(std::span<Address const> addresses, Sink& sink) const {
    auto const open_each = [&](std::size_t index, Bytes box) { sink(index, opened(addresses[index], box)); };
    if constexpr (ReservingBlobStore<InnerConnection>) {
      store_->inner.read_many(addresses, open_each);
    } else {
      std::vector<typename InnerConnection::Address> inner;
      inner.reserve(addresses.size());
      for (auto const& address : addresses) inner.push_back(address.inner);
      store_->inner.read_many(std::span<typename InnerConnection::Address const>{inner}, open_each);
    }
  }

  [[nodiscard]] InnerConnection& inner() noexcept { return store_->inner; }

 private:
  [[nodiscard]] static auto of_places(LiveSet<Address> const& live) {
    return [&live](typename InnerConnection::Address const& inner) { return live(Address{inner, {}}.place()); };
  }
  [[nodiscard]] static typename InnerConnection::Address const& inner_of(Address const& address) noexcept {
    if constexpr (ReservingBlobStore<InnerConnection>) {
      return address;
    } else {
      return address.inner;
    }
  }
  [[nodiscard]] Bytes opened(Address const& address, Bytes const& box) const {
    auto bytes = open_box(store_->keys[KeyPurpose::blob], place_of(address), box);
    if (!bytes.has_value()) raise_tampered("A blob");
    return *std::move(bytes);
  }

  std::shared_ptr<EncryptedStore<Inner>> store_;
};

template <class Inner>
struct EncryptedConfig {
  /// The store that holds the encrypted bytes.
  typename Inner::Config store{};
  /// 64 hexadecimal digits. Without it, the variable CAIRN_ENCRYPTION_KEY of the environment that the configuration was read with.
  Secret key{};
  /// A variable of the process that has the key, where `key` is empty.
  std::string key_variable{};
};

/// The hidden root that an encrypted store has from its creation on: 8 letters, the salt, and a box that only the right key opens.
/// On disk: do not change.
inline constexpr std::string_view encryption_magic = "cairnx01";
[[nodiscard]] inline std::string encryption_root() { return hidden_root("encrypted"); }

}  // namespace layer

/// Encrypts blobs, states and frames with XChaCha20-Poly1305 (libsodium), under keys that are derived from the given one, the store's own
/// salt and the purpose. Whoever reads the inner store learns how many blobs there are, how long they are and when they were written, and the names
/// of roots. Whoever writes to it can't make, change or swap anything unnoticed, but may put back a root as a whole as it was before, or without its last
/// frames, and blobs that were swept.
///
/// A blob is bound to its address. Where `Inner` gives addresses before it has the bytes (`ReservingBlobStore`) they stay as they are; else
/// each is 16 bytes longer.
///
/// Errors beside those of `Inner`: `config/missing` and `config/range` about the key, `store/wrong-key`, `store/format` where the store was not created
/// through this layer, `store/corrupt`. Promises what `Inner` does, but for reads without a copy.
template <class Inner>
struct Encrypted {
  static constexpr std::string_view layer_name = "encrypted";
  static constexpr std::string_view backend_id = layer::LayerId<Encrypted, Inner>::value;
  using index_tag = typename Inner::index_tag;
  using Config = layer::EncryptedConfig<Inner>;
  using Connection = layer::EncryptedConnection<Inner>;
  static constexpr auto config_spec = cairn::config_spec(store_of<Inner>(&Config::store), optional(&Config::key_variable));
  static constexpr Capabilities capabilities = [] {
    auto made = Inner::capabilities;
    made.zero_copy_reads = false;
    made.needs = "libsodium";
    return made;
  }();
  static constexpr bool address_fits = BlobAddress<typename Connection::Address>;
  static_assert(address_fits,
                "cairn::Encrypted [address]: the store's addresses leave no room for 8 bytes more; write `Address reserve();` and `void put(Address const& "
                "address, std::span<std::byte const> bytes);` in its writer, so that they can stay as they are");

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Inner>(config.store, environment);
    if (config.key.empty()) config.key = Secret{environment.get_or("CAIRN_ENCRYPTION_KEY", {})};
    return config;
  }
  static void empty_store(Config const& config) {
    layer::require_sodium();
    layer::EncryptionKey key;
    layer::read_key(config.key, config.key_variable, key);
    Inner::empty_store(config.store);
    try {
      auto connection = Inner::connect_store(config.store);
      std::array<std::byte, layer::StoreKeys::salt_size> salt;
      randombytes_buf(salt.data(), salt.size());
      layer::StoreKeys const keys{key, salt};
      std::vector<std::byte> state;
      for (char const letter : layer::encryption_magic) state.push_back(static_cast<std::byte>(letter));
      state.insert(state.end(), salt.begin(), salt.end());
      auto const check = layer::seal(keys[layer::KeyPurpose::check], layer::encryption_magic, layer::random_nonce(), {});
      state.insert(state.end(), check.begin(), check.end());
      auto writer = connection.begin();
      auto const result = writer.commit(layer::encryption_root(), Version{}, state);
      if (!(result == CommitResult::committed)) raise(Errc::io_error, "The encrypted store could not be created: " + result.reason);
      layer::release_part<Inner>(config.store, connection);
    } catch (...) {
      Inner::delete_store(config.store);
      throw;
    }
  }
  /// Needs no key.
  static void delete_store(Config const& config) { Inner::delete_store(config.store); }
  static Connection connect_store(Config const& config) {
    layer::require_sodium();
    layer::EncryptionKey key;
    layer::read_key(config.key, config.key_variable, key);
    auto inner = Inner::connect_store(config.store);
    auto const record = inner.root(layer::encryption_root());
    auto const magic = layer::encryption_magic.size();
    constexpr auto salt_size = layer::StoreKeys::salt_size;
    bool const is_encrypted = record.has_value() && record->state.size() == magic + salt_size + layer::seal_overhead &&
                              std::ranges::equal(record->state.view().first(magic), std::as_bytes(std::span{layer::encryption_magic}));
    if (!is_encrypted) {
      raise(Errc::store_format, "This store was not created with encryption, or by a later version: open it without the layer that encrypts, or create another "
                                "through that and copy the database into it.");
    }
    auto const salt = record->state.view().subspan(magic).template first<salt_size>();
    auto store = std::make_shared<layer::EncryptedStore<Inner>>(std::move(inner), key, salt);
    if (!layer::open_box(store->keys[layer::KeyPurpose::check], layer::encryption_magic, record->state.view().subspan(magic + salt_size)).has_value()) {
      raise(Errc::store_wrong_key, "This store was encrypted with another key. Nothing was read or changed; give it the right one.");
    }
    return Connection{std::move(store)};
  }
  static void release_store(Config const& config, Connection& connection) {
    layer::release_part<Inner>(config.store, connection.inner());
  }
};

}  // namespace cairn
