// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tier under the policies that the suite of `tier` does not have. What a policy changes is how blobs are written and read, so that no database is made.
#include "backends/layers.hpp"
#include "laws/blob_store.hpp"
#include "laws/processes.hpp"
#include "laws/temporary_directory.hpp"
#if CAIRN_TEST_HAS_S3
#include "backends/bucket_tier.hpp"
#endif

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

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

}  // namespace cairn::tier_policies
