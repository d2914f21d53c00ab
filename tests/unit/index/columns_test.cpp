// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Columns come back as they were, are as short as they should be, and hostile ones are refused.
#include "laws/index_policy_model.hpp"
#include <cairn/index/node_codec.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace columns_test {
namespace {

using namespace cairn;

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

std::vector<std::byte> bytes_of(std::function<void(ByteWriter&)> const& write) {
  ByteWriter out;
  write(out);
  return std::move(out).take();
}

/// What reading the bytes gives: nothing, or the reason why they are refused.
std::string refusal(std::span<std::byte const> bytes, std::function<void(ByteReader&)> const& read) {
  try {
    ByteReader in{bytes};
    read(in);
  } catch (Error const& error) {
    REQUIRE(error.code() == Errc::store_corrupt);
    return error.message();
  }
  return {};
}
bool contains(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The size of a column, whose numbers have to come back from it.
std::size_t size_of(std::vector<std::int64_t> const& numbers) {
  auto const bytes = bytes_of([&](ByteWriter& out) { detail::write_integers(out, numbers); });
  ByteReader in{bytes};
  std::vector<std::int64_t> read(numbers.size(), 42);
  detail::read_integers(in, read);
  REQUIRE(in.at_end());
  REQUIRE(read == numbers);
  return bytes.size();
}

std::size_t size_of(std::vector<std::string> const& texts) {
  std::vector<std::string_view> const views{texts.begin(), texts.end()};
  auto const bytes = bytes_of([&](ByteWriter& out) { detail::write_texts(out, views); });
  ByteReader in{bytes};
  std::vector<std::string> read(texts.size());
  detail::read_texts(in, std::span{read}, [](std::string_view text) { return std::string{text}; });
  REQUIRE(in.at_end());
  REQUIRE(read == texts);
  return bytes.size();
}

/// Equal to the last bit.
bool identical(RawDatom const& left, RawDatom const& right) {
  auto const stored = [](RawDatom const& datom) {
    return bytes_of([&](ByteWriter& out) { codec::write(out, datom); });
  };
  return left == right && stored(left) == stored(right);
}

std::vector<std::byte> bytes_of(std::vector<RawDatom> const& rows) {
  return bytes_of([&](ByteWriter& out) {
    detail::write_rows(out, rows.size(), [&](std::size_t at, detail::DatomSlot& slot) {
      auto const& row = rows[at];
      slot.set(row.e, row.a, row.added, row.tx, row.v.kind(), detail::ValueParts::word(row.v));
    });
  });
}
std::vector<RawDatom> rows_of(std::span<std::byte const> bytes, std::size_t count) {
  ByteReader in{bytes};
  std::vector<RawDatom> rows(count);
  detail::read_rows(in, rows);
  if (!in.at_end()) ByteReader::corrupt("something is left");
  return rows;
}
void check(std::vector<RawDatom> const& rows) {
  auto const bytes = bytes_of(rows);
  auto const read = rows_of(bytes, rows.size());
  REQUIRE(std::ranges::equal(read, rows, identical));
  REQUIRE(bytes_of(read) == bytes);
}

TEST_CASE("columns of integers come back, however far apart they are") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  size_of(std::vector<std::int64_t>{lowest});
  size_of(std::vector<std::int64_t>{lowest, highest, lowest, lowest, 0, highest});
  size_of(std::vector<std::int64_t>{0, highest, 0, highest});
  size_of(std::vector<std::int64_t>{highest, lowest, lowest + 1});
  for (unsigned bits = 0; bits <= 64; ++bits) {
    for (std::size_t const count : {1U, 2U, 7U, 64U, 127U, 128U}) {
      std::vector<std::int64_t> numbers(count);
      for (auto& number : numbers) number = static_cast<std::int64_t>(random() & detail::low_bits(bits));
      size_of(numbers);
      for (auto& number : numbers) number = detail::moved(lowest, static_cast<std::uint64_t>(number));
      std::ranges::sort(numbers);
      size_of(numbers);
      for (std::size_t i = 1; i != count; ++i) {
        if (random() % 4 != 0) numbers[i] = numbers[i - 1];
      }
      size_of(numbers);
    }
  }
}

TEST_CASE("columns of integers take no more than what differs") {
  std::vector<std::int64_t> numbers(128, first_transaction);
  CHECK(size_of(numbers) == 9);  // one byte, and the number
  for (std::size_t i = 0; i != numbers.size(); ++i) numbers[i] = 1000 + 3 * static_cast<std::int64_t>(i);
  CHECK(size_of(numbers) == 4);  // the first, and the step
  for (std::size_t i = 0; i != numbers.size(); ++i) numbers[i] = 1'000'000 + static_cast<std::int64_t>(i * 37 % 128);
  CHECK(size_of(numbers) == 4 + 7 * 128 / 8);
  for (std::size_t i = 0; i != numbers.size(); ++i)
    numbers[i] = static_cast<std::int64_t>(i / 32 * 1'000'003 % 4'000'037);
  CHECK(size_of(numbers) < 16 + 20);  // a bit each, and four numbers
}

TEST_CASE("columns of texts say once what they repeat") {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i != 128; ++i) texts.push_back("Dostoevsky" + std::to_string(i * 37 % 8));
  CHECK(size_of(texts) < 128 * 3 / 8 + 40);
  CHECK(size_of(std::vector<std::string>(128, std::string(1000, 'x'))) < 1020);
  std::ranges::sort(texts);
  CHECK(size_of(texts) < 60);
  texts.clear();
  for (std::size_t i = 0; i != 128; ++i) texts.push_back("http://www.example.org/" + std::to_string(1000 + i));
  CHECK(size_of(texts) < 128 * 3 + 40);
  size_of(std::vector<std::string>{""});
  size_of(std::vector<std::string>(128));
  size_of(std::vector<std::string>{"", "b", "", "a", "b", std::string{"\0\xFF", 2}, "b", "ab", "abc", "b"});
}

