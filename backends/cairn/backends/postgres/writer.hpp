// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the PostgreSQL backend.
#pragma once

#include <cairn/backends/common/sql_writer.hpp>
#include <cairn/backends/postgres/session.hpp>

namespace cairn::backends::postgres {

/// A commit is sent in one pipeline and is one transaction: one round trip.
using Writer = common::SqlWriter<details::Session>;

}  // namespace cairn::backends::postgres
