// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend that binds all that is stored in another by hashes.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/audit_hash.hpp>
#include <cairn/layer/audit_keys.hpp>
#include <cairn/layer/audited_address.hpp>
#include <cairn/layer/audited_roots.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/layer/known_links.hpp>
#include <cairn/layer/layer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
struct AuditedStore {
  AuditedStore(ConnectionOf<Inner> connection, std::optional<PublicKey> const& key, std::unique_ptr<Signer const> signer)
      : inner{std::move(connection)}, roots{key, std::move(signer)} {}

  ConnectionOf<Inner> inner;
  AuditedRoots roots;
  KnownLinks<Link> ends{};
};

template <class Inner>
class AuditedWriter : public Holds<AuditedWriter<Inner>, ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using Address = AuditedAddress<typename InnerConnection::Address>;
  using InnerWriter = WriterOf<InnerConnection>;

  AuditedWriter(std::shared_ptr<AuditedStore<Inner>> store, InnerWriter inner) : store_{std::move(store)}, inner_{std::move(inner)} {}

  Address put(std::span<std::byte const> bytes) {
    auto const stored = salted(bytes);
    return {inner_.put(stored), digest_of(stored)};
  }
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    auto const closed = store_->roots.close_state(branch, state);
    return store_->ends.landed(branch, closed.link, inner_.commit(InnerName{branch}.view(), expected, closed.bytes));
  }
  /// Reads the root first where this connection has not seen it at `expected`.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    auto const before = store_->ends.before_append(branch, expected, link_of_state(branch, {}), [&] {
      auto record = store_->inner.root(InnerName{branch}.view());
      if (!record.has_value()) return Version{};
      auto const opened = store_->roots.open(branch, *std::move(record), Signatures::last);
      store_->ends.remember(branch, opened.record.version, opened.last);
      return opened.record.version;
    });
    if (!before.has_value()) return CommitResult::conflict;
    auto const closed = store_->roots.close_frame(*before, frame);
    return store_->ends.landed(branch, closed.link, inner_.append(InnerName{branch}.view(), expected, closed.bytes));
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    auto result = inner_.drop(InnerName{branch}.view(), expected);
    store_->ends.forget(branch);
    return result;
  }

  void do_hold() { inner_.hold(); }

 private:
  std::shared_ptr<AuditedStore<Inner>> store_;
  InnerWriter inner_;
};

