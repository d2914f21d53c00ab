// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What only the RocksDB backend has: threads of RocksDB's own, which fail where nobody waits for them.
#include "laws/blob_store.hpp"
#include "laws/following.hpp"
#include "laws/temporary_directory.hpp"
#include "unit/backends/seen_syncs.hpp"

#include <cairn/backends/rocksdb/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cairn::rocksdb_backend {
namespace {

namespace rocks = backends::rocksdb;
using laws::append;
using laws::bytes;
using laws::code_of;
using laws::tail_of;
using rocks::Backend;

/// A store of twenty appended frames as `kill -9` leaves it: all of them are in its log of writes.
struct KilledStore {
  test::TemporaryDirectory place{};
  std::vector<std::string> frames{};

  KilledStore() {
    rocks::Config const config{.path = place.path() / "running"};
    Backend::empty_store(config);
    auto connection = Backend::connect_store(config);
    Version version;
    for (int i = 0; i != 20; ++i) {
      frames.push_back("frame " + std::to_string(i) + " ends");
      version = append(connection, "main", version, frames.back());
    }
    std::filesystem::copy(config.path, place.path() / "killed");
  }
  /// A copy of it whose log `change` has changed.
  template <class Change>
  [[nodiscard]] rocks::Config with_log(Change change) const {
    rocks::Config const config{.path = place.path() / "copy"};
    std::filesystem::remove_all(config.path);
    std::filesystem::copy(place.path() / "killed", config.path);
    std::filesystem::path log;
    for (auto const& entry : std::filesystem::directory_iterator{config.path}) {
      if (entry.path().extension() == ".log" && entry.path() > log) log = entry.path();
    }
    auto bytes = test::content_of(log);
    change(bytes);
    std::ofstream{log, std::ios::binary | std::ios::trunc} << bytes;
    return config;
  }
  [[nodiscard]] std::vector<std::string> first(std::size_t count) const { return {frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(count)}; }
};

/// Flips a bit of a frame.
void flip(std::string& log, std::string const& frame) {
  auto const at = log.find(frame);
  REQUIRE(at != std::string::npos);
  log[at] = static_cast<char>(log[at] ^ 1);
}

}  // namespace