TEST_CASE("runs of datoms come back to the last bit, and the same rows have the same bytes") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  INFO("seed " << seed);
  for (bool const crowded : {false, true}) {
    laws::RandomDatoms random{seed, crowded};
    for (std::size_t count = 1; count <= 128; count += count < 20 ? 1 : 27) {
      std::vector<RawDatom> rows(count);
      for (auto& row : rows) row = random.datom();
      check(rows);
      std::ranges::sort(rows, laws::Before<Order::eavt>{});
      check(rows);
      std::ranges::sort(rows, laws::Before<Order::avet>{});
      check(rows);
      for (auto& row : rows) row.a = 7;  // one column after the other of each type
      check(rows);
      for (std::size_t i = 0; i != count; ++i) rows[i].a = UINT32_MAX - static_cast<AttributeId>(i);
      check(rows);
      for (auto& row : rows) row = {.e = lowest, .a = 0, .added = false, .tx = highest, .v = rows[0].v};
      check(rows);
    }
  }
  auto const zeros = std::vector<Value>{0.0,
                                        -0.0,
                                        0.0F,
                                        -0.0F,
                                        BigDecimal{"1.0"},
                                        BigDecimal{"1.00"},
                                        std::bit_cast<double>(std::uint64_t{0x7FF8'0000'0000'0001}),
                                        std::vector<Value>{BigDecimal{"1.0"}},
                                        std::vector<Value>{BigDecimal{"1.00"}},
                                        Keyword{"::a"},
                                        Symbol{":a"},
                                        Keyword{},
                                        lowest,
                                        highest,
                                        Instant{lowest},
                                        Instant{highest}};
  std::vector<RawDatom> rows;
  for (auto const& value : zeros) rows.push_back({.e = 1, .a = 1, .tx = 1, .v = value});
  check(rows);
}

TEST_CASE("datoms of people take some three bytes") {
  std::vector<RawDatom> rows;
  for (std::int64_t i = 0; i != 25; ++i) {
    auto const put = [&](AttributeId a, Value v) {
      rows.push_back({.e = 1000 + i, .a = a, .tx = first_transaction, .v = std::move(v)});
    };
    put(64, std::array{"Ivan", "Petr", "Sergei", "Oleg"}[static_cast<std::size_t>(i * 7 % 4)]);
    put(65, std::array{"Ivanov", "Petrov", "Sidorov"}[static_cast<std::size_t>(i * 5 % 3)]);
    put(66, kw(i % 3 == 0 ? ":male" : ":female"));
    put(67, i * 31 % 100);
    put(68, i * 7919 % 100'000);
  }
  CHECK(bytes_of(rows).size() < rows.size() * 3);
}

TEST_CASE("values that repeat in a leaf are one when it is read") {
  std::vector<RawDatom> rows;
  for (std::int64_t i = 0; i != 64; ++i) {
    rows.push_back({.e = i, .a = 1, .tx = 1, .v = i % 2 == 0 ? "one of two" : "the other one"});
  }
  auto const read = rows_of(bytes_of(rows), rows.size());
  CHECK(detail::ValueParts::word(read[0].v) == detail::ValueParts::word(read[62].v));
}

/// Nodes of any bytes: each has to be refused, or be one that can be written and read.
template <Order Sorted>
void survive_damage(laws::RandomDatoms& random) {
  using Shape = NodeShape<16, 4>;
  std::vector<RawDatom> rows(16);
  for (auto& row : rows) row = random.datom();
  std::ranges::sort(rows, laws::Before<Sorted>{});
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
  detail::OwnLeaf<Shape> leaf;
  for (auto const& row : rows) detail::append_to<Sorted>(leaf, row);
  auto const no_address = [](std::size_t) { return NodeAddress{}; };
  auto const sealed = detail::encode_node<Sorted, Shape>(*leaf, 8, no_address);
  std::vector<std::byte> const content{sealed.begin(), sealed.end() - 8};
  auto const decode = [&](std::span<std::byte const> bytes) {
    ByteWriter out;
    out.raw(bytes);
    seal(out);
    return detail::decode_node<Sorted, Shape>(out.view(), {rows.size(), std::uint8_t{0}, 8});
  };
  static_cast<void>(decode(content));
  for (std::size_t size = 0; size != content.size(); ++size) {
    REQUIRE_THROWS_AS(decode(std::span{content}.first(size)), Error);
  }
  for (std::size_t bit = 0; bit != content.size() * 8; ++bit) {
    auto damaged = content;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      auto const node = decode(damaged);
      auto const again = detail::encode_node<Sorted, Shape>(*node.get(), 8, no_address);
      auto const reread = detail::decode_node<Sorted, Shape>(again, {rows.size(), std::uint8_t{0}, 8});
      for (std::size_t i = 0; i != rows.size(); ++i) {
        RawDatom const one = detail::as_leaf<Shape>(node.get())->template view<Sorted>(i);
        REQUIRE(identical(one, detail::as_leaf<Shape>(reread.get())->template view<Sorted>(i)));
      }
      REQUIRE(detail::encode_node<Sorted, Shape>(*reread.get(), 8, no_address) == again);
    } catch (Error const& error) {
      REQUIRE((error.code() == Errc::store_corrupt || error.code() == Errc::store_format));
    }
  }
}

TEST_CASE("nodes that end early or have changed by a bit are refused, or are nodes") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  INFO("seed " << seed);
  for (bool const crowded : {false, true}) {
    laws::RandomDatoms random{seed, crowded};
    survive_damage<Order::eavt>(random);
    survive_damage<Order::avet>(random);
  }
}

