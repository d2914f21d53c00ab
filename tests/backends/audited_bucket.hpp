// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is audited, and encrypted too, in a bucket and in a pool, where addresses are long.
#pragma once

#include <cairn/backends/s3/backend.hpp>
#include <cairn/layer/audited.hpp>
#include <cairn/layer/encrypted.hpp>

namespace cairn::test {

/// The longest addresses: a bucket's, the tag, and the hash.
using AuditedBucket = Audited<Encrypted<backends::s3::Backend>>;
static_assert(check_store_backend<AuditedBucket>());
static_assert(AuditedBucket::backend_id == "audited.encrypted.s3");
static_assert(sizeof(ConnectionOf<AuditedBucket>::Address) == max_address_size);
static_assert(check_store_backend<Audited<backends::s3::Backend>>());
static_assert(check_store_backend<Encrypted<Audited<backends::s3::Backend>>>());
static_assert(BlobStoreNamesCommits<ConnectionOf<Encrypted<Audited<backends::s3::Backend>>>>);

}  // namespace cairn::test
