// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The backends that the command knows.
#pragma once

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/cairn.hpp>

namespace cairn::tool {

using Backends = BackendList<backends::mem::Backend, backends::file::Backend>;
using Conn = AnyConnection<Backends>;
using Database = Conn::Database;
using Report = Conn::Report;
using Edn = notation::Value;

}  // namespace cairn::tool
