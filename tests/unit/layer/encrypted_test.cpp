// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an owner of the medium can't read, change or swap unnoticed.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/config/load.hpp>
#include <cairn/layer/encrypted.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test::encrypted_layer {
namespace {

using faulty::fresh_id;
using laws::bytes;
using laws::code_of;
using laws::text;
using Mem = backends::mem::Backend;
/// Blobs are bound to addresses that the store gives before it has them, or to a tag beside them.
using Bound = Encrypted<Mem>;
using Tagged = Encrypted<faulty::Backend>;

static_assert(std::same_as<ConnectionOf<Bound>::Address, backends::mem::Address>);
static_assert(sizeof(ConnectionOf<Tagged>::Address) == 24);
// What is on disk already: a tag of 16 bytes beside addresses of up to 16, of 8 beside longer ones.
template <std::size_t Size>
using Plain = std::array<std::byte, Size>;
static_assert(sizeof(layer::TaggedAddress<Plain<16>>) == 32 && sizeof(layer::TaggedAddress<Plain<17>>) == 25);
static_assert(sizeof(layer::TaggedAddress<Plain<24>>) == 32 && sizeof(layer::TaggedAddress<Plain<40>>) == max_address_size);
static_assert(KeyedBlobStore<ConnectionOf<Bound>> && !KeyedBlobStore<ConnectionOf<Tagged>>);
static_assert(!Bound::capabilities.zero_copy_reads);

std::string const good_key = std::string(62, '0') + "2a";

template <class Store>
struct Vault {
  typename Store::Config config{.store = {.id = fresh_id()}, .key = Secret{good_key}};
  typename Store::Connection connection = [&] {
    Store::empty_store(config);
    return Store::connect_store(config);
  }();
  /// The store beneath, as whoever owns the medium has it.
  backends::mem::Connection raw = Mem::connect_store({.id = config.store.id});

