// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tier under the policies that the suite of `tier` does not have.
#include "backends/layers.hpp"
#include "laws/blob_store.hpp"
#include "laws/processes.hpp"
#include "laws/temporary_directory.hpp"
#if CAIRN_TEST_AT_LENGTH
#include "laws/database.hpp"
#endif
#if CAIRN_TEST_HAS_S3
#include "backends/bucket_tier.hpp"
#endif

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string>

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
#endif

}  // namespace cairn::tier_policies
