// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the MySQL backend.
#pragma once

#include <cairn/backends/common/sql_connection.hpp>
#include <cairn/backends/mysql/session.hpp>

namespace cairn::backends::mysql {

/// An open store; each thread that reads or writes at the same time has a connection to the server of its own, `:max-connections` of
/// them at the most.
using Connection = common::SqlConnection<details::Session>;

}  // namespace cairn::backends::mysql
