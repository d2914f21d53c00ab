// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Exports whose chunks are compressed with gzip, in a program that can read them.
#include "laws/dump.hpp"
#include "unit/store/bytes.hpp"

#include <cairn/dump/datahike.hpp>
#include <cairn/dump/gzip.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn;
using laws::out_of;
using test::bytes;

/// All that is compressed there, in pieces of a size.
std::string all_of(ByteSource source, std::size_t piece) {
  detail::GzipReader reader{std::move(source)};
  std::string made;
  std::vector<std::byte> room(piece);
  while (auto const size = reader.read(room)) made.append(reinterpret_cast<char const*>(room.data()), size);
  return made;
}
/// The same, or why it is refused.
std::string read(std::string_view text) {
  try {
    return all_of(out_of(text), 1000);
  } catch (detail::BadRecord const& bad) {
    return "bad: " + bad.what;
  }
}

/// One member.
std::string compressed(std::string const& text, int level = Z_DEFAULT_COMPRESSION) {
  ::z_stream stream{};
  REQUIRE(::deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<Bytef> in(text.begin(), text.end());
  std::string made(::deflateBound(&stream, static_cast<uLong>(in.size())), '\0');
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(made.data());
  stream.avail_out = static_cast<uInt>(made.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  made.resize(made.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return made;
}
/// What cannot be compressed.
std::string noise(std::size_t size) {
  std::string made;
  std::uint32_t state = 1;
  while (made.size() != size) made += static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return made;
}

TEST_CASE("gzip is read, of each kind of block, and what is damaged of it is not") {
  std::string const stored = bytes("1f8b08000000000000ff 010600f9ff 'stored' 0bf94356 06000000");
  std::string const fixed = bytes("1f8b08000000000000ff 4b4c4a4ea4060200 b5b9b8b4 48000000");
  std::string const coded = bytes("1f8b08000000000000ff 458cc10d002008035761351edda0fb477a6894444a7b204b6ed72b796afea82e74deba159249a412"
                                  "14eef486787b2e9c51f8b9c976dca5bcbcc842e953eebdcb74f326950f 7ded2878 b4000000");
  std::string repeated;
  for (int i = 0; i != 24; ++i) repeated += "abc";
  // With a name, a comment, an extra field and a checksum of all these.
  std::string named = bytes("1f8b081f0000000000ff 0200 'xy' 'name' 00 'comment' 00");
  auto const sum = ::crc32(0, reinterpret_cast<Bytef const*>(named.data()), static_cast<uInt>(named.size()));
  named += {static_cast<char>(sum & 0xFFU), static_cast<char>(sum >> 8U & 0xFFU)};
  named += bytes("4b4c4a4ea4060200 b5b9b8b4 48000000");
  for (std::size_t const piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    CHECK(all_of(out_of(stored), piece) == "stored");
    CHECK(all_of(out_of(fixed), piece) == repeated);
    CHECK(all_of(out_of(named), piece) == repeated);
    CHECK(all_of(out_of(stored + fixed + stored), piece) == "stored" + repeated + "stored");
  }
  for (auto const& whole : {stored, fixed, coded, named}) {
    auto const right = read(whole);
    CHECK_FALSE(right.starts_with("bad: "));
    for (std::size_t i = 0; i != whole.size(); ++i) {
      CAPTURE(i);
      CHECK(read(whole.substr(0, i)) == "bad: its gzip ends too early");
      CHECK(read(stored + whole.substr(0, i)) == (i == 0 ? "stored" : "bad: its gzip ends too early"));
      for (unsigned bit = 0; bit != 8; ++bit) {
        auto other = whole;
        other[i] = static_cast<char>(static_cast<unsigned char>(other[i]) ^ (1U << bit));
        auto const said = read(other);
        CHECK((said.starts_with("bad: ") || said == right));  // nothing depends on when and where it was made
      }
    }
  }
}

TEST_CASE("what is wrong with a gzip is said") {
  auto const one = compressed("one");
  CHECK(read("") == "bad: its gzip ends too early");
  CHECK(read("no gzip, and long enough to be one") == "bad: it is no gzip");
  CHECK(read(bytes("789c 4bcc4b0500 027d0144")) == "bad: it is no gzip");  // of zlib's own format
  CHECK(read(bytes("1f8b 07 00 00000000 00ff") + one.substr(10)) == "bad: it is no gzip");
  CHECK(read(bytes("1f8b 08 20 00000000 00ff") + one.substr(10)) == "bad: it is no gzip");
  CHECK(read(one + "other") == "bad: what stands behind its gzip is none");
  CHECK(read(one + std::string(512, '\0')) == "bad: what stands behind its gzip is none");
  for (std::size_t const from_end : {std::size_t{1}, std::size_t{8}}) {  // the size, the checksum
    auto other = one;
    other[other.size() - from_end] = static_cast<char>(other[other.size() - from_end] ^ 1);
    CHECK(read(other).starts_with("bad: its gzip is damaged: "));
    CHECK(read(one + other).starts_with("bad: its gzip is damaged: "));
  }
  CHECK(read(one.substr(0, 10) + bytes("07")).starts_with("bad: its gzip is damaged: "));  // a block of no kind
}

TEST_CASE("gzip of any size is read, and no more of it than is asked for") {
  auto const text = noise(300'000) + std::string(1'000'000, 'x') + noise(70'000);
  for (int const level : {0, 1, 9}) {
    auto const whole = compressed(text, level);
    CHECK((all_of(out_of(whole), 4096) == text));
    CHECK((all_of(out_of(whole + whole), std::size_t{3} << 20U) == text + text));
  }
  // Members that end where what is read at once does.
  auto const half = compressed(noise((std::size_t{1} << 15U) - 23), 0);
  REQUIRE(half.size() == std::size_t{1} << 15U);
  auto rest = std::string_view{};
  auto const by_halves = [&](std::span<std::byte> room) {
    auto const size = (std::min)({room.size(), rest.size(), half.size()});
    if (size != 0) std::memcpy(room.data(), rest.data(), size);
    rest.remove_prefix(size);
    return size;
  };
  auto const twice = half + half;
  rest = twice;
  CHECK(all_of(by_halves, 1000).size() == 2 * ((std::size_t{1} << 15U) - 23));
  std::string empty;
  for (int i = 0; i != 20'000; ++i) empty += compressed("");
  CHECK(read(empty).empty());
  CHECK(read(empty + compressed("end")) == "end");

  auto const bomb = compressed(std::string(std::size_t{1} << 24U, '\0'), 9);
  int asked = 0;
  detail::GzipReader reader{[&, source = out_of(bomb)](std::span<std::byte> room) {
    ++asked;
    return source(room);
  }};
  std::array<std::byte, 1000> room{};
  for (int i = 0; i != 20; ++i) CHECK(reader.read(room) == room.size());
  CHECK(asked == 1);
}

TEST_CASE("a directory whose chunks are compressed is read") {
  auto const text = bytes(R"(
    85 01 d827 69':db/ident' d827 65':name' 1a20000001 f5
    85 01 d827 6d':db/valueType' d827 6f':db.type/string' 1a20000001 f5
    85 01 d827 6f':db/cardinality' d827 73':db.cardinality/one' 1a20000001 f5
    85 02 d827 65':name' 64'Ivan' 1a20000002 f5)");
  std::string const manifest =
      "{:datahike.migrate/format-version 1, :serialization :cbor-seq, :compression :gzip, :chunks [{:file \"datoms-000001.cbor.gz\", :count 3} "
      "{:file \"datoms-000002.cbor.gz\", :count 1}]}";
  auto const last = text.size() - bytes("85 02 d827 65':name' 64'Ivan' 1a20000002 f5").size();
  auto const first_chunk = compressed(text.substr(0, 50)) + compressed(text.substr(50, last - 50));
  auto const imported = [&](std::string const& second_chunk) {
    RestoreOptions const how;
    detail::ImportedHistory history{how};
    try {
      detail::read_datahike_directory(
          [&](std::string const& name) { return out_of(name == "manifest.edn" ? manifest : name == "datoms-000001.cbor.gz" ? first_chunk : second_chunk); }, history);
    } catch (Error const& error) {
      CHECK(error.code() == Errc::edn_syntax);
      return error.message();
    }
    CHECK(history.entity_named(Keyword{":name"}) == 1);
    return "up to the entity " + std::to_string(history.max_entity());
  };
  auto const second_chunk = compressed(text.substr(last));
  CHECK(imported(second_chunk) == "up to the entity 2");
  CHECK(imported(second_chunk.substr(0, second_chunk.size() - 1)) == "Datom 1 of datoms-000002.cbor.gz cannot be taken: its gzip ends too early.");
  CHECK(imported(text.substr(last)) == "Datom 1 of datoms-000002.cbor.gz cannot be taken: it is no gzip.");
  CHECK(imported(second_chunk + second_chunk) == "datoms-000002.cbor.gz has 2 datoms, and the export's manifest says 1: it is not what was exported.");
}

}  // namespace
