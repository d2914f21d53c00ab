// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The line of the README: copies nearby of what is encrypted in a bucket.
#pragma once

#include <cairn/backends/lmdb/backend.hpp>
#include <cairn/backends/s3/backend.hpp>
#include <cairn/layer/encrypted.hpp>
#include <cairn/layer/tiered.hpp>
#include <cairn/store/store.hpp>

#include <type_traits>

namespace cairn::test {

namespace readme {
namespace lmdb = backends::lmdb;
namespace s3 = backends::s3;
// [tiered]
using Store = cairn::Store<cairn::Tiered<lmdb::Backend, cairn::Encrypted<s3::Backend>>>;
// [/tiered]
}  // namespace readme

using BucketTier = Tiered<backends::lmdb::Backend, Encrypted<backends::s3::Backend>>;
static_assert(std::is_same_v<readme::Store, cairn::Store<BucketTier>>);
static_assert(check_store_backend<BucketTier>());
static_assert(BucketTier::backend_id == "tiered.lmdb.encrypted.s3");

}  // namespace cairn::test