TEST_CASE("columns that cannot be are refused") {
  auto const integers = [](std::vector<std::uint8_t> const& bytes, std::size_t count) {
    return refusal(std::as_bytes(std::span{bytes}), [count](ByteReader& in) {
      std::vector<std::int64_t> numbers(count);
      detail::read_integers(in, numbers);
    });
  };
  CHECK(integers({3, 0, 0b0000'0111}, 1).empty());
  CHECK(contains(integers({3, 0, 0b0000'1000}, 1), "behind the end of a column"));
  CHECK(contains(integers({3, 0}, 1), "ends too early"));
  CHECK(contains(integers({0b1000'0001, 0, 0b100}, 3), "behind the end of a column"));

  auto const texts = [](std::function<void(ByteWriter&)> const& write, std::size_t count) {
    return refusal(bytes_of(write), [count](ByteReader& in) {
      std::vector<std::string> read(count);
      detail::read_texts(in, std::span{read}, [](std::string_view text) { return std::string{text}; });
      if (!in.at_end()) ByteReader::corrupt("something is left");
    });
  };
  using Numbers = std::vector<std::int64_t>;
  auto const front_coded = [](ByteWriter& out, Numbers const& shared, Numbers const& own, std::string_view rest) {
    detail::write_integers(out, shared);
    detail::write_integers(out, own);
    out.raw(std::as_bytes(std::span{rest.data(), rest.size()}));
  };
  auto const in_row = [&](Numbers const& shared, Numbers const& own, std::string_view rest) {
    return texts(
        [&](ByteWriter& out) {
          out.u8(detail::texts_in_row);
          front_coded(out, shared, own, rest);
        },
        shared.size());
  };
  CHECK(in_row({0, 1}, {2, 1}, "abc").empty());
  CHECK(contains(in_row({1, 1}, {2, 1}, "abc"), "shares more"));
  CHECK(contains(in_row({0, 3}, {2, 1}, "abc"), "shares more"));
  CHECK(contains(in_row({0, -1}, {2, 1}, "abc"), "shares more"));
  CHECK(contains(in_row({0, highest}, {2, 1}, "abc"), "shares more"));
  CHECK(contains(in_row({0, 1}, {2, 2}, "abc"), "past the end"));
  CHECK(contains(in_row({0, 1}, {2, highest}, "abc"), "past the end"));
  CHECK(contains(in_row({0, 1}, {2, -1}, "abc"), "past the end"));
  auto const of_dictionary = [&](std::uint64_t count, Numbers const& shared, Numbers const& own, std::string_view rest,
                                 Numbers const& indexes) {
    return texts(
        [&](ByteWriter& out) {
          out.u8(detail::texts_of_dictionary);
          out.varint(count);
          front_coded(out, shared, own, rest);
          detail::write_integers(out, indexes);
        },
        indexes.size());
  };
  CHECK(of_dictionary(2, {0, 1}, {2, 1}, "abc", {0, 1, 1, 0}).empty());
  CHECK(of_dictionary(2, {0, 0}, {0, 1}, "a", {1, 0}).empty());
  CHECK(contains(of_dictionary(0, {0}, {1}, "a", {0, 0}), "no texts"));
  CHECK(contains(of_dictionary(3, {0, 0, 0}, {1, 1, 1}, "abc", {0, 1}), "too many"));
  CHECK(contains(of_dictionary(UINT64_MAX, {0}, {1}, "a", {0, 0}), "too many"));
  CHECK(contains(of_dictionary(2, {0, 0}, {1, 1}, "ba", {0, 1}), "not in order"));
  CHECK(contains(of_dictionary(2, {0, 1}, {1, 0}, "b", {0, 1}), "not in order"));
  CHECK(contains(of_dictionary(2, {0, 0}, {1, 2}, "aab", {0, 1}), "not in order"));
  CHECK(contains(of_dictionary(2, {0, 1}, {2, 1}, "abc", {0, 2}), "not in its dictionary"));
  CHECK(contains(of_dictionary(2, {0, 1}, {2, 1}, "abc", {0, -1}), "not in its dictionary"));
  CHECK(contains(texts([](ByteWriter& out) { out.u8(2); }, 1), "unknown form"));

  auto const value = [](ValueKind kind, std::function<void(ByteWriter&)> const& write) {
    return refusal(bytes_of(write), [kind](ByteReader& in) {
      std::array<Value, 1> values;
      detail::read_values(in, kind, values);
    });
  };
  auto const integer = [](std::int64_t number) {
    return [number](ByteWriter& out) { detail::write_integers(out, std::array{number}); };
  };
  auto const text = [](std::string_view content) {
    return [content](ByteWriter& out) { detail::write_texts(out, std::array{content}); };
  };
  CHECK(contains(value(ValueKind::boolean, integer(2)), "neither true nor false"));
  CHECK(contains(value(ValueKind::float32, integer(std::int64_t{1} << 32)), "a float is too large"));
  CHECK(contains(value(ValueKind::float32, integer(-1)), "a float is too large"));
  CHECK(contains(value(ValueKind::bigint, text("1.5")), "no number"));
  CHECK(contains(value(ValueKind::bigdec, text("")), "no number"));
  CHECK(contains(value(ValueKind::uuid, text("0123456789abcde")), "a uuid"));
  CHECK(contains(value(ValueKind::tuple, text("")), "ends too early"));
  CHECK(contains(value(ValueKind::tuple, text({"\0", 1})), "a tuple"));
  CHECK(contains(value(ValueKind::tuple, text({"\15\0\0", 3})), "a tuple"));

  struct Class {
    std::uint64_t step;
    std::uint8_t kind;
  };
  auto const rows = [&](std::uint64_t number, std::vector<Class> const& classes,
                        std::vector<std::uint64_t> const& of_rows, unsigned width, std::uint8_t added) {
    auto const bytes = bytes_of([&](ByteWriter& out) {
      out.varint(number);
      for (auto const& [step, kind] : classes) {
        out.varint(step);
        out.u8(kind);
      }
      detail::pack_bits(out, of_rows, width);
      detail::write_integers(out, Numbers(of_rows.size(), 5));
      detail::write_integers(out, Numbers(of_rows.size(), 6));
      out.u8(added);
    });  // all values are nil
    return refusal(bytes, [&](ByteReader& in) {
      std::vector<RawDatom> read(of_rows.size());
      detail::read_rows(in, read);
      if (!in.at_end()) ByteReader::corrupt("something is left");
    });
  };
  CHECK(rows(2, {{7, 0}, {1, 0}}, {0, 1, 0}, 1, detail::all_added).empty());
  CHECK(contains(rows(0, {}, {0}, 0, detail::all_added), "no attributes"));
  CHECK(contains(rows(4, {}, {0, 0, 0}, 0, detail::all_added), "too many"));
  CHECK(contains(rows(UINT64_MAX, {}, {0}, 0, detail::all_added), "too many"));
  CHECK(contains(rows(1, {{UINT64_MAX, 0}}, {0}, 0, detail::all_added), "number is too large"));
  CHECK(contains(rows(2, {{UINT32_MAX, 0}, {1, 0}}, {0, 1}, 1, detail::all_added), "number is too large"));
  CHECK(contains(rows(1, {{7, 14}}, {0}, 0, detail::all_added), "unknown type"));
  CHECK(contains(rows(2, {{7, 0}, {0, 0}}, {0, 1}, 1, detail::all_added), "not in order"));
  CHECK(contains(rows(2, {{7, 2}, {0, 0}}, {0, 1}, 1, detail::all_added), "not in order"));
  CHECK(contains(rows(3, {{7, 0}, {1, 0}, {1, 0}}, {0, 3, 0}, 2, detail::all_added), "does not have"));
  CHECK(contains(rows(2, {{7, 0}, {1, 0}}, {0, 0, 0}, 1, detail::all_added), "without a datom"));
  CHECK(contains(rows(1, {{7, 0}}, {0}, 0, 3), "which of its datoms were added"));
  CHECK(contains(rows(1, {{7, 0}}, {0}, 0, detail::some_added), "ends too early"));
}

TEST_CASE("addresses come back, whatever they are") {
  auto const seed = std::uint64_t{Catch::getSeed()};
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  for (bool const alike : {false, true}) {
    for (std::size_t size = 1; size <= 32; ++size) {
      std::vector<NodeAddress> addresses;
      for (std::uint64_t i = 0; i != 32; ++i) {
        std::array<std::byte, 32> bytes{};
        for (auto& byte : bytes) byte = alike ? std::byte{7} : static_cast<std::byte>(random());
        bytes[0] = static_cast<std::byte>(i);
        addresses.push_back(NodeAddress::of(std::span{bytes}.first(size)));
      }
      auto const bytes = bytes_of([&](ByteWriter& out) {
        detail::write_addresses(out, addresses.size(), size, [&](std::size_t at) { return addresses[at]; });
      });
      CHECK(bytes.size() <= 32 * size + 1);
      if (alike && size % 4 == 0) CHECK(bytes.size() < 32 * 2 + size * 2);
      ByteReader in{bytes};
      std::vector<NodeAddress> read(32);
      detail::read_addresses(in, 32, size,
                             [&](std::size_t at, std::span<std::byte const> one) { read[at] = NodeAddress::of(one); });
      REQUIRE(in.at_end());
      REQUIRE(read == addresses);
    }
  }
  auto const refused = [](std::size_t size, std::uint8_t form, std::int64_t word) {
    auto const bytes = bytes_of([&](ByteWriter& out) {
      out.u8(form);
      detail::write_integers(out, std::array{word, word});
    });
    return refusal(bytes, [&](ByteReader& in) {
      detail::read_addresses(in, 2, size, [](std::size_t, std::span<std::byte const>) {});
    });
  };
  CHECK(refused(4, detail::addresses_in_words, UINT32_MAX).empty());
  CHECK(contains(refused(4, detail::addresses_in_words, std::int64_t{1} << 32), "too large"));
  CHECK(contains(refused(4, detail::addresses_in_words, -1), "too large"));
  CHECK(contains(refused(6, detail::addresses_in_words, 1), "unknown form"));
  CHECK(contains(refused(4, 2, 1), "unknown form"));
}

}  // namespace
}  // namespace columns_test
