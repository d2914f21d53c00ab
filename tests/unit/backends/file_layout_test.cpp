// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The layout in which every blob is a file: its files, their damage, their sweeping, and which layout a store has.
#include "laws/blob_store.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace file = cairn::backends::file;
namespace fs = std::filesystem;
using cairn::Errc;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::commit;
using cairn::laws::pattern;
using cairn::laws::text;
using cairn::test::TemporaryDirectory;

namespace {

file::Config config_in(TemporaryDirectory const& directory) {
  return {.path = directory.path() / "store", .layout = file::Layout::dir};
}

std::size_t count_files(fs::path const& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, {}));
}

/// A commit with so many blobs.
std::vector<file::Address> put(file::Connection& connection, std::string const& branch, unsigned count) {
  auto writer = connection.begin();
  std::vector<file::Address> addresses;
  for (unsigned i = 0; i != count; ++i) addresses.push_back(writer.put(bytes(pattern(100 * i, i))));
  auto const record = connection.root(branch);
  REQUIRE(writer.commit(branch, record ? record->version : cairn::Version{}, bytes("state")) ==
          cairn::CommitResult::committed);
  return addresses;
}

}  // namespace

TEST_CASE("every blob is a file, named by its address") {
  TemporaryDirectory const directory;
  auto const config = config_in(directory);
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  CHECK(count_files(config.path / "blobs") == 0);
  auto const addresses = put(connection, "main", 5);
  CHECK(count_files(config.path / "blobs") == 5);
  for (auto const& address : addresses) CHECK(fs::exists(config.path / "blobs" / file::details::blob_name(address)));
  auto const copy = directory.path() / "copy";
  fs::create_directories(copy);
  fs::copy(config.path / "blobs", copy / "blobs");
  fs::copy(config.path / "seg-0000000001.clog", copy / "seg-0000000001.clog");
  auto const copied = file::Backend::connect_store({.path = copy, .layout = file::Layout::dir});
  for (unsigned i = 0; i != 5; ++i) CHECK(text(copied.read(addresses[i])) == pattern(100 * i, i));
  CHECK(text(copied.root("main")->state) == "state");
}

TEST_CASE("a store has the layout that it was created with") {
  TemporaryDirectory const directory;
  auto config = config_in(directory);
  file::Backend::empty_store(config);
  config.layout = file::Layout::log;
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::config_mismatch);
  file::Backend::delete_store(config);
  CHECK_FALSE(fs::exists(config.path));
  file::Backend::empty_store(config);
  CHECK_FALSE(fs::exists(config.path / "blobs"));
  config.layout = file::Layout::dir;
  CHECK(code_of([&] { static_cast<void>(file::Backend::connect_store(config)); }) == Errc::config_mismatch);
}

TEST_CASE("a sweep removes the files of dead blobs that are old, and what was never finished") {
  TemporaryDirectory const directory;
  auto const config = config_in(directory);
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const addresses = put(connection, "main", 8);
  auto const unfinished = config.path / "blobs" / file::details::blob_name({1, 2, 3, 4});
  std::ofstream{unfinished} << "half";
  auto const foreign = config.path / "blobs" / "notes.txt";
  std::ofstream{foreign} << "mine";
  auto const live = [&](file::Address const& address) { return address == addresses[3]; };
  connection.sweep([](auto const&) { return true; }, cairn::TimePoint::max());
  CHECK(count_files(config.path / "blobs") == 10);
  connection.sweep(live, cairn::TimePoint{});
  CHECK(count_files(config.path / "blobs") == 9);  // the unfinished one has no time
  connection.sweep(live, std::chrono::system_clock::now() + std::chrono::hours{1});
  CHECK(count_files(config.path / "blobs") == 2);
  CHECK(fs::exists(foreign));
  CHECK(text(connection.read(addresses[3])) == pattern(300, 3));
  CHECK(code_of([&] { static_cast<void>(connection.read(addresses[4])); }) == Errc::io_error);
  CHECK(text(connection.root("main")->state) == "state");
}

TEST_CASE("a damaged file of a blob is detected") {
  TemporaryDirectory const directory;
  auto const config = config_in(directory);
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const addresses = put(connection, "main", 3);
  auto const path = config.path / "blobs" / file::details::blob_name(addresses[1]);
  std::string whole;
  {
    std::ifstream stream{path, std::ios::binary};
    whole.assign(std::istreambuf_iterator<char>{stream}, {});
  }
  auto const code_with = [&](std::string const& content) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
    return code_of([&] {
      auto const found = text(connection.read(addresses[1]));
      CHECK(found == pattern(100, 1));
    });
  };
  CHECK_FALSE(code_with(whole).has_value());
  auto const payload_end = 32 + addresses[1].length;
  // The sequence number's and the chain's places hold the time, which the checksum covers like all the rest.
  for (std::size_t at = 0; at != payload_end; ++at) {
    auto damaged = whole;
    damaged[at] ^= 4;
    CHECK(code_with(damaged) == Errc::store_corrupt);
  }
  for (std::size_t size = 0; size != payload_end; ++size)
    CHECK(code_with(whole.substr(0, size)) == Errc::store_corrupt);
  // One file in the place of another is none.
  fs::copy_file(config.path / "blobs" / file::details::blob_name(addresses[2]), path,
                fs::copy_options::overwrite_existing);
  CHECK(code_of([&] { static_cast<void>(connection.read(addresses[1])); }) == Errc::store_corrupt);
  fs::remove(path);
  CHECK(code_of([&] { static_cast<void>(connection.read(addresses[1])); }) == Errc::io_error);
}

TEST_CASE("files of blobs that no commit followed are swept, and their names are no obstacle") {
  TemporaryDirectory const directory;
  auto const config = config_in(directory);
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  { static_cast<void>(connection.begin().put(bytes("never committed"))); }
  CHECK(count_files(config.path / "blobs") == 1);
  auto const addresses = put(connection, "main", 2);
  CHECK(count_files(config.path / "blobs") == 3);
  connection.sweep(
      [&](file::Address const& address) {
        return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
      },
      cairn::TimePoint::max());
  CHECK(count_files(config.path / "blobs") == 2);
}
