// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tier that writes to its front alone, over a back that is only read.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/layer/tiered.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test::overlay_layer {
namespace {

using faulty::fresh_id;
using laws::bytes;
using laws::code_of;
using laws::text;
using Mem = backends::mem::Backend;
using Overlay = Tiered<faulty::Front, Mem, WritePolicy::frontend_only>;

struct Harness {
  using Backend = Overlay;
  [[nodiscard]] Overlay::Config config() const {
    Mem::Config const back{.id = fresh_id()};
    Mem::empty_store(back);
    return {.frontend_config = {.id = fresh_id()}, .backend_config = back};
  }
};

TEST_CASE("overlay: over an empty back it keeps the laws of a blob store", "[threads]") { laws::check_blob_store<Harness>(); }

/// Commits one blob to a new root.
template <class Connection>
backends::mem::Address put(Connection& connection, std::string_view branch, std::string_view content) {
  auto writer = connection.begin();
  auto const address = writer.put(bytes(content));
  REQUIRE(writer.commit(branch, Version{}, bytes("state")) == CommitResult::committed);
  return address;
}

TEST_CASE("overlay: everything that is written is the front's, and nothing the back's") {
  Mem::Config const shared{.id = fresh_id()};
  Mem::empty_store(shared);
  auto owner = Mem::connect_store(shared);
  auto const theirs = put(owner, "main", "theirs");
  auto version = laws::append(owner, "main", owner.root("main")->version, "a");
  version = laws::append(owner, "main", version, "b");
  laws::commit(owner, "side", Version{}, "side");
  auto const before = owner.root("main")->version;

  Overlay::Config const config{.frontend_config = {.id = fresh_id()}, .backend_config = shared};
  auto connection = Overlay::connect_store(config);
  CHECK(connection.roots() == std::vector<std::string>{"main", "side"});
  CHECK(text(connection.read(theirs)) == "theirs");
  CHECK(laws::tail_of(connection, "main") == std::vector<std::string>{"a", "b"});

  auto writer = connection.begin();
  auto const mine = writer.put(bytes("mine"));
  CHECK(writer.append("main", Version{}, bytes("c")) == CommitResult::conflict);
  auto const taken = writer.append("main", connection.root("main")->version, bytes("c"));
  REQUIRE(taken == CommitResult::committed);
  CHECK(laws::tail_of(connection, "main") == std::vector<std::string>{"a", "b", "c"});
  CHECK(text(connection.root("main")->state) == "state");
  CHECK(connection.root("main")->version == taken.version);
  CHECK(text(connection.read(mine)) == "mine");
  static_cast<void>(laws::append(connection, "main", taken.version, "d"));
  CHECK(writer.append("main", taken.version, bytes("late")) == CommitResult::conflict);

  REQUIRE(writer.drop("side", connection.root("side")->version) == CommitResult::committed);
  CHECK_FALSE(connection.root("side").has_value());
  CHECK(connection.roots() == std::vector<std::string>{"main"});
  auto const anew = laws::append(connection, "side", Version{}, "first");
  CHECK(laws::tail_of(connection, "side") == std::vector<std::string>{"first"});
  CHECK(connection.root("side")->version == anew);

  // The owner has seen nothing of it, and another connection here sees it all.
  CHECK(owner.root("main")->version == before);
  CHECK(owner.roots() == std::vector<std::string>{"main", "side"});
  CHECK(code_of([&] { static_cast<void>(owner.read(mine)); }).has_value());
  auto other = Overlay::connect_store(config);
  CHECK(laws::tail_of(other, "main") == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(text(other.read(mine)) == "mine");

  // A sweep is of the front, and spares what is young; deleting is of the front, too.
  connection.sweep([](auto const&) { return false; }, TimePoint{});
  CHECK(text(connection.read(mine)) == "mine");
  connection.sweep([](auto const&) { return false; }, TimePoint::max());
  CHECK(code_of([&] { static_cast<void>(connection.read(mine)); }).has_value());
  CHECK(text(connection.read(theirs)) == "theirs");
  Overlay::delete_store(config);
  CHECK(text(owner.read(theirs)) == "theirs");
}

TEST_CASE("overlay: a front belongs to one back, and is not emptied for another") {
  Harness const harness;
  auto const mine = harness.config();
  Overlay::empty_store(mine);
  {
    auto back = Mem::connect_store(mine.backend_config);
    REQUIRE(layer::give_identity(back).has_value());
    auto connection = Overlay::connect_store(mine);
    laws::commit(connection, "main", Version{}, "state");
  }
  auto other = harness.config();
  other.frontend_config = mine.frontend_config;
  auto back = Mem::connect_store(other.backend_config);
  REQUIRE(layer::give_identity(back).has_value());
  CHECK(code_of([&] { static_cast<void>(Overlay::connect_store(other)); }) == Errc::config_mismatch);
  CHECK(text(Overlay::connect_store(mine).root("main")->state) == "state");
}

TEST_CASE("overlay: a sweep does not take what the front does not give for the moment, and which is nowhere else, for dead") {
  Mem::Config const shared{.id = fresh_id()};
  Mem::empty_store(shared);
  static_cast<void>(put(*std::make_unique<ConnectionOf<Mem>>(Mem::connect_store(shared)), "theirs", "theirs"));
  Overlay::Config const config{.frontend_config = {.id = fresh_id()}, .backend_config = shared};
  auto connection = Overlay::connect_store(config);
  auto writer = connection.begin();
  auto const mine = writer.put(bytes("mine"));
  REQUIRE(writer.commit("mine", Version{}, bytes("state")) == CommitResult::committed);
  faulty::plan_of(config.frontend_config.id).failing_reads = 1;
  connection.sweep([](auto const&) { return true; }, TimePoint::max());
  CHECK(text(connection.read(mine)) == "mine");
}

TEST_CASE("overlay: a front that can't be given copies any more still has what only it has, and says what is wrong with it") {
  Mem::Config const shared{.id = fresh_id()};
  Mem::empty_store(shared);
  auto owner = Mem::connect_store(shared);
  auto const theirs = put(owner, "theirs", "theirs");
  Overlay::Config const config{.frontend_config = {.id = fresh_id()}, .backend_config = shared};
  auto& front = faulty::plan_of(config.frontend_config.id);
  auto connection = Overlay::connect_store(config);
  auto writer = connection.begin();
  auto const mine = writer.put(bytes("mine"));
  REQUIRE(writer.commit("mine", Version{}, bytes("state")) == CommitResult::committed);

  front.failed_commits = 100;
  for (int i = 0; i != 64; ++i) CHECK(text(connection.read(theirs)) == "theirs");
  CHECK_FALSE(connection.front_figures().fault.empty());
  CHECK(text(connection.read(mine)) == "mine");

  front.code = Errc::store_corrupt;
  front.failing_reads = 1;
  CHECK(code_of([&] { static_cast<void>(connection.read(mine)); }) == Errc::store_corrupt);
  front.failing_reads = 1;
  CHECK(text(connection.read(theirs)) == "theirs");
  front.code = Errc::io_error;
  front.failing_reads = 1;
  try {
    static_cast<void>(connection.read(mine));
    FAIL("it was read");
  } catch (Error const& error) {
    CHECK(error.code() == Errc::io_error);
    CHECK(error.message().find("as it was told to") != std::string::npos);
  }
  CHECK(text(connection.read(mine)) == "mine");

  // Damaged bytes are told from absent ones.
  auto raw = Mem::connect_store(config.frontend_config);
  auto hurt = raw.begin();
  hurt.put(mine, bytes("damaged, and longer than what stands behind a record"));
  REQUIRE(hurt.commit("raw", Version{}, {}) == CommitResult::committed);
  CHECK(code_of([&] { static_cast<void>(connection.read(mine)); }) == Errc::store_corrupt);
}

TEST_CASE("overlay: who holds the front reads, and does not wait for itself") {
  using Held = Tiered<faulty::HoldingFront, Mem, WritePolicy::frontend_only>;
  Mem::Config const shared{.id = fresh_id()};
  Mem::empty_store(shared);
  auto owner = Mem::connect_store(shared);
  auto const theirs = put(owner, "theirs", "theirs");
  Held::Config const config{.frontend_config = {.id = fresh_id()}, .backend_config = shared};
  auto connection = Held::connect_store(config);
  auto const read_often = [&] {
    for (int i = 0; i != 100; ++i) REQUIRE(text(connection.read(theirs)) == "theirs");
  };
  {
    auto writer = connection.begin();
    writer.hold();
    read_often();
    CHECK(writer.commit("mine", Version{"f?"}, bytes("lost")) == CommitResult::conflict);
    read_often();
    REQUIRE(writer.commit("mine", Version{}, bytes("state")) == CommitResult::committed);
    CHECK(connection.front_figures().fault.empty());
    CHECK(connection.front_figures().kept == 0);
    writer.hold();
    auto moved = std::move(writer);
    read_often();
  }
  CHECK(connection.front_figures().fault.empty());
  CHECK(connection.front_figures().kept == 0);
  read_often();
  CHECK(connection.front_figures().fault.empty());
  CHECK(connection.front_figures().kept == 1 * 64);
}

TEST_CASE("overlay: a front that has more than copies is never emptied, whatever it is opened as") {
  using Through = Tiered<faulty::Front, Mem>;
  Harness const harness;
  auto const config = harness.config();
  auto back = Mem::connect_store(config.backend_config);
  REQUIRE(layer::give_identity(back).has_value());
  static_cast<void>(put(back, "theirs", "theirs"));
  auto const mine = [&] {
    auto connection = Overlay::connect_store(config);
    return put(connection, "mine", "mine");
  }();
  Through::Config const same{.frontend_config = config.frontend_config, .backend_config = config.backend_config};
  CHECK(code_of([&] { static_cast<void>(Through::connect_store(same)); }) == Errc::config_mismatch);
  CHECK(code_of([&] { Through::delete_store(same); }) == Errc::config_mismatch);
  CHECK_FALSE(back.roots().empty());
  auto const other = [&] {
    Through::Config made{.frontend_config = config.frontend_config, .backend_config = {.id = fresh_id()}};
    CHECK(code_of([&] { Through::empty_store(made); }) == Errc::config_mismatch);
    Mem::empty_store(made.backend_config);
    return made;
  }();
  CHECK(code_of([&] { static_cast<void>(Through::connect_store(other)); }) == Errc::config_mismatch);

  auto const again = Overlay::connect_store(config);
  CHECK(text(again.read(mine)) == "mine");
  CHECK(again.roots() == std::vector<std::string>{"mine", "theirs"});
}

TEST_CASE("overlay: a cache that it took over is not swept as one any more") {
  using Through = Tiered<faulty::Front, Mem>;
  Through::Config const cached{.frontend_config = {.id = fresh_id()}, .backend_config = {.id = fresh_id()}};
  Through::empty_store(cached);
  auto cache = Through::connect_store(cached);
  static_cast<void>(put(cache, "theirs", "theirs"));
  auto connection = Overlay::connect_store({.frontend_config = cached.frontend_config, .backend_config = cached.backend_config});
  auto const mine = put(connection, "mine", "mine");
  cache.sweep([](auto const&) { return false; }, TimePoint::max());
  CHECK_FALSE(cache.front_figures().fault.empty());
  CHECK(text(connection.read(mine)) == "mine");
}

TEST_CASE("overlay: a root in the front whose bytes have changed is an error, or another root, and never harm") {
  std::vector<std::span<std::byte const>> const frames{bytes("first"), bytes(""), bytes("third")};
  auto const good = layer::OverlayState::make(bytes("state"), frames);
  auto const open = [](std::span<std::byte const> stored) {
    return layer::OverlayState::open({Version{"v"}, Bytes::copy(stored), {Bytes::copy(bytes("tail"))}});
  };
  auto const whole = open(good);
  REQUIRE(whole.has_value());
  CHECK(text(whole->state) == "state");
  REQUIRE(whole->tail.size() == 4);
  CHECK(text(whole->tail[2]) == "third");
  CHECK(text(whole->tail[3]) == "tail");
  CHECK_FALSE(open(layer::OverlayState::tombstone()).has_value());
  for (std::size_t at = 0; at != good.size(); ++at) {
    for (unsigned bit = 0; bit != 8; ++bit) {
      auto hurt = good;
      hurt[at] ^= static_cast<std::byte>(1U << bit);
      auto const code = code_of([&] { static_cast<void>(open(hurt)); });
      CHECK((!code.has_value() || code == Errc::store_corrupt));
    }
    auto const code = code_of([&] { static_cast<void>(open(std::span{good}.first(at))); });
    CHECK((!code.has_value() || code == Errc::store_corrupt));
  }
}

}  // namespace
}  // namespace cairn::test::overlay_layer
