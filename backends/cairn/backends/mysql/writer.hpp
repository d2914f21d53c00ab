// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the MySQL backend.
#pragma once

#include <cairn/backends/common/sql_writer.hpp>
#include <cairn/backends/mysql/session.hpp>

namespace cairn::backends::mysql {

/// A commit is one transaction, and one round trip as long as the server takes it in one packet.
using Writer = common::SqlWriter<details::Session>;

}  // namespace cairn::backends::mysql
