// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What only the LMDB backend has: a map that other processes grow, and a table of readers that may be full of dead ones.
#include "laws/blob_store.hpp"
#include "laws/child.hpp"
#include "laws/following.hpp"
#include "laws/temporary_directory.hpp"

#include <cairn/backends/lmdb/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <fcntl.h>
#include <list>
#include <stdexcept>
#include <string>
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
