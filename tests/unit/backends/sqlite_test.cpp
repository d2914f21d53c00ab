// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What only the SQLite backend has: several stores in one file, other writers that are waited for, and the root that a session knows.
#include "laws/blob_store.hpp"
#include "laws/following.hpp"
#include "laws/temporary_directory.hpp"
#include "unit/backends/seen_syncs.hpp"

#include <cairn/backends/sqlite/backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::sqlite_backend {
namespace {

namespace sqlite = backends::sqlite;
using laws::append;
using laws::bytes;
using laws::code_of;
using laws::commit;
using laws::tail_of;
using laws::text;
using sqlite::Backend;
using sqlite::details::SharedStore;
using sqlite::details::Statement;

struct File {
  test::TemporaryDirectory place{};
  [[nodiscard]] sqlite::Config store(std::string prefix) const {
    return {.path = place.path() / "file.sqlite", .table_prefix = std::move(prefix), .busy_timeout = std::chrono::milliseconds{50}};
  }
  [[nodiscard]] sqlite::Config made(std::string prefix = "cairn") const {
    auto config = store(std::move(prefix));
    Backend::empty_store(config);
    return config;
  }
};

std::string said_by(sqlite3* database, std::string const& pragma) {
  Statement asked{database, "PRAGMA " + pragma};
  REQUIRE(asked.step());
  return asked.text(0);
}

/// SQLite writes nothing of its files while one of these lives, as on a disk that is full.
class FullDisk {
 public:
  FullDisk() { is_full_ = true; }
  FullDisk(FullDisk const&) = delete;
  FullDisk& operator=(FullDisk const&) = delete;
  ~FullDisk() { is_full_ = false; }

  /// Before any file is open: every way to write that this build of SQLite has.
  static void prepare() {
    auto* const system = sqlite3_vfs_find(nullptr);
    REQUIRE(system != nullptr);
    auto const replace = [&](char const* name, auto* by) {
      if (system->xGetSystemCall(system, name) != nullptr)
        REQUIRE(system->xSetSystemCall(system, name, reinterpret_cast<sqlite3_syscall_ptr>(by)) == SQLITE_OK);
    };
    replace("write", &write);
    replace("pwrite", &pwrite);
    replace("pwrite64", &pwrite);
  }

 private:
  static ssize_t write(int file, void const* from, std::size_t size) { return is_full_ ? full() : ::write(file, from, size); }
  static ssize_t pwrite(int file, void const* from, std::size_t size, off_t at) { return is_full_ ? full() : ::pwrite(file, from, size, at); }
  static ssize_t full() {
    errno = ENOSPC;
    return -1;
  }
  static inline bool is_full_ = false;
};

/// How often the root was looked up by sessions that are idle.
int look_ups(SharedStore& store) {
  auto const session = store.lease();
  int count = 0;
  bool is_found = false;
  for (auto* one = sqlite3_next_stmt(session->database(), nullptr); one != nullptr; one = sqlite3_next_stmt(session->database(), one)) {
    if (!std::string_view{sqlite3_sql(one)}.starts_with("SELECT own, r.number")) continue;
    is_found = true;
    count += sqlite3_stmt_status(one, SQLITE_STMTSTATUS_RUN, 0);
  }
  REQUIRE(is_found);
  return count;
}

}  // namespace

TEST_CASE("sqlite: stores of one file are apart, and one is deleted without the others") {
  File const file;
  auto const one = file.made("one");
  auto const other = file.made("other");
  CHECK(code_of([&] { Backend::empty_store(file.store("ONE")); }) == Errc::store_exists);  // SQLite's names don't know case
  auto first = Backend::connect_store(one);
  auto second = Backend::connect_store(other);
  auto writer = first.begin();
  auto const address = writer.put(bytes("a blob"));
  REQUIRE(writer.commit("main", {}, bytes("of one")) == CommitResult::committed);
  CHECK_FALSE(second.root("main").has_value());
  CHECK(code_of([&] { static_cast<void>(second.read(address)); }) == Errc::io_error);
  auto const version = commit(second, "main", {}, "of the other");
  append(second, "side", {}, "frame");
  CHECK(text(first.root("main")->state) == "of one");
  CHECK(first.roots() == std::vector<std::string>{"main"});
  CHECK(second.roots() == std::vector<std::string>{"main", "side"});
  second.sweep([](auto const&) { return false; }, TimePoint::max());
  CHECK(text(first.read(address)) == "a blob");

  Backend::delete_store(one);
  CHECK(code_of([&] { static_cast<void>(first.roots()); }).has_value());
  CHECK(code_of([&] { static_cast<void>(Backend::connect_store(one)); }) == Errc::store_does_not_exist);
  CHECK(second.roots() == std::vector<std::string>{"main", "side"});
  append(second, "main", version, "goes on");
  CHECK(tail_of(second, "main") == std::vector<std::string>{"goes on"});
  Backend::empty_store(one);
  CHECK(Backend::connect_store(one).roots().empty());
}

