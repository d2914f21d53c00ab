// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What only the LMDB backend has: a map that other processes grow, and a table of readers that may be full of dead ones.
#include "laws/blob_store.hpp"
#include "laws/child.hpp"
#include "laws/following.hpp"
#include "laws/temporary_directory.hpp"
#include "unit/backends/seen_syncs.hpp"

#include <cairn/backends/lmdb/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <list>
#include <lmdb.h>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::lmdb_backend {
namespace {

namespace lmdb = backends::lmdb;
using laws::append;
using laws::bytes;
using laws::Child;
using laws::code_of;
using laws::commit;
using laws::pattern;
using laws::tail_of;
using laws::tell;
using laws::text;
using lmdb::Backend;

/// Lets a child go on: nothing may be connected when it is begun, and it is to act while its parent is.
class Gate {
 public:
  Gate() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2 failed"};
  }
  Gate(Gate const&) = delete;
  Gate& operator=(Gate const&) = delete;
  ~Gate() {
    for (auto const end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  void open() const { tell(ends_[1], 1); }
  /// In the child, which lets go of the other end: a parent that is gone opens nothing any more.
  void wait() {
    ::close(std::exchange(ends_[1], -1));
    std::int64_t number = 0;
    if (::read(ends_[0], &number, sizeof number) != static_cast<ssize_t>(sizeof number)) throw std::runtime_error{"nobody opens the gate"};
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// What another program has in an LMDB environment.
class TheirEnvironment {
 public:
  explicit TheirEnvironment(std::filesystem::path const& directory) {
    std::filesystem::create_directories(directory);
    REQUIRE(mdb_env_create(&environment_) == MDB_SUCCESS);
    REQUIRE(mdb_env_set_maxdbs(environment_, 8) == MDB_SUCCESS);
    REQUIRE(mdb_env_open(environment_, directory.c_str(), 0, 0644) == MDB_SUCCESS);
    REQUIRE(mdb_txn_begin(environment_, nullptr, 0, &transaction_) == MDB_SUCCESS);
  }
  TheirEnvironment(TheirEnvironment const&) = delete;
  TheirEnvironment& operator=(TheirEnvironment const&) = delete;
  ~TheirEnvironment() {
    mdb_txn_commit(transaction_);
    mdb_env_close(environment_);
  }
  /// Of a tree, or of the environment's own one.
  void put(char const* tree, std::string_view word) const {
    auto key = lmdb::details::value_of(word);
    auto value = lmdb::details::value_of(std::string_view{"theirs"});
    REQUIRE(mdb_put(transaction_, open(tree), &key, &value, 0) == MDB_SUCCESS);
  }
  [[nodiscard]] bool has(char const* tree, std::string_view word) const {
    auto key = lmdb::details::value_of(word);
    MDB_val value{};
    return mdb_get(transaction_, open(tree), &key, &value) == MDB_SUCCESS;
  }
  void empty(char const* tree) const { REQUIRE(mdb_drop(transaction_, open(tree), 0) == MDB_SUCCESS); }

 private:
  [[nodiscard]] MDB_dbi open(char const* tree) const {
    MDB_dbi opened = 0;
    REQUIRE(mdb_dbi_open(transaction_, tree, tree == nullptr ? 0 : MDB_CREATE, &opened) == MDB_SUCCESS);
    return opened;
  }
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
};

}  // namespace

TEST_CASE("lmdb: a map that another process has grown is taken over by whoever has the store open") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store", .map_size = lmdb::smallest_map};
  Backend::empty_store(config);
  Gate gate;
  auto const large = pattern(3 << 20);
  Child child{[&](int) {
    gate.wait();
    auto connection = Backend::connect_store(config);
    for (int i = 0; i != 3; ++i) {
      auto writer = connection.begin();
      static_cast<void>(writer.put(bytes(large)));
      auto const root = connection.root("theirs");
      if (!(writer.append("theirs", root ? root->version : Version{}, bytes("frame")) == CommitResult::committed)) throw std::runtime_error{"not committed"};
    }
  }};
  auto connection = Backend::connect_store(config);
  auto const environment = lmdb::details::open_environment(config);
  auto const version = append(connection, "mine", {}, "first");
  CHECK(environment->map_size() == lmdb::smallest_map.bytes);
  gate.open();
  child.wait();
  REQUIRE(child.ended_well());
  CHECK(environment->map_size() == lmdb::smallest_map.bytes);
  SECTION("who reads") { CHECK(tail_of(connection, "theirs").size() == 3); }
  SECTION("who lists") {
    std::size_t found = 0;
    connection.for_each_blob([&](auto const&, std::uint64_t size, TimePoint) { found += size == large.size() ? 1U : 0U; });
    CHECK(found == 3);
  }
  SECTION("who writes") { append(connection, "mine", version, "second"); }
  SECTION("who holds") {
    auto writer = connection.begin();
    writer.hold();
    CHECK(writer.append("mine", version, bytes("second")) == CommitResult::committed);
  }
  CHECK(environment->map_size() > 3 * large.size());
}

TEST_CASE("lmdb: places of readers that were killed are given to others when no place is left") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store", .max_readers = 5};
  Backend::empty_store(config);
  Gate gate;
  Child child{[&](int out) {
    gate.wait();
    auto const environment = lmdb::details::open_environment(config);
    std::list<lmdb::details::Transaction> taken;
    while (!code_of([&] { taken.emplace_back(environment, MDB_RDONLY); })) tell(out, 1);
    tell(out, 0);
    ::pause();
  }};
  auto connection = Backend::connect_store(config);
  gate.open();
  int taken = 0;
  while (child.hear() == 1) ++taken;
  CHECK(taken == 5);
  CHECK(connection.begin().append("main", {}, bytes("frame")) == CommitResult::committed);  // which takes no place
  CHECK(code_of([&] { static_cast<void>(connection.root("main")); }) == Errc::io_error);  // its readers live
  child.kill();
  REQUIRE(child.was_killed());
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"frame"});
  CHECK(connection.others() == 0);
}