/// Thread safety: as the inner connection's.
template <class Inner>
class AuditedConnection
    : public ReadsMany<AuditedConnection<Inner>, AuditedAddress<typename ConnectionOf<Inner>::Address>, ConnectionOf<Inner>> {
 public:
  using InnerConnection = ConnectionOf<Inner>;
  using InnerAddress = typename InnerConnection::Address;
  using Address = AuditedAddress<InnerAddress>;
  using Writer = AuditedWriter<Inner>;

  explicit AuditedConnection(std::shared_ptr<AuditedStore<Inner>> store) : store_{std::move(store)} {}

  /// Errors: those of the inner store; `store/corrupt` where the bytes are not those that were put at this address.
  [[nodiscard]] Bytes read(Address const& address) const { return checked(address, store_->inner.read(address.inner)); }
  /// Errors: those of the inner store; `store/corrupt` where the root is not what was committed and appended.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const { return opened(branch, Signatures::last); }
  [[nodiscard]] std::vector<std::string> roots() const { return visible_roots(store_->inner.roots()); }
  [[nodiscard]] Writer begin() { return Writer{store_, store_->inner.begin()}; }

  /// Asks about places, and reads nothing: a blob that was changed stays where it is as long as something refers to it.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) { store_->inner.sweep(inner_set(live), cutoff); }
  void erase(LiveSet<Address> const& live, TimePoint cutoff)
    requires BlobStoreErases<InnerConnection>
  {
    store_->inner.erase(inner_set(live), cutoff);
  }
  /// Calls `visit(place, bytes, put_by)` for every blob, with the bytes that it takes in the store below.
  template <class Visit>
  void for_each_blob(Visit visit) const
    requires BlobStoreListsBlobs<InnerConnection>
  {
    store_->inner.for_each_blob([&](InnerAddress const& inner, std::uint64_t bytes, TimePoint put_by) {
      visit(place_of(inner), bytes, put_by);
    });
  }

  template <class Sink>
  void do_read_many(std::span<Address const> addresses, Sink& sink) const {
    std::vector<InnerAddress> inner;
    inner.reserve(addresses.size());
    for (auto const& address : addresses) inner.push_back(address.inner);
    store_->inner.read_many(std::span<InnerAddress const>{inner},
                            [&](std::size_t index, Bytes const& stored) { sink(index, checked(addresses[index], stored)); });
  }

  [[nodiscard]] static ContentName name_of(std::span<std::byte const> bytes) noexcept {
    return audit_hash<sizeof(ContentName)>(HashPurpose::commit, bytes);
  }
  /// The key that signs this store; nothing where it is not signed.
  [[nodiscard]] std::optional<PublicKey> const& public_key() const noexcept { return store_->roots.key(); }
  /// Looks at a root and at all of its signatures. Errors: as `root`.
  void check_root(std::string_view branch) const { static_cast<void>(opened(branch, Signatures::all)); }

  [[nodiscard]] InnerConnection& inner() noexcept { return store_->inner; }

 private:
  [[nodiscard]] static Bytes checked(Address const& address, Bytes const& stored) {
    auto bytes = unsalted(stored, address.digest);
    if (!bytes.has_value()) {
      auto const where = hex_of(std::as_bytes(std::span{&address, 1}));
      raise(Errc::store_corrupt,
            "The blob at the address " + where + " is not what was put there: its bytes have been changed, or it was put in the place of another. Restore the "
            "store from a backup, and ask who can write to it.",
            "{:address \"" + where + "\"}");
    }
    return *std::move(bytes);
  }
  [[nodiscard]] std::optional<RootRecord> opened(std::string_view branch, Signatures looked_at) const {
    auto record = store_->inner.root(InnerName{branch}.view());
    if (!record.has_value()) return std::nullopt;
    auto made = store_->roots.open(branch, *std::move(record), looked_at);
    store_->ends.remember(branch, made.record.version, made.last);
    return std::move(made.record);
  }
  [[nodiscard]] static Address place_of(InnerAddress const& inner) noexcept { return Address{inner, {}}.place(); }
  [[nodiscard]] static LiveSet<InnerAddress> inner_set(LiveSet<Address> const& live) {
    return [&live](InnerAddress const& inner) { return live(place_of(inner)); };
  }

  std::shared_ptr<AuditedStore<Inner>> store_;
};

template <class Inner>
struct AuditedConfig {
  /// The store that is audited.
  typename Inner::Config store{};
  /// The secret key that signs: 64 hexadecimal digits, any. Without it, the variable CAIRN_AUDIT_KEY of the environment that the configuration was
  /// read with. A store that is created with a key is signed.
  Secret key{};
  /// A variable of the process that has the key, where `key` is empty.
  std::string key_variable{};
  /// The public key that the store has to be signed with, 64 hexadecimal digits. Empty: the one that the store says.
  std::string public_key{};
};

/// The hidden root that an audited store has from its creation on: 8 letters and, where it is signed, the public key. On disk: do not change.
inline constexpr std::string_view audit_magic = "cairna01";
[[nodiscard]] inline std::string audit_root() { return hidden_root("audited"); }

/// The public key that a store says it is signed with. Errors: `store/format` where it was not created with auditing.
template <class Connection>
[[nodiscard]] std::optional<PublicKey> stored_key_of(Connection const& connection) {
  auto const record = connection.root(audit_root());
  auto const magic = std::as_bytes(std::span{audit_magic});
  auto const state = record.has_value() ? record->state.view() : std::span<std::byte const>{};
  bool const is_audited = state.size() >= magic.size() && std::ranges::equal(state.first(magic.size()), magic) &&
                          (state.size() == magic.size() || state.size() == magic.size() + sizeof(PublicKey));
  if (!is_audited) {
    raise(Errc::store_format, "This store was not created with auditing, or by a later version: open it without the layer that audits, or create another "
                              "through that and copy the database into it.");
  }
  if (state.size() == magic.size()) return std::nullopt;
  PublicKey key;
  std::ranges::copy(state.subspan(magic.size()), key.begin());
  return key;
}

