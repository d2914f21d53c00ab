// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What only the RocksDB backend has: threads of RocksDB's own, which fail where nobody waits for them.
#include "laws/blob_store.hpp"
#include "laws/following.hpp"
#include "laws/temporary_directory.hpp"

#include <cairn/backends/rocksdb/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <optional>
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

}  // namespace

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