TEST_CASE("lmdb: what a reader that was killed kept is free again for who sweeps, and for who finds the map full") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store", .map_size = lmdb::smallest_map};
  Backend::empty_store(config);
  Gate gate;
  Child child{[&](int out) {
    gate.wait();
    lmdb::details::Transaction const reading{lmdb::details::open_environment(config), MDB_RDONLY};
    tell(out, 1);
    ::pause();
  }};
  auto connection = Backend::connect_store(config);
  auto const environment = lmdb::details::open_environment(config);
  gate.open();
  REQUIRE(child.hear() == 1);
  constexpr auto nobody = (std::numeric_limits<std::size_t>::max)();
  REQUIRE(environment->oldest_snapshot() != nobody);
  child.kill();
  REQUIRE(child.was_killed());
  SECTION("a sweep") { connection.sweep([](auto const&) { return true; }, TimePoint::max()); }
  SECTION("a full map") {
    auto writer = connection.begin();
    auto const large = pattern(900 << 10U);
    for (int i = 0; i != 4; ++i) static_cast<void>(writer.put(bytes(large)));
    REQUIRE(writer.append("main", {}, bytes("frame")) == CommitResult::committed);
    CHECK(environment->map_size() > lmdb::smallest_map.bytes);
  }
  CHECK(environment->oldest_snapshot() == nobody);
}

TEST_CASE("lmdb: no store is begun in another program's environment, and none takes its trees along") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "theirs"};
  SECTION("that was there before") {
    for (std::string const tree : {"", "tree"}) {
      lmdb::Config const theirs{.path = place.path() / ("has " + tree)};
      auto const* const name = tree.empty() ? nullptr : tree.c_str();
      TheirEnvironment{theirs.path}.put(name, "word");
      CHECK(code_of([&] { Backend::empty_store(theirs); }) == Errc::store_format);
      Backend::delete_store(theirs);
      CHECK(TheirEnvironment{theirs.path}.has(name, "word"));
      CHECK_FALSE(TheirEnvironment{theirs.path}.has(nullptr, "cairn.store"));
    }
  }
  SECTION("that came to a store") {
    Backend::empty_store(config);
    commit(*std::make_unique<lmdb::Connection>(config), "main", {}, "state");
    TheirEnvironment{config.path}.put("tree", "word");
    Backend::delete_store(config);
    CHECK(TheirEnvironment{config.path}.has("tree", "word"));
    CHECK(code_of([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_does_not_exist);
    CHECK(code_of([&] { Backend::empty_store(config); }) == Errc::store_format);
  }
  SECTION("that is empty") {
    TheirEnvironment{config.path};
    Backend::empty_store(config);
    CHECK(Backend::connect_store(config).roots().empty());
  }
}

TEST_CASE("lmdb: of a store whose deletion was cut off nothing is in the next one") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  {
    auto connection = Backend::connect_store(config);
    append(connection, "main", {}, "old");
  }
  TheirEnvironment{config.path}.empty("cairn.store");
  CHECK(code_of([&] { static_cast<void>(Backend::connect_store(config)); }) == Errc::store_does_not_exist);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  CHECK(connection.roots().empty());
  append(connection, "main", {}, "new");
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"new"});
}

