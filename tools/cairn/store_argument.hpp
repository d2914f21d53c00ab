// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a store is named on a command line.
#pragma once

#include <string>
#include <string_view>

namespace cairn::tool {

inline constexpr char const* store_help =
    "a directory, a URI (cairn:file:///var/people), or a configuration ({:store {:backend :file :path \"people\"}}); "
    "'' for what CAIRN_STORE_... say";

/// Whether it is the path of a file that SQLite has written.
[[nodiscard]] bool is_sqlite_file(std::string const& path);

/// A configuration or URI as it is; one that is empty leaves all to variables; anything else is the path of a file
/// store. Errors: `config/type` for a URI that is not Cairn's, which is no path either, and for a file of SQLite's.
[[nodiscard]] std::string store_config(std::string_view argument);

}  // namespace cairn::tool
