// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Room behind the log of the file backend: when there is some, who takes it for what it is, and when it goes.
#include "crash/fault_io.hpp"
#include "crash/fault_script.hpp"
#include "crash/in_child.hpp"
#include "laws/blob_store.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
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
using cairn::test::Disk;
using cairn::test::FaultBackend;
using cairn::test::FaultIo;

namespace {

constexpr std::uintmax_t room = std::uintmax_t{64} << 10U;

std::filesystem::path first_segment(file::Config const& config) { return config.path / "seg-0000000001.clog"; }

void overwrite(std::filesystem::path const& path, std::uintmax_t offset, std::string const& with) {
  std::fstream stream{path, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekp(static_cast<std::streamoff>(offset));
  stream << with << std::flush;
  REQUIRE(stream.good());
}

/// Twenty commits of a blob of 700 bytes each.
std::vector<file::Address> commit_twenty(file::Connection& connection) {
  std::vector<file::Address> addresses;
  cairn::Version version;
  for (unsigned i = 0; i != 20; ++i) {
    auto writer = connection.begin();
    addresses.push_back(writer.put(bytes(pattern(700, i))));
    auto const result = writer.commit("main", version, bytes("state"));
    REQUIRE(result == cairn::CommitResult::committed);
    version = result.version;
  }
  return addresses;
}

}  // namespace

TEST_CASE("a log has room behind it while it is open, and none when it was closed") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto const empty = std::filesystem::file_size(first_segment(config));
  auto connection = file::Backend::connect_store(config);
  CHECK(std::filesystem::file_size(first_segment(config)) == empty);  // who only reads needs none
  auto version = commit(connection, "main", {}, "state");
  auto const open = std::filesystem::file_size(first_segment(config));
  CHECK(open % room == 0);
  for (int i = 0; i != 20; ++i) version = append(connection, "main", version, "frame");
  CHECK(std::filesystem::file_size(first_segment(config)) == open);

  SECTION("it is cut off by whoever wrote and closes") {
    file::Backend::release_store(config, connection);
    auto const closed = std::filesystem::file_size(first_segment(config));
    CHECK(closed < empty + 2500);
    CHECK(file::Backend::connect_store(config).root("main")->tail.size() == 20);
    CHECK(std::filesystem::file_size(first_segment(config)) == closed);
    // Whoever has the log open still and goes on writing makes some again.
    append(connection, "main", version, "frame");
    CHECK(std::filesystem::file_size(first_segment(config)) % room == 0);
  }
  SECTION("it is no address that was given, and no damage") {
    CHECK(code_of([&] { static_cast<void>(connection.read({1, 4000, 8, 0})); }) == Errc::io_error);
  }
  SECTION("it stays when the writer is killed, and the next goes on in it") {
    file::Config const copy{.path = directory.path() / "copy"};
    std::filesystem::copy(config.path, copy.path);
    auto other = file::Backend::connect_store(copy);
    CHECK(other.root("main")->tail.size() == 20);
    append(other, "main", other.root("main")->version, "behind it");
    CHECK(tail_of(other, "main").back() == "behind it");
    CHECK(std::filesystem::file_size(first_segment(copy)) == open);
    file::Backend::release_store(copy, other);
    CHECK(std::filesystem::file_size(first_segment(copy)) < open);
  }
  SECTION("two that write in turn keep it") {
    auto other = file::Backend::connect_store(config);
    for (int i = 0; i != 10; ++i) {
      version = append(other, "main", version, "other");
      version = append(connection, "main", version, "one");
      CHECK(std::filesystem::file_size(first_segment(config)) == open);
    }
    CHECK(tail_of(other, "main").size() == 40);
  }
}

TEST_CASE("a segment that was closed ends where its last frame does, and one that has room all the same is compacted") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{
      .path = directory.path() / "store", .segment_size = file::smallest_segment, .compact_below = 1};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const addresses = commit_twenty(connection);
  REQUIRE(std::filesystem::exists(config.path / "seg-0000000003.clog"));
  auto const whole = std::filesystem::file_size(first_segment(config));
  CHECK(whole % 4096 != 0);
  std::filesystem::resize_file(first_segment(config), whole + 3000);  // as a loss of power may leave it
  auto other = file::Backend::connect_store(config);
  other.sweep([&](file::Address const& address) { return address == addresses[1]; }, cairn::TimePoint::max());
  CHECK(std::filesystem::file_size(first_segment(config)) < 1000);
  CHECK(text(other.read(addresses[1])) == pattern(700, 1));
}

