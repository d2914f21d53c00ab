// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an owner of the medium can't change, swap or leave out unnoticed in a store that is audited.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/config/load.hpp>
#include <cairn/layer/audited.hpp>
#include <cairn/layer/cached.hpp>
#include <cairn/layer/metered.hpp>
#include <cairn/layer/tiered.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test::audited_layer {
namespace {

using faulty::fresh_id;
using laws::bytes;
using laws::code_of;
using laws::text;
using Mem = backends::mem::Backend;
using Signed = Audited<Mem>;

static_assert(sizeof(ConnectionOf<Signed>::Address) == sizeof(ConnectionOf<Mem>::Address) + 16);
static_assert(!KeyedBlobStore<ConnectionOf<Signed>>, "an address says what is there before it can be reserved");
static_assert(BlobStoreNamesCommits<ConnectionOf<Signed>> && !BlobStoreNamesCommits<ConnectionOf<Mem>>);
// Whatever is above it names commits, too.
static_assert(BlobStoreNamesCommits<ConnectionOf<Metered<Cached<Audited<faulty::Backend>>>>>);
static_assert(BlobStoreNamesCommits<ConnectionOf<Tiered<Mem, Signed>>> && !BlobStoreNamesCommits<ConnectionOf<Tiered<Mem, Mem>>>);

std::string const a_key = std::string(62, '0') + "2a";

struct Vault {
  Signed::Config config;
  Signed::Connection connection = [&] {
    Signed::empty_store(config);
    return Signed::connect_store(config);
  }();
  /// The store beneath, as whoever owns the medium has it.
  backends::mem::Connection raw = Mem::connect_store({.id = config.store.id});

  explicit Vault(bool is_signed) : config{.store = {.id = fresh_id()}, .key = Secret{is_signed ? a_key : std::string{}}} {}