TEST_CASE("rocksdb: a bit of the log that was flipped takes no commit behind it without a word") {
  KilledStore const store;
  for (std::size_t const frame : {std::size_t{1}, std::size_t{7}, std::size_t{18}}) {
    auto config = store.with_log([&](std::string& log) { flip(log, store.frames[frame]); });
    INFO("frame " << frame);
    CHECK(code_of([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_corrupt);
    // Who is told may take what is before it, and goes on from there.
    config.sync = Sync::relaxed;
    CHECK(tail_of(Backend::connect_store(config), "main") == store.first(frame));
    config.sync = Sync::durable;
    CHECK(tail_of(Backend::connect_store(config), "main") == store.first(frame));
  }
}

TEST_CASE("rocksdb: a write that was cut off at the end of the log is no damage, and a store with a damaged log can be deleted") {
  KilledStore const store;
  auto const torn = store.with_log([&](std::string& log) { log.resize(log.find(store.frames.back()) + 3); });
  CHECK(tail_of(Backend::connect_store(torn), "main") == store.first(19));
  auto const room = store.with_log([](std::string& log) { log.append(4096, '\0'); });  // that RocksDB set aside
  CHECK(tail_of(Backend::connect_store(room), "main") == store.frames);
  auto const damaged = store.with_log([&](std::string& log) { flip(log, store.frames[7]); });
  Backend::delete_store(damaged);
  CHECK_FALSE(std::filesystem::exists(damaged.path));
}

TEST_CASE("rocksdb: an error of its own threads poisons the store, before any commit meets it") {
  test::TemporaryDirectory const place;
  rocks::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  std::optional connection{Backend::connect_store(config)};
  auto version = append(*connection, "main", {}, "first");
  {
    auto const database = rocks::details::open_database(config, false);
    // What a full disk says is told to whoever writes next.
    auto full = ::rocksdb::Status::NoSpace();
    rocks::details::Database::Watch{*database}.OnBackgroundError(::rocksdb::BackgroundErrorReason::kFlush, &full);
    version = append(*connection, "main", version, "second");
    // A flush that can't make its file.
    std::filesystem::rename(config.path, place.path() / "elsewhere");
    CHECK_FALSE(database->db().Flush({}).ok());
  }
  CHECK(code_of([&] { static_cast<void>(connection->begin().append("main", version, bytes("third"))); }) == Errc::store_poisoned);
  CHECK(code_of([&] { static_cast<void>(connection->root("main")); }) == Errc::store_poisoned);
  connection.reset();
  std::filesystem::rename(place.path() / "elsewhere", config.path);
  auto again = Backend::connect_store(config);
  CHECK(tail_of(again, "main") == std::vector<std::string>{"first", "second"});
  append(again, "main", again.root("main")->version, "third");
}

TEST_CASE("rocksdb: what a later release made is refused, and stays as it is") {
  test::TemporaryDirectory const place;
  rocks::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  {
    auto const database = rocks::details::open_database(config, false);
    std::string format;
    REQUIRE(database->db().Get({}, rocks::details::format_key, &format).ok());
    ++format[0];
    REQUIRE(database->db().Put({}, rocks::details::format_key, format).ok());
  }
  for (int i = 0; i != 2; ++i) CHECK(code_of([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_format);
}

TEST_CASE("rocksdb: no store is begun in another program's database, and none takes its keys along") {
  test::TemporaryDirectory const place;
  rocks::Config const config{.path = place.path() / "theirs"};
  auto const open_theirs = [&] {
    ::rocksdb::Options options;
    options.create_if_missing = true;
    ::rocksdb::DB* made = nullptr;
    REQUIRE(::rocksdb::DB::Open(options, config.path.string(), &made).ok());
    return std::unique_ptr<::rocksdb::DB>{made};
  };
  auto const check_theirs = [&] {
    std::string value;
    CHECK(open_theirs()->Get({}, "word", &value).ok());
    CHECK(value == "theirs");
  };
  SECTION("that was there before") {
    REQUIRE(open_theirs()->Put({}, "word", "theirs").ok());
    CHECK(code_of([&] { Backend::empty_store(config); }) == Errc::store_format);
    Backend::delete_store(config);
    check_theirs();
  }
  SECTION("that came to a store") {
    Backend::empty_store(config);
    REQUIRE(open_theirs()->Put({}, "word", "theirs").ok());
    Backend::delete_store(config);
    check_theirs();
    CHECK(code_of([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_does_not_exist);
  }
  SECTION("that is empty") {
    open_theirs().reset();
    Backend::empty_store(config);
    CHECK(Backend::connect_store(config).roots().empty());
  }
}

TEST_CASE("rocksdb: a directory that was made is durable in the one that it is in") {
  test::TemporaryDirectory const place;
  std::set<std::filesystem::path> synced;
  test::SeenSyncs const syncs{[&](auto const& path) { synced.insert(path); }};
  Backend::empty_store({.path = place.path() / "a" / "b" / "store"});
  auto const root = std::filesystem::canonical(place.path());
  for (auto const& path : {root, root / "a", root / "a" / "b"}) CHECK(synced.contains(path));
}

TEST_CASE("rocksdb: each commit is a sync of the log, and none where it is relaxed") {
  test::TemporaryDirectory const place;
  rocks::Config config{.path = place.path() / "store"};
  std::size_t expected = 10;
  SECTION("durable") {}
  SECTION("relaxed") {
    config.sync = Sync::relaxed;
    expected = 0;
  }
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  Version version = append(connection, "main", {}, "first");
  std::size_t synced = 0;
  test::SeenSyncs const syncs{[&](auto const& path) { synced += path.extension() == ".log" ? 1U : 0U; }};
  for (int i = 0; i != 10; ++i) version = append(connection, "main", version, "frame");
  CHECK(synced == expected);
}

// Made before main, and so destroyed after what librocksdb makes when it opens a database.
std::optional<rocks::Connection> outlives_rocksdb;

TEST_CASE("rocksdb: a process ends with a connection in a global", "[.]") {
  auto const* const path = std::getenv("CAIRN_TEST_ROCKSDB");
  REQUIRE(path != nullptr);
  rocks::Config const config{.path = path};
  Backend::empty_store(config);
  outlives_rocksdb.emplace(Backend::connect_store(config));
  static_cast<void>(append(*outlives_rocksdb, "main", {}, "frame"));
}

TEST_CASE("rocksdb: a connection in a global does not disturb the end of a process") {
  test::TemporaryDirectory const place;
  rocks::Config const config{.path = place.path() / "store"};
  auto const program = std::filesystem::read_symlink("/proc/self/exe").string();
  auto const command = "CAIRN_TEST_ROCKSDB='" + config.path.string() + "' '" + program +
                       "' 'rocksdb: a process ends with a connection in a global' > /dev/null";
  CHECK(std::system(command.c_str()) == 0);
  CHECK(tail_of(Backend::connect_store(config), "main") == std::vector<std::string>{"frame"});
}

TEST_CASE("rocksdb: who follows a root reads what others added to it, and nothing twice") {
  test::TemporaryDirectory const place;
  rocks::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const reader = Backend::connect_store(config);
  laws::check_nothing_is_read_twice(connection, reader);
  laws::check_another_store_is_not_followed<Backend>(config, reader);
}

}  // namespace cairn::rocksdb_backend
