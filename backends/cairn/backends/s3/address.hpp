// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a blob of the S3 backend is.
#pragma once

#include <cairn/backends/common/packed_address.hpp>

namespace cairn::backends::s3 {

using Address = common::PackedAddress;

}  // namespace cairn::backends::s3