TEST_CASE("lmdb: nothing is committed to a file that is not at its place any more") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const version = append(connection, "main", {}, "first");
  auto const commit_more = [&] { static_cast<void>(connection.begin().append("main", version, bytes("lost"))); };
  SECTION("removed") {
    std::filesystem::remove_all(config.path);
    CHECK(code_of(commit_more) == Errc::store_does_not_exist);
    CHECK(code_of([&] { connection.begin().hold(); }) == Errc::store_does_not_exist);
  }
  SECTION("replaced by a copy") {
    std::filesystem::copy_file(config.path / "data.mdb", config.path / "copy");
    std::filesystem::rename(config.path / "copy", config.path / "data.mdb");
    CHECK(code_of(commit_more) == Errc::io_error);
    CHECK(code_of([&] { connection.begin().hold(); }) == Errc::io_error);
    auto anew = Backend::connect_store(config);
    append(anew, "main", version, "second");
    CHECK(tail_of(anew, "main") == std::vector<std::string>{"first", "second"});
  }
  SECTION("under another name") {
    lmdb::Config const moved{.path = place.path() / "moved"};
    std::filesystem::rename(config.path, moved.path);
    CHECK(code_of(commit_more) == Errc::store_does_not_exist);
    auto anew = Backend::connect_store(moved);
    append(anew, "main", version, "second");
    CHECK(tail_of(anew, "main") == std::vector<std::string>{"first", "second"});
  }
}

TEST_CASE("lmdb: a directory that was made is durable in the one that it is in") {
  test::TemporaryDirectory const place;
  std::set<std::filesystem::path> synced;
  test::SeenSyncs const syncs{[&](auto const& path) { synced.insert(path); }};
  Backend::empty_store({.path = place.path() / "a" / "b" / "store"});
  auto const root = std::filesystem::canonical(place.path());
  for (auto const& path : {root, root / "a", root / "a" / "b", root / "a" / "b" / "store"}) CHECK(synced.contains(path));
}

TEST_CASE("lmdb: each commit is a sync of its pages, before the page that makes them its own") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  Version version = append(connection, "main", {}, "first");
  std::size_t synced = 0;
  test::SeenSyncs const syncs{[&](auto const& path) { synced += path.filename() == "data.mdb" ? 1U : 0U; }};
  for (int i = 0; i != 10; ++i) version = append(connection, "main", version, "frame");
  CHECK(synced == 10);  // LMDB writes that page through a descriptor that syncs what it writes
}

TEST_CASE("lmdb: what a connection has left of a root it takes for no more than that once others have committed") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  auto first = Backend::connect_store(config);
  auto second = Backend::connect_store(config);
  auto const appends = [](auto& connection, Version const& expected) { return connection.begin().append("main", expected, bytes("frame")).outcome; };
  auto version = append(first, "main", {}, "0");
  auto const stale = version;
  version = append(first, "main", version, "1");
  CHECK(appends(first, stale) == CommitResult::conflict);
  version = append(second, "main", version, "2");
  CHECK(appends(first, stale) == CommitResult::conflict);
  version = append(first, "main", version, "3");
  append(second, "other", {}, "of another root");
  version = append(first, "main", version, "4");
  CHECK(tail_of(first, "main") == std::vector<std::string>{"0", "1", "2", "3", "4"});
  // To remove what is not there is no transaction of its own: the next one of anybody has its number.
  CHECK(first.begin().drop("new", {}).outcome == CommitResult::committed);
  append(second, "new", {}, "theirs");
  CHECK(first.begin().append("new", {}, bytes("mine")).outcome == CommitResult::conflict);
  CHECK(first.begin().drop("main", version).outcome == CommitResult::committed);
  CHECK(appends(first, version) == CommitResult::conflict);
  version = append(first, "main", {}, "0");
  Backend::delete_store(config);
  CHECK(code_of([&] { append(first, "main", version, "of a store that is gone"); }) == Errc::store_does_not_exist);
}

TEST_CASE("lmdb: who follows a root reads what others added to it, and nothing twice") {
  test::TemporaryDirectory const place;
  lmdb::Config const config{.path = place.path() / "store"};
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto const reader = Backend::connect_store(config);
  laws::check_nothing_is_read_twice(connection, reader);
  laws::check_another_store_is_not_followed<Backend>(config, reader);
}

}  // namespace cairn::lmdb_backend
