// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Segments that are compacted: what is gone, what stays, who notices; and every bit of one flipped.
#include "crash/fault_io.hpp"
#include "crash/fault_script.hpp"
#include "laws/blob_store.hpp"
#include "laws/temporary_directory.hpp"
#include "sanitized.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace file = cairn::backends::file;
using cairn::Errc;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::commit;
using cairn::laws::pattern;
using cairn::laws::text;
using cairn::test::Disk;
using cairn::test::FaultBackend;
using cairn::test::FaultIo;

namespace {

constexpr unsigned blob_count = 40;

/// Forty blobs of different sizes, some ten in a segment, and a root whose state stays in the first segment.
template <class Backend>
std::vector<file::Address> fill(typename Backend::Connection& connection) {
  commit(connection, "old", {}, "in the first segment");
  std::vector<file::Address> addresses;
  cairn::Version version;
  for (unsigned i = 0; i != blob_count; ++i) {
    auto writer = connection.begin();
    addresses.push_back(writer.put(bytes(pattern(300 + i * 10, i))));
    auto const result = writer.commit("main", version, bytes("state"));
    REQUIRE(result == cairn::CommitResult::committed);
    version = result.version;
  }
  return addresses;
}

auto every_nth(std::vector<file::Address> const& addresses, std::size_t step) {
  return [&addresses, step](file::Address const& address) {
    auto const found = std::find(addresses.begin(), addresses.end(), address);
    return found != addresses.end() && static_cast<std::size_t>(found - addresses.begin()) % step == 0;
  };
}

std::string content_of(unsigned i) { return pattern(300 + i * 10, i); }

std::uintmax_t size_of_segments(std::filesystem::path const& directory) {
  std::uintmax_t size = 0;
  for (auto const& entry : std::filesystem::directory_iterator{directory}) {
    if (entry.path().extension() == ".clog") size += entry.file_size();
  }
  return size;
}

}  // namespace

TEST_CASE("a sweep writes mostly dead segments anew, and addresses stay what they are") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store", .segment_size = file::smallest_segment};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const addresses = fill<file::Backend>(connection);
  auto early = file::Backend::connect_store(config);
  CHECK(text(early.read(addresses[7])) == content_of(7));  // has the segment open from here on
  auto const before = size_of_segments(config.path);

  SECTION("not before the cutoff, and not where that is switched off") {
    connection.sweep(every_nth(addresses, 4), cairn::TimePoint{});
    CHECK(size_of_segments(config.path) == before);
    auto never = config;
    never.compact_below = 0;
    auto other = file::Backend::connect_store(never);
    other.sweep(every_nth(addresses, 4), cairn::TimePoint::max());
    CHECK(size_of_segments(config.path) == before);
  }
  SECTION("what is live is found by everybody, what is dead by nobody who opens the file now") {
    connection.sweep(every_nth(addresses, 4), cairn::TimePoint::max());
    CHECK(size_of_segments(config.path) < before * 6 / 10);
    auto late = file::Backend::connect_store(config);
    for (auto* const reader : {&connection, &early, &late}) {
      for (unsigned i = 0; i < blob_count; i += 4) CHECK(text(reader->read(addresses[i])) == content_of(i));
      CHECK(text(reader->root("old")->state) == "in the first segment");
      CHECK(text(reader->root("main")->state) == "state");
    }
    CHECK(text(early.read(addresses[6])) == content_of(6));
    CHECK(code_of([&] { static_cast<void>(late.read(addresses[6])); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(late.read({1, 0xffffffffU, 8, 0})); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(late.read({1, 10, 0xffffffffU, 0})); }).has_value());
    CHECK_FALSE(std::filesystem::exists(config.path / "compact.tmp"));
  }
  SECTION("a compacted segment is compacted again, and removed at last") {
    connection.sweep(every_nth(addresses, 4), cairn::TimePoint::max());
    auto const once = size_of_segments(config.path);
    connection.sweep(every_nth(addresses, 4), cairn::TimePoint::max());
    CHECK(size_of_segments(config.path) == once);
    auto eager = config;
    eager.compact_below = 1;
    auto other = file::Backend::connect_store(eager);
    other.sweep(every_nth(addresses, 8), cairn::TimePoint::max());
    CHECK(size_of_segments(config.path) < once);
    auto late = file::Backend::connect_store(config);
    for (unsigned i = 0; i < blob_count; i += 8) CHECK(text(late.read(addresses[i])) == content_of(i));
    CHECK(text(late.root("old")->state) == "in the first segment");
    auto const version = late.root("old")->version;
    REQUIRE(late.begin().drop("old", version) == cairn::CommitResult::committed);
    other.sweep([](auto const&) { return false; }, cairn::TimePoint::max());
    CHECK_FALSE(std::filesystem::exists(config.path / "seg-0000000001.clog"));
    CHECK(text(other.root("main")->state) == "state");
  }
  SECTION("what a compaction left that was killed goes with the next opening") {
    std::ofstream{config.path / "compact.tmp"} << "half a segment";
    CHECK(file::Backend::connect_store(config).roots().size() == 2);
    CHECK_FALSE(std::filesystem::exists(config.path / "compact.tmp"));
  }
  SECTION("it is not taken for the last segment where those behind it are missing") {
    connection.sweep(every_nth(addresses, 4), cairn::TimePoint::max());
    for (auto const& entry : std::filesystem::directory_iterator{directory.path() / "store"}) {
      if (entry.path().filename() != "seg-0000000001.clog") std::filesystem::remove(entry.path());
    }
    CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_corrupt);
  }
}

