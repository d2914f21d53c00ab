// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The types that a backend is written in.
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/concepts/index_tag.hpp>
#include <cairn/concepts/root.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

TEST_CASE("bytes share what they show") {
  STATIC_REQUIRE(std::regular<cairn::Bytes>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<cairn::Bytes>);
  STATIC_REQUIRE(std::convertible_to<cairn::Bytes, std::span<std::byte const>>);
  STATIC_REQUIRE(!std::convertible_to<std::vector<std::byte>, cairn::Bytes>);

  std::vector<std::byte> buffer{std::byte{1}, std::byte{2}, std::byte{3}};
  auto const* where = buffer.data();
  cairn::Bytes const bytes{std::move(buffer)};
  CHECK(bytes.data() == where);
  auto const copy = bytes;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  CHECK(copy.data() == where);
  CHECK(copy == bytes);
}

TEST_CASE("a slice outlives the bytes that it was cut from") {
  auto alive = std::make_shared<std::array<std::byte, 4> const>(
      std::array{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}});
  std::weak_ptr<void const> const watch = alive;
  cairn::Bytes whole{alive, std::span<std::byte const>{*alive}};
  alive.reset();
  cairn::Bytes slice = whole.slice(1, 2);
  whole = {};
  CHECK(!watch.expired());
  CHECK(slice.size() == 2);
  CHECK(slice.view()[0] == std::byte{2});
  slice = {};
  CHECK(watch.expired());
}

TEST_CASE("bytes are equal when their contents are") {
  std::array const source{std::byte{7}, std::byte{8}};
  auto const left = cairn::Bytes::copy(source);
  auto const right = cairn::Bytes::copy(source);
  CHECK(left.data() != right.data());
  CHECK(left == right);
  CHECK(left != left.slice(0, 1));
  CHECK(cairn::Bytes{} == left.slice(1, 0));
  CHECK(cairn::Bytes{}.empty());
}

TEST_CASE("a version is compared for equality only, and absent by default") {
  STATIC_REQUIRE(std::regular<cairn::Version>);
  STATIC_REQUIRE(!std::totally_ordered<cairn::Version>);
  CHECK(cairn::Version{}.absent());
  CHECK(!cairn::Version{"1"}.absent());
  CHECK(cairn::Version{"1"} != cairn::Version{"2"});
}

TEST_CASE("the result of a commit is compared with how it ended") {
  using cairn::CommitResult;
  CHECK(CommitResult{CommitResult::conflict} == CommitResult::conflict);
  CommitResult const committed{CommitResult::committed, cairn::Version{"2"}};
  CHECK(committed == CommitResult::committed);
  CHECK(committed.version == cairn::Version{"2"});
  CommitResult const failed{CommitResult::failed, std::string{"the disk is full"}};
  CHECK(failed.reason == "the disk is full");
  CHECK(failed != CommitResult::unknown);
}

TEST_CASE("a backend promises nothing unless it says so") {
  STATIC_REQUIRE(!cairn::Capabilities{}.durable);
  STATIC_REQUIRE(cairn::Capabilities{}.fence == cairn::Fence::none);
  STATIC_REQUIRE(cairn::Capabilities{}.sharing == cairn::Sharing::connection);
  STATIC_REQUIRE(cairn::Capabilities{.durable = true} != cairn::Capabilities{});
  STATIC_REQUIRE(cairn::Sharing::connection < cairn::Sharing::process);
  STATIC_REQUIRE(cairn::Sharing::machine < cairn::Sharing::network);
}

TEST_CASE("index tags are known by a trait") {
  STATIC_REQUIRE(cairn::IndexTag<cairn::persistent_set_tag>);
  STATIC_REQUIRE(cairn::IndexTag<cairn::hitchhiker_tree_tag>);
  STATIC_REQUIRE(!cairn::IndexTag<int>);
  STATIC_REQUIRE(cairn::persistent_set_tag::name == "persistent-set");
}

TEST_CASE("sizes are written with their units") {
  using namespace cairn::literals;
  STATIC_REQUIRE((2_KiB).bytes == 2048);
  STATIC_REQUIRE(1_MiB == cairn::ByteSize{1024ULL * 1024});
  STATIC_REQUIRE(1_GiB > 1023_MiB);
}

TEST_CASE("a secret shows itself only when it is asked to") {
  cairn::Secret const secret{"hunter2"};
  CHECK(secret.reveal() == "hunter2");
  CHECK(secret == cairn::Secret{"hunter2"});
  STATIC_REQUIRE(!std::convertible_to<cairn::Secret, std::string>);
  STATIC_REQUIRE(!std::convertible_to<std::string, cairn::Secret>);
  CHECK(cairn::Secret{}.empty());
}

TEST_CASE("an environment is a value") {
  cairn::Environment const none;
  CHECK(!none.get("PATH"));
  CHECK(none.get_or("PATH", "elsewhere") == "elsewhere");
  cairn::Environment const one{[](std::string_view name) -> std::optional<std::string> {
    return name == "PORT" ? std::optional<std::string>{"1"} : std::nullopt;
  }};
  CHECK(one.get("PORT") == "1");
  CHECK(one.get_or("PORT", "2") == "1");
  CHECK(!one.get("HOST"));
}