TEST_CASE("sqlite: whoever holds the file is waited for as long as is said, and no longer") {
  File const file;
  auto const config = file.made();
  auto connection = Backend::connect_store(config);
  auto other = Backend::connect_store(file.made("other"));
  auto const version = commit(connection, "main", {}, "state");
  auto holder = other.begin();  // of another store: the file has one place for a writer
  holder.hold();
  auto writer = connection.begin();
  CHECK(code_of([&] { writer.hold(); }) == Errc::store_locked);
  auto const result = writer.append("main", version, bytes("frame"));
  CHECK(result == CommitResult::failed);
  CHECK(result.reason.find(":busy-timeout") != std::string::npos);
  CHECK(connection.root("main")->version == version);  // who reads waits for nobody
  REQUIRE(holder.append("main", {}, bytes("theirs")) == CommitResult::committed);
  CHECK(writer.append("main", version, bytes("frame")) == CommitResult::committed);
}

TEST_CASE("sqlite: the file has a write-ahead log, and is synced as the configuration says") {
  File const file;
  auto config = file.made();
  auto const synchronous = [&] { return said_by(SharedStore{config}.lease()->database(), "synchronous"); };
  CHECK(said_by(SharedStore{config}.lease()->database(), "journal_mode") == "wal");
  CHECK(synchronous() == "3");  // EXTRA: FULL, with the directory where a journal is removed from it
  config.sync = Sync::relaxed;
  CHECK(synchronous() == "1");  // NORMAL
}

TEST_CASE("sqlite: a file that was written anew without its log gets one again, and is synced all the same while it has none") {
  File const file;
  auto config = file.made();
  append(*std::make_unique<sqlite::Connection>(config), "main", {}, "frame");
  auto const open = [&] { return sqlite::details::open_database(config, false); };
  REQUIRE(said_by(open().get(), "journal_mode = DELETE") == "delete");
  SECTION("when nobody has it open") {
    auto const connection = Backend::connect_store(config);
    CHECK(said_by(SharedStore{config}.lease()->database(), "journal_mode") == "wal");
    CHECK(tail_of(connection, "main") == std::vector<std::string>{"frame"});
  }
  SECTION("not while another program reads it") {
    config.sync = GENERATE(Sync::durable, Sync::relaxed);
    auto const reading = open();
    sqlite::details::execute(reading.get(), "BEGIN; SELECT * FROM cairn_store", "read");
    SharedStore store{config};
    auto const lease = store.lease();
    CHECK(said_by(lease->database(), "journal_mode") == "delete");
    CHECK(said_by(lease->database(), "synchronous") == "3");
  }
  SECTION("nor where the file has no store") {
    CHECK(code_of([&] { static_cast<void>(Backend::connect_store(file.store("other"))); }) == Errc::store_does_not_exist);
    CHECK(said_by(open().get(), "journal_mode") == "delete");
  }
}

TEST_CASE("sqlite: nothing is committed to a file that is not at its place any more") {
  File const file;
  auto const config = file.made();
  auto connection = Backend::connect_store(config);
  auto const version = append(connection, "main", {}, "first");
  auto const check_refusal = [&] {
    CHECK(code_of([&] { static_cast<void>(connection.begin().append("main", version, bytes("lost"))); }) == Errc::io_error);
    CHECK(code_of([&] { connection.begin().hold(); }) == Errc::io_error);
    CHECK(code_of([&] { static_cast<void>(connection.begin().reserve()); }) == Errc::io_error);
  };
  auto const remove_log = [&] {
    for (auto const* const beside : {"-wal", "-shm"}) std::filesystem::remove(std::filesystem::path{config.path} += beside);
  };
  SECTION("removed") {
    std::filesystem::remove(config.path);
    remove_log();
    check_refusal();
  }
  SECTION("replaced by a copy") {
    auto const copy = file.place.path() / "copy";
    auto const database = sqlite::details::open_database(config, false);
    sqlite::details::execute(database.get(), "VACUUM INTO '" + copy.string() + "'", "copy");
    std::filesystem::rename(copy, config.path);
    remove_log();
    check_refusal();
    auto anew = Backend::connect_store(config);
    append(anew, "main", version, "second");
    CHECK(tail_of(anew, "main") == std::vector<std::string>{"first", "second"});
  }
}

TEST_CASE("sqlite: numbers that blobs had are given to no others after a loss of power, relaxed or not") {
  File const file;
  auto config = file.made();
  config.sync = Sync::relaxed;
  auto const log = std::filesystem::path{config.path} += "-wal";
  std::string on_medium;  // of the log
  test::SeenSyncs const syncs{[&](auto const& path) {
    if (path.filename() == log.filename()) on_medium = test::content_of(log);
  }};
  auto connection = Backend::connect_store(config);
  sqlite::Address last;
  SECTION("that were given for a commit to come") { last = connection.begin().reserve(); }
  SECTION("that were given to who holds") {
    auto writer = connection.begin();
    writer.hold();
    for (int i = 0; i != 100; ++i) last = writer.put(bytes("a blob"));
    REQUIRE(writer.commit("main", {}, bytes("state")) == CommitResult::committed);
    append(connection, "main", connection.root("main")->version, "frame");
  }
  auto const after = file.place.path() / "after";
  std::filesystem::copy_file(config.path, after);
  std::ofstream{std::filesystem::path{after} += "-wal", std::ios::binary} << on_medium;
  config.path = after;
  CHECK(Backend::connect_store(config).begin().reserve().number > last.number);
}