  void overwrite(Signed::Connection::Address const& address, Bytes const& stored) {
    auto writer = raw.begin();
    writer.put(address.inner, stored);
    REQUIRE(writer.append("raw", raw.root("raw") ? raw.root("raw")->version : Version{}, {}) == CommitResult::committed);
  }
  void forge(std::string_view branch, Bytes const& state, std::vector<Bytes> const& tail) {
    auto writer = raw.begin();
    auto const now = raw.root(branch);
    auto version = writer.commit(branch, now ? now->version : Version{}, state).version;
    for (auto const& frame : tail) version = writer.append(branch, version, frame).version;
  }
};

TEST_CASE("audited: blobs that were changed, cut, made longer or swapped are found") {
  Vault vault{false};
  auto writer = vault.connection.begin();
  auto const one = writer.put(bytes("the first blob"));
  auto const two = writer.put(bytes("the other blob"));
  auto const same = writer.put(bytes("the other blob"));
  auto const nothing = writer.put({});
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  CHECK(two.digest != same.digest);  // nobody knows before what the hash will be
  CHECK(vault.connection.read(nothing).empty());
  auto const stored = vault.raw.read(one.inner);
  auto const is_found = [&](Bytes const& instead) {
    vault.overwrite(one, instead);
    return code_of([&] { static_cast<void>(vault.connection.read(one)); }) == Errc::store_corrupt;
  };
  for (std::size_t at = 0; at != stored.size(); ++at) {
    std::vector<std::byte> hurt{stored.view().begin(), stored.view().end()};
    hurt[at] ^= std::byte{1};
    CHECK(is_found(Bytes{hurt}));
    CHECK(is_found(stored.slice(0, at)));
  }
  std::vector<std::byte> longer{stored.view().begin(), stored.view().end()};
  longer.push_back(std::byte{});
  CHECK(is_found(Bytes{longer}));
  CHECK(is_found(vault.raw.read(two.inner)));
  CHECK_FALSE(is_found(stored));
  CHECK(text(vault.connection.read(one)) == "the first blob");
}

TEST_CASE("audited: states and frames can't be changed, moved, left out, repeated or exchanged between roots") {
  for (bool const is_signed : {false, true}) {
    Vault vault{is_signed};
    for (std::string const branch : {"main", "side"}) {
      auto version = laws::commit(vault.connection, branch, Version{}, "state of " + branch);
      for (int i = 0; i != 3; ++i) version = laws::append(vault.connection, branch, version, "frame " + std::to_string(i));
    }
    auto const [version, state, tail] = *vault.raw.root("main");
    auto const other = *vault.raw.root("side");
    auto const is_found = [&](std::string_view branch, Bytes const& forged, std::vector<Bytes> const& frames) {
      vault.forge(branch, forged, frames);
      return code_of([&] { vault.connection.check_root(branch); }) == Errc::store_corrupt;
    };
    auto const each = [&](Bytes const& part, auto put) {
      for (std::size_t at = 0; at != part.size(); ++at) {
        std::vector<std::byte> hurt{part.view().begin(), part.view().end()};
        hurt[at] ^= std::byte{1};
        CHECK(put(Bytes{hurt}));
        CHECK(put(part.slice(0, at)));
      }
    };
    each(state, [&](Bytes const& hurt) { return hurt.empty() || is_found("main", hurt, tail); });
    each(tail[1], [&](Bytes const& hurt) { return is_found("main", state, {tail[0], hurt, tail[2]}); });
    CHECK(is_found("main", other.state, {}));
    CHECK(is_found("main", state, {other.tail[0]}));
    CHECK(is_found("main", state, {tail[1]}));
    CHECK(is_found("main", state, {tail[0], tail[2]}));
    CHECK(is_found("main", state, {tail[0], tail[2], tail[1]}));
    CHECK(is_found("main", state, {tail[0], tail[0]}));
    CHECK(is_found("main", {}, tail));
    CHECK(is_found("main", {}, {}));
    CHECK(is_found("main", tail[0], {}));
    CHECK(is_found("new", state, tail));
    CHECK_FALSE(is_found("main", state, tail));
    CHECK(laws::tail_of(vault.connection, "main").size() == 3);
  }
}

TEST_CASE("audited: an append to a root that another connection moved reads it first, and one that is late is a conflict") {
  Vault vault{true};
  auto other = Signed::connect_store(vault.config);
  auto const first = laws::commit(vault.connection, "main", Version{}, "state");
  auto const second = laws::append(other, "main", first, "a");
  CHECK(vault.connection.begin().append("main", first, bytes("late")) == CommitResult::conflict);
  auto const third = laws::append(vault.connection, "main", second, "b");
  CHECK((laws::tail_of(other, "main") == std::vector<std::string>{"a", "b"}));
  CHECK(vault.connection.begin().drop("main", third) == CommitResult::committed);
  CHECK(laws::append(other, "begun", Version{}, "by an append") != Version{});
  CHECK((laws::tail_of(vault.connection, "begun") == std::vector<std::string>{"by an append"}));
}

TEST_CASE("audited: a sweep leaves a blob that was changed to whoever refers to it") {
  Vault vault{false};
  auto writer = vault.connection.begin();
  auto const live = writer.put(bytes("live"));
  auto const dead = writer.put(bytes("dead"));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  auto const stored = vault.raw.read(live.inner);
  vault.overwrite(live, vault.raw.read(dead.inner));
  vault.connection.sweep([&](auto const& address) { return blob_place(address) == blob_place(live); }, TimePoint::max());
  CHECK(code_of([&] { static_cast<void>(vault.connection.read(live)); }) == Errc::store_corrupt);
  CHECK(code_of([&] { static_cast<void>(vault.connection.read(dead)); }) == Errc::io_error);
  vault.overwrite(live, stored);
  CHECK(text(vault.connection.read(live)) == "live");
}

TEST_CASE("audited: a sweep reads nothing, so that nothing that somebody else has taken meanwhile ends it") {
  using Faulty = Audited<faulty::Backend>;
  Faulty::Config const config{.store = {.id = fresh_id()}};
  Faulty::empty_store(config);
  auto connection = Faulty::connect_store(config);
  auto writer = connection.begin();
  auto const live = writer.put(bytes("live"));
  auto const dead = writer.put(bytes("dead"));
  REQUIRE(writer.commit("main", Version{}, bytes("state")) == CommitResult::committed);
  auto& plan = faulty::plan_of(config.store.id);
  plan.failing_reads = 100;
  int asked = 0;
  connection.sweep(
      [&](auto const& address) {
        ++asked;
        return address == blob_place(live);
      },
      TimePoint::max());
  CHECK(asked >= 2);
  CHECK(plan.failing_reads.exchange(0) == 100);
  CHECK(text(connection.read(live)) == "live");
  CHECK(code_of([&] { static_cast<void>(connection.read(dead)); }) == Errc::io_error);
}

TEST_CASE("audited: keys are asked for where a store is signed, and are its own") {
  Vault vault{true};
  auto const key = *vault.connection.public_key();
  CHECK(layer::to_hex(key).size() == 64);
  CHECK(layer::public_key_of(layer::to_hex(key)) == key);
  auto config = vault.config;
  config.key = {};
  auto reader = Signed::connect_store(config);
  CHECK(reader.public_key() == key);
  CHECK(code_of([&] { laws::commit(reader, "main", Version{}, "unsigned"); }) == Errc::config_missing);
  config.public_key = layer::to_hex(key);
  CHECK(Signed::connect_store(config).public_key() == key);
  config.public_key[0] = config.public_key[0] == '0' ? '1' : '0';
  CHECK(code_of([&] { static_cast<void>(Signed::connect_store(config)); }) == Errc::store_wrong_key);
  config.public_key = "short";
  CHECK(code_of([&] { static_cast<void>(Signed::connect_store(config)); }) == Errc::config_range);
  config.public_key = {};
  config.key = Secret{"not hexadecimal"};
  CHECK(code_of([&] { static_cast<void>(Signed::connect_store(config)); }) == Errc::config_range);
  config.key = Secret{std::string(64, '1')};
  CHECK(code_of([&] { static_cast<void>(Signed::connect_store(config)); }) == Errc::store_wrong_key);
  // One that is not signed takes no key, and no store that was made without the layer is opened with it.
  Vault plain{false};
  CHECK_FALSE(plain.connection.public_key().has_value());
  config.store = plain.config.store;
  CHECK(code_of([&] { static_cast<void>(Signed::connect_store(config)); }) == Errc::store_wrong_key);
  Mem::Config const other{.id = fresh_id()};
  Mem::empty_store(other);
  CHECK(code_of([&] { static_cast<void>(Signed::connect_store({.store = other})); }) == Errc::store_format);
  // The key is a secret, and comes from a variable.
  Environment const environment{[](std::string_view name) -> std::optional<std::string> {
    if (name == "CAIRN_AUDIT_KEY") return a_key;
    return std::nullopt;
  }};
  auto const loaded = load_config<Signed>(std::string_view{R"({:backend :audited :store {:backend :mem :id "v"}})"}, environment);
  CHECK(loaded.key.reveal() == a_key);
}

}  // namespace
}  // namespace cairn::test::audited_layer
