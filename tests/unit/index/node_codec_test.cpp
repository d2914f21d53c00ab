// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows and nodes come back from their stored form; what is not one is refused.
#include "laws/index_policy_model.hpp"

#include <cairn/index/node_codec.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <vector>

namespace node_codec_test {
namespace {

using namespace cairn;
using Shape = NodeShape<8, 4>;

/// A node's content with a checksum that is right.
std::vector<std::byte> sealed(ByteWriter content) {
  seal(content);
  return std::move(content).take();
}

ByteWriter header(std::uint8_t level, std::uint64_t count) {
  ByteWriter out;
  out.u8(1);
  out.u8(static_cast<std::uint8_t>(Order::eavt));
  out.u8(level);
  out.varint(count);
  return out;
}

Errc refusal(std::vector<std::byte> const& block, std::uint64_t size, std::optional<std::uint8_t> level = std::nullopt) {
  try {
    static_cast<void>(detail::decode_node<Order::eavt, Shape>(block, {size, level, 8}));
  } catch (Error const& error) {
    return error.code();
  }
  FAIL("a node that should not have been read was read");
  return {};
}

TEST_CASE("rows come back as they were") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  INFO("seed " << seed);
  for (bool const crowded : {false, true}) {
    laws::RandomDatoms random{seed, crowded};
    std::vector<RawDatom> rows;
    for (int i = 0; i != 2000; ++i) rows.push_back(random.datom());
    ByteWriter out;
    RawDatom previous;
    for (auto const& row : rows) {
      detail::write_row(out, previous, row);
      previous = row;
    }
    ByteReader in{out.view()};
    previous = {};
    for (auto const& row : rows) {
      auto const read = detail::read_row(in, previous);
      REQUIRE(read == row);
      if (row.v.is(ValueKind::float64)) {
        REQUIRE(std::bit_cast<std::uint64_t>(read.v.as_double()) == std::bit_cast<std::uint64_t>(row.v.as_double()));
      }
      if (row.v.is(ValueKind::bigdec)) REQUIRE(read.v.as_string() == row.v.as_string());
      previous = row;
    }
    REQUIRE(in.at_end());
  }
}

TEST_CASE("rows say only what differs") {
  ByteWriter out;
  RawDatom const first{.e = 7, .a = 3, .tx = first_transaction, .v = "http://www.example.org/a"};
  auto second = first;
  second.v = "http://www.example.org/b";
  auto third = second;
  third.e = 8;
  detail::write_row(out, first, second);
  REQUIRE(out.size() == 4);  // flags, 23 shared, one byte long, 'b'
  out.clear();
  detail::write_row(out, second, third);
  REQUIRE(out.size() == 2);  // flags, +1
}

TEST_CASE("nodes that are not sound are refused") {
  RawDatom const none;
  RawDatom const one{.e = 1, .a = 1, .tx = 1, .v = 1};
  RawDatom const two{.e = 2, .a = 1, .tx = 1, .v = 1};
  auto const leaf_of = [&](std::uint64_t count, std::vector<RawDatom> const& rows) {
    auto out = header(0, count);
    for (std::size_t i = 0; i != rows.size(); ++i) detail::write_row(out, i == 0 ? none : rows[i - 1], rows[i]);
    return out;
  };
  auto const inner_of = [&](std::uint8_t level, std::uint8_t address_size, std::vector<std::uint64_t> const& sizes) {
    auto out = header(level, sizes.size());
    out.u8(address_size);
    for (auto const size : sizes) {
      out.varint(size);
      for (std::uint8_t i = 0; i != address_size; ++i) out.u8(i);
    }
    for (std::size_t i = 1; i < sizes.size(); ++i) detail::write_row(out, i == 1 ? none : one, i == 1 ? one : two);
    return out;
  };

  auto const good = detail::decode_node<Order::eavt, Shape>(sealed(leaf_of(2, {one, two})), {2, std::uint8_t{0}, 8});
  REQUIRE(good.get()->count == 2);
  auto const good_inner = detail::decode_node<Order::eavt, Shape>(sealed(inner_of(1, 8, {3, 4})), {7, std::uint8_t{1}, 8});
  REQUIRE(good_inner.get()->count == 2);

  SECTION("a checksum that is wrong, or missing") {
    auto block = sealed(leaf_of(2, {one, two}));
    block.back() ^= std::byte{1};
    REQUIRE(refusal(block, 2) == Errc::store_corrupt);
    REQUIRE(refusal({}, 0) == Errc::store_corrupt);
    REQUIRE(refusal(std::vector<std::byte>(7), 0) == Errc::store_corrupt);
  }
  SECTION("a format of the future") {
    auto block = std::move(leaf_of(1, {one})).take();
    block[0] = std::byte{3};
    ByteWriter out;
    out.raw(block);
    REQUIRE(refusal(sealed(std::move(out)), 1) == Errc::store_format);
  }
  SECTION("another order") {
    auto block = std::move(leaf_of(1, {one})).take();
    block[1] = std::byte{2};
    ByteWriter out;
    out.raw(block);
    REQUIRE(refusal(sealed(std::move(out)), 1) == Errc::store_corrupt);
  }
  SECTION("counts and sizes") {
    REQUIRE(refusal(sealed(leaf_of(0, {})), 0) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(leaf_of(2, {one})), 2) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(leaf_of(2, {one, two})), 3) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(leaf_of(9, {one, two})), 9) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(leaf_of(UINT64_MAX, {one, two})), UINT64_MAX) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 8, {3})), 3) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 8, {3, 4})), 8) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 8, {3, 0})), 3) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 8, {UINT64_MAX, 2})), 1) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 8, {1, 1, 1, 1, 1})), 5) == Errc::store_corrupt);
  }
  SECTION("levels and addresses") {
    REQUIRE(refusal(sealed(leaf_of(1, {one})), 1, std::uint8_t{1}) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(255, 8, {3, 4})), 7) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 4, {3, 4})), 7) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(inner_of(1, 40, {3, 4})), 7) == Errc::store_corrupt);
  }
  SECTION("rows") {
    REQUIRE(refusal(sealed(leaf_of(2, {two, one})), 2) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(leaf_of(2, {one, one})), 2) == Errc::store_corrupt);
    REQUIRE(refusal(sealed(leaf_of(1, {one, two})), 1) == Errc::store_corrupt);
    for (unsigned const flags : {0x80U, 0x30U, 0x50U, 0x60U, 0x20U, 0x40U}) {
      auto out = header(0, 1);
      out.u8(static_cast<std::uint8_t>(flags | detail::row_same_entity | detail::row_same_attribute | detail::row_same_transaction));
      out.varint(0);
      out.varint(0);
      REQUIRE(refusal(sealed(std::move(out)), 1) == Errc::store_corrupt);
    }
  }
}