/// Errors: `store/wrong-key` where a store is to be signed with another key than it says.
inline void require_key(std::optional<PublicKey> const& stored, PublicKey const& wanted) {
  if (stored == wanted) return;
  raise(Errc::store_wrong_key, "This store is to be signed with the key " + to_hex(wanted) + ", and " +
                                   (stored ? "says that it is signed with " + to_hex(*stored) : std::string{"says that it is not signed"}) +
                                   ". Nothing was read or changed; give the right key, or ask who can write to the store.");
}

}  // namespace layer

/// Binds all that is in a store by hashes (BLAKE2b, of libsodium), so that nobody who can write to the medium changes anything unnoticed by who knows
/// the name of a commit, or, where a key is given, its public half.
///
/// The address of a blob has a hash of it: what refers to a node refers to its bytes, up to the states of roots. A checkpoint is called by a
/// hash of its state, which names its parents in the same way, so that the name stands for all that is in the database and all before it. Each frame of a
/// tail is chained to what is before it. With a key (Ed25519) states and frames are signed. `verify_chain` (cairn/store/verify_chain.hpp) looks at all of it,
/// every read at what it reads. docs/audit.md says what is found, and what can't be.
///
/// Addresses are 16 bytes longer and at most 48. Errors beside those of `Inner`: `store/corrupt`; `store/format` where the store was not created through this layer;
/// `store/wrong-key`, `config/missing` and `config/range` about keys. Promises what `Inner` does.
template <class Inner>
struct Audited {
  static constexpr std::string_view layer_name = "audited";
  static constexpr std::string_view backend_id = layer::LayerId<Audited, Inner>::value;
  using index_tag = typename Inner::index_tag;
  using Config = layer::AuditedConfig<Inner>;
  using Connection = layer::AuditedConnection<Inner>;
  static constexpr auto config_spec = cairn::config_spec(store_of<Inner>(&Config::store), optional(&Config::key_variable), optional(&Config::public_key));
  static constexpr Capabilities capabilities = [] {
    auto made = Inner::capabilities;
    made.needs = "libsodium";
    return made;
  }();
  static constexpr bool address_fits = BlobAddress<typename Connection::Address>;
  static_assert(address_fits,
                "cairn::Audited [address]: the store's addresses leave no room for 16 bytes more; choose a backend whose addresses have at most 32 bytes");

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Inner>(config.store, environment);
    if (config.key.empty()) config.key = Secret{environment.get_or("CAIRN_AUDIT_KEY", {})};
    return config;
  }
  static void empty_store(Config const& config) {
    layer::require_sodium();
    auto const signer = layer::read_signer(config.key, config.key_variable);
    auto const wanted = layer::read_public_key(config.public_key);
    auto const key = signer ? std::optional{signer->public_key()} : std::nullopt;
    if (wanted) layer::require_key(key, *wanted);
    Inner::empty_store(config.store);
    try {
      auto connection = Inner::connect_store(config.store);
      std::vector<std::byte> state;
      for (char const letter : layer::audit_magic) state.push_back(static_cast<std::byte>(letter));
      if (key) state.insert(state.end(), key->begin(), key->end());
      auto const result = connection.begin().commit(layer::audit_root(), Version{}, state);
      if (!(result == CommitResult::committed)) raise(Errc::io_error, "The audited store could not be created: " + result.reason);
      layer::release_part<Inner>(config.store, connection);
    } catch (...) {
      Inner::delete_store(config.store);
      throw;
    }
  }
  static void delete_store(Config const& config) { Inner::delete_store(config.store); }
  static Connection connect_store(Config const& config) {
    layer::require_sodium();
    auto signer = layer::read_signer(config.key, config.key_variable);
    auto const wanted = layer::read_public_key(config.public_key);
    auto inner = Inner::connect_store(config.store);
    auto const key = layer::stored_key_of(inner);
    if (wanted) layer::require_key(key, *wanted);
    if (signer) layer::require_key(key, signer->public_key());
    return Connection{std::make_shared<layer::AuditedStore<Inner>>(std::move(inner), key, std::move(signer))};
  }
  static void release_store(Config const& config, Connection& connection) { layer::release_part<Inner>(config.store, connection.inner()); }
};

}  // namespace cairn