TEST_CASE("a deletion removes what a compaction left") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  std::ofstream{config.path / "compact.tmp"} << "half a segment";
  file::Backend::delete_store(config);
  CHECK_FALSE(std::filesystem::exists(config.path));
}

TEST_CASE("a flipped bit of a compacted segment is detected or harmless, and so is one cut short") {
  Disk whole;
  FaultIo::disk = &whole;
  file::Config const config{.path = "/store", .segment_size = file::smallest_segment};
  FaultBackend::empty_store(config);
  std::vector<file::Address> addresses;
  {
    auto connection = FaultBackend::connect_store(config);
    addresses = fill<FaultBackend>(connection);
    connection.sweep(every_nth(addresses, 4), cairn::TimePoint::max());
  }
  std::string const path = "/store/seg-0000000001.clog";
  auto const content = whole.content(path);
  REQUIRE(content[8] == std::byte{2});
  std::size_t detected = 0;
  auto const check = [&](Disk::Bytes damaged) {
    Disk disk;
    for (auto const& other : whole.paths()) disk.place("/store", other.substr(7), whole.content(other));
    disk.place("/store", path.substr(7), std::move(damaged));
    FaultIo::disk = &disk;
    auto const connection = FaultBackend::connect_store(config);
    bool is_whole = true;
    auto const read = [&](auto call, std::string const& expected) {
      try {
        auto const found = text(call());
        REQUIRE(found == expected);
      } catch (cairn::Error const& error) {
        REQUIRE((error.code() == Errc::store_corrupt || error.code() == Errc::store_format));
        is_whole = false;
      }
    };
    for (unsigned i = 0; i < blob_count && addresses[i].segment == 1; i += 4)
      read([&] { return connection.read(addresses[i]); }, content_of(i));
    read([&] { return connection.root("old")->state; }, "in the first segment");
    if (!is_whole) ++detected;
  };
  constexpr std::size_t step = cairn::test::is_sanitized ? 37 : 3;
  for (std::size_t bit = 0; bit < content.size() * 8; bit += step) {
    INFO("bit " << bit);
    auto damaged = content;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    check(std::move(damaged));
  }
  CHECK(detected > content.size() * 8 / step * 9 / 10);
  for (std::size_t size = 0; size < content.size(); size += 5) {
    INFO("size " << size);
    auto const had = detected;
    check(Disk::Bytes(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size)));
    REQUIRE(detected == had + 1);
  }
}