TEST_CASE("sqlite: a root is looked up once, and again after others have written") {
  File const file;
  auto const config = file.made();
  auto const store = std::make_shared<SharedStore>(config);
  sqlite::Writer writer{store};
  Version version;
  auto const frame = [&](std::string_view branch, Version& at) {
    auto const result = writer.append(branch, at, bytes("frame"));
    REQUIRE(result == CommitResult::committed);
    at = result.version;
  };
  frame("main", version);
  auto const once = look_ups(*store);
  CHECK(once == 1);
  for (int i = 0; i != 10; ++i) frame("main", version);
  CHECK(look_ups(*store) == once);

  auto other = Backend::connect_store(config);
  append(other, "theirs", {}, "frame");
  frame("main", version);
  CHECK(look_ups(*store) == once + 1);
  auto const theirs = append(other, "main", version, "theirs");
  CHECK(writer.append("main", version, bytes("stale")) == CommitResult::conflict);
  CHECK(look_ups(*store) == once + 2);
  version = theirs;
  frame("main", version);

  // Of two in turn, each is looked up, and right.
  Version side;
  for (int i = 0; i != 3; ++i) {
    frame("side", side);
    frame("main", version);
  }
  CHECK(tail_of(other, "side").size() == 3);
  CHECK(other.root("main")->version == version);
  // What was dropped is known to be gone, and to be new when it comes again.
  auto const before = look_ups(*store);
  REQUIRE(writer.drop("main", version) == CommitResult::committed);
  CHECK(writer.commit("main", version, bytes("stale")) == CommitResult::conflict);
  auto const anew = writer.commit("main", {}, bytes("anew"));
  REQUIRE(anew == CommitResult::committed);
  CHECK(look_ups(*store) == before);
  CHECK(other.root("main")->version == anew.version);
  CHECK(text(other.root("main")->state) == "anew");
  CHECK(other.root("main")->tail.empty());
  // What is held conflicts as anything else does, and is held on.
  writer.hold();
  CHECK(writer.append("main", version, bytes("stale")) == CommitResult::conflict);
  CHECK(code_of([&] { other.begin().hold(); }) == Errc::store_locked);
  CHECK(writer.append("main", anew.version, bytes("frame")) == CommitResult::committed);
  CHECK(tail_of(other, "main") == std::vector<std::string>{"frame"});
}

TEST_CASE("sqlite: a root that a session knows is no root of the store that is there instead") {
  File const file;
  auto const config = file.made();
  auto connection = Backend::connect_store(config);
  auto const version = append(connection, "main", {}, "frame");
  Backend::delete_store(config);
  Backend::empty_store(config);
  CHECK(code_of([&] { append(connection, "main", version, "frame"); }) == Errc::store_does_not_exist);
  CHECK(code_of([&] { append(connection, "new", {}, "frame"); }) == Errc::store_does_not_exist);
  std::string said;
  try {
    static_cast<void>(connection.root("main"));
  } catch (Error const& error) {
    said = error.message();
  }
  CHECK(said == "The store was deleted: create it and connect again.");
  CHECK(Backend::connect_store(config).roots().empty());
}

TEST_CASE("sqlite: a commit that finds the disk full has changed nothing, and its session goes on") {
  FullDisk::prepare();
  File const file;
  auto const config = file.made();
  auto connection = Backend::connect_store(config);
  auto const version = append(connection, "main", {}, "first");
  auto writer = connection.begin();
  auto const address = writer.put(bytes("a blob"));
  {
    FullDisk const full;
    CHECK(code_of([&] { static_cast<void>(writer.commit("main", version, bytes("state"))); }) == Errc::io_full);
    CHECK(code_of([&] { static_cast<void>(writer.append("main", version, bytes("frame"))); }) == Errc::io_full);
  }
  CHECK(connection.root("main")->version == version);
  CHECK(code_of([&] { static_cast<void>(connection.read(address)); }) == Errc::io_error);
  // The same session, which must not believe what it was about to write; and the writer still has what was put.
  auto const result = writer.append("main", version, bytes("second"));
  REQUIRE(result == CommitResult::committed);
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"first", "second"});
  CHECK(text(connection.read(address)) == "a blob");
  auto other = Backend::connect_store(config);
  auto const theirs = append(other, "main", result.version, "third");
  CHECK(connection.begin().append("main", result.version, bytes("stale")) == CommitResult::conflict);
  append(connection, "main", theirs, "fourth");
  CHECK(tail_of(other, "main") == std::vector<std::string>{"first", "second", "third", "fourth"});
}

TEST_CASE("sqlite: who follows a root reads what others added to it, and nothing twice") {
  File const file;
  auto const config = file.made();
  auto connection = Backend::connect_store(config);
  auto const reader = Backend::connect_store(config);
  laws::check_nothing_is_read_twice(connection, reader);
  laws::check_another_store_is_not_followed<Backend>(config, reader);
}

}  // namespace cairn::sqlite_backend
