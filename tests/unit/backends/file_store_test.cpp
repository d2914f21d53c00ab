// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the file backend does beyond the laws: its files, their creation, deletion, sweeping, and its refusals.
#include "laws/blob_store.hpp"
#include "laws/following.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace file = cairn::backends::file;
using cairn::Errc;
using cairn::laws::append;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::commit;
using cairn::laws::pattern;
using cairn::laws::tail_of;
using cairn::laws::text;
using cairn::test::TemporaryDirectory;

namespace {

std::size_t count_segments(std::filesystem::path const& directory) {
  return static_cast<std::size_t>(std::count_if(std::filesystem::directory_iterator{directory}, {},
                                                [](auto const& entry) { return entry.path().extension() == ".clog"; }));
}

void write(std::filesystem::path const& path, std::string const& content) {
  std::ofstream{path, std::ios::binary} << content;
}

}  // namespace

TEST_CASE("what a creation that was cut off left behind is no store, and does not stand in the way of one") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path()};
  write(directory.path() / "lock", "");
  write(directory.path() / "next.tmp", "half a segm");
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_does_not_exist);
  file::Backend::empty_store(config);
  CHECK(file::Backend::connect_store(config).roots().empty());
}

TEST_CASE("a deletion that was cut off is a deletion") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  {
    auto connection = file::Backend::connect_store(config);
    commit(connection, "main", {}, "old");
  }
  write(config.path / "deleted", "");
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_does_not_exist);
  file::Backend::empty_store(config);
  CHECK(file::Backend::connect_store(config).roots().empty());
  CHECK_FALSE(std::filesystem::exists(config.path / "deleted"));
}

TEST_CASE("a deletion removes what is a store's and nothing else") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  file::Backend::delete_store(config);
  CHECK_FALSE(std::filesystem::exists(config.path));

  file::Backend::empty_store(config);
  write(config.path / "notes.txt", "mine");
  file::Backend::delete_store(config);
  CHECK(std::filesystem::exists(config.path / "notes.txt"));
  CHECK(count_segments(config.path) == 0);
  CHECK(code_of([&] { file::Backend::delete_store(config); }) == Errc::store_format);
  CHECK(std::filesystem::exists(config.path / "notes.txt"));
}

TEST_CASE("who follows a store is told that it was deleted, or that others have another lock") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const version = append(connection, "main", {}, "first");
  auto const follower = file::Backend::connect_store(config);
  REQUIRE(tail_of(follower, "main").size() == 1);
  auto const check_told = [&] {
    CHECK(code_of([&] { static_cast<void>(follower.root("main")); }) == Errc::store_does_not_exist);
    CHECK(code_of([&] { static_cast<void>(follower.roots()); }) == Errc::store_does_not_exist);
  };
  SECTION("deleted") {
    file::Backend::delete_store(config);
    check_told();
  }
  SECTION("deleted, and another one there") {
    file::Backend::delete_store(config);
    file::Backend::empty_store(config);
    check_told();
  }
  SECTION("its lock replaced, as by a copy that was restored") {
    std::filesystem::copy_file(config.path / "lock", config.path / "restored");
    std::filesystem::rename(config.path / "restored", config.path / "lock");
    check_told();
    auto other = file::Backend::connect_store(config);
    append(other, "main", version, "second");
    CHECK(tail_of(other, "main") == std::vector<std::string>{"first", "second"});
  }
}