  static backends::mem::Address place(backends::mem::Address const& address) { return address; }
  template <class Inner>
  static Inner place(layer::TaggedAddress<Inner> const& address) {
    return address.inner;
  }
  void overwrite(auto const& address, Bytes const& box) {
    auto writer = raw.begin();
    writer.put(place(address), box);
    REQUIRE(writer.append("raw", raw.root("raw") ? raw.root("raw")->version : Version{}, {}) == CommitResult::committed);
  }
};

template <class Store>
void check_blobs() {
  Vault<Store> vault;
  auto writer = vault.connection.begin();
  auto const one = writer.put(bytes("the first secret"));
  auto const two = writer.put(bytes("the other secret"));
  auto const nothing = writer.put({});
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  auto const box = vault.raw.read(vault.place(one));
  CHECK(box.size() == 16 + layer::seal_overhead);
  CHECK(text(box).find("secret") == std::string::npos);
  CHECK(text(vault.connection.read(one)) == "the first secret");
  CHECK(vault.connection.read(nothing).empty());

  for (std::size_t at = 0; at != box.size(); ++at) {
    std::vector<std::byte> hurt{box.view().begin(), box.view().end()};
    hurt[at] ^= std::byte{1};
    vault.overwrite(one, Bytes{hurt});
    CHECK(code_of([&] { static_cast<void>(vault.connection.read(one)); }) == Errc::store_corrupt);
    vault.overwrite(one, box.slice(0, at));
    CHECK(code_of([&] { static_cast<void>(vault.connection.read(one)); }) == Errc::store_corrupt);
  }
  vault.overwrite(one, vault.raw.read(vault.place(two)));
  CHECK(code_of([&] { static_cast<void>(vault.connection.read(one)); }) == Errc::store_corrupt);
  CHECK(text(vault.connection.read(two)) == "the other secret");
  vault.overwrite(one, vault.raw.root("main")->state);
  CHECK(code_of([&] { static_cast<void>(vault.connection.read(one)); }) == Errc::store_corrupt);
  vault.overwrite(one, box);
  CHECK(text(vault.connection.read(one)) == "the first secret");
}

TEST_CASE("encrypted: blobs that were changed, cut or swapped are found, bound to their addresses") { check_blobs<Bound>(); }
TEST_CASE("encrypted: blobs that were changed, cut or swapped are found, bound to their tags") { check_blobs<Tagged>(); }

TEST_CASE("encrypted: a sweep asks about places, and leaves a box that was changed to whoever needs it") {
  Vault<Tagged> vault;
  auto writer = vault.connection.begin();
  auto const live = writer.put(bytes("live"));
  auto const dead = writer.put(bytes("dead"));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  auto const box = vault.raw.read(vault.place(live));
  std::vector<std::byte> hurt{box.view().begin(), box.view().end()};
  hurt[0] ^= std::byte{1};
  vault.overwrite(live, Bytes{hurt});
  vault.connection.sweep([&](auto const& address) { return address == blob_place(live); }, TimePoint::max());
  CHECK(code_of([&] { static_cast<void>(vault.connection.read(live)); }) == Errc::store_corrupt);
  vault.overwrite(live, box);
  CHECK(text(vault.connection.read(live)) == "live");
  CHECK(code_of([&] { static_cast<void>(vault.connection.read(dead)); }).has_value());
}

/// Puts a root together out of boxes, as whoever owns the medium can.
void forge(backends::mem::Connection& raw, std::string_view branch, Bytes const& state, std::vector<Bytes> const& tail) {
  auto writer = raw.begin();
  auto const now = raw.root(branch);
  auto version = writer.commit(branch, now ? now->version : Version{}, state).version;
  for (auto const& frame : tail) version = writer.append(branch, version, frame).version;
}

TEST_CASE("encrypted: states and frames can't be moved, left out, repeated or exchanged between roots") {
  Vault<Bound> vault;
  for (std::string const branch : {"main", "side"}) {
    auto version = laws::commit(vault.connection, branch, Version{}, "state of " + branch);
    for (int i = 0; i != 3; ++i) version = laws::append(vault.connection, branch, version, "frame " + std::to_string(i));
  }
  auto const whole = *vault.raw.root("main");
  auto const other = *vault.raw.root("side");
  CHECK(text(whole.state).find("state") == std::string::npos);
  auto const outcome = [&](std::string_view branch, Bytes const& state, std::vector<Bytes> const& tail) {
    forge(vault.raw, branch, state, tail);
    return code_of([&] { static_cast<void>(vault.connection.root(branch)); });
  };
  auto const& [version, state, tail] = whole;
  CHECK(outcome("main", other.state, {}) == Errc::store_corrupt);
  CHECK(outcome("main", state, {other.tail[0]}) == Errc::store_corrupt);
  CHECK(outcome("main", state, {tail[1]}) == Errc::store_corrupt);
  CHECK(outcome("main", state, {tail[0], tail[2]}) == Errc::store_corrupt);
  CHECK(outcome("main", state, {tail[0], tail[2], tail[1]}) == Errc::store_corrupt);
  CHECK(outcome("main", state, {tail[0], tail[0]}) == Errc::store_corrupt);
  CHECK(outcome("main", {}, tail) == Errc::store_corrupt);
  CHECK(outcome("main", {}, {}) == Errc::store_corrupt);
  CHECK(outcome("main", tail[0], {}) == Errc::store_corrupt);
  CHECK(outcome("new", state, tail) == Errc::store_corrupt);
  CHECK_FALSE(outcome("main", state, tail).has_value());
  CHECK(laws::tail_of(vault.connection, "main").size() == 3);
}

TEST_CASE("encrypted: an append to a root that another connection moved reads it first, and one that is late is a conflict") {
  Vault<Bound> vault;
  auto other = Bound::connect_store(vault.config);
  auto const first = laws::commit(vault.connection, "main", Version{}, "state");
  auto const second = laws::append(other, "main", first, "a");
  CHECK(vault.connection.begin().append("main", first, bytes("late")) == CommitResult::conflict);
  auto const third = laws::append(vault.connection, "main", second, "b");
  static_cast<void>(laws::append(other, "main", third, "c"));
  CHECK(laws::tail_of(vault.connection, "main") == std::vector<std::string>{"a", "b", "c"});
  CHECK(laws::tail_of(Bound::connect_store(vault.config), "main") == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("encrypted: a wrong key is found when the store is opened, and is an error of its own") {
  Vault<Bound> vault;
  auto config = vault.config;
  config.key = Secret{std::string(64, 'b')};
  CHECK(code_of([&] { static_cast<void>(Bound::connect_store(config)); }) == Errc::store_wrong_key);
  Mem::Config const plain{.id = fresh_id()};
  Mem::empty_store(plain);
  CHECK(code_of([&] { static_cast<void>(Bound::connect_store({.store = plain, .key = Secret{good_key}})); }) == Errc::store_format);
  Vault<Bound> same_key;
  CHECK(text(same_key.raw.root(layer::encryption_root())->state) != text(vault.raw.root(layer::encryption_root())->state));
}

TEST_CASE("encrypted: a key that is none is refused, and not shown") {
  for (auto const& bad : std::vector<std::string>{"x", "0123", good_key + "0", good_key.substr(1) + "g", std::string(64, ' ')}) {
    Bound::Config const config{.store = {.id = fresh_id()}, .key = Secret{bad}};
    try {
      Bound::empty_store(config);
      FAIL("it was taken");
    } catch (Error const& error) {
      CHECK(error.code() == Errc::config_range);
      if (bad.size() > 3) CHECK((error.message() + error.data()).find(bad) == std::string::npos);
    }
    CHECK(code_of([&] { static_cast<void>(Mem::connect_store(config.store)); }) == Errc::store_does_not_exist);
  }
  CHECK(code_of([] { Bound::empty_store({.store = {.id = fresh_id()}}); }) == Errc::config_missing);
}

TEST_CASE("encrypted: the key may come from a variable, and no writer of configurations shows it") {
  Environment const environment{[](std::string_view name) -> std::optional<std::string> {
    if (name == "CAIRN_ENCRYPTION_KEY") return good_key;
    return std::nullopt;
  }};
  auto const loaded = load_config<Bound>(std::string_view{R"({:backend :encrypted :store {:backend :mem :id "v"}})"}, environment);
  CHECK(loaded.key.reveal() == good_key);
  CHECK(config::to_edn(loaded).find(good_key) == std::string::npos);
  auto const given = load_config<Bound>(std::string_view{R"({:backend :encrypted.mem :key "ab" :store {:backend :memory :id "v"}})"}, environment);
  CHECK(given.key.reveal() == "ab");

  Vault<Bound> vault;
  REQUIRE(setenv("CAIRN_TEST_KEY", good_key.c_str(), 1) == 0);  // NOLINT(concurrency-mt-unsafe): there is one thread
  Bound::Config const config{.store = vault.config.store, .key_variable = "CAIRN_TEST_KEY"};
  CHECK(Bound::connect_store(config).roots().empty());
}

TEST_CASE("encrypted: what was stored once stays readable") {
  layer::EncryptionKey given;
  layer::read_key(Secret{good_key}, {}, given);
  std::array<std::byte, layer::StoreKeys::salt_size> salt;
  for (std::size_t i = 0; i != salt.size(); ++i) salt[i] = static_cast<std::byte>(i);
  layer::StoreKeys const keys{given, salt};
  auto const box = [](std::string_view sealed) {
    std::string bytes_of_box;
    for (std::size_t i = 0; i != sealed.size(); i += 2) bytes_of_box += static_cast<char>(std::stoi(std::string{sealed.substr(i, 2)}, nullptr, 16));
    for (char letter = 'd'; letter != 'd' + 24; ++letter) bytes_of_box += letter;  // the nonce
    return Bytes::copy(bytes(bytes_of_box));
  };
  auto const state = layer::open_box(keys[layer::KeyPurpose::state], "main", box("8155e0ed9f0c05e004913fb43bd2b0ab9ea35cec14"));
  auto const blob = layer::open_box(keys[layer::KeyPurpose::blob], "place", box("5bf1c42f48c0f15c87eba83160aef4e36981e9c038"));
  REQUIRE((state.has_value() && blob.has_value()));
  CHECK(text(*state) == "state");
  CHECK(text(*blob) == "state");
}

}  // namespace
}  // namespace cairn::test::encrypted_layer