TEST_CASE("zeros in the place of frames are no room in a segment that was closed, and no sweep touches it") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{
      .path = directory.path() / "store", .segment_size = file::smallest_segment, .compact_below = 1};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const addresses = commit_twenty(connection);
  bool is_first_live = true;
  auto const sweep = [&] {
    file::Backend::connect_store(config).sweep(
        [&](file::Address const& address) {
          return address == addresses[2] || (is_first_live && address == addresses[1]);
        },
        cairn::TimePoint::max());
  };
  if (GENERATE(false, true)) sweep();  // then the segment is a compacted one
  auto const size = std::filesystem::file_size(first_segment(config));
  // Zeros in the place of the third blob and all behind it.
  auto const text_of = [](std::filesystem::path const& path) {
    std::ifstream stream{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{stream}, {}};
  };
  auto const place = text_of(first_segment(config)).find(pattern(700, 2)) - 32;
  overwrite(first_segment(config), place, std::string(static_cast<std::size_t>(size - place), '\0'));
  is_first_live = false;
  sweep();
  REQUIRE(std::filesystem::exists(first_segment(config)));
  CHECK(std::filesystem::file_size(first_segment(config)) == size);
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config).read(addresses[2])); }) ==
        Errc::store_corrupt);
}

TEST_CASE("whoever opens a log looks behind its end, however well all else fits") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto version = commit(connection, "main", {}, "state");
  file::Backend::release_store(config, connection);
  auto const end = std::filesystem::file_size(first_segment(config));
  auto const lock = directory.path() / "lock";
  std::filesystem::copy_file(config.path / "lock", lock);  // the mark, as the medium has it
  version = append(connection, "main", version, "synced");
  auto const behind = end + 32 + 24;  // a frame's header; a number, a length, "main" and "synced"
  append(connection, "main", version, "says that the one before is synced");
  file::Config const copy{.path = directory.path() / "copy"};
  std::filesystem::copy(config.path, copy.path);
  std::filesystem::copy_file(lock, copy.path / "lock", std::filesystem::copy_options::overwrite_existing);

  SECTION("frames behind zeros that say what was there are damage") {
    overwrite(first_segment(copy), end, std::string(behind - end, '\0'));
    CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(copy)); }) == Errc::store_corrupt);
  }
  SECTION("what says nothing is cut off") {
    overwrite(first_segment(copy), end, std::string(600, '\0') + "torn");
    CHECK(file::Backend::connect_store(copy).root("main")->tail.empty());
    CHECK(std::filesystem::file_size(first_segment(copy)) == end);
  }
}

TEST_CASE("a segment is cut where it is closed, whatever lies behind") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store", .segment_size = file::smallest_segment};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  overwrite(first_segment(config), 3 * room, "torn");
  auto writer = connection.begin();
  writer.put(bytes(pattern(room + 1000)));
  auto const result = writer.commit("main", {}, bytes("state"));
  REQUIRE(result == cairn::CommitResult::committed);
  append(connection, "main", result.version, "in the next segment");
  REQUIRE(std::filesystem::exists(config.path / "seg-0000000002.clog"));
  CHECK(std::filesystem::file_size(first_segment(config)) < 2 * room);
}

TEST_CASE("no room is made beyond what a process may write") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto const most = std::filesystem::file_size(first_segment(config)) + 1000;
  auto const child = cairn::test::in_child([&] {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = most;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto connection = file::Backend::connect_store(config);
    static_cast<void>(connection.begin().commit("main", {}, bytes("state")));
  });
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);  // SIGXFSZ otherwise
  CHECK(std::filesystem::file_size(first_segment(config)) <= most);
  CHECK(text(file::Backend::connect_store(config).root("main")->state) == "state");
}

TEST_CASE("a commit that its writer could not mark is found by the next, room or not") {
  Disk disk;
  FaultIo::disk = &disk;
  bool const has_room = GENERATE(true, false);
  disk.fault = [&](std::string const& call) { return call == "allocate" && !has_room ? -EOPNOTSUPP : 0; };
  cairn::test::Script const script;
  FaultBackend::empty_store(script.config);
  auto one = FaultBackend::connect_store(script.config);
  auto other = FaultBackend::connect_store(script.config);
  auto const version = append(one, "main", {}, "first");
  CHECK(tail_of(other, "main").size() == 1);
  bool is_synced = false;
  disk.fault = [&](std::string const& call) {
    is_synced = is_synced || call == "sync";
    return is_synced && call == "write" ? -EIO : 0;
  };
  CHECK(one.begin().append("main", version, bytes("second")) == cairn::CommitResult::committed);
  disk.fault = nullptr;
  CHECK(code_of([&] { static_cast<void>(one.root("main")); }) == Errc::store_poisoned);
  CHECK(other.begin().append("main", version, bytes("instead")) == cairn::CommitResult::conflict);
  CHECK(tail_of(other, "main") == std::vector<std::string>{"first", "second"});
}