TEST_CASE("who follows a store sees what was committed where nothing says any more how far that goes") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const version = append(connection, "main", {}, "first");
  auto const follower = file::Backend::connect_store(config);
  REQUIRE(tail_of(follower, "main").size() == 1);
  append(connection, "main", version, "second");
  std::filesystem::resize_file(config.path / "lock", 0);
  std::vector<std::string> const both{"first", "second"};
  SECTION("nobody writes") {
    CHECK(tail_of(follower, "main") == both);
    CHECK(std::filesystem::file_size(config.path / "lock") != 0);
  }
  SECTION("a writer holds the store, and is not waited for") {
    auto writer = connection.begin();
    static_cast<void>(writer.put(bytes("a blob")));
    std::filesystem::resize_file(config.path / "lock", 0);
    CHECK(tail_of(follower, "main").size() == 1);
    CHECK(tail_of(connection, "main") == both);
    REQUIRE(writer.append("main", connection.root("main")->version, bytes("third")) == cairn::CommitResult::committed);
    CHECK(tail_of(follower, "main").size() == 3);
  }
}

TEST_CASE("a file that has the name of a store's lock, and is none, stays as it is") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path()};
  auto const content_of = [](std::filesystem::path const& path) {
    std::ifstream stream{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{stream}, {}};
  };
  for (std::string const theirs : {"4711\n", "of another program"}) {
    write(directory.path() / "lock", theirs);
    CHECK(code_of([&] { file::Backend::delete_store(config); }) == Errc::store_format);
    CHECK(code_of([&] { file::Backend::empty_store(config); }) == Errc::store_format);
    CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_does_not_exist);
    CHECK(content_of(directory.path() / "lock") == theirs);
    CHECK(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 1);
  }
  // A creation or a deletion that was cut off leaves one that is empty, or a mark, or what power left of that.
  for (std::string const& ours : {std::string{}, "CAIRNMRK" + std::string(88, 'x'), std::string(96, '\0')}) {
    std::filesystem::create_directory(directory.path());
    write(directory.path() / "lock", ours);
    file::Backend::empty_store(config);
    CHECK(file::Backend::connect_store(config).roots().empty());
    file::Backend::delete_store(config);
    std::filesystem::create_directory(directory.path());
    write(directory.path() / "lock", ours);
    file::Backend::delete_store(config);
    CHECK_FALSE(std::filesystem::exists(directory.path()));
  }
}

TEST_CASE("whoever is connected to a store that is deleted learns it at the next commit") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const version = commit(connection, "main", {}, "state");
  file::Backend::delete_store(config);
  CHECK(code_of([&] { static_cast<void>(connection.begin().append("main", version, {})); }) ==
        Errc::store_does_not_exist);
  file::Backend::empty_store(config);
  CHECK(code_of([&] { static_cast<void>(connection.begin().append("main", version, {})); }) ==
        Errc::store_does_not_exist);
  CHECK(file::Backend::connect_store(config).roots().empty());
}

TEST_CASE("what a writer is given goes to the disk as it comes, and is seen when it commits") {
  constexpr std::size_t blobs = 24;
  constexpr std::size_t size = std::size_t{1} << 20U;
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const reader = file::Backend::connect_store(config);
  auto const content = [](std::size_t number) { return std::to_string(number) + std::string(size, 'x'); };
  auto writer = connection.begin();
  std::vector<file::Address> addresses;
  for (std::size_t number = 0; number != blobs; ++number) addresses.push_back(writer.put(bytes(content(number))));
  std::size_t written = 0;
  for (auto const& entry : std::filesystem::directory_iterator{config.path}) {
    std::ifstream in{entry.path(), std::ios::binary};
    for (std::string block(size, '\0'); in.read(block.data(), static_cast<std::streamsize>(size)) || in.gcount() != 0;) {
      written += static_cast<std::size_t>(std::count(block.begin(), block.begin() + in.gcount(), 'x'));
    }
  }
  CAPTURE(written);
  CHECK(written >= (blobs - 9) * size);  // all but what is written at once, 8 MiB
  CHECK_FALSE(reader.root("main"));
  REQUIRE(writer.commit("main", {}, bytes("state")) == cairn::CommitResult::committed);
  CHECK(text(reader.root("main")->state) == "state");
  for (std::size_t number = 0; number != blobs; ++number) CHECK((text(reader.read(addresses[number])) == content(number)));
}

