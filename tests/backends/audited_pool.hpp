// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The other order, on the objects of a pool: what is audited is encrypted afterwards.
#pragma once

#include <cairn/backends/rados/backend.hpp>
#include <cairn/layer/audited.hpp>
#include <cairn/layer/encrypted.hpp>

namespace cairn::test {

using AuditedPool = Encrypted<Audited<backends::rados::Backend>>;
static_assert(check_store_backend<AuditedPool>());
static_assert(AuditedPool::backend_id == "encrypted.audited.rados");
static_assert(check_store_backend<Audited<backends::rados::Backend>>());
static_assert(check_store_backend<Audited<Encrypted<backends::rados::Backend>>>());

}  // namespace cairn::test