TEST_CASE("an address of nowhere is an empty set") {
  using Set = PersistentSet<Order::eavt, Shape>;
  laws::MemoryNodes nodes;
  REQUIRE(Set::open({}, 0, nodes.source()).empty());
  REQUIRE_THROWS_AS(Set::open({}, 3, nodes.source()), Error);
  REQUIRE_THROWS_AS(Set::open(NodeAddress::of(std::uint64_t{1}), 0, nodes.source()), Error);
}

TEST_CASE("a node that does not belong below its parent is refused with its address") {
  using Set = PersistentSet<Order::eavt, Shape>;
  laws::MemoryNodes nodes;
  Set::Builder builder;
  for (EntityId e = 1; e != 17; ++e) builder.add({.e = e, .a = 1, .tx = 1, .v = 1});
  auto const set = std::move(builder).finish();
  auto const root = set.flush(nodes.sink());
  REQUIRE(nodes.size() == 3);
  std::swap(nodes.nodes()[1], nodes.nodes()[2]);
  auto const opened = Set::open(root, set.size(), nodes.source());
  try {
    static_cast<void>(opened.begin());
    FAIL("datoms came from the wrong leaf");
  } catch (Error const& error) {
    REQUIRE(error.code() == Errc::store_corrupt);
    REQUIRE(error.data() == "{:address \"0100000000000000\"}");
  }
}

}  // namespace
}  // namespace node_codec_test