TEST_CASE("who follows a root reads what others added to it, and nothing twice") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const reader = file::Backend::connect_store(config);
  cairn::laws::check_nothing_is_read_twice(connection, reader);
}

TEST_CASE("a thread that would wait for itself is told") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto other = file::Backend::connect_store(config);
  auto writer = connection.begin();
  auto const address = writer.put(bytes("node"));
  CHECK(code_of([&] { static_cast<void>(connection.begin().put(bytes("second"))); }) == Errc::store_locked);
  CHECK(code_of([&] { static_cast<void>(other.begin().append("main", {}, bytes("second"))); }) == Errc::store_locked);
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_locked);
  CHECK(other.roots().empty());
  std::thread waiting{[&] { append(other, "side", {}, "frame"); }};
  REQUIRE(writer.commit("main", {}, bytes("state")) == cairn::CommitResult::committed);
  waiting.join();
  CHECK(text(other.read(address)) == "node");
  CHECK(connection.roots() == std::vector<std::string>{"main", "side"});
}

TEST_CASE("a sweep gives back whole segments, and nothing that a root needs") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store", .segment_size = file::smallest_segment};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto idle = file::Backend::connect_store(config);
  commit(connection, "old", {}, "in the first segment");
  std::vector<file::Address> addresses;
  cairn::Version version;
  for (unsigned i = 0; i != 30; ++i) {
    auto writer = connection.begin();
    addresses.push_back(writer.put(bytes(pattern(2000, i))));
    auto const result = writer.commit("main", version, bytes("state"));
    REQUIRE(result == cairn::CommitResult::committed);
    version = result.version;
  }
  auto const before = count_segments(config.path);
  REQUIRE(before > 10);
  auto const live = [&](file::Address const& address) { return address == addresses[15]; };
  connection.sweep(live, cairn::TimePoint{});
  CHECK(count_segments(config.path) == before);
  connection.sweep(live, cairn::TimePoint::max());
  // The one with the root `old`, the one with the live blob, the active one; and the state of `main` may be in one
  // more.
  CHECK(count_segments(config.path) <= 4);
  CHECK((text(connection.read(addresses[15])) == pattern(2000, 15)));
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config).read(addresses[3])); }) == Errc::io_error);
  CHECK(text(connection.root("old")->state) == "in the first segment");
  // One that slept through all of it finds its way, reading and writing.
  CHECK(idle.root("main")->version == version);
  append(idle, "main", version, "frame");
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"frame"});
}

TEST_CASE("a later format is named, not guessed at") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto const path = config.path / "seg-0000000001.clog";
  std::string content;
  {
    std::ifstream stream{path, std::ios::binary};
    content.assign(std::istreambuf_iterator<char>{stream}, {});
  }
  content[8] = 3;
  auto const checksum = XXH3_64bits(content.data(), 72);
  file::details::store(reinterpret_cast<std::byte*>(content.data()) + 72, checksum);
  write(path, content);
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_format);
}

TEST_CASE("a path that is empty or a file is refused") {
  TemporaryDirectory const directory;
  CHECK(code_of([&] { file::Backend::empty_store({}); }) == Errc::config_missing);
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store({})); }) == Errc::config_missing);
  write(directory.path() / "file", "text");
  file::Config const config{.path = directory.path() / "file"};
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { file::Backend::empty_store(config); }).has_value());
  CHECK(std::filesystem::is_regular_file(config.path));
}

TEST_CASE("an address that is made up is an error and no allocation") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto const connection = file::Backend::connect_store(config);
  CHECK(code_of([&] { static_cast<void>(connection.read({1, 10, 0xffffffffU, 0})); }).has_value());
  CHECK(code_of([&] { static_cast<void>(connection.read({1, 0xffffffffU, 8, 0})); }) == Errc::io_error);
  CHECK(code_of([&] { static_cast<void>(connection.read({7, 10, 8, 0})); }) == Errc::io_error);
}
