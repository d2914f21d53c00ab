// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What becomes smaller, what does not, and bytes that nobody compressed.
#include "laws/blob_store.hpp"
#include "unit/layer/faulty_backend.hpp"

#include <cairn/layer/compressed.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cairn::test::compressed_layer {
namespace {

using layer::pack;
using layer::unpack;
using laws::bytes;
using laws::code_of;
using laws::pattern;
using laws::text;
using Store = Compressed<faulty::Backend>;

Bytes packed(std::string const& content, int level = 3) { return Bytes{pack(bytes(content), level)}; }

TEST_CASE("compressed: what shrinks is smaller, and what does not is stored as it is") {
  for (std::size_t const size : {0U, 1U, 63U, 64U, 65U, 4096U, 300000U}) {
    std::string const alike(size, 'x');
    auto const random = pattern(size);
    CHECK(text(unpack(packed(alike))) == alike);
    CHECK(text(unpack(packed(random))) == random);
    CHECK(packed(random).size() == size + 1);
    if (size > 64) CHECK(packed(alike).size() < size);
  }
  std::string words;
  for (int i = 0; i != 5000; ++i) words += "attribute " + std::to_string(i % 97) + ";";
  for (int const level : {-7, 1, 3, 22}) CHECK(text(unpack(packed(words, level))) == words);
  CHECK(packed(words, 19).size() <= packed(words, -7).size());
}

TEST_CASE("compressed: what is stored as it is, is not copied") {
  auto const stored = packed(pattern(1000));
  CHECK(unpack(stored).data() == stored.data());
}

/// A compressed blob that says another size.
Bytes saying(std::vector<std::byte> blob, std::uint32_t size) {
  for (std::size_t i = 0; i != 4; ++i) blob[blob.size() - 5 + i] = static_cast<std::byte>(size >> (8 * i));
  return Bytes{std::move(blob)};
}

TEST_CASE("compressed: a blob that would become larger than it says, or than it can, is refused") {
  auto const bomb = pack(bytes(std::string(64 << 20, '\0')), 3);
  CHECK(bomb.size() < 16384);
  for (std::uint32_t const size : {0U, 1U, (64U << 20U) - 1, (64U << 20U) + 1, (256U << 20U) + 1, 0xffffffffU})
    CHECK(code_of([&] { static_cast<void>(unpack(saying(bomb, size))); }) == Errc::store_corrupt);
  CHECK(unpack(saying(bomb, 64U << 20U)).size() == 64U << 20U);
  // Twenty bytes that claim a gigabyte are refused before there is memory for it.
  CHECK(code_of([&] { static_cast<void>(unpack(saying(pack(bytes(std::string(100, 'x')), 3), 200U << 20U))); }) == Errc::store_corrupt);
}

TEST_CASE("compressed: what was stored once stays readable") {
  constexpr unsigned char stored[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x64, 0x45, 0x00, 0x00, 0x10, 0x78, 0x78,
                                      0x01, 0x00, 0x3f, 0x01, 0x2c, 0x64, 0x00, 0x00, 0x00, 0x01};
  CHECK(text(unpack(Bytes::copy(std::as_bytes(std::span{stored})))) == std::string(100, 'x'));
}

TEST_CASE("compressed: no bytes do harm") {
  std::string words;
  for (int i = 0; i != 40; ++i) words += "attribute " + std::to_string(i) + ";";
  auto const good = pack(bytes(words), 3);
  CHECK(code_of([] { static_cast<void>(unpack(Bytes{})); }) == Errc::store_corrupt);
  int refused = 0;
  for (std::size_t at = 0; at != good.size(); ++at) {
    for (unsigned bit = 0; bit != 8; ++bit) {
      auto hurt = good;
      hurt[at] ^= static_cast<std::byte>(1U << bit);
      auto const code = code_of([&] { static_cast<void>(unpack(Bytes{hurt})); });
      CHECK((!code.has_value() || code == Errc::store_corrupt));
      refused += code.has_value() ? 1 : 0;
    }
    auto const shorter = Bytes::copy(std::span{good}.first(at));
    auto const code = code_of([&] { static_cast<void>(unpack(shorter)); });
    CHECK((!code.has_value() || code == Errc::store_corrupt));
  }
  CHECK(refused > static_cast<int>(good.size()));
  for (unsigned seed = 0; seed != 2000; ++seed) {
    auto noise = pattern(seed % 97, seed);
    if (!noise.empty()) noise.back() = static_cast<char>(seed % 3);
    static_cast<void>(code_of([&] { static_cast<void>(unpack(Bytes::copy(bytes(noise)))); }));
  }
}

TEST_CASE("compressed: the store beneath has the smaller bytes, of blobs, states and frames") {
  Store::Config const config{.store = {.id = faulty::fresh_id()}};
  Store::empty_store(config);
  auto connection = Store::connect_store(config);
  std::string const long_text(10000, 'a');
  auto writer = connection.begin();
  auto const address = writer.put(bytes(long_text));
  auto const done = writer.commit("main", Version{}, bytes(long_text));
  REQUIRE(done == CommitResult::committed);
  REQUIRE(writer.append("main", done.version, bytes(long_text)) == CommitResult::committed);
  auto const raw = faulty::Backend::connect_store(config.store);
  CHECK(raw.read(address).size() < 100);
  CHECK(raw.root("main")->state.size() < 100);
  CHECK(raw.root("main")->tail[0].size() < 100);
  CHECK(text(connection.read(address)) == long_text);
  CHECK(text(connection.root("main")->tail[0]) == long_text);
}

}  // namespace
}  // namespace cairn::test::compressed_layer
