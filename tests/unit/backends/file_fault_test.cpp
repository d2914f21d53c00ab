// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What one connection of the file backend does not do to others, and what bytes beside the log don't: on a disk that fails.
#include "crash/fault_io.hpp"
#include "crash/fault_script.hpp"
#include "laws/blob_store.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace file_fault {
namespace {

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

TEST_CASE("a segment that was closed stays as it is where its writer could not make sure of the next one's name") {
  Disk disk;
  FaultIo::disk = &disk;
  file::Config const config{.path = "/store", .segment_size = file::smallest_segment};
  FaultBackend::empty_store(config);
  auto failing = FaultBackend::connect_store(config);
  auto other = FaultBackend::connect_store(config);
  auto const version = append(other, "main", {}, "one");
  int const error = GENERATE(EIO, EMFILE);
  disk.fault = [&](std::string const& call) { return call == "sync directory" ? -error : 0; };
  auto const put_more_than_a_segment = [&] {
    auto writer = failing.begin();
    for (unsigned i = 0; i != 10; ++i) static_cast<void>(writer.put(bytes(pattern(1000, i))));
  };
  CHECK(code_of(put_more_than_a_segment) == Errc::io_error);
  disk.fault = nullptr;
  REQUIRE(disk.paths().back() == "/store/seg-0000000002.clog");
  CHECK(code_of([&] { append(other, "main", version, "two"); }) == std::nullopt);
  CHECK(tail_of(other, "main") == std::vector<std::string>{"one", "two"});
  auto const late = FaultBackend::connect_store(config);
  CHECK(tail_of(late, "main") == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a hint that is no file, or larger than memory, is none") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  {
    auto connection = file::Backend::connect_store(config);
    commit(connection, "main", {}, "state");
    file::Backend::release_store(config, connection);
  }
  auto const hint = config.path / "roots.hint";
  REQUIRE(std::filesystem::is_regular_file(hint));
  if (GENERATE(true, false)) {
    std::filesystem::resize_file(hint, std::uintmax_t{1} << 40U);  // of which it takes up one block
  } else {
    std::filesystem::remove(hint);
    std::filesystem::create_directory(hint);
  }
  auto connection = file::Backend::connect_store(config);
  CHECK(text(connection.root("main")->state) == "state");
  append(connection, "main", connection.root("main")->version, "frame");
  file::Backend::release_store(config, connection);
  CHECK(tail_of(file::Backend::connect_store(config), "main") == std::vector<std::string>{"frame"});
}

TEST_CASE("a mark beyond the end of its segment is damage, and costs no memory") {
  std::size_t most = 0;  // of what is read, also when the connection goes
  Disk disk;
  FaultIo::disk = &disk;
  file::Config const config{.path = "/store"};
  FaultBackend::empty_store(config);
  auto connection = FaultBackend::connect_store(config);
  commit(connection, "main", {}, "state");
  auto const write = [](std::string const& path, std::uint64_t offset, file::details::ByteSpan content) {
    file::details::OpenFile<FaultIo> const opened{FaultIo::open(path, O_RDWR), path};
    REQUIRE(opened.try_write_at(offset, content) == 0);
  };
  auto mark = file::details::decode_mark(disk.content("/store/lock"));
  REQUIRE(mark);
  // What may be the header of a frame of half a GiB.
  file::details::Buffer header;
  file::details::add(header, std::uint32_t{1} << 29U);
  header.push_back(static_cast<std::byte>(file::details::FrameType::blob));
  file::details::add(header, file::details::ByteSpan{file::details::frame_magic});
  header.resize(file::details::frame_header_size);
  write("/store/seg-0000000001.clog", mark->end.offset, header);
  mark->end.offset = std::uint64_t{1} << 30U;
  auto buffer = file::details::mark_buffer();
  write("/store/lock", 0, file::details::encode_mark(buffer, *mark));
  disk.shorten_read = [&](std::size_t size) { return most = std::max(most, size), size; };
  CHECK(code_of([&] { static_cast<void>(connection.root("main")); }) == Errc::store_corrupt);
  CHECK(most < std::size_t{1} << 20U);
}

TEST_CASE("what is released while somebody else writes is on the medium") {
  Disk disk;
  FaultIo::disk = &disk;
  file::Config const config{.path = "/store", .sync = cairn::Sync::relaxed};
  FaultBackend::empty_store(config);
  auto connection = FaultBackend::connect_store(config);
  auto other = FaultBackend::connect_store(config);
  commit(connection, "main", {}, "state");
  auto writer = other.begin();
  static_cast<void>(writer.put(bytes("holds the store")));

  SECTION("where the medium takes it") {
    FaultBackend::release_store(config, connection);
    std::mt19937_64 random;
    auto after = disk.after_power_loss(Disk::Loss::everything, random);
    FaultIo::disk = &after;
    CHECK(FaultBackend::connect_store(config).roots() == std::vector<std::string>{"main"});
    FaultIo::disk = &disk;
  }
  SECTION("or whoever releases it is told") {
    disk.fault = [](std::string const& call) { return call == "sync" ? -EIO : 0; };
    CHECK(code_of([&] { FaultBackend::release_store(config, connection); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(connection.root("main")); }) == Errc::store_poisoned);
  }
}

}  // namespace
}  // namespace file_fault
