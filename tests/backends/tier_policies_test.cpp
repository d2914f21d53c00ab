// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tier under the policies that the suite of `tier` does not have.
#include "backends/layers.hpp"
#include "laws/blob_store.hpp"
#include "laws/processes.hpp"
#include "laws/temporary_directory.hpp"
#if CAIRN_TEST_AT_LENGTH
#include "laws/database.hpp"

#include <cairn/db/verify.hpp>
#include <cairn/store/branching.hpp>
#endif
#if CAIRN_TEST_HAS_S3
#include "backends/bucket_tier.hpp"
#endif

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::tier_policies {
namespace {

template <WritePolicy Writes>
struct Harness {
  using Backend = Tiered<backends::lmdb::Backend, Encrypted<backends::file::Backend>, Writes>;
  test::TemporaryDirectory place{};
  [[nodiscard]] typename Backend::Config config() const {
    return {.frontend_config = {.path = place.path() / "front"},
            .backend_config = {.store = {.path = place.path() / "back"}, .key = Secret{std::string(64, '7')}}};
  }
};
using WriteThrough = Harness<WritePolicy::write_through>;
using WriteAround = Harness<WritePolicy::write_around>;

}  // namespace

TEMPLATE_TEST_CASE("tier: it keeps the laws of a blob store", "", WriteThrough, WriteAround) { laws::check_blob_store<TestType>(); }
TEMPLATE_TEST_CASE("tier: processes are fenced against each other", "", WriteThrough, WriteAround) { laws::check_processes<TestType>(); }
// A database on each takes a minute to compile.
#if CAIRN_TEST_AT_LENGTH
TEMPLATE_TEST_CASE("tier: a database on it shows what one in memory shows", "", WriteThrough, WriteAround) {
  laws::check_against_memory<TestType>();
}
TEMPLATE_TEST_CASE("tier: what was acknowledged survives kill -9", "", WriteThrough, WriteAround) { laws::check_kills<TestType>(); }
TEST_CASE("tier: no branch is made of what only the front still has") {
  using Store = cairn::Store<WriteThrough::Backend>;
  using Back = cairn::Store<Encrypted<backends::file::Backend>>;
  WriteThrough const harness;
  auto const config = harness.config();
  Store::create(config);
  auto conn = Store::connect(config);
  conn.transact(laws::database_schema);
  conn.transact(R"([{:n 1 :text "one"}])");
  auto const first = commit_id(conn);
  conn.transact(R"([{:n 1 :text "two"}])");
  auto const second = commit_id(conn);
  conn.transact(R"([{:n 1 :text "three"}])");
  conn.checkpoint();
  create_branch(conn, "kept", second);
  Back::connect(config.backend_config).collect_garbage({.keep_for = std::chrono::milliseconds{0}, .erase = true});
  CHECK((laws::numbers_of(commit_as_db(conn, first)) == std::vector<std::int64_t>{1}));  // of copies
  CHECK(laws::code_of([&] { create_branch(conn, "old", first); }) == Errc::store_does_not_exist);
  create_branch(conn, "again", second);
  CHECK(verify(branch_as_db(Back::connect(config.backend_config), "again")).current != 0);
}
#endif

}  // namespace cairn::tier_policies
